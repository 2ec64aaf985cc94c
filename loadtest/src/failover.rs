//! `imq loadtest failover`: queue nodes die under load, one after the other, and come back.
//!
//! Talkers in rooms of a few and senders to probe rooms publish at a steady pace, while queues that
//! nobody is in and sessions that say nothing are there as well. What became of each publish is
//! kept, and what each subscriber saw: afterwards each message is judged, and the history of each
//! room is compared with what its subscribers saw. How long nothing came is told by probe rooms, to
//! each of which a thousand messages a second are sent: those whose node was killed, and others.

mod audit;
mod boss;
mod bystanders;
mod cast;
mod clients;
mod configuration;
mod flock;
mod how;
mod judge;
mod kills;
mod newest;
mod report;
mod timeline;
mod told;
mod writers;

pub use crate::servers::cluster::alone;
pub use bystanders::stand_by;
pub use how::How;
pub use judge::Verdict;
pub use newest::Differences;
pub use report::{FailoverReport, Gaps, KillReport};
pub use told::Notices;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::clock::{Clock, Nanoseconds, seconds};
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::processes::cpu;
use crate::servers::cluster::{Cluster, Network, Shape};
use crate::traffic::stamp::STAMP_BYTES;
use boss::Boss;
use bystanders::{Bystanders, Order};
use clients::{Cast, Clients, PROBE_LISTENERS, PROBE_RATE, PROBE_SENDERS};
use flock::Doors;
use kills::{Chance, Hit, Kill, Killer};
use writers::BackEnd;

/// Nothing comes any more once nothing has come for so long.
const QUIET: Duration = Duration::from_secs(2);

/// What nobody can tell is answered after a grace, which is 15 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `failover` is to do.
#[derive(Clone, Debug)]
pub struct FailoverOptions {
    /// imq's program, which is measured.
    pub binary: PathBuf,
    /// The program whose `loadtest failover-bystanders` is this crate's: the caller.
    pub helper: PathBuf,
    /// What is done to queue nodes, and to whom else.
    pub how: How,
    /// Each server process is on a host of its own, a network namespace, and what is cut is cut
    /// there. This process has to be in one, too: [`alone`].
    pub hosts: bool,
    /// What chance begins with, where it has a part.
    pub seed: u64,
    /// How often.
    pub kills: usize,
    /// How long nothing is done before each kill, and after the last.
    pub pause: Duration,
    /// How long a stopped node stands still, and how long links stay cut or slow.
    pub hold: Duration,
    /// How many queue nodes there are.
    pub queue_nodes: usize,
    /// How many gateways.
    pub gateways: usize,
    /// How many copies of each bucket the cluster is to keep.
    pub copies: usize,
    /// Queues that are created before; the silent sessions are in the first of them.
    pub queues: usize,
    /// Sessions in all.
    pub sessions: usize,
    /// Those of them that send, in rooms of `room_size`.
    pub talkers: usize,
    /// How many talkers share a room.
    pub room_size: usize,
    /// Probe rooms on each queue node.
    pub probes: usize,
    /// Messages a second, those to probe rooms among them.
    pub messages_per_s: f64,
    /// Bytes of a payload, at least 20.
    pub payload_bytes: usize,
}

impl FailoverOptions {
    /// 20 kills of one of three nodes, with 100,000 queues and 20,000 sessions, under 20,000
    /// messages a second.
    pub fn new(binary: PathBuf, helper: PathBuf) -> Self {
        Self {
            binary,
            helper,
            how: How::Kill,
            hosts: false,
            seed: rand::random(),
            kills: 20,
            pause: Duration::from_secs(5),
            hold: Duration::from_secs(5),
            queue_nodes: 3,
            gateways: 2,
            copies: 2,
            queues: 100_000,
            sessions: 20_000,
            talkers: 1_000,
            room_size: 2,
            probes: 2,
            messages_per_s: 20_000.0,
            payload_bytes: 100,
        }
    }

    /// Probe rooms on all nodes.
    fn probe_rooms(&self) -> usize {
        self.probes * self.queue_nodes
    }

    /// Messages a second into the rooms of the talkers.
    fn talk_per_s(&self) -> f64 {
        self.messages_per_s - self.probe_rooms() as f64 * PROBE_RATE
    }

    /// Sessions that say nothing.
    fn silent(&self) -> Option<usize> {
        self.sessions.checked_sub(self.talkers + self.probe_rooms() * PROBE_LISTENERS)
    }

