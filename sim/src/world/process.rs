//! Processes: they live, stand still, die and begin anew, and take what comes in turns.

use link::machine::{LinkId, Peer};
use proto::time::Time;

use super::agenda::Happening;
use super::wires::Port;
use super::{Process, Target, World};
use crate::phase::Phase;

/// What a process takes in its next turn.
#[derive(Debug)]
pub(crate) enum Arrival {
    Up {
        port: Port,
        link: LinkId,
        peer: Peer,
        dialled: Option<Target>,
    },
    Frame {
        port: Port,
        link: LinkId,
        frame: Vec<u8>,
    },
    /// A link is gone, and was silent for so long before.
    Down {
        port: Port,
        link: LinkId,
        silent_ms: u64,
    },
    Stored,
    StoreFailed,
    Opened {
        socket: usize,
    },
    Received {
        socket: usize,
        bytes: Vec<u8>,
    },
    Gone {
        socket: usize,
    },
    Writable {
        socket: usize,
    },
    Drained {
        socket: usize,
    },
    Answered {
        lane: usize,
        request: u64,
        outcome: gateway::machine::callout::Outcome,
    },
    Asked {
        lane: usize,
        request: Box<gateway::machine::WebRequest>,
    },
}

/// More than this comes to no process between two turns, though it stands still for long.
const INBOX_MAX: usize = 200_000;

/// Whether a process is there, and what waits for its next turn.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    pub(crate) life: u64,
    pub(crate) is_up: bool,
    inbox: Vec<Arrival>,
    has_turn: bool,
    /// It stands still until then.
    still_us: u64,
    wake_us: Option<u64>,
    /// Until then its turns come one in [`SLOW_TURN_US`].
    slow_us: u64,
    /// When its last turn was.
    turned_us: u64,
}

/// So long is between two turns of a process that is slow.
const SLOW_TURN_US: u64 = 50_000;

/// Links that a fault has ended are back by then.
pub(crate) const SETTLES_US: u64 = 1_500_000;

impl Vitals {
    /// If it stands still, it does no longer.
    pub(crate) fn goes_on(&mut self, now_us: u64) -> bool {
        let stands_still = self.is_up && self.still_us > now_us;
        self.still_us = self.still_us.min(now_us);
        self.slow_us = self.slow_us.min(now_us);
        stands_still
    }
}

impl World {
    pub(crate) fn life(&self, process: Process) -> u64 {
        self.vitals.get(&process).map_or(0, |vitals| vitals.life)
    }

    pub(crate) fn is_up(&self, process: Process) -> bool {
        self.vitals.get(&process).is_some_and(|vitals| vitals.is_up)
    }

    pub(crate) fn is_alive(&self, process: Process, life: u64) -> bool {
        self.is_up(process) && self.life(process) == life
    }

    /// The time as machines see it.
    pub(crate) fn now(&self) -> Time {
        let ms = 1_000 + self.agenda.now_us() / 1000;
        Time { ms, unix_ms: 1_700_000_000_000 + ms }
    }

    /// Something comes to a process, which takes it in its next turn.
    pub(crate) fn arrive(&mut self, process: Process, arrival: Arrival) {
        let Some(vitals) = self.vitals.get_mut(&process) else { return };
        if vitals.is_up {
            vitals.inbox.push(arrival);
            if vitals.inbox.len() == INBOX_MAX {
                // Whoever says so much says more and more.
                self.violated("the cluster comes to rest", format!("not at {process:?}"));
                self.phase = Phase::End;
            }
            self.turn_soon(process);
        }
    }

    /// The process gets a turn; what comes in the meantime is taken in the same one.
    fn turn_soon(&mut self, process: Process) {
        let gather_us = self.chance.below(60);
        let now_us = self.agenda.now_us();
        let Some(vitals) = self.vitals.get_mut(&process) else { return };
        if !std::mem::replace(&mut vitals.has_turn, true) {
            let slow_us = if vitals.slow_us > now_us { vitals.turned_us + SLOW_TURN_US } else { 0 };
            let at_us = (now_us + gather_us).max(vitals.still_us).max(slow_us);
            self.agenda.at(at_us, Happening::Turn { process, life: vitals.life });
        }
    }

