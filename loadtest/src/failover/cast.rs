//! Names: probe rooms on each node, and senders who are at home in their buckets.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::boss::Boss;
use super::clients::PROBE_SENDERS;

/// Names that are asked for at a time.
const BATCH: usize = 512;

/// With so many names tried and none found, none is to be had: there are 2^16 buckets at most.
const TRIES_MAX: usize = 1 << 21;

/// A probe room and its bucket.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) room: String,
    bucket: String,
}

/// So many probe rooms on each of these nodes, each in a bucket of its own.
pub(super) fn probes(boss: Boss, run: u32, nodes: &[String], each: usize) -> Result<Vec<Probe>> {
    let mut wanted: Vec<usize> = vec![each; nodes.len()];
    let (mut probes, mut taken) = (Vec::new(), BTreeSet::new());
    search(
        boss,
        |number| format!("/load/{run:08x}-probe-{number}"),
        |room, home, bucket| {
            let node = nodes.iter().position(|node| Some(node.as_str()) == home);
            if let Some(node) = node.filter(|node| wanted[*node] > 0)
                && taken.insert(bucket.to_owned())
            {
                wanted[node] -= 1;
                probes.push(Probe { room: room.to_owned(), bucket: bucket.to_owned() });
            }
            wanted.iter().all(|wanted| *wanted == 0)
        },
    )?;
    Ok(probes)
}

/// The users who send to these rooms, one room's after the other's.
pub(super) fn senders(boss: Boss, run: u32, probes: &[Probe]) -> Result<Vec<String>> {
    let mut users = vec![Vec::new(); probes.len()];
    search(
        boss,
        |number| format!("/user/load-{run:08x}-{number}"),
        |queue, _, bucket| {
            let probe = probes.iter().position(|probe| probe.bucket == bucket);
            if let Some(users) = probe.map(|probe| &mut users[probe])
                && users.len() < PROBE_SENDERS
            {
                users.push(queue.trim_start_matches("/user/").to_owned());
            }
            users.iter().all(|users| users.len() == PROBE_SENDERS)
        },
    )?;
    Ok(users.concat())
}

/// Shows names with their homes and buckets until `take` has all it wants.
fn search(
    boss: Boss,
    name: impl Fn(usize) -> String,
    mut take: impl FnMut(&str, Option<&str>, &str) -> bool,
) -> Result<()> {
    for first in (0..TRIES_MAX).step_by(BATCH) {
        let names: Vec<String> = (first..first + BATCH).map(&name).collect();
        for (name, place) in names.iter().zip(boss.places(&names)?) {
            if take(name, place.home(), &place.bucket) {
                return Ok(());
            }
        }
    }
    bail!("of {TRIES_MAX} names too few are in the wanted buckets: are there fewer probes to be?");
}
