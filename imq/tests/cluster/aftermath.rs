//! After the storm: bad input and masses of clients that vanish leave nothing behind. What is
//! counted before is counted again when grace and idle times are over, to the last session, and
//! memory is what it was.

mod callouts;
mod clients;
mod requests;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use proto::limits::GRACE_MS;
use serde_json::json;

use crate::application::Application;
use crate::http::{metric, until, until_within};
use crate::process::Imq;
use crate::roles::Five;
use crate::talker::Talker;

/// Rooms end with their last member, and so do users: what is left then is left behind. Asks of the
/// club are answered in this time or not at all.
const BRIEF: [(&str, &str); 2] = [
    ("create = \"auto\"", "create = \"auto\"\nidle_ttl_ms = 200"),
    ("deadline_ms = 7000", "deadline_ms = 200"),
];
/// Who vanished is there for a grace, and its end is remembered for two more.
const SETTLED_WITHIN: Duration = Duration::from_millis(3 * GRACE_MS + 20_000);
const PAUSE: Duration = Duration::from_millis(100);

/// How much more a process may hold afterwards: the high water of its buffers and tables, which
/// allocators keep. 0 to 2 MiB were seen. The storm sends each gateway more than 300 MB and makes
/// some 1,200 sessions at each queue node, so that neither what was sent nor a few KiB for each who
/// came would go unseen.
const GROWN_KIB: u64 = 6 * 1024;

/// Figures that say how things are, by the process's port.
const GAUGES: [(&[u16], &[&str]); 2] = [
    (
        &[90, 91],
        &[
            "imq_gateway_connections ",
            "imq_gateway_sessions ",
            "imq_gateway_queues ",
            "imq_gateway_subscriptions ",
            "imq_gateway_callout_asks_under_way ",
            "imq_gateway_callout_asks_waiting ",
            "imq_gateway_callout_tells_waiting ",
        ],
    ),
    (
        &[290, 291],
        &[
            "imq_queue_node_queues ",
            "imq_queue_node_sessions ",
            "imq_queue_node_subscriptions ",
            "imq_queue_node_untold ",
            "imq_queue_node_callout_tells_kept ",
        ],
    ),
];

/// All that is counted, each under its process and name.
fn counted(five: &Five) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (ports, names) in GAUGES {
        for port in ports {
            for name in names {
                let value = metric(five.base + port, name);
                all.insert(format!("{port} {name}"), value.to_string());
            }
        }
    }
    let names = five.call(1, "list_queues", &json!({}))["queues"].take();
    all.insert("queues".to_owned(), names.to_string());
    for queue in ["/hall/stays", "/club/stays"] {
        all.insert(format!("members of {queue}"), five.members(queue).to_string());
        let inside = five.call(0, "get_queue", &json!({ "queue": queue }));
        all.insert(format!("inside {queue}"), inside["queue"]["members"].to_string());
    }
    all
}

fn resident_kib(five: &Five) -> Vec<u64> {
    let processes = five.gateways.iter().chain(&five.queue_nodes).chain([&five.boss]);
    processes.map(Imq::resident_kib).collect()
}

/// Waits until everything is as it was; what each process has grown by since then.
fn settle(
    five: &Five,
    stayers: &mut Stayers,
    before: &BTreeMap<String, String>,
    kib: &[u64],
) -> Vec<u64> {
    let mut differ = Vec::new();
    let mut is_so = || {
        stayers.answer();
        let now = counted(five);
        let others = now.iter().filter(|(name, value)| before.get(*name) != Some(value));
        differ = others.map(|(name, value)| format!("{name} is {value}")).collect();
        differ.is_empty()
    };
    let wait = AssertUnwindSafe(|| until_within("", SETTLED_WITHIN, PAUSE, &mut is_so));
    assert!(catch_unwind(wait).is_ok(), "left behind: {differ:#?}, not as {before:#?}");
    let after = resident_kib(five);
    after.iter().zip(kib).map(|(after, before)| after.saturating_sub(*before)).collect()
}

/// Two who stay through it all, each in both rooms, and feel nothing.
struct Stayers([Talker; 2]);

impl Stayers {
    fn come(five: &Five) -> Stayers {
        let come = |gateway: u16| {
            let mut talker = Talker::login(&five.gateway(gateway), &format!("stays-{gateway}"));
            for queue in ["/hall/stays", "/club/stays"] {
                until("the class is known", || {
                    talker.ask("subscribe", json!({ "queue": queue }))["status"] == 0
                });
                talker.hear_where("subscribed", |subscribed| subscribed["queue"] == queue);
            }
            talker
        };
        Stayers([0, 1].map(come))
    }

    /// They answer pings, as all who are there.
    fn answer(&mut self) {
        self.0.iter_mut().for_each(|talker| drop(talker.all_yet()));
    }

    /// Whether figures, which are told now and then, are of now: each is in two rooms and an inbox.
    fn are_counted(&self, five: &Five) -> bool {
        let both = |ports: [u16; 2], name| -> f64 {
            ports.into_iter().map(|port| metric(five.base + port, name)).sum()
        };
        both([290, 291], "imq_queue_node_queues ") == 4.0
            && both([290, 291], "imq_queue_node_subscriptions ") == 6.0
            && both([90, 91], "imq_gateway_subscriptions ") == 6.0
    }

    /// They hear each other, and nothing else has come to them.
    fn are_well(&mut self) {
        self.answer();
        let [first, second] = &mut self.0;
        first.send("/hall/stays", "well?");
        second.hear("message");
        second.is_quiet();
        first.all_yet();
    }
}

pub(crate) fn storms() {
    let application = Application::start(callouts::answer);
    let tokens = clients::Tokens::new();
    let five = Five::start_with(&tokens.words());
    let config =
        BRIEF.iter().fold(application.config(), |config, (from, to)| config.replace(from, to));
    five.configure(&config);
    let mut stayers = Stayers::come(&five);
    stayers.are_well();
    until("all of it is counted", || stayers.are_counted(&five));
    let (before, kib) = (counted(&five), resident_kib(&five));

    clients::strangers(&five, &tokens);
    requests::all(&five);
    callouts::all(&five);
    clients::vanish(&five);
    clients::flood(&five);
    stayers.are_well();
    let grown = settle(&five, &mut stayers, &before, &kib);
    println!("grown by {grown:?} KiB from {kib:?}");
    assert!(grown.iter().all(|kib| *kib < GROWN_KIB), "grown by {grown:?} KiB from {kib:?}");
    stayers.are_well();
}
