//! What becomes of what a client of the fallback over HTTP has posted.

/// Said to the client, and between nodes, by the status that HTTP has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// Its connection's lane has taken the frames, now or before.
    Taken,
    /// Its number is neither the next nor one that was taken.
    Gap,
    /// No lane has the connection.
    Gone,
    /// Whether a lane has it couldn't be learned in time.
    NotNow,
}

impl Posted {
    /// As HTTP has it.
    pub const fn status(self) -> u32 {
        match self {
            Posted::Taken => 204,
            Posted::Gap => 409,
            Posted::Gone => 410,
            Posted::NotNow => 503,
        }
    }

    /// What a peer's status means. One that this version doesn't know is no answer.
    pub fn of(status: u32) -> Posted {
        let all = [Posted::Taken, Posted::Gap, Posted::Gone];
        all.into_iter().find(|posted| posted.status() == status).unwrap_or(Posted::NotNow)
    }
}
