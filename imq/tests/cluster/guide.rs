//! The guides as a stranger follows them: every file is written, and every command is typed into
//! one shell, in their order. What is printed is compared.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use link::io::clock::micros;

use crate::clients::here;
use crate::document::blocks;
use crate::process::{PATIENCE, run, without_settings};
use crate::reader::Reader;

const GUIDE: &str = include_str!("../../../docs/guide.md");
const OF_PAGES: &str = include_str!("../../../docs/guide-frontend.md");
const OF_OPERATORS: &str = include_str!("../../../docs/guide-operator.md");

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
    let mut page: Option<Page> = None;
    let mut pages = 0;
    let mut reader = Reader::start("/tmp/imq-guide");
    reader.follow(GUIDE, |reader, block| {
        if block.language == "sh" && block.text.contains("-t page") {
            let open = Page::open(reader.base());
            open.shows(&["you are in", "dora: hello from the page"]);
            page = Some(open);
        }
        if block.language == "text"
            && block.text.contains("the page is open")
            && let Some(page) = page.take()
        {
            page.shows(&["server: the page is open"]);
            pages += 1;
        }
    });
    assert_eq!(pages, 1, "the guide has a page");
}

/// From an empty file to a page of one's own that shows its first events, for who types at once.
const OWN_PAGE_US_MAX: u64 = 30_000_000;

/// Its page is opened by a real browser.
#[test]
fn a_stranger_follows_the_guide_of_pages() {
    let mut pages = 0;
    let mut begun_us = 0;
    let mut reader = Reader::start("/tmp/imq-page");
    reader.follow(OF_PAGES, |reader, block| {
        if block.name == "page/index.html" {
            begun_us = micros();
        }
        if let Some(of_page) = block.name.strip_prefix("page ") {
            let url = format!("http://127.0.0.1:{}/{of_page}", reader.base() + 301);
            let browser = here("tests/clients/node/page-width.mjs");
            let words: Vec<&str> =
                [&*browser, &*url].into_iter().chain(block.text.lines()).collect();
            let (good, said) = run("node", &words, 2 * PATIENCE);
            assert!(good, "line {}: {said}", block.line);
            let took_us = micros() - begun_us;
            println!("a page of one's own after {} ms", took_us / 1_000);
            assert!(took_us <= OWN_PAGE_US_MAX, "{took_us} µs");
            pages += 1;
        }
    });
    assert_eq!(pages, 1, "the guide has a page");
}

#[test]
fn a_stranger_follows_the_guide_of_operators() {
    Reader::start("/tmp/imq-three").follow(OF_OPERATORS, |_, _| {});
}
