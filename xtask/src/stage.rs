//! The stages of the gate, in the order in which they run.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::documentation;
use crate::process::CommandLine;
use crate::tree::Tree;

/// The crates that hold a machine: each builds without sockets, threads and clock.
const MACHINES: [&str; 6] = ["link", "member", "gateway", "queue-node", "boss", "imq-sdk"];

/// The test of real processes, too slow to run among the others.
const CLUSTER: &str = "cluster";

/// The test of the load plans, small: it has both cores for itself.
const LOAD: &str = "load";

/// The test of processes on hosts of their own, which takes root.
const HOSTS: &str = "hosts";

/// A part of the gate.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// How long all of it may take: about three times what it does on two cores and from a cold
    /// start, since this is for what hangs. What adds up to too much meets the gate's own bound.
    pub(crate) bound: Duration,
    pub(crate) work: Work,
    pub(crate) output: Output,
    /// Whether it consists of tests, of which some must run and none may be left out.
    pub(crate) has_tests: bool,
    /// Whether the stages behind it mean nothing when it fails.
    pub(crate) ends_the_gate: bool,
}

/// What a stage does.
pub(crate) enum Work {
    /// Commands, one after the other. All run, whatever becomes of the others.
    Commands(Vec<CommandLine>),
    /// The rules of the tree.
    Tidy,
    /// What it has to run isn't in the tree, which is a failure like any other.
    Missing(&'static str),
    /// It can't run here, which is no failure, but is said and counted.
    LeftOut(&'static str),
}

/// When a command's output is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    AsItComes,
    WhenItFails,
}

/// The stages of the whole gate, or of the quick one.
pub(crate) fn stages(tree: &Tree, quick: bool, is_root: bool) -> Vec<Stage> {
    let mut stages = vec![
        stage("fmt", 30, commands(["cargo fmt --all --check"])),
        stage("tidy", 30, Work::Tidy),
        stage(
            "clippy",
            400,
            commands(["cargo clippy --quiet --workspace --all-targets -- -D warnings"]),
        ),
    ];
    if !quick {
        let alone = |name| format!("cargo check --quiet -p {name} --no-default-features");
        stages.push(stage("machine-only builds", 120, commands(MACHINES.map(alone))));
        stages.push(stage("alert rules", 30, alerts(tree)));
    }
    let build = stage("build", 1200, commands(["cargo test --quiet --workspace --no-run"]));
    stages.push(Stage { ends_the_gate: true, ..build });
    stages.push(tests("unit and script tests", 400, unit_tests(tree)));
    stages.push(tests("simulation", 900, simulation(tree, quick)));
    if !quick {
        stages.push(tests("cluster", 900, cluster(tree)));
        stages.push(tests("hosts", 240, hosts(tree, is_root)));
        stages.push(stage("board", 120, board(tree)));
        stages.push(stage("services", 120, services(tree, is_root)));
        stages.push(tests("client libraries", 180, client_libraries(tree)));
        stages.push(tests("packages", 120, packages(tree)));
        stages.push(tests("load plans", 200, load(tree)));
        let documented = match documentation::commands(tree) {
            none if none.is_empty() => Work::Missing("no page has a command of ours"),
            commands => Work::Commands(commands),
        };
        let documentation = stage("documentation commands", 60, documented);
        stages.push(Stage { output: Output::WhenItFails, ..documentation });
    }
    stages
}

fn stage(name: &'static str, bound_s: u64, work: Work) -> Stage {
    let bound = Duration::from_secs(bound_s);
    let output = Output::AsItComes;
    Stage { name, bound, work, output, has_tests: false, ends_the_gate: false }
}

fn tests(name: &'static str, bound_s: u64, work: Work) -> Stage {
    Stage { has_tests: true, ..stage(name, bound_s, work) }
}

fn commands(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Work {
    Work::Commands(lines.into_iter().map(|line| CommandLine::new(line.as_ref())).collect())
}

/// All tests but the cluster's. They are chosen within the whole workspace, not by leaving crates
/// out, since another set of crates has other features and is another build.
fn unit_tests(tree: &Tree) -> Work {
    let mut programs =
        "cargo test --quiet --workspace --no-fail-fast --lib --bins --examples".to_owned();
    for name in
        test_programs(tree).into_iter().filter(|name| ![CLUSTER, HOSTS, LOAD].contains(name))
    {
        programs.push_str(" --test ");
        programs.push_str(name);
    }
    commands([&programs, "cargo test --quiet --workspace --no-fail-fast --doc"])
}

/// The names of the test programs: `x` for `crate/tests/x.rs` and for `crate/tests/x/main.rs`.
fn test_programs(tree: &Tree) -> BTreeSet<&str> {
    tree.files()
        .filter_map(|file| {
            let (folder, inside) = file.path.split_once("/tests/")?;
            let name = inside.strip_suffix("/main.rs").or_else(|| inside.strip_suffix(".rs"))?;
            let is_crate = tree.file(&format!("{folder}/Cargo.toml")).is_some();
            (is_crate && !name.contains('/')).then_some(name)
        })
        .collect()
}

fn simulation(tree: &Tree, quick: bool) -> Work {
    if !tree.has("sim/src/main.rs") {
        return Work::Missing("sim has no program");
    }
    commands([if quick {
        "cargo run --quiet -p sim -- gate --quick"
    } else {
        "cargo run --quiet -p sim -- gate"
    }])
}

/// The cluster's tests run the clients that aren't ours, and build the library for pages as its
/// guide says, so those get their packages first.
fn cluster(tree: &Tree) -> Work {
    if !test_programs(tree).contains(CLUSTER) {
        return Work::Missing("imq has no test program of that name");
    }
    let mut lines = Vec::new();
    for clients in ["imq/tests/clients/node", "sdk/js"] {
        if tree.has(&format!("{clients}/package.json")) {
            lines.push(packages_of(clients));
        }
    }
    lines.push(CommandLine::new("cargo test --workspace --test cluster -- --test-threads=1"));
    Work::Commands(lines)
}

/// Network namespaces are for root to make.
fn hosts(tree: &Tree, is_root: bool) -> Work {
    if !is_root {
        return Work::LeftOut("only root can make network namespaces");
    }
    if !test_programs(tree).contains(HOSTS) {
        return Work::Missing("imq has no test program of that name");
    }
    commands(["cargo test --workspace --test hosts -- --test-threads=1"])
}

/// Those in other languages, also with real servers, by their own packages and tests.
fn client_libraries(tree: &Tree) -> Work {
    let (pages, python) = ("sdk/js", "sdk/python");
    if !tree.has(&format!("{pages}/package.json")) {
        return Work::Missing("there is no client library for pages");
    }
    if !tree.has(&format!("{python}/pyproject.toml")) {
        return Work::Missing("there is no client library for Python");
    }
    let lines = ["npm ci --no-audit --no-fund", "npm test", "npm run size"];
    let mut lines: Vec<_> = lines.iter().map(|line| in_folder(line, pages)).collect();
    // It is an application of the library for pages, and bundled by the same tool.
    if tree.has("demo/build.mjs") {
        lines.push(CommandLine::new("node demo/build.mjs --check"));
        let tests = tree.files().map(|file| file.path);
        let tests = tests.filter(|path| path.starts_with("demo/") && path.ends_with(".test.mjs"));
        let tests: Vec<_> = tests.collect();
        lines.push(CommandLine::new(&format!("node --test {}", tests.join(" "))));
    }
    let mut tests = in_folder("/usr/bin/python3 -m tests", python);
    tests.environment.push(("PYTHONPATH".to_owned(), "src".to_owned()));
    lines.push(tests);
    Work::Commands(lines)
}

/// A command with the program that the stage `build` has built.
fn in_folder(line: &str, folder: &str) -> CommandLine {
    let mut command = CommandLine::new(line);
    command.folder = folder.to_owned();
    let up = "../".repeat(folder.split('/').count());
    command.environment.push(("IMQ_BINARY".to_owned(), format!("{up}target/debug/imq")));
    command
}

/// The alerts for Prometheus, by its own tool.
fn alerts(tree: &Tree) -> Work {
    if !tree.has("ops/prometheus/imq.rules.yml") {
        return Work::Missing("there are no rules");
    }
    commands([
        "promtool check rules ops/prometheus/imq.rules.yml",
        "promtool test rules ops/prometheus/imq.test.yml",
        "promtool check config ops/prometheus/prometheus.yml",
    ])
}

/// The board's queries and the alerts, against a running Prometheus.
fn board(tree: &Tree) -> Work {
    check(tree, "ops/grafana/check.py")
}

/// The units, under a systemd in namespaces, which are for root to make.
fn services(tree: &Tree, is_root: bool) -> Work {
    match is_root {
        true => check(tree, "ops/systemd/check.py"),
        false => Work::LeftOut("only root can start systemd in namespaces"),
    }
}

/// Those that carry the binary, from npm and pipx.
fn packages(tree: &Tree) -> Work {
    check(tree, "packages/test.py")
}

fn check(tree: &Tree, script: &str) -> Work {
    match tree.has(script) {
        true => commands([format!("/usr/bin/python3 {script} --imq target/debug/imq")]),
        false => Work::Missing("its script is not there"),
    }
}

/// Each plan of `imq loadtest` for a few seconds, and `imq compare` beside Bun, which its package
/// brings. They mostly wait, so several run at a time.
fn load(tree: &Tree) -> Work {
    if !test_programs(tree).contains(LOAD) {
        return Work::Missing("imq has no test program of that name");
    }
    let bun = "loadtest/bun";
    let mut lines = Vec::new();
    if tree.has(&format!("{bun}/package.json")) {
        lines.push(packages_of(bun));
    }
    lines.push(CommandLine::new("cargo test --workspace --test load -- --test-threads=3"));
    Work::Commands(lines)
}

/// What a folder's package-lock.json names, from npm's registry.
fn packages_of(folder: &str) -> CommandLine {
    let mut packages = CommandLine::new("npm ci --no-audit --no-fund");
    packages.folder = folder.to_owned();
    packages
}

#[cfg(test)]
mod tests;
