//! The web application as gateways see it: it answers what it is asked and takes what it is told,
//! soon or late, or not at all.

use std::collections::BTreeMap;

use gateway::machine::callout::{Failure, HttpRequest, Outcome};
use serde_json::Value;

use super::agenda::Happening;
use super::process::Arrival;
use super::{Process, World};
use crate::application::{NO, Post, Question, Ruling, Tell, amended};
use crate::phase::Phase;
use crate::plan::{AUDITORS, CLIENTS};

/// What the application remembers.
#[derive(Debug, Default)]
pub(crate) struct Application {
    pub(crate) questions: Vec<Question>,
    /// By kind and id: what is asked again is answered as before.
    known: BTreeMap<(String, String), usize>,
    pub(crate) tells: Vec<Tell>,
}

/// A lane of a gateway in one of its lives.
pub(crate) type Via = (usize, u64, usize);

impl World {
    /// A lane has something for the web application.
    pub(crate) fn calls_out(&mut self, gateway: usize, lane: usize) {
        let life = self.life(Process::Gateway(gateway));
        let callouts = &mut self.gateways[gateway].lanes[lane].out.callouts;
        callouts.notices.clear();
        for request in std::mem::take(&mut callouts.requests) {
            let sent_us = self.agenda.now_us();
            let us = self.http_us();
            let (via, request) = ((gateway, life, lane), Box::new(request));
            self.agenda.after(us, Happening::CalledOut { via, sent_us, request });
        }
    }

    fn http_us(&mut self) -> u64 {
        if self.chance.percent(90) { self.chance.below(5_000) } else { self.chance.below(60_000) }
    }

    /// A request reaches the web application.
    pub(crate) fn called_out(&mut self, via: Via, sent_us: u64, request: &HttpRequest) {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            let what = String::from_utf8_lossy(&request.body).into_owned();
            return self.violated("call-outs are JSON", what);
        };
        if text(&body, "type") == "ask" {
            self.application_is_asked((via, sent_us), request.request, &body);
        } else {
            self.application_is_told(via, request.request, &body);
        }
    }

    fn application_is_asked(&mut self, (via, sent_us): (Via, u64), request: u64, body: &Value) {
        let key = (text(body, "kind"), text(body, "id"));
        let known = self.application.known.get(&key).copied();
        let at = known.unwrap_or_else(|| {
            let payload = body.get("payload").map(ToString::to_string).unwrap_or_default();
            let user = text(body, "user");
            let ruling = self.ruling(&user, &key.0);
            self.application.known.insert(key.clone(), self.application.questions.len());
            self.application.questions.push(Question {
                kind: key.0,
                id: key.1,
                user,
                queue: text(body, "queue"),
                payload: payload.into_bytes(),
                ruling,
                posts: Vec::new(),
            });
            self.application.questions.len() - 1
        });
        let question = &mut self.application.questions[at];
        let post = question.posts.len();
        question.posts.push(Post { sent_us, via, answered_us: None });
        let answer = match question.ruling {
            Ruling::Allow => r#"{"allow":true}"#.to_owned(),
            Ruling::Amend => {
                let payload = amended(&question.payload);
                format!(r#"{{"allow":true,"payload":{}}}"#, String::from_utf8_lossy(&payload))
            }
            Ruling::Refuse => format!(r#"{{"allow":false,"status":7,"message":"{NO}"}}"#),
            Ruling::Silence => String::new(),
        };
        let (what, ruling) = (format!("{} {}", question.kind, question.id), question.ruling);
        self.trace(|| format!("a{at} is asked {what}: {ruling:?}"));
        if ruling != Ruling::Silence {
            let quick = self.chance.percent(80);
            let most_us = if quick { 20_000 } else { 600_000 };
            let us = self.chance.below(most_us) + self.http_us();
            let outcome = Box::new(Outcome::Response { status: 200, body: answer.into_bytes() });
            let post = Some((at, post));
            self.agenda.after(us, Happening::Answered { via, request, post, outcome });
        }
    }

    /// What the application says: auditors may always. After the trouble everybody may, soon.
    fn ruling(&mut self, user: &str, kind: &str) -> Ruling {
        let auditors = (0..AUDITORS).chain([CLIENTS]).map(|client| format!("u{client}"));
        if auditors.into_iter().any(|auditor| auditor == user) || self.phase > Phase::Trouble {
            return Ruling::Allow;
        }
        match self.chance.below(100) {
            0..15 => Ruling::Refuse,
            15..30 if kind == "send_message" => Ruling::Amend,
            30..33 => Ruling::Silence,
            _ => Ruling::Allow,
        }
    }

    fn application_is_told(&mut self, via: Via, request: u64, body: &Value) {
        let at_us = self.agenda.now_us();
        let taken = self.phase > Phase::Trouble || self.chance.percent(85);
        let arrives = taken || self.chance.percent(50);
        for tell in body.get("tells").and_then(Value::as_array).into_iter().flatten() {
            let number = |name: &str| tell.get(name).and_then(Value::as_u64).unwrap_or(0);
            let tell = Tell {
                at_us,
                id: text(tell, "id"),
                kind: text(tell, "kind"),
                queue: text(tell, "queue"),
                epoch: number("epoch"),
                seq: number("seq"),
                user: text(tell, "user"),
                session: text(tell, "session"),
            };
            self.trace(|| format!("is told {} (taken: {taken})", tell.id));
            if arrives {
                self.application.tells.push(tell);
            }
        }
        let outcome = match (taken, self.chance.percent(50)) {
            (true, _) => Outcome::Response { status: 204, body: Vec::new() },
            (false, true) => Outcome::Response { status: 503, body: Vec::new() },
            (false, false) => Outcome::Failed(Failure::Unreachable("refused".to_owned())),
        };
        let us = self.http_us();
        let outcome = Box::new(outcome);
        self.agenda.after(us, Happening::Answered { via, request, post: None, outcome });
    }

    /// An answer of the web application reaches the gateway, if that is still there.
    pub(crate) fn answered(
        &mut self,
        via: Via,
        request: u64,
        post: Option<(usize, usize)>,
        outcome: Outcome,
    ) {
        let (gateway, life, lane) = via;
        let process = Process::Gateway(gateway);
        if self.is_alive(process, life) {
            if let Some((question, post)) = post {
                let now_us = self.agenda.now_us();
                self.application.questions[question].posts[post].answered_us = Some(now_us);
            }
            self.arrive(process, Arrival::Answered { lane, request, outcome });
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
