//! The client on tokio, over TCP: what applications use.
//!
//! One background task owns the socket and the [machine](crate::machine). Handles speak to it
//! through a bounded channel, so an application that asks faster than the network takes it waits
//! here.

mod clock;
mod dial;
mod driver;
mod options;
mod subscription;
mod token;

use tokio::sync::{mpsc, oneshot, watch};

use crate::machine::Settings;
use crate::{Answer, Change, Command, Entry, Failure, Message, Page, PageAsked, SubscribeOptions};

pub use self::options::{ConnectError, Options};
pub use self::subscription::Subscription;
pub use self::token::{TokenResult, TokenSource};

use self::driver::Driver;
use self::subscription::Given;

/// Requests on their way to the background task: enough for a batch, few enough to be felt.
const REQUESTS_MAX: usize = 256;

/// How the client stands with its gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Being brought about, again or for the first time.
    Down,
    /// A gateway said `welcome`.
    Up {
        /// Its id.
        gateway: String,
        /// Whether the session of before goes on.
        resumed: bool,
    },
    /// Over for good.
    Closed {
        /// One of [`Close`](crate::Close)'s numbers.
        code: u32,
        /// For people.
        reason: String,
    },
}

/// A connected client. Clones are the same client; when the last one and all subscriptions are
/// dropped, it says goodbye.
#[derive(Debug, Clone)]
pub struct Client {
    requests: mpsc::Sender<Request>,
    connection: watch::Receiver<Connection>,
    events_max: usize,
}

/// What handles say to the background task.
pub(crate) enum Request {
    Command {
        command: Command,
        answer: oneshot::Sender<Result<Answer, Failure>>,
        /// Where the events of the queue go, if the command is to subscribe.
        events: Option<mpsc::Sender<crate::QueueEvent>>,
    },
    /// Nobody listens to this queue any more.
    Forget { queue: String },
    /// Goodbye; dropped when all is said.
    Close { said: oneshot::Sender<()> },
}

impl Client {
    /// Connects, and returns once a gateway has said `welcome`. From then on the client comes back
    /// by itself whenever it may.
    ///
    /// # Errors
    /// If each address was tried once in vain, or a gateway said not to come back.
    pub async fn connect(options: Options) -> Result<Client, ConnectError> {
        if options.addresses.is_empty() {
            return Err(ConnectError::NoAddress);
        }
        let (requests, received) = mpsc::channel(REQUESTS_MAX);
        let (told, connection) = watch::channel(Connection::Down);
        let (first, connected) = oneshot::channel();
        let seed = options.seed.unwrap_or_else(rand::random);
        let settings = Settings {
            user: options.user,
            token: options.token,
            renews: options.token_source.is_some(),
            client_name: options.client_name,
            client_version: options.client_version,
            given: options.given.is_some(),
            ..Settings::default()
        };
        let events_max = options.events_max.max(1);
        let address = options.addresses[0].clone();
        let given = options.given.map(|to| Given::new(to, events_max, requests.downgrade()));
        let sources = (received, given, options.token_source);
        let driver = Driver::new(settings, options.addresses, seed, sources, told, first);
        tokio::spawn(driver.run());
        // A task that ends without a word is one whose runtime was taken away.
        connected.await.unwrap_or(Err(ConnectError::Lost { address }))?;
        Ok(Client { requests, connection, events_max })
    }

