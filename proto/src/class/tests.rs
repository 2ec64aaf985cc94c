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

#[test]
fn all_problems_at_once() {
    let class = |pattern: &str| Class {
        pattern: pattern.to_owned(),
        create: Create::Auto,
        join: Access::Open,
        max_members: 10,
        presence: Presence::Users,
        idle_ttl_ms: 0,
        mounts: Vec::new(),
    };
    let good = ClusterConfig { copies: 1, class: vec![class("/room/*")] };
    assert_eq!(good.problems(), Vec::<String>::new());
    let bad = ClusterConfig { copies: 2, class: vec![class("room"), class("/user/*")] };
    assert_eq!(bad.problems().len(), 3, "{:?}", bad.problems());
}
