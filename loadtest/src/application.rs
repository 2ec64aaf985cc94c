//! A web application that is asked, and answers at once, late or never.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::processes::http;

/// What is read at once.
const READ_BYTES: usize = 16 * 1024;

/// A listening application, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    /// Requests that have come.
    requests: Arc<AtomicU64>,
    _stop: oneshot::Sender<()>,
}

impl Application {
    /// Takes connections on a thread of its own. It answers each request after so long; nothing:
    /// never, though it goes on reading.
    ///
    /// # Errors
    /// When there is no port or no thread.
    pub(crate) fn start(answers_after: Option<Duration>) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("a port to listen on")?;
        listener.set_nonblocking(true).context("listening")?;
        let address = listener.local_addr().context("listening")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the web application")?;
        let (stop, stopped) = oneshot::channel();
        let requests = Arc::new(AtomicU64::new(0));
        let answers = Answers { answers_after, requests: Arc::clone(&requests) };
        std::thread::Builder::new()
            .name("application".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        served = serve(listener, answers) => {
                            if let Err(error) = served {
                                eprintln!("the web application has ended: {error}");
                            }
                        }
                        // What is sent is that nobody needs it any more.
                        _ = stopped => {}
                    }
                });
            })
            .context("starting the web application")?;
        Ok(Self { address, requests, _stop: stop })
    }

    /// How many requests have come, asks and tells.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// What all its connections share.
#[derive(Clone)]
struct Answers {
    answers_after: Option<Duration>,
    requests: Arc<AtomicU64>,
}

/// Takes as many connections as come: those who ask have a limit of their own.
async fn serve(listener: std::net::TcpListener, answers: Answers) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let answers = answers.clone();
        tokio::spawn(async move {
            // Whoever asked has given up then, which is all the same here.
            talk(stream, answers).await.ok();
        });
    }
}

async fn talk(mut stream: TcpStream, answers: Answers) -> Result<()> {
    let mut unread = Vec::new();
    let mut chunk = [0; READ_BYTES];
    loop {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        let Some(after) = answers.answers_after else { continue };
        unread.extend_from_slice(&chunk[..read]);
        while let Some((head, body)) = http::message(&unread)? {
            answers.requests.fetch_add(1, Ordering::Relaxed);
            let answer = answer(body)?;
            let used = head.len() + http::END.len() + body.len();
            unread.drain(..used);
            if !after.is_zero() {
                tokio::time::sleep(after).await;
            }
            stream.write_all(answer.as_bytes()).await?;
        }
    }
}

/// Everything may be done, and whoever connects is who the token says.
fn answer(body: &[u8]) -> Result<String> {
    let request: serde_json::Value = serde_json::from_slice(body).context("what is asked")?;
    let verdict = if request["kind"] == "connect" {
        json!({ "allow": true, "user": request["token"] })
    } else {
        json!({ "allow": true })
    };
    let body = verdict.to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    Ok(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}
