//! Tokens that end while their users are connected.

use std::time::Duration;

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
    let short = |user: &str| keys.token(user, "secret", &["--ttl", "2s"]);
    let mut begun = clock::now().unix_ms;
    let [mut ann, mut ben] = ["ann", "ben"].map(|user| {
        begun = clock::now().unix_ms;
        Talker::login_by(&five.gateway(0), &short(user))
    });
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
    assert_eq!(ann.ask("refresh", json!({ "token": good }))["status"], 0);

    let closing = ben.closing(3501);
    let took_ms = clock::now().unix_ms - begun;
    // Seconds are cut off when a token is made.
    assert!((1000..2000 + LATE_MS_MAX).contains(&took_ms), "{took_ms} ms: {closing}");
    let kept = ben.kept();
    ann.send("/room/1", "still here");
    assert!(ann.try_hear("closing", Duration::from_millis(LATE_MS_MAX), |_| true).is_err());
    ann.send("/room/1", "and still");

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
    let expired = refusals::refused(&five.gateway(1), &short_gone(&keys));
    assert!(expired.contains("the token has expired"), "{expired}");
}

/// A token that was good for a second, and isn't any more.
fn short_gone(keys: &Keys) -> String {
    let token = keys.token("ben", "secret", &["--ttl", "1s"]);
    let made = clock::now().unix_ms;
    crate::http::until("it has ended", || clock::now().unix_ms > made + 1000);
    token
}
