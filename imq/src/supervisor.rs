//! What systemd hears of a role, where it has started it: that its ports are open, how it is, that
//! its threads turn, that it ends. Without systemd nobody listens.

use std::time::Duration;

use anyhow::Result;
use link::io::{clock, threads};
use member::io::Board;
use sd_notify::NotifyState;

/// How often it is told.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// A loop that hasn't turned for so long has stopped for good: each says so every second. systemd
/// waits for its own time on top of it.
const SILENT_MS_MAX: u64 = 10_000;

/// The role's ports are open. From now on systemd hears each second how it is, if it wants to.
pub(crate) fn started(board: &Board) -> Result<()> {
    tell(&[NotifyState::Ready]);
    if sd_notify::watchdog_enabled().is_some() {
        let board = board.clone();
        threads::spawn("supervisor", move || {
            loop {
                tell_how(&board);
                std::thread::sleep(TELL_EVERY);
            }
        })?;
    }
    Ok(())
}

/// The role ends.
pub(crate) fn stopping(why: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
}

fn tell_how(board: &Board) {
    match board.slowest(clock::now()) {
        Some((who, ms)) if ms > SILENT_MS_MAX => {
            tracing::error!("the loop of {who} has not turned for {ms} ms: it may be restarted");
        }
        Some(_) | None => tell(&[NotifyState::Watchdog]),
    }
    let unready = board.unready();
    let status = match unready.is_empty() {
        true => "ready".to_owned(),
        false => format!("not ready: {}", unready.join("; ")),
    };
    tell(&[NotifyState::Status(&status)]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd can't be told: {error}");
    }
}
