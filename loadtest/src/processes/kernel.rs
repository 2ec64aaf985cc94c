//! What the kernel holds for TCP, over the whole machine, by `/proc/net/sockstat`.

use std::fs;

use anyhow::{Context, Result};

/// The kernel counts in these.
const PAGE_BYTES: u64 = 4096;

/// Bytes that all buffers of TCP take.
pub(crate) fn tcp_bytes() -> Result<u64> {
    let path = "/proc/net/sockstat";
    let table = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    parse(&table).with_context(|| format!("{path} has no memory of TCP"))
}

fn parse(table: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_ascii_whitespace().skip_while(|word| *word != "mem");
    let pages: u64 = words.nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}

#[cfg(test)]
mod tests;
