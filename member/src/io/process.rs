//! What the kernel says of this process, under the names that all programs give it.

use std::fs;
use std::sync::LazyLock;

use crate::machine::{Sample, Value};

/// The kernel shows times in hundredths of a second, whatever its own clock is (`USER_HZ`).
const TICKS_PER_S: f64 = 100.0;

/// When the process started never changes, and the kernel's words for it are long.
static STARTED_S: LazyLock<Option<f64>> = LazyLock::new(started_s);

/// What can be read of it now.
pub fn samples() -> Vec<Sample> {
    let counter = Value::Counter as fn(f64) -> Value;
    let cpu_s = stat().map(|stat| (stat.user + stat.system) / TICKS_PER_S);
    let known = [
        ("process_cpu_seconds_total", "CPU time, user and system.", counter, cpu_s),
        ("process_resident_memory_bytes", "Memory in use.", Value::Gauge, memory("VmRSS:")),
        ("process_virtual_memory_bytes", "Memory mapped.", Value::Gauge, memory("VmSize:")),
        ("process_open_fds", "Files open now, sockets included.", Value::Gauge, open_files()),
        ("process_max_fds", "Files that may be open.", Value::Gauge, files_max()),
        (
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            Value::Gauge,
            *STARTED_S,
        ),
    ];
    let known = known.into_iter();
    known
        .filter_map(|(name, help, kind, value)| Some(Sample::new(name, help, kind(value?))))
        .collect()
}

/// Of `/proc/self/stat`, in ticks.
struct Stat {
    user: f64,
    system: f64,
    started: f64,
}

fn stat() -> Option<Stat> {
    let line = fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted from behind the command's name, which may hold spaces and brackets.
    let fields: Vec<&str> = line[line.rfind(')')? + 1..].split_ascii_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse().ok();
    Some(Stat { user: field(11)?, system: field(12)?, started: field(19)? })
}

fn started_s() -> Option<f64> {
    let kernel = fs::read_to_string("/proc/stat").ok()?;
    let booted = kernel.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted.trim().parse::<f64>().ok()? + stat()?.started / TICKS_PER_S)
}

/// A line of `/proc/self/status`, which has units of 1,024 bytes.
fn memory(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

fn open_files() -> Option<f64> {
    // One of them is the directory that is being read.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

fn files_max() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_is_read() {
        let samples = super::samples();
        let value = |name: &str| {
            let sample = samples.iter().find(|sample| sample.name == name);
            sample.and_then(|sample| sample.number()).expect(name)
        };
        assert_eq!(samples.len(), 6);
        assert!(value("process_resident_memory_bytes") > 1_000_000.0);
        assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_max_fds") >= value("process_open_fds"));
        // After this was written, and before the machine's clock.
        let now_s = link::io::clock::now().unix_ms as f64 / 1000.0;
        let started_s = value("process_start_time_seconds");
        assert!((1.7e9..=now_s + 1.0).contains(&started_s), "{started_s}");
    }
}
