//! Which URLs clients can be sent to.

use super::*;

#[test]
fn a_url_has_a_scheme_a_host_and_a_port() {
    for text in ["tcp://10.0.0.1:7400", "tls://g1:7400", "ws://[::1]:7480", "wss://g1.example:443"]
    {
        assert_eq!(text.parse::<ClientUrl>().unwrap().to_string(), text);
        assert_eq!(format!("{text}/").parse::<ClientUrl>().unwrap().to_string(), text);
    }
    let long = format!("wss://{}:443", "a".repeat(limits::DOOR_ADDRESS_BYTES_MAX));
    for text in [
        "",
        "g1:7400",
        "http://g1:80",
        "wss://g1",
        "wss://g1:0",
        "wss://g1:70000",
        "wss://:443",
        "wss://g1:443/imq/v1/ws",
        "wss://ann@g1:443",
        "wss://a b:443",
        "ws://::1:80",
        "ws://[g1]:80",
        &long,
    ] {
        assert!(text.parse::<ClientUrl>().is_err(), "{text}");
    }
}

#[test]
fn a_port_is_of_one_transport() {
    let url = |text: &str| text.parse::<ClientUrl>().unwrap();
    assert!(url("tcp://a:1").is_of_same_port(&url("tls://b:2")));
    assert!(url("ws://a:1").is_of_same_port(&url("wss://b:2")));
    assert!(!url("tcp://a:1").is_of_same_port(&url("ws://a:1")));
}
