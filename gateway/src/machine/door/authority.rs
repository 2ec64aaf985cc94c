//! Who a client is: the credentials of `connect` and `refresh`, and until when they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use proto::c2g;
use proto::codes::Close;
use proto::name::UserId;
use proto::time::Time;

use crate::machine::delivery::ConnId;
use crate::machine::token::{self, Tokens};

/// The version of the client protocol that is spoken here.
const PROTOCOL: u32 = 1;

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

/// What tokens are verified with, and when newer keys were asked for.
#[derive(Debug, Default)]
pub(super) struct Keys {
    authority: Authority,
    asked_ms: Option<u64>,
}

impl Keys {
    /// What tokens are verified with from now on.
    pub(super) fn set_authority(&mut self, authority: Authority) {
        self.authority = authority;
    }

    /// Whether there are keys, or are to be some: else no token is believed.
    pub(super) fn is_configured(&self) -> bool {
        self.authority.is_configured()
    }

    /// Who may come in, by the credentials.
    pub(super) fn admit(
        &mut self,
        now: Time,
        connect: &c2g::Connect,
        (is_asked, dev_auth): (bool, bool),
        wants_keys: &mut bool,
    ) -> Result<Admission, Distrust> {
        if connect.protocol != PROTOCOL {
            let given = connect.protocol;
            let reason = format!(
                "this gateway doesn't speak protocol {given}: set `protocol` to {PROTOCOL}"
            );
            return Err(Distrust::new(Close::Version, reason));
        }
        let has_token = !connect.token.is_empty();
        let is_configured = self.authority.is_configured();
        if has_token && !is_asked && !is_configured && dev_auth {
            return Err(Distrust::new(Close::BadToken, DEV_TAKES_USER));
        }
        if has_token && (!is_asked || is_configured) {
            let admitted = self.verify(now, &connect.token, wants_keys)?;
            return Ok(match is_asked {
                true => Admission::Asked(Some(admitted)),
                false => Admission::Granted(admitted),
            });
        }
        let is_dev = dev_auth && !has_token && !connect.user.is_empty();
        if is_asked && !is_dev {
            return Ok(Admission::Asked(None));
        }
        if !dev_auth {
            let reason = "`connect` needs a `token`: development authentication, which accepts \
                          `user` alone, is off";
            return Err(Distrust::new(Close::BadToken, reason));
        }
        let user = UserId::try_from(connect.user.as_str())
            .map_err(|error| Distrust::new(Close::BadToken, format!("connect.user: {error}")))?;
        let user = user.as_str().to_owned();
        Ok(Admission::Granted(Admitted::new(user, None)))
    }

    /// Whose a token is.
    pub(super) fn verify(
        &mut self,
        now: Time,
        token: &str,
        wants_keys: &mut bool,
    ) -> Result<Admitted, Distrust> {
        let verified = self.authority.verify(now.unix_ms, token);
        let credentials =
            verified.map_err(|distrust| self.ask_for_keys(now, distrust, wants_keys))?;
        UserId::try_from(credentials.user.as_str()).map_err(|error| {
            Distrust::new(Close::BadToken, format!("the token's user: {error}"))
        })?;
        // From here on the lane's own clock counts: the other one may be set.
        let left_ms = |at_ms: u64| at_ms.saturating_sub(now.unix_ms);
        let expires_ms =
            credentials.expires_unix_ms.map(|at_ms| now.ms.saturating_add(left_ms(at_ms)));
        Ok(Admitted::new(credentials.user, expires_ms))
    }

    /// A key that isn't known may have been added since the keys were fetched: now and then it is
    /// worth looking.
    fn ask_for_keys(
        &mut self,
        now: Time,
        mut distrust: Distrust,
        wants_keys: &mut bool,
    ) -> Distrust {
        if !distrust.newer {
            return distrust;
        }
        let now_ms = now.ms;
        let asked_ms = self.asked_ms.filter(|asked_ms| now_ms < asked_ms + KEYS_PAUSE_MS);
        if asked_ms.is_none() {
            self.asked_ms = Some(now_ms);
            *wants_keys = true;
        }
        if asked_ms.is_none_or(|asked_ms| now_ms < asked_ms + u64::from(KEYS_WAIT_MS)) {
            distrust.close = Close::Overloaded;
            distrust.retry_after_ms = NonZeroU32::new(KEYS_WAIT_MS);
        }
        distrust
    }
}
