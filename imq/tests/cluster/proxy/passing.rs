//! One direction of a connection.

use std::collections::VecDeque;
use std::time::Duration;

use link::io::clock::micros;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

use super::Rule;
use super::random::Fault;

/// What is read at once, where nothing limits it.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks that wait for their time; while there are more, nothing is read.
const CHUNKS_MAX: usize = 256;
/// A limited rate is let through in so many parts of a second.
const PARTS_PER_S: u64 = 50;

/// Where a direction hears what happens to it.
pub(super) struct Told {
    pub(super) rule: watch::Receiver<Rule>,
    pub(super) faults: mpsc::Receiver<Fault>,
}

/// What has been read and waits for its time.
#[derive(Default)]
struct Waiting {
    chunks: VecDeque<(u64, Vec<u8>)>,
    /// When a limited rate lets more through, in microseconds.
    free_us: u64,
}

impl Waiting {
    fn push(&mut self, bytes: &[u8], rule: Rule) {
        let now = micros();
        if let Some(rate) = rule.bytes_per_s {
            self.free_us = self.free_us.max(now) + bytes.len() as u64 * 1_000_000 / rate.max(1);
        }
        let due = (now + rule.delay_ms * 1000).max(self.free_us);
        self.chunks.push_back((due, bytes.to_vec()));
    }

    fn due_us(&self) -> Option<u64> {
        self.chunks.front().map(|(due, _)| *due)
    }
}

/// Passes on what comes until its end, or until the connection is cut.
pub(super) async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut told: Told,
    cut: &Notify,
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut waiting = Waiting::default();
    let mut bytes_left = usize::MAX;
    let mut has_ended = false;
    loop {
        let rule = *told.rule.borrow_and_update();
        let due_us = waiting.due_us().filter(|_| !rule.is_held);
        if has_ended && !rule.is_held && due_us.is_none() {
            return to.shutdown().await;
        }
        let reads = !rule.is_held && !has_ended && waiting.chunks.len() < CHUNKS_MAX;
        let part = rule.bytes_per_s.map_or(CHUNK_BYTES as u64, |rate| rate / PARTS_PER_S);
        let part = part.clamp(1, CHUNK_BYTES as u64) as usize;
        tokio::select! {
            changed = told.rule.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
            fault = told.faults.recv() => match fault {
                Some(Fault::Cut { after_bytes }) => bytes_left = after_bytes,
                Some(Fault::End) | None => return to.shutdown().await,
                Some(Fault::Hold { ms }) => wait_us(ms * 1000).await,
            },
            read = from.read(&mut buffer[..part]), if reads => match read? {
                0 => has_ended = true,
                read => waiting.push(&buffer[..read], rule),
            },
            () = until_us(due_us), if due_us.is_some() => {
                let (_, bytes) = waiting.chunks.pop_front().unwrap_or_default();
                let passed = bytes.len().min(bytes_left);
                bytes_left -= passed;
                to.write_all(&bytes[..passed]).await?;
                if bytes_left == 0 {
                    cut.notify_one();
                }
            }
        }
    }
}

async fn until_us(due_us: Option<u64>) {
    let left_us = due_us.unwrap_or_default().saturating_sub(micros());
    if left_us > 0 {
        wait_us(left_us).await;
    }
}

/// Time is what these faults are made of.
async fn wait_us(us: u64) {
    timeout(Duration::from_micros(us), std::future::pending::<()>()).await.ok();
}
