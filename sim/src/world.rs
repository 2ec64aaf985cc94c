//! The cluster on one thread: a boss, two gateways, three queue nodes and twenty clients, all of
//! them the machines of production, on virtual time.

mod agenda;
mod answers;
mod application;
mod back_end;
mod boss;
mod chaos;
mod client;
mod cuts;
mod disk;
mod falls;
mod fences;
mod full;
mod gateway;
mod healed;
mod hold;
pub mod kills;
mod logs;
mod losses;
mod lower;
mod membership;
mod node;
mod phases;
mod probes;
mod process;
mod referee;
mod shown;
mod sockets;
mod tap;
mod tokens;
mod waits;
mod wires;
mod words;

use std::collections::BTreeMap;

use self::agenda::{Agenda, Happening};
use self::answers::Answers;
use self::application::Application;
use self::back_end::BackEnd;
use self::boss::BossHost;
use self::client::ClientHost;
use self::cuts::Cuts;
use self::falls::Falls;
use self::fences::Fences;
use self::gateway::GatewayHost;
use self::kills::Kill;
use self::logs::Logs;
use self::losses::Losses;
use self::lower::Lower;
use self::node::NodeHost;
use self::process::Vitals;
use self::referee::Referee;
pub(crate) use self::referee::{FIRST_STAYS, SEVERAL};
use self::sockets::Socket;
use self::waits::Looks;
use self::wires::{Dial, Port, Wire};
use crate::chance::Chance;
use crate::check::Violation;
use crate::journal::{Full, Journal, Observations, Raised};
use crate::phase::Phase;
use crate::plan::{CLIENTS, GATEWAYS, Plan};
use crate::ways::Ways;

/// A process of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Process {
    Boss,
    Node(usize),
    Gateway(usize),
}

/// Somebody to have a link with: the boss, or a node in one of its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Boss,
    Node(usize, u64),
}

/// All that there is.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    chance: Chance,
    agenda: Agenda,
    phase: Phase,
    vitals: BTreeMap<Process, Vitals>,
    boss: BossHost,
    nodes: Vec<NodeHost>,
    gateways: Vec<GatewayHost>,
    clients: Vec<ClientHost>,
    wires: Vec<Wire>,
    /// The wire of each link number of each port; `usize::MAX` while it is being made.
    slots: BTreeMap<Port, Vec<Option<usize>>>,
    dials: BTreeMap<(Port, Target), Dial>,
    sockets: Vec<Socket>,
    tickets: u64,
    numbers: u64,
    journals: Vec<Journal>,
    losses: Losses,
    ways: Ways,
    marks: BTreeMap<Phase, u64>,
    violations: Vec<Violation>,
    referee: Referee,
    fences: Fences,
    back_end: BackEnd,
    application: Application,
    stills: Vec<(u64, u64)>,
    fulls: Vec<Full>,
    cuts: Cuts,
    logs: Logs,
    falls: Falls,
    answers: Answers,
    looks: Looks,
    lower: Lower,
    raised: Vec<Raised>,
    troubled: BTreeMap<Process, u64>,
    kill: Option<Kill>,
    trace: Trace,
}

/// How much of a run is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Trace {
    /// Nothing.
    #[default]
    Off,
    /// What clients and processes do.
    Happenings,
    /// And every frame on the links.
    Frames,
}

