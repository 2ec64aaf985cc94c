//! What goes wrong, drawn from the plan.

use super::agenda::{Happening, Trouble};
use super::wires::Port;
use super::{Process, World};
use crate::phase::Phase;
use crate::plan::{GATEWAYS, GRACE_MS, LOG_MS};

const TROUBLES: [Trouble; 17] = [
    Trouble::LaneLink,
    Trouble::NodeLink,
    Trouble::BossLink,
    Trouble::DropClient,
    Trouble::StallClient,
    Trouble::RenewClient,
    Trouble::RivalClient,
    Trouble::CrashNode,
    Trouble::CrashBoss,
    Trouble::CrashGateway,
    Trouble::Hang,
    Trouble::CutOff,
    Trouble::LateClient,
    Trouble::AwayClient,
    Trouble::FullNode,
    Trouble::SlowNode,
    Trouble::OneFault,
];

impl World {
    /// Every kind of trouble that the plan has will come for the first time.
    pub(crate) fn begin_troubles(&mut self) {
        for trouble in TROUBLES {
            self.trouble_later(trouble);
        }
    }

    fn mean_ms(&self, trouble: Trouble) -> u64 {
        let troubles = &self.plan.troubles;
        match trouble {
            Trouble::LaneLink => troubles.lane_link_ms,
            Trouble::NodeLink => troubles.node_link_ms,
            Trouble::BossLink => troubles.boss_link_ms,
            Trouble::DropClient => troubles.drop_client_ms,
            Trouble::StallClient => troubles.stall_client_ms,
            Trouble::RenewClient => troubles.renew_client_ms,
            Trouble::RivalClient => troubles.rival_client_ms,
            Trouble::CrashNode => troubles.crash_node_ms,
            Trouble::CrashBoss => troubles.crash_boss_ms,
            Trouble::CrashGateway => troubles.crash_gateway_ms,
            Trouble::Hang => troubles.hang_ms,
            Trouble::CutOff => troubles.cut_off_ms,
            Trouble::LateClient => troubles.late_client_ms,
            Trouble::AwayClient => troubles.away_client_ms,
            Trouble::FullNode => troubles.full_node_ms,
            Trouble::SlowNode => troubles.slow_node_ms,
            Trouble::OneFault => troubles.one_fault_ms,
        }
    }

    fn trouble_later(&mut self, trouble: Trouble) {
        let mean_ms = self.mean_ms(trouble);
        if mean_ms > 0 {
            let us = self.chance.below(2_000 * mean_ms) + 1_000;
            self.agenda.after(us, Happening::Trouble(trouble));
        }
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        if self.phase > Phase::Trouble {
            return;
        }
        self.trouble_later(trouble);
        match trouble {
            Trouble::LaneLink => {
                self.cut_any(|one, other| matches!((one, other), (Port::Lane(..), Port::Node(_))));
            }
            Trouble::NodeLink => {
                self.cut_any(|one, other| matches!((one, other), (Port::Node(_), Port::Node(_))));
            }
            Trouble::BossLink => self.cut_any(|_, acceptor| acceptor == Port::Boss),
            Trouble::DropClient => {
                if let Some((_, socket)) = self.any_client() {
                    self.cut_socket(socket);
                }
            }
            Trouble::StallClient => {
                if let Some((_, socket)) = self.any_client() {
                    let us = self.chance.between(20_000, 1_500_000);
                    self.stall(socket, us);
                }
            }
            Trouble::RenewClient => {
                if let Some((client, _)) = self.any_client() {
                    self.renew(client);
                }
            }
            Trouble::RivalClient => {
                if let Some((client, socket)) = self.any_client() {
                    if self.plan.troubles.cut_off_ms > 0 && self.chance.percent(40) {
                        let node = self.chance.index(self.plan.nodes);
                        self.cut_off(self.lane_of(socket), Port::Node(node));
                    }
                    self.rival(client);
                }
            }
            Trouble::CrashNode => {
                let node = Process::Node(self.chance.index(self.plan.nodes));
                self.crash_for_a_while(node);
            }
            Trouble::CrashBoss => self.crash_for_a_while(Process::Boss),
            Trouble::CrashGateway => {
                let gateway = Process::Gateway(self.chance.index(GATEWAYS));
                self.crash_for_a_while(gateway);
            }
            Trouble::Hang => self.hang_any(),
            Trouble::CutOff => self.cut_off_any(),
            Trouble::FullNode => self.fill_any(),
            Trouble::SlowNode => self.slow_down_any(),
            Trouble::OneFault => self.one_fault(),
            Trouble::LateClient => {
                if let Some((client, socket)) = self.any_client() {
                    if self.plan.troubles.cut_off_ms > 0 && self.chance.percent(40) {
                        self.cross(socket);
                    }
                    self.leave_late(client, socket);
                }
            }
            Trouble::AwayClient => self.any_goes_away(),
        }
    }

    /// A client loses its connection and gets none for a while.
    fn any_goes_away(&mut self) {
        let Some((client, socket)) = self.any_client() else { return };
        // Most come back too late for all that they missed, the others in time.
        let (least_ms, most_ms) = match self.chance.percent(75) {
            true => (LOG_MS + 500, LOG_MS + 3_000),
            false => (1_000, GRACE_MS - 500),
        };
        let us = self.chance.between(least_ms, most_ms) * 1000;
        self.goes_away(client, us);
        self.cut_socket(socket);
    }

    pub(crate) fn crash_for_a_while(&mut self, process: Process) {
        let late = self.chance.percent(30);
        let us =
            if late { self.chance.between(600_000, 2_500_000) } else { self.chance.below(200_000) };
        self.crash(process, us);
    }

    /// A process stands still; for long, and its peers take it for dead.
    fn hang_any(&mut self) {
        let processes: Vec<Process> = self.vitals.keys().copied().collect();
        let process = *self.chance.pick(&processes);
        if self.plan.hangs_long {
            let us = self.chance.between(300_000, 6_000_000);
            self.hang(process, us);
            return self.go_unheard(process, us);
        }
        let us = self.chance.below(900_000);
        self.hang(process, us);
        if us > proto::limits::DEAD_MS * 1000 {
            let its = |port: Port| port.process() == process;
            while let Some(wire) = self.any_wire(|one, other| its(one) || its(other)) {
                self.cut(wire, true);
            }
        }
    }

    /// A queue node is slow for a while.
    fn slow_down_any(&mut self) {
        let node = self.chance.index(self.plan.nodes);
        let us = self.chance.between(200_000, 1_500_000);
        self.be_slow(Process::Node(node), us);
    }

    fn cut_any(&mut self, fits: impl Fn(Port, Port) -> bool) {
        if let Some(wire) = self.any_wire(fits) {
            let loses = self.chance.percent(70);
            self.cut(wire, loses);
        }
    }

    fn any_client(&mut self) -> Option<(usize, usize)> {
        let clients = self.clients.iter().enumerate().filter(|(_, client)| client.can_suffer());
        let up: Vec<(usize, usize)> =
            clients.filter_map(|(at, client)| Some((at, client.socket()?))).collect();
        (!up.is_empty()).then(|| *self.chance.pick(&up))
    }
}
