//! What a port bears of its peers, who need no key to connect.

use std::time::Duration;

use proto::limits;

/// One address has this part of a port's places.
const ADDRESS_PART: usize = 4;
/// One file in so many of a port's is for those who are sent away.
const SENT_AWAY_PART: usize = 8;

/// Numbers and times, from `proto::limits` but for the number of files.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at once.
    pub(super) connections_max: usize,
    /// Of one address, so that none can take them all; this machine's own is not counted, since a
    /// proxy there speaks for many.
    pub(super) address_connections_max: usize,
    /// Those who are sent away and still hear why.
    pub(super) sent_away_max: usize,
    /// When all places are taken, who has asked nothing for so long gives way.
    pub(super) gives_way_ms: u64,
    pub(super) head_ms: u64,
    pub(super) idle_ms: u64,
    pub(super) doze_ms: u64,
    /// Idle ones that keep their buffers until then.
    pub(super) awake_max: usize,
    pub(super) stall_ms: u64,
    pub(super) linger: Duration,
    pub(super) linger_silent: Duration,
}

impl Bounds {
    /// Of a port that may have so many files.
    pub fn of_files(files: usize) -> Bounds {
        let sent_away_max = (files / SENT_AWAY_PART).clamp(1, limits::WEB_SENT_AWAY_MAX);
        let connections_max = files.saturating_sub(sent_away_max);
        let connections_max = connections_max.clamp(1, limits::WEB_CONNECTIONS_MAX);
        Bounds {
            connections_max,
            address_connections_max: (connections_max / ADDRESS_PART).max(1),
            sent_away_max,
            gives_way_ms: limits::WEB_GIVES_WAY_MS,
            head_ms: limits::WEB_HEAD_MS_MAX,
            idle_ms: limits::WEB_IDLE_MS_MAX,
            doze_ms: limits::WEB_DOZE_MS,
            awake_max: limits::WEB_AWAKE_MAX,
            stall_ms: limits::WEB_STALL_MS_MAX,
            linger: Duration::from_millis(limits::WEB_LINGER_MS_MAX),
            linger_silent: Duration::from_millis(limits::WEB_LINGER_SILENT_MS_MAX),
        }
    }
}
