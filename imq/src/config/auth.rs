//! The part `[auth]`: whose tokens are believed.

use std::path::PathBuf;

use clap::Args;
use gateway::io::keys::{FETCH_EVERY_MS, Settings, Source};
use gateway::machine::token::{Algorithm, Rules};
use proto::secret::has_user;
use serde::Deserialize;

/// An issuer is asked no more often, and keys are no older than a day.
const JWKS_EVERY_S: std::ops::RangeInclusive<u64> = 10..=24 * 3600;

/// How a gateway knows who somebody is.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthOptions {
    /// The keys of tokens: a JWKS document, public keys in PEM, or secrets [default: none].
    #[arg(long = "auth-keys-file", env = "IMQ_AUTH_KEYS_FILE", value_name = "FILE")]
    pub(crate) keys_file: Option<PathBuf>,
    /// The URL of a JWKS document, in the place of a file [default: none].
    #[arg(long = "auth-jwks-url", env = "IMQ_AUTH_JWKS_URL", value_name = "URL")]
    pub(crate) jwks_url: Option<String>,
    /// How often that is fetched, in seconds [default: 300].
    #[arg(long = "auth-jwks-every-s", env = "IMQ_AUTH_JWKS_EVERY_S", value_name = "SECONDS")]
    pub(crate) jwks_every_s: Option<u64>,
    /// How tokens may be signed [default: HS256,RS256,ES256,EdDSA].
    #[arg(
        long = "auth-algorithms",
        env = "IMQ_AUTH_ALGORITHMS",
        value_name = "ALGORITHM",
        value_delimiter = ','
    )]
    pub(crate) algorithms: Option<Vec<String>>,
    /// What a token's `aud` must be [default: anything].
    #[arg(long = "auth-audience", env = "IMQ_AUTH_AUDIENCE", value_name = "NAME")]
    pub(crate) audience: Option<String>,
    /// What a token's `iss` must be [default: anything].
    #[arg(long = "auth-issuer", env = "IMQ_AUTH_ISSUER", value_name = "NAME")]
    pub(crate) issuer: Option<String>,
}

impl AuthOptions {
    /// These, and for what they leave open, what is written in the file. A place of keys that is
    /// given stands for both places that are written.
    pub(crate) fn or(self, written: AuthOptions) -> AuthOptions {
        let is_placed = self.keys_file.is_some() || self.jwks_url.is_some();
        let written_file = written.keys_file.filter(|_| !is_placed);
        let written_url = written.jwks_url.filter(|_| !is_placed);
        AuthOptions {
            keys_file: self.keys_file.or(written_file),
            jwks_url: self.jwks_url.or(written_url),
            jwks_every_s: self.jwks_every_s.or(written.jwks_every_s),
            algorithms: self.algorithms.or(written.algorithms),
            audience: self.audience.or(written.audience),
            issuer: self.issuer.or(written.issuer),
        }
    }

    /// As the gateway takes them; none: it has no keys, and verifies no tokens.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(crate) fn settings(&self) -> Result<Option<Settings>, Vec<String>> {
        let mut problems = Vec::new();
        let algorithms = self.algorithms(&mut problems);
        for (name, value) in [("audience", &self.audience), ("issuer", &self.issuer)] {
            if value.as_ref().is_some_and(String::is_empty) {
                problems.push(format!("auth.{name} is empty: leave it out to accept any"));
            }
        }
        let every_s = self.jwks_every_s.unwrap_or(FETCH_EVERY_MS / 1000);
        if !JWKS_EVERY_S.contains(&every_s) {
            let (least, most) = (JWKS_EVERY_S.start(), JWKS_EVERY_S.end());
            problems.push(format!("auth.jwks_every_s is {least} to {most}"));
        }
        let source = match (&self.keys_file, &self.jwks_url) {
            (None, None) => None,
            (Some(path), None) => Some(Source::File(path.clone())),
            (None, Some(url)) => {
                problems.extend(problem_of_url(url));
                if algorithms == [Algorithm::Hs256] {
                    let problem = "auth.algorithms: a secret, for HS256, comes from a file, never \
                                   from a URL";
                    problems.push(problem.to_owned());
                }
                Some(Source::Url { url: url.clone(), every_ms: every_s.saturating_mul(1000) })
            }
            (Some(_), Some(_)) => {
                problems.push("auth.keys_file and auth.jwks_url: give one of them".to_owned());
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        if source.is_none() && *self != AuthOptions::default() {
            let problem = "auth: there are rules but no keys: give keys_file or jwks_url";
            return Err(vec![problem.to_owned()]);
        }
        let (audience, issuer) = (self.audience.clone(), self.issuer.clone());
        let rules = Rules { algorithms, audience, issuer };
        Ok(source.map(|source| Settings { rules, source }))
    }

    fn algorithms(&self, problems: &mut Vec<String>) -> Vec<Algorithm> {
        let Some(names) = &self.algorithms else { return Algorithm::ALL.to_vec() };
        if names.is_empty() {
            problems.push("auth.algorithms is empty: leave it out to accept all".to_owned());
        }
        let mut algorithms = Vec::new();
        for name in names {
            match name.parse::<Algorithm>() {
                Ok(algorithm) if algorithms.contains(&algorithm) => {
                    problems.push(format!("auth.algorithms names {algorithm} twice"));
                }
                Ok(algorithm) => algorithms.push(algorithm),
                Err(error) => problems.push(format!("auth.algorithms: {error}")),
            }
        }
        algorithms
    }
}

/// Keys that came over an open line would be anybody's: only this machine is asked without TLS.
fn problem_of_url(url: &str) -> Option<String> {
    if has_user(url) {
        let problem = "auth.jwks_url holds a user or a password: leave them out, keys are public";
        return Some(problem.to_owned());
    }
    let host_of = |rest: &str| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    if let Some(rest) = url.strip_prefix("https://") {
        return host_of(rest).is_empty().then(|| format!("auth.jwks_url {url:?} has no host"));
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return Some(format!("auth.jwks_url {url:?} does not begin with https://"));
    };
    let host = host_of(rest);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) | None => host.as_str(),
    };
    let is_this_machine = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    (!is_this_machine).then(|| {
        format!("auth.jwks_url {url:?}: keys are fetched by https, or by http from 127.0.0.1")
    })
}
