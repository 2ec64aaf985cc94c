//! One link: who the peer is, that it knows the secret, and that it is alive.

use prost::Message as _;
use proto::frame::{FrameError, FrameReader};
use proto::link::{BEAT, Beat, HELLO, PROOF, REFUSE, Refuse, Role};
use proto::text::Foreign;
use proto::time::Time;
use proto::{limits, wire};

mod handshake;
mod proof;

use self::handshake::{End, Stage};

/// The newest version of the link protocol this code speaks, and the oldest. No release has spoken
/// those below: 2 names buckets by {loss, conf}; an acceptor of 1 proves itself to whoever dials.
const VERSION: u32 = 3;
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
    /// The dialler beats this often, whatever else it sends, at multiples of it: all of a host's
    /// links beat together.
    pub beat_ms: u64,
    /// After so much silence the peer is dead.
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
    end: End,
    /// When the link was made.
    began_ms: u64,
    heard_ms: u64,
    /// When this end beat last; when the link was made, before it has.
    beaten_ms: u64,
    has_beaten: bool,
    /// A beat of the peer waits for its answer.
    asked: bool,
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
        Link {
            settings,
            stage,
            reader: FrameReader::default(),
            end,
            began_ms: now.ms,
            heard_ms: now.ms,
            beaten_ms: now.ms,
            has_beaten: false,
            asked: false,
        }
    }

    /// Takes bytes from the peer. What the link itself answers goes to `out`, the rest to `each`.
    ///
    /// # Errors
    /// The link must be closed then; a [`Refuse`] that says why is in `out`, if the peer may know.
    pub fn receive(
        &mut self,
        now: Time,
        input: &[u8],
        out: &mut Vec<u8>,
        mut each: impl FnMut(Received<'_>),
    ) -> Result<(), LinkError> {
        self.in_time(now)?;
        self.heard_ms = now.ms;
        let was_up = self.is_up();
        let mut reader = std::mem::take(&mut self.reader);
        let max = limits::LINK_FRAME_BYTES_MAX;
        let mut read = reader.feed(input, max, |frame| self.frame(frame, out, &mut each));
        if read.is_ok() && !self.is_up() && reader.waiting() > limits::UNPROVEN_FRAME_BYTES_MAX {
            read = Err(LinkError::NoHello);
        }
        self.reader = reader;
        match &read {
            Ok(()) => self.answer_beat(now, out),
            Err(error) if error.may_be_told(was_up) => {
                let refuse = Refuse { reason: error.to_string(), for_good: error.is_for_good() };
                put(out, REFUSE, &refuse.encode_to_vec());
            }
            Err(_) => {}
        }
        read
    }

    /// Sends a beat if it is time. The acceptor's beats are its answers to the dialler's; it beats
    /// by itself only when the dialler is late, so that its silence means that it is dead.
    ///
    /// # Errors
    /// If the peer has been silent for too long, or has not proven itself in time.
    pub fn wake(&mut self, now: Time, out: &mut Vec<u8>) -> Result<(), LinkError> {
        self.in_time(now)?;
        if now.ms >= self.heard_ms + self.settings.dead_ms {
            return Err(LinkError::Silent(now.ms - self.heard_ms));
        }
        if self.is_up() && now.ms >= self.beat_at() {
            self.beat(now, out);
        }
        Ok(())
    }

    /// When [`Link::wake`] is wanted next, in milliseconds.
    pub fn wake_at(&self) -> u64 {
        let dead = self.heard_ms + self.settings.dead_ms;
        dead.min(if self.is_up() { self.beat_at() } else { self.late_at() })
    }

    /// Whether the peer has proven itself.
    pub fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up)
    }

    fn beat_at(&self) -> u64 {
        let beat_ms = self.settings.beat_ms;
        match self.end {
            End::Dialler => (self.beaten_ms / beat_ms + 1) * beat_ms,
            End::Acceptor => self.beaten_ms + beat_ms + beat_ms / 2,
        }
    }

    /// A peer has so long for all of the handshake, however lively it is.
    fn late_at(&self) -> u64 {
        self.began_ms + limits::HANDSHAKE_MS
    }

    fn in_time(&self, now: Time) -> Result<(), LinkError> {
        if self.is_up() || now.ms < self.late_at() { Ok(()) } else { Err(LinkError::Unproven) }
    }

    fn beat(&mut self, now: Time, out: &mut Vec<u8>) {
        put(out, BEAT, &Beat::default().encode_to_vec());
        (self.beaten_ms, self.has_beaten, self.asked) = (now.ms, true, false);
    }

    /// The acceptor answers at once: there are no more beats than if both had a timer of their own.
    /// Beats that come in a heap, or too often, have one answer.
    fn answer_beat(&mut self, now: Time, out: &mut Vec<u8>) {
        let rested = now.ms >= self.beaten_ms + self.settings.beat_ms / 2 || !self.has_beaten;
        if self.asked && rested && self.end == End::Acceptor {
            self.beat(now, out);
        }
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
                each(Received::Up(peer));
                Ok(())
            }
            REFUSE if self.is_up() || self.end == End::Dialler => {
                let Refuse { reason, for_good } = read(body)?;
                Err(LinkError::Refused { reason: Foreign::new(&reason), for_good })
            }
            _ if !self.is_up() => Err(LinkError::NoHello),
            BEAT => {
                read::<Beat>(body)?;
                self.asked = true;
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
