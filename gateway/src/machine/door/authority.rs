//! Who a client is: the credentials of `connect` and `refresh`, and until when they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use prost::Message as _;
use proto::c2g;
use proto::codes::{Close, Status};
use proto::ids::Handle;
use proto::limits;
use proto::name::UserId;

use crate::machine::delivery::ConnId;
use crate::machine::lane::{Lane, Outbox};
use crate::machine::refusal::check_op_id;
use crate::machine::token::{self, Tokens};

/// The version of the client protocol that is spoken here.
const PROTOCOL: u32 = 1;

/// A `refresh` counts as so many operations more: a signature takes as long to verify as hundreds
/// of messages to route.
const REFRESH_OPERATIONS: u32 = 499;
/// After it has asked for newer keys a lane doesn't ask again for so long.
const KEYS_PAUSE_MS: u64 = 10_000;
/// So long they may take to come; meanwhile clients are told to come back after as long.
const KEYS_WAIT_MS: u32 = 2_000;

/// To who brings a token where nobody has given the gateway keys, and all are believed.
const DEV_TAKES_USER: &str = "this gateway has development authentication and no keys for tokens: \
                              send `user` (the user's id, as it is) in `connect`, and leave \
                              `token` out. To use tokens, give the gateway `keys_file` or \
                              `jwks_url` in [auth] of its configuration (docs/authentication.md)";

/// What tokens are verified with.
#[derive(Debug, Clone)]
pub enum Authority {
    /// Keys; `fetched` ones may become more when they are asked for.
    Tokens {
        /// What knows them.
        tokens: Arc<Tokens>,
        /// They come from a URL.
        fetched: bool,
    },
    /// A token is the user's id, or `user@milliseconds` since 1970, and believed as it stands.
    #[cfg(test)]
    Plain,
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::Tokens { tokens: Arc::default(), fetched: false }
    }
}

/// What a token that was verified says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who bears it.
    pub user: String,
    /// Until when it holds, in milliseconds since 1970.
    pub expires_unix_ms: Option<u64>,
}

/// Why a token isn't believed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::machine) struct Distrust {
    pub(in crate::machine) close: Close,
    /// A sentence for the client's author that says what to do.
    pub(in crate::machine) reason: String,
    pub(in crate::machine) retry_after_ms: Option<NonZeroU32>,
    /// Newer keys might make it good.
    newer: bool,
}

impl Distrust {
    pub(in crate::machine) fn new(close: Close, reason: impl Into<String>) -> Distrust {
        Distrust { close, reason: reason.into(), retry_after_ms: None, newer: false }
    }
}

impl Authority {
    /// Whether it has keys, or is to have some: else it believes no token.
    fn is_configured(&self) -> bool {
        match self {
            Authority::Tokens { tokens, .. } => tokens.is_configured(),
            #[cfg(test)]
            Authority::Plain => true,
        }
    }

    /// Reads a token.
    fn verify(&self, now_unix_ms: u64, token: &str) -> Result<Credentials, Distrust> {
        match self {
            Authority::Tokens { tokens, fetched } => match tokens.verify(now_unix_ms, token) {
                Ok(token::Credentials { user, expires_unix_ms }) => {
                    Ok(Credentials { user, expires_unix_ms: Some(expires_unix_ms) })
                }
                Err(error) => {
                    let newer = *fetched && error.wants_newer_keys();
                    Err(Distrust { newer, ..Distrust::new(error.close(), error.to_string()) })
                }
            },
            #[cfg(test)]
            Authority::Plain => {
                let (user, expires) = token.split_once('@').unwrap_or((token, ""));
                let expires_unix_ms = expires.parse().ok();
                Ok(Credentials { user: user.to_owned(), expires_unix_ms })
            }
        }
    }
}

/// What comes of a `connect`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::machine) enum Admission {
    /// It is believed.
    Granted(Admitted),
    /// The web application says who it is; a token, if there is one, was verified so far.
    Asked(Option<Admitted>),
}

