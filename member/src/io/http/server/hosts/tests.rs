//! Names that a port is known under, and those it isn't.

use super::*;

fn status(hosts: &Hosts, target: &str, lines: &[&str], version: Version) -> Option<u16> {
    let mut request = Request::builder().uri(target).version(version);
    for line in lines {
        request = request.header(header::HOST, *line);
    }
    let here = "::ffff:192.0.2.7".parse().unwrap();
    hosts.refusal(&request.body(()).unwrap(), here).map(|refusal| refusal.http)
}

#[test]
fn only_known_names_are_served() {
    let listed = ["imq.example", "*.rooms.example", "198.51.100.4", "[2001:db8::4]"];
    let listed: Vec<HostPattern> = listed.iter().map(|text| text.parse().unwrap()).collect();
    let hosts = Hosts::of(&listed, "`hosts`", &["Node-1", "", "*", "10.0.0.9"]);
    let of = |host| status(&hosts, "/rpc/v1/get_queue", &[host], Version::HTTP_11);
    for good in [
        "localhost",
        "LOCALHOST:7490",
        "a.localhost",
        "127.0.0.1:1",
        "127.1.2.3",
        "[::1]:7490",
        "192.0.2.7:7490",
        "[::ffff:192.0.2.7]",
        "imq.example",
        "IMQ.example.:80",
        "node-1:7490",
        "a.rooms.example",
        "a.b.rooms.example",
        "198.51.100.4",
        "[2001:db8::4]:9",
        "10.0.0.9",
    ] {
        assert_eq!(of(good), None, "{good}");
    }
    for foreign in [
        "evil.example",
        "imq.example.evil.example",
        "rooms.example",
        "evilrooms.example",
        "192.0.2.8",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::2]",
    ] {
        assert_eq!(of(foreign), Some(421), "{foreign}");
    }
    for wrong in ["", "a b", "a:b:c", "http://imq.example/"] {
        assert_eq!(of(wrong), Some(400), "{wrong:?}");
    }
    let evil = status(&hosts, "/metrics", &["evil.example"], Version::HTTP_11);
    assert_eq!(evil, None, "probes come by any name");
    let refusal = hosts.refusal(
        &Request::builder().uri("/").header(header::HOST, "evil.example").body(()).unwrap(),
        IpAddr::from([127, 0, 0, 1]),
    );
    assert!(refusal.unwrap().message.ends_with("add this one to `hosts`"));
}

#[test]
fn one_line_names_one_host() {
    let hosts = Hosts::of(&[], "", &[]);
    assert_eq!(status(&hosts, "/", &[], Version::HTTP_11), Some(400));
    assert_eq!(status(&hosts, "/", &["localhost", "localhost"], Version::HTTP_11), Some(400));
    assert_eq!(status(&hosts, "/", &[], Version::HTTP_10), None);
    assert_eq!(status(&hosts, "/", &["evil.example"], Version::HTTP_10), Some(421));
    // The target's own name counts.
    let absolute = |target| status(&hosts, target, &["localhost"], Version::HTTP_11);
    assert_eq!(absolute("http://evil.example/"), Some(421));
    assert_eq!(absolute("http://localhost:7490/"), None);
}

#[test]
fn no_check_is_a_choice() {
    let hosts = Hosts::of(&[HostPattern::Any], "", &[]);
    assert_eq!(status(&hosts, "/", &["evil.example"], Version::HTTP_11), None);
    assert_eq!(status(&hosts, "/", &[], Version::HTTP_11), Some(400));
}

#[test]
fn what_can_never_match_is_refused_with_the_right_form() {
    for (wrong, right) in [
        ("https://imq.example/", "\"imq.example\""),
        ("imq.example:7490", "\"imq.example\""),
        ("imq.example/rpc", "\"imq.example\""),
        ("*.", "*.example.com"),
        ("a.*.example", "*.example.com"),
        ("", "imq.example.com"),
        ("a..b", "imq.example.com"),
        ("ümq.example", "imq.example.com"),
    ] {
        let error = wrong.parse::<HostPattern>().unwrap_err().to_string();
        assert!(error.contains(right), "{wrong:?}: {error}");
    }
}
