//! `docs/guide.md` as a stranger follows it: every file is written, and every command is typed into
//! one shell, in their order. What is printed is compared.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use crate::clients::here;
use crate::document::{Block, blocks};
use crate::process::{PATIENCE, port_base, without_settings};

const GUIDE: &str = include_str!("../../../docs/guide.md");

/// The places in the guide that are others here, with the distances of its ports.
const PORTS: [(&str, u16); 12] = [
    ("7400", 0),
    ("7401", 1),
    ("7480", 80),
    ("7481", 81),
    ("7490", 90),
    ("7491", 91),
    ("7500", 100),
    ("7501", 101),
    ("7600", 200),
    ("7690", 290),
    ("8000", 300),
    ("8001", 301),
];
const FOLDER: &str = "/tmp/imq-guide";
const BUILD: &str = "cargo build --release -p imq";
const BUILT: &str = "$PWD/target/release";

/// What the shell says when it has done a block.
const DONE: &str = "a block is done";

/// Somebody who follows the guide.
struct Reader {
    shell: Child,
    lines: Receiver<String>,
    folder: PathBuf,
    base: u16,
}

impl Reader {
    fn start() -> Reader {
        let base = port_base();
        let folder = std::env::temp_dir().join(format!("imq-guide-{}-{base}", std::process::id()));
        // What it starts is ended with it, as one group.
        let mut shell = without_settings(Command::new("sh"))
            .arg("-e")
            .current_dir(format!("{}/..", env!("CARGO_MANIFEST_DIR")))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is there");
        let stdout = shell.stdout.take().expect("it is piped");
        let (tell, lines) = sync_channel(10_000);
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            // Whoever writes to a pipe that nobody reads ends by it.
            lines.for_each(|line| drop(tell.send(line)));
        });
        Reader { shell, lines, folder, base }
    }

    /// The guide's words, with the places that are others here.
    fn moved(&self, text: &str) -> String {
        let built = Path::new(env!("CARGO_BIN_EXE_imq")).parent().expect("a folder");
        let text = text
            .replace(BUILD, ":")
            .replace(BUILT, &built.display().to_string())
            .replace(FOLDER, &self.folder.display().to_string());
        let mut words = String::new();
        for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            match PORTS.iter().find(|port| port.0 == digits) {
                Some((_, at)) => words += &part.replacen(digits, &(self.base + at).to_string(), 1),
                None => words += part,
            }
        }
        words
    }

    /// Saves a file.
    fn save(&self, block: &Block<'_>) {
        std::fs::write(self.folder.join(block.name), self.moved(&block.text)).expect("a folder");
    }

    /// Types a block; what it prints.
    fn run(&mut self, block: &Block<'_>) -> Vec<String> {
        let typed = format!("{}echo '{DONE}'\n", self.moved(&block.text));
        let shell = self.shell.stdin.as_mut().expect("it is piped");
        shell.write_all(typed.as_bytes()).expect("the shell reads");
        let mut printed = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line == DONE => return printed,
                Ok(line) => printed.push(line),
                Err(error) => panic!("line {}: {error}: {printed:#?}", block.line),
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let group = format!("-{}", self.shell.id());
        Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status().ok();
        self.shell.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// The guide's page, open in something like a browser, which says what the page shows.
struct Page {
    browser: Child,
    lines: Receiver<String>,
}

impl Page {
    /// Opens it, and says something in it once it is in.
    fn open(base: u16) -> Page {
        let (address, origin) = (base + 301, format!("http://localhost:{}", base + 301));
        let address = format!("http://127.0.0.1:{address}/");
        let mut browser = Command::new("node")
            .arg(here("tests/clients/node/page.mjs"))
            .args([&address, &origin, "you are in", "hello from the page"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is there");
        let stdout = browser.stdout.take().expect("it is piped");
        let (tell, lines) = sync_channel(10_000);
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.for_each(|line| drop(tell.send(line)));
        });
        Page { browser, lines }
    }

    /// Fails unless these lines are the next that it shows.
    fn shows(&self, wanted: &[&str]) {
        for line in wanted {
            let shown = self.lines.recv_timeout(PATIENCE);
            assert_eq!(shown.as_deref(), Ok(*line), "of {wanted:?}");
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.browser.kill().ok();
        self.browser.wait().ok();
    }
}

/// Whether a line is as the guide has it, where `…` is anything.
fn fits(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('…');
    let first = parts.next().expect("there is always one");
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut is_open = false;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        is_open = part.is_empty();
    }
    rest.is_empty() || is_open
}

/// Fails unless lines like these were printed, in this order. A line that is `…` alone is any
/// lines.
pub(crate) fn check(wanted: &Block<'_>, printed: &[String]) {
    let mut rest = printed.iter();
    let mut is_loose = false;
    for line in wanted.text.lines() {
        if line == "…" {
            is_loose = true;
            continue;
        }
        let found = if is_loose {
            rest.any(|printed| fits(line, printed))
        } else {
            rest.next().is_some_and(|printed| fits(line, printed))
        };
        assert!(found, "line {}: no {line:?} in {printed:#?}", wanted.line);
        is_loose = false;
    }
    assert!(is_loose || rest.next().is_none(), "line {}: more in {printed:#?}", wanted.line);
}

#[test]
fn a_loop_says_what_it_waits_for() {
    let typed = blocks(GUIDE).into_iter().filter(|block| block.language == "sh");
    let loops: Vec<_> = typed
        .filter(|block| ["until ", "while "].iter().any(|word| block.text.contains(word)))
        .collect();
    assert_eq!(loops.len(), 1, "all waiting is done by one function: {loops:#?}");
    let folder = std::env::temp_dir().join(format!("imq-await-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("boss.log"), "imq: the port is in use\n").expect("a file");
    let mut shell = without_settings(Command::new("sh"))
        .args(["-e", "-c", &format!("{}await 'the moon' false", loops[0].text)])
        .current_dir(&folder)
        .process_group(0)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh is there");
    let stderr = BufReader::new(shell.stderr.take().expect("it is piped"));
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || {
        let mut lines = stderr.lines().map_while(Result::ok);
        let waits = lines.any(|line| line == "still waiting for the moon");
        tell.send(waits && lines.any(|line| line.contains("in use"))).ok();
    });
    let said = told.recv_timeout(PATIENCE);
    let group = format!("-{}", shell.id());
    Command::new("kill").args(["-KILL", "--", &group]).status().expect("kill is there");
    shell.wait().expect("it was ours");
    std::fs::remove_dir_all(folder).expect("it was there");
    assert_eq!(said, Ok(true));
}

#[test]
fn a_stranger_follows_the_guide() {
    let mut reader = Reader::start();
    let mut printed: Option<Vec<String>> = None;
    let mut page: Option<Page> = None;
    let mut pages = 0;
    for block in blocks(GUIDE) {
        if block.language == "text" {
            assert!(block.follows, "line {}: of which command?", block.line);
            check(&block, &printed.take().expect("of a command"));
            if block.text.contains("the page is open")
                && let Some(page) = page.take()
            {
                page.shows(&["server: the page is open"]);
                pages += 1;
            }
            continue;
        }
        let unsaid = printed.take().unwrap_or_default();
        assert!(unsaid.is_empty(), "before line {}: the guide doesn't say {unsaid:?}", block.line);
        match block.language {
            "sh" => {
                printed = Some(reader.run(&block));
                if block.text.contains("-t page") {
                    let open = Page::open(reader.base);
                    open.shows(&["you are in", "dora: hello from the page"]);
                    page = Some(open);
                }
            }
            "php" | "python" | "toml" | "html" => reader.save(&block),
            other => panic!("line {}: nobody knows what to do with {other:?}", block.line),
        }
    }
    assert_eq!(pages, 1, "the guide has a page");
    assert!(!reader.folder.exists(), "the guide leaves nothing behind");
}