    /// How the client stands with its gateway, now and later.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.connection.clone()
    }

    /// Joins a queue. Once more on the same queue, with other options, takes the place of the
    /// subscription before, which then ends.
    ///
    /// # Errors
    /// If the queue refuses.
    pub async fn subscribe(
        &self,
        queue: &str,
        options: SubscribeOptions,
    ) -> Result<Subscription, Failure> {
        // One more for the word that the subscription is over.
        let (events, received) = mpsc::channel(self.events_max + 1);
        let command = Command::Subscribe { queue: queue.to_owned(), options };
        self.ask(command, Some(events)).await?;
        Ok(Subscription::new(queue.to_owned(), received, self.requests.clone()))
    }

    /// Leaves a queue. Dropping the [`Subscription`] does the same, without waiting for the answer.
    ///
    /// # Errors
    /// If the queue refuses.
    pub async fn unsubscribe(&self, queue: &str) -> Result<(), Failure> {
        self.ask(Command::Unsubscribe { queue: queue.to_owned() }, None).await.map(drop)
    }

    /// Sends a message; the answer is its number in the queue.
    ///
    /// # Errors
    /// If it was not sent, or nobody knows whether it was.
    pub async fn send_message(
        &self,
        queue: &str,
        mount: &str,
        payload: impl Into<Vec<u8>>,
    ) -> Result<u64, Failure> {
        self.send(queue, mount, payload.into(), false).await
    }

    /// Sends a message to all subscribers but this client.
    ///
    /// # Errors
    /// If it was not sent, or nobody knows whether it was.
    pub async fn send_message_to_others(
        &self,
        queue: &str,
        mount: &str,
        payload: impl Into<Vec<u8>>,
    ) -> Result<u64, Failure> {
        self.send(queue, mount, payload.into(), true).await
    }

    /// Changes keys of a state mount, all or none; the answer is the change's number in the queue.
    ///
    /// # Errors
    /// If it was not done, or nobody knows whether it was.
    pub async fn send_state(
        &self,
        queue: &str,
        mount: &str,
        changes: Vec<Change>,
    ) -> Result<u64, Failure> {
        let (queue, mount) = (queue.to_owned(), mount.to_owned());
        sent(self.ask(Command::SendState { queue, mount, changes }, None).await?)
    }

    /// Reads keys of a state mount.
    ///
    /// # Errors
    /// If the queue refuses, or doesn't answer in time.
    pub async fn get_state(
        &self,
        queue: &str,
        mount: &str,
        key_prefix: &str,
        page: PageAsked,
    ) -> Result<Page<Entry>, Failure> {
        let (queue, mount) = (queue.to_owned(), mount.to_owned());
        let key_prefix = key_prefix.to_owned();
        let command = Command::GetState { queue, mount, key_prefix, page };
        let Answer::State(page) = self.ask(command, None).await? else {
            unreachable!("the machine answers `get_state` with state")
        };
        Ok(page)
    }

    /// Reads old messages before this one; 0: the newest.
    ///
    /// # Errors
    /// If the queue refuses, or doesn't answer in time.
    pub async fn get_history(
        &self,
        queue: &str,
        mount: &str,
        before_seq: u64,
        limit: u32,
    ) -> Result<Page<Message>, Failure> {
        let (queue, mount) = (queue.to_owned(), mount.to_owned());
        let command = Command::GetHistory { queue, mount, before_seq, limit };
        let Answer::History(page) = self.ask(command, None).await? else {
            unreachable!("the machine answers `get_history` with history")
        };
        Ok(page)
    }

    /// Reads who is in a queue, and how many, where the queue tells.
    ///
    /// # Errors
    /// If the queue refuses, or doesn't answer in time.
    pub async fn list_members(
        &self,
        queue: &str,
        page: PageAsked,
    ) -> Result<(Page<String>, Option<u32>), Failure> {
        let command = Command::ListMembers { queue: queue.to_owned(), page };
        let Answer::Members { page, count } = self.ask(command, None).await? else {
            unreachable!("the machine answers `list_members` with members")
        };
        Ok((page, count))
    }

    /// Says goodbye: the session ends now, and everything unanswered with it. Returns when it is
    /// said.
    pub async fn close(self) {
        let (said, heard) = oneshot::channel();
        if self.requests.send(Request::Close { said }).await.is_ok() {
            // The sender is dropped, not used, when the task has ended.
            heard.await.unwrap_or_default();
        }
    }

    async fn send(
        &self,
        queue: &str,
        mount: &str,
        payload: Vec<u8>,
        exclude_self: bool,
    ) -> Result<u64, Failure> {
        let (queue, mount) = (queue.to_owned(), mount.to_owned());
        sent(self.ask(Command::SendMessage { queue, mount, payload, exclude_self }, None).await?)
    }

    async fn ask(
        &self,
        command: Command,
        events: Option<mpsc::Sender<crate::QueueEvent>>,
    ) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Command { command, answer, events };
        self.requests.send(request).await.map_err(|_| Failure::Closed)?;
        // A task that ends without a word is one whose runtime was taken away.
        answered.await.map_err(|_| Failure::OutcomeUnknown)?
    }
}

fn sent(answer: Answer) -> Result<u64, Failure> {
    let Answer::Sent { seq } = answer else {
        unreachable!("the machine answers a write with its seq")
    };
    Ok(seq)
}

#[cfg(test)]
mod tests;