    fn check(&self) -> Result<usize> {
        kills::check(self)?;
        if self.gateways == 0 || self.room_size == 0 || self.probes == 0 || self.kills == 0 {
            bail!("there are at least one gateway, one in each room, one probe and one kill");
        }
        if self.payload_bytes < STAMP_BYTES {
            bail!("a payload needs at least {STAMP_BYTES} bytes");
        }
        if self.talkers == 0 || !self.talkers.is_multiple_of(self.room_size) {
            bail!("{} talkers don't fill rooms of {}", self.talkers, self.room_size);
        }
        let senders = self.probe_rooms() * PROBE_SENDERS;
        if self.talkers < senders {
            bail!("{} probe rooms need {senders} talkers as their senders", self.probe_rooms());
        }
        if self.talk_per_s() <= 0.0 {
            let probes = self.probe_rooms();
            bail!("{probes} probe rooms take a thousand messages a second each: there is no more");
        }
        let Some(silent) = self.silent() else {
            bail!("{} sessions are fewer than those that send and listen", self.sessions);
        };
        if silent > self.queues {
            bail!(
                "each of {silent} silent sessions is in a queue of its own: {} aren't enough",
                self.queues
            );
        }
        Ok(silent)
    }
}

/// Kills queue nodes of a cluster of its own, or hurts it otherwise.
///
/// # Errors
/// When the cluster doesn't start, or isn't whole again in time after a kill; when interrupted.
/// What is lost is no error but in the report.
pub fn run(options: &FailoverOptions) -> Result<FailoverReport> {
    let silent = options.check()?;
    let interrupt = Interrupt::watch()?;
    let text = configuration::text(options.copies);
    let network = match options.hosts {
        true => Network::Hosts,
        false if options.how.is_of_links() => Network::Wires,
        false => Network::Loopback,
    };
    let credentials = match options.hosts {
        true => Credentials::Secret(format!("{:032x}", rand::random::<u128>())),
        false => Credentials::Believed,
    };
    let shape = Shape {
        keys: credentials.keys(),
        gateways: options.gateways,
        queue_nodes: options.queue_nodes,
        configuration: Some(&text),
        // Who takes over has more to do than before: one core would only show what is too much
        // for it.
        is_pinned: false,
        network,
        ..Shape::SMALLEST
    };
    let mut cluster = Cluster::start(&options.binary, shape, &interrupt)?;
    let report = under_load(options, silent, &credentials, &mut cluster, &interrupt);
    report.map_err(|error| error.context(cluster.tail()))
}

fn under_load(
    options: &FailoverOptions,
    silent: usize,
    credentials: &Credentials,
    cluster: &mut Cluster,
    interrupt: &Interrupt,
) -> Result<FailoverReport> {
    let (run, clock) = (rand::random::<u32>(), Clock::start());
    let gateways = cluster.gateways().iter().map(|one| one.client).collect();
    let doors = Doors { gateways, credentials: credentials.clone() };
    let order = Order {
        doors: doors.clone(),
        rpc: cluster.door().rpc,
        rpc_key: cluster.rpc_key.clone(),
        run,
        queues: options.queues,
        sessions: silent,
    };
    eprintln!("the boss's page is at http://{}/", cluster.boss_http);
    if options.how == How::Random {
        eprintln!("seed {}", options.seed);
    }
    eprintln!("{} queues and {silent} silent sessions come", options.queues);
    let mut bystanders = Bystanders::start(&options.helper, &order)?;
    let cast = cast(options, cluster, run)?;
    let probes = cast.probes.clone();
    let rpc = cluster.gateways().iter().map(|one| one.rpc).collect();
    let back_end = BackEnd { rpc, key: cluster.rpc_key.clone() };
    let mut clients = Clients::open(cast, doors.clone(), back_end, clock, interrupt)?;
    let cpu = (cpu::own()?, clock.now());
    let kills = std::thread::scope(|scope| {
        let probes = &probes;
        let mut killer = Killer {
            options,
            cluster,
            bystanders: &mut bystanders,
            probes,
            chance: Chance::of(options.seed),
            clock,
            interrupt,
        };
        let killing = scope.spawn(move || killer.run());
        clients.begin();
        while !killing.is_finished() {
            interrupt.check()?;
            clients.step()?;
        }
        killing.join().unwrap_or_else(|_| bail!("the thread that kills panicked"))
    })?;
    let busy = (cpu::own()? - cpu.0) as f64 / (clock.now() - cpu.1) as f64;
    clients.drain(interrupt, QUIET, PATIENCE)?;
    let queues_lost = bystanders.fill()?;
    let told = bystanders.end()?;
    let history = audit::audit(&clients, doors, run, options.payload_bytes, interrupt)
        .context("reading histories")?;
    let mut report = report(options, &clients, &kills, busy);
    (report.queues_lost, report.bystanders, report.history) = (queues_lost, told, history);
    Ok(report)
}

