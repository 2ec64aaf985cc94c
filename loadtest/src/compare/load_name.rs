//! The loads of the comparison, by name.

use std::time::Duration;

use serde::Serialize;

use crate::servers::ServerName;
use crate::traffic::load::Pace;

/// A load that all servers are put under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum LoadName {
    /// Closed loop, rooms of 10, 1 message in flight per connection.
    #[serde(rename = "rooms-10-n1")]
    RoomsOf10,
    /// Closed loop, rooms of 10, 8 messages in flight per connection.
    #[serde(rename = "rooms-10-n8")]
    RoomsOf10Wide,
    /// Closed loop, rooms of 100, 1 message in flight per connection.
    #[serde(rename = "rooms-100-n1")]
    RoomsOf100,
    /// Open loop, rooms of 10, 2,000 publishes a second over all.
    #[serde(rename = "open-2000")]
    Open,
}

impl LoadName {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::RoomsOf10, Self::RoomsOf10Wide, Self::RoomsOf100, Self::Open];

    /// The name as it is typed and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoomsOf10 => "rooms-10-n1",
            Self::RoomsOf10Wide => "rooms-10-n8",
            Self::RoomsOf100 => "rooms-100-n1",
            Self::Open => "open-2000",
        }
    }

    /// Whether the server's clients can be put under it: those that speak by another connection
    /// than they hear by answer no delivery at once, as closed loops want it.
    pub(super) fn suits(self, server: ServerName) -> bool {
        server != ServerName::ImqEvents || matches!(self.pace(), Pace::PerSecond(_))
    }

    /// How many connections share a room.
    pub(super) fn room_size(self) -> usize {
        match self {
            Self::RoomsOf10 | Self::RoomsOf10Wide | Self::Open => 10,
            Self::RoomsOf100 => 100,
        }
    }

    /// How long it runs before it is measured. The open loop fills a room so slowly that imq would
    /// be measured before its replay logs (64 KiB or 30 s) and histories are full and let go of
    /// what is old.
    pub(super) fn warm_up(self) -> Duration {
        match self {
            Self::RoomsOf10 | Self::RoomsOf10Wide | Self::RoomsOf100 => {
                Duration::from_millis(1_500)
            }
            Self::Open => Duration::from_secs(32),
        }
    }

    /// How its messages are paced.
    pub(super) fn pace(self) -> Pace {
        match self {
            Self::RoomsOf10 | Self::RoomsOf100 => Pace::InFlight(1),
            Self::RoomsOf10Wide => Pace::InFlight(8),
            Self::Open => Pace::PerSecond(2_000.0),
        }
    }
}

impl std::str::FromStr for LoadName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|load| load.as_str() == name);
        found.ok_or_else(|| {
            format!("no load {name:?}: rooms-10-n1, rooms-10-n8, rooms-100-n1 or open-2000")
        })
    }
}
