//! Patterns, and what is wrong with a configuration.

use super::*;

#[test]
fn patterns_match_by_segment() {
    let check =
        |pattern, name, wanted| assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
    check("/room/*", "/room/1", true);
    check("/room/*", "/room", false);
    check("/room/*", "/room/1/x", false);
    check("/room/**", "/room/1/x", true);
    check("/room/**", "/room", false);
    check("/**", "/a", true);
    check("/a/*/c", "/a/b/c", true);
    check("/a/*/c", "/a/b/d", false);
}

fn class(pattern: &str) -> Class {
    Class { pattern: pattern.to_owned(), tells: Vec::new(), ..Class::of_users() }
}

fn callout(name: &str) -> Callout {
    Callout {
        name: name.to_owned(),
        url: "http://127.0.0.1:8000/imq".to_owned(),
        secret: format!("whsec_{}", "A".repeat(32)),
        deadline_ms: 3_000,
        concurrency_max: 64,
        no_answer: NoAnswer::Refuse,
        inner: true,
    }
}

#[test]
fn all_problems_at_once() {
    let config = |copies, class| ClusterConfig { copies, class, ..ClusterConfig::default() };
    let good = config(1, vec![class("/room/*"), class("/user/*")]);
    assert_eq!(good.problems(), Vec::<String>::new());
    let bad = config(2, vec![class("room"), class("/sys/*")]);
    assert_eq!(bad.problems().len(), 3, "{:?}", bad.problems());
}

#[test]
fn call_outs_are_there_and_signed() {
    let mut asking = class("/room/*");
    asking.join = Access::Callout;
    let mut config = ClusterConfig {
        copies: 1,
        callout: vec![callout("app")],
        connect: Some("app".to_owned()),
        class: vec![asking],
    };
    assert_eq!(config.problems().len(), 1, "{:?}", config.problems());
    config.class[0].callout = Some("other".to_owned());
    assert_eq!(config.problems().len(), 1, "{:?}", config.problems());
    config.class[0].callout = Some("app".to_owned());
    assert_eq!(config.problems(), Vec::<String>::new());
    config.callout[0].secret = "hunter2".to_owned();
    config.callout[0].url = "ftp://x".to_owned();
    config.callout[0].deadline_ms = 0;
    config.callout[0].concurrency_max = 0;
    assert_eq!(config.problems().len(), 4, "{:?}", config.problems());
}
