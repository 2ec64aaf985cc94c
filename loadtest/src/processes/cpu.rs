//! CPU time by the kernel's accounting: `utime` and `stime` of `/proc/<pid>/stat`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::clock::{Nanoseconds, SECOND};

/// The kernel shows times in hundredths of a second, whatever its own clock is (`USER_HZ`).
const TICKS_PER_S: u64 = 100;

/// A line of `/proc/<pid>/stat`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    cpu_ticks: u64,
}

impl Stat {
    /// Fields are counted from behind the command's name, which may hold spaces and brackets.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line[line.rfind(')')? + 1..].split_ascii_whitespace();
        let parent = fields.nth(1)?.parse().ok()?;
        let user: u64 = fields.nth(9)?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        Some(Self { parent, cpu_ticks: user + system })
    }
}

/// The CPU time of these processes and all that descend from them and live.
pub(crate) fn used(processes: &[u32]) -> Result<Nanoseconds> {
    if processes.is_empty() {
        return Ok(0);
    }
    let all = all_processes()?;
    let descends = |mut pid: u32| {
        while !processes.contains(&pid) {
            match all.get(&pid) {
                Some(stat) if stat.parent != 0 => pid = stat.parent,
                Some(_) | None => return false,
            }
        }
        true
    };
    let ticks: u64 =
        all.iter().filter(|(pid, _)| descends(**pid)).map(|(_, stat)| stat.cpu_ticks).sum();
    Ok(ticks * (SECOND / TICKS_PER_S))
}

/// The CPU time of this process.
pub(crate) fn own() -> Result<Nanoseconds> {
    let line = fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    let stat = Stat::parse(&line).context("/proc/self/stat isn't as the kernel writes it")?;
    Ok(stat.cpu_ticks * (SECOND / TICKS_PER_S))
}

fn all_processes() -> Result<BTreeMap<u32, Stat>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let entry = entry.context("reading /proc")?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end while the list is read.
        let Ok(line) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        all.extend(Stat::parse(&line).map(|stat| (pid, stat)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
