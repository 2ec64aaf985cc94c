//! `docs/cli.md` as its reader types it, and what it says of the command line.

use std::process::Command;

use imq_sdk::{Client, Options, SubscribeOptions};
use serde_json::Value;

use crate::dev::Dev;
use crate::document::blocks;
use crate::folder::Folder;
use crate::http::until;
use crate::process::{Imq, imq, imq_ok, without_settings};
use crate::reader::check;

const DOCUMENT: &str = include_str!("../../../docs/cli.md");

/// More than a page holds.
const MEMBERS: usize = 1_010;

/// A shell in a folder of its own, whose `imq` is the one that is tested.
struct Shell {
    dev: Dev,
    admin_key: String,
    folder: Folder,
}

impl Shell {
    fn start() -> Shell {
        let mut dev = Dev::start();
        let admin_key = dev.imq.after("admin key: ");
        let shell = Shell { dev, admin_key, folder: Folder::new() };
        // The boss hears that a node serves with its next report.
        let nodes = || imq_ok(&["ctl", "nodes", "--boss", &shell.boss()]);
        until("all four are available", || nodes().matches("is available").count() == 4);
        shell
    }

    fn boss(&self) -> String {
        format!("http://127.0.0.1:{}", self.dev.base + 100)
    }

    /// The commands with the ports of this cluster in the place of the usual ones.
    fn moved(&self, text: &str) -> String {
        let rpc = format!("127.0.0.1:{}", self.dev.base + 90);
        text.replace("127.0.0.1:7400", &self.dev.gateway(0))
            .replace("127.0.0.1:7490", &rpc)
            .replace("http://127.0.0.1:7500", &self.boss())
    }

