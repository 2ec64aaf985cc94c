//! The limits of this machine and of processes that are started as this one is.

use std::fs;

use member::io::Memory;

use super::finding::Finding;
use super::listen::Listens;
use crate::config::File;
use crate::show;

/// A gateway has a file for each client; with fewer it is a small one.
const FILES_WANTED: u64 = 65_536;
/// Below this a process can't even do its work.
const FILES_MIN: u64 = 1_024;
/// Clients that come at the same moment wait for a gateway in a list of this length.
const BACKLOG_WANTED: u64 = 1_024;
/// A node that has less keeps next to nothing.
const MEMORY_MIN: u64 = 512 * 1024 * 1024;

/// Looks at the limits.
pub(super) fn look(listens: &Listens, file: &File) -> Vec<Finding> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let kept_max = file.queue_node.kept_bytes_max;
    [
        open_files(&read("/proc/self/limits")),
        backlog(&read("/proc/sys/net/core/somaxconn")),
        local_ports(&read("/proc/sys/net/ipv4/ip_local_port_range"), &listens.ports()),
        Memory::read().map(|found| memory(found, kept_max)),
        huge_pages(&read("/sys/kernel/mm/transparent_hugepage/enabled")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The soft and the hard limit, as `/proc/self/limits` has them.
fn open_files(limits: &str) -> Option<Finding> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let number = |text: &str| if text == "unlimited" { Some(u64::MAX) } else { text.parse().ok() };
    let mut words = line.split_whitespace();
    let (soft, hard): (u64, u64) = (number(words.next()?)?, number(words.next()?)?);
    let said = format!("{soft} may be open, {hard} if a process asks for more");
    if soft < FILES_MIN {
        let advice =
            format!("`ulimit -n {FILES_WANTED}`, or LimitNOFILE={FILES_WANTED} in systemd");
        return Some(Finding::fail("open files", said, advice));
    }
    if soft < FILES_WANTED {
        let advice = format!(
            "a gateway takes a file for each client: `ulimit -n {FILES_WANTED}` before it is \
             started, or LimitNOFILE={FILES_WANTED} in systemd"
        );
        return Some(Finding::warn("open files", said, advice));
    }
    Some(Finding::ok("open files", said))
}

fn backlog(somaxconn: &str) -> Option<Finding> {
    let max: u64 = somaxconn.trim().parse().ok()?;
    let said = format!("{max} connections may wait to be accepted (somaxconn)");
    Some(if max < BACKLOG_WANTED {
        let advice = format!(
            "when many clients return at once, some are refused: `sysctl -w \
             net.core.somaxconn={BACKLOG_WANTED}`"
        );
        Finding::warn("backlog", said, advice)
    } else {
        Finding::ok("backlog", said)
    })
}

/// Ports that the kernel gives to whoever connects somewhere may be taken when imq starts.
fn local_ports(range: &str, listened: &[u16]) -> Option<Finding> {
    let mut words = range.split_whitespace().map_while(|word| word.parse::<u16>().ok());
    let (first, last) = (words.next()?, words.next()?);
    let said = format!("{first} to {last} are for outgoing connections");
    let within: Vec<String> = listened
        .iter()
        .filter(|port| (first..=last).contains(*port))
        .map(ToString::to_string)
        .collect();
    Some(if within.is_empty() {
        Finding::ok("local ports", said)
    } else {
        let ports = within.join(",");
        let advice = format!(
            "any program may be given such a port before imq starts: `sysctl -w \
             net.ipv4.ip_local_reserved_ports={ports}`, or listen elsewhere"
        );
        Finding::warn("local ports", format!("{said}, and imq is to listen at {ports}"), advice)
    })
}

/// What a queue node started here may keep, and what there is.
fn memory(found: Memory, kept_max: Option<u64>) -> Finding {
    let all = found.max();
    let size = |bytes: u64| show::bytes(bytes as f64);
    let whose = found.group.map_or("of this machine", |_| "of this control group");
    let said = format!("{} {whose}", size(all));
    if let Some(kept) = kept_max.filter(|kept| *kept > all / 3 * 2) {
        let said = format!("{said}, and queue_node.kept_bytes_max is {}", size(kept));
        let advice = format!(
            "a queue node takes half as much again as it keeps, and would be killed: keep at most \
             {}",
            all / 2
        );
        return Finding::fail("memory", said, advice);
    }
    if all < MEMORY_MIN {
        Finding::warn("memory", said, "a queue node keeps half of it: give it more")
    } else {
        Finding::ok(
            "memory",
            format!("{said}; a queue node keeps up to {}", { size(kept_max.unwrap_or(all / 2)) }),
        )
    }
}

fn huge_pages(enabled: &str) -> Option<Finding> {
    let chosen = enabled.split_whitespace().find_map(|word| {
        let word = word.strip_prefix('[')?;
        word.strip_suffix(']')
    })?;
    let said = format!("transparent huge pages: {chosen}");
    Some(match chosen {
        "never" => {
            let advice = "all works, but others learn of a killed node some 10 to 20 ms later: \
                          `echo madvise > /sys/kernel/mm/transparent_hugepage/enabled`";
            Finding::warn("huge pages", said, advice)
        }
        _ => Finding::ok("huge pages", said),
    })
}

#[cfg(test)]
mod tests;
