//! What the gate needs beside the Rust toolchain, and how it comes to a bare machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::process::{self, CommandLine, Ending, StandardError};

/// How long one call of the package manager may take, on a slow line.
const INSTALL_TIME_MAX: Duration = Duration::from_secs(600);

/// Something that has to be there before the gate starts.
struct Component {
    name: &'static str,
    /// A line for the shell that succeeds when the component is there.
    probe: &'static str,
    remedy: Remedy,
}

/// How a component comes to the machine.
#[derive(Clone, Copy)]
enum Remedy {
    /// By packages of Debian.
    Packages(&'static [&'static str]),
    /// By a command that is the user's own to run.
    Command(&'static str),
}

/// What the quick stages need too.
const TOOLCHAIN: [Component; 2] = [
    Component {
        name: "rustfmt",
        probe: "cargo fmt --version",
        remedy: Remedy::Command("rustup component add rustfmt"),
    },
    Component {
        name: "clippy",
        probe: "cargo clippy --version",
        remedy: Remedy::Command("rustup component add clippy"),
    },
];

/// What independent clients and comparisons need.
const PROGRAMS: [Component; 20] = [
    Component {
        name: "redis-server",
        probe: "command -v redis-server",
        remedy: Remedy::Packages(&["redis-server"]),
    },
    Component {
        name: "nats-server",
        probe: "command -v nats-server",
        remedy: Remedy::Packages(&["nats-server"]),
    },
    Component {
        name: "mosquitto",
        probe: "command -v mosquitto",
        remedy: Remedy::Packages(&["mosquitto"]),
    },
    Component {
        name: "node 18 or later",
        probe: "node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)'",
        remedy: Remedy::Packages(&["nodejs", "npm"]),
    },
    Component {
        name: "npm",
        probe: "command -v npm",
        remedy: Remedy::Packages(&["nodejs", "npm"]),
    },
    Component {
        name: "python3 with google.protobuf",
        probe: "/usr/bin/python3 -c 'import google.protobuf'",
        remedy: Remedy::Packages(&["python3", "python3-protobuf"]),
    },
    Component {
        name: "python3 with websockets",
        probe: "/usr/bin/python3 -c 'import websockets'",
        remedy: Remedy::Packages(&["python3", "python3-websockets"]),
    },
    Component { name: "pipx", probe: "command -v pipx", remedy: Remedy::Packages(&["pipx"]) },
    Component {
        name: "protoc",
        probe: "command -v protoc",
        remedy: Remedy::Packages(&["protobuf-compiler"]),
    },
    Component {
        name: "PHP 8.1 or later",
        probe: "php -r 'exit(PHP_VERSION_ID >= 80100 ? 0 : 1);'",
        remedy: Remedy::Packages(&["php-cli"]),
    },
    Component {
        name: "openssl",
        probe: "command -v openssl",
        remedy: Remedy::Packages(&["openssl"]),
    },
    Component {
        name: "promtool",
        probe: "command -v promtool",
        remedy: Remedy::Packages(&["prometheus"]),
    },
    Component {
        name: "chromium",
        probe: "command -v chromium",
        remedy: Remedy::Packages(&["chromium"]),
    },
    Component {
        name: "haproxy",
        probe: "command -v haproxy",
        remedy: Remedy::Packages(&["haproxy"]),
    },
    Component {
        name: "nginx",
        probe: "command -v nginx",
        remedy: Remedy::Packages(&["nginx-light"]),
    },
    Component {
        name: "systemd",
        probe: "command -v systemctl && command -v systemd-analyze && test -x /lib/systemd/systemd",
        remedy: Remedy::Packages(&["systemd"]),
    },
    Component {
        name: "unshare and nsenter",
        probe: "command -v unshare && command -v nsenter",
        remedy: Remedy::Packages(&["util-linux"]),
    },
    Component { name: "ip", probe: "command -v ip", remedy: Remedy::Packages(&["iproute2"]) },
    Component { name: "nft", probe: "command -v nft", remedy: Remedy::Packages(&["nftables"]) },
    Component { name: "curl", probe: "command -v curl", remedy: Remedy::Packages(&["curl"]) },
];

/// Sees to it that everything is there that the gate needs, by installing it when root.
///
/// # Errors
/// When something is lacking and cannot be installed: what, and the line that installs it.
pub(crate) fn provide(root: &Path, quick: bool) -> anyhow::Result<()> {
    let programs = if quick { &[][..] } else { &PROGRAMS };
    let needed: Vec<&Component> = TOOLCHAIN.iter().chain(programs).collect();
    let Some(lacking) = Lacking::of(&needed, succeeds) else {
        return Ok(());
    };
    println!("lacking: {}", lacking.names);
    if lacking.packages.is_empty() || !lacking.commands.is_empty() || !is_root() {
        bail!("lacking: {}; install it with: {}", lacking.names, lacking.line());
    }
    install(root, &lacking)?;
    match Lacking::of(&needed, succeeds) {
        None => Ok(()),
        Some(still) => bail!("still lacking after the installation: {}", still.names),
    }
}

/// Whether this is root.
pub(crate) fn is_root() -> bool {
    succeeds("test `id -u` = 0")
}

/// What isn't there, and what brings it.
#[derive(Debug, PartialEq, Eq)]
struct Lacking {
    names: String,
    packages: BTreeSet<&'static str>,
    commands: Vec<&'static str>,
}

impl Lacking {
    fn of(needed: &[&Component], is_there: impl Fn(&str) -> bool) -> Option<Lacking> {
        let lacking: Vec<_> =
            needed.iter().filter(|component| !is_there(component.probe)).collect();
        let names: Vec<&str> = lacking.iter().map(|component| component.name).collect();
        let mut packages = BTreeSet::new();
        let mut commands = Vec::new();
        for component in &lacking {
            match component.remedy {
                Remedy::Packages(named) => packages.extend(named),
                Remedy::Command(line) => commands.push(line),
            }
        }
        (!lacking.is_empty()).then(|| Lacking { names: names.join(", "), packages, commands })
    }

    /// The line that brings everything.
    fn line(&self) -> String {
        let mut steps: Vec<String> = self.commands.iter().map(|&line| line.to_owned()).collect();
        if !self.packages.is_empty() {
            let packages: Vec<&str> = self.packages.iter().copied().collect();
            steps.push("sudo apt-get update".to_owned());
            steps.push(format!("sudo apt-get install -y {}", packages.join(" ")));
        }
        steps.join(" && ")
    }
}

fn install(root: &Path, lacking: &Lacking) -> anyhow::Result<()> {
    let update = CommandLine::new("apt-get update");
    let mut install = CommandLine::new("apt-get install -y --no-install-recommends");
    install.arguments.extend(lacking.packages.iter().map(|&package| package.to_owned()));
    for mut line in [update, install] {
        line.environment.push(("DEBIAN_FRONTEND".to_owned(), "noninteractive".to_owned()));
        println!("{line}");
        let show = |output: &str| println!("{output}");
        let ending = process::run(&line, root, INSTALL_TIME_MAX, StandardError::Inherited, show)
            .with_context(|| format!("this needs Debian; else install: {}", lacking.names))?;
        ensure!(ending == Ending::Succeeded, "`{line}` did not succeed: {ending:?}");
    }
    Ok(())
}

/// Whether a line for the shell succeeds, with the servers of Debian in its path, which only root
/// has there by default.
fn succeeds(line: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("PATH=$PATH:/usr/sbin; {line}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests;