/// Who sends to whom.
fn cast(options: &FailoverOptions, cluster: &Cluster, run: u32) -> Result<Cast> {
    let boss = Boss { address: cluster.boss_http };
    let nodes: Vec<String> = cluster.queue_node_ids().collect();
    let probes = cast::probes(boss, run, &nodes, options.probes)?;
    let mut users = cast::senders(boss, run, &probes)?;
    users.extend((users.len()..options.talkers).map(|who| format!("talk-{run:08x}-{who}")));
    let rooms = 0..options.talkers / options.room_size;
    Ok(Cast {
        users,
        rooms: rooms.map(|room| format!("/load/{run:08x}-{room}")).collect(),
        room_size: options.room_size,
        probes: probes.into_iter().map(|probe| probe.room).collect(),
        messages_per_s: options.talk_per_s(),
        payload_bytes: options.payload_bytes,
    })
}

/// What the run came to, but for what isn't known of the clients.
fn report(
    options: &FailoverOptions,
    clients: &Clients,
    kills: &[Kill],
    generator_busy: f64,
) -> FailoverReport {
    let gaps = |hits: &[Hit]| {
        kills.iter().flat_map(|kill| during(clients, kill, hits)).collect::<Vec<f64>>()
    };
    let returning = kills.iter().flat_map(|kill| {
        let probes = 0..kill.probes.len();
        probes.flat_map(|probe| clients.gaps(probe, kill.relieved, kill.settled)).map(milliseconds)
    });
    let late = clients.late.percentiles();
    FailoverReport {
        how: options.how,
        hosts: options.hosts,
        seed: (options.how == How::Random).then_some(options.seed),
        queue_nodes: options.queue_nodes,
        gateways: options.gateways,
        copies: options.copies,
        queues: options.queues,
        sessions: options.sessions,
        messages_per_s: options.messages_per_s,
        verdict: clients.witness.judge.verdict(),
        back_end_acknowledged: clients.written(),
        unsent: clients.unsent,
        never_answered: clients.unanswered(),
        history: Differences::default(),
        told: clients.notices(),
        bystanders: Notices::default(),
        queues_lost: 0,
        kept: Gaps::of(gaps(&[Hit::Kept])),
        lost_rooms: Gaps::of(gaps(&[Hit::Lost])),
        others: Gaps::of(gaps(&[Hit::Other])),
        returning: Gaps::of(returning.collect()),
        kills: kills.iter().map(|kill| kill_report(clients, kill)).collect(),
        generator_busy,
        generator_late_p999_ms: late.p999_ms,
        generator_late_max_ms: late.max_ms,
    }
}

fn kill_report(clients: &Clients, kill: &Kill) -> KillReport {
    let worst = |hit| during(clients, kill, &[hit]).reduce(f64::max);
    KillReport {
        nodes: kill.nodes.clone(),
        others: kill.others.clone(),
        filling: kill.filling,
        at_s: seconds(kill.at),
        served_ms: kill.served.map(|served| milliseconds(served - kill.at)),
        back_ms: milliseconds(kill.settled - kill.relieved),
        lost_buckets: kill.lost_buckets,
        queues_gone: kill.queues_gone,
        hosts_may_die: kill.hosts_may_die,
        kept_ms: worst(Hit::Kept),
        lost_ms: worst(Hit::Lost),
        others_ms: worst(Hit::Other),
    }
}

/// The longest gaps, by listener, of the rooms to which one of these happened, in what was to be
/// sent from a kill to the nodes' return.
fn during<'a>(
    clients: &'a Clients,
    kill: &'a Kill,
    hits: &'a [Hit],
) -> impl Iterator<Item = f64> + 'a {
    let probes = kill.probes.iter().enumerate().filter(|(_, hit)| hits.contains(hit));
    probes.flat_map(|(probe, _)| clients.gaps(probe, kill.at, kill.relieved)).map(milliseconds)
}

fn milliseconds(span: Nanoseconds) -> f64 {
    span as f64 / 1e6
}
