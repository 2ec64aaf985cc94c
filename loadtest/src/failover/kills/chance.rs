//! What chance has in store for the processes of a cluster, by a seed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::how::How;
use super::Killer;
use crate::servers::cluster::{BOSS, Cluster};

/// The second of two dies so much later at most: while what the first has left is taken over.
const APART_MS_MAX: u64 = 400;
/// A boss is away for so long at most.
const AWAY_MS_MAX: u64 = 400;

/// Where moments and victims come from.
#[derive(Debug)]
pub(in super::super) struct Chance(StdRng);

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    QueueNode,
    Gateway,
    Boss,
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
    /// How much later the second dies.
    apart: Duration,
    /// How long the boss is away.
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

    /// Who dies next, of so many.
    pub(super) fn draw(&mut self, queue_nodes: usize, gateways: usize) -> Draw {
        let random = &mut self.0;
        let mut at_most = |ms| Duration::from_millis(random.random_range(0..=ms));
        let (apart, away) = (at_most(APART_MS_MAX), at_most(AWAY_MS_MAX));
        Draw {
            roles: VICTIMS[random.random_range(0..VICTIMS.len())],
            queue_node: random.random_range(0..queue_nodes),
            gateway: random.random_range(0..gateways),
            apart,
            away,
        }
    }
}

impl Draw {
    /// The queue node that dies, if one does.
    pub(super) fn nodes(&self, cluster: &Cluster) -> Vec<String> {
        let dies = self.roles.contains(&Role::QueueNode);
        let node = cluster.queue_node_ids().nth(self.queue_node).filter(|_| dies);
        node.into_iter().collect()
    }
}

impl Killer<'_> {
    /// Kills them, and starts a boss again; whom besides queue nodes.
    pub(super) fn kill_by_chance(&mut self, draw: &Draw) -> Result<Vec<String>> {
        let mut others = Vec::new();
        for (at, role) in draw.roles.iter().enumerate() {
            if at > 0 {
                self.pause(draw.apart)?;
            }
            match role {
                Role::QueueNode => self.cluster.queue_node_server(draw.queue_node).kill()?,
                Role::Gateway => {
                    self.cluster.kill_gateway(draw.gateway)?;
                    others.extend(self.cluster.gateway_ids().nth(draw.gateway));
                }
                Role::Boss => {
                    self.cluster.kill_boss()?;
                    others.push(BOSS.to_owned());
                }
            }
        }
        if draw.roles.contains(&Role::Boss) {
            self.pause(draw.away)?;
            self.cluster.restart_boss()?;
        }
        Ok(others)
    }

    /// What is due in this turn, if chance has it.
    pub(super) fn draw(&mut self) -> Option<Draw> {
        let options = self.options;
        (options.how == How::Random)
            .then(|| self.chance.draw(options.queue_nodes, options.gateways))
    }
}
