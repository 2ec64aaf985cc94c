//! What a run is like: drawn from its seed, so that each seed tries another mixture of troubles.

use crate::chance::Chance;
use crate::world::kills::{Kill, STEPS};

/// Hosts of queue nodes: a fourth node is beside the first.
pub const HOSTS: usize = 3;
/// Gateways of the cluster.
pub const GATEWAYS: usize = 2;
/// Clients, the auditors among them.
pub const CLIENTS: usize = 20;
/// Clients that only watch, receive everything and never cause trouble.
pub const AUDITORS: usize = 2;
/// Operations and sessions wait this long; short, so that a run sees the end of it.
pub const GRACE_MS: u64 = 3_000;
/// Queues keep their recent events this long.
pub const LOG_MS: u64 = 2 * GRACE_MS;

/// Where all logs of a node may take no more, they let go of events that are still young.
const SHORT_LOGS_BYTES: usize = 60_000;

/// The queues of the cluster; auditors sit in those that outlive their members.
pub const QUEUES: [&str; 9] = [
    "/room/1",
    "/room/2",
    "/room/3",
    "/strict/1",
    "/strict/2",
    "/flash/1",
    "/flash/2",
    "/asked/1",
    "/asked/2",
];

/// Planted bugs of all machines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Of every lane.
    pub lane: gateway::machine::Faults,
    /// Of every queue node.
    pub node: queue_node::machine::Faults,
    /// Of every client.
    pub client: imq_sdk::machine::Faults,
    /// Of the boss.
    pub boss: boss::machine::Faults,
    /// Of each process as a member of the cluster.
    pub member: member::machine::Faults,
}

/// How often each kind of trouble comes: the mean pause in milliseconds, 0 for never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Troubles {
    /// A link between a lane and a queue node ends.
    pub lane_link_ms: u64,
    /// A link between two queue nodes ends.
    pub node_link_ms: u64,
    /// A link to the boss ends.
    pub boss_link_ms: u64,
    /// A client's connection ends.
    pub drop_client_ms: u64,
    /// A client takes no bytes for a while.
    pub stall_client_ms: u64,
    /// A client says goodbye and begins anew.
    pub renew_client_ms: u64,
    /// A client's user logs in elsewhere.
    pub rival_client_ms: u64,
    /// A queue node dies and is started anew.
    pub crash_node_ms: u64,
    /// The boss dies and is started anew.
    pub crash_boss_ms: u64,
    /// A gateway dies and is started anew.
    pub crash_gateway_ms: u64,
    /// A process stands still for a while.
    pub hang_ms: u64,
    /// A lane can't reach a node for a while.
    pub cut_off_ms: u64,
    /// A client goes elsewhere, and what it said before comes late.
    pub late_client_ms: u64,
    /// A client loses its connection and gets none for longer than queues keep recent events.
    pub away_client_ms: u64,
    /// A queue node keeps all that it may, and has space again after a while.
    pub full_node_ms: u64,
    /// A queue node takes one turn in 50 ms for a while.
    pub slow_node_ms: u64,
    /// Something goes wrong if nothing else does.
    pub one_fault_ms: u64,
}

/// Of a hundred seeds, so many have one fault after the other, for so long.
const SINGLE_PERCENT: u64 = 10;
const SINGLE_MS: u64 = 8_000;

/// Clocks differ by so much at most.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How many copies a bucket is to have, in four seeds.
const COPIES: [u32; 4] = [1, 2, 2, 3];

/// Makes the draws of the disk others than those of the rest of the plan.
const DISK: u64 = 0x6469_736b;

/// What the boss's disk does to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk {
    /// Once it has lost its newest steps when the boss starts.
    pub falls: bool,
    /// Of a hundred writes, so many fail.
    pub fails_percent: u64,
    /// And so many are slow.
    pub slow_percent: u64,
}

impl Disk {
    fn of(seed: u64) -> Disk {
        let mut chance = Chance::new(seed ^ DISK);
        let falls = chance.percent(10);
        let mut often = |percent: u64| if chance.percent(percent) { 20 } else { 0 };
        Disk { falls, fails_percent: often(10), slow_percent: often(10) }
    }
}

/// Makes the draws of slow nodes others than those of the rest of the plan.
const SLOW: u64 = 0x736c_6f77;

fn slow_node_ms(seed: u64) -> u64 {
    let mut chance = Chance::new(seed ^ SLOW);
    if chance.percent(15) { chance.between(300, 2_000) } else { 0 }
}

/// Makes this draw another than those of the rest of the plan.
const ALONE: u64 = 0x616c_6f6e;
/// Of a hundred seeds with two copies, in so many a bucket holds of which one is left.
const ALONE_PERCENT: u64 = 15;

/// Likewise.
const TOLD: u64 = 0x746f_6c64;

/// Where the store falls, the boss dies so often.
const FALLS_MS: u64 = 1_200;

