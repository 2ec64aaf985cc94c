//! How a client is connected, and why it was not.

use super::{Subscription, TokenSource};

/// Where to connect to, and as whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// Gateways as `host:port`. One is chosen at random, then each in turn.
    pub addresses: Vec<String>,
    /// The user, for a server with development authentication.
    pub user: String,
    /// The user's token, for any other. When it ends, the client does.
    pub token: String,
    /// Where the user's tokens come from, in the place of `token`: asked before each connection,
    /// and before a token ends. So a client outlives its tokens.
    pub token_source: Option<TokenSource>,
    /// What the application calls itself, for operators.
    pub client_name: String,
    /// Its version, for operators.
    pub client_version: String,
    /// Events that a [`Subscription`] holds for an application that doesn't take them. One more
    /// ends the subscription.
    pub events_max: usize,
    /// Where chance begins; none: differently each time. Two clients of a user must not have the
    /// same: it also gives the id by which the user's home knows a late connection of the client.
    pub seed: Option<u64>,
    /// Where subscriptions go that the application hasn't asked for: to its user's inbox, and to
    /// queues that the back end has put the user in. None: they are ignored. One that does not fit
    /// there is left again.
    pub given: Option<tokio::sync::mpsc::Sender<Subscription>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            addresses: vec!["127.0.0.1:7400".to_owned()],
            user: String::new(),
            token: String::new(),
            token_source: None,
            client_name: "imq-sdk".to_owned(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            events_max: 4096,
            seed: None,
            given: None,
        }
    }
}

/// Why the first connection did not come about. Later ones the client brings about by itself.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is nowhere to connect to.
    #[error("no address is given")]
    NoAddress,
    /// No gateway could be reached; this is the last that was tried.
    #[error("{address}: {source}")]
    Unreachable {
        /// As it was given.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The application gave no token; this is what it said.
    #[error("no token: {reason}")]
    NoToken {
        /// Of the application's error.
        reason: String,
    },
    /// A gateway was reached and closed the connection.
    #[error("the gateway closed the connection with code {code}: {reason}")]
    Refused {
        /// One of [`Close`](crate::Close)'s numbers.
        code: u32,
        /// For people.
        reason: String,
    },
    /// A gateway was reached, but no `welcome` came from it.
    #[error("{address}: the connection ended before the gateway said welcome")]
    Lost {
        /// As it was given.
        address: String,
    },
}
