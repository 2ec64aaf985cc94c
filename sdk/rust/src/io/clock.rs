//! The one clock of this library. It goes on while the machine sleeps.

#[cfg(not(target_os = "linux"))]
use std::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::time::Time;

/// Counts from when it was made.
#[cfg(not(target_os = "linux"))]
pub(super) struct Clock(Instant);

/// Counts from when it was made: since when the machine had run for so long. The clock of std
/// stands still in a sleep here.
#[cfg(target_os = "linux")]
pub(super) struct Clock(Duration);

#[cfg(not(target_os = "linux"))]
#[allow(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
impl Clock {
    pub(super) fn start() -> Clock {
        Clock(Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(target_os = "linux")]
impl Clock {
    pub(super) fn start() -> Clock {
        Clock(since_boot())
    }

    fn elapsed(&self) -> Duration {
        since_boot().saturating_sub(self.0)
    }
}

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
    pub(super) fn now(&self) -> Time {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let slept_ms = 0;
        #[cfg(test)]
        let slept_ms = slept_ms + SLEPT_MS.get();
        Time { ms: milliseconds(self.elapsed()) + slept_ms, unix_ms: milliseconds(unix) }
    }

    /// Sleeps until then, in the milliseconds of [`Time::ms`]; longer, if the machine sleeps
    /// meanwhile.
    pub(super) async fn sleep_until(&self, at_ms: u64) {
        let wait_ms = at_ms.saturating_sub(self.now().ms);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
}

#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(test)]
thread_local! {
    /// How long the machine has slept, in tests.
    pub(super) static SLEPT_MS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
