//! The scripts of `sdk/conformance`; its README says what they mean.

mod driver;
mod equal;
mod run;
mod told;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

pub(super) use self::driver::Driver;
use crate::machine::Faults;

/// Rules of SPEC.md that no script can show, each with the reason.
const BEYOND_SCRIPTS: [(u64, &str); 6] = [
    (25, "an application that doesn't read is a matter of io, which has the buffers"),
    (26, "how a socket is closed is a matter of io, which has the socket"),
    (31, "of libraries for pages: this one speaks TCP, which needs no fallback"),
    (32, "likewise"),
    (33, "likewise"),
    (34, "of live maps, which this library doesn't have; `sdk/conformance/views` shows it"),
];

/// A file of `sdk/conformance/scripts`.
struct Script {
    name: String,
    script: Value,
}

fn scripts() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scripts");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<Script> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let script = serde_json::from_str(&text).unwrap_or_else(|error| {
                panic!("{name} is no JSON: {error}");
            });
            Script { name, script }
        })
        .collect();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    scripts
}

/// What went wrong in each script that fails with these bugs.
fn failures(faults: Faults) -> Vec<String> {
    let failure = |script: Script| {
        let failed = run::run(&script.script, faults).err()?;
        Some(format!("{}, {failed}", script.name))
    };
    scripts().into_iter().filter_map(failure).collect()
}

#[test]
fn the_client_does_what_the_scripts_say() {
    let failures = failures(Faults::default());
    assert!(failures.is_empty(), "{} scripts fail:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn planted_bugs_are_found() {
    for faults in [
        Faults { marks_stand_still: true, ..Faults::default() },
        Faults { resent_anew: true, ..Faults::default() },
        Faults { stale_states_come: true, ..Faults::default() },
    ] {
        assert!(!failures(faults).is_empty(), "no script finds {faults:?}");
    }
}

#[test]
fn each_rule_has_a_script() {
    let spec = include_str!("../../../../SPEC.md");
    let rules: BTreeSet<u64> =
        spec.lines().filter_map(|line| line.split_once(". ")?.0.parse().ok()).collect();
    assert!(rules.len() >= 29, "SPEC.md has only the rules {rules:?}");
    let mut shown: BTreeSet<u64> = BEYOND_SCRIPTS.iter().map(|(rule, _)| *rule).collect();
    for Script { name, script } in scripts() {
        let about = script["about"].as_str();
        assert!(about.is_some_and(|about| about.ends_with('.')), "{name} doesn't say its sentence");
        let named = script["rules"].as_array().filter(|rules| !rules.is_empty());
        let named = named.unwrap_or_else(|| panic!("{name} names no rules"));
        for rule in named.iter().map(|rule| rule.as_u64().unwrap()) {
            assert!(rules.contains(&rule), "{name} names rule {rule}, which SPEC.md doesn't have");
            shown.insert(rule);
        }
    }
    assert_eq!(shown, rules, "the rules with scripts, and those of SPEC.md");
}
