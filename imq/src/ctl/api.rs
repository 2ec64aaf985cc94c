//! Asking a boss over HTTP.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use proto::codes::Status;
use proto::text::Foreign;
use reqwest::{RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::secrets;
use crate::exit;

/// A boss that hasn't answered by then is as good as away.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

/// Where the boss is, and who may read there.
#[derive(Debug, Clone, Args)]
pub(crate) struct Boss {
    /// The boss's HTTP address.
    #[arg(long, env = "IMQ_BOSS_URL", value_name = "URL", default_value = "http://127.0.0.1:7500")]
    pub(crate) boss: String,
    /// The boss's read key, if it has one: a file, or IMQ_READ_KEY in the environment. The admin
    /// key does as well.
    #[arg(long, value_name = "FILE")]
    read_key_file: Option<PathBuf>,
}

/// Where the boss is, and who may change something there.
#[derive(Debug, Clone, Args)]
pub(crate) struct Admin {
    #[command(flatten)]
    boss: Boss,
    /// The boss's admin key: a file, or IMQ_ADMIN_KEY in the environment.
    #[arg(long, value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
}

/// The boss's interface.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    boss: String,
    key: Option<String>,
}

/// Why there is no answer to go by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the boss can't be asked: {url}: {reason}")]
    Unreached { url: String, reason: String },
    #[error("{code}: {message}; {}", exit::page(code))]
    Refused { code: &'static str, message: Foreign },
    #[error("{url} doesn't answer as a boss does: {reason}")]
    Strange { url: String, reason: Foreign },
}

/// What comes with every refusal.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalError,
}

#[derive(Deserialize)]
struct RefusalError {
    status: u32,
    message: String,
}

impl Boss {
    /// The interface, for reading.
    pub(crate) fn reader(&self) -> Result<Api> {
        let key = secrets::key("IMQ_READ_KEY", self.read_key_file.as_ref())?;
        let key = match key {
            Some(key) => Some(key),
            None => secrets::key("IMQ_ADMIN_KEY", None)?,
        };
        Api::new(&self.boss, key)
    }
}

impl Admin {
    /// The interface, for changing something.
    pub(crate) fn writer(&self) -> Result<Api> {
        let key = secrets::key("IMQ_ADMIN_KEY", self.admin_key_file.as_ref())?;
        let key = key.context("give the admin key: --admin-key-file FILE, or IMQ_ADMIN_KEY")?;
        Api::new(&self.boss.boss, Some(key))
    }
}

impl Api {
    fn new(boss: &str, key: Option<String>) -> Result<Api> {
        let boss = boss.trim_end_matches('/');
        let boss = match boss.contains("://") {
            true => boss.to_owned(),
            false => format!("http://{boss}"),
        };
        let http = reqwest::Client::builder().connect_timeout(ANSWER_TIME_MAX).build()?;
        Ok(Api { http, boss, key })
    }

    /// What is behind this path of `/api/v1`.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let url = self.url(path, query)?;
        let request = self.http.get(url.clone()).timeout(ANSWER_TIME_MAX);
        self.document(url, request).await
    }

    /// Sends something there.
    pub(crate) async fn post(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: String,
    ) -> Result<Value> {
        let url = self.url(path, query)?;
        let request = self.http.post(url.clone()).timeout(ANSWER_TIME_MAX).body(body);
        self.document(url, request).await
    }

    /// Calls a method of the RPC, which the boss runs for operators.
    pub(crate) async fn rpc(&self, method: &str, body: &Value) -> Result<Value> {
        self.post(&format!("rpc/{method}"), &[], body.to_string()).await
    }

    /// An answer that doesn't end.
    pub(crate) async fn stream(&self, path: &str, query: &[(&str, &str)]) -> Result<Response> {
        let url = self.url(path, query)?;
        let request = self.http.get(url.clone());
        let response = self.send(&url, request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let text = response.text().await.map_err(|error| unreached(&url, &error))?;
        Err(refused(&url, &text).into())
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url> {
        let url = format!("{}/api/v1/{path}", self.boss);
        let mut url = Url::parse(&url).with_context(|| format!("--boss {}", self.boss))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Response, Trouble> {
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request.send().await.map_err(|error| unreached(url, &error))
    }

    async fn document(&self, url: Url, request: RequestBuilder) -> Result<Value> {
        let response = self.send(&url, request).await?;
        let status = response.status();
        let text = response.text().await.map_err(|error| unreached(&url, &error))?;
        if !status.is_success() {
            return Err(refused(&url, &text).into());
        }
        let document = serde_json::from_str(&text);
        Ok(document.map_err(|error| Trouble::Strange {
            url: url.to_string(),
            reason: Foreign::new(&format!("{error}: {text}")),
        })?)
    }
}

impl Trouble {
    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Trouble::Unreached { .. } => exit::NOT_REACHED,
            Trouble::Refused { code, .. } if *code == Status::OutcomeUnknown.row().name => {
                exit::UNKNOWN
            }
            Trouble::Refused { .. } | Trouble::Strange { .. } => exit::REFUSED,
        }
    }
}

/// An answer as what it is.
pub(crate) fn read<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).context("the boss is of another version of imq")
}

/// Why something failed: the error's own words are "error sending request", those at its end say.
pub(crate) fn last_words(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn unreached(url: &Url, error: &reqwest::Error) -> Trouble {
    let reason = match error.is_timeout() {
        true => format!("no answer within {} s", ANSWER_TIME_MAX.as_secs()),
        false => last_words(error),
    };
    Trouble::Unreached { url: url.to_string(), reason }
}

fn refused(url: &Url, text: &str) -> Trouble {
    let refusal = serde_json::from_str::<Refusal>(text);
    let known = refusal.ok().and_then(|refusal| {
        let RefusalError { status, message } = refusal.error;
        Some((Status::from_number(status)?.row().name, message))
    });
    match known {
        Some((code, message)) => Trouble::Refused { code, message: Foreign::new(&message) },
        None => Trouble::Strange { url: url.to_string(), reason: Foreign::new(text) },
    }
}
