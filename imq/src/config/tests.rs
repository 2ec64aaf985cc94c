//! Files, good and bad.

use super::*;

#[test]
fn unknown_keys_are_refused_with_their_place() {
    let error = toml::from_str::<File>("[gateway]\nlane = 2\n").expect_err("a wrong key");
    assert!(error.to_string().contains("lane"), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn all_problems_come_at_once() {
    let text = "[gateway]\nid = \"a b\"\nlanes = 0\nproxies = [\"a\"]\n[queue_node]\nid = \"\"\n";
    let file: File = toml::from_str(text).expect("well-formed");
    assert_eq!(file.problems().len(), 4, "{:?}", file.problems());
}

#[test]
fn hosts_that_can_never_match_are_refused() {
    let text = "[boss]\nhosts = [\"https://imq.example\"]\n\
        [gateway]\nhosts = [\"imq.example:7490\", \"*.imq.example\"]\n";
    let file: File = toml::from_str(text).expect("well-formed");
    let problems = file.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("boss.hosts: ") && problems[1].contains("\"imq.example\""));
}

#[test]
fn the_manual_is_the_default() {
    let manual = include_str!("../../../ops/imq.toml");
    let file: File = toml::from_str(manual).expect("the manual parses");
    assert_eq!(file, File::default(), "every line of the manual is a comment");
    let all = manual.lines().filter_map(|line| line.strip_prefix("# "));
    let options: String = all
        .filter(|line| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')))
        .chain(manual.lines().filter(|line| line.starts_with('[')))
        .fold(String::new(), |text, line| text + line + "\n");
    assert!(options.contains("listen_client"), "{options}");
}

#[test]
fn keys_of_back_ends_are_checked() {
    let text = "[[gateway.rpc_keys]]\nname = \"\"\nkey_file = \"/k\"\n\
        scopes = [\"rite\"]\nqueues = [\"room\"]\n";
    let file: File = toml::from_str(text).expect("well-formed");
    assert_eq!(file.problems().len(), 3, "{:?}", file.problems());
    let key = std::env::temp_dir().join(format!("imq-key-{}", std::process::id()));
    std::fs::write(&key, "sesame\n").expect("a file");
    let text = text.replace("/k", &key.display().to_string()).replace("rite", "write");
    let file: File = toml::from_str(&text).expect("well-formed");
    let all = |whole: &str| rpc_keys::all(Some(whole.to_owned()), &file.gateway.rpc_keys);
    let keys = all("all").expect("two keys");
    assert_eq!((keys.len(), keys[1].key.as_str(), keys[1].scopes.len()), (2, "sesame", 1));
    assert!(all("sesame").is_err());
    std::fs::remove_file(key).expect("it was there");
}

#[test]
fn all_problems_of_auth_come_at_once() {
    let check = |text: &str, wanted: &[&str]| {
        let file: File = toml::from_str(&format!("[auth]\n{text}")).expect("well-formed");
        let problems = file.problems();
        assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
        for (problem, wanted) in problems.iter().zip(wanted) {
            assert!(problem.contains(wanted), "{problem:?} lacks {wanted:?}");
        }
    };
    check("", &[]);
    check("keys_file = \"k\"\nalgorithms = [\"ES256\"]\naudience = \"imq\"", &[]);
    check("jwks_url = \"https://a.example/jwks\"\njwks_every_s = 60", &[]);
    check("jwks_url = \"http://[::1]:8080/jwks\"", &[]);
    check("jwks_url = \"http://127.0.0.1.evil.example/\"", &["fetched by https"]);
    check("jwks_url = \"http://127.0.0.1:80@evil.example/\"", &["fetched by https"]);
    check("jwks_url = \"ftp://x\"", &["does not begin with https://"]);
    check("jwks_url = \"https:///x\"", &["names no host"]);
    check("jwks_url = \"https://x/\"\nalgorithms = [\"HS256\"]", &["comes from a file"]);
    check("audience = \"imq\"", &["rules but no keys"]);
    let all = "keys_file = \"k\"\njwks_url = \"https://x/\"\njwks_every_s = 1\nissuer = \"\"
        algorithms = [\"none\", \"HS512\"]";
    check(all, &["\"none\"", "\"HS512\"", "issuer is empty", "is 10 to 86400", "give one of them"]);
    check("keys_file = \"k\"\nalgorithms = []", &["names none"]);
}

#[test]
fn flags_win_over_the_file() {
    let written: AuthOptions =
        toml::from_str("jwks_url = \"https://x/\"\naudience = \"imq\"").expect("good");
    let given = AuthOptions { keys_file: Some("k".into()), ..AuthOptions::default() };
    let settings = given.or(written).settings().expect("good").expect("keys");
    assert_eq!(settings.source, gateway::io::keys::Source::File("k".into()));
    assert_eq!(settings.rules.audience.as_deref(), Some("imq"));
}
