//! Where the user's tokens come from.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// What comes of asking the application for a token.
pub type TokenResult = Result<String, Box<dyn Error + Send + Sync>>;

/// A token on its way.
type Coming = Pin<Box<dyn Future<Output = TokenResult> + Send>>;

/// Gives the user's token, a fresh one each time: it is called before each connection, and before
/// the token of the present one ends.
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> Coming + Send + Sync>);

impl TokenSource {
    /// Of an async function, which for instance asks the application's own web server.
    pub fn new<F, T>(give: F) -> TokenSource
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = TokenResult> + Send + 'static,
    {
        TokenSource(Arc::new(move || Box::pin(give())))
    }

    /// Asks for a token. A panic of the application's is a failure to give one: it must not end
    /// the client with all that waits for it.
    pub(crate) async fn give(&self) -> TokenResult {
        let asked = || (self.0)();
        let mut coming = unless_panics(asked)?;
        std::future::poll_fn(|context| {
            unless_panics(|| coming.as_mut().poll(context))
                .unwrap_or_else(|error| Poll::Ready(Err(error)))
        })
        .await
    }
}

fn unless_panics<T>(run: impl FnOnce() -> T) -> Result<T, Box<dyn Error + Send + Sync>> {
    // What a panic has left behind is not looked at again.
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| "the application's function panicked".into())
}

/// Nothing is shown of it.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}
