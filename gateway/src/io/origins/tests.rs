//! Tests of what is an origin, what may be written, and who is let in by it.

use super::*;

fn origins(list: &[&str]) -> Origins {
    Origins::new(list.iter().map(|text| text.parse().expect("an origin")).collect())
}

/// The origins that are let in, and those that are not.
fn check(list: &[&str], welcome: &[&str], foreign: &[&str]) {
    let origins = origins(list);
    for given in welcome {
        assert!(origins.allow(given), "{given} by {list:?}");
    }
    for given in foreign {
        assert!(!origins.allow(given), "{given} by {list:?}");
    }
}

#[test]
fn an_entry_is_brought_into_the_form_that_browsers_send() {
    let check = |given: &str, normal: &str| {
        let pattern: Pattern = given.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(pattern.to_string(), normal);
    };
    check("https://game.example", "https://game.example");
    check("HTTPS://Game.Example/", "https://game.example");
    check("https://game.example:443", "https://game.example");
    check("http://game.example:80/", "http://game.example");
    check("http://game.example:443", "http://game.example:443");
    check("http://localhost:3000/", "http://localhost:3000");
    check("http://[0:0::1]:3000", "http://[::1]:3000");
    check("https://müller.example", "https://xn--mller-kva.example");
    check("https://*.Game.Example:443/", "https://*.game.example");
    check("http://*.localhost:3000", "http://*.localhost:3000");
    check("capacitor://localhost", "capacitor://localhost");
    check("*", "*");
}

#[test]
fn what_can_not_match_is_refused_with_the_right_form() {
    let check = |given: &str, wanted: &str| {
        let error = given.parse::<Pattern>().expect_err(given).to_string();
        assert!(error.starts_with(&format!("{given:?} ")), "{error}");
        assert!(error.ends_with(wanted), "{given}: {error}");
    };
    check("game.example", "has no scheme; write \"https://game.example\"");
    check("localhost:3000", "write \"http://localhost:3000\"");
    check("127.0.0.1:3000", "write \"http://127.0.0.1:3000\"");
    check("//game.example/", "write \"https://game.example\"");
    check("https://game.example/play", "write \"https://game.example\"");
    check("https://game.example?a", "write \"https://game.example\"");
    check("https://ann:x@game.example", "write \"https://game.example\"");
    check("wss://game.example/imq/v1/ws", "write \"https://game.example\"");
    check("ws://localhost:7480", "write \"http://localhost:7480\"");
    check("http://localhost:*", "write \"http://localhost\"");
    check("http://localhost:0", "write it like \"https://game.example\"");
    check("http://localhost:99999", "write it like \"https://game.example\"");
    check("https://game.example, https://b.example", "write \"https://game.example\"");
    check("https://*game.example", "write \"https://*.game.example\"");
    check("https://a.*.game.example", "write \"https://*.game.example\"");
    check("*.game.example", "write \"https://*.game.example\"");
    check("*://game.example", "write \"https://game.example\"");
    for stranger in ["https://*.example", "https://*", "https://*.", "https://*.0.0.1"] {
        check(stranger, "write it like \"https://game.example\"");
    }
    check("null", "over HTTP and write its origin, or \"*\" for any page");
    check("file:///home/ann/page.html", "or \"*\" for any page");
    check("", "write it like \"https://game.example\"");
    check("https://", "write it like \"https://game.example\"");
}

#[test]
fn an_origin_lets_in_itself_alone() {
    let welcome = ["https://game.example", "https://GAME.example", "https://game.example:443"];
    let foreign = [
        "http://game.example",
        "https://game.example:8443",
        "https://www.game.example",
        "https://evilgame.example",
        "https://game.example.evil.com",
        "https://game.example@evil.com",
        "https://evil.com#https://game.example",
        "https://game.example/",
        "https://game.example:",
        "https://game.example https://evil.com",
        "https://game%2eexample",
        "null",
        "",
        "*",
    ];
    check(&["https://game.example/"], &welcome, &foreign);
    check(&[], &[], &["https://game.example", "null", ""]);
    check(&["*"], &["https://game.example", "null", "", "anything"], &[]);
}

#[test]
fn a_star_lets_in_what_is_below_and_nothing_else() {
    let welcome =
        ["https://www.game.example", "https://a.b.game.example", "https://A.game.example"];
    let foreign = [
        "https://game.example",
        "http://www.game.example",
        "https://www.game.example:8443",
        "https://evilgame.example",
        "https://game.example.evil.com",
        "https://www.game.example.evil.com",
        "https://www.game.example@evil.com",
        "https://evil.com/.game.example",
        "https://evil.com\\.game.example",
        "https://evil.com?.game.example",
        "https://evil.com:443.game.example",
        "https://.game.example",
        "https://a..game.example",
        "https://*.game.example",
        "null",
    ];
    check(&["https://*.game.example"], &welcome, &foreign);
    check(&["https://*.game.example:8443"], &["https://a.game.example:8443"], &welcome);
    let both = ["https://*.game.example", "https://game.example"];
    check(&both, &["https://game.example", "https://a.game.example"], &["https://b.example"]);
}

#[test]
fn whoever_is_refused_is_told_what_to_add() {
    let origins = origins(&["https://game.example", "https://*.b.example"]);
    let line = origins.advice_in_full("http://LOCALHOST:3000");
    let all = ["https://game.example", "https://*.b.example", "http://localhost:3000"];
    assert!(line.contains(&format!("origins = {all:?} into [gateway]")), "{line}");
    assert!(line.ends_with(&format!("--origins {}", all.join(","))), "{line}");
    assert!(Origins::advice("http://localhost:3000").contains("add \"http://localhost:3000\""));
    assert!(Origins::advice("null").contains("serve it over HTTP"));
    assert!(!Origins::advice("https://\u{202e}/\n").contains('\n'));
}
