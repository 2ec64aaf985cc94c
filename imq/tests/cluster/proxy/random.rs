//! Faults by chance: cuts, mostly within a frame, ends of one direction only, and directions that
//! are held back, often for longer than a silent peer is borne.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Directions;

/// A cut comes after at most so many bytes: within what a turn writes, seldom between two frames.
const PASSED_BYTES_MAX: usize = 2000;
/// The longest time that a direction is held back; a link bears 500 ms.
const HELD_MS_MAX: u64 = 900;

/// What happens to one direction of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// So many more bytes pass, then the whole connection ends.
    Cut { after_bytes: usize },
    /// The receiver is told that no more comes; the other direction goes on.
    End,
    /// What comes is passed on only after this time; the other direction goes on.
    Hold { ms: u64 },
}

/// How faults are drawn, and until when.
pub(super) struct Hurting {
    pub(super) stopped: oneshot::Receiver<()>,
    pub(super) pause_ms: u64,
    pub(super) seed: u64,
}

/// Draws a fault after each pause, until the proxy is stopped.
pub(super) async fn hurt(directions: &Directions, hurting: Hurting, count: &AtomicU64) {
    let Hurting { mut stopped, pause_ms, seed } = hurting;
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        let pause = Duration::from_millis(random.random_range(0..=pause_ms * 2));
        if timeout(pause, &mut stopped).await.is_ok() {
            return;
        }
        let fault = match random.random_range(0..10) {
            0..5 => Fault::Cut { after_bytes: random.random_range(0..PASSED_BYTES_MAX) },
            5..7 => Fault::End,
            _ => Fault::Hold { ms: random.random_range(0..=HELD_MS_MAX) },
        };
        let mut directions = directions.lock().expect("nobody panics with it");
        directions.retain(|direction| !direction.is_closed());
        if !directions.is_empty() {
            let victim = random.random_range(0..directions.len());
            count.fetch_add(
                u64::from(directions[victim].try_send(fault).is_ok()),
                Ordering::Relaxed,
            );
        }
    }
}
