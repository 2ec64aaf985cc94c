//! The boss's disk: the newest step and the one before, as `boss/src/io/store/file.rs` keeps them,
//! and what goes wrong with it. Whoever looks after it has backups of the steps before.

use std::collections::VecDeque;

use crate::chance::Chance;
use crate::journal::Disk as Seen;

/// Makes the draws of the disk others than those of the run.
const DISK: u64 = 0x6469_736b;
/// Steps that a fall loses at most.
const LOST_MAX: usize = 3;
/// What a disk takes for a slow write.
const SLOW_US: u64 = 300_000;
/// Of a hundred writes of which the disk says that they failed, so many have come so far that the
/// step is there: only its folder wasn't flushed.
const THERE_PERCENT: u64 = 30;

/// A disk, which outlives the boss.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Drawn apart, so that other draws stay what they are.
    chance: Chance,
    newest: File,
    previous: File,
    /// The newest steps, the last written last.
    past: VecDeque<Step>,
    writing: Option<Vec<u8>>,
    pub(crate) seen: Seen,
}

#[derive(Debug, Default)]
enum File {
    #[default]
    Absent,
    Whole(Step),
    /// Its checksum is wrong.
    Damaged,
}

#[derive(Debug, Clone)]
struct Step {
    at_us: u64,
    bytes: Vec<u8>,
}

/// What a boss that starts reads.
#[derive(Debug)]
pub(crate) enum Read {
    /// The store is new.
    Nothing,
    /// A step; it may not be the last one written, and that is known.
    Step { bytes: Vec<u8>, is_older: bool },
    /// Neither file can be read: the boss doesn't start.
    Damaged,
}

/// A write that has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write {
    /// It takes so much longer than others.
    pub(crate) more_us: u64,
    /// The disk will say that it failed.
    pub(crate) fails: bool,
}

/// Steps are gone.
#[derive(Debug)]
pub(crate) struct Fallen {
    /// When the first of them was written.
    pub(crate) since_us: u64,
    /// How.
    pub(crate) how: &'static str,
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Disk {
        Disk {
            chance: Chance::new(seed ^ DISK),
            newest: File::Absent,
            previous: File::Absent,
            past: VecDeque::new(),
            writing: None,
            seen: Seen::default(),
        }
    }

    /// A step is to be written, on a disk of which so many writes in a hundred fail, or are slow.
    pub(crate) fn begin(&mut self, bytes: Vec<u8>, fails: u64, slow: u64) -> Write {
        self.writing = Some(bytes);
        let fails = fails > 0 && self.chance.percent(fails);
        let is_slow = slow > 0 && self.chance.percent(slow);
        self.seen.failed += u64::from(fails);
        self.seen.slow += u64::from(is_slow);
        Write { more_us: if is_slow { SLOW_US } else { 0 }, fails }
    }

    /// The write ends: the step is there, or mostly not if it has failed.
    pub(crate) fn end(&mut self, at_us: u64, fails: bool) {
        let Some(bytes) = self.writing.take() else { return };
        if !fails || self.chance.percent(THERE_PERCENT) {
            self.put(at_us, bytes);
        }
    }

    /// The boss dies in the midst of a write, if there is one: whether the step is there.
    pub(crate) fn is_torn(&mut self, at_us: u64, comes: bool) -> bool {
        let bytes = self.writing.take().filter(|_| comes);
        let is_there = bytes.is_some();
        if let Some(bytes) = bytes {
            self.put(at_us, bytes);
        }
        is_there
    }

    /// A step is there as a whole.
    pub(crate) fn put(&mut self, at_us: u64, bytes: Vec<u8>) {
        let step = Step { at_us, bytes };
        let before = std::mem::replace(&mut self.newest, File::Whole(step.clone()));
        // A damaged file doesn't push out the whole one that the boss went on from.
        if let File::Whole(before) = before {
            self.previous = File::Whole(before);
        }
        self.past.push_back(step);
        while self.past.len() > LOST_MAX + 1 {
            self.past.pop_front();
        }
    }

