//! What is done to the processes of a cluster and to their links, and undone.

use std::time::Duration;

use anyhow::Result;

use super::super::how::How;
use super::{Killer, REST};
use crate::processes::child::Server;
use crate::servers::cluster::{BOSS, Cluster};

/// How late what is said comes: each way has a time of its own in between.
const LATE_MS_MIN: u64 = 10;
const LATE_MS_MAX: u64 = 200;

/// A node without power or network has lost its fellows so much sooner than its gateways: what it
/// shows to them meanwhile, nobody else has. It is less than a dead time.
const WITHOUT_FELLOWS: Duration = Duration::from_millis(200);

/// Who hears no more of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OneWay {
    FellowOfNode,
    NodeOfFellow,
    BossOfNode,
    NodeOfBoss,
    NodeOfGateways,
    GatewaysOfNode,
}

impl OneWay {
    const ALL: [Self; 6] = [
        Self::FellowOfNode,
        Self::NodeOfFellow,
        Self::BossOfNode,
        Self::NodeOfBoss,
        Self::NodeOfGateways,
        Self::GatewaysOfNode,
    ];

    /// That of this turn.
    pub(super) fn of(turn: usize) -> Self {
        Self::ALL[turn % Self::ALL.len()]
    }

    /// Whether it is of two nodes.
    pub(super) fn is_of_fellows(self) -> bool {
        matches!(self, Self::FellowOfNode | Self::NodeOfFellow)
    }

    /// Whether the node isn't heard; else it doesn't hear.
    fn is_of_node(self) -> bool {
        matches!(self, Self::FellowOfNode | Self::BossOfNode | Self::GatewaysOfNode)
    }
}

impl Killer<'_> {
    /// Does it; to whom besides the nodes.
    pub(super) fn harm(&mut self, nodes: &[String], turn: usize) -> Result<Vec<String>> {
        let how = self.options.how;
        let mut others = Vec::new();
        match how {
            How::GatewayAndHome => {
                let gateway = turn % self.options.gateways;
                self.cluster.gateway_server(gateway).kill()?;
                others.extend(self.cluster.gateway_ids().nth(gateway));
            }
            How::BossAndNode => {
                self.cluster.boss_server().kill()?;
                others.push(BOSS.to_owned());
            }
            How::Cut => {
                for pair in nodes.windows(2) {
                    self.cut(&pair[0], &pair[1])?;
                }
            }
            How::Apart => {
                others.extend(self.cluster.gateway_ids());
                for id in nodes.iter().chain(&others) {
                    self.cut(BOSS, id)?;
                }
            }
            How::CutOneWay => others = self.cut_one_way(nodes, OneWay::of(turn))?,
            How::Delay => self.delay(&nodes[0])?,
            How::Power => self.lose_network(&nodes[0])?,
            How::Kill | How::Backup | How::Stop | How::Half | How::Learner | How::Random => {}
        }
        for node in nodes {
            let at = self.number(node)?;
            let server = self.cluster.queue_node_server(at);
            if how == How::Stop {
                server.signal("STOP")?;
            } else if how.kills() {
                server.kill()?;
            }
        }
        if how == How::BossAndNode {
            self.cluster.restart_boss()?;
        }
        Ok(others)
    }

    /// Starts the dead again, lets the stopped go on, or mends links. Who ends when it finds that
    /// it is out is started again, too.
    pub(super) fn relieve(&mut self, nodes: &[String], others: &[String]) -> Result<()> {
        let how = self.options.how;
        if how.is_of_links() {
            self.cluster.mend()?;
        }
        if how.ends_connections() {
            let gateways: Vec<String> = self.cluster.gateway_ids().collect();
            for at in (0..gateways.len()).filter(|at| others.contains(&gateways[*at])) {
                if self.ends(|cluster| cluster.gateway_server(at))? {
                    self.cluster.restart_gateway(at, self.interrupt)?;
                }
            }
        }
        for node in nodes {
            let at = self.number(node)?;
            if how == How::Stop {
                self.cluster.queue_node_server(at).signal("CONT")?;
            }
            if self.ends(|cluster| cluster.queue_node_server(at))? {
                self.cluster.restart_queue_node(at, self.interrupt)?;
            }
        }
        Ok(())
    }

    /// Whether a process has ended, or ends now that it can find that it is out.
    fn ends(&mut self, server: impl Fn(&mut Cluster) -> &mut Server) -> Result<bool> {
        if server(self.cluster).ended()? {
            return Ok(true);
        }
        self.pause(REST)?;
        server(self.cluster).ended()
    }

    /// Nothing passes any more between two, in neither direction.
    pub(super) fn cut(&self, one: &str, other: &str) -> Result<()> {
        self.cluster.cut(one, other)?;
        self.cluster.cut(other, one)
    }

    /// Some hear no more of others; who is concerned besides the nodes.
    fn cut_one_way(&self, nodes: &[String], way: OneWay) -> Result<Vec<String>> {
        let (node, fellows) = nodes.split_first().expect("it is done to a node");
        let besides = match way {
            OneWay::FellowOfNode | OneWay::NodeOfFellow => Vec::new(),
            OneWay::BossOfNode | OneWay::NodeOfBoss => vec![BOSS.to_owned()],
            OneWay::NodeOfGateways | OneWay::GatewaysOfNode => self.cluster.gateway_ids().collect(),
        };
        for other in fellows.iter().chain(&besides) {
            let (from, to) = if way.is_of_node() { (node, other) } else { (other, node) };
            self.cluster.cut(from, to)?;
        }
        Ok(besides)
    }

    /// A node is cut off, from other nodes a moment before all others.
    fn lose_network(&self, node: &str) -> Result<()> {
        let is_node = |id: &String| self.cluster.queue_node_ids().any(|one| one == *id);
        let (nodes, all) = self.others(node).into_iter().partition::<Vec<_>, _>(is_node);
        nodes.iter().try_for_each(|other| self.cut(node, other))?;
        self.pause(WITHOUT_FELLOWS)?;
        all.iter().try_for_each(|other| self.cut(node, other))
    }

    /// What a node says and hears comes late.
    fn delay(&self, node: &str) -> Result<()> {
        let others = self.others(node);
        let ways = others.iter().flat_map(|other| [(node, other.as_str()), (other.as_str(), node)]);
        let many = 2 * others.len() as u64;
        for (at, (from, to)) in (0..).zip(ways) {
            let ms = LATE_MS_MIN + (LATE_MS_MAX - LATE_MS_MIN) * at / (many - 1);
            self.cluster.delay(from, to, Duration::from_millis(ms))?;
        }
        Ok(())
    }

    /// All processes but this one.
    pub(super) fn others(&self, node: &str) -> Vec<String> {
        let nodes = self.cluster.queue_node_ids().chain(self.cluster.gateway_ids());
        nodes.chain([BOSS.to_owned()]).filter(|id| id != node).collect()
    }
}
