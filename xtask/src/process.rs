//! One command at a time, within a bound, with everything it starts.
//!
//! A command runs in a process group of its own, whose leader is a small watcher: it waits for the
//! end of its standard input and then kills the group, itself included. The end comes when the
//! command is done, when its time is over, and when this process dies in whatever way; so nothing
//! a test leaves behind outlives the gate. The leader is alive until then, so the group's number
//! cannot have passed to somebody else.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::clock;

/// Lines that wait between a command's output and the reader of this process.
const LINES_WAITING_MAX: usize = 1024;

/// How long output may still come after the command and its group have ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// Relative to the root of the tree; empty for the root itself.
    pub(crate) folder: String,
    /// Beyond the environment of this process.
    pub(crate) environment: Vec<(String, String)>,
    /// The place in the documentation that says this command, if one does.
    pub(crate) said_at: Option<String>,
}

impl CommandLine {
    /// A command in the root of the tree, given as words with single spaces between them.
    pub(crate) fn new(words: &str) -> CommandLine {
        let mut words = words.split(' ').map(str::to_owned);
        CommandLine {
            program: words.next().unwrap_or_default(),
            arguments: words.collect(),
            folder: String::new(),
            environment: Vec::new(),
            said_at: None,
        }
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))?;
        self.said_at.iter().try_for_each(|place| write!(f, " ({place})"))
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It exited with code 0.
    Succeeded,
    /// It exited with another code, which a signal does not leave.
    Failed(Option<i32>),
    /// Its time was over, and it was killed.
    OutOfTime,
}

impl Ending {
    fn of(status: ExitStatus) -> Ending {
        if status.success() { Ending::Succeeded } else { Ending::Failed(status.code()) }
    }
}

/// What becomes of standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandardError {
    /// It goes where this process's own goes.
    Inherited,
    /// Its lines come with those of standard output.
    Read,
}

/// Runs a command for at most `bound` and hands over its lines as they come.
///
/// # Errors
/// When the command or its watcher cannot be started.
pub(crate) fn run(
    line: &CommandLine,
    root: &Path,
    bound: Duration,
    standard_error: StandardError,
    mut each: impl FnMut(&str),
) -> anyhow::Result<Ending> {
    let group = Group::start()?;
    let mut command = Command::new(&line.program);
    command
        .args(&line.arguments)
        .envs(line.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(root.join(&line.folder))
        .process_group(group.number()?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(match standard_error {
            StandardError::Inherited => Stdio::inherit(),
            StandardError::Read => Stdio::piped(),
        });
    let child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    Ok(follow(child, group, bound, &mut each))
}

enum Event {
    Line(String),
    Closed,
    Exited(ExitStatus),
}

fn follow(
    mut child: Child,
    mut group: Group,
    bound: Duration,
    each: &mut impl FnMut(&str),
) -> Ending {
    let mut deadline = clock::now() + bound;
    let (sender, events) = sync_channel(LINES_WAITING_MAX);
    let mut open = 0;
    if let Some(output) = child.stdout.take() {
        open += 1;
        read_lines(output, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        open += 1;
        read_lines(output, sender.clone());
    }
    thread::spawn(move || {
        if let Ok(status) = child.wait() {
            // Nobody listens any more when the time was over first.
            sender.send(Event::Exited(status)).ok();
        }
    });
    let mut ending = None;
    while open > 0 || ending.is_none() {
        let left = deadline.saturating_duration_since(clock::now());
        match next(&events, left) {
            Some(Event::Line(line)) => each(&line),
            Some(Event::Closed) => open -= 1,
            Some(Event::Exited(status)) => {
                ending.get_or_insert(Ending::of(status));
                group.end();
                deadline = deadline.min(clock::now() + LAST_WORDS);
            }
            None if ending.is_none() => {
                ending = Some(Ending::OutOfTime);
                group.end();
                deadline = clock::now() + LAST_WORDS;
            }
            None => break,
        }
    }
    ending.unwrap_or(Ending::OutOfTime)
}

/// The next event, or none when the time is over, however many lines are still waiting then.
fn next(events: &Receiver<Event>, left: Duration) -> Option<Event> {
    if left.is_zero() { None } else { events.recv_timeout(left).ok() }
}

fn read_lines(output: impl Read + Send + 'static, events: SyncSender<Event>) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n') {
            let Ok(bytes) = line else { break };
            let line = Event::Line(String::from_utf8_lossy(&bytes).into_owned());
            if events.send(line).is_err() {
                return;
            }
        }
        // Nobody listens any more when the time was over first.
        events.send(Event::Closed).ok();
    });
}

/// A process group and its watcher.
struct Group {
    watcher: Child,
}

impl Group {
    fn start() -> anyhow::Result<Group> {
        let watcher = Command::new("sh")
            .args(["-c", "read -r end; kill -s KILL 0"])
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .context("cannot start `sh`, which ends what a command leaves behind")?;
        Ok(Group { watcher })
    }

    fn number(&self) -> anyhow::Result<i32> {
        i32::try_from(self.watcher.id()).context("the watcher's process number is out of range")
    }

    /// Kills all that is left in the group. Doing it again does nothing.
    fn end(&mut self) {
        if self.watcher.stdin.take().is_some() {
            // It can only fail for a process that isn't ours.
            self.watcher.wait().ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
