//! What operators scrape: by Prometheus' own rules, and as the reference page has it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use crate::http::{request, until};
use crate::page;
use crate::roles::Five;

/// What only those show that TLS or keys are configured for.
const CONFIGURED: [&str; 3] =
    ["imq_gateway_token_keys", "imq_gateway_token_keys_failures_total", "imq_tls_files_unusable"];

/// A family's kind and meaning.
type Family = (String, String);

#[test]
fn the_page_of_metrics_is_made_from_the_code() {
    let page = include_str!("../../../docs/metrics.md");
    assert!(page == page::text(), "cargo run -p imq --example metrics, and look at what changed");
}

#[test]
fn every_role_shows_what_the_page_says_by_the_rules_of_prometheus() {
    let five = Five::start();
    let mut meanings: BTreeMap<String, Family> = BTreeMap::new();
    for role in page::roles() {
        let port = five.base
            + match role.name {
                "gateway" => 90,
                "queue-node" => 290,
                _ => 100,
            };
        // Figures come within a second of the start.
        let mut text = String::new();
        until("figures are shown", || {
            text = request("GET", port, "/metrics", None, "").1;
            text.contains(role.samples[0].name)
        });
        lint(role.name, &text);
        let shown = families(&text);
        let all = role.samples.iter().chain(&page::common()).map(|s| s.name.to_owned()).collect();
        let configured: BTreeSet<String> = CONFIGURED.map(str::to_owned).into();
        let names: BTreeSet<String> = shown.keys().cloned().collect();
        let all: BTreeSet<String> = all;
        assert_eq!(names, &all - &configured, "{}", role.name);
        for (name, family) in shown {
            let known = meanings.entry(name.clone()).or_insert_with(|| family.clone());
            assert_eq!(*known, family, "{name} means one thing, wherever it is");
        }
        let info = format!("imq_build_info{{version=\"0.1.0\",role=\"{}\",id=\"", role.name);
        assert!(text.contains(&info), "{text}");
    }
}

/// What several roles have, and count alike.
const SAME: [&str; 2] = ["imq_tls_files_unusable", "imq_traces_armed"];

/// Only what is the same thing wherever it is has the same name at two roles.
#[test]
fn no_name_is_shared_by_roles_that_count_different_things() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for role in page::roles() {
        let names: BTreeSet<&str> = role.samples.iter().map(|sample| sample.name).collect();
        let prefix = format!("imq_{}_", role.name.replace('-', "_"));
        for name in names.into_iter().filter(|name| !SAME.contains(name)) {
            assert!(name.starts_with(&prefix), "{name} is the {}'s", role.name);
            assert_eq!(seen.insert(name, role.name), None, "{name}");
        }
    }
}

fn families(text: &str) -> BTreeMap<String, Family> {
    let beginning = |kind: &'static str| {
        let lines = text.lines().filter_map(move |line| line.strip_prefix(kind));
        lines.filter_map(|line| line.split_once(' '))
    };
    let kinds: BTreeMap<&str, &str> = beginning("# TYPE ").collect();
    beginning("# HELP ")
        .map(|(name, help)| (name.to_owned(), (kinds[name].to_owned(), help.to_owned())))
        .collect()
}

/// `promtool check metrics` has nothing to say.
fn lint(role: &str, text: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of Debian's package prometheus");
    let mut input = promtool.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{role}: {said}");
}
