//! Every block of commands in the documents is run, here or elsewhere, or it is said why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::document::{Block, blocks};
use crate::http::until;
use crate::reader::Reader;
use crate::roles::Five;

/// What becomes of a block of commands.
enum How {
    /// The test below types it.
    Here,
    /// This file does, which has these words.
    By(&'static str, &'static str),
    /// It can't be run by a test, for this reason.
    Not(&'static str),
}

use How::{By, Here, Not};

const GUIDES: &str = "imq/tests/cluster/guide.rs";
const GATE: &str = "xtask/src/stage.rs";
const SERVICES: &str = "ops/systemd/check.py types it under a systemd in namespaces";

/// By document and the beginning of the block; an empty one is all of them.
const BLOCKS: [(&str, &str, How); 35] = [
    ("README.md", "cargo run --release -- dev", Here),
    ("README.md", "cargo run --release -- sub", Here),
    ("README.md", "cargo run --release -- pub", Here),
    ("README.md", "curl -s -H", Here),
    ("README.md", "export IMQ_SECRET=", By("imq/tests/cluster/roles.rs", "README.md")),
    ("README.md", "cargo run --release -- compare", By("imq/tests/load/main.rs", "compare")),
    ("README.md", "cargo xtask test", Not("it is what runs this test")),
    ("demo/README.md", "(cd sdk/js", By(GATE, "demo/build.mjs")),
    ("docs/cli.md", "", By("imq/tests/cluster/cli.rs", "docs/cli.md")),
    ("docs/authentication.md", "openssl rand", Here),
    ("docs/authentication.md", "IMQ_TOKEN=", Here),
    ("docs/authentication.md", "openssl genpkey", Here),
    ("docs/configuration.md", "curl -H", Here),
    ("docs/guide.md", "", By(GUIDES, "guide.md")),
    ("docs/guide-frontend.md", "", By(GUIDES, "guide-frontend.md")),
    ("docs/guide-operator.md", "", By(GUIDES, "guide-operator.md")),
    ("docs/rpc.md", "", By("imq/tests/cluster/rpc.rs", "docs/rpc.md")),
    ("docs/runbook.md", "imq ctl nodes", Here),
    ("imq/tests/clients/README.md", "", By("imq/tests/cluster/clients.rs", "check.mjs")),
    ("ops/haproxy/README.md", "for backend in", Not("it stops a service of systemd's")),
    ("ops/kubernetes/README.md", "kubectl", Not("it needs a Kubernetes cluster")),
    ("ops/systemd/README.md", "install -m", Not(SERVICES)),
    ("packages/README.md", "cargo build", By("packages/test.py", "build(self.imq")),
    ("packages/README.md", "npm install", By("packages/test.py", "README.md")),
    ("packages/README.md", "pipx run", By("packages/test.py", "README.md")),
    ("sdk/js/README.md", "cargo run --release -- dev", By("imq/tests/cluster/dev.rs", "dev")),
    ("sdk/js/README.md", "cd sdk/js", By("sdk/js/test/server.test.mjs", "example/first.mjs")),
    ("sdk/js/README.md", "npm test", By(GATE, "npm run size")),
    ("sdk/php/README.md", "php tests/run.php", By("imq/tests/cluster/php.rs", "tests/run.php")),
    ("sdk/php/example/README.md", "sh sdk", By("imq/tests/cluster/php.rs", "example/run.sh")),
    ("sdk/php/example/README.md", "curl", By("sdk/php/tests/example_test.php", "/rooms/password")),
    ("sdk/python/README.md", "cargo run", By("imq/tests/cluster/dev.rs", "dev")),
    ("sdk/python/README.md", "cd sdk", By("sdk/python/tests/test_readme.py", "example/first.py")),
    ("sdk/python/README.md", ".venv/bin", By("sdk/python/tests/test_readme.py", "back_end.py")),
    ("sdk/python/README.md", "PYTHONPATH", By(GATE, "python3 -m tests")),
];

/// The languages of blocks that hold commands.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 5] = [".git", "target", "node_modules", "vendor", "__pycache__"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of all documents.
fn documents() -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if entry.path().is_dir() && !FOREIGN.contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_block_of_commands_is_run_or_it_is_said_why_not() {
    let mut met = BTreeSet::new();
    for path in documents() {
        let text = read(&path);
        for block in blocks(&text).iter().filter(|block| SHELLS.contains(&block.language)) {
            let is_it = |(document, begins, _): &(&str, &str, How)| {
                *document == path && block.text.starts_with(begins)
            };
            let at: Vec<usize> = (0..BLOCKS.len()).filter(|at| is_it(&BLOCKS[*at])).collect();
            assert_eq!(at.len(), 1, "{path}:{}: who runs this?\n{}", block.line, block.text);
            met.extend(at);
        }
    }
    for (at, (document, begins, how)) in BLOCKS.iter().enumerate() {
        assert!(met.contains(&at), "{document} has no commands {begins:?} any more");
        match how {
            By(file, words) => assert!(read(file).contains(words), "{file} lacks {words:?}"),
            Not(reason) => assert!(reason.len() > 10, "{document}: {begins}: why?"),
            Here => {}
        }
    }
}

/// Somebody who looks things up in the documents and types them.
struct Looker {
    reader: Reader,
    typed: BTreeSet<(&'static str, &'static str)>,
}

impl Looker {
    /// The commands of a block with what is another here in its place, and what is behind them.
    fn types(
        &mut self,
        document: &'static str,
        begins: &'static str,
        others: &[(&str, &str)],
        behind: &str,
    ) -> String {
        let text = read(document);
        let is_it =
            |block: &Block<'_>| SHELLS.contains(&block.language) && block.text.starts_with(begins);
        let block = blocks(&text).into_iter().find(is_it).expect("the commands are there");
        let mut typed = format!("{}{behind}", block.text.trim_end());
        for (theirs, ours) in others.iter().chain(&[("cargo run --release --", "imq")]) {
            typed = typed.replace(theirs, ours);
        }
        self.typed.insert((document, begins));
        self.reader.types(&format!("{typed}\n")).join("\n")
    }