/// A run with more happenings is one that never ends.
const HAPPENINGS_MAX: u64 = 5_000_000;

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(plan: Plan, trace: Trace) -> World {
        let mut chance = Chance::new(plan.seed);
        let clients = (0..CLIENTS).map(|at| ClientHost::new(at, chance.seed())).collect();
        let mut world = World {
            chance,
            agenda: Agenda::default(),
            phase: Phase::Trouble,
            vitals: BTreeMap::new(),
            boss: BossHost::new(plan.seed),
            nodes: (0..plan.nodes).map(|at| NodeHost::new(at, 0)).collect(),
            gateways: (0..GATEWAYS).map(GatewayHost::new).collect(),
            clients,
            wires: Vec::new(),
            slots: BTreeMap::new(),
            dials: BTreeMap::new(),
            sockets: Vec::new(),
            tickets: 0,
            numbers: 0,
            journals: Vec::new(),
            losses: Losses::default(),
            ways: Ways::default(),
            marks: BTreeMap::new(),
            violations: Vec::new(),
            referee: Referee::default(),
            fences: Fences::default(),
            back_end: BackEnd::default(),
            application: Application::default(),
            stills: Vec::new(),
            fulls: Vec::new(),
            cuts: Cuts::default(),
            logs: Logs::new(plan.seed),
            falls: Falls::default(),
            answers: Answers::default(),
            looks: Looks::new(plan.seed),
            lower: Lower::default(),
            raised: Vec::new(),
            troubled: BTreeMap::new(),
            kill: plan.kill,
            trace,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let nodes = (0..self.plan.nodes).map(Process::Node);
        let gateways = (0..GATEWAYS).map(Process::Gateway);
        for process in std::iter::once(Process::Boss).chain(nodes).chain(gateways) {
            self.vitals.insert(process, Vitals::default());
            let us = self.chance.below(20_000);
            self.agenda.after(us, Happening::Start { process, life: 0 });
        }
        for client in 0..CLIENTS {
            let dial_us = 60_000 + self.chance.below(200_000);
            self.agenda.at(dial_us, Happening::ClientDial { client, attempt: 0 });
            self.agenda.at(dial_us + 50_000, Happening::Think { client });
        }
        if self.plan.back_end_ms > 0 {
            self.agenda.at(200_000, Happening::BackEndThinks);
        }
        self.begin_troubles();
        self.agenda.at(self.plan.active_ms * 1000, Happening::Phase(Phase::Calm));
    }

    /// Lets everything happen; what was seen, and what was wrong at once.
    pub fn run(mut self) -> (Observations, Vec<Violation>) {
        let mut happenings = 0;
        while self.phase != Phase::End
            && let Some(happening) = self.agenda.next()
        {
            self.happen(happening);
            happenings += 1;
            if happenings > HAPPENINGS_MAX {
                let what = format!("{HAPPENINGS_MAX} things have happened");
                self.violated("the cluster comes to rest", what);
                break;
            }
        }
        let mark = |phase: Phase| self.marks.get(&phase).copied().unwrap_or(u64::MAX);
        let (calm_us, farewell_us) = (mark(Phase::Calm), mark(Phase::Farewell));
        let (audit_us, roster_us) = (mark(Phase::Audit), mark(Phase::Roster));
        let mut journals = self.journals;
        journals.extend(self.clients.into_iter().map(|client| client.journal));
        let observations = Observations {
            journals,
            calls: self.back_end.calls,
            questions: self.application.questions,
            tells: self.application.tells,
            losses: self.losses.all(),
            sessions: self.referee.sessions,
            slow_bytes: self.plan.slow_bytes,
            has_short_logs: self.plan.logs_bytes_max < usize::MAX,
            ways: self.ways,
            stills: self.stills,
            fulls: self.fulls,
            records: self.logs.kinds,
            copies: self.logs.seen,
            raised: self.raised,
            disk: self.boss.disk.seen,
            falls: self.falls.seen,
            alone_holds: self.plan.alone_holds,
            judged: self.answers.judged,
            lower: self.lower.seen,
            has_single_faults: self.plan.has_single_faults() && self.plan.copies > 1,
            calm_us,
            audit_us,
            farewell_us,
            roster_us,
        };
        (observations, self.violations)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Turn { process, life } => self.turn(process, life),
            Happening::Wake { process, life } => self.wake(process, life),
            Happening::Start { process, life } => self.start(process, life),
            Happening::Dial { port, life, target } => self.dial(port, life, target),
            Happening::Carried { wire, end, bytes } => self.carried(wire, end, &bytes),
            Happening::Notice { wire, end } => self.notice(wire, end),
            Happening::Written { life, fails } => self.written(life, fails),
            Happening::OperatorLooks { life } => self.operator_looks(life),
            Happening::Trouble(trouble) => self.trouble(trouble),
            Happening::Think { client } => self.think(client),
            Happening::ClientWake { client, at_ms } => self.client_wakes(client, at_ms),
            Happening::ClientDial { client, attempt } => self.client_dials(client, attempt),
            Happening::ClientDialled { client, attempt, socket } => {
                self.client_dialled(client, attempt, socket);
            }
            Happening::TokenComes { client, attempt } => self.token_comes(client, attempt),
            Happening::ClientOpens { socket } => self.client_opens(socket),
            Happening::ToClient { socket, bytes } => self.reaches_client(socket, bytes),
            Happening::ToGateway { socket, bytes } => self.reaches_gateway(socket, bytes),
            Happening::ClientNotices { socket } => self.client_notices(socket),
            Happening::GatewayNotices { socket } => self.gateway_notices(socket),
            Happening::Unstall { socket } => self.unstall(socket),
            Happening::HasSpace { node, life } => self.has_space(node, life),
            Happening::BackEndThinks => self.back_end_thinks(),
            Happening::BackEndAsks { number } => self.back_end_asks(number),
            Happening::BackEndHears { gateway, life, reply } => {
                self.back_end_hears(gateway, life, *reply);
            }
            Happening::BackEndLosesPatience { call, attempt } => {
                self.back_end_loses_patience(call, attempt);
            }
            Happening::CalledOut { via, sent_us, request } => {
                self.called_out(via, sent_us, &request);
            }
            Happening::Answered { via, request, post, outcome } => {
                self.answered(via, request, post, *outcome);
            }
            Happening::Phase(phase) => self.begin_phase(phase),
            Happening::Healed => self.look_at_healed(),
            Happening::Kill { process, life, down_us } => {
                if self.is_alive(process, life) {
                    self.crash(process, down_us);
                }
            }
            Happening::Repeated { node, life, frame } => self.repeated(node, life, frame),
        }
    }

    /// The outbox behind a port, while its process is up.
    fn links_of(&mut self, port: Port) -> Option<&mut link::machine::Outbox> {
        if !self.is_up(port.process()) {
            return None;
        }
        Some(match port {
            Port::Boss => &mut self.boss.out.links,
            Port::Node(node) => &mut self.nodes[node].out.links,
            Port::Lane(gateway, lane) => &mut self.gateways[gateway].lanes.get_mut(lane)?.out.links,
        })
    }

    /// Something is wrong.
    fn violated(&mut self, rule: &'static str, what: String) {
        let at_us = self.agenda.now_us();
        self.trace(|| format!("VIOLATION {rule}: {what}"));
        self.violations.push(Violation { at_us, rule, what });
    }

    fn trace(&self, line: impl FnOnce() -> String) {
        if self.trace > Trace::Off {
            let us = self.agenda.now_us();
            println!("{:>5}.{:03} ms  {}", us / 1000, us % 1000, line());
        }
    }
}
