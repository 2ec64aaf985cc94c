//! The page of metrics, and what each kind of process shows.

use std::collections::BTreeMap;

use member::io::board::build_info;
use member::io::process;
use member::machine::{BOUNDS_US, Sample};

const BEGINNING: &str = "\
# Metrics

Each process shows its metrics at `/metrics`, in the text format of Prometheus: a gateway on its
RPC port (7490), a queue node on 7690, the boss on 7500. Durations are in seconds, sizes in bytes.
Labels have few values, all named here; no queue and no user is ever one.

This page is made from the code (`cargo run -p imq --example metrics`), and a test compares both.
";

/// Labels of which each process has one value of its own.
const OWN: [&str; 3] = ["version", "role", "id"];

/// A kind of process, and what it shows beside what all do.
pub(crate) struct Role {
    /// As in `imq_build_info`.
    pub(crate) name: &'static str,
    title: &'static str,
    /// Each metric, as it is at the beginning.
    pub(crate) samples: Vec<Sample>,
}

/// All roles.
pub(crate) fn roles() -> [Role; 3] {
    [
        Role { name: "gateway", title: "Gateway", samples: gateway::io::metrics() },
        Role { name: "queue-node", title: "Queue node", samples: queue_node::io::metrics() },
        Role { name: "boss", title: "Boss", samples: boss::metrics() },
    ]
}

/// What every process shows.
pub(crate) fn common() -> Vec<Sample> {
    let mut all = vec![build_info("", "")];
    all.extend(process::samples());
    all
}

/// The whole page.
pub(crate) fn text() -> String {
    let mut text = BEGINNING.to_owned();
    put(&mut text, "Every process", &common());
    for role in roles() {
        let title = format!("{} (`role=\"{}\"`)", role.title, role.name);
        put(&mut text, &title, &role.samples);
    }
    let bounds = BOUNDS_US.map(|us| (us as f64 / 1e6).to_string()).join(", ");
    text.push_str(&format!("\nBounds of all histograms, in seconds: {bounds}.\n"));
    text
}

fn put(text: &mut String, title: &str, samples: &[Sample]) {
    text.push_str(&format!(
        "\n## {title}\n| name | kind | labels | meaning |\n|---|---|---|---|\n"
    ));
    let mut families: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        families.entry(sample.name).or_default().push(sample);
    }
    for (name, samples) in families {
        let Some(first) = samples.first() else { continue };
        let (kind, labels) = (first.value.kind(), labels(&samples));
        text.push_str(&format!("| `{name}` | {kind} | {labels} | {} |\n", first.help));
    }
}

/// Each label with its values.
fn labels(samples: &[&Sample]) -> String {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (label, value) in samples.iter().flat_map(|sample| &sample.labels) {
        values.entry(label).or_default().push(value);
    }
    let label = |(label, values): (&str, Vec<&str>)| match OWN.contains(&label) {
        true => format!("`{label}`"),
        false => format!("`{label}`: {}", values.join(", ")),
    };
    values.into_iter().map(label).collect::<Vec<_>>().join("; ")
}
