//! A web application that is asked and told: real gateways post to a small server of the test's.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use imq_sdk::{Client, Failure, Options, SubscribeOptions};
use serde_json::json;
use tokio::sync::mpsc;

use crate::application::{Application, Got};
use crate::dev::Dev;
use crate::http::{request, rpc, until};
use crate::process::Imq;
use crate::talker::Talker;

/// A cluster with this application, which every part of it knows of.
fn start(application: &Application) -> Dev {
    let mut dev = Dev::start();
    let admin = dev.imq.after("admin key: ");
    let config = application.config();
    let (status, said) = request("POST", dev.base + 100, "/api/v1/config", Some(&admin), &config);
    assert_eq!(status, 200, "{said}");
    let runtime = runtime();
    for at in [0, 1] {
        // A queue at each home, and each gateway knows whether it is asked about.
        let call = |method: &str, queue: &str| {
            let body = json!({ "queue": queue }).to_string();
            rpc(dev.base + 90 + at, &dev.rpc_key, method, &body).0
        };
        for name in 0..8 {
            let queue = format!("/club/try-{at}-{name}");
            until("the home knows the class", || call("create_queue", &queue) == 200);
            let client = runtime.block_on(connect(&dev, at, "ann"));
            until("the lanes know the class", || {
                runtime.block_on(client.subscribe(&queue, SubscribeOptions::default())).is_ok()
            });
            runtime.block_on(client.close());
        }
    }
    dev
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn connect(dev: &Dev, gateway: u16, user: &str) -> Client {
    let addresses = vec![dev.gateway(gateway)];
    let options = Options { addresses, user: user.to_owned(), ..Options::default() };
    Client::connect(options).await.expect("a connection")
}

fn is_ask(body: &serde_json::Value, kind: &str, queue: &str) -> bool {
    body["kind"] == kind && body["queue"] == queue
}

#[test]
fn the_application_says_who_comes_in_and_what_is_said() {
    let application = Application::start(|body| {
        let answer = match (body["kind"].as_str(), body["user"].as_str()) {
            (_, Some("eve")) => json!({"allow": false, "message": "not in those shoes"}),
            (Some("send_message"), _) if body["payload"] == "darn" => {
                json!({"allow": true, "payload": "d***"})
            }
            _ => json!({"allow": true}),
        };
        (200, answer)
    });
    let dev = start(&application);
    let mut ann = Imq::start(&["sub", "/club/1", "--gateway", &dev.gateway(0), "--user", "ann"]);
    ann.line("subscribed");
    let runtime = runtime();
    runtime.block_on(async {
        let eve = connect(&dev, 1, "eve").await;
        let refused = eve.subscribe("/club/1", SubscribeOptions::default()).await;
        let refusal = refused.expect_err("a refusal").to_string();
        assert!(refusal.contains("not in those shoes"), "{refusal}");
        eve.close().await;
        let ben = connect(&dev, 1, "ben").await;
        let _seat = ben.subscribe("/club/1", SubscribeOptions::default()).await.expect("a seat");
        ben.send_message("/club/1", "chat", &b"\"darn\""[..]).await.expect("a seq");
        ben.close().await;
    });
    ann.line("joined: ben");
    ann.line("chat ben: d***");
    let got = application.got();
    assert!(got.iter().all(Got::is_signed), "{got:?}");
    let ask = got.iter().map(Got::json).find(|body| is_ask(body, "send_message", "/club/1"));
    let ask = ask.expect("it was asked");
    assert_eq!((&ask["user"], &ask["class"]), (&json!("ben"), &json!("/club/*")), "{ask}");
    let id = format!("{}/", ask["session"].as_str().expect("a session"));
    assert!(ask["id"].as_str().expect("an id").starts_with(&id), "{ask}");
}

#[test]
fn the_application_says_who_connects_and_answers_calls() {
    let application = Application::start(|body| {
        let answer = match (body["kind"].as_str(), body["token"].as_str()) {
            (Some("connect"), Some("opaque")) => {
                json!({"allow": true, "user": "ann", "expires_in_s": 3600})
            }
            (Some("connect"), _) => json!({"allow": false, "message": "who are you?"}),
            (Some("call"), _) if body["method"] == "buy" => json!({"payload": {"left": 97}}),
            (Some("call"), _) => json!({"allow": false, "status": 5, "message": "no such shop"}),
            _ => json!({"allow": true}),
        };
        (200, answer)
    });
    let dev = start(&application);
    let connect = |token: &str| {
        let mut talker = Talker::connect(&dev.gateway(0));
        talker.say(json!({ "connect": { "protocol": 1, "token": token } }));
        talker
    };
    let closing = connect("forged").hear("closing");
    assert_eq!((&closing["code"], &closing["reason"]), (&json!(3503), &json!("who are you?")));
    let mut ann = connect("opaque");
    assert_eq!(ann.hear("welcome")["user"], "ann");
    for (op_id, method) in [(1, "buy"), (2, "sell")] {
        let fields = json!({ "op_id": op_id, "method": method, "payload": { "item": 3 } });
        ann.say(json!({ "call": fields }));
    }
    let bought = ann.hear("result");
    assert_eq!((&bought["op_id"], &bought["payload"]), (&json!(1), &json!({"left": 97})));
    let sold = ann.hear("result");
    assert_eq!((&sold["status"], &sold["error_message"]), (&json!(5), &json!("no such shop")));
}

/// Lets nobody into `/club/slow` until it is told to, and says when it is asked.
fn slow() -> (Application, mpsc::Receiver<()>, SyncSender<()>) {
    let (say, asked) = mpsc::channel(1);
    let (go, wait) = sync_channel(1);
    let wait: Mutex<Receiver<()>> = Mutex::new(wait);
    let application = Application::start(move |body| {
        if is_ask(body, "subscribe", "/club/slow") {
            say.try_send(()).expect("it is asked once");
            wait.lock().expect("no panic").recv().expect("somebody tells");
        }
        (200, json!({"allow": true}))
    });
    (application, asked, go)
}

#[test]
fn a_slow_application_delays_only_whom_and_what_it_is_asked_about() {
    let (application, mut asked, go) = slow();
    let dev = start(&application);
    runtime().block_on(async {
        let ann = connect(&dev, 0, "ann").await;
        let slow = ann.subscribe("/club/slow", SubscribeOptions::default());
        let others = async {
            asked.recv().await.expect("it is asked");
            let hall = ann.subscribe("/hall/1", SubscribeOptions::default()).await?;
            let club = ann.subscribe("/club/2", SubscribeOptions::default()).await?;
            ann.send_message("/hall/1", "chat", &b"1"[..]).await?;
            ann.send_message("/club/2", "chat", &b"2"[..]).await?;
            let ben = connect(&dev, 0, "ben").await;
            ben.subscribe("/club/2", SubscribeOptions::default()).await?;
            ben.close().await;
            go.send(()).expect("it waits");
            Ok::<_, Failure>((hall, club))
        };
        let (slow, others) = tokio::join!(slow, others);
        slow.expect("a seat, late");
        others.expect("nobody else waits");
        ann.close().await;
    });
}

#[test]
fn what_happens_is_told_in_order_and_again_until_it_is_heard() {
    let refusals = Mutex::new(0);
    let application = Application::start(move |body| {
        let is_about_it = body["tells"].to_string().contains("/club/told");
        let mut refusals = refusals.lock().expect("no panic");
        if is_about_it && *refusals < 2 {
            *refusals += 1;
            return (500, json!({}));
        }
        (200, json!({"allow": true}))
    });
    let dev = start(&application);
    runtime().block_on(async {
        let ann = connect(&dev, 0, "ann").await;
        let _seat = ann.subscribe("/club/told", SubscribeOptions::default()).await.expect("a seat");
        ann.close().await;
    });
    let heard = |kind: &str| {
        let told = application.told("/club/told");
        told.iter().any(|id| id.contains(kind))
    };
    until("it is told that ann has left", || heard(":left"));
    let (status, said) =
        rpc(dev.base + 90, &dev.rpc_key, "delete_queue", r#"{"queue":"/club/told"}"#);
    assert_eq!(status, 200, "{said}");
    until("it is told that the queue is gone", || heard(":queue_destroyed"));
    let mut order: Vec<String> = Vec::new();
    let told = application.told("/club/told");
    for id in &told {
        if !order.contains(id) {
            order.push(id.clone());
        }
    }
    let kinds: Vec<&str> = order.iter().filter_map(|id| id.split(':').nth(3)).collect();
    assert_eq!(kinds, ["queue_created", "joined", "left", "queue_destroyed"], "{told:?}");
    assert!(told.len() > order.len(), "nothing was told again: {told:?}");
    let got = application.got();
    assert!(got.iter().all(Got::is_signed), "{got:?}");
    let posts: Vec<&Got> = got.iter().filter(|got| got.body.contains("/club/told:")).collect();
    let (first, again) = (posts[0], posts[1]);
    assert_eq!(first.header("webhook-id"), again.header("webhook-id"));
    assert_eq!(first.body, again.body);
}