/// Who came in.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::machine) struct Admitted {
    pub(in crate::machine) user: String,
    /// When the connection is closed unless it brings new credentials, by the lane's clock.
    pub(in crate::machine) expires_ms: Option<u64>,
    /// Nothing but the secret of a session speaks for the user.
    pub(in crate::machine) resume_only: bool,
}

impl Admitted {
    /// Whose credentials were looked at.
    pub(in crate::machine) fn new(user: String, expires_ms: Option<u64>) -> Admitted {
        Admitted { user, expires_ms, resume_only: false }
    }
}

/// Connections whose credentials expire, by when they do: nothing is kept of the others.
#[derive(Debug, Default)]
pub(in crate::machine) struct Expiries {
    by_time: BTreeSet<(u64, ConnId)>,
    by_conn: BTreeMap<ConnId, u64>,
}

impl Expiries {
    /// The connection's credentials hold until then, or for ever.
    pub(in crate::machine) fn set(&mut self, conn: ConnId, expires_ms: Option<u64>) {
        if let Some(before_ms) = self.by_conn.remove(&conn) {
            self.by_time.remove(&(before_ms, conn));
        }
        if let Some(expires_ms) = expires_ms {
            self.by_conn.insert(conn, expires_ms);
            self.by_time.insert((expires_ms, conn));
        }
    }

    /// Until when the connection's credentials hold; nothing: for ever.
    pub(in crate::machine) fn of(&self, conn: ConnId) -> Option<u64> {
        self.by_conn.get(&conn).copied()
    }

    /// When to look for those that are due.
    pub(in crate::machine) fn wake_at(&self) -> Option<u64> {
        self.by_time.first().map(|(at_ms, _)| *at_ms)
    }

    /// Takes those that are due, but not more than so many: tokens that were given together end
    /// together.
    pub(in crate::machine) fn due(&mut self, now_ms: u64, most: usize) -> Vec<ConnId> {
        let mut due = Vec::new();
        while due.len() < most
            && self.wake_at().is_some_and(|at_ms| at_ms <= now_ms)
            && let Some((_, conn)) = self.by_time.pop_first()
        {
            self.by_conn.remove(&conn);
            due.push(conn);
        }
        due
    }
}

impl Lane {
    /// Who may come in, by the credentials.
    pub(in crate::machine) fn admit(
        &mut self,
        connect: &c2g::Connect,
        out: &mut Outbox,
    ) -> Result<Admission, Distrust> {
        if connect.protocol != PROTOCOL {
            let given = connect.protocol;
            let reason = format!(
                "this gateway doesn't speak protocol {given}: set `protocol` to {PROTOCOL}"
            );
            return Err(Distrust::new(Close::Version, reason));
        }
        let (has_token, is_asked) = (!connect.token.is_empty(), self.asks_who_connects());
        let is_configured = self.authority.is_configured();
        if has_token && !is_asked && !is_configured && self.settings.dev_auth {
            return Err(Distrust::new(Close::BadToken, DEV_TAKES_USER));
        }
        if has_token && (!is_asked || is_configured) {
            let admitted = self.verify(&connect.token, out)?;
            return Ok(match is_asked {
                true => Admission::Asked(Some(admitted)),
                false => Admission::Granted(admitted),
            });
        }
        let is_dev = self.settings.dev_auth && !has_token && !connect.user.is_empty();
        if is_asked && !is_dev {
            return Ok(Admission::Asked(None));
        }
        if !self.settings.dev_auth {
            let reason = "`connect` needs a `token`: development authentication, which accepts \
                          `user` alone, is off";
            return Err(Distrust::new(Close::BadToken, reason));
        }
        let user = UserId::try_from(connect.user.as_str())
            .map_err(|error| Distrust::new(Close::BadToken, format!("connect.user: {error}")))?;
        let user = user.as_str().to_owned();
        Ok(Admission::Granted(Admitted::new(user, None)))
    }

