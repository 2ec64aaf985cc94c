//! Clients that have no right to be there, and masses of them that vanish.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use link::io::clock::now;
use serde_json::{Value, json};

use crate::process::PATIENCE;
use crate::roles::Five;
use crate::talker::{End, Talker};
use crate::tokens::signed;

const KEY: &str = "a secret of thirty-two bytes, or more";
const AUDIENCE: &str = "imq";
/// So many tries of each kind.
const EACH: usize = 40;
/// So many log in and vanish at each gateway.
const VANISH: usize = 1000;
/// So many names does one client subscribe to.
const NAMES: usize = 3000;

/// What makes tokens, good ones and others.
pub(super) struct Tokens {
    file: PathBuf,
}

impl Tokens {
    pub(super) fn new() -> Tokens {
        let file = std::env::temp_dir().join(format!("imq-keys-{}", std::process::id()));
        std::fs::write(&file, KEY).expect("a file");
        Tokens { file }
    }

    /// With these a gateway believes them.
    pub(super) fn words(&self) -> [&str; 4] {
        let file = self.file.to_str().expect("text");
        ["--auth-keys-file", file, "--auth-audience", AUDIENCE]
    }

    fn token(&self, claims: &Value) -> String {
        signed(&json!({ "typ": "JWT", "alg": "HS256" }), claims, KEY)
    }

    /// Each with what is wrong with it; the first is good.
    fn all(&self, user: &str) -> Vec<(&'static str, String)> {
        let now_s = now().unix_ms / 1000;
        let claims = json!({ "sub": user, "exp": now_s + 600, "aud": AUDIENCE });
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            self.token(&claims)
        };
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let good = self.token(&claims);
        let (head, signature) = (good.split('.').next(), good.rsplit('.').next());
        let (head, signature) = (head.unwrap_or_default(), signature.unwrap_or_default());
        let admin = part(json!({ "sub": "admin", "exp": now_s + 600, "aud": AUDIENCE }));
        vec![
            ("good", good.clone()),
            ("unsigned", format!("{}.{}.", part(json!({ "alg": "none" })), part(claims.clone()))),
            ("expired", with("exp", json!(now_s - 60))),
            ("wrong audience", with("aud", json!("shop"))),
            ("another user's claims", format!("{head}.{admin}.{signature}")),
        ]
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        std::fs::remove_file(&self.file).ok();
    }
}

/// Who tries to be somebody else: by forged tokens, by a stolen secret, by one that is used.
pub(super) fn strangers(five: &Five, tokens: &Tokens) {
    for number in 0..EACH {
        let door = five.gateway(number as u16 % 2);
        for (what, token) in tokens.all(&format!("bearer-{number}")) {
            let mut talker = Talker::connect(&door);
            talker.say(json!({ "connect": { "protocol": 1, "token": token } }));
            let (name, body) = talker.next(PATIENCE).expect("an answer");
            let is_in = name == "welcome";
            assert_eq!(is_in, what == "good", "{what}: {body}");
            let code = if what == "expired" { 3010 } else { 3501 };
            assert!(is_in || body["code"] == code, "{what}: {body}");
        }
        let victim = Talker::login(&door, &format!("victim-{number}"));
        let mut stolen = victim.kept();
        stolen.welcome["user"] = json!(format!("eve-{number}"));
        let eve = Talker::resume(&door, &stolen);
        assert!(eve.welcome["resumed"] != true, "{}", eve.welcome);
        let used = victim.kept();
        let mut second = Talker::resumed(&door, &used);
        // The echo comes behind its answer to the ping, which makes the new secret the only one.
        second.all_yet();
        Talker::resuming(&door, &used).closing(3002);
        let kept = second.kept();
        drop(second);
        Talker::resumed(&door, &kept);
    }
}

/// Logins by the thousand: some vanish before their `welcome`, some with a room just joined.
pub(super) fn vanish(five: &Five) {
    for number in 0..2 * VANISH {
        let mut talker = Talker::connect(&five.gateway(number as u16 % 2));
        let user = format!("vanish-{number}");
        talker.say(json!({ "connect": { "protocol": 1, "user": user } }));
        let queue = format!("/hall/{}", number % 50);
        match number / 2 % 4 {
            0 => talker.cut(),
            1 => drop(talker),
            2 => talker.say(json!({ "subscribe": { "op_id": 1, "queue": queue } })),
            _ => {
                talker.welcomed();
                talker.subscribe(&queue);
            }
        }
    }
}

/// One client at each gateway subscribes to more names than it may, and vanishes.
pub(super) fn flood(five: &Five) {
    for gateway in [0, 1] {
        let mut talker = Talker::login(&five.gateway(gateway), &format!("flood-{gateway}"));
        let subscribe = |number| {
            let queue = format!("/hall/flood-{gateway}-{number}");
            json!({ "subscribe": { "op_id": number, "queue": queue } })
        };
        for first in (1..=NAMES).step_by(100) {
            let many: Value = (first..first + 100).map(subscribe).collect();
            talker.say(many);
            talker.hear_where("result", |result| result["op_id"] == first + 99);
        }
        let frames = talker.all_yet();
        let let_in = frames.iter().filter(|frame| frame.0 == "subscribed").count();
        assert!((1..=256).contains(&let_in), "{let_in} subscriptions");
        talker.cut();
    }
    let mut talker = Talker::connect(&five.gateway(0));
    talker.say(json!({ "open": {} }));
    let closing = talker.next(PATIENCE);
    assert!(matches!(&closing, Ok((name, _)) if name == "closing"), "{closing:?}");
    assert_eq!(talker.next(PATIENCE), Err(End::Closed));
}
