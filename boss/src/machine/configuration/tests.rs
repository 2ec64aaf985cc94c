//! The built-in configuration, and what an operator hears about a bad one.

use proto::class::{Access, Class, ClusterConfig, Create, MountClass, MountKind};

use super::*;
use crate::DEFAULT_CLUSTER;

#[test]
fn the_built_in_configuration_is_valid_and_has_both_classes() {
    let config: ClusterConfig = toml::from_str(DEFAULT_CLUSTER).unwrap();
    assert!(Configuration::parse(DEFAULT_CLUSTER).is_ok());
    let class = |queue| &config.class[config.class_of(queue).unwrap()];
    let room = class("/room/1");
    assert_eq!((room.create, room.join), (Create::Auto, Access::Open));
    let mounts: Vec<_> = room.mounts.iter().map(|m| (m.name.as_str(), m.kind, m.history)).collect();
    assert_eq!(mounts, [("chat", MountKind::Message, 100), ("scores", MountKind::State, 0)]);
    assert!(room.mounts.iter().all(|mount| mount.send == Access::Members));
    assert_eq!((class("/churn/1").create, class("/churn/1").idle_ttl_ms), (Create::Auto, 0));
}

#[test]
fn options_that_the_manual_spells_out_are_the_defaults() {
    let config: ClusterConfig = toml::from_str(DEFAULT_CLUSTER).unwrap();
    let short =
        "[[class]]\npattern = \"/room/*\"\n[[class.mount]]\nname = \"chat\"\nkind = \"message\"";
    let short: ClusterConfig = toml::from_str(short).unwrap();
    let manual = config.class[0].clone();
    let chat = MountClass { history: 0, ..manual.mounts[0].clone() };
    let plain =
        Class { create: Create::Rpc, join: Access::Server, mounts: vec![chat], ..manual.clone() };
    let class = vec![plain];
    assert_eq!(short, ClusterConfig { copies: 2, class, ..ClusterConfig::default() });
}

#[test]
fn all_problems_are_told_at_once() {
    let bad = "copies = 4\n[[class]]\npattern = \"room\"\nmax_members = 0\n";
    assert_eq!(Configuration::parse(bad).unwrap_err().len(), 3);
}

#[test]
fn what_is_unknown_or_no_toml_is_refused() {
    let unknown = Configuration::parse("copys = 1").unwrap_err();
    assert!(unknown[0].text.contains("copys"), "{unknown:?}");
    assert!(Configuration::parse("copies = ").is_err());
    assert!(Configuration::parse(&"#".repeat(TOML_BYTES_MAX + 1)).is_err());
}

const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn callout(name: &str, secret: &str) -> String {
    format!("[[callout]]\nname = {name:?}\nurl = \"https://a.example\"\n{secret} # whose\n")
}

#[test]
fn secrets_are_not_shown() {
    let own = format!("secret = {SECRET:?}");
    let odd = "secret = '''hunter2\nAAAA'''";
    let text = callout("a", &own)
        + &callout("b", odd)
        + &format!("# url = \"https://ann:pass@a.example\"\n# {own}\n");
    let shown = shown(&text);
    for hidden in ["whsec", "hunter2", "AAAA", "ann", "pass"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert_eq!(shown.matches("secret = \"[redacted]\" # whose\n").count(), 2, "{shown}");
    let inline = "callout = [{ name = \"a\", secret = \"hunter2\", url = \"x\" }]\n";
    assert!(!super::shown(inline).contains("hunter2"));
    let debug = format!("{:?}", Configuration::parse(&callout("a", &own)).unwrap());
    assert!(debug.contains("[redacted]") && !debug.contains("AAAA"), "{debug}");
}

#[test]
fn what_is_shown_can_be_given_back() {
    let text = "copies = 1\n".to_owned()
        + &callout("a", &format!("secret = {SECRET:?}"))
        + &callout("b", "secret_file = \"/run/b\"")
        + &callout("c", &format!("secret = '{}'", SECRET.replace('A', "B")));
    let shown = shown(&text);
    let given = Configuration::parse_over(&shown, &text).unwrap();
    assert_eq!(given.as_str(), text.replace('\'', "\""));
    assert_eq!(super::shown(given.as_str()), shown);
    let problems = Configuration::parse(&shown).unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(5), Some(13)], "{problems:?}");
    assert!(problems[0].text.contains("keeps the present secret"), "{problems:?}");
    // It is the call-out's, whatever its place; one that had none in the text gets none.
    let renamed = shown.replace("name = \"c\"", "name = \"d\"");
    assert_eq!(Configuration::parse_over(&renamed, &text).unwrap_err().len(), 1);
    let moved = callout("b", "secret = \"[redacted]\"");
    assert!(Configuration::parse_over(&moved, &text).is_err());
}