    pub(crate) fn turn(&mut self, process: Process, life: u64) {
        if !self.is_alive(process, life) {
            return;
        }
        let now_us = self.agenda.now_us();
        let Some(vitals) = self.vitals.get_mut(&process) else { return };
        if vitals.still_us > now_us {
            return self.agenda.at(vitals.still_us, Happening::Turn { process, life });
        }
        vitals.has_turn = false;
        vitals.turned_us = now_us;
        let inbox = std::mem::take(&mut vitals.inbox);
        let wake_ms = match process {
            Process::Boss => self.boss_turn(inbox),
            Process::Node(node) => self.node_turn(node, inbox),
            Process::Gateway(gateway) => self.gateway_turn(gateway, inbox),
        };
        let Some(wake_ms) = wake_ms else { return };
        let wake_us = (wake_ms.max(1_000) - 1_000) * 1000;
        let vitals = self.vitals.entry(process).or_default();
        if vitals.wake_us.is_none_or(|at| at > wake_us || at <= now_us) {
            vitals.wake_us = Some(wake_us);
            self.agenda.at(wake_us.max(now_us + 100), Happening::Wake { process, life });
        }
    }

    pub(crate) fn wake(&mut self, process: Process, life: u64) {
        if self.is_alive(process, life) {
            let vitals = self.vitals.entry(process).or_default();
            vitals.wake_us = None;
            self.turn_soon(process);
        }
    }

    /// Whether a process takes what comes to it now.
    pub(crate) fn is_awake(&self, process: Process) -> bool {
        let now_us = self.agenda.now_us();
        self.vitals.get(&process).is_some_and(|vitals| vitals.is_up && vitals.still_us <= now_us)
    }

    /// Whether a process is slow now.
    pub(crate) fn is_slow(&self, process: Process) -> bool {
        let now_us = self.agenda.now_us();
        self.vitals.get(&process).is_some_and(|vitals| vitals.slow_us > now_us)
    }

    /// A process takes its turns slowly for a while.
    pub(crate) fn be_slow(&mut self, process: Process, us: u64) {
        let until_us = self.agenda.now_us() + us;
        if let Some(vitals) = self.vitals.get_mut(&process) {
            vitals.slow_us = vitals.slow_us.max(until_us);
        }
        if let Process::Node(node) = process {
            self.fences.cannot_speak(node);
        }
        self.troubles(process, until_us + SETTLES_US);
        self.trace(|| format!("{process:?} is slow for {} ms", us / 1000));
    }

    /// A process stands still for a while, and then takes at once what came.
    pub(crate) fn hang(&mut self, process: Process, us: u64) {
        let until_us = self.agenda.now_us() + us;
        if let Some(vitals) = self.vitals.get_mut(&process) {
            vitals.still_us = vitals.still_us.max(until_us);
        }
        if let Process::Node(node) = process {
            self.fences.cannot_speak(node);
        }
        self.stills.push((self.agenda.now_us(), until_us));
        self.troubles(process, until_us + SETTLES_US);
        self.trace(|| format!("{process:?} stands still for {} ms", us / 1000));
    }

    /// A process dies, and begins anew after a while.
    pub(crate) fn crash(&mut self, process: Process, down_us: u64) {
        if !self.is_up(process) {
            return;
        }
        self.trace(|| format!("{process:?} dies"));
        let vitals = self.vitals.entry(process).or_default();
        *vitals = Vitals { life: vitals.life + 1, ..Vitals::default() };
        let life = vitals.life;
        self.drop_ports(process);
        self.falls.dies(process, self.agenda.now_us());
        match process {
            Process::Boss => self.boss_dies(),
            Process::Node(node) => self.node_dies(node),
            Process::Gateway(gateway) => self.gateway_dies(gateway),
        }
        self.agenda.after(down_us, Happening::Start { process, life });
    }

    pub(crate) fn start(&mut self, process: Process, life: u64) {
        let vitals = self.vitals.entry(process).or_default();
        if vitals.is_up || vitals.life != life {
            return;
        }
        vitals.is_up = true;
        self.trace(|| format!("{process:?} starts"));
        match process {
            Process::Boss => self.boss_starts(),
            Process::Node(node) => self.node_starts(node),
            Process::Gateway(gateway) => self.gateway_starts(gateway),
        }
        self.turn_soon(process);
    }
}
