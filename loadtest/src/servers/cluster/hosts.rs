//! Hosts of their own for a cluster's processes: network namespaces of the kernel, joined by a
//! bridge. What one says to another can be dropped where it arrives, by nftables: nobody is told,
//! and TCP does what it does in earnest.
//!
//! A namespace is there as long as its keeper, a process that waits for the end of its input: it
//! ends with this process, however that ends. The bridge is in this process's own namespace, which
//! is none of the machine's (`alone`), so that nothing of all this is left behind, and nothing that
//! is sent here ever leaves.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The clients' address, on the bridge. All are of the range for measurements (RFC 2544).
const BRIDGE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// The port that a process listens at first; others are behind it. It has its host for itself.
const FIRST_PORT: u16 = 7_000;
/// More hosts than a bridge of the kernel has ports to spare for would fail in the middle.
const HOSTS_MAX: usize = 64;

/// The variable that a process finds which goes on in a namespace of its own.
const ALONE: &str = "LOADTEST_ALONE";

/// What drops what arrives; at first, nothing.
const TABLE: &str =
    "table ip imq {\n chain arriving {\n  type filter hook input priority 0\n }\n}\n";

/// All hosts, by the ids of their processes.
#[derive(Debug)]
pub(super) struct Hosts(BTreeMap<String, Host>);

/// One namespace.
#[derive(Debug)]
struct Host {
    keeper: Child,
    address: Ipv4Addr,
}

/// Lets this process go on in a network namespace that has nothing in it yet, unless it does so
/// already: it begins anew there.
///
/// # Errors
/// When the process isn't root's, or there is no `unshare`.
pub fn alone() -> Result<()> {
    let uid = std::fs::metadata("/proc/self").context("asking who this process is")?.uid();
    ensure!(uid == 0, "hosts of their own are network namespaces: only root can make them");
    if std::env::var_os(ALONE).is_some() {
        return Ok(());
    }
    let own = std::env::current_exe().context("looking for the own program")?;
    let words = std::env::args_os().skip(1);
    let mut again = Command::new("unshare");
    let error = again.args(["--net", "--"]).arg(own).args(words).env(ALONE, "").exec();
    Err(error).context("starting unshare: install util-linux")
}

impl Hosts {
    /// A host for each of these processes.
    pub(super) fn make(ids: &[String]) -> Result<Self> {
        ensure!(ids.len() <= HOSTS_MAX, "{} hosts: there are at most {HOSTS_MAX}", ids.len());
        let mut bridge = format!(
            "link set lo up\nlink add imq type bridge\naddr add {BRIDGE}/24 dev imq\n\
             link set imq up\n"
        );
        let mut hosts = BTreeMap::new();
        for (number, id) in (2..).zip(ids) {
            let host = Host { keeper: keeper()?, address: Ipv4Addr::new(198, 18, 0, number) };
            bridge.push_str(&format!(
                "link add imq{number} type veth peer name eth0 netns {}\n\
                 link set imq{number} master imq up\n",
                host.keeper.id()
            ));
            hosts.insert(id.clone(), host);
        }
        speak(Command::new("ip").args(["-batch", "-"]), &bridge)?;
        for host in hosts.values() {
            let address = host.address;
            let up = format!("link set lo up\naddr add {address}/24 dev eth0\nlink set eth0 up\n");
            speak(host.run("ip").args(["-batch", "-"]), &up)?;
            speak(host.run("nft").args(["-f", "-"]), TABLE)?;
        }
        Ok(Self(hosts))
    }

    /// What starts a program on a process's host.
    pub(super) fn run(&self, id: &str, program: &Path) -> Result<Command> {
        Ok(self.host(id)?.run(program))
    }

    /// Addresses that a process listens at.
    pub(super) fn addresses<const N: usize>(&self, id: &str) -> Result<[SocketAddr; N]> {
        let address = self.host(id)?.address;
        let mut ports = FIRST_PORT..;
        Ok([(); N].map(|()| SocketAddr::from((address, ports.next().unwrap_or(FIRST_PORT)))))
    }

    /// From now on nothing that one says arrives at the other.
    pub(super) fn cut(&self, from: &str, to: &str) -> Result<()> {
        let rule = format!("add rule ip imq arriving ip saddr {} drop", self.host(from)?.address);
        speak(self.host(to)?.run("nft").args(["-f", "-"]), &rule)
    }

    /// All that is said arrives again.
    pub(super) fn mend(&self) -> Result<()> {
        let mut hosts = self.0.values();
        let flush = "flush chain ip imq arriving";
        hosts.try_for_each(|host| speak(host.run("nft").args(["-f", "-"]), flush))
    }

    fn host(&self, id: &str) -> Result<&Host> {
        self.0.get(id).with_context(|| format!("{id} has no host"))
    }
}

impl Host {
    /// What starts a program here.
    fn run(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.keeper.id())).arg("--").arg(program);
        command
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It ends with its input, so what goes wrong here leaves nothing behind.
        drop(self.keeper.kill().and_then(|()| self.keeper.wait()));
    }
}

/// Starts what keeps a namespace, and waits until that is there.
fn keeper() -> Result<Child> {
    let mut keeper = Command::new("unshare")
        .args(["--net", "sh", "-c", "echo there; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting unshare: install util-linux")?;
    let mut line = String::new();
    let output = keeper.stdout.take().context("the keeper's output isn't piped")?;
    BufReader::new(output).read_line(&mut line).context("waiting for a namespace")?;
    ensure!(line == "there\n", "no network namespace: what went wrong is above");
    Ok(keeper)
}

/// Gives a program its input and waits for its end.
fn speak(command: &mut Command, input: &str) -> Result<()> {
    let what = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("{what}: install iproute2 and nftables"))?;
    let mut stdin = child.stdin.take().context("its input isn't piped")?;
    stdin.write_all(input.as_bytes()).with_context(|| format!("speaking to {what}"))?;
    drop(stdin);
    let status = child.wait().with_context(|| format!("waiting for {what}"))?;
    if !status.success() {
        bail!("{what} ended with {status}, told: {input}");
    }
    Ok(())
}
