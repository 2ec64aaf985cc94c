//! The bench of scripts.

use std::fmt::Write as _;
use std::net::IpAddr;

use link::machine::LinkId;
use proto::class::ClusterConfig;
use proto::q2g;
use proto::time::Time;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::machine::application::callout::{
    Ask, Asked, Callouts, Failure, HttpRequest, Out, Outcome, Verdict,
};
use crate::machine::door::Prefix;

/// As much of what is said stands in a script.
const SHOWN_CHARS: usize = 80;

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) struct Bench {
    pub(super) callouts: Callouts,
    now: Time,
    pub(super) log: String,
    /// In full, as the log has only their beginnings.
    pub(super) notices: Vec<String>,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench {
            callouts: Callouts::new("g1", 1, StdRng::seed_from_u64(1)),
            now: at(0),
            log: String::new(),
            notices: Vec::new(),
        }
    }

    pub(super) fn step(&mut self, line: &str) {
        let (time, step) = line.split_once(' ').expect("a time and a step");
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        let time_ms = match time {
            "next" => self.callouts.wake_at().expect("it wants to be woken"),
            time => time.parse().expect("a time"),
        };
        self.wake_before(time_ms);
        self.now = at(time_ms);
        let mut out = Out::default();
        self.run(name, rest, &mut out);
        self.log(time, &out);
    }

    /// What is due earlier happens earlier.
    fn wake_before(&mut self, time_ms: u64) {
        while let Some(due_ms) = self.callouts.wake_at().filter(|due_ms| *due_ms < time_ms) {
            self.now = at(due_ms.max(self.now.ms));
            let mut out = Out::default();
            self.callouts.wake(self.now, &mut out);
            self.log(&self.now.ms.to_string(), &out);
        }
    }

    fn run(&mut self, name: &str, rest: &str, out: &mut Out) {
        let words: Vec<&str> = rest.split(' ').collect();
        if name == "places" {
            let callouts = Callouts::new("g1", 1, StdRng::seed_from_u64(1));
            self.callouts = callouts.within(rest.parse().expect("a number"));
            return;
        }
        match (name, words[..].split_first()) {
            ("config", _) => self.callouts.configure(self.now, &config(rest), out),
            ("ask", Some((number, [target, kind, rest @ ..]))) => {
                let number = number.parse().expect("a number");
                let ask = ask(number, kind, rest);
                self.callouts.ask(self.now, number, Some(target), &ask, out);
            }
            ("tell", Some((link, tell))) => self.callouts.tell(self.now, link_of(link), told(tell)),
            ("down", Some((link, _))) => self.callouts.link_down(link_of(link)),
            ("wake", _) => self.callouts.wake(self.now, out),
            (outcome, Some((request, _))) => {
                let body = rest.split_once(' ').map_or("", |(_, body)| body);
                let outcome = match outcome {
                    "late" => Outcome::TimedOut,
                    "dead" => Outcome::Failed(Failure::Unreachable("refused".to_owned())),
                    "inner" => Outcome::Failed(Failure::InnerAddress),
                    "huge" => Outcome::Failed(Failure::Huge),
                    status => Outcome::Response {
                        status: status.parse().expect("a status of HTTP"),
                        body: body.as_bytes().to_vec(),
                    },
                };
                let request = request[1..].parse().expect("r and a number");
                self.callouts.answered(self.now, request, outcome, out);
            }
            (step, _) => panic!("no such step: {step}"),
        }
    }

    fn log(&mut self, time: &str, out: &Out) {
        let mut say = |what: String| writeln!(self.log, "{time}: {what}").expect("a text");
        // Sentences for people may be long; their beginnings tell them apart.
        let short = |what: String| match what.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => format!("{}…", &what[..end]),
            None => what,
        };
        for request in &out.requests {
            say(posted(request));
        }
        for (number, verdict) in &out.verdicts {
            say(short(format!("verdict {number} {}", decided(verdict))));
        }
        for (link, numbers) in &out.acknowledged {
            say(format!("l{} heard {numbers:?}", link.0));
        }
        self.notices.extend(out.notices.iter().cloned());
        for notice in &out.notices {
            let words =
                notice.split(' ').map(|word| if word.parse::<u64>().is_ok() { "_" } else { word });
            say(short(words.collect::<Vec<_>>().join(" ")));
        }
    }
}