/// All that is drawn before a run begins.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the draws come from.
    pub seed: u64,
    /// The planted bugs.
    pub faults: Faults,
    /// What goes wrong, and how often.
    pub troubles: Troubles,
    /// Until then things go wrong.
    pub active_ms: u64,
    /// Mean pause of a client between two commands.
    pub think_ms: u64,
    /// The slowest link, in microseconds.
    pub link_us_max: u64,
    /// The slowest client, in microseconds.
    pub client_us_max: u64,
    /// Mean pause of the web application between two requests; 0: it asks for nothing.
    pub back_end_ms: u64,
    /// Queue nodes of the cluster.
    pub nodes: usize,
    /// Processes stand still for up to 6 s, not 0.9.
    pub hangs_long: bool,
    /// Somebody who dies at a step.
    pub kill: Option<Kill>,
    /// How far the clock of each queue node's host is ahead, in milliseconds.
    pub ahead_ms: [u64; HOSTS + 1],
    /// How many copies of each bucket the boss wants, its primary included.
    pub copies: u32,
    /// How many sessions a lane tells a new home in a turn that have nothing to say.
    pub told_per_turn: usize,
    /// What the boss's disk does.
    pub disk: Disk,
    /// A bucket of which one copy is left changes nothing.
    pub alone_holds: bool,
    /// So many of a hundred connections hold.
    pub hold_percent: u64,
    /// Payloads are padded up to this length.
    pub padding_max: u64,
    /// Lanes of each gateway.
    pub lanes: [usize; GATEWAYS],
    /// What a receiver may have unsent before it is slow.
    pub slow_bytes: usize,
    /// What a receiver may have unsent at most.
    pub output_bytes_max: usize,
    /// What all replay logs of a node may take.
    pub logs_bytes_max: usize,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64, faults: Faults) -> Plan {
        let mut chance = Chance::new(seed ^ 0x706c_616e);
        let mut every = |percent: u64, low: u64, high: u64| {
            let on = chance.percent(percent);
            let pause = chance.between(low, high);
            if on { pause } else { 0 }
        };
        let troubles = Troubles {
            lane_link_ms: every(65, 100, 1_500),
            node_link_ms: every(40, 150, 1_500),
            boss_link_ms: every(30, 300, 2_000),
            drop_client_ms: every(60, 100, 1_200),
            stall_client_ms: every(50, 80, 800),
            renew_client_ms: every(40, 300, 2_000),
            crash_node_ms: every(25, 1_500, 5_000),
            crash_boss_ms: every(20, 1_500, 5_000),
            crash_gateway_ms: every(20, 1_500, 5_000),
            hang_ms: every(30, 300, 2_000),
            rival_client_ms: every(40, 400, 2_000),
            cut_off_ms: every(40, 150, 1_000),
            late_client_ms: every(50, 100, 800),
            away_client_ms: every(40, 300, 2_000),
            full_node_ms: every(30, 300, 2_000),
            slow_node_ms: slow_node_ms(seed),
            one_fault_ms: 0,
        };
        let back_end_ms = every(60, 15, 150);
        let lanes = [chance.between(1, 2) as usize, chance.between(1, 2) as usize];
        let mut plan = Plan {
            seed,
            faults,
            troubles,
            active_ms: chance.between(2_500, 5_000),
            think_ms: chance.between(60, 200),
            back_end_ms,
            link_us_max: *chance.pick(&[300, 2_000, 20_000]),
            client_us_max: *chance.pick(&[2_000, 20_000, 60_000]),
            hold_percent: *chance.pick(&[0, 0, 10, 40]),
            padding_max: *chance.pick(&[0, 0, 100, 1_000]),
            lanes,
            slow_bytes: *chance.pick(&[600, 1_500, 4_000]),
            // More than one turn brings to a client that comes back: else it never comes back.
            output_bytes_max: *chance.pick(&[20_000, 30_000]),
            logs_bytes_max: *chance.pick(&[usize::MAX, usize::MAX, usize::MAX, SHORT_LOGS_BYTES]),
            nodes: *chance.pick(&[HOSTS, HOSTS + 1]),
            copies: *chance.pick(&COPIES),
            told_per_turn: 0,
            disk: Disk::of(seed),
            alone_holds: false,
            hangs_long: chance.percent(20),
            kill: chance.percent(30).then(|| Kill {
                step: *chance.pick(&STEPS),
                spared: *chance.pick(&[0, 0, 1, 3, 10, 30, 100]),
                is_hearer: chance.percent(50),
                loses: chance.percent(50),
            }),
            ahead_ms: match chance.percent(50) {
                true => std::array::from_fn(|_| chance.below(DAY_MS)),
                false => [0; HOSTS + 1],
            },
        };
        plan.told_per_turn = if Chance::new(seed ^ TOLD).percent(50) { 1 } else { 32 };
        plan.alone_holds = plan.copies == 2 && Chance::new(seed ^ ALONE).percent(ALONE_PERCENT);
        if chance.percent(SINGLE_PERCENT) { plan.with_single_faults() } else { plan.with_falls() }
    }

    /// A boss whose store falls dies often enough to see it.
    fn with_falls(self) -> Plan {
        let mut troubles = self.troubles;
        if self.disk.falls {
            troubles.crash_boss_ms = FALLS_MS;
        }
        Plan { troubles, ..self }
    }

    /// The same clients and sizes, but one fault of the cluster is healed before the next.
    fn with_single_faults(self) -> Plan {
        let troubles = Troubles {
            lane_link_ms: 0,
            node_link_ms: 0,
            boss_link_ms: 0,
            crash_node_ms: 0,
            crash_boss_ms: 0,
            crash_gateway_ms: 0,
            hang_ms: 0,
            cut_off_ms: 0,
            full_node_ms: 0,
            slow_node_ms: 0,
            one_fault_ms: 200,
            ..self.troubles
        };
        Plan { troubles, active_ms: SINGLE_MS, kill: None, disk: Disk::default(), ..self }
    }

    /// Whether one fault of the cluster is healed before the next.
    pub fn has_single_faults(&self) -> bool {
        self.troubles.one_fault_ms > 0
    }
}
