//! What can be done to the processes of a cluster.

/// What is done to a queue node, and to whom else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// SIGKILL of the node that most is at home on, and a start some time later.
    Kill,
    /// The same with the node that has the most copies of what it doesn't serve.
    Backup,
    /// SIGSTOP, and SIGCONT some time later.
    Stop,
    /// SIGKILL of half of the nodes at once.
    Half,
    /// SIGKILL of a node and of a gateway at once.
    GatewayAndHome,
    /// SIGKILL of the boss and of a node at once; the boss is started again at once.
    BossAndNode,
    /// SIGKILL of a node that has been killed and started, while it is filled.
    Learner,
    /// The links between two nodes are cut without a word.
    Cut,
    /// The links of the boss to two nodes and to all gateways are cut without a word.
    Apart,
    /// One process hears no more of another, in turn: a node's fellow of it and it of its fellow,
    /// the boss of the node and it of the boss, the node of all gateways and they of it.
    CutOneWay,
    /// What a node says and hears comes late, each way by another time.
    Delay,
    /// SIGKILL of a node whose links nobody ends, as if its machine had lost network and power:
    /// those to other nodes are cut 200 ms before.
    Power,
    /// A node, a gateway, the boss or two of them, as chance has it: each by SIGKILL, by SIGSTOP
    /// and SIGCONT some time later, or by a cut from all other processes for some time.
    Random,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Kill,
        Self::Backup,
        Self::Stop,
        Self::Half,
        Self::GatewayAndHome,
        Self::BossAndNode,
        Self::Learner,
        Self::Cut,
        Self::Apart,
        Self::CutOneWay,
        Self::Delay,
        Self::Power,
        Self::Random,
    ];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Backup => "backup",
            Self::Stop => "stop",
            Self::Half => "half",
            Self::GatewayAndHome => "gateway-and-home",
            Self::BossAndNode => "boss-and-node",
            Self::Learner => "learner",
            Self::Cut => "cut",
            Self::Apart => "apart",
            Self::CutOneWay => "cut-one-way",
            Self::Delay => "delay",
            Self::Power => "power",
            Self::Random => "random",
        }
    }

    /// What was done, as the report has it.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Kill => "killed",
            Self::Backup => "a backup killed",
            Self::Stop => "stopped",
            Self::Half => "half killed",
            Self::GatewayAndHome => "killed with a gateway",
            Self::BossAndNode => "killed with the boss",
            Self::Learner => "killed while it was filled",
            Self::Cut => "two cut from each other",
            Self::Apart => "two and all gateways cut from the boss",
            Self::CutOneWay => "cut one way",
            Self::Delay => "delayed",
            Self::Power => "without power",
            Self::Random => "hurt by chance",
        }
    }

    /// Whether processes die of it, and are started again.
    pub(super) fn kills(self) -> bool {
        match self {
            Self::Kill
            | Self::Backup
            | Self::Half
            | Self::GatewayAndHome
            | Self::BossAndNode
            | Self::Learner
            | Self::Power
            | Self::Random => true,
            Self::Stop | Self::Cut | Self::Apart | Self::CutOneWay | Self::Delay => false,
        }
    }

    /// Whether something happens to links, so that there has to be something that can be cut.
    pub(super) fn is_of_links(self) -> bool {
        match self {
            Self::Cut
            | Self::Apart
            | Self::CutOneWay
            | Self::Delay
            | Self::Power
            | Self::Random => true,
            Self::Kill
            | Self::Backup
            | Self::Stop
            | Self::Half
            | Self::GatewayAndHome
            | Self::BossAndNode
            | Self::Learner => false,
        }
    }

    /// Whether clients lose connections without a word.
    pub(super) fn ends_connections(self) -> bool {
        matches!(self, Self::GatewayAndHome | Self::Random)
    }

    /// How many of so many nodes it is done to.
    pub(super) fn nodes(self, of: usize) -> usize {
        match self {
            Self::Half => (of / 2).max(1),
            Self::Cut | Self::Apart | Self::CutOneWay => 2,
            Self::Kill
            | Self::Backup
            | Self::Stop
            | Self::GatewayAndHome
            | Self::BossAndNode
            | Self::Learner
            | Self::Delay
            | Self::Power
            | Self::Random => 1,
        }
    }

    /// How many copies of a bucket it may cost at once.
    pub(super) fn costs(self, of: usize) -> usize {
        if self.kills() || self == Self::Stop { self.nodes(of) } else { 0 }
    }
}

impl std::str::FromStr for How {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|how| how.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|how| how.name()).collect();
            format!("nothing is done by {name:?}: one of {}", names.join(", "))
        })
    }
}
