//! Processes that a test starts, waits for, and ends by their ids.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use link::io::clock::micros;

use crate::http::until;

/// Whoever waits longer than this waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a random test begins with: `IMQ_TEST_SEED` if it is set, else something new. It is printed,
/// so that a run that failed can be had again.
pub(crate) fn seed() -> u64 {
    let given = std::env::var_os("IMQ_TEST_SEED").and_then(|text| text.into_string().ok());
    let seed = given.map_or_else(rand::random, |text| text.parse().expect("a number"));
    println!("seed {seed}");
    seed
}

/// The secrets of the processes that tests start.
pub(crate) const SECRET: &str = "secret-of-a-test";
pub(crate) const RPC_KEY: &str = "rpc-key-of-a-test";
pub(crate) const ADMIN_KEY: &str = "admin-key-of-a-test";

/// A running `imq`, ended with the test.
pub(crate) struct Imq {
    child: Child,
    /// Locked only so that threads may share a cluster.
    lines: Mutex<Receiver<String>>,
    seen: Vec<String>,
    what: String,
}

impl Imq {
    /// Starts `imq` with these words.
    pub(crate) fn start(words: &[&str]) -> Imq {
        Imq::printing(command(words), words)
    }

    /// Starts it likewise, with a token in its environment.
    pub(crate) fn start_with(token: &str, words: &[&str]) -> Imq {
        let mut command = command(words);
        command.env("IMQ_TOKEN", token);
        Imq::printing(command, words)
    }

    /// Starts it with more in its environment.
    pub(crate) fn told(tell: impl FnOnce(&mut Command), words: &[&str]) -> Imq {
        let mut command = command(words);
        tell(&mut command);
        Imq::printing(command, words)
    }

    fn printing(mut command: Command, words: &[&str]) -> Imq {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("imq can be started");
        let stdout = child.stdout.take().expect("it is piped");
        Imq::reading(child, stdout, words)
    }

    /// Starts it likewise; its lines are those of its log.
    pub(crate) fn logged(words: &[&str]) -> Imq {
        Imq::reading_log(command(words), words)
    }

    /// The same, and it may open so many files.
    pub(crate) fn limited(files: u32, words: &[&str]) -> Imq {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={files}")).arg(env!("CARGO_BIN_EXE_imq"));
        Imq::reading_log(settled(command, words), words)
    }

    fn reading_log(mut command: Command, words: &[&str]) -> Imq {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("imq can be started");
        let stderr = child.stderr.take().expect("it is piped");
        Imq::reading(child, stderr, words)
    }

    fn reading(child: Child, output: impl Read + Send + 'static, words: &[&str]) -> Imq {
        let (tell, lines) = sync_channel(10_000);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Imq { child, lines: Mutex::new(lines), seen: Vec::new(), what: words.join(" ") }
    }

    /// Waits for a line of standard output that holds this, and gives it.
    pub(crate) fn line(&mut self, wanted: &str) -> String {
        if let Some(line) = self.seen.iter().find(|line| line.contains(wanted)) {
            return line.clone();
        }
        self.next_line(wanted)
    }

    /// Waits for a new line that holds this.
    pub(crate) fn next_line(&mut self, wanted: &str) -> String {
        self.line_within(wanted, PATIENCE)
    }

    /// Waits for a new line that holds this, which may come so late after the one before it.
    pub(crate) fn line_within(&mut self, wanted: &str, bound: Duration) -> String {
        loop {
            match self.lines.get_mut().expect("no panic").recv_timeout(bound) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(wanted) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("imq {}: no line with {wanted:?} in {:#?}", self.what, self.seen)
                }
            }
        }
    }

    /// The lines that have been waited through.
    pub(crate) fn seen(&self) -> &[String] {
        &self.seen
    }

    /// What is behind this at the beginning of a line: `rpc key: ` for one.
    pub(crate) fn after(&mut self, beginning: &str) -> String {
        let line = self.line(beginning);
        line.trim_start_matches(beginning).trim().to_owned()
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// KiB of memory that it holds.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("KiB")
    }

    /// Kills it as `kill -9` does, and waits for its end.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("it was ours");
    }

    /// Tells it to end, and waits for its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().expect("it was ours").code()
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself; its exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut status = None;
        until("it ends by itself", || {
            status = self.child.try_wait().expect("it is ours");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// Freezes it as a hung machine is, and waits until each of its threads stands still.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.child.id());
        until("it stands still", || {
            let tasks = std::fs::read_dir(&tasks).expect("it is there").map_while(Result::ok);
            let stats = tasks.map(|task| std::fs::read_to_string(task.path().join("stat")));
            stats.map_while(Result::ok).all(|stat| stat.contains(") T "))
        });
    }

    /// Sends it a signal: `CONT` ends a freeze.
    pub(crate) fn signal(&self, name: &str) {
        let (id, name) = (self.child.id().to_string(), format!("-{name}"));
        let told = Command::new("kill").args([&name, &id]).status().expect("kill is there");
        assert!(told.success());
    }
}

