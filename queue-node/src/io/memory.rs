//! How much a node may keep where nobody has said it.

use std::fs;

/// Counted bytes are about two thirds of what the process takes; the rest of the machine's memory
/// is the links', the kernel's and other processes'.
const PART_OF_ALL: u64 = 2;
/// Where the kernel says nothing.
const UNKNOWN: u64 = 4 * 1024 * 1024 * 1024;

/// A part of the memory that this process may have: the machine's, or its control group's.
pub(super) fn bytes_max() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(total).unwrap_or(UNKNOWN);
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    // "max" is no number, and no bound.
    let group = group.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(u64::MAX);
    machine.min(group) / PART_OF_ALL
}

/// `MemTotal`, which the kernel gives in units of 1,024 bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let number = line.trim().strip_suffix("kB")?.trim();
    number.parse::<u64>().ok().map(|number| number * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_is_read() {
        let meminfo = "MemTotal:       24575412 kB\nMemFree:          123 kB\n";
        assert_eq!(super::total(meminfo), Some(24_575_412 * 1024));
        assert_eq!(super::total("MemFree: 5 kB"), None);
        assert!(super::bytes_max() > 16 * 1024 * 1024);
    }
}
