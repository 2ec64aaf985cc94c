//! Queues that nobody is in, and sessions that say nothing: they are there, so that a fail-over has
//! them to take along. They are a process of their own, since one may open only so many files.
//!
//! It reads its order from standard input, a line of JSON; says `ready` when all is there; creates
//! anew what is gone at each further line and says `gone` and how much it was; and at the end of
//! its input says what its sessions were told.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::flock::{Doors, Ear, Flock};
use super::told::Notices;
use crate::clock::{Clock, nanoseconds};
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::imq::witness::{Told, Witness};
use crate::queues::{Creation, create};

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// What the process is to have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) doors: Doors,
    pub(super) rpc: SocketAddr,
    pub(super) rpc_key: String,
    pub(super) run: u32,
    pub(super) queues: usize,
    /// Each is in a queue of its own.
    pub(super) sessions: usize,
}

impl Order {
    fn queue(&self, number: usize) -> String {
        format!("/idle/{:08x}-{number}", self.run)
    }

    fn member(&self, who: usize) -> Member {
        Member { user: format!("idle-{:08x}-{who}", self.run), room: self.queue(who) }
    }

    /// Creates all queues that aren't there; how many that were.
    fn fill(&self, interrupt: &Interrupt) -> Result<usize> {
        let creation = Creation { server: self.rpc, key: &self.rpc_key };
        create(creation, self.queues, interrupt, |number| self.queue(number))
    }
}

/// The process, for whoever started it.
#[derive(Debug)]
pub(super) struct Bystanders {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Bystanders {
    /// Starts it, and waits until all is there.
    pub(super) fn start(helper: &Path, order: &Order) -> Result<Self> {
        let mut child = Command::new(helper)
            .args(["loadtest", "failover-bystanders"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", helper.display()))?;
        let orders = child.stdin.take();
        let output = child.stdout.take().context("the bystanders' output isn't piped")?;
        let mut bystanders = Self { child, orders, answers: BufReader::new(output) };
        bystanders.say(&serde_json::to_string(order)?)?;
        bystanders.answer("ready")?;
        Ok(bystanders)
    }

    /// Creates the queues that are gone; how many that were.
    pub(super) fn fill(&mut self) -> Result<u64> {
        self.say("fill")?;
        let gone = self.answer("gone ")?;
        gone.trim().parse().with_context(|| format!("the bystanders say {gone:?}"))
    }

    /// Ends it, and says what its sessions were told.
    pub(super) fn end(&mut self) -> Result<Notices> {
        self.orders = None;
        let told = self.answer("told ")?;
        self.child.wait().context("waiting for the bystanders' end")?;
        serde_json::from_str(&told).with_context(|| format!("the bystanders say {told:?}"))
    }

    fn say(&mut self, line: &str) -> Result<()> {
        let orders = self.orders.as_mut().context("the bystanders have been ended")?;
        writeln!(orders, "{line}").context("speaking to the bystanders")
    }

    fn answer(&mut self, beginning: &str) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).context("listening to the bystanders")?;
        match line.strip_prefix(beginning) {
            Some(rest) => Ok(rest.to_owned()),
            None => bail!("the bystanders say {line:?}: what went wrong is above"),
        }
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        self.orders = None;
        // One that has ended already can't be killed, and that is as well.
        let killed = self.child.kill();
        if let Err(error) = killed.and_then(|()| self.child.wait().map(drop)) {
            eprintln!("the bystanders (process {}): {error}", self.child.id());
        }
    }
}

/// The process itself.
///
/// # Errors
/// When the order can't be read, a session isn't let in, or a queue isn't created.
pub fn stand_by() -> Result<()> {
    let interrupt = Interrupt::watch()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("reading the order")?;
    let order: Order = serde_json::from_str(&line).context("reading the order")?;
    order.fill(&interrupt)?;
    let codec = |who| Witness::new(order.member(who));
    let (clock, doors) = (Clock::start(), order.doors.clone());
    let mut flock = Flock::open(clock, doors, order.sessions, &interrupt, codec, &mut Deaf)?;
    let lines = lines()?;
    println!("ready");
    loop {
        interrupt.check()?;
        match lines.try_recv() {
            Ok(_) => println!("gone {}", order.fill(&interrupt)?),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        flock.step(clock.now() + nanoseconds(WAIT_MAX), &mut Deaf)?;
    }
    println!("told {}", serde_json::to_string(&flock.notices())?);
    Ok(())
}

/// Lines of standard input, which a thread of their own waits for.
fn lines() -> Result<Receiver<String>> {
    let (tell, lines) = sync_channel(1);
    std::thread::Builder::new()
        .name("orders".into())
        .spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        })
        .context("starting the thread that reads orders")?;
    Ok(lines)
}

/// Sessions that say nothing have nothing answered, and hear no messages.
#[derive(Debug)]
struct Deaf;

impl Ear for Deaf {
    fn hear(&mut self, _: usize, _: u64, _: &Told, _: Option<&[u8]>) -> Result<bool> {
        Ok(false)
    }

    fn lose(&mut self, _: usize, _: Option<u32>) {}
}
