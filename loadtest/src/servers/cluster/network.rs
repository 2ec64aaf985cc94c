//! What is between the processes of a cluster, and what can happen there.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::hosts::Hosts;
use super::wires::Wires;
use crate::processes::ports;

/// How they reach each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    /// Over the loopback.
    #[default]
    Loopback,
    /// Links go through wires, which can be cut and slow.
    Wires,
    /// Each is on a host of its own, which can be cut off from another.
    Hosts,
}

/// The same with all that it takes.
#[derive(Debug)]
pub(super) enum Medium {
    Loopback,
    Wires(Wires),
    Hosts(Hosts),
}

impl Medium {
    /// What is to be between these processes.
    pub(super) fn make(network: Network, ids: &[String]) -> Result<Self> {
        Ok(match network {
            Network::Loopback => Self::Loopback,
            Network::Wires => Self::Wires(Wires::default()),
            Network::Hosts => Self::Hosts(Hosts::make(ids)?),
        })
    }

    /// Whether clients come from elsewhere, so that a gateway has to ask who they are.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Hosts(_))
    }

    /// Addresses for a process to listen at.
    pub(super) fn addresses<const N: usize>(&self, id: &str) -> Result<[SocketAddr; N]> {
        match self {
            Self::Loopback | Self::Wires(_) => ports::free(),
            Self::Hosts(hosts) => hosts.addresses(id),
        }
    }

    /// Where others dial a process that listens for links here.
    pub(super) fn door(&self, id: &str, link: SocketAddr) -> Result<SocketAddr> {
        match self {
            Self::Wires(wires) => wires.lead_to(id, link),
            Self::Loopback | Self::Hosts(_) => Ok(link),
        }
    }

    /// What starts the program as this process.
    pub(super) fn run(&self, id: &str, program: &Path) -> Result<Command> {
        match self {
            Self::Hosts(hosts) => {
                let mut command = hosts.run(id, program)?;
                // All have the kernel's name of this machine, and would be one host for the boss.
                command.env("IMQ_HOST", id);
                Ok(command)
            }
            Self::Loopback | Self::Wires(_) => Ok(Command::new(program)),
        }
    }

    /// Lets nothing pass any more from one process to another, and tells nobody.
    pub(super) fn cut(&self, from: &str, to: &str) -> Result<()> {
        match self {
            Self::Wires(wires) => wires.cut(from, to),
            Self::Hosts(hosts) => hosts.cut(from, to)?,
            Self::Loopback => bail!("nothing can be cut on the loopback"),
        }
        Ok(())
    }

    /// Lets what one process says to another come later by so much.
    pub(super) fn delay(&self, from: &str, to: &str, by: Duration) -> Result<()> {
        match self {
            Self::Wires(wires) => wires.delay(from, to, by),
            Self::Loopback | Self::Hosts(_) => bail!("only wires can be slow"),
        }
        Ok(())
    }

    /// Lets all pass again.
    pub(super) fn mend(&self) -> Result<()> {
        match self {
            Self::Wires(wires) => wires.mend(),
            Self::Hosts(hosts) => hosts.mend()?,
            Self::Loopback => {}
        }
        Ok(())
    }
}
