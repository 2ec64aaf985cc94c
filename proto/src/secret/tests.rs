//! What is shown, and what isn't.

use super::*;

#[test]
fn what_looks_like_a_secret_is_not_shown() {
    let check = |text: &str, wanted: &str| assert_eq!(redacted(text), wanted, "{text}");
    check("secret = \"whsec_QUJD+/=\"\n", "secret = \"[redacted]\"\n");
    check("# whsec_QUJD whsec_REVG\n", "# [redacted] [redacted]\n");
    check("`whsec_` and base64", "`whsec_` and base64");
    check("url = 'https://ann:pass@app.example/x'", "url = 'https://[redacted]@app.example/x'");
    check(
        "https://ann@a.example https://b.example",
        "https://[redacted]@a.example https://b.example",
    );
    check("https://a:b@c@app.example/", "https://[redacted]@app.example/");
    check("https://app.example/a@b?c=d@e", "https://app.example/a@b?c=d@e");
    check("mail a@b.example", "mail a@b.example");
    assert_eq!(format!("{:?}", Secret::from("whsec_QUJD")), "[redacted]");
}

#[test]
fn urls_with_users_are_known() {
    for url in ["http://a:b@c/", "https://a@c", "http://:@c"] {
        assert!(has_user(url), "{url}");
    }
    for url in ["http://c/", "https://c/a@b", "a@b", "http://c?x=a@b"] {
        assert!(!has_user(url), "{url}");
    }
}

#[test]
fn a_webhook_secret_has_24_to_64_bytes() {
    let key = |bytes: usize| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(vec![7; bytes]);
        Secret::from(format!("whsec_{text}").as_str()).webhook_key().map(|key| key.len())
    };
    assert_eq!([key(23), key(24), key(64), key(65)], [None, Some(24), Some(64), None]);
    assert_eq!(Secret::from("hunter2hunter2hunter2hunter2").webhook_key(), None);
    assert_eq!(Secret::from(REDACTED).webhook_key(), None);
}
