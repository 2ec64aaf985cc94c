//! Gateways that are killed while they ask the web application, and while they tell it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde_json::{Value, json};

use crate::application::Application;
use crate::http::{metric, until};
use crate::process::PATIENCE;
use crate::reconnect::said;
use crate::roles::Five;
use crate::talker::{Kept, Talker};

/// An application that keeps those waiting whom `holds` names, and says so.
struct Held {
    application: Application,
    asked: Receiver<Value>,
    go: SyncSender<()>,
}

impl Held {
    /// `answer` is for what was held; everything else may be.
    fn start(holds: impl Fn(&Value) -> bool + Send + Sync + 'static, answer: (u16, Value)) -> Held {
        let (say, asked) = sync_channel(100);
        let (go, wait) = sync_channel::<()>(100);
        let wait = Mutex::new(wait);
        let application = Application::start(move |body| {
            if !holds(body) {
                return (200, json!({ "allow": true }));
            }
            say.send(body.clone()).ok();
            // A test that has ended answers nobody.
            wait.lock().expect("no panic").recv().ok();
            answer.clone()
        });
        Held { application, asked, go }
    }

    /// Waits until somebody is held.
    fn next(&self) -> Value {
        self.asked.recv_timeout(PATIENCE).expect("it is asked, or told")
    }

    /// How often it was asked this, by the id.
    fn asks(&self, kind: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let bodies = self.application.got().into_iter().map(|got| got.json());
        for body in bodies.filter(|body| body["kind"] == kind) {
            *counts.entry(body["id"].as_str().expect("an id").to_owned()).or_default() += 1;
        }
        counts
    }
}

/// Five processes with this application, which all of them know of.
fn start(held: &Held) -> Five {
    let five = Five::start();
    five.configure(&held.application.config());
    for home in [0, 1] {
        for gateway in [0, 1] {
            let queue = five.queue_like(&format!("/club/try-{gateway}-"), home);
            let mut talker = Talker::login(&five.gateway(gateway), "try");
            until("home and lane know the class", || {
                talker.ask("subscribe", json!({ "queue": queue }))["status"] == 0
            });
            talker.say(json!({ "bye": {} }));
            talker.closing(3000);
        }
    }
    five
}

fn message(queue: &str, payload: &str) -> Value {
    json!({ "queue": queue, "mount": "chat", "payload": payload })
}

/// The id of an ask about an operation.
fn id(kept: &Kept, op_id: u64) -> String {
    format!("{}/{op_id}", kept.welcome["session_id"].as_str().expect("an id"))
}

#[test]
fn gateway_killed_while_it_asks_and_the_other_asks_again() {
    // What the first gateway asks about is refused, when nobody is there any more to hear it.
    let refusal = json!({ "allow": false, "message": "too late" });
    let is_held = |body: &Value| {
        let is_about_it = body["kind"] == "subscribe" && body["user"] == "ann"
            || body["payload"] == "asked" && body["user"] == "ben";
        is_about_it && body["gateway"] == "g1" && body["queue"] == "/club/1"
    };
    let held = Held::start(is_held, (200, refusal));
    let mut five = start(&held);
    let queue = "/club/1";
    let mut carl = Talker::login(&five.gateway(1), "carl");
    let [mut ann, mut ben, mut dora] =
        ["ann", "ben", "dora"].map(|user| Talker::login(&five.gateway(0), user));
    carl.subscribe(queue);
    ben.subscribe(queue);
    dora.subscribe(queue);

    let ops = [ann.op_id(), ben.op_id(), dora.op_id()];
    let say = |talker: &mut Talker, op_id: u64, kind: &str, mut fields: Value| {
        fields["op_id"] = json!(op_id);
        talker.say(json!({ kind: fields }));
    };
    say(&mut ann, ops[0], "subscribe", json!({ "queue": queue }));
    say(&mut ben, ops[1], "send_message", message(queue, "asked"));
    held.next();
    held.next();
    // Of this one the verdict was given and heard; whoever said it hasn't read the result.
    say(&mut dora, ops[2], "send_message", message(queue, "done"));
    carl.hear_where("message", |message| message["payload"] == "done");
    five.gateways[0].kill();
    carl.all_yet();

    let kept = [ann.kept(), ben.kept(), dora.kept()];
    let [mut ann, mut ben, mut dora] =
        kept.each_ref().map(|kept| Talker::resumed(&five.gateway(1), kept));
    let result = dora.ask_as(ops[2], "send_message", message(queue, "done"));
    assert_eq!(result["status"], 0, "{result}");
    let result = ben.ask_as(ops[1], "send_message", message(queue, "asked"));
    assert_eq!(result["status"], 0, "{result}");
    let result = ann.ask_as(ops[0], "subscribe", json!({ "queue": queue }));
    assert_eq!(result["status"], 0, "{result}");
    ann.hear_where("subscribed", |subscribed| subscribed["queue"] == queue);
    held.go.send(()).expect("it waits");
    held.go.send(()).expect("it waits");

    ben.send(queue, "end");
    let heard = carl.up_to("message", |message| message["payload"] == "end");
    assert_eq!(said(&heard), ["asked", "joined", "end"]);
    assert_eq!(five.members(queue), json!(["ann", "ben", "carl", "dora"]));
    assert_eq!(held.asks("subscribe")[&id(&kept[0], ops[0])], 2);
    let asks = held.asks("send_message");
    assert_eq!((asks[&id(&kept[1], ops[1])], asks[&id(&kept[2], ops[2])]), (2, 1));
}

