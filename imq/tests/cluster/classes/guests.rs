//! Rooms into which the back end alone puts people.

use serde_json::json;

use super::{class, configure, hear, message, refused};
use crate::http::rpc;
use crate::process::RPC_KEY;
use crate::roles::Five;
use crate::talker::Talker;

fn den(lines: &str, send: &str) -> String {
    let lines = format!("create = \"rpc\"\n{lines}");
    class("/den/*", &lines, &format!("history = 10\nsend = \"{send}\""))
}

/// Somebody who is put in, comes back without naming the room, and is put out.
pub(crate) fn stay_beyond_grace(five: &Five) {
    configure(five, &den("join = \"server\"", "members"), 1);
    let queues = [0, 1].map(|home| five.queue_like("/den/", home));
    let [user, other] = ["ann", "ben"].map(|word| five.user_at(1, word));
    let mut ann = Talker::login(&five.gateway(0), &user);
    let mut ben = Talker::login(&five.gateway(1), &other);
    for queue in &queues {
        five.call(0, "create_queue", &json!({ "queue": queue }));
        let sentence = refused(&mut ann, 7, "subscribe", json!({ "queue": queue }));
        assert!(sentence.len() > 10, "{sentence}");
        refused(&mut ann, 7, "send_message", message(queue, "from outside"));
        for user in [&user, &other] {
            five.call(1, "join_user", &json!({ "queue": queue, "user": user }));
        }
        // Unasked, like any subscription.
        ann.hear_where("subscribed", |subscribed| subscribed["queue"] == **queue);
        ben.hear_where("subscribed", |subscribed| subscribed["queue"] == **queue);
        assert_eq!(five.members(queue), json!([user, other]));
        ann.send(queue, "inside");
        assert_eq!(hear(&mut ben, "inside"), json!(user));
    }

    let mut kept = ann.kept();
    queues.iter().for_each(|queue| kept.forget(queue));
    ann.cut();
    let mut ann = Talker::resumed(&five.gateway(1), &kept);
    for queue in &queues {
        ann.hear_where("subscribed", |subscribed| subscribed["queue"] == **queue);
        ben.send(queue, "welcome back");
        assert_eq!(hear(&mut ann, "welcome back"), json!(other));
        ann.send(queue, "here again");
    }
    // Whoever goes now without a word is seen to leave a grace later: what the resume was to leave
    // behind is left by then.
    let gone = ben.user().to_owned();
    ben.cut();
    for queue in &queues {
        ann.hear_where("left", |left| left["users"] == json!([gone]));
        assert_eq!(five.members(queue), json!([user]));
        ann.send(queue, "alone");
        assert_eq!(hear(&mut ann, "alone"), json!(user));
    }

    // The class changes under those who are in.
    configure(five, &den("join = \"server\"\npresence = \"off\"", "server"), 2);
    for queue in &queues {
        refused(&mut ann, 7, "send_message", message(queue, "no more"));
        five.call(0, "send_message", &message(queue, "from the back end"));
        hear(&mut ann, "from the back end");
    }
    configure(five, &den("join = \"server\"", "members"), 3);
    for queue in &queues {
        ann.send(queue, "and again");
        let body = json!({ "queue": queue, "user": user });
        five.call(0, "remove_user", &body);
        ann.hear_where("unsubscribed", |_| true);
        assert_eq!(five.members(queue), json!([]));
        refused(&mut ann, 7, "send_message", message(queue, "from outside"));
        refused(&mut ann, 7, "subscribe", json!({ "queue": queue }));
    }
}

/// Two sessions of one user are put in together; each may leave, and then stays out.
#[test]
fn all_sessions_are_put_in_and_may_leave() {
    let five = Five::start();
    let users = "[[class]]\npattern = \"/user/*\"\ncreate = \"auto\"\nsessions = \"many\"\n\
                 sessions_max = 3\n[[class.mount]]\nname = \"inbox\"\nkind = \"message\"\n";
    configure(&five, &(users.to_owned() + &den("join = \"server\"", "members")), 1);
    for home in [0, 1] {
        let queue = five.queue_like("/den/", home);
        let user = five.user_at(1 - home, "ann");
        let body = json!({ "queue": queue, "user": user });
        five.call(0, "create_queue", &json!({ "queue": queue }));
        let absent = rpc(five.base + 90, RPC_KEY, "join_user", &body.to_string());
        assert_eq!((absent.0, &absent.1["error"]["code"]), (404, &json!("not_found")));

        let mut both = [0, 1].map(|at| Talker::login(&five.gateway(at), &user));
        five.call(0, "join_user", &body);
        for talker in &mut both {
            talker.hear_where("subscribed", |subscribed| subscribed["queue"] == *queue);
        }
        // Once more changes nothing.
        five.call(1, "join_user", &body);
        let [mut first, mut second] = both;
        first.send(&queue, "to both");
        assert_eq!(hear(&mut second, "to both"), json!(user));
        hear(&mut first, "to both");
        [&mut first, &mut second].into_iter().for_each(Talker::is_quiet);

        assert_eq!(second.ask("unsubscribe", json!({ "queue": queue }))["status"], 0);
        refused(&mut second, 7, "send_message", message(&queue, "from outside"));
        let mut kept = second.kept();
        kept.forget(&queue);
        second.cut();
        let mut second = Talker::resumed(&five.gateway(0), &kept);
        first.send(&queue, "to one");
        hear(&mut first, "to one");
        refused(&mut second, 7, "get_history", json!({ "queue": queue, "mount": "chat" }));
        second.is_quiet();
        assert_eq!(five.members(&queue), json!([user]));
        // Put out, both are.
        five.call(1, "join_user", &body);
        second.hear_where("subscribed", |subscribed| subscribed["queue"] == *queue);
        five.call(0, "remove_user", &body);
        for talker in [&mut first, &mut second] {
            talker.hear_where("unsubscribed", |_| true);
            refused(talker, 7, "subscribe", json!({ "queue": queue }));
        }
        assert_eq!(five.members(&queue), json!([]));
    }
}
