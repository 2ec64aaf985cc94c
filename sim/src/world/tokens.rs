//! Tokens of some of the clients, which end: the web application gives them new ones, mostly in
//! time.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::machine::Authority;
use gateway::machine::token::{Algorithm, KeySet, Origin, Rules, Tokens};
use hmac::{Hmac, KeyInit as _, Mac as _};
use imq_sdk::machine::Input;
use sha2::Sha256;

use super::World;
use super::agenda::Happening;
use crate::journal::Token;
use crate::phase::Phase;

/// What tokens are signed with.
const SECRET: &str = "of the simulation alone: nobody else believes it";
/// How long a token is good while there is trouble, in milliseconds.
const SHORT_MS: (u64, u64) = (2_500, 6_000);
/// And after it: to the end.
const LONG_MS: u64 = 60_000;

/// Whether a client brings tokens: one in three.
pub(crate) fn has_tokens(client: usize) -> bool {
    client % 3 == 2
}

/// What gateways verify tokens with.
pub(super) fn authority() -> Authority {
    let keys = KeySet::read(SECRET.as_bytes(), Origin::File, &Algorithm::ALL);
    let keys = keys.map(|set| set.keys).unwrap_or_default();
    Authority::Tokens { tokens: Arc::new(Tokens::new(Rules::default(), keys)), fetched: false }
}

impl World {
    /// A client that brings tokens has a new one, of which its journal knows.
    pub(super) fn new_token(&mut self, at: usize) -> String {
        let is_short = self.phase <= Phase::Trouble;
        let ms = if is_short { self.chance.between(SHORT_MS.0, SHORT_MS.1) } else { LONG_MS };
        let (now_us, ends_unix_ms) = (self.agenda.now_us(), self.now().unix_ms + ms);
        let host = &mut self.clients[at];
        // Machines know of no less than a millisecond, and fractions of a second are rounded down.
        let token = Token { given_us: now_us, ends_us: (now_us / 1000 + ms - 1) * 1000 };
        host.journal.tokens.push(token);
        signed(host.user(), ends_unix_ms)
    }

    /// A client has asked for a new token.
    pub(super) fn wants_token(&mut self, at: usize) {
        let us = self.chance.below(200_000);
        let attempt = self.clients[at].attempt();
        self.agenda.after(us, Happening::TokenComes { client: at, attempt });
    }

    /// It gets one, or there is none to be had.
    pub(super) fn token_comes(&mut self, at: usize, attempt: u64) {
        if self.clients[at].attempt() != attempt || self.clients[at].is_over() {
            return;
        }
        let is_given = self.phase > Phase::Trouble || self.chance.percent(75);
        let token = is_given.then(|| self.new_token(at));
        self.trace(|| format!("c{at} gets a new token: {is_given}"));
        self.client_takes(at, Input::Token(token));
    }
}

/// A JSON Web Token, signed by HMAC with SHA-256.
fn signed(user: &str, ends_unix_ms: u64) -> String {
    let (s, ms) = (ends_unix_ms / 1000, ends_unix_ms % 1000);
    let claims = format!(r#"{{"exp":{s}.{ms:03},"sub":"{user}"}}"#);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
