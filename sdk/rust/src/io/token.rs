//! Where the user's tokens come from.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What comes of asking the application for a token.
pub type TokenResult = Result<String, Box<dyn Error + Send + Sync>>;

/// A token on its way.
pub(crate) type Coming = Pin<Box<dyn Future<Output = TokenResult> + Send>>;

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

    /// Asks for a token.
    pub(crate) fn give(&self) -> Coming {
        (self.0)()
    }
}

/// Nothing is shown of it.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}
