//! `imq token`: makes a token, as the web application would.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{ArgGroup, Args};
use gateway::machine::token::Algorithm;
use proto::name::UserId;
use serde::Serialize;

use crate::config;

mod signer;

use signer::Signer;

/// Ten years: whoever wants more wants a token without an end.
const TTL_S_MAX: u64 = 10 * 365 * 24 * 3600;

/// `imq token`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("key").required(true).args(["key_file", "secret_env"]))]
pub(crate) struct Options {
    /// The user's id, which becomes the claim `sub`.
    #[arg(long)]
    user: String,
    /// How long it is good: a number and s, m, h or d.
    #[arg(long, default_value = "1h", value_parser = ttl)]
    ttl: u64,
    /// The file of a private key in PEM (PKCS#8), or of a secret.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The name of the environment variable that holds a secret.
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// How it is signed: HS256, RS256, ES256 or EdDSA [default: as the key can].
    #[arg(long, value_name = "ALGORITHM")]
    alg: Option<Algorithm>,
    /// The claim `aud`: whom the token is for.
    #[arg(long)]
    audience: Option<String>,
    /// The claim `iss`: who has made it.
    #[arg(long)]
    issuer: Option<String>,
    /// The name of the key, for the header.
    #[arg(long)]
    kid: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What a token says of itself.
#[derive(Debug, Serialize)]
struct Header<'o> {
    typ: &'static str,
    alg: Algorithm,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'o str>,
}

/// What a token says.
#[derive(Debug, Serialize)]
struct Claims<'o> {
    sub: &'o str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'o str>,
}

/// A token that was made.
#[derive(Debug, Serialize)]
struct Made<'o> {
    token: String,
    user: &'o str,
    algorithm: Algorithm,
    expires_unix_ms: u64,
}

/// Makes a token and prints it.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let text = match (&options.key_file, &options.secret_env) {
        (Some(path), _) => config::read(path)?,
        (None, Some(name)) => variable(name)?,
        (None, None) => bail!("no key: give --key-file or --secret-env"),
    };
    let place = match &options.key_file {
        Some(path) => path.display().to_string(),
        None => options.secret_env.clone().unwrap_or_default(),
    };
    let signer = Signer::read(&text).context(place)?;
    let made = make(options, &signer, link::io::clock::now().unix_ms)?;
    if options.json {
        println!("{}", serde_json::to_string(&made)?);
    } else {
        println!("{}", made.token);
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::disallowed_methods, reason = "it is the user who names the variable")]
fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("--secret-env {name}"))
}

fn make<'o>(options: &'o Options, signer: &Signer, now_unix_ms: u64) -> Result<Made<'o>> {
    let algorithm = signer.algorithm();
    UserId::try_from(options.user.as_str())
        .with_context(|| format!("--user {:?}", options.user))?;
    if let Some(wanted) = options.alg
        && wanted != algorithm
    {
        bail!("--alg {wanted}: the key is one for {algorithm}");
    }
    let iat = now_unix_ms / 1000;
    let claims = Claims {
        sub: &options.user,
        iat,
        exp: iat + options.ttl,
        aud: options.audience.as_deref(),
        iss: options.issuer.as_deref(),
    };
    let header = Header { typ: "JWT", alg: algorithm, kid: options.kid.as_deref() };
    let token = signer.token(&serde_json::to_string(&header)?, &serde_json::to_string(&claims)?)?;
    let bytes = token.len();
    ensure!(bytes <= proto::limits::TOKEN_BYTES_MAX, "the token has {bytes} bytes: too many");
    let expires_unix_ms = claims.exp * 1000;
    Ok(Made { token, user: &options.user, algorithm, expires_unix_ms })
}

/// Seconds, from `90s`, `15m`, `1h` or `30d`.
pub(crate) fn ttl(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err("a number and s, m, h or d, as in 15m".to_owned()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    seconds
        .filter(|seconds| (1..=TTL_S_MAX).contains(seconds))
        .ok_or_else(|| "1s to 3650d".to_owned())
}

#[cfg(test)]
mod tests;