    /// Types this; what it prints.
    fn run(&self, text: &str) -> Vec<String> {
        let gateway = self.dev.gateway(0);
        let built = std::path::Path::new(env!("CARGO_BIN_EXE_imq")).parent().expect("a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = format!("{}:{}", built.display(), path.to_string_lossy());
        let output = without_settings(Command::new("sh"))
            .args(["-e", "-c", &self.moved(text)])
            .current_dir(self.folder.path(""))
            .env("PATH", path)
            .env("IMQ_GATEWAY", &gateway)
            .env("IMQ_BOSS_URL", self.boss())
            .env("IMQ_ADMIN_KEY", &self.admin_key)
            .output()
            .expect("sh is there");
        let error = String::from_utf8_lossy(&output.stderr).replace(&gateway, "127.0.0.1:7400");
        assert!(output.status.success(), "{text}{error}");
        let printed = String::from_utf8(output.stdout).expect("text");
        assert!(!printed.contains('\u{1b}'), "colours are for terminals: {printed}");
        printed.replace(&gateway, "127.0.0.1:7400").lines().map(str::to_owned).collect()
    }
}

#[test]
fn every_command_of_the_document_prints_what_it_says() {
    let shell = Shell::start();
    let gateway = shell.dev.gateway(0);
    let mut ann = Imq::start(&["sub", "/room/1", "--user", "ann", "--gateway", &gateway]);
    ann.line("subscribed");
    let mut printed: Option<Vec<String>> = None;
    let mut count = 0;
    for block in blocks(DOCUMENT) {
        match block.language {
            "sh" => printed = Some(shell.run(&block.text)),
            "text" => {
                check(&block, &printed.take().expect("of a command"));
                count += 1;
            }
            other => panic!("line {}: nobody knows what to do with {other:?}", block.line),
        }
    }
    assert!(count > 12, "{count}");
    assert_eq!(ann.end(), Some(1), "ann was kicked");
}

#[test]
fn the_document_has_every_command_of_ctl() {
    let help = imq_ok(&["ctl", "--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(names.len() > 10, "{help}");
    for name in names {
        assert!(DOCUMENT.contains(&format!("ctl {name}")), "{name}");
    }
}

#[test]
fn refusals_name_their_page_and_exit_codes_tell_them_apart() {
    let shell = Shell::start();
    let (boss, gateway) = (shell.boss(), shell.dev.gateway(0));
    let key = shell.folder.path("admin-key");
    std::fs::write(&key, &shell.admin_key).expect("a folder");
    let said = |words: &[&str]| {
        let output = imq(words);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let admin = ["--boss", &boss, "--admin-key-file", &key];
    let (code, error) = said(&[&["ctl", "kick", "nobody"][..], &admin].concat());
    assert!(code == Some(1) && error.contains("see docs/errors/not_found.md"), "{error}");
    let (code, error) = said(&["ctl", "queues", "/room/none", "--boss", &boss]);
    assert!(code == Some(1) && error.contains("there is no queue"), "{error}");
    // The key of the tests is another one than that of `imq dev`.
    let (code, error) = said(&["ctl", "kick", "ann", "--boss", &boss]);
    assert!(code == Some(1) && error.contains("see docs/errors/unauthenticated.md"), "{error}");
    let (code, error) = said(&["ctl", "nodes", "--boss", "http://127.0.0.1:1"]);
    assert!(code == Some(2) && error.contains("the boss can't be asked"), "{error}");
    let door = ["--gateway", &gateway];
    let (code, error) = said(&[&["pub", "/nowhere/1", "chat", "x"][..], &door].concat());
    assert!(code == Some(1) && error.contains("see docs/errors/not_found.md"), "{error}");
    let (code, error) = said(&[&["sub", "/room/1", "--user", ""][..], &door].concat());
    assert!(code == Some(2) && error.contains("see docs/errors/3501.md"), "{error}");
    let (code, _) = said(&["ctl", "nothing"]);
    assert_eq!(code, Some(2));
}

#[test]
fn documents_for_programs_are_json() {
    let shell = Shell::start();
    let boss = shell.boss();
    imq_ok(&["pub", "/room/1", "chat", "x", "--gateway", &shell.dev.gateway(0)]);
    for words in [
        &["ctl", "nodes"][..],
        &["ctl", "table"],
        &["ctl", "where", "/room/1"],
        &["ctl", "queues", "/room/1"],
        &["ctl", "queues", "--busy"],
        &["ctl", "members", "/room/1"],
        &["ctl", "events"],
        &["ctl", "config"],
        &["ctl", "config", "history"],
        &["ctl", "report", "connections"],
        &["top"],
        &["doctor"],
    ] {
        let text = imq_ok(&[words, &["--json", "--boss", &boss]].concat());
        let document: Result<Value, _> = serde_json::from_str(&text);
        assert!(document.is_ok_and(|document| document.is_object()), "{words:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{words:?}: {text}");
    }
}

#[test]
fn all_pages_of_members_are_printed() {
    let shell = Shell::start();
    let names: Vec<String> = (0..MEMBERS).map(|at| format!("user-{at:04}")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let _members = runtime.block_on(async {
        let mut members = Vec::new();
        for user in &names {
            let (addresses, user) = (vec![shell.dev.gateway(0)], user.clone());
            let options = Options { addresses, user, ..Options::default() };
            let client = Client::connect(options).await.expect("the gateway is there");
            // Nobody is told of the others.
            let mounts = vec!["scores".to_owned()];
            let wanted = SubscribeOptions { mounts, ..SubscribeOptions::default() };
            let room = client.subscribe("/room/1", wanted).await.expect("the room is open");
            members.push((client, room));
        }
        members
    });
    let boss = shell.boss();
    let printed = imq_ok(&["ctl", "members", "/room/1", "--boss", &boss]);
    let expected: String = names.iter().map(|name| format!("{name}\n")).collect();
    assert_eq!(printed, expected);
    let json = imq_ok(&["ctl", "members", "/room/1", "--json", "--boss", &boss]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["members"].as_array().map(Vec::len), Some(MEMBERS));
}

#[test]
fn events_are_followed_and_text_of_strangers_is_escaped() {
    let shell = Shell::start();
    let (boss, gateway) = (shell.boss(), shell.dev.gateway(0));
    let mut events = Imq::start(&["ctl", "events", "--follow", "--boss", &boss]);
    events.line("the first table");
    let mut tail = Imq::start(&["tail", "/room/1", "--user", "ann", "--gateway", &gateway]);
    tail.line("/room/1 subscribed, with ann");
    let evil = "\u{1b}[2J\u{202e}gone\nforged";
    imq_ok(&["pub", "/room/1", "chat", evil, "--user", "ben", "--gateway", &gateway]);
    let line = tail.line("chat ben: ");
    assert!(line.ends_with("chat ben: \\u{1b}[2J\\u{202e}gone\\nforged"), "{line}");
    shell.run("imq ctl config > c.toml; echo '# New.' >> c.toml; imq ctl config set c.toml");
    events.line("config");
}

#[test]
fn tail_says_that_its_connection_was_lost() {
    let shell = Shell::start();
    let doors = format!("{},{}", shell.dev.gateway(0), shell.dev.gateway(1));
    let words = ["tail", "/room/1", "/room/2", "--user", "ann", "--json", "--gateway", &doors];
    let mut tail = Imq::start(&words);
    for queue in ["/room/1", "/room/2"] {
        let line: Value = serde_json::from_str(&tail.line(queue)).expect("JSON");
        assert!(line["subscribed"].is_object() && line["at_ms"].is_u64(), "{line}");
    }
    let mut shell = shell;
    assert_eq!(shell.dev.imq.stop(), Some(0));
    let line: Value = serde_json::from_str(&tail.line("\"connection\"")).expect("JSON");
    assert_eq!(line["connection"]["up"], false, "{line}");
    assert!(tail.is_running(), "it connects again when it can");
}

#[test]
fn doctor_fails_where_something_is_wrong() {
    let shell = Shell::start();
    let (boss, folder) = (shell.boss(), &shell.folder);
    let (file, token) = (folder.path("imq.toml"), folder.path("token"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let config = format!(
        "[boss]\nlisten_link = \"{}\"\n[gateway]\norigins = [\"https://game.example\"]\n",
        taken.local_addr().expect("an address")
    );
    std::fs::write(&file, config).expect("a folder");
    std::fs::write(&token, "aa.eyJzdWIiOiJhbm4iLCJleHAiOjE4fQ.bb").expect("a folder");
    let page = ["--origin", "https://other.example", "--token-file", &token];
    let words = ["doctor", "--json", "--boss", &boss, "--config", &file];
    let output = imq(&[&words[..], &page].concat());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let failed = report["checks"].as_array().expect("a list").iter();
    let failed: Vec<&Value> = failed.filter(|check| check["verdict"] == "fail").collect();
    for wanted in ["port", "origin", "token"] {
        assert!(failed.iter().any(|check| check["check"] == wanted), "{wanted}: {report}");
    }
    assert!(failed.iter().all(|check| check["advice"].is_string()), "{report}");
    let away = imq(&["doctor", "--boss", "http://127.0.0.1:1"]);
    let text = String::from_utf8_lossy(&away.stdout).into_owned();
    assert!(away.status.code() == Some(1) && text.contains("FAIL boss"), "{text}");
}

#[test]
fn shells_and_man_know_every_command() {
    let folder = Folder::new();
    let script = imq_ok(&["completions", "bash"]);
    let path = folder.path("imq.bash");
    std::fs::write(&path, &script).expect("a folder");
    let probe = format!(
        "source {path}; COMP_WORDS=(imq ctl ki); COMP_CWORD=2; _imq imq ki ctl
        echo ${{COMPREPLY[*]}}"
    );
    let output = Command::new("bash").args(["-c", &probe]).output().expect("bash is there");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "kick\n", "{error}");
    for shell in ["zsh", "fish"] {
        assert!(imq_ok(&["completions", shell]).contains("check-config"), "{shell}");
    }
    let help = imq_ok(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(names.contains(&"doctor") && names.len() > 15, "{help}");
    let page = imq_ok(&["man"]);
    imq_ok(&["man", &folder.path("man1")]);
    for name in names {
        let roff = name.replace('-', "\\-");
        assert!(page.contains(&format!("imq\\-{roff}(1)")), "{name}: {page}");
        let own = std::fs::read_to_string(folder.path(&format!("man1/imq-{name}.1")));
        assert!(own.is_ok_and(|text| text.contains(".SH SYNOPSIS")), "{name}");
    }
}
