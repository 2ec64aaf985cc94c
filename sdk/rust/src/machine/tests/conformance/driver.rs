//! The client under a script.

use proto::time::Time;
use serde_json::{Value, json};

use super::{told, words};
use crate::Ticket;
use crate::machine::{Client, Connection, Faults, Input, Outbox, Settings, Transport};

/// What may happen in a step.
pub(super) const INPUTS: [&str; 7] =
    ["connected", "disconnected", "receive", "undecodable", "token", "command", "stood_still"];

/// A client and what it has done.
pub(in crate::machine) struct Driver {
    pub(in crate::machine) client: Client,
    client_id: Option<Value>,
    pub(in crate::machine) now_ms: u64,
    done: Value,
}

impl Driver {
    pub(in crate::machine) fn new(settings: &Value, faults: Faults) -> Driver {
        let flag = |name: &str| settings[name].as_bool().unwrap_or(false);
        let (renews, given) = (flag("renews"), flag("given"));
        let user = if renews { "" } else { settings["user"].as_str().unwrap_or("alice") };
        let user = user.to_owned();
        let mut client = Client::new(Settings { user, renews, given, ..Settings::default() }, 7);
        client.plant(faults);
        Driver { client, client_id: None, now_ms: 0, done: nothing() }
    }

    /// Runs the timers that are due by this time, or none: a process that stands still runs none.
    pub(super) fn pass_to(&mut self, at_ms: u64, stands_still: bool) {
        assert!(at_ms >= self.now_ms, "time goes back to {at_ms}");
        let is_due = |wake_ms: &u64| !stands_still && *wake_ms <= at_ms;
        while let Some(wake_ms) = self.client.wake_at().filter(is_due) {
            self.now_ms = wake_ms.max(self.now_ms);
            self.handle(Input::Wake);
        }
        self.now_ms = at_ms;
    }

    /// What the client has done since this was asked last.
    pub(in crate::machine) fn take_done(&mut self) -> Value {
        std::mem::replace(&mut self.done, nothing())
    }

    /// Does what happens in a step, without its time.
    pub(in crate::machine) fn input(&mut self, step: &Value) {
        let inputs: Vec<_> = INPUTS.into_iter().filter(|input| step.get(input).is_some()).collect();
        assert!(inputs.len() <= 1, "more than one input in {step}");
        let Some(&input) = inputs.first() else { return };
        match input {
            "connected" => self.handle(Input::Connected),
            "disconnected" => self.handle(Input::Disconnected),
            "receive" => self.handle(Input::Received(&words::frame(&step[input]))),
            "undecodable" => self.handle(Input::Received(&[0xff])),
            "token" => {
                let token = step[input].as_str().map(str::to_owned);
                let fails = token.is_none() && matches!(self.client.connection, Connection::Down);
                self.handle(Input::Token(token));
                if fails {
                    // As `io` does: without a token there is no connection.
                    self.handle(Input::Disconnected);
                }
            }
            "stood_still" => {
                self.handle(Input::Awake);
                self.handle(Input::Wake);
            }
            _ => {
                let ticket = Ticket(step[input].as_u64().expect("a command has a number"));
                self.handle(Input::Command(ticket, words::command(step)));
            }
        }
    }

    pub(in crate::machine) fn handle(&mut self, input: Input<'_>) {
        let mut out = Outbox::default();
        self.client.handle(Time { ms: self.now_ms, unix_ms: 0 }, input, &mut out);
        for mut envelope in words::envelopes(&out.frames) {
            self.hide_chance(&mut envelope);
            self.done["sends"].as_array_mut().unwrap().push(envelope);
        }
        self.done["events"].as_array_mut().unwrap().extend(out.events.iter().map(told::told));
        if out.wants_token {
            self.done["wants_token"] = true.into();
        }
        match out.transport {
            Some(Transport::Redial { at_ms, address }) => {
                let in_ms = at_ms - self.now_ms;
                self.done["dial"] = json!({ "in_ms": [in_ms, in_ms], "address": address });
            }
            Some(Transport::Stop) => self.done["stop"] = true.into(),
            None => {}
        }
    }

    /// Takes out what scripts leave out.
    fn hide_chance(&mut self, envelope: &mut Value) {
        if let Some(ping) = envelope.get_mut("ping") {
            ping.as_object_mut().unwrap().remove("nonce");
        }
        if let Some(connect) = envelope.get_mut("connect") {
            let id = connect.as_object_mut().unwrap().remove("client_id").unwrap_or_default();
            assert!(id.as_str().is_some_and(|id| id.len() >= 16), "{id} has less than 64 bits");
            assert_eq!(*self.client_id.get_or_insert_with(|| id.clone()), id, "the client's id");
        }
    }
}

fn nothing() -> Value {
    json!({ "sends": [], "events": [] })
}
