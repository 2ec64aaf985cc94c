//! A web application that is asked and told: real gateways post to a small server of the test's.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use imq_sdk::{Client, Failure, Options, SubscribeOptions};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use proto::c2g::{self, c2g::Body as C};
use proto::{frame, json, wire};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::dev::Dev;
use crate::http::{request, rpc, until};
use crate::process::{Imq, PATIENCE};

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Who may come into a club is the application's matter; a hall is open. Users without a token are
/// believed, as ever in development.
const CONFIG: &str = r#"
connect = "app"

[[callout]]
name = "app"
url = "http://127.0.0.1:PORT/imq"
secret = "whsec_SECRET"
deadline_ms = 20000
inner = true

[[class]]
pattern = "/club/*"
create = "auto"
join = "callout"
callout = "app"
tells = ["joined", "left", "queue_created", "queue_destroyed"]

[[class.mount]]
name = "chat"
kind = "message"
send = "callout"

[[class]]
pattern = "/user/*"
create = "auto"
callout = "app"

[[class.mount]]
name = "inbox"
kind = "message"

[[class]]
pattern = "/hall/*"
create = "auto"
join = "open"

[[class.mount]]
name = "chat"
kind = "message"
send = "members"
"#;

/// A request that the application got.
#[derive(Debug, Clone)]
struct Got {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether whoever has the secret has signed it, as Standard Webhooks want it.
    fn is_signed(&self) -> bool {
        let signed =
            [self.header("webhook-id"), self.header("webhook-timestamp"), &self.body].join(".");
        let key = EncodingKey::from_secret(&STANDARD.decode(SECRET).expect("base64"));
        let good = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).expect("a signature");
        let given = self.header("webhook-signature").strip_prefix("v1,").unwrap_or_default();
        STANDARD.decode(given).is_ok_and(|bytes| URL_SAFE_NO_PAD.encode(bytes) == good)
    }
}

type Answer = dyn Fn(&Value) -> (u16, Value) + Send + Sync;

/// A web application, as PHP would be one.
struct Application {
    got: Arc<Mutex<Vec<Got>>>,
    port: u16,
}

impl Application {
    fn start(answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static) -> Application {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (all, answer): (_, Arc<Answer>) = (Arc::clone(&got), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &all, &*answer));
            }
        });
        Application { got, port }
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("no panic").clone()
    }

    /// The ids of all tells about a queue, in the order in which they came.
    fn told(&self, queue: &str) -> Vec<String> {
        let bodies = self.got().into_iter().map(|got| got.json());
        let tells = bodies.filter_map(|body| body["tells"].as_array().cloned()).flatten();
        let of_queue = tells.filter(|tell| tell["queue"] == queue);
        of_queue.map(|tell| tell["id"].as_str().expect("an id").to_owned()).collect()
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, all: &Mutex<Vec<Got>>, answer: &Answer) {
    let mut reader = BufReader::new(&stream);
    while let Some(got) = read(&mut reader) {
        all.lock().expect("no panic").push(got.clone());
        let (status, body) = answer(&got.json());
        let body = body.to_string();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Answered\r\ncontent-length: {length}\r\n\r\n");
        if (&stream).write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Got> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { headers, body: String::from_utf8(body).ok()? })
}

/// A cluster with this application, which every part of it knows of.
fn start(application: &Application) -> Dev {
    let mut dev = Dev::start();
    let admin = dev.imq.after("admin key: ");
    let port = application.port.to_string();
    let config = CONFIG.replace("PORT", &port).replace("SECRET", SECRET);
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

/// A client that says what it wants, frame by frame.
struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    fn connect(dev: &Dev, token: &str) -> Raw {
        let stream = TcpStream::connect(dev.gateway(0)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut raw = Raw { stream, unread: Vec::new() };
        let token = token.to_owned();
        raw.say(C::Connect(c2g::Connect { protocol: 1, token, ..c2g::Connect::default() }));
        raw
    }

    fn say(&mut self, body: C) {
        let mut bytes = Vec::new();
        wire::put_message(&mut bytes, &c2g::C2g { body: Some(body) });
        self.stream.write_all(&bytes).expect("the gateway reads");
    }

    /// The next frame with this body.
    fn hear(&mut self, wanted: &str) -> Value {
        loop {
            if let Some((frame, end)) = frame::split(&self.unread, 1 << 20).expect("frames") {
                let mut text = Vec::new();
                json::put_g2c(&mut text, frame).expect("a message");
                self.unread.drain(..end);
                let said: Value = serde_json::from_slice(&text).expect("JSON");
                if !said[wanted].is_null() {
                    return said[wanted].clone();
                }
                continue;
            }
            let mut bytes = [0; 4096];
            let length = self.stream.read(&mut bytes).expect("somebody speaks");
            assert!(length > 0, "the connection has ended without {wanted}");
            self.unread.extend_from_slice(&bytes[..length]);
        }
    }
}

fn is_ask(body: &Value, kind: &str, queue: &str) -> bool {
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
    let closing = Raw::connect(&dev, "forged").hear("closing");
    assert_eq!((&closing["code"], &closing["reason"]), (&json!(3503), &json!("who are you?")));
    let mut ann = Raw::connect(&dev, "opaque");
    assert_eq!(ann.hear("welcome")["user"], "ann");
    for (op_id, method) in [(1, "buy"), (2, "sell")] {
        let (method, payload) = (method.to_owned(), br#"{"item":3}"#.to_vec());
        ann.say(C::Call(c2g::Call { op_id, method, payload }));
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
