//! The one clock of this library.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proto::time::Time;

/// Counts from when it was made.
pub(super) struct Clock(Instant);

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
    pub(super) fn start() -> Clock {
        Clock(Instant::now())
    }

    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
    pub(super) fn now(&self) -> Time {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time { ms: milliseconds(self.0.elapsed()), unix_ms: milliseconds(unix) }
    }

    /// Sleeps until then, in the milliseconds of [`Time::ms`]; for ever, if there is no such time.
    pub(super) async fn sleep_until(&self, at_ms: Option<u64>) {
        match at_ms {
            Some(at_ms) => {
                let wait_ms = at_ms.saturating_sub(self.now().ms);
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            }
            None => std::future::pending().await,
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
