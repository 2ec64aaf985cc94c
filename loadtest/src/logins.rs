//! `imq loadtest logins`: what a login costs, a new user each time.
//!
//! A number of slots connect, are welcomed, and leave: by a reset, after which the session is
//! detached and ends with its grace, or by `bye`, which ends it at once. Then they come as somebody
//! else.

mod report;

pub use report::LoginsReport;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::peers::imq::Imq;
use crate::peers::{Event, Member};
use crate::processes::cpu;
use crate::servers::cluster::Shape;
use crate::sources;
use crate::target::{Door, Nodes, Target, Transport};
use crate::traffic::crowd::Crowd;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// What runs before the window.
const WARM_UP: Duration = Duration::from_secs(1);

/// So many refusals end the run: each is answered by the next login.
const REFUSED_MAX: u64 = 10_000;

/// What `logins` is to do.
#[derive(Clone, Debug)]
pub struct LoginsOptions {
    /// The cluster.
    pub target: Target,
    /// How many are under way at a time.
    pub in_flight: usize,
    /// How they log in.
    pub credentials: Credentials,
    /// Whether they leave by `bye`; else by a reset.
    pub bye: bool,
    /// The measured window.
    pub window: Duration,
}

impl LoginsOptions {
    /// 200 at a time, for ten seconds.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            in_flight: 200,
            credentials: Credentials::Believed,
            bye: false,
            window: Duration::from_secs(10),
        }
    }
}

/// Runs the logins.
///
/// # Errors
/// When the cluster doesn't start, or refuses thousands of logins; when interrupted.
pub fn run(options: &LoginsOptions) -> Result<LoginsReport> {
    if options.in_flight == 0 {
        bail!("at least one login is under way at a time");
    }
    let interrupt = Interrupt::watch()?;
    let shape = Shape { keys: options.credentials.keys(), ..Shape::SMALLEST };
    let taken = options.target.take_with(Door::Clients(Transport::Tcp), shape, &interrupt)?;
    let report = logins(options, &taken.nodes, &interrupt);
    report.map_err(|error| taken.explain(error))
}

fn logins(options: &LoginsOptions, nodes: &Nodes, interrupt: &Interrupt) -> Result<LoginsReport> {
    let mut arrivals = Arrivals::new(options, nodes)?;
    for _ in 0..options.in_flight {
        arrivals.join()?;
    }
    arrivals.until(nanoseconds(WARM_UP), interrupt)?;
    let began = Mark::take(&arrivals)?;
    arrivals.until(began.now + nanoseconds(options.window), interrupt)?;
    let ended = Mark::take(&arrivals)?;
    let logins = ended.welcomed - began.welcomed;
    let (window, since) = (ended.now - began.now, |at: usize| ended.cpu[at] - began.cpu[at]);
    let each = |cpu: Nanoseconds| cpu as f64 / 1e3 / logins as f64;
    Ok(LoginsReport {
        bye: options.bye,
        logins,
        logins_per_s: logins as f64 / seconds(window),
        refused: arrivals.refused,
        cpu_us_per_login: each(since(0) + since(1)),
        gateway_us_per_login: each(since(0)),
        queue_node_us_per_login: each(since(1)),
        logins_per_s_per_core: 1e6 / each(since(0) + since(1)),
        server_busy: (since(0) + since(1)) as f64 / window as f64,
        generator_busy: since(2) as f64 / window as f64,
    })
}

/// The counters at one edge of the window.
struct Mark {
    now: Nanoseconds,
    welcomed: u64,
    /// Of gateway, queue node and generator.
    cpu: [Nanoseconds; 3],
}

impl Mark {
    fn take(arrivals: &Arrivals<'_>) -> Result<Self> {
        let Nodes { gateway, queue_node, .. } = *arrivals.nodes;
        let cpu = [cpu::used(&[gateway])?, cpu::used(&[queue_node])?, cpu::own()?];
        Ok(Self { now: arrivals.crowd.now(), welcomed: arrivals.welcomed, cpu })
    }
}

/// Those who come and go.
struct Arrivals<'a> {
    options: &'a LoginsOptions,
    nodes: &'a Nodes,
    crowd: Crowd<Imq>,
    run: u32,
    /// How many have come.
    count: usize,
    welcomed: u64,
    refused: u64,
    /// By slot: it said bye.
    leaving: Vec<bool>,
    progress: Nanoseconds,
}

impl<'a> Arrivals<'a> {
    fn new(options: &'a LoginsOptions, nodes: &'a Nodes) -> Result<Self> {
        Ok(Self {
            options,
            nodes,
            crowd: Crowd::storming(Clock::start())?,
            run: rand::random(),
            count: 0,
            welcomed: 0,
            refused: 0,
            leaving: vec![false; options.in_flight],
            progress: SECOND,
        })
    }

    /// Somebody who never was here.
    fn next(&mut self) -> Result<Imq> {
        let user = format!("login-{:08x}-{}", self.run, self.count);
        let token = self.options.credentials.token(&user, self.count)?;
        self.count += 1;
        Ok(Imq::with_token(Member { user, room: String::new() }, token))
    }

    /// Takes one more slot.
    fn join(&mut self) -> Result<()> {
        let codec = self.next()?;
        let server = self.nodes.address;
        self.crowd.join(server, sources::source(self.count, server), codec)
    }

    /// Resets a slot's connection and comes as somebody else.
    fn renew(&mut self, who: usize) -> Result<()> {
        let codec = self.next()?;
        let server = self.nodes.address;
        self.leaving[who] = false;
        let source = sources::source(self.count, server);
        self.crowd.rejoin(who, server, source, |slot| *slot = codec)
    }

    fn until(&mut self, end: Nanoseconds, interrupt: &Interrupt) -> Result<()> {
        let mut done = Vec::new();
        while self.crowd.now() < end {
            interrupt.check()?;
            self.show();
            self.turn(&mut done)?;
            for who in done.drain(..) {
                self.renew(who)?;
            }
            self.crowd.flush()?;
        }
        Ok(())
    }

    /// Hears who is welcomed, and collects whose slots are free.
    fn turn(&mut self, done: &mut Vec<usize>) -> Result<()> {
        let (bye, welcomed, leaving) = (self.options.bye, &mut self.welcomed, &mut self.leaving);
        self.crowd.turn(WAIT_MAX, |heard| {
            if heard.event == Event::Welcomed {
                *welcomed += 1;
                if bye {
                    leaving[heard.who] = true;
                    Imq::bye(heard.out);
                } else {
                    done.push(heard.who);
                }
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            // A slot that is free already may have lost its connection right behind `welcome`.
            if !done.contains(&loss.who) {
                done.push(loss.who);
                self.refuse(!self.leaving[loss.who], &loss.why.0)?;
            }
        }
        Ok(())
    }

    fn refuse(&mut self, refused: bool, why: &str) -> Result<()> {
        if refused && self.refused == 0 {
            eprintln!("the first that was refused: {why}");
        }
        self.refused += u64::from(refused);
        if self.refused > REFUSED_MAX {
            bail!("{} logins were refused, the last because: {why}", self.refused);
        }
        Ok(())
    }

    /// Says once a second how far the run is.
    fn show(&mut self) {
        let now = self.crowd.now();
        if now >= self.progress {
            self.progress = now + SECOND;
            let Self { welcomed, refused, .. } = self;
            eprintln!("{:>6.1} s: {welcomed} logins, {refused} refused", seconds(now));
        }
    }
}
