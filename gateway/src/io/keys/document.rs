//! A JWKS document at a URL.

use std::error::Error;
use std::time::Duration;

use proto::limits;
use reqwest::{Client, Url};
use rustls::crypto::{CryptoProvider, ring};
use tokio::runtime::Runtime;

/// A whole fetch, from the name's look-up to the last byte.
pub(super) const FETCH_TIME_MAX: Duration = Duration::from_secs(10);

/// What fetches one document over and over.
#[derive(Debug)]
pub(super) struct Fetcher {
    runtime: Runtime,
    client: Client,
    url: Url,
}

impl Fetcher {
    pub(super) fn new(url: &str, time_max: Duration) -> Result<Fetcher, String> {
        if CryptoProvider::get_default().is_none() {
            // Somebody else may install one at this very moment: that one is as good.
            ring::default_provider().install_default().ok();
        }
        let url = Url::parse(url).map_err(|error| format!("{url}: {error}"))?;
        // Nobody but the URL that the operator has written down is asked for keys.
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(time_max)
            .pool_max_idle_per_host(0)
            .user_agent("imq");
        if url.scheme() != "https" {
            // A machine without any certificate can still be asked by itself.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| reasons(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Fetcher { runtime, client, url })
    }

    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The document's bytes, or why there are none.
    pub(super) fn fetch(&self) -> Result<Vec<u8>, String> {
        self.runtime.block_on(async {
            let asked = self.client.get(self.url.clone()).header("accept", "application/json");
            let mut answer = asked.send().await.map_err(|error| reasons(&error))?;
            let status = answer.status();
            if status.is_redirection() {
                return Err(format!("the answer is {status}: give the URL that it leads to"));
            }
            if !status.is_success() {
                return Err(format!("the answer is {status}"));
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| reasons(&error))? {
                if bytes.len() + chunk.len() > limits::TOKEN_KEYS_BYTES_MAX {
                    let most = limits::TOKEN_KEYS_BYTES_MAX;
                    return Err(format!("the answer has more than {most} bytes"));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        })
    }
}

/// An error with what has caused it, which is where the reason is.
fn reasons(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