impl Drop for Imq {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// Runs `imq` to its end, which comes before anybody loses patience.
pub(crate) fn imq(words: &[&str]) -> Output {
    let child = command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("imq can be started");
    let id = child.id();
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || tell.send(child.wait_with_output()).ok());
    match told.recv_timeout(PATIENCE) {
        Ok(output) => output.expect("its output can be read"),
        Err(_) => {
            let killed = Command::new("kill").args(["-KILL", &id.to_string()]).status();
            panic!("imq {} has not ended: {killed:?}", words.join(" "))
        }
    }
}

/// Runs `imq`, which must succeed; what it printed.
pub(crate) fn imq_ok(words: &[&str]) -> String {
    let output = imq(words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "imq {}: {error}", words.join(" "));
    String::from_utf8(output.stdout).expect("text")
}

/// The environment of a test is its own: nothing of the caller's `IMQ_*` counts.
pub(crate) fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IMQ_") {
            command.env_remove(name);
        }
    }
    command
}

fn command(words: &[&str]) -> Command {
    settled(Command::new(env!("CARGO_BIN_EXE_imq")), words)
}

/// A command of these words, with the secrets of the tests.
fn settled(command: Command, words: &[&str]) -> Command {
    let mut command = without_settings(command);
    command.args(words).env("IMQ_SECRET", SECRET).env("IMQ_RPC_KEY", RPC_KEY);
    command.env("IMQ_ADMIN_KEY", ADMIN_KEY).stdin(Stdio::null());
    command
}

/// By their bases: the ports by which this process keeps others off what it is about to use.
/// And when they were given away.
static TAKEN: Mutex<BTreeMap<u16, (TcpListener, u64)>> = Mutex::new(BTreeMap::new());

/// A port base whose ports are free, and are left so by other runs of these tests: `imq dev
/// --port-base` takes those up to 300 above it.
pub(crate) fn port_base() -> u16 {
    let mut found = None;
    until("ports are free", || {
        found = free_base();
        found.is_some()
    });
    found.expect("it was waited for")
}

fn free_base() -> Option<u16> {
    let mut taken = TAKEN.lock().expect("no panic");
    let mut is_ours = |base: u16| {
        // Looking whether its ports are free would take them from who is about to listen there.
        let is_idle = |at_us: &u64| micros() >= at_us + STARTING.as_micros() as u64;
        taken.get(&base).is_some_and(|(_, at_us)| is_idle(at_us))
            || TcpListener::bind(("127.0.0.1", base + 399))
                .is_ok_and(|ours| taken.insert(base, (ours, 0)).is_none())
    };
    let is_free = |base: u16| {
        let offsets = [0, 1, 80, 81, 90, 91, 100, 101, 200, 201, 290, 291, 300];
        // The first that is taken ends it: others of a cluster may be free for a moment, while one
        // of its processes starts again.
        let ports = offsets.iter().map(|at| TcpListener::bind(("127.0.0.1", base + at)));
        ports.collect::<std::io::Result<Vec<TcpListener>>>().is_ok()
    };
    let mut bases = (20_000..32_000).step_by(400);
    let base = bases.find(|base| is_ours(*base) && is_free(*base))?;
    let (_, at_us) = taken.get_mut(&base)?;
    *at_us = micros();
    Some(base)
}

/// Whoever was given ports listens at all of them after this long.
const STARTING: Duration = Duration::from_secs(5);

/// Runs another program to its end, within a bound; its output.
pub(crate) fn run(program: &str, words: &[&str], bound: Duration) -> (bool, String) {
    run_in(&[], program, words, bound)
}

/// The same with these variables in its environment.
pub(crate) fn run_in(
    environment: &[(&str, &str)],
    program: &str,
    words: &[&str],
    bound: Duration,
) -> (bool, String) {
    let mut child = Command::new(program)
        .args(words)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdout = child.stdout.take().expect("it is piped");
    let (tell, told) = sync_channel(1);
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text);
        tell.send(read.map(|_| text)).ok();
    });
    match told.recv_timeout(bound) {
        Ok(text) => {
            let status = child.wait().expect("it was ours");
            (status.success(), text.expect("text"))
        }
        Err(_) => {
            child.kill().expect("it is ours to kill");
            panic!("{program} {words:?} has not ended within {bound:?}")
        }
    }
}