    /// Waits until a file in the folder has these words; the line.
    fn sees(&self, file: &str, words: &str) -> String {
        let mut found = None;
        until(&format!("{words:?} in {file}"), || {
            let text = fs::read_to_string(self.reader.folder().join(file)).unwrap_or_default();
            found = text.lines().find(|line| line.contains(words)).map(str::to_owned);
            found.is_some()
        });
        found.expect("it was waited for")
    }

    /// By a file: four digits of a key may be those of a port, which are others in what is typed.
    fn sets(&mut self, variable: &str, value: &str) {
        fs::write(self.reader.folder().join(variable), value).expect("a file of its own");
        let typed = format!("export {variable}=\"$(cat {variable})\"\n");
        assert!(self.reader.types(&typed).is_empty());
    }
}

#[test]
fn what_the_documents_tell_people_to_type_works() {
    let mut looker = Looker { reader: Reader::start("/tmp/imq-documents"), typed: BTreeSet::new() };
    let imq = Path::new(env!("CARGO_BIN_EXE_imq")).parent().expect("a folder").display();
    let cluster = root().join("boss/src/default-cluster.toml").display().to_string();
    looker.reader.types(&format!(
        "PATH=\"{imq}:$PATH\"; mkdir -p /tmp/imq-documents/shop; cd /tmp/imq-documents; \
         cp {cluster} cluster.toml\n"
    ));

    looker.types("README.md", "cargo run --release -- dev", &[], " >dev.log 2>&1 &");
    looker.sees("dev.log", "imq: ready");
    looker.types("README.md", "cargo run --release -- sub", &[], " >sub.log 2>&1 &");
    looker.sees("sub.log", "subscribed");
    let said = looker.types("README.md", "cargo run --release -- pub", &[], "");
    assert!(said.ends_with("ann = 10"), "{said}");
    looker.sees("sub.log", "hello");
    for (variable, beginning) in [("KEY", "rpc key: "), ("ADMIN_KEY", "admin key: ")] {
        let line = looker.sees("dev.log", beginning);
        let (_, value) = line.split_once(beginning).expect("it has it");
        looker.sets(variable, value);
    }
    let said = looker.types("README.md", "curl -s -H", &[], "");
    assert!(said.contains("\"seq\""), "{said}");
    looker.sees("sub.log", "hi");
    let said = looker.types("docs/configuration.md", "curl -H", &[], "");
    assert!(said.contains("\"version\""), "{said}");
    // What the doctor finds on this machine is no mistake of the document's.
    looker.reader.types("set +e\n");
    let said = looker.types("docs/runbook.md", "imq ctl nodes", &[("10.0.0.5", "127.0.0.1")], "");
    looker.reader.types("set -e\n");
    for words in ["hosts that may die", "bucket", "q1 joined from", "3 clients by unsent"] {
        assert!(said.contains(words), "{words:?}: {said}");
    }

    let folders = [("/etc/imq", "."), ("/etc/shop", "shop")];
    looker.types("docs/authentication.md", "openssl rand", &folders, "");
    let keys = looker.reader.folder().join("keys").display().to_string();
    let five = Five::start_with(&["--auth-keys-file", &keys, "--auth-audience", "imq"]);
    looker.sets("IMQ_GATEWAY", &five.gateway(0));
    looker.types("docs/authentication.md", "IMQ_TOKEN=", &folders, " >of-ann.log 2>&1 &");
    looker.sees("of-ann.log", "subscribed");
    let said = looker.types("docs/authentication.md", "openssl genpkey", &folders, "");
    assert_eq!(said.trim().split('.').count(), 3, "{said} is a token");

    let here = BLOCKS.iter().filter(|(.., how)| matches!(how, Here));
    let here: BTreeSet<_> = here.map(|(document, begins, _)| (*document, *begins)).collect();
    assert_eq!(looker.typed, here, "what is run here, and what the list says of it");
}
