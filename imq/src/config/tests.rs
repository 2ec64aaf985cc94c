//! Files, good and bad.

use std::collections::BTreeSet;

use super::*;

#[path = "../../examples/configuration/page.rs"]
mod page;

const REFERENCE: &str = include_str!("../../../docs/configuration-reference.md");

#[test]
fn unknown_keys_are_refused_with_their_place() {
    let problems = File::parse("[gateway]\nlane = 2\n").expect_err("a wrong key");
    assert_eq!(problems[0].line, Some(2));
    assert!(problems[0].text.starts_with("gateway.lane: unknown field"), "{problems:?}");
}

/// Checks what is told of a file: of each problem its line, and words that it has.
fn check(text: &str, wanted: &[(usize, &str)]) {
    let problems = File::parse(text).err().unwrap_or_default();
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    for (problem, (line, words)) in problems.iter().zip(wanted) {
        assert_eq!(problem.line, Some(*line), "{problem}");
        assert!(problem.text.contains(words), "{problem} lacks {words:?}");
    }
}

#[test]
fn all_problems_come_at_once() {
    let text = "[gateway]\nid = \"a b\"\nlanes = 0\nproxies = [\"a\"]\nlisten_rpc = 7490\n\
                dev_oth = true\n[queue_node]\nid = \"\"\nkept_bytes_max = -1\n[gatewy]\n";
    check(
        text,
        &[
            (2, "gateway.id: a node id is"),
            (3, "gateway.lanes is 1 to"),
            (4, "is not a range"),
            (5, "gateway.listen_rpc: invalid type: integer `7490`"),
            (6, "gateway.dev_oth: unknown field"),
            (8, "queue_node.id: a node id is"),
            (9, "queue_node.kept_bytes_max: invalid value: integer `-1`"),
            (10, "gatewy: unknown field"),
        ],
    );
}

#[test]
fn hosts_that_can_never_match_are_refused() {
    let text = "[boss]\nhosts = [\"https://imq.example\"]\n\
        [gateway]\nhosts = [\"imq.example:7490\", \"*.imq.example\"]\n";
    let bad = [(2, "boss.hosts: "), (4, "\"imq.example\"")];
    check(text, &bad);
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
    let good = "[[gateway.rpc_keys]]\nname = \"page\"\nkey_file = \"/k\"\n\
                scopes = [\"write\"]\n";
    let text = format!("{good}queues = [\"/room/*\"]\n");
    check(&text, &[]);
    check(good, &[]);
    check(&format!("{good}queues = []\n"), &[(5, "queues is empty")]);
    check(&format!("{good}queues = [\"/a\",\n\"/a/\"]\n"), &[(6, "matches no queue")]);
    let bad = text.replace("page", "").replace("write", "rite").replace("/room/*", "room");
    check(&bad, &[(2, "without a name"), (4, "no scope \"rite\""), (5, "begins with '/'")]);
    check("[[gateway.rpc_keys]]\nname = \"page\"\n", &[(1, "no key_file"), (1, "no scopes")]);
    let key = std::env::temp_dir().join(format!("imq-key-{}", std::process::id()));
    std::fs::write(&key, "sesame-of-a-page\n").expect("a file");
    let file = File::parse(&text.replace("/k", &key.display().to_string())).expect("good");
    let all = |whole: &str| rpc_keys::all(Some(whole.to_owned()), &file.gateway.rpc_keys);
    let keys = all("all").expect("two keys");
    assert_eq!(
        (keys.len(), keys[1].key.as_str(), keys[1].scopes.len()),
        (2, "sesame-of-a-page", 1)
    );
    assert!(all("sesame-of-a-page").is_err());
    std::fs::remove_file(key).expect("it was there");
}

#[test]
fn all_problems_of_auth_come_at_once() {
    let check = |text: &str, wanted: &[&str]| {
        let problems = File::parse(&format!("[auth]\n{text}")).err().unwrap_or_default();
        assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
        for (problem, wanted) in problems.iter().zip(wanted) {
            assert!(problem.text.contains(wanted), "{problem:?} lacks {wanted:?}");
        }
    };
    check("", &[]);
    check("keys_file = \"k\"\nalgorithms = [\"ES256\"]\naudience = \"imq\"", &[]);
    check("jwks_url = \"https://a.example/jwks\"\njwks_every_s = 60", &[]);
    check("jwks_url = \"http://[::1]:8080/jwks\"", &[]);
    check("jwks_url = \"http://127.0.0.1.evil.example/\"", &["fetched by https"]);
    check("jwks_url = \"http://127.0.0.1:80@evil.example/\"", &["a user or a password"]);
    check("jwks_url = \"ftp://x\"", &["does not begin with https://"]);
    check("jwks_url = \"https:///x\"", &["has no host"]);
    check("jwks_url = \"https://x/\"\nalgorithms = [\"HS256\"]", &["comes from a file"]);
    check("audience = \"imq\"", &["rules but no keys"]);
    let all = "keys_file = \"k\"\njwks_url = \"https://x/\"\njwks_every_s = 1\nissuer = \"\"
        algorithms = [\"none\", \"HS512\"]";
    check(all, &["give one of them", "is 10 to 86400", "issuer is empty", "\"none\"", "\"HS512\""]);
    check("keys_file = \"k\"\nalgorithms = [\"ES256\", \"ES256\"]", &["names ES256 twice"]);
    check("keys_file = \"k\"\nalgorithms = []", &["algorithms is empty"]);
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

#[test]
fn the_reference_is_made_from_the_code() {
    let renew = "cargo run -p imq --example configuration, and look at what changed";
    assert!(REFERENCE == page::text(), "{renew}");
}

/// Secrets are variables that clap doesn't know.
#[test]
fn the_reference_has_every_variable() {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let text = read(&path).expect("a source");
                let begun = text.split("\"IMQ_").skip(1);
                let of_text = begun.filter_map(|rest| rest.split('"').next());
                names.extend(of_text.map(|name| format!("`IMQ_{name}`")));
            }
        }
    }
    assert!(names.contains("`IMQ_SECRET`") && names.len() > 40, "{names:?}");
    let lacking: Vec<_> = names.iter().filter(|name| !REFERENCE.contains(*name)).collect();
    assert!(lacking.is_empty(), "docs/configuration-reference.md lacks {lacking:?}");
}
