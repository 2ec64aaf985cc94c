//! One link: who the peer is, that it knows the secret, and that it is alive.

use prost::Message as _;
use proto::frame::{FrameError, FrameReader};
use proto::link::{BEAT, Beat, HELLO, PROOF, REFUSE, Refuse, Role};
use proto::text::Foreign;
use proto::time::Time;
use proto::{limits, wire};

mod beats;
mod handshake;
mod proof;

use self::beats::Beats;
use self::handshake::{End, Stage};
use super::pace::Pace;

/// The newest version of the link protocol this code speaks, and the oldest. Beats of 3 say nothing
/// and are never rare. No release has spoken those below: 2 names buckets by {loss, conf}; an
/// acceptor of 1 proves itself to whoever dials.
const VERSION: u32 = 4;
const VERSION_MIN: u32 = 3;

/// What this end says of itself, and how patient it is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What this process is.
    pub role: Role,
    /// Its id.
    pub id: String,
    /// Its life, 0 while not registered.
    pub incarnation: u64,
    /// The cluster it belongs to, 0 while not known.
    pub cluster_id: u64,
    /// Which lane of a gateway.
    pub lane: u32,
    /// The cluster secret.
    pub secret: Vec<u8>,
    /// An active link asks for a sign of life this often, whatever else is sent.
    pub beat_ms: u64,
    /// A peer that was asked and is silent for so long is dead.
    pub dead_ms: u64,
}

/// Who is at the other end, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What it is.
    pub role: Role,
    /// Its id.
    pub id: String,
    /// Its life; 0 while not registered.
    pub incarnation: u64,
    /// Which lane of a gateway.
    pub lane: u32,
    /// The protocol version that both speak.
    pub version: u32,
    /// The cluster it belongs to, 0 while not known.
    pub cluster_id: u64,
}

/// What came of received bytes.
#[derive(Debug)]
pub enum Received<'a> {
    /// The peer has proven itself; frames may be sent from now on.
    Up(Peer),
    /// A frame that isn't the link's own.
    Frame(&'a [u8]),
    /// The peer is active: for [`Pace::hear`].
    Active {
        /// How many links far it says so.
        hops: u32,
    },
}

/// Why a link ends. The texts are for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum LinkError {
    #[error("the peer sent something that is not a frame: {0}")]
    Frame(#[from] FrameError),
    #[error("the peer sent a frame that can't be read")]
    Unreadable,
    #[error("the peer sent something before its hello")]
    NoHello,
    #[error("the peer's proof is wrong: is its cluster secret the same as here?")]
    WrongProof,
    #[error("the peer speaks link versions {0} to {1}, this node {VERSION_MIN} to {VERSION}")]
    Version(u32, u32),
    #[error("the peer belongs to another cluster")]
    OtherCluster,
    #[error(
        "the peer doesn't say who it is: it has no role, no id, or a number that a boss doesn't \
         give"
    )]
    NoName,
    #[error("the peer refuses: {reason}")]
    Refused { reason: Foreign, for_good: bool },
    #[error("the peer has been silent for {0} ms")]
    Silent(u64),
    #[error("the peer has not proven itself within {} ms", limits::HANDSHAKE_MS)]
    Unproven,
}

impl LinkError {
    /// For how long nothing was heard, if that is why; else 0.
    pub fn silent_ms(&self) -> u64 {
        if let LinkError::Silent(ms) = self { *ms } else { 0 }
    }

    /// What both ends will find the next time, too: an operator has to do something.
    pub fn is_for_good(&self) -> bool {
        match self {
            LinkError::WrongProof
            | LinkError::Version(..)
            | LinkError::OtherCluster
            | LinkError::NoName => true,
            LinkError::Refused { for_good, .. } => *for_good,
            LinkError::Frame(_)
            | LinkError::Unreadable
            | LinkError::NoHello
            | LinkError::Silent(_)
            | LinkError::Unproven => false,
        }
    }
}

/// The state of a link.
#[derive(Debug)]
pub struct Link {
    settings: Settings,
    stage: Stage,
    reader: FrameReader,
    /// When the link was made.
    began_ms: u64,
    beats: Beats,
}

impl Link {
    /// A link that this end dialled: says hello. `nonce` is fresh and random.
    pub fn dial(now: Time, settings: Settings, nonce: [u8; 16], out: &mut Vec<u8>) -> Link {
        let mine = handshake::hello(&settings, &nonce);
        put(out, HELLO, &mine);
        Link::new(now, settings, End::Dialler, Stage::Greeting { mine })
    }

    /// A link that this end accepted. `nonce` is fresh and random.
    pub fn accept(now: Time, settings: Settings, nonce: [u8; 16]) -> Link {
        Link::new(now, settings, End::Acceptor, Stage::Waiting { nonce })
    }

    /// What to say to a peer before its end is closed, where there is no link yet that could.
    pub fn refusal(reason: &str) -> Vec<u8> {
        let (mut out, reason) = (Vec::new(), reason.to_owned());
        put(&mut out, REFUSE, &Refuse { reason, for_good: false }.encode_to_vec());
        out
    }

