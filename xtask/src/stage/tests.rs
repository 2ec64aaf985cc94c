//! The table of stages over trees with and without what comes later.

use super::{Work, stages};
use crate::tree::Tree;

/// The stages by name, each with its commands.
fn check(files: &[(&str, &str)], quick: bool) -> Vec<(&'static str, Vec<String>)> {
    let shown = |work: Work| match work {
        Work::Commands(lines) => lines.iter().map(ToString::to_string).collect(),
        Work::Tidy => vec!["tidy".to_owned()],
        Work::Missing(reason) | Work::LeftOut(reason) => vec![reason.to_owned()],
    };
    let stages = stages(&Tree::of(files), quick, true).into_iter();
    stages.map(|stage| (stage.name, shown(stage.work))).collect()
}

fn commands_of(name: &str, files: &[(&str, &str)], quick: bool) -> Vec<String> {
    let found = check(files, quick).into_iter().find(|(stage, _)| *stage == name);
    found.map(|(_, commands)| commands).unwrap_or_default()
}

#[test]
fn the_quick_gate_is_a_part_of_the_whole() {
    let names = |quick| -> Vec<_> { check(&[], quick).into_iter().map(|(name, _)| name).collect() };
    let quick = ["fmt", "tidy", "clippy", "build", "unit and script tests", "simulation"];
    assert_eq!(names(true), quick);
    assert!(quick.iter().all(|name| names(false).contains(name)));
}

#[test]
fn the_cluster_is_tested_apart() {
    let files = [
        ("imq/Cargo.toml", ""),
        ("imq/tests/cluster/main.rs", ""),
        ("imq/tests/cluster/fixture.rs", ""),
        ("imq/tests/commands.rs", ""),
        ("imq/tests/hosts.rs", ""),
        ("imq/tests/load/main.rs", ""),
        ("imq/tests/clients/node/package.json", ""),
        ("loadtest/bun/package.json", ""),
        ("docs/tests/other.rs", ""),
    ];
    let tests = commands_of("unit and script tests", &files, false);
    assert!(tests[0].ends_with("--examples --test commands"), "{tests:?}");
    let cluster = commands_of("cluster", &files, false);
    assert_eq!(
        cluster,
        [
            "npm ci --no-audit --no-fund",
            "cargo test --workspace --test cluster -- --test-threads=1",
        ]
    );
    let hosts = commands_of("hosts", &files, false);
    assert_eq!(hosts, ["cargo test --workspace --test hosts -- --test-threads=1"]);
    let packages = [("sdk/js/package.json", ""), ("sdk/python/pyproject.toml", "")];
    let libraries = commands_of("client libraries", &packages, false);
    assert_eq!(libraries[..3], ["npm ci --no-audit --no-fund", "npm test", "npm run size"]);
    assert_eq!(libraries[3..], ["/usr/bin/python3 -m tests"]);
    let demo = [("demo/build.mjs", ""), ("demo/test/a.test.mjs", ""), ("demo/test/b.test.mjs", "")];
    let with_demo: Vec<_> = packages.into_iter().chain(demo).collect();
    let with_demo = commands_of("client libraries", &with_demo, false);
    assert_eq!(
        with_demo[3..5],
        ["node demo/build.mjs --check", "node --test demo/test/a.test.mjs demo/test/b.test.mjs"]
    );
    let lacks = commands_of("client libraries", &packages[..1], false);
    assert_eq!(lacks, ["there is no client library for Python"]);
    let load = commands_of("load plans", &files, false);
    assert_eq!(
        load,
        ["npm ci --no-audit --no-fund", "cargo test --workspace --test load -- --test-threads=3",]
    );
}

#[test]
fn what_is_not_there_is_missed_with_a_word() {
    assert_eq!(commands_of("cluster", &[], false), ["imq has no test program of that name"]);
    assert_eq!(commands_of("load plans", &[], false), ["imq has no test program of that name"]);
    assert_eq!(
        commands_of("client libraries", &[], false),
        ["there is no client library for pages"]
    );
    assert_eq!(commands_of("simulation", &[], true), ["sim has no program"]);
    assert_eq!(commands_of("alert rules", &[], false), ["there are no rules"]);
    let rules = commands_of("alert rules", &[("ops/prometheus/imq.rules.yml", "")], false);
    assert_eq!(rules[0], "promtool check rules ops/prometheus/imq.rules.yml");
    let documented = commands_of("documentation commands", &[], false);
    assert_eq!(documented, ["no page has a command of ours"]);
    let simulation = commands_of("simulation", &[("sim/src/main.rs", "")], true);
    assert_eq!(simulation, ["cargo run --quiet -p sim -- gate --quick"]);
}

#[test]
fn stages_of_tests_are_known_as_such() {
    let tree = Tree::of(&[]);
    let tested: Vec<_> =
        stages(&tree, false, true).into_iter().filter(|s| s.has_tests).map(|s| s.name).collect();
    assert_eq!(
        tested,
        [
            "unit and script tests",
            "simulation",
            "cluster",
            "hosts",
            "client libraries",
            "packages",
            "load plans"
        ]
    );
}

#[test]
fn only_root_makes_hosts_and_others_are_told() {
    let tree = Tree::of(&[("imq/Cargo.toml", ""), ("imq/tests/hosts.rs", "")]);
    let work = |is_root| stages(&tree, false, is_root).into_iter().find(|s| s.name == "hosts");
    assert!(matches!(work(true).map(|stage| stage.work), Some(Work::Commands(_))));
    assert!(matches!(work(false).map(|stage| stage.work), Some(Work::LeftOut(_))));
}

#[test]
fn what_operators_use_is_tried_and_what_takes_root_is_told_of() {
    let files = [("ops/grafana/check.py", ""), ("ops/systemd/check.py", "")];
    let board = commands_of("board", &files, false);
    assert_eq!(board, ["/usr/bin/python3 ops/grafana/check.py --imq target/debug/imq"]);
    assert_eq!(commands_of("board", &[], false), ["its script is not there"]);
    let packages = commands_of("packages", &[("packages/test.py", "")], false);
    assert_eq!(packages, ["/usr/bin/python3 packages/test.py --imq target/debug/imq"]);
    let stages = stages(&Tree::of(&files), false, false);
    let services = stages.into_iter().find(|stage| stage.name == "services");
    assert!(matches!(services.map(|stage| stage.work), Some(Work::LeftOut(_))));
}
