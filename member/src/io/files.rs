//! How many files this process may open. Whoever takes more than a share takes it from the links
//! and the store, without which the process serves nobody.

/// One in so many is for connections over HTTP, where a process has no other door.
const HTTP_PART: usize = 4;

/// The soft limit of this process; nothing if it can't be found.
pub fn open_files_max() -> Option<usize> {
    let table = std::fs::read_to_string("/proc/self/limits").ok()?;
    soft_limit(&table)
}

/// What of them is for HTTP at a boss or a queue node: the rest is kept back for links and the
/// store.
pub fn for_http() -> usize {
    open_files_max().map_or(usize::MAX, |limit| limit / HTTP_PART)
}

/// The soft limit in the kernel's table of limits.
fn soft_limit(table: &str) -> Option<usize> {
    let line = table.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests;
