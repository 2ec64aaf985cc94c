//! What a token says, once its signature is good (RFC 7519).

use proto::name::UserId;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{TokenError, excerpt};
use super::parts::object;
use super::{Credentials, LEEWAY_MS, Rules};

/// The last second of the year 9999. What is later was meant in milliseconds.
const SECONDS_MAX: u64 = 253_402_300_799;

/// The claims that matter, each as it was written, so that what is wrong can be said of each.
#[derive(Debug, Deserialize)]
struct Claims<'b> {
    #[serde(borrow)]
    exp: Option<&'b RawValue>,
    #[serde(borrow)]
    nbf: Option<&'b RawValue>,
    #[serde(borrow)]
    aud: Option<&'b RawValue>,
    #[serde(borrow)]
    iss: Option<&'b RawValue>,
    #[serde(borrow)]
    sub: Option<&'b RawValue>,
}

/// One or several: `aud` may be either.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

/// Reads claims and holds them against the rules.
pub(super) fn check(
    json: &[u8],
    rules: &Rules,
    now_unix_ms: u64,
) -> Result<Credentials, TokenError> {
    let claims: Claims<'_> = object("claims", json)?;
    let expires_unix_ms = claims.expires(now_unix_ms)?;
    claims.check_begun(now_unix_ms)?;
    claims.check_audience(rules)?;
    claims.check_issuer(rules)?;
    Ok(Credentials { user: claims.user()?, expires_unix_ms })
}

impl Claims<'_> {
    fn expires(&self, now_unix_ms: u64) -> Result<u64, TokenError> {
        let at_unix_ms = moment("exp", self.exp.ok_or(TokenError::NoExpiry)?)?;
        if now_unix_ms >= at_unix_ms {
            return Err(TokenError::Expired { at_unix_ms, now_unix_ms });
        }
        Ok(at_unix_ms)
    }

    fn check_begun(&self, now_unix_ms: u64) -> Result<(), TokenError> {
        let Some(nbf) = self.nbf else { return Ok(()) };
        let at_unix_ms = moment("nbf", nbf)?;
        if now_unix_ms.saturating_add(LEEWAY_MS) < at_unix_ms {
            return Err(TokenError::NotYet { at_unix_ms, now_unix_ms });
        }
        Ok(())
    }

    fn check_audience(&self, rules: &Rules) -> Result<(), TokenError> {
        let Some(wanted) = &rules.audience else { return Ok(()) };
        let given = match self.aud.map(|raw| read::<Texts>("`aud`", raw)).transpose()? {
            Some(Texts::One(one)) => vec![one],
            Some(Texts::Several(several)) => several,
            None => Vec::new(),
        };
        if given.contains(wanted) {
            return Ok(());
        }
        let given = given.iter().map(|name| excerpt(name)).collect();
        Err(TokenError::Audience { given, wanted: wanted.clone() })
    }

    fn check_issuer(&self, rules: &Rules) -> Result<(), TokenError> {
        let Some(wanted) = &rules.issuer else { return Ok(()) };
        let given = self.iss.map(|raw| read::<String>("`iss`", raw)).transpose()?;
        if given.as_ref() == Some(wanted) {
            return Ok(());
        }
        let given = given.map(|name| excerpt(&name));
        Err(TokenError::Issuer { given, wanted: wanted.clone() })
    }

    fn user(&self) -> Result<String, TokenError> {
        let raw = self.sub.ok_or(TokenError::NoSubject)?;
        if raw.get().starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let why = format!("it is a number: make it text, \"{}\"", excerpt(raw.get()));
            return Err(TokenError::Malformed { part: "`sub`", why });
        }
        let user: String = read("`sub`", raw)?;
        UserId::try_from(user.as_str()).map_err(TokenError::Subject)?;
        Ok(user)
    }
}

fn read<'b, T: Deserialize<'b>>(part: &'static str, raw: &'b RawValue) -> Result<T, TokenError> {
    serde_json::from_str(raw.get()).map_err(|_| {
        let why = "it is not text".to_owned();
        TokenError::Malformed { part, why }
    })
}

/// A claim's seconds since 1970, which may have a fraction, in milliseconds.
fn moment(claim: &'static str, raw: &RawValue) -> Result<u64, TokenError> {
    let number: serde_json::Number = serde_json::from_str(raw.get()).map_err(|_| {
        let part = if claim == "exp" { "`exp`" } else { "`nbf`" };
        let why = "it is not a number of seconds since 1970".to_owned();
        TokenError::Malformed { part, why }
    })?;
    if let Some(seconds) = number.as_u64() {
        let fits = seconds <= SECONDS_MAX;
        return if fits { Ok(seconds * 1000) } else { Err(TokenError::Milliseconds { claim }) };
    }
    // What is before 1970 becomes 1970: over, either way.
    let seconds = number.as_f64().unwrap_or_default().max(0.0);
    if seconds > SECONDS_MAX as f64 {
        return Err(TokenError::Milliseconds { claim });
    }
    Ok((seconds * 1000.0) as u64)
}
