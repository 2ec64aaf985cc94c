//! Where secrets may be, and what none is.

use super::*;

/// A file with this text, gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &[u8]) -> Scratch {
        let path = std::env::temp_dir().join(format!("imq-{name}-{}", std::process::id()));
        std::fs::write(&path, text).expect("a file");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

#[test]
fn no_secret_stands_on_the_command_line() {
    let refused = |words: &[&str]| refuse_on_command_line(words).map_err(|why| why.to_string());
    for flag in ["--secret", "--rpc-key", "--admin-key", "--token"] {
        for words in [&["gateway", flag, "hunter2hunter2hunter2"][..], &["boss", flag]] {
            let error = refused(words).expect_err("a secret in ps");
            assert!(error.contains(&format!("{flag}-file FILE")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let joined = format!("{flag}=hunter2");
        assert!(!refused(&["boss", &joined]).expect_err("a secret in ps").contains("hunter2"));
    }
    refused(&["boss", "--secret-file", "/x", "--admin-key-file=/y"]).expect("files");
    refused(&["pub", "/room/1", "chat", "--", "--secret"]).expect("a message");
}

#[test]
fn a_token_is_taken_as_it_is_but_for_the_end_of_its_line() {
    let file = Scratch::new("token", b"short.but.ours\n");
    let read = |file| token("IMQ_NONE", file).expect("it can be read");
    assert_eq!(read(Some(&file.0)), Some("short.but.ours".to_owned()));
    assert_eq!(read(None), None);
}

#[test]
fn short_secrets_are_refused_wherever_they_are() {
    let short = Scratch::new("short", b"123456789012345\n");
    let long = Scratch::new("long", b"1234567890123456\n");
    let error = format!("{:#}", secret("IMQ_NONE", Some(&short.0)).expect_err("15 bytes"));
    assert!(error.contains("15 bytes") && error.contains("at least 16"), "{error}");
    assert!(error.contains("imq-short") && !error.contains("12345678"), "{error}");
    assert!(key("IMQ_NONE", Some(&short.0)).is_err());
    assert!(key_of_file(&short.0).is_err());
    let wanted = Some("1234567890123456".to_owned());
    assert_eq!(secret("IMQ_NONE", Some(&long.0)).expect("16 bytes"), wanted);
    assert_eq!(secret("IMQ_NONE", None).expect("none"), None);
    assert!(checked("").is_err());
}

#[test]
fn a_key_fits_into_a_header() {
    for text in ["a key with spaces in it", "schlüssel-schlüssel", "a\tb-a\tb-a\tb-a\tb-a\tb"] {
        let file = Scratch::new("header", text.as_bytes());
        let error = format!("{:#}", key("IMQ_NONE", Some(&file.0)).expect_err("no header"));
        assert!(error.contains("printable ASCII"), "{error}");
        assert!(secret("IMQ_NONE", Some(&file.0)).is_ok(), "a cluster secret is any text");
    }
}
