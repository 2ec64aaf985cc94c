//! Somebody who types what a guide says, in its order, and looks at what is printed.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use crate::document::{Block, blocks};
use crate::process::{PATIENCE, port_base, without_settings};

const BUILD: &str = "cargo build --release -p imq";
/// The gate has them already.
const PACKAGES: &str = "npm ci && ";
const BUILT: &str = "$PWD/target/release";

/// What the shell says when it has done a block.
const DONE: &str = "a block is done";

/// Somebody who follows a guide.
pub(crate) struct Reader {
    shell: Child,
    lines: Receiver<String>,
    /// The guide's folder, and the one in its place.
    named: &'static str,
    folder: PathBuf,
    base: u16,
}

impl Reader {
    /// In a guide that works in this folder.
    pub(crate) fn start(named: &'static str) -> Reader {
        let base = port_base();
        let folder = std::env::temp_dir().join(format!("imq-guide-{}-{base}", std::process::id()));
        // What it starts is ended with it, as one group.
        let mut shell = without_settings(Command::new("sh"))
            .arg("-e")
            // Where commands look that are told of no place.
            .env("IMQ_PORT_BASE", base.to_string())
            .env("IMQ_GATEWAY", format!("127.0.0.1:{base}"))
            // Without it node 20 has no WebSocket.
            .env("NODE_OPTIONS", "--experimental-websocket")
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
        Reader { shell, lines, named, folder, base }
    }

    /// The first of its ports.
    pub(crate) fn base(&self) -> u16 {
        self.base
    }

    /// Where it works.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Does all that a guide says, and after each block what is to be done then. Of a text behind
    /// commands it is what they print; of one with a name, `page`, only who called knows.
    pub(crate) fn follow(&mut self, guide: &str, mut then: impl FnMut(&mut Reader, &Block<'_>)) {
        let mut printed: Option<Vec<String>> = None;
        for block in blocks(guide) {
            if block.language == "text" && block.name.is_empty() {
                assert!(block.follows, "line {}: of which command?", block.line);
                check(&block, &printed.take().expect("of a command"));
                then(self, &block);
                continue;
            }
            let unsaid = printed.take().unwrap_or_default();
            assert!(unsaid.is_empty(), "before line {}: unsaid: {unsaid:?}", block.line);
            match (block.language, block.name) {
                ("sh", _) => printed = Some(self.run(&block)),
                ("text", _) => {}
                // A fragment, which the library's own tests look at.
                ("js", "") => {}
                ("php" | "python" | "toml" | "html" | "js" | "cfg", _) => self.save(&block),
                (other, _) => panic!("line {}: what is to be done with {other:?}?", block.line),
            }
            then(self, &block);
        }
        assert!(!self.folder.exists(), "the guide leaves nothing behind");
    }

    /// The guide's words, with the places that are others here.
    fn moved(&self, text: &str) -> String {
        let built = Path::new(env!("CARGO_BIN_EXE_imq")).parent().expect("a folder");
        let mut words = String::new();
        for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            match digits.parse().ok().and_then(distance) {
                Some(at) => words += &part.replacen(digits, &(self.base + at).to_string(), 1),
                None => words += part,
            }
        }
        // Behind the ports: the number of a process, in the folder's name, may look like one.
        words
            .replace(BUILD, ":")
            .replace(BUILT, &built.display().to_string())
            .replace(PACKAGES, "")
            .replace(self.named, &self.folder.display().to_string())
    }

    /// Saves a file.
    fn save(&self, block: &Block<'_>) {
        std::fs::write(self.folder.join(block.name), self.moved(&block.text)).expect("a folder");
    }

    /// Types a block; what it prints.
    fn run(&mut self, block: &Block<'_>) -> Vec<String> {
        self.done(&block.text).unwrap_or_else(|why| panic!("line {}: {why}", block.line))
    }

    /// Types commands, each with the end of its line; what they print.
    pub(crate) fn types(&mut self, commands: &str) -> Vec<String> {
        self.done(commands).unwrap_or_else(|why| panic!("{commands}: {why}"))
    }

    fn done(&mut self, commands: &str) -> Result<Vec<String>, String> {
        let typed = format!("{}echo '{DONE}'\n", self.moved(commands));
        let shell = self.shell.stdin.as_mut().expect("it is piped");
        shell.write_all(typed.as_bytes()).expect("the shell reads");
        let mut printed = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line == DONE => return Ok(printed),
                // What doesn't end its line stands before ours.
                Ok(line) => match line.strip_suffix(DONE) {
                    Some(last) => {
                        printed.push(last.to_owned());
                        return Ok(printed);
                    }
                    None => printed.push(line),
                },
                Err(error) => return Err(format!("{error}: {printed:#?}")),
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

/// How far a port of a guide is from the first one here; none if a number is no port.
fn distance(port: u16) -> Option<u16> {
    match port {
        7400..7700 => Some(port - 7400),
        8000..8010 => Some(port - 7700),
        _ => None,
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
