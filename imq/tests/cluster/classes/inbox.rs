//! An inbox that is open: users write to each other, and read nobody's but their own.

use serde_json::json;

use super::{configure, refused};
use crate::roles::Five;
use crate::talker::Talker;

fn inbox(send: &str) -> String {
    format!(
        "[[class]]\npattern = \"/user/*\"\ncreate = \"auto\"\n\
         [[class.mount]]\nname = \"inbox\"\nkind = \"message\"\nhistory = 10\nsend = \"{send}\"\n\
         [[class.mount]]\nname = \"notes\"\nkind = \"state\"\nsend = \"{send}\"\n"
    )
}

#[test]
fn an_open_inbox_takes_from_all_and_gives_to_one() {
    let five = Five::start();
    configure(&five, &inbox("open"), 1);
    for (home, round) in [(0, 2), (1, 4)] {
        let mut ben = Talker::login(&five.gateway(1), "ben");
        let user = five.user_at(home, "ann");
        let own = format!("/user/{user}");
        let letter = json!({ "queue": own, "mount": "inbox", "payload": "hello" });
        // Nobody is there yet; whoever writes doesn't make it so.
        refused(&mut ben, 5, "send_message", letter.clone());
        let mut ann = Talker::login(&five.gateway(0), &user);
        let result = ben.ask("send_message", letter.clone());
        assert_eq!(result["status"], 0, "{result}");
        let message = ann.hear("message");
        assert_eq!((&message["from"], &message["payload"]), (&json!("ben"), &json!("hello")));
        let note = json!({ "queue": own, "mount": "notes", "changes": [{ "key": "a", "set": 1 }] });
        assert_eq!(ben.ask("send_state", note)["status"], 0);
        ann.hear("state");

        for (kind, fields) in [
            ("subscribe", json!({ "queue": own })),
            ("unsubscribe", json!({ "queue": own })),
            ("get_history", json!({ "queue": own, "mount": "inbox" })),
            ("get_state", json!({ "queue": own, "mount": "notes" })),
            ("list_members", json!({ "queue": own })),
        ] {
            let result = ben.ask(kind, fields);
            let status = &result["status"];
            assert!(*status == 7 || *status == 5, "{kind}: {result}");
            assert!(!result.to_string().contains("hello"), "{kind}: {result}");
        }
        ben.is_quiet();
        let page = ann.ask("get_history", json!({ "queue": own, "mount": "inbox" }));
        assert_eq!(page["messages"].as_array().map(Vec::len), Some(1), "{page}");

        // Closed again, while both are there: to members, which only the user is; to the back end.
        configure(&five, &inbox("members"), round);
        refused(&mut ben, 7, "send_message", letter.clone());
        assert_eq!(ann.ask("send_message", letter.clone())["status"], 0);
        configure(&five, &inbox("server"), 10 + round);
        refused(&mut ben, 7, "send_message", letter.clone());
        refused(&mut ann, 7, "send_message", letter.clone());
        five.call(0, "send_message", &letter);
        ann.hear_where("message", |message| message.get("from").is_none());
        configure(&five, &inbox("open"), 20 + round);
        assert_eq!(ben.ask("send_message", letter)["status"], 0);
    }
}