    fn new(now: Time, settings: Settings, end: End, stage: Stage) -> Link {
        let beats = Beats::new(now, end, settings.beat_ms, settings.dead_ms);
        Link { settings, stage, reader: FrameReader::default(), began_ms: now.ms, beats }
    }

    /// Takes bytes from the peer. What the link itself answers goes to `out`, the rest to `each`.
    ///
    /// # Errors
    /// The link must be closed then; a [`Refuse`] that says why is in `out`, if the peer may know.
    pub fn receive(
        &mut self,
        now: Time,
        pace: &Pace,
        input: &[u8],
        out: &mut Vec<u8>,
        mut each: impl FnMut(Received<'_>),
    ) -> Result<(), LinkError> {
        self.in_time(now)?;
        let was_up = self.is_up();
        self.beats.heard(now, was_up);
        let mut reader = std::mem::take(&mut self.reader);
        let max = limits::LINK_FRAME_BYTES_MAX;
        let mut read = reader.feed(input, max, |frame| self.frame(frame, out, &mut each));
        if read.is_ok() && !self.is_up() && reader.waiting() > limits::UNPROVEN_FRAME_BYTES_MAX {
            read = Err(LinkError::NoHello);
        }
        self.reader = reader;
        match &read {
            Ok(()) => {
                if let Some(beat) = self.beats.answer(now, pace) {
                    put(out, BEAT, &beat.encode_to_vec());
                }
            }
            Err(error) if error.may_be_told(was_up) => {
                let refuse = Refuse { reason: error.to_string(), for_good: error.is_for_good() };
                put(out, REFUSE, &refuse.encode_to_vec());
            }
            Err(_) => {}
        }
        read
    }

    /// Asks for a sign of life if it is time.
    ///
    /// # Errors
    /// If the peer has been silent for too long, or has not proven itself in time.
    pub fn wake(&mut self, now: Time, pace: &Pace, out: &mut Vec<u8>) -> Result<(), LinkError> {
        self.in_time(now)?;
        if self.beats.dead_at().is_some_and(|dead_ms| dead_ms <= now.ms) {
            return Err(LinkError::Silent(self.beats.silent_ms(now)));
        }
        if now.ms >= self.beats.ask_at(pace) {
            self.ask(now, pace, out);
        }
        Ok(())
    }

    /// Asks for a sign of life at once: the thread [quickens](Pace::quickens).
    pub fn ask(&mut self, now: Time, pace: &Pace, out: &mut Vec<u8>) {
        if self.is_up() {
            put(out, BEAT, &self.beats.ask(now, pace).encode_to_vec());
        }
    }

    /// When [`Link::wake`] is wanted next, in milliseconds.
    pub fn wake_at(&self, pace: &Pace) -> u64 {
        let due = if self.is_up() { self.beats.ask_at(pace) } else { self.late_at() };
        self.beats.dead_at().map_or(due, |dead_ms| dead_ms.min(due))
    }

    /// Whether the peer has proven itself.
    pub fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up)
    }

    /// A peer has so long for all of the handshake, however lively it is.
    fn late_at(&self) -> u64 {
        self.began_ms + limits::HANDSHAKE_MS
    }

    fn in_time(&self, now: Time) -> Result<(), LinkError> {
        if self.is_up() || now.ms < self.late_at() { Ok(()) } else { Err(LinkError::Unproven) }
    }

    fn frame(
        &mut self,
        frame: &[u8],
        out: &mut Vec<u8>,
        each: &mut impl FnMut(Received<'_>),
    ) -> Result<(), LinkError> {
        if !self.is_up() && frame.len() > limits::UNPROVEN_FRAME_BYTES_MAX {
            return Err(LinkError::NoHello);
        }
        let (number, body) = wire::envelope(frame).map_err(|_| LinkError::Unreadable)?;
        match number {
            HELLO => self.hello(body, out),
            PROOF => {
                let peer = self.proof(body, out)?;
                self.beats.up(peer.version);
                each(Received::Up(peer));
                Ok(())
            }
            REFUSE if self.is_up() || self.beats.end == End::Dialler => {
                let Refuse { reason, for_good } = read(body)?;
                Err(LinkError::Refused { reason: Foreign::new(&reason), for_good })
            }
            _ if !self.is_up() => Err(LinkError::NoHello),
            BEAT => {
                let beat: Beat = read(body)?;
                self.beats.take(beat);
                if beat.hops > 0 {
                    each(Received::Active { hops: beat.hops });
                }
                Ok(())
            }
            _ => {
                each(Received::Frame(frame));
                Ok(())
            }
        }
    }
}

fn put(out: &mut Vec<u8>, field: u32, body: &[u8]) {
    wire::put_frame(out, field, body.len());
    out.extend_from_slice(body);
}

fn read<M: prost::Message + Default>(body: &[u8]) -> Result<M, LinkError> {
    M::decode(body).map_err(|_| LinkError::Unreadable)
}

#[cfg(test)]
mod tests;
