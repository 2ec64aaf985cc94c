//! How many tests passed and failed, as test programs print it.

use std::fmt;
use std::ops::AddAssign;

/// Tests that passed and tests that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Reads a summary: `test result: ok. 3 passed; 0 failed; …` as `cargo test` prints it, or a
    /// line that is nothing but `3 passed, 0 failed`.
    pub(crate) fn read(line: &str) -> Option<Counts> {
        let line = line.trim();
        let Some(result) = line.strip_prefix("test result: ") else {
            let (passed, failed) = line.split_once(", ")?;
            return Self::from_parts(passed, failed);
        };
        let (_, counted) = result.split_once(". ")?;
        let mut parts = counted.split("; ");
        Self::from_parts(parts.next()?, parts.next()?)
    }

    fn from_parts(passed: &str, failed: &str) -> Option<Counts> {
        Some(Counts {
            passed: passed.strip_suffix(" passed")?.parse().ok()?,
            failed: failed.strip_suffix(" failed")?.parse().ok()?,
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests;
