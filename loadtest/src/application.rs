//! A web application that is asked, and answers late or never.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::processes::http;

/// Whatever it is asked, this is its answer.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                        Content-Length: 14\r\n\r\n{\"allow\":true}";

/// What is read at once.
const READ_BYTES: usize = 16 * 1024;

/// A listening application, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
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
        std::thread::Builder::new()
            .name("application".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        served = serve(listener, answers_after) => {
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
        Ok(Self { address, _stop: stop })
    }
}

/// Takes as many connections as come: those who ask have a limit of their own.
async fn serve(
    listener: std::net::TcpListener,
    answers_after: Option<Duration>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // Whoever asked has given up then, which is all the same here.
            talk(stream, answers_after).await.ok();
        });
    }
}

async fn talk(mut stream: TcpStream, answers_after: Option<Duration>) -> Result<()> {
    let mut unread = Vec::new();
    let mut chunk = [0; READ_BYTES];
    loop {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        let Some(after) = answers_after else { continue };
        unread.extend_from_slice(&chunk[..read]);
        while let Some((head, body)) = http::message(&unread)? {
            let used = head.len() + http::END.len() + body.len();
            unread.drain(..used);
            tokio::time::sleep(after).await;
            stream.write_all(ANSWER).await?;
        }
    }
}
