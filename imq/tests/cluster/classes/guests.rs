//! Rooms into which the back end alone puts people.

use serde_json::json;

use super::{class, configure, hear, message, refused};
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
