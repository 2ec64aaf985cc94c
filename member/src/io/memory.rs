//! How much memory this process may have, as the kernel says it.

use std::fs;

/// What bounds the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Of the machine, in bytes.
    pub machine: u64,
    /// What the process's control group may have, where one is limited: a container's, or that of a
    /// unit of systemd (`MemoryMax=`).
    pub group: Option<u64>,
}

impl Memory {
    /// As it is now; nothing where the kernel doesn't say it.
    pub fn read() -> Option<Memory> {
        Memory::found(|path| fs::read_to_string(path).ok())
    }

    fn found(read: impl Fn(&str) -> Option<String>) -> Option<Memory> {
        let machine = total(&read("/proc/meminfo")?)?;
        let groups = read("/proc/self/cgroup").unwrap_or_default();
        let group = groups.lines().filter_map(|line| group_max(line, &read)).min();
        // What is above it bounds nothing: so the older of the kernel's interfaces says "none".
        Some(Memory { machine, group: group.filter(|&max| max < machine) })
    }

    /// The least of them.
    pub fn max(&self) -> u64 {
        self.group.unwrap_or(u64::MAX).min(self.machine)
    }
}

/// `MemTotal`, which the kernel gives in units of 1,024 bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let number = line.trim().strip_suffix("kB")?.trim();
    number.parse::<u64>().ok().map(|number| number * 1024)
}

/// The least limit of the group in a line of `/proc/self/cgroup` (`0::/a/b`; `9:memory:/a/b` by the
/// older interface) and of the groups around it. In a container the path may be the one outside,
/// and only the last of them, its own, is to be found.
fn group_max(line: &str, read: &impl Fn(&str) -> Option<String>) -> Option<u64> {
    let (_, line) = line.split_once(':')?;
    let (controllers, path) = line.split_once(':')?;
    let (folder, file) = if controllers.is_empty() {
        ("/sys/fs/cgroup", "memory.max")
    } else if controllers.split(',').any(|name| name == "memory") {
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
    } else {
        return None;
    };
    let mut group = path.trim_end_matches('/');
    let mut least = None;
    loop {
        let max = read(&format!("{folder}{group}/{file}"));
        // "max" is no number, and no bound.
        let max = max.and_then(|text| text.trim().parse::<u64>().ok());
        least = least.into_iter().chain(max).min();
        let Some(around) = group.rfind('/') else { return least };
        group = &group[..around];
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    const GIB: u64 = 1 << 30;

    fn group(files: &[(&str, &str)]) -> Option<u64> {
        let memory = Memory::found(|path| match path {
            "/proc/meminfo" => Some("MemTotal:       16777216 kB\nMemFree: 123 kB\n".to_owned()),
            _ => {
                let file = files.iter().find(|(name, _)| *name == path);
                file.map(|(_, text)| (*text).to_owned())
            }
        });
        let memory = memory.expect("the machine's is known");
        assert_eq!(memory.machine, 16 * GIB);
        memory.group
    }

    #[test]
    fn a_units_limit_is_found() {
        let files = [
            ("/proc/self/cgroup", "0::/system.slice/imq-queue-node.service\n"),
            ("/sys/fs/cgroup/system.slice/imq-queue-node.service/memory.max", "2147483648\n"),
            ("/sys/fs/cgroup/system.slice/memory.max", "max\n"),
        ];
        assert_eq!(group(&files), Some(2 * GIB));
    }

    #[test]
    fn the_least_of_those_around_it_counts() {
        let files = [
            ("/proc/self/cgroup", "0::/games.slice/imq.service\n"),
            ("/sys/fs/cgroup/games.slice/imq.service/memory.max", "4294967296\n"),
            ("/sys/fs/cgroup/games.slice/memory.max", "1073741824\n"),
        ];
        assert_eq!(group(&files), Some(GIB));
    }

    #[test]
    fn a_container_has_it_at_its_root() {
        let files =
            [("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "1073741824\n")];
        assert_eq!(group(&files), Some(GIB));
        let outside = "0::/kubepods/pod1/c1\n";
        let files = [("/proc/self/cgroup", outside), ("/sys/fs/cgroup/memory.max", "1073741824\n")];
        assert_eq!(group(&files), Some(GIB));
    }

    #[test]
    fn the_older_interface_is_read_too() {
        let own = "/sys/fs/cgroup/memory/imq/memory.limit_in_bytes";
        let root = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
        let none = "9223372036854771712\n";
        let files =
            [("/proc/self/cgroup", "9:memory:/imq\n1:name=systemd:/\n"), (own, "1073741824\n")];
        assert_eq!(group(&files), Some(GIB));
        let files = [("/proc/self/cgroup", "9:cpu,memory:/\n0::/\n"), (root, none)];
        assert_eq!(group(&files), None);
    }

    #[test]
    fn the_kernel_is_read() {
        let memory = Memory::read().expect("Linux says it");
        assert!(memory.max() > 16 << 20);
        assert!(memory.max() <= memory.machine);
    }
}
