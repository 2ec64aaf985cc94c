//! What hyper reads and writes: the socket, with an ear for who is waited for.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use link::io::clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::talk::Talk;

/// A status stands here in the first line of an answer.
const STATUS: std::ops::Range<usize> = 9..12;

/// A connection's socket. It buffers nothing of its own.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    /// What was read and given back; it comes before what the stream has.
    pub(super) ahead: Bytes,
    pub(super) talk: Arc<Talk>,
}

impl Socket {
    /// What came of writing so much.
    fn written(&self, wrote: Poll<io::Result<usize>>, wanted: usize) -> Poll<io::Result<usize>> {
        match &wrote {
            Poll::Pending => self.talk.blocked(|| clock::now().ms),
            Poll::Ready(Ok(bytes)) => self.talk.took(*bytes, *bytes == wanted),
            Poll::Ready(Err(_)) => {}
        }
        wrote
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let length = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.talk.heard(clock::now().ms);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.talk.refuses(status(bytes)) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(wrote, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = pieces.iter().map(|piece| piece.len()).sum();
        if self.talk.refuses(pieces.first().and_then(|piece| status(piece))) {
            return Poll::Ready(Ok(wanted));
        }
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.written(wrote, wanted)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Hyper calls it when its own buffer is empty.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.talk.flushed(|| clock::now().ms);
        Poll::Ready(Ok(()))
    }

    /// Hyper calls it when all is written. The connection itself ends it, when it has said what is
    /// left to say.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The status of an answer that begins so.
fn status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(STATUS)?).ok()?.parse().ok()
}
