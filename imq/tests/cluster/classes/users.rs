//! How many sessions a user may have, changed while the user is connected.

use serde_json::{Value, json};

use super::configure;
use crate::http::until;
use crate::process::PATIENCE;
use crate::roles::Five;
use crate::talker::Talker;

fn policy(lines: &str) -> String {
    format!(
        "[[class]]\npattern = \"/user/*\"\ncreate = \"auto\"\n{lines}\n\
         [[class.mount]]\nname = \"inbox\"\nkind = \"message\"\nhistory = 10\n"
    )
}

/// Waits until the home knows that this client has its secret: it hears so before it answers.
fn confirmed(talker: &mut Talker) {
    talker.all_yet();
    let own = format!("/user/{}", talker.user());
    let page = talker.ask("get_history", json!({ "queue": own, "mount": "inbox" }));
    assert_eq!(page["status"], 0, "{page}");
}

/// Which sessions the user has, in the order of their ids.
fn ids(five: &Five, user: &str) -> Vec<Value> {
    let sessions = five.sessions(user).into_iter();
    let mut ids: Vec<Value> = sessions.map(|mut session| session["session_id"].take()).collect();
    ids.sort_by_key(Value::to_string);
    ids
}

fn ids_of(talkers: &[&Talker]) -> Vec<Value> {
    let mut ids: Vec<Value> =
        talkers.iter().map(|talker| talker.welcome["session_id"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    ids
}

/// Who is away is no reason to refuse a newer one, and finds that it has taken the place.
fn oldest_gone(five: &Five) {
    for home in [0, 1] {
        let user = five.user_at(home, "away");
        let mut first = Talker::login(&five.gateway(0), &user);
        confirmed(&mut first);
        let kept = first.kept();
        first.cut();
        let connect = json!({ "protocol": 1, "user": user });
        let mut second = None;
        until("the first is seen to be gone", || {
            let mut talker = Talker::answered(&five.gateway(1), &connect);
            let (name, _) = talker.next(PATIENCE).expect("an answer");
            second = (name == "welcome").then_some(talker);
            second.is_some()
        });
        let mut second = second.expect("it was let in");
        second.hear("subscribed");
        confirmed(&mut second);
        Talker::resuming(&five.gateway(0), &kept).closing(3506);
        second.is_quiet();
        assert_eq!(ids(five, &user), ids_of(&[&second]));
    }
}

#[test]
fn policies_of_sessions_change_while_users_are_there() {
    let five = Five::start();
    let (one, two) = (five.gateway(0), five.gateway(1));
    let users = [five.user_at(0, "ann"), five.user_at(1, "ann")];
    let mut firsts = users.each_ref().map(|user| Talker::login(&one, user));

    configure(&five, &policy("sessions = \"oldest_wins\""), 1);
    for first in &mut firsts {
        confirmed(first);
        for address in [&one, &two] {
            let connect = json!({ "protocol": 1, "user": first.user() });
            let closing = Talker::answered(address, &connect).closing(3506);
            assert!(closing["reason"].as_str().is_some_and(|reason| reason.len() > 10));
        }
        first.is_quiet();
        assert_eq!(ids(&five, first.user()), ids_of(&[first]));
    }

    oldest_gone(&five);

    configure(&five, &policy("sessions = \"many\"\nsessions_max = 2"), 2);
    for mut first in firsts {
        let user = first.user().to_owned();
        let mut second = Talker::login(&two, &user);
        first.is_quiet();
        assert_eq!(ids(&five, &user), ids_of(&[&first, &second]));
        let mut third = Talker::login(&one, &user);
        first.closing(3500);
        assert_eq!(ids(&five, &user), ids_of(&[&second, &third]));
        // Who comes back is the newest again.
        let kept = second.kept();
        let mut back = Talker::resumed(&one, &kept);
        second.closing(3509);
        let mut fourth = Talker::login(&two, &user);
        third.closing(3500);
        for talker in [&mut back, &mut fourth] {
            talker.is_quiet();
            confirmed(talker);
        }
        assert_eq!(ids(&five, &user), ids_of(&[&back, &fourth]));
        // What the application sends reaches both.
        let note = json!({ "queue": format!("/user/{user}"), "mount": "inbox", "payload": "x" });
        five.call(0, "send_message", &note);
        back.hear("message");
        fourth.hear("message");
    }

    // Two that are there stay, until the next login.
    configure(&five, &policy("sessions = \"many\"\nsessions_max = 3"), 3);
    let user = five.user_at(0, "ben");
    let mut many = [&one, &two, &one].map(|address| Talker::login(address, &user));
    configure(&five, &policy("sessions = \"newest_wins\""), 4);
    many.iter_mut().for_each(Talker::is_quiet);
    let last = Talker::login(&two, &user);
    many.iter_mut().for_each(|talker| drop(talker.closing(3500)));
    assert_eq!(ids(&five, &user), ids_of(&[&last]));
}
