//! Both at once: hundreds of users who log in at two gateways at the same moment.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::until;
use crate::roles::Five;
use crate::talker::{End, Talker};

const PAIRS: usize = 300;
/// A gateway dies when so many of its logins have been said.
const DIES_AFTER: usize = 100;

/// What one of two was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is logged in.
    Stays,
    /// Another has taken its place.
    Replaced,
    /// Its gateway died.
    Lost,
}

/// Reads on until nothing more can come: behind the answer to a ping, sent when all are settled.
fn fate(talker: &mut Talker) -> Fate {
    talker.try_say(json!({ "ping": { "nonce": 9 } })).ok();
    loop {
        match talker.next(Duration::from_secs(20)) {
            Ok((name, body)) if name == "closing" => {
                assert_eq!((&body["code"], body["may_retry"] == true), (&json!(3500), false));
                return Fate::Replaced;
            }
            Ok((name, _)) if name == "pong" => return Fate::Stays,
            Ok(_) => {}
            Err(End::Closed) => return Fate::Lost,
            Err(End::Silent) => panic!("neither in nor out: {}", talker.welcome),
        }
    }
}

/// The fate of somebody who had this one; only one who stays can still be told otherwise.
fn again(talker: &mut Talker, before: Fate) -> Fate {
    if before == Fate::Stays { fate(talker) } else { before }
}

/// Sockets of one gateway, a user each, that haven't said anything yet.
fn sockets(five: &Five, gateway: u16) -> Vec<Talker> {
    (0..PAIRS).map(|_| Talker::connect(&five.gateway(gateway))).collect()
}

/// All log in, each at both gateways at the same moment; `meanwhile` is told how many have at the
/// first.
fn log_in(five: &Five, word: &str, mut meanwhile: impl FnMut(usize) + Send) -> [Vec<Talker>; 2] {
    let mut both = [sockets(five, 0), sockets(five, 1)];
    let barrier = Barrier::new(2);
    let connect = |talker: &mut Talker, at: usize| {
        let user = format!("{word}-{at}");
        talker.try_say(json!({ "connect": { "protocol": 1, "user": user } })).ok();
    };
    let [first, second] = &mut both;
    thread::scope(|scope| {
        scope.spawn(|| {
            for (at, talker) in first.iter_mut().enumerate() {
                meanwhile(at);
                barrier.wait();
                connect(talker, at);
            }
        });
        scope.spawn(|| {
            for (at, talker) in second.iter_mut().enumerate() {
                barrier.wait();
                connect(talker, at);
            }
        });
    });
    both
}

/// Fails unless exactly one session is there: the one that was let in and stays.
fn judge(five: &Five, user: &str, stays: &Talker) {
    let sessions = five.sessions(user);
    assert_eq!(sessions.len(), 1, "{user}: {sessions:?}");
    assert_eq!(sessions[0]["session_id"], stays.welcome["session_id"], "{user}: {sessions:?}");
    assert_eq!(sessions[0]["gateway"], stays.welcome["gateway"], "{user}: {sessions:?}");
    assert!(sessions[0]["detached"] != true, "{user}: {sessions:?}");
}

/// The home has heard both logins of everyone, so that no fate is open any more.
fn settled(talkers: &mut [Vec<Talker>; 2]) {
    for talker in talkers.iter_mut().flatten() {
        let heard = talker.try_hear("welcome", Duration::from_secs(20), |_| true);
        let mut told = || talker.try_hear("closing", Duration::ZERO, |_| true);
        assert!(heard != Err(End::Silent) || told().is_ok(), "no answer to connect");
    }
}

#[test]
fn both_at_once_300_times_and_one_of_two_stays() {
    let five = Five::start();
    let mut both = log_in(&five, "twin", |_| {});
    settled(&mut both);
    let mut won = [0, 0];
    let [first, second] = &mut both;
    for (at, pair) in first.iter_mut().zip(second).enumerate() {
        let user = format!("twin-{at}");
        until("the home has heard of both", || five.sessions(&user).len() == 1);
        let mut fates = [Fate::Stays; 2];
        until("one of them is told", || {
            fates = [again(pair.0, fates[0]), again(pair.1, fates[1])];
            fates != [Fate::Stays; 2]
        });
        let stays = match fates {
            [Fate::Stays, Fate::Replaced] => 0,
            [Fate::Replaced, Fate::Stays] => 1,
            other => panic!("{user}: {other:?}"),
        };
        won[stays] += 1;
        judge(&five, &user, [pair.0, pair.1][stays]);
    }
    println!("won: {won:?}");
}

#[test]
fn both_at_once_while_a_gateway_dies_and_one_of_two_stays() {
    let mut five = Five::start();
    let mut doomed = five.gateways.remove(0);
    let mut both = log_in(&five, "orphan", |at| {
        if at == DIES_AFTER {
            // Some have been let in by then, and some are on their way.
            until("the home decides", || !five.sessions("orphan-50").is_empty());
            doomed.kill();
        }
    });
    let [orphans, others] = &mut both;
    let mut back: Vec<Option<Talker>> = orphans
        .iter_mut()
        .enumerate()
        .map(|(at, orphan)| come_back(&five, orphan, &format!("orphan-{at}")))
        .collect();
    let mut returned = 0;
    for (at, (back, other)) in back.iter_mut().zip(others).enumerate() {
        let user = format!("orphan-{at}");
        until("one is left", || five.sessions(&user).len() == 1);
        let mut fates = (back.as_ref().map(|_| Fate::Stays), Fate::Stays);
        until("one of them is told", || {
            let of_back = back.as_mut().zip(fates.0).map(|(back, fate)| again(back, fate));
            fates = (of_back, again(other, fates.1));
            fates != (Some(Fate::Stays), Fate::Stays)
        });
        let stays = match (&fates, back) {
            ((None | Some(Fate::Replaced), Fate::Stays), _) => other,
            ((Some(Fate::Stays), Fate::Replaced), Some(back)) => {
                returned += 1;
                back
            }
            _ => panic!("{user}: {fates:?}"),
        };
        judge(&five, &user, stays);
    }
    assert!(returned > 0, "nobody came back");
    println!("came back: {returned}");
}

/// Whose gateway died comes back through the other one, unless it was told not to.
fn come_back(five: &Five, orphan: &mut Talker, user: &str) -> Option<Talker> {
    let fate = fate(orphan);
    assert_ne!(fate, Fate::Stays, "the gateway is dead");
    if fate == Fate::Replaced {
        return None;
    }
    if orphan.welcome != Value::Null {
        return Some(Talker::resume(&five.gateway(1), &orphan.kept()));
    }
    let mut talker = Talker::connect(&five.gateway(1));
    talker.say(json!({ "connect": { "protocol": 1, "user": user } }));
    Some(talker)
}
