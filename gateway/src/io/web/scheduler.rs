//! Who may have JSON read and written now: the thread that speaks HTTP has one core, and no
//! key is to have it alone.
//!
//! In each pass over all that is ready, an account may have so many bytes worked on; what is more
//! waits in the account's own line for the next passes. Work in one piece that was more than that
//! is paid off by the passes that follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::limits;
use tokio::sync::{Notify, oneshot};

/// A pass gives each account so much.
const PASS: i64 = limits::WEB_PASS_BYTES as i64;
/// The smallest request costs as much as so many bytes.
const LEAST: usize = 512;

/// The account of all who have shown no key.
pub(super) const NOBODY: usize = 0;

/// The lines before the thread. Clones are the same lines.
#[derive(Debug, Clone)]
pub(super) struct Scheduler(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    lines: Mutex<Lines>,
    bell: Notify,
}

#[derive(Debug)]
struct Lines {
    accounts: Vec<Line>,
    /// Whose line is looked at first in the next pass.
    first: usize,
    /// A pass is to come.
    rung: bool,
}

#[derive(Debug)]
struct Line {
    /// What may still be worked on in this pass; below zero, what later passes must pay off.
    left: i64,
    waiting: VecDeque<(i64, oneshot::Sender<()>)>,
}

impl Scheduler {
    /// Of so many accounts.
    pub(super) fn new(accounts: usize) -> Scheduler {
        let line = || Line { left: PASS, waiting: VecDeque::new() };
        let accounts = std::iter::repeat_with(line).take(accounts).collect();
        let lines = Mutex::new(Lines { accounts, first: 0, rung: false });
        Scheduler(Arc::new(Shared { lines, bell: Notify::new() }))
    }

    /// Waits until so many bytes of this account may be worked on.
    pub(super) async fn wait(&self, account: usize, bytes: usize) {
        if let Some(granted) = self.stand_in(account, cost(bytes)) {
            // Whoever grants lives as long as the thread.
            granted.await.ok();
        }
    }

    /// Takes what is left of this pass, or stands in line.
    fn stand_in(&self, account: usize, cost: i64) -> Option<oneshot::Receiver<()>> {
        let mut lines = self.lock();
        let line = &mut lines.accounts[account];
        let granted = if line.waiting.is_empty() && line.left > 0 {
            line.left -= cost;
            None
        } else {
            let (grant, granted) = oneshot::channel();
            line.waiting.push_back((cost, grant));
            Some(granted)
        };
        self.ring(lines);
        granted
    }

    /// So many bytes were worked on beyond what was asked for.
    pub(super) fn charge(&self, account: usize, bytes: usize) {
        let mut lines = self.lock();
        lines.accounts[account].left -= bytes as i64;
        self.ring(lines);
    }

    fn ring(&self, mut lines: MutexGuard<'_, Lines>) {
        if !std::mem::replace(&mut lines.rung, true) {
            drop(lines);
            self.0.bell.notify_one();
        }
    }

    /// Lets them go on, for ever.
    pub(super) async fn give(self) {
        loop {
            self.0.bell.notified().await;
            // After everything that is ready now.
            tokio::task::yield_now().await;
            self.pass();
        }
    }

    fn pass(&self) {
        let mut lines = self.lock();
        lines.rung = false;
        if lines.pass() {
            self.ring(lines);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// A pass: one from each line, as long as its account has something left. Whether
    /// another must follow.
    fn pass(&mut self) -> bool {
        for line in &mut self.accounts {
            line.left = (line.left + PASS).min(PASS);
        }
        let count = self.accounts.len();
        self.first = (self.first + 1) % count;
        let mut gave = true;
        while std::mem::take(&mut gave) {
            for at in 0..count {
                gave |= self.accounts[(self.first + at) % count].give();
            }
        }
        self.accounts.iter().any(|line| line.left < PASS || !line.waiting.is_empty())
    }
}

impl Line {
    /// Lets the first of the line work; false if nobody may.
    fn give(&mut self) -> bool {
        while self.left > 0 {
            let Some((cost, grant)) = self.waiting.pop_front() else { return false };
            // Who has gone meanwhile costs nothing.
            if grant.send(()).is_ok() {
                self.left -= cost;
                return true;
            }
        }
        false
    }
}

fn cost(bytes: usize) -> i64 {
    bytes.max(LEAST) as i64
}

#[cfg(test)]
mod tests;
