//! The last moment of grace, and two who come back at once.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::http::until;
use crate::reconnect::{said, users};
use crate::roles::Five;
use crate::talker::{End, Talker};

/// Sessions that are lost one after the other, each when the home knows of the one before.
const SESSIONS: usize = 50;
/// The first of them come back at once, the others when the first of those has left.
const EARLY: usize = 5;
/// Sessions that come back twice at once.
const PAIRS: usize = 20;

pub(crate) fn last_moment(five: &Five) {
    let queue = "/room/moment";
    let mut ann = Talker::login(&five.gateway(1), "moment-ann");
    ann.subscribe(queue);
    let lost = (0..SESSIONS).map(|at| {
        let mut talker = Talker::login(&five.gateway(0), &format!("moment-{at}"));
        talker.subscribe(queue);
        talker
    });
    let lost: Vec<Talker> = lost.collect();
    ann.up_to("joined", |joined| joined["users"].to_string().contains("moment-49"));
    let kept: Vec<_> = lost.iter().map(Talker::kept).collect();
    for (at, talker) in lost.into_iter().enumerate() {
        talker.cut();
        until("its home knows that it is lost", || {
            five.sessions(&format!("moment-{at}"))[0]["detached"] == true
        });
    }
    ann.send(queue, "missed");

    let (mut resumed, mut gone) = (Vec::new(), BTreeSet::new());
    for (at, kept) in kept.iter().enumerate() {
        // The last moments of the others: they end in the order in which they were lost.
        let awaited = match at {
            EARLY => Some("moment-".to_owned()),
            _ if at + 1 == SESSIONS => Some(format!("moment-{at}")),
            _ => None,
        };
        if let Some(user) = awaited {
            let is_it = |left: &serde_json::Value| left["users"].to_string().contains(&user);
            let left = ann.hear_where("left", is_it);
            gone.extend(users(&[("left".to_owned(), left)], "left"));
        }
        let mut back = Talker::resume(&five.gateway(at as u16 % 2), kept);
        if back.welcome["resumed"] == true {
            assert_eq!(back.welcome["session_id"], kept.welcome["session_id"]);
            assert_eq!(back.hear("subscribed")["recovered"], true);
            resumed.push(back);
        } else {
            assert_ne!(back.welcome["session_id"], kept.welcome["session_id"]);
            let fields = json!({ "queue": queue, "mount": "chat", "payload": "from outside" });
            assert_eq!(back.ask("send_message", fields)["status"], 7);
            back.is_quiet();
        }
    }
    assert!(!resumed.is_empty() && resumed.len() < kept.len(), "{} resumed", resumed.len());
    ann.send(queue, "end");
    let is_end = |message: &serde_json::Value| message["payload"] == "end";
    for back in &mut resumed {
        let heard = back.up_to("message", is_end);
        assert_eq!(said(&heard).iter().filter(|word| **word == "missed").count(), 1, "{heard:?}");
    }
    // Who left isn't who resumed: a session has one end or none.
    let heard = ann.up_to("message", is_end);
    gone.extend(users(&heard, "left"));
    let stayed: BTreeSet<String> = resumed.iter().map(|back| back.user().to_owned()).collect();
    assert!(gone.is_disjoint(&stayed), "{gone:?} {stayed:?}");
    assert_eq!(gone.len() + stayed.len(), kept.len(), "{gone:?} {stayed:?}");
    assert!(users(&heard, "joined").is_empty(), "{heard:?}");
}

/// Waits until one of two is told that it ends: which, and the code. The other is let in and stays.
fn loser(pair: &mut [Talker; 2]) -> (usize, u64) {
    let mut found = None;
    until("one of two is told that it ends", || {
        found = pair.iter_mut().enumerate().find_map(|(at, talker)| {
            match talker.try_hear("closing", Duration::from_millis(1), |_| true) {
                Ok(closing) => Some((at, closing["code"].as_u64().unwrap_or_default())),
                Err(End::Silent) => None,
                Err(End::Closed) => panic!("closed without a word"),
            }
        });
        found.is_some()
    });
    found.expect("it was waited for")
}

pub(crate) fn two_resumes_at_once(five: &Five) {
    let queue = "/room/twice";
    let mut ann = Talker::login(&five.gateway(1), "twice-ann");
    ann.subscribe(queue);
    let lost: Vec<Talker> = (0..PAIRS)
        .map(|at| {
            let mut talker = Talker::login(&five.gateway(0), &format!("twice-{at}"));
            talker.subscribe(queue);
            talker
        })
        .collect();
    let kept: Vec<_> = lost.iter().map(Talker::kept).collect();
    lost.into_iter().for_each(Talker::cut);
    let mut pairs: Vec<[Talker; 2]> = kept
        .iter()
        .map(|kept| [0, 1].map(|gateway| Talker::resuming(&five.gateway(gateway), kept)))
        .collect();
    let last = format!("twice-{}", PAIRS - 1);
    for (at, pair) in pairs.iter_mut().enumerate() {
        let (loses, code) = loser(pair);
        let stays = 1 - loses;
        // 3002: it came when the other had answered its first ping, so its secret is an old one.
        assert!(matches!(code, 3002 | 3509), "{code}");
        let sessions = five.sessions(&format!("twice-{at}"));
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        let winner = &mut pair[stays];
        winner.welcomed();
        assert_eq!(sessions[0]["session_id"], winner.welcome["session_id"]);
        assert_eq!(winner.welcome["session_id"], kept[at].welcome["session_id"]);
        winner.send(queue, &format!("twice-{at}"));
    }
    let heard = ann.up_to("message", |message| message["payload"] == last.as_str());
    let said = said(&heard);
    let messages: Vec<_> = said.iter().filter(|word| word.starts_with("twice-")).collect();
    assert_eq!(messages.len(), PAIRS, "{said:?}");
}
