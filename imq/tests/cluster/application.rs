//! A web application of the test's, as PHP would be one: it keeps what gateways ask and tell it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::tokens::hs256;

/// What call-outs are signed with, behind `whsec_`.
const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Who may come into a club is the application's matter; a hall is open. Users without a token are
/// believed, as ever in development.
const CONFIG: &str = r#"
connect = "app"

[[callout]]
name = "app"
url = "http://127.0.0.1:PORT/imq"
secret = "whsec_SECRET"
deadline_ms = 7000
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
pub(crate) struct Got {
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether whoever has the secret has signed it, as Standard Webhooks want it.
    pub(crate) fn is_signed(&self) -> bool {
        let signed =
            [self.header("webhook-id"), self.header("webhook-timestamp"), &self.body].join(".");
        let good = hs256(&STANDARD.decode(SECRET).expect("base64"), &signed);
        let given = self.header("webhook-signature").strip_prefix("v1,").unwrap_or_default();
        STANDARD.decode(given).is_ok_and(|bytes| bytes == good)
    }
}

type Answer = dyn Fn(&Value) -> (u16, Value) + Send + Sync;

/// A web application, as PHP would be one.
pub(crate) struct Application {
    got: Arc<Mutex<Vec<Got>>>,
    port: u16,
}

impl Application {
    pub(crate) fn start(
        answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
    ) -> Application {
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

    /// The cluster's configuration in which this application is asked and told.
    pub(crate) fn config(&self) -> String {
        self.named_in(CONFIG)
    }

    /// This configuration with the application's `PORT` and `SECRET`.
    pub(crate) fn named_in(&self, config: &str) -> String {
        config.replace("PORT", &self.port.to_string()).replace("SECRET", SECRET)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().expect("no panic").clone()
    }

    /// The ids of all tells about a queue, in the order in which they came.
    pub(crate) fn told(&self, queue: &str) -> Vec<String> {
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