pub(super) fn at(ms: u64) -> Time {
    Time { ms, unix_ms: 1_700_000_000_000 + ms }
}

/// Call-outs by name, each with more settings behind `:`, separated by commas.
fn config(text: &str) -> ClusterConfig {
    let mut toml = String::new();
    for target in text.split(' ').filter(|target| !target.is_empty()) {
        let (name, settings) = target.split_once(':').unwrap_or((target, ""));
        writeln!(toml, "[[callout]]\nname = {name:?}\nsecret = {SECRET:?}").expect("a text");
        if !settings.contains("url=") {
            writeln!(toml, "url = \"http://{name}.example/imq\"").expect("a text");
        }
        writeln!(toml, "{}", settings.replace(',', "\n")).expect("a text");
    }
    toml::from_str(&toml).expect("a configuration")
}

fn ask(number: u64, kind: &str, rest: &[&str]) -> Ask {
    let text = |at: usize| rest.get(at).copied().unwrap_or("any").to_owned();
    let (queue, class) = (text(0), "/room/*".to_owned());
    let asked = match kind {
        "connect" => Asked::Connect {
            token: text(0),
            client_name: String::new(),
            client_version: String::new(),
        },
        "create_queue" => Asked::CreateQueue { queue, class },
        "subscribe" => Asked::Subscribe { queue, class },
        "send_message" => {
            Asked::SendMessage { queue, class, mount: text(1), payload: text(2).into_bytes() }
        }
        "send_state" => Asked::SendState { queue, class, mount: text(1), changes: Vec::new() },
        "call" => Asked::Call {
            queue: String::new(),
            class,
            method: text(0),
            payload: text(1).into_bytes(),
        },
        kind => panic!("no such ask: {kind}"),
    };
    let user = match kind {
        "connect" => None,
        // A queue of its own user, where a test has many.
        _ => rest.first().and_then(|queue| queue.strip_prefix("/of/")).or(Some("ann")),
    };
    // `connect TOKEN ADDRESS`
    let from = rest.get(1).filter(|_| kind == "connect");
    let from = from.map(|from| Prefix::from(from.parse::<IpAddr>().expect("an address")));
    let (id, user, session) = (format!("s/{number}"), user.map(str::to_owned), None);
    Ask { id, user, from, session, asked }
}

/// Number, target, kind, queue, seq, user.
fn told(words: &[&str]) -> q2g::Tell {
    let [number, target, kind, queue, seq, user] = words else { panic!("not a tell: {words:?}") };
    q2g::Tell {
        number: number.parse().expect("a number"),
        target: (*target).to_owned(),
        kind: (*kind).to_owned(),
        queue: (*queue).to_owned(),
        epoch: 9,
        seq: seq.parse().expect("a seq"),
        user: (*user).to_owned(),
        ..q2g::Tell::default()
    }
}

fn link_of(text: &str) -> LinkId {
    LinkId(text[1..].parse().expect("l and a number"))
}

fn posted(request: &HttpRequest) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    let HttpRequest { request, timeout_ms, .. } = request;
    match body["tells"].as_array() {
        None => format!("r{request} asks {} {} in {timeout_ms}", body["kind"], body["id"]),
        Some(tells) => {
            let ids: Vec<&str> = tells.iter().filter_map(|tell| tell["id"].as_str()).collect();
            format!("r{request} tells {}", ids.join(" "))
        }
    }
}

fn decided(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow => "allow".to_owned(),
        Verdict::Refuse { status, message } => format!("refuse {} {message}", status.row().name),
        Verdict::Payload(payload) => format!("payload {}", String::from_utf8_lossy(payload)),
        Verdict::User { user, expires_in_s } => format!("user {user} {expires_in_s:?}"),
    }
}
