//! A few lines of a kind a minute, and then how many more there were: strangers can't fill a log.

use proto::time::Time;

/// Lines of a kind in one minute: enough to see what is going on.
const LINES_PER_WINDOW: u32 = 5;
const WINDOW_MS: u64 = 60_000;

/// One kind of lines.
#[derive(Debug, Clone, Default)]
pub struct Throttle {
    /// When the minute began; nothing before the first line and after a quiet minute.
    began_ms: Option<u64>,
    written: u32,
    held_back: u64,
}

impl Throttle {
    /// Whether a line is to be written now; else it is counted.
    pub fn admits(&mut self, now: Time) -> bool {
        let began_ms = *self.began_ms.get_or_insert(now.ms);
        // Until [`Throttle::wake`] has said what was held back, the minute isn't over.
        let is_over = now.ms >= began_ms + WINDOW_MS && self.held_back == 0;
        if is_over {
            (self.began_ms, self.written) = (Some(now.ms), 0);
        }
        let admits = self.written < LINES_PER_WINDOW;
        if admits {
            self.written += 1;
        } else {
            self.held_back += 1;
        }
        admits
    }

    /// How many lines were held back, at the end of a minute that had such.
    pub fn wake(&mut self, now: Time) -> Option<u64> {
        self.wake_at().filter(|at| *at <= now.ms)?;
        self.began_ms = None;
        self.written = 0;
        Some(std::mem::take(&mut self.held_back))
    }

    /// When [`Throttle::wake`] is wanted, in milliseconds.
    pub fn wake_at(&self) -> Option<u64> {
        self.began_ms.filter(|_| self.held_back > 0).map(|began_ms| began_ms + WINDOW_MS)
    }
}

#[cfg(test)]
mod tests;
