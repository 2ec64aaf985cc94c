//! The cluster configuration: ordinary rooms, and for each round a class that asks.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How long a round's operations may still wait when it is over: for each other, as far as they are
/// of one session for one queue, and at most for the time of grace.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Rooms as in the configuration that a boss has by default.
pub(crate) const ROOMS: &str = "\
[[class]]
pattern = \"/room/*\"
create = \"auto\"
join = \"open\"

[[class.mount]]
name = \"chat\"
kind = \"message\"
history = 100
";

/// A configuration whose call-outs lead to this address. All of them have their deadline and limits
/// by default.
pub(super) fn text(application: SocketAddr, rounds: usize) -> String {
    let secret = STANDARD.encode(rand::random::<[u8; 32]>());
    let (mut callouts, mut classes) = (String::new(), String::new());
    for round in 0..rounds {
        write!(
            callouts,
            "[[callout]]\nname = \"app-{round}\"\nurl = \"http://{application}/\"\n\
             secret = \"whsec_{secret}\"\ninner = true\n\n"
        )
        .expect("a String takes all that is written");
        write!(
            classes,
            "[[class]]\npattern = \"/asked-{round}/*\"\ncreate = \"rpc\"\njoin = \"callout\"\n\
             callout = \"app-{round}\"\nidle_ttl_ms = 3_600_000\n\n\
             [[class.mount]]\nname = \"chat\"\nkind = \"message\"\nsend = \"callout\"\n\n"
        )
        .expect("a String takes all that is written");
    }
    callouts + &classes + ROOMS
}

/// A queue that a round's class has.
pub(super) fn queue(round: usize, number: usize) -> String {
    format!("/asked-{round}/{number}")
}
