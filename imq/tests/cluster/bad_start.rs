//! What can be wrong at a start: one clear line and an exit code, never a hang.

use std::net::TcpListener;

use crate::http::try_request;
use crate::process::{ADMIN_KEY, Imq, RPC_KEY, SECRET, imq, port_base};
use crate::roles::Five;

fn check(words: &[&str], wanted: &str) {
    let output = imq(words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{words:?}");
    let line = error.lines().find(|line| line.starts_with("imq: ") || line.starts_with("error: "));
    assert!(line.is_some_and(|line| line.contains(wanted)), "{words:?}: {error}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let data = std::env::temp_dir().join(format!("imq-port-{}", std::process::id()));
    let data = data.display().to_string();
    check(&["boss", "--listen-link", &address, "--data-dir", &data], &address);
    check(&["queue-node", "--id", "q1", "--listen-link", &address], &address);
    check(&["gateway", "--id", "g1", "--listen-client", &address], &address);
    std::fs::remove_dir_all(data).ok();
}

#[test]
fn wrong_words_are_named() {
    check(&["queue-node", "--id", "a b"], "a b");
    check(&["dev", "--copies", "3"], "copies");
    check(&["gateway", "--listen-client", "nowhere"], "nowhere");
    check(&["queue-node"], "--id q1");
    check(&["gateway"], "--id g1");
    let exposed = ["gateway", "--id", "g1", "--dev-auth"];
    check(&[&exposed[..], &["--listen-client", "0.0.0.0:0"]].concat(), "dev_auth");
    check(&[&exposed[..], &["--listen-http", "0.0.0.0:0"]].concat(), "dev_auth");
    check(&["gateway", "--config", "/does/not/exist.toml"], "/does/not/exist.toml");
    check(&["queue-node", "--secret-file", "/does/not/exist"], "/does/not/exist");
    let nobody = imq(&["pub", "/room/1", "chat", "x", "--gateway", "127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2));
}

#[test]
fn secrets_stand_on_no_command_line() {
    for flag in ["--secret", "--rpc-key", "--admin-key"] {
        let wanted = format!("give {flag}-file FILE");
        check(&["gateway", flag, "hunter2hunter2hunter2"], &wanted);
        check(&["boss", &format!("{flag}=hunter2hunter2hunter2")], &wanted);
    }
    let short = std::env::temp_dir().join(format!("imq-short-secret-{}", std::process::id()));
    std::fs::write(&short, "123456789012345").expect("a file");
    let path = short.display().to_string();
    let wanted = format!("{path}: a secret has 15 bytes, at least 16 are needed");
    check(&["queue-node", "--secret-file", &path], &wanted);
    check(&["gateway", "--id", "g1", "--rpc-key-file", &path], &wanted);
    check(&["boss", "--admin-key-file", &path], &wanted);
    std::fs::remove_file(short).expect("it was there");
    let five = Five::start();
    for process in five.queue_nodes.iter().chain(&five.gateways).chain([&five.boss]) {
        let words = std::fs::read(format!("/proc/{}/cmdline", process.id())).expect("it runs");
        let words = String::from_utf8_lossy(&words).into_owned();
        assert!(words.starts_with(env!("CARGO_BIN_EXE_imq")), "{words}");
        for secret in [SECRET, RPC_KEY, ADMIN_KEY] {
            assert!(!words.contains(secret), "{words}");
        }
    }
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_in_the_order_of_lines() {
    let path = std::env::temp_dir().join(format!("imq-wrong-{}.toml", std::process::id()));
    let check_config = |text: &str| {
        std::fs::write(&path, text).expect("a file");
        let output = imq(&["check-config", &path.display().to_string()]);
        let said =
            String::from_utf8_lossy(&output.stderr).replace(&path.display().to_string(), "F");
        (output.status.code(), said)
    };
    let (code, said) = check_config("[gateway]\nlanes = 0\nlane = 1\ndev_auth = \"yes\"\n");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((code, lines.len()), (Some(2), 3), "{said}");
    for (line, wanted) in lines.iter().zip(["F:2: ", "F:3: ", "F:4: "]) {
        assert!(line.starts_with(wanted), "{said}");
    }
    // A cluster configuration is known without being called one.
    let class = "[[class]]\npattern = \"/room/*\"\n";
    assert_eq!(check_config(class), (Some(0), String::new()));
    let (code, said) = check_config(&class.replace("*", "x*"));
    assert!(code == Some(2) && said.starts_with("F:2: class"), "{said}");
    std::fs::write(&path, class).expect("a file");
    check(&["boss", "--config", &path.display().to_string()], "this is a cluster configuration");
    std::fs::remove_file(path).expect("it was there");
}

#[test]
fn without_a_boss_a_node_waits_and_says_so() {
    let base = port_base();
    let (link, http) = (format!("127.0.0.1:{base}"), format!("127.0.0.1:{}", base + 1));
    let at = ["--boss", "127.0.0.1:1", "--listen-link", &link, "--listen-http", &http];
    let _node = Imq::start(&[&["queue-node", "--id", "q1"][..], &at].concat());
    crate::http::until("it says what it waits for", || {
        try_request("GET", base + 1, "/readyz", None, "")
            .is_ok_and(|(status, text)| status == 503 && text.contains("boss"))
    });
}
