//! Tokens that end while their users are connected.

use std::sync::Arc;

use imq_sdk::{Client, Options, QueueEvent, SubscribeOptions, TokenSource};
use link::io::clock;
use serde_json::json;

use super::{Keys, refusals};
use crate::talker::Talker;

/// A gateway looks at the ends of tokens this often at least.
const LATE_MS_MAX: u64 = 1500;

#[test]
fn refreshed_stays_and_the_other_goes_when_its_token_ends() {
    let keys = Keys::new();
    keys.put(&keys.secret("secret"));
    keys.secret("strange");
    let five = keys.start();
    let login = |user: &str, ttl: &str| {
        Talker::login_by(&five.gateway(0), &keys.token(user, "secret", &["--ttl", ttl]))
    };
    let mut ann = login("ann", "2s");
    let begun = clock::now().unix_ms;
    let mut ben = login("ben", "4s");
    ann.subscribe("/room/1");
    ben.subscribe("/room/1");
    // A bad refresh changes nothing, and says why; so does one of somebody else.
    let strange = keys.token("ann", "strange", &[]);
    let result = ann.ask("refresh", json!({ "token": strange }));
    assert_eq!(result["status"], 16, "{result}");
    let sentence = result["error_message"].as_str().unwrap_or_default();
    assert!(sentence.contains("signature doesn't match"), "{result}");
    let other = keys.token("ben", "secret", &[]);
    let result = ann.ask("refresh", json!({ "token": other }));
    assert!(result["status"] == 16 || result["status"] == 7, "{result}");
    let good = keys.token("ann", "secret", &[]);
    let result = ann.ask("refresh", json!({ "token": good }));
    let hour = 3_590_000..=3_600_000;
    assert!(result["status"] == 0 && hour.contains(&ms(&result["expires_in_ms"])), "{result}");
    assert!((1..=4000).contains(&ms(&ben.welcome["expires_in_ms"])), "{}", ben.welcome);

    let closing = ben.closing(3010);
    assert_eq!(closing["may_retry"], true, "{closing}");
    let took_ms = clock::now().unix_ms - begun;
    // Seconds are cut off when a token is made.
    assert!((3000..4000 + LATE_MS_MAX).contains(&took_ms), "{took_ms} ms: {closing}");
    let kept = ben.kept();
    // Her first token ended before his, by more than a connection may be closed late.
    ann.send("/room/1", "still here");

    // A resume needs a good token, too; with one, the session goes on.
    let resume = json!({ "session_id": kept.welcome["session_id"],
        "secret": kept.welcome["secret"], "seen": [] });
    let connect = |token: &str| json!({ "protocol": 1, "token": token, "resume": resume });
    let mut late = Talker::answered(&five.gateway(1), &connect(&strange));
    late.closing(3501);
    let mut other = Talker::answered(&five.gateway(1), &connect(&good));
    other.welcomed();
    assert_ne!(other.welcome["session_id"], kept.welcome["session_id"], "another user's");
    let fresh = keys.token("ben", "secret", &[]);
    let mut back = Talker::answered(&five.gateway(1), &connect(&fresh));
    back.welcomed();
    assert_eq!(back.welcome["resumed"], true, "{}", back.welcome);
    let expired = refusals::refused(&five.gateway(1), &short_gone(&keys), 3010);
    assert!(expired.contains("the token has expired"), "{expired}");
}

/// The library asks for new tokens by itself: its user stays, over several of them.
#[test]
fn a_client_library_outlives_its_tokens() {
    let keys = Arc::new(Keys::new());
    keys.put(&keys.secret("secret"));
    let five = keys.start();
    let (given, mut seen) = tokio::sync::watch::channel(0);
    let tokens = {
        let keys = keys.clone();
        TokenSource::new(move || {
            given.send_modify(|count| *count += 1);
            // Seconds are cut off when a token is made.
            let token = keys.token("ann", "secret", &["--ttl", "3s"]);
            async move { Ok(token) }
        })
    };
    let options = Options {
        addresses: vec![five.gateway(0)],
        token_source: Some(tokens),
        ..Options::default()
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio");
    runtime.block_on(async {
        let client = Client::connect(options).await.expect("a connection");
        let mut connection = client.connection();
        connection.mark_unchanged();
        let room = client.subscribe("/room/1", SubscribeOptions::default()).await;
        let mut room = room.expect("a subscription");
        // The fourth is asked for when the third has let it stay.
        for count in 1..=4 {
            seen.wait_for(|given| *given >= count).await.expect("somebody gives them");
            let seq = client.send_message("/room/1", "chat", "1").await.expect("it is there");
            let is_it = |event: &QueueEvent| {
                matches!(event, QueueEvent::Message(message) if message.seq == seq)
            };
            while !room.recv().await.is_some_and(|event| is_it(&event)) {}
        }
        let changed = connection.has_changed().expect("it lives");
        assert!(!changed, "the connection was lost: {:?}", *connection.borrow());
        client.close().await;
    });
}

fn ms(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// A token that was good for a second, and isn't any more.
fn short_gone(keys: &Keys) -> String {
    let token = keys.token("ben", "secret", &["--ttl", "1s"]);
    let made = clock::now().unix_ms;
    crate::http::until("it has ended", || clock::now().unix_ms > made + 1000);
    token
}