    fn verify(&mut self, token: &str, out: &mut Outbox) -> Result<Admitted, Distrust> {
        let verified = self.authority.verify(self.now.unix_ms, token);
        let credentials = verified.map_err(|distrust| self.ask_for_keys(distrust, out))?;
        UserId::try_from(credentials.user.as_str()).map_err(|error| {
            Distrust::new(Close::BadToken, format!("the token's user: {error}"))
        })?;
        // From here on the lane's own clock counts: the other one may be set.
        let left_ms = |at_ms: u64| at_ms.saturating_sub(self.now.unix_ms);
        let expires_ms =
            credentials.expires_unix_ms.map(|at_ms| self.now.ms.saturating_add(left_ms(at_ms)));
        Ok(Admitted::new(credentials.user, expires_ms))
    }

    /// A key that isn't known may have been added since the keys were fetched: now and then it is
    /// worth looking.
    fn ask_for_keys(&mut self, mut distrust: Distrust, out: &mut Outbox) -> Distrust {
        if !distrust.newer {
            return distrust;
        }
        let now_ms = self.now.ms;
        let asked_ms = self.keys_asked_ms.filter(|asked_ms| now_ms < asked_ms + KEYS_PAUSE_MS);
        if asked_ms.is_none() {
            self.keys_asked_ms = Some(now_ms);
            out.wants_keys = true;
        }
        if asked_ms.is_none_or(|asked_ms| now_ms < asked_ms + u64::from(KEYS_WAIT_MS)) {
            distrust.close = Close::Overloaded;
            distrust.retry_after_ms = NonZeroU32::new(KEYS_WAIT_MS);
        }
        distrust
    }

    /// New credentials before the old expire.
    pub(in crate::machine) fn refresh(
        &mut self,
        conn: ConnId,
        handle: Handle,
        body: &[u8],
        out: &mut Outbox,
    ) {
        let Ok(refresh) = c2g::Refresh::decode(body) else {
            let reason = "`refresh` is not a message of this protocol";
            return self.close(conn, Close::BadFrame, reason, out);
        };
        self.counters.operations += 1;
        let op_id = refresh.op_id;
        if let Err(refusal) = check_op_id(op_id) {
            return self.refuse_as(conn, op_id, refusal, out);
        }
        let rate = self.rate;
        let is_slow = self.connections.get(conn).is_some_and(|connection| {
            !connection.allowance.take(rate, self.now.ms, REFRESH_OPERATIONS, 0)
        });
        if is_slow {
            let sentence = "tokens are refreshed too often: wait until the old one is about to \
                            expire";
            return self.refuse(conn, op_id, Status::Limit, sentence, out);
        }
        let is_asked = self.asks_who_connects();
        let verified = if is_asked && !self.authority.is_configured() {
            Ok(None)
        } else {
            self.verify(&refresh.token, out).map(Some)
        };
        match verified {
            Ok(Some(admitted)) if !is_asked => self.refreshed(conn, handle, op_id, &admitted, out),
            Ok(admitted) => {
                let until_ms = admitted.and_then(|admitted| admitted.expires_ms);
                self.ask_anew(handle, &refresh, until_ms, out);
            }
            Err(Distrust { reason, .. }) => {
                self.refuse(conn, op_id, Status::Unauthenticated, &reason, out);
            }
        }
    }

    /// How long credentials that hold until then do so from now on, as clients are told: 0 is for
    /// ever, so what ends this moment has a millisecond.
    pub(in crate::machine) fn left_ms(&self, expires_ms: Option<u64>) -> u64 {
        let left_ms = |at_ms: u64| at_ms.saturating_sub(self.now.ms).clamp(1, limits::NUMBER_MAX);
        expires_ms.map_or(0, left_ms)
    }

    /// Its credentials hold no longer.
    pub(in crate::machine) fn expired(&mut self, conn: ConnId, out: &mut Outbox) {
        let reason = "the token has expired: connect with a new one, and refresh that before it \
                      expires";
        self.close(conn, Close::TokenExpired, reason, out);
    }
}