    /// The newest step, if it can be read.
    pub(crate) fn newest(&self) -> Option<&[u8]> {
        match &self.newest {
            File::Whole(step) => Some(&step.bytes),
            File::Absent | File::Damaged => None,
        }
    }

    /// What a boss finds that starts.
    pub(crate) fn read(&self) -> Read {
        let step = |step: &Step, is_older| Read::Step { bytes: step.bytes.clone(), is_older };
        match (&self.newest, &self.previous) {
            (File::Whole(newest), _) => step(newest, false),
            (File::Absent, File::Absent) => Read::Nothing,
            (File::Damaged | File::Absent, File::Whole(previous)) => step(previous, true),
            (File::Damaged, _) | (File::Absent, File::Damaged) => Read::Damaged,
        }
    }

    /// Something happens to the files while nobody has them open.
    pub(crate) fn fall(&mut self) -> Option<Fallen> {
        if self.past.len() < 2 {
            return None;
        }
        match self.chance.below(4) {
            0 => {
                self.newest = File::Damaged;
                let since_us = self.past.pop_back()?.at_us;
                Some(Fallen { since_us, how: "its newest file is damaged" })
            }
            1 => {
                (self.newest, self.previous) = (File::Damaged, File::Damaged);
                let since_us = self.past.back()?.at_us;
                Some(Fallen { since_us, how: "both of its files are damaged" })
            }
            _ => self.put_back(),
        }
    }

    /// An older step is put back, of one to three before the newest: its checksum is good.
    pub(crate) fn put_back(&mut self) -> Option<Fallen> {
        let most = LOST_MAX.min(self.past.len().checked_sub(1)?);
        let many = self.chance.between(1, most as u64) as usize;
        let lost = self.past.split_off(self.past.len() - many);
        self.newest = File::Whole(self.past.back()?.clone());
        let since_us = lost.front()?.at_us;
        Some(Fallen { since_us, how: "an older step is put back" })
    }

    /// So long after it has found its boss frozen, an operator goes on; mostly others are faster.
    pub(crate) fn patience_us(&mut self) -> u64 {
        self.chance.between(100_000, 4_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::{Disk, Read};

    fn found(disk: &Disk) -> (Option<u8>, bool) {
        match disk.read() {
            Read::Step { bytes, is_older } => (bytes.first().copied(), is_older),
            Read::Nothing | Read::Damaged => (None, false),
        }
    }

    #[test]
    fn a_fall_loses_steps_that_were_there_and_no_others() {
        for seed in 0..200 {
            let mut disk = Disk::new(seed);
            assert!(disk.fall().is_none(), "there is nothing to fall back to");
            (1..=9).for_each(|step| disk.put(u64::from(step), vec![step]));
            assert_eq!(found(&disk), (Some(9), false));
            let fallen = disk.fall().expect("there are nine steps");
            let fallen =
                if let Read::Damaged = disk.read() { disk.put_back() } else { Some(fallen) };
            let since_us = fallen.expect("there are older ones").since_us;
            let (step, is_older) = found(&disk);
            assert_eq!(step.map(u64::from), Some(since_us - 1), "of seed {seed}");
            assert!((6..9).contains(&step.unwrap_or(0)));
            disk.put(20, vec![20]);
            assert_eq!(found(&disk), (Some(20), false), "{is_older}");
        }
    }

    #[test]
    fn a_damaged_file_does_not_push_out_the_whole_one_before_it() {
        let mut disk = Disk::new(0);
        (1..=2).for_each(|step| disk.put(0, vec![step]));
        disk.newest = super::File::Damaged;
        assert_eq!(found(&disk), (Some(1), true));
        disk.put(0, vec![3]);
        disk.newest = super::File::Damaged;
        assert_eq!(found(&disk), (Some(1), true), "it is the step that 3 was made of");
    }
}
