//! What chance has in store for the processes of a cluster, by a seed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::how::How;
use super::Killer;
use crate::processes::child::Server;
use crate::servers::cluster::{BOSS, Cluster};

/// The second of two is hurt so much later at most: while what the first has left is taken over.
const APART_MS_MAX: u64 = 400;
/// A boss is away for so long at most, and whoever stands still or is cut off: sometimes others
/// give it up meanwhile, and sometimes not.
const AWAY_MS_MAX: u64 = 1_200;

/// Where moments and victims come from.
#[derive(Debug)]
pub(in super::super) struct Chance(StdRng);

/// Who is hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    QueueNode,
    Gateway,
    Boss,
}

/// By what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    /// SIGKILL.
    Kill,
    /// SIGSTOP, and SIGCONT once it has been away.
    Stop,
    /// Its links to all other processes are cut, without a word.
    Cut,
}

impl Harm {
    const ALL: [Self; 3] = [Self::Kill, Self::Stop, Self::Cut];
}

/// Whose death together loses nothing where there are two copies, in their order.
const VICTIMS: [&[Role]; 9] = [
    &[Role::QueueNode],
    &[Role::Gateway],
    &[Role::Boss],
    &[Role::QueueNode, Role::Gateway],
    &[Role::Gateway, Role::QueueNode],
    &[Role::QueueNode, Role::Boss],
    &[Role::Boss, Role::QueueNode],
    &[Role::Gateway, Role::Boss],
    &[Role::Boss, Role::Gateway],
];

/// One turn of it.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    roles: &'static [Role],
    /// Which of them, by numbers from 0.
    queue_node: usize,
    gateway: usize,
    /// What is done to the first, and to the second.
    harms: [Harm; 2],
    /// How much later the second is hurt.
    apart: Duration,
    /// How long the boss is away, and whoever isn't killed.
    away: Duration,
}

impl Chance {
    pub(in super::super) fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A time, at most twice this one.
    pub(super) fn about(&mut self, span: Duration) -> Duration {
        span.mul_f64(self.0.random_range(0.0..2.0))
    }

    /// Who is hurt next, of so many.
    pub(super) fn draw(&mut self, queue_nodes: usize, gateways: usize) -> Draw {
        let random = &mut self.0;
        let mut at_most = |ms| Duration::from_millis(random.random_range(0..=ms));
        let (apart, away) = (at_most(APART_MS_MAX), at_most(AWAY_MS_MAX));
        Draw {
            roles: VICTIMS[random.random_range(0..VICTIMS.len())],
            queue_node: random.random_range(0..queue_nodes),
            gateway: random.random_range(0..gateways),
            harms: [(); 2].map(|()| Harm::ALL[random.random_range(0..Harm::ALL.len())]),
            apart,
            away,
        }
    }
}

impl Draw {
    /// The queue node that is hurt, if one is.
    pub(super) fn nodes(&self, cluster: &Cluster) -> Vec<String> {
        let is_hurt = self.roles.contains(&Role::QueueNode);
        let node = cluster.queue_node_ids().nth(self.queue_node).filter(|_| is_hurt);
        node.into_iter().collect()
    }

    /// Whether a queue node is killed, so that it never comes back as it was.
    pub(super) fn kills_node(&self) -> bool {
        self.harmed().any(|harmed| harmed == (Role::QueueNode, Harm::Kill))
    }

    fn harmed(&self) -> impl Iterator<Item = (Role, Harm)> {
        self.roles.iter().copied().zip(self.harms)
    }

    fn id(&self, role: Role) -> String {
        match role {
            Role::QueueNode => format!("q{}", self.queue_node + 1),
            Role::Gateway => format!("g{}", self.gateway + 1),
            Role::Boss => BOSS.to_owned(),
        }
    }
}

impl Killer<'_> {
    /// Hurts them; who isn't killed goes on in the end, and so does the boss in any case. Whom
    /// besides queue nodes.
    pub(super) fn harm_by_chance(&mut self, draw: &Draw) -> Result<Vec<String>> {
        for (at, (role, harm)) in draw.harmed().enumerate() {
            if at > 0 {
                self.pause(draw.apart)?;
            }
            let id = draw.id(role);
            match harm {
                Harm::Kill => self.server(draw, role).kill()?,
                Harm::Stop => self.server(draw, role).signal("STOP")?,
                Harm::Cut => self.others(&id).iter().try_for_each(|other| self.cut(&id, other))?,
            }
        }
        self.pause(draw.away)?;
        self.cluster.mend()?;
        for (role, harm) in draw.harmed() {
            match (role, harm) {
                (Role::Boss, Harm::Kill) => self.cluster.restart_boss()?,
                (_, Harm::Stop) => self.server(draw, role).signal("CONT")?,
                (_, Harm::Kill | Harm::Cut) => {}
            }
        }
        let others = draw.roles.iter().filter(|role| **role != Role::QueueNode);
        Ok(others.map(|role| draw.id(*role)).collect())
    }

    fn server(&mut self, draw: &Draw, role: Role) -> &mut Server {
        match role {
            Role::QueueNode => self.cluster.queue_node_server(draw.queue_node),
            Role::Gateway => self.cluster.gateway_server(draw.gateway),
            Role::Boss => self.cluster.boss_server(),
        }
    }

    /// What is due in this turn, if chance has it.
    pub(super) fn draw(&mut self) -> Option<Draw> {
        let options = self.options;
        (options.how == How::Random)
            .then(|| self.chance.draw(options.queue_nodes, options.gateways))
    }
}
