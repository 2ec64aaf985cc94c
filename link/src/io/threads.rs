//! Threads of a node.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread of this name. What it logs is of the same node as what its starter logs.
///
/// # Errors
/// If the operating system has no thread.
pub fn spawn<T: Send + 'static>(
    name: impl Into<String>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let node = tracing::Span::current();
    Builder::new().name(name.into()).spawn(move || node.in_scope(work))
}