/// Which gateway has tells that the application hasn't answered.
fn courier(five: &Five) -> usize {
    let waiting = |at: u16| metric(five.base + 90 + at, "imq_gateway_callout_tells_waiting ") > 0.0;
    let mut found = None;
    until("one of the gateways waits for the answer", || {
        found = [0, 1].into_iter().find(|at| waiting(*at));
        found.is_some()
    });
    usize::from(found.expect("it was found"))
}

#[test]
fn gateway_killed_while_it_tells_and_the_other_tells_again() {
    let is_held = |body: &Value| body["tells"].to_string().contains("\"/club/told\"");
    let held = Held::start(is_held, (200, json!({})));
    let mut five = start(&held);
    let mut ann = Talker::login(&five.gateway(0), "ann");
    ann.subscribe("/club/told");
    let first = held.next();
    let dead = courier(&five);
    five.gateways[dead].kill();
    let alive = 1 - dead as u16;
    if dead == 0 {
        ann = Talker::resumed(&five.gateway(1), &ann.kept());
        ann.hear_where("subscribed", |subscribed| subscribed["queue"] == "/club/told");
    }
    let again = held.next();
    // Both are answered; of one nobody hears. So are all that are held from now on.
    (0..50).for_each(|_| held.go.send(()).expect("it waits"));
    assert_eq!(ann.ask("unsubscribe", json!({ "queue": "/club/told" }))["status"], 0);
    five.call(alive, "delete_queue", &json!({ "queue": "/club/told" }));
    until("all is told", || {
        let told = held.application.told("/club/told");
        told.iter().any(|id| id.ends_with(":queue_destroyed"))
    });
    until("all is acknowledged", || {
        [290, 291]
            .iter()
            .all(|at| metric(five.base + at, "imq_queue_node_callout_tells_kept ") == 0.0)
    });

    // The same once more, word for word; and each for the first time in the order of the queue.
    let tells = |body: &Value| body["tells"].as_array().expect("tells").clone();
    let of_queue = |tell: &&Value| tell["queue"] == "/club/told";
    let (first, again) = (tells(&first), tells(&again));
    for tell in first.iter().filter(of_queue) {
        assert!(again.contains(tell), "{tell} is not in {again:?}");
    }
    let mut seen = BTreeSet::new();
    let told = held.application.told("/club/told");
    let order = told.iter().filter(|id| seen.insert((*id).clone()));
    let kinds: Vec<&str> = order.filter_map(|id| id.split(':').nth(3)).collect();
    assert_eq!(kinds, ["queue_created", "joined", "left", "queue_destroyed"], "{told:?}");
}
