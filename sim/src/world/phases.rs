//! From trouble over calm to silence: everybody comes back, everything is read, everybody leaves.

use std::collections::BTreeMap;

use imq_sdk::{Command, SubscribeOptions};

use super::agenda::Happening;
use super::client::ClientHost;
use super::healed::HEALED_US;
use super::referee::{FIRST_STAYS, SEVERAL};
use super::{Process, World};
use crate::phase::Phase;
use crate::plan::{AUDITORS, CLIENTS};

impl World {
    pub(crate) fn begin_phase(&mut self, phase: Phase) {
        self.phase = phase;
        self.marks.insert(phase, self.agenda.now_us());
        self.trace(|| format!("---- {phase:?}"));
        match phase {
            Phase::Trouble => {}
            Phase::Calm => self.heal(),
            Phase::Audit => {
                self.count_winners();
                self.back_end_tidies();
                let newcomer = self.clients.len();
                let seed = self.chance.seed();
                let mut client = ClientHost::of(newcomer, format!("u{CLIENTS}"), seed);
                client.becomes_auditor();
                self.clients.push(client);
                self.agenda.after(0, Happening::ClientDial { client: newcomer, attempt: 0 });
                self.audit(newcomer, SubscribeOptions { history: 100, ..Default::default() });
                self.read_all(newcomer);
            }
            Phase::Farewell => self.all_leave(),
            Phase::Roster => {
                for auditor in 0..AUDITORS {
                    self.read_all(auditor);
                }
            }
            Phase::Silence => {
                for client in 0..self.clients.len() {
                    if !self.clients[client].is_over() {
                        self.ask(client, Command::Close);
                    }
                }
            }
            Phase::End => self.look_for_leaks(),
        }
        if let Some((ms, next)) = phase.next(0).filter(|_| phase > Phase::Trouble) {
            self.agenda.after(ms * 1000, Happening::Phase(next));
        }
    }

    /// Whoever is down comes back soon, whoever is stalled goes on.
    fn heal(&mut self) {
        self.cuts.heal();
        self.kill = None;
        self.wake_all();
        self.make_space();
        self.agenda.after(HEALED_US, Happening::Healed);
        let down: Vec<(Process, u64)> = self
            .vitals
            .iter()
            .filter(|(_, vitals)| !vitals.is_up)
            .map(|(process, vitals)| (*process, vitals.life))
            .collect();
        for (process, life) in down {
            let us = self.chance.below(300_000);
            self.agenda.after(us, Happening::Start { process, life });
        }
    }

    /// Of all that logged in as one user, one is left, or as many as its class allows.
    fn count_winners(&mut self) {
        let mut winners: BTreeMap<String, usize> = BTreeMap::new();
        for client in &self.clients {
            *winners.entry(client.user().to_owned()).or_default() += usize::from(!client.is_over());
        }
        for (user, count) in winners {
            let most = if SEVERAL.contains(&user.as_str()) { 2 } else { 1 };
            // The older login may have ended of itself when the newer one was already refused.
            // Of two clients the login that is decided last wins, even if its client was closed
            // while it was on its way.
            let may_be_none = FIRST_STAYS.contains(&user.as_str())
                || self.is_disconnected(&user)
                || self.referee.is_won_by_closed(&user);
            let least = usize::from(!may_be_none);
            if !(least..=most).contains(&count) {
                let what = format!("{count} sessions of {user} are left");
                self.violated("two logins of a user have one winner", what);
            }
        }
    }

    /// All but the auditors leave: most say goodbye, some just vanish.
    fn all_leave(&mut self) {
        for client in AUDITORS..self.clients.len() {
            if self.clients[client].is_over() {
                continue;
            }
            if self.chance.percent(70) {
                self.ask(client, Command::Close);
            } else {
                self.vanish(client);
            }
        }
    }

    /// Nobody is there any more, and so nothing may be.
    fn look_for_leaks(&mut self) {
        let mut leaks = Vec::new();
        for (at, host) in self.nodes.iter().enumerate() {
            let Some(node) = &host.node else { continue };
            let c = node.counters();
            if c.queues + c.subscriptions + c.sessions > 0 {
                leaks.push(format!(
                    "q{} has {} queues, {} subscriptions, {} sessions",
                    at + 1,
                    c.queues,
                    c.subscriptions,
                    c.sessions
                ));
            }
        }
        for (at, host) in self.gateways.iter().enumerate() {
            for (lane, host) in host.lanes.iter().enumerate() {
                let c = host.lane.counters();
                if c.queues + c.subscriptions + c.sessions + c.connections > 0 {
                    leaks.push(format!(
                        "lane {lane} of g{} has {} queues, {} subscriptions, {} sessions, \
                         {} connections",
                        at + 1,
                        c.queues,
                        c.subscriptions,
                        c.sessions,
                        c.connections
                    ));
                }
            }
        }
        for leak in leaks {
            self.violated("nothing is left when everybody has left", leak);
        }
    }
}
