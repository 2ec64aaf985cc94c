//! How many tests passed and failed, and how many weren't run, as test programs print it.

use std::fmt;
use std::ops::AddAssign;

/// What became of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Marked as not to be run, or skipped by the program.
    pub(crate) ignored: u64,
    /// Left out by the command.
    pub(crate) filtered: u64,
}

impl Counts {
    /// Reads a summary: `test result: ok. 3 passed; 0 failed; …` as `cargo test` prints it, or a
    /// line that is nothing but `3 passed, 0 failed`, with or without `, 1 skipped` behind it.
    pub(crate) fn read(line: &str) -> Option<Counts> {
        let line = line.trim();
        let mut counts = Counts::default();
        let parts: Vec<&str> = match line.strip_prefix("test result: ") {
            Some(result) => result.split_once(". ")?.1.split("; ").collect(),
            None => line.split(", ").collect(),
        };
        let [passed, failed, rest @ ..] = parts.as_slice() else { return None };
        counts.passed = passed.strip_suffix(" passed")?.parse().ok()?;
        counts.failed = failed.strip_suffix(" failed")?.parse().ok()?;
        for part in rest {
            let Some((number, what)) = part.split_once(' ') else { continue };
            match what {
                "ignored" | "skipped" => counts.ignored += number.parse::<u64>().ok()?,
                "filtered out" => counts.filtered += number.parse::<u64>().ok()?,
                _ => {}
            }
        }
        Some(counts)
    }

    /// Tests that were there and didn't run.
    pub(crate) fn left_out(self) -> u64 {
        self.ignored + self.filtered
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.filtered += other.filtered;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.ignored {
            0 => Ok(()),
            ignored => write!(f, ", {ignored} skipped"),
        }
    }
}

#[cfg(test)]
mod tests;
