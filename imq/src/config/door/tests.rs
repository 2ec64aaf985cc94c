//! Options of the door, given, from the file, and by default.

use std::path::PathBuf;

use super::*;

fn at(name: &str) -> Option<PathBuf> {
    Some([env!("CARGO_MANIFEST_DIR"), "../link/testdata/tls", name].iter().collect())
}

#[test]
fn tls_takes_both_files() {
    let none = GatewayOptions::default();
    assert!(none.clients_tls(&none).expect("none is none").is_none());
    let given = GatewayOptions { client_certificate_file: at("node.pem"), ..none.clone() };
    let error = given.clients_tls(&none).expect_err("no key").to_string();
    assert!(error.contains("only one is given"), "{error}");
    let file = GatewayOptions { client_key_file: at("node.key"), ..none.clone() };
    assert!(given.clients_tls(&file).expect("both").is_some());
    let file = GatewayOptions { client_key_file: at("absent.key"), ..none };
    let error = format!("{:#}", given.clients_tls(&file).expect_err("no such file"));
    assert!(error.contains("absent.key"), "{error}");
}

#[test]
fn what_is_given_wins_over_the_file_and_the_default() {
    let text = "proxies = [\"10.0.0.0/8\", \"::1\"]\naddress_attempts_per_s = 7\n";
    let file: GatewayOptions = toml::from_str(text).expect("well-formed");
    let given = GatewayOptions { address_connections_max: Some(0), ..GatewayOptions::default() };
    assert_eq!(given.networks_of_proxies(&file).expect("ranges").len(), 2);
    let limits = AddressLimits { connections_max: None, attempts_per_s: NonZeroU32::new(7) };
    assert_eq!(given.address_limits(&file), limits);
    let given = GatewayOptions { proxies: Some(vec!["a/8".to_owned()]), ..given };
    let error = format!("{:#}", given.networks_of_proxies(&file).expect_err("no range"));
    assert!(error.contains("\"a/8\" is not a range"), "{error}");
}

#[test]
fn silence_is_borne_within_bounds() {
    let none = GatewayOptions::default();
    assert_eq!(none.silence_ms(&none).expect("the default"), 25_000);
    let file: GatewayOptions = toml::from_str("ping_every_ms = 1000").expect("well-formed");
    assert_eq!(none.silence_ms(&file).expect("given"), 1_000);
    let given = |ms| GatewayOptions { ping_every_ms: Some(ms), ..GatewayOptions::default() };
    assert_eq!(given(600_000).silence_ms(&file).expect("given"), 600_000);
    for wrong in [0, 999, 600_001] {
        let error = given(wrong).silence_ms(&none).expect_err("out of bounds").to_string();
        assert_eq!(error, "--ping-every-ms is 1000 to 600000");
        let problems: Vec<String> = given(wrong).problems_at_the_door().collect();
        assert_eq!(problems, ["gateway.ping_every_ms is 1000 to 600000"]);
    }
}

#[test]
fn origins_that_can_not_match_are_refused_with_the_right_form() {
    let none = GatewayOptions::default();
    let given = |list: &[&str]| {
        let origins = Some(list.iter().map(|&text| text.to_owned()).collect());
        GatewayOptions { origins, ..GatewayOptions::default() }
    };
    let wrong = given(&["https://game.example/", "game.example", "localhost:3000"]);
    let problems: Vec<String> = wrong.problems_at_the_door().collect();
    let wanted = [
        r#"gateway.origins: "game.example" has no scheme; write "https://game.example""#,
        r#"gateway.origins: "localhost:3000" has no scheme; write "http://localhost:3000""#,
    ];
    assert_eq!(problems, wanted);
    let error = format!("{:#}", wrong.origins_of_pages(&none).expect_err("no origins"));
    assert_eq!(error, wanted[0].replace("gateway.origins", "--origins"));
    let file = given(&["https://*.game.example"]);
    assert!(none.origins_of_pages(&none).expect("none").is_empty());
    assert!(!none.origins_of_pages(&file).expect("of the file").is_empty());
    let any = given(&["*"]).origins_of_pages(&file).expect("given");
    assert_eq!(any, Origins::any());
}
