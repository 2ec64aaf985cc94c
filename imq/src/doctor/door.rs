//! Who may come in: origins of pages, tokens, and a gateway's own word.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::io::keys::Source;
use gateway::io::origins::{Origins, Pattern};
use gateway::machine::token::{KeySet, Origin, Tokens};
use imq_sdk::{Client, Close, ConnectError};
use link::io::clock;
use proto::text::Foreign;
use serde_json::Value;

use super::cluster::reach;
use super::finding::Finding;
use crate::config::{File, GatewayOptions};
use crate::{exit, show};

/// Whether pages of an origin may connect, by the configuration.
pub(super) fn origin(file: &File, given: Option<&str>) -> Option<Finding> {
    const CHECK: &str = "origin";
    let given = given?;
    let origins = match GatewayOptions::default().origins_of_pages(&file.gateway) {
        Ok(origins) => origins,
        Err(error) => return Some(Finding::fail(CHECK, format!("{error:#}"), "correct it")),
    };
    let written = given.parse::<Pattern>().map(|pattern| pattern.to_string());
    Some(match written {
        Err(error) => {
            let advice = "browsers send a scheme and a host, as https://game.example";
            Finding::fail(CHECK, error.to_string(), advice)
        }
        Ok(origin) if origins.allow(&origin) => {
            Finding::ok(CHECK, format!("pages of {origin} may connect"))
        }
        Ok(origin) => {
            let said = format!("pages of {origin} may not connect");
            Finding::fail(CHECK, said, Origins::advice(&origin))
        }
    })
}

/// Whether a token is to be believed, as far as that can be known here.
pub(super) fn token(file: &File, token: &str) -> Option<Finding> {
    const CHECK: &str = "token";
    let now_unix_ms = clock::now().unix_ms;
    let settings = match file.auth.settings() {
        Ok(settings) => settings,
        // The configuration's finding says it.
        Err(_) => return None,
    };
    let Some(settings) = settings else { return Some(unverified(token, now_unix_ms)) };
    let Source::File(path) = &settings.source else {
        return Some(unverified(token, now_unix_ms));
    };
    let place = path.display();
    let keys = match std::fs::read(path) {
        Ok(bytes) => KeySet::read(&bytes, Origin::File, &settings.rules.algorithms),
        Err(error) => {
            let advice = "let the gateway's user read the file that auth.keys_file names";
            return Some(Finding::fail(CHECK, format!("{place}: {error}"), advice));
        }
    };
    let keys = match keys {
        Ok(set) => set.keys,
        Err(error) => {
            let said = format!("{place}: {error}");
            return Some(Finding::fail(
                CHECK,
                said,
                "docs/authentication.md says what it may hold",
            ));
        }
    };
    Some(match Tokens::new(settings.rules, keys).verify(now_unix_ms, token) {
        Ok(good) => {
            let left = show::span(good.expires_unix_ms.saturating_sub(now_unix_ms));
            let said = format!("it is {}'s, well signed, and good for {left}", good.user);
            Finding::ok(CHECK, said)
        }
        Err(error) => {
            let advice = format!("{}, and docs/authentication.md", exit::page("3501"));
            Finding::fail(CHECK, error.to_string(), advice)
        }
    })
}

/// What a token says, which may be anybody's words.
fn unverified(token: &str, now_unix_ms: u64) -> Finding {
    const CHECK: &str = "token";
    const ADVICE: &str = "a token has three parts of base64url with dots between them: `imq token` \
                          makes one";
    let parts: Vec<&str> = token.split('.').collect();
    let claims = parts.get(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let (3, Some(claims)) = (parts.len(), claims) else {
        return Finding::fail(CHECK, "this is no JWT", ADVICE);
    };
    let user = Foreign::new(claims["sub"].as_str().unwrap_or("nobody"));
    let Some(expires_s) = claims["exp"].as_f64() else {
        return Finding::fail(CHECK, format!("it is {user}'s, and has no `exp`"), "give it one");
    };
    let left_ms = expires_s * 1000.0 - now_unix_ms as f64;
    if left_ms <= 0.0 {
        let ago = show::span(-left_ms as u64);
        let advice = "get a new one; if it was made just now, compare the clocks";
        return Finding::fail(CHECK, format!("it is {user}'s, and expired {ago} ago"), advice);
    }
    let left = show::span(left_ms as u64);
    Finding::warn(
        CHECK,
        format!("it says it is {user}'s and good for {left}; its signature wasn't checked"),
        "give --config with auth.keys_file, or --gateway",
    )
}

/// Whether a gateway can be reached, and lets a user with this token in.
pub(super) async fn gateway(file: &File, address: &str, token: Option<&str>) -> Finding {
    const CHECK: &str = "gateway";
    if let Err(why) = reach(address).await {
        let advice = "is it running, at this address? Does a firewall stand between?";
        return Finding::fail(CHECK, format!("{address}: {why}"), advice);
    }
    let is_secured = file.gateway.client_certificate_file.is_some();
    let (Some(token), false) = (token, is_secured) else {
        return Finding::ok(CHECK, format!("{address} accepts connections"));
    };
    let options = imq_sdk::Options {
        addresses: vec![address.to_owned()],
        token: token.to_owned(),
        client_name: "imq doctor".to_owned(),
        ..imq_sdk::Options::default()
    };
    match Client::connect(options).await {
        Ok(client) => {
            client.close().await;
            Finding::ok(CHECK, format!("{address} lets this token's user in"))
        }
        Err(ConnectError::Refused { code, reason }) => {
            let name = Close::from_number(code).map_or("?", |close| close.row().name);
            let said = format!("{address} refuses the token with {code} ({name}): {reason}");
            Finding::fail(CHECK, said, exit::page(&code.to_string()))
        }
        Err(error) => {
            let advice = "does a gateway listen there, for TCP and without TLS?";
            Finding::fail(CHECK, error.to_string(), advice)
        }
    }
}

#[cfg(test)]
mod tests;
