//! One link: who the peer is, that it knows the secret, and that it is alive.

use prost::Message as _;
use proto::frame::{FrameError, FrameReader};
use proto::link::{Beat, Hello, Proof, Refuse, Role};
use proto::time::Time;
use proto::{limits, wire};

use super::proof::{self, End};

/// The newest version of the link protocol this code speaks, and the oldest.
const VERSION: u32 = 1;
const VERSION_MIN: u32 = 1;

/// Fields of every envelope that belong to the link itself.
const HELLO: u32 = 1;
const PROOF: u32 = 2;
const REFUSE: u32 = 3;
const BEAT: u32 = 4;

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
    /// The dialler beats this often, whatever else it sends.
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
    /// The peer has echoed a newer beat of this end, sent at this time of this end's clock.
    Echoed {
        /// The sending time.
        sent_ms: u64,
    },
}

/// Why a link ends. The texts are for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum LinkError {
    #[error("the peer sent what is no frame: {0}")]
    Frame(#[from] FrameError),
    #[error("the peer sent a frame that can't be read")]
    Unreadable,
    #[error("the peer said something before its hello")]
    NoHello,
    #[error("the peer's proof is wrong: is its cluster secret the same as here?")]
    WrongProof,
    #[error("the peer speaks link versions {0} to {1}, here it is {VERSION_MIN} to {VERSION}")]
    Version(u32, u32),
    #[error("the peer belongs to another cluster")]
    OtherCluster,
    #[error("the peer refuses: {0}")]
    Refused(String),
    #[error("the peer has been silent for {0} ms")]
    Silent(u64),
}

/// The state of a link.
#[derive(Debug)]
pub struct Link {
    settings: Settings,
    stage: Stage,
    reader: FrameReader,
    end: End,
    heard_ms: u64,
    /// When this end beat last; nothing said since the link was made.
    beaten_ms: u64,
    /// What the newest beat of this end said, 0 before the first.
    said_us: u64,
    /// What the newest beat of the peer said.
    peer_now_us: u64,
    /// A beat of the peer waits for its echo.
    asked: bool,
    /// The newest beat of this end that the peer has echoed.
    echo_us: u64,
}

#[derive(Debug)]
enum Stage {
    /// The dialler's: its hello is out.
    Greeting {
        mine: Vec<u8>,
    },
    /// The acceptor's: nothing has come.
    Waiting {
        nonce: [u8; 16],
    },
    /// The acceptor's: both hellos are known, the dialler's proof isn't there.
    Unproven {
        dialler: Vec<u8>,
        mine: Vec<u8>,
        peer: Peer,
    },
    Up,
    /// Something was wrong: the link must be closed.
    Failed,
}

impl Link {
    /// A link that this end dialled: says hello. `nonce` is fresh and random.
    pub fn dial(now: Time, settings: Settings, nonce: [u8; 16], out: &mut Vec<u8>) -> Link {
        let mine = hello(&settings, nonce).encode_to_vec();
        put(out, HELLO, &mine);
        Link::new(now, settings, End::Dialler, Stage::Greeting { mine })
    }

    /// A link that this end accepted. `nonce` is fresh and random.
    pub fn accept(now: Time, settings: Settings, nonce: [u8; 16]) -> Link {
        Link::new(now, settings, End::Acceptor, Stage::Waiting { nonce })
    }

    fn new(now: Time, settings: Settings, end: End, stage: Stage) -> Link {
        Link {
            settings,
            stage,
            reader: FrameReader::default(),
            end,
            heard_ms: now.ms,
            beaten_ms: now.ms,
            said_us: 0,
            peer_now_us: 0,
            asked: false,
            echo_us: 0,
        }
    }

    /// Takes bytes from the peer. What the link itself answers goes to `out`, the rest to `each`.
    ///
    /// # Errors
    /// The link must be closed then; a [`Refuse`] that says why is in `out`.
    pub fn receive(
        &mut self,
        now: Time,
        input: &[u8],
        out: &mut Vec<u8>,
        mut each: impl FnMut(Received<'_>),
    ) -> Result<(), LinkError> {
        self.heard_ms = now.ms;
        let echoed_us = self.echo_us;
        let mut reader = std::mem::take(&mut self.reader);
        let max = limits::LINK_FRAME_BYTES_MAX;
        let mut read = reader.feed(input, max, |frame| self.frame(frame, out, &mut each));
        if read.is_ok() && !self.is_up() && reader.waiting() > limits::UNPROVEN_FRAME_BYTES_MAX {
            read = Err(LinkError::NoHello);
        }
        self.reader = reader;
        if self.echo_us > echoed_us {
            each(Received::Echoed { sent_ms: self.echo_us / 1000 });
        }
        if read.is_ok() {
            self.answer_beat(now, out);
        }
        if let Err(error) = &read
            && !matches!(error, LinkError::Refused(_))
        {
            put(out, REFUSE, &Refuse { reason: error.to_string() }.encode_to_vec());
        }
        read
    }

    /// Sends a beat if it is time. The acceptor's beats are its answers to the dialler's; it beats
    /// by itself only when the dialler is late, so that its silence means that it is dead.
    ///
    /// # Errors
    /// If the peer has been silent for too long.
    pub fn wake(&mut self, now: Time, out: &mut Vec<u8>) -> Result<(), LinkError> {
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
        if self.is_up() { dead.min(self.beat_at()) } else { dead }
    }

    /// Whether the peer has proven itself.
    pub fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up)
    }

    fn beat_at(&self) -> u64 {
        let beat_ms = self.settings.beat_ms;
        self.beaten_ms
            + match self.end {
                End::Dialler => beat_ms,
                End::Acceptor => beat_ms + beat_ms / 2,
            }
    }

    fn beat(&mut self, now: Time, out: &mut Vec<u8>) {
        let beat = Beat { now_us: now.ms * 1000, echo_us: self.peer_now_us };
        put(out, BEAT, &beat.encode_to_vec());
        (self.beaten_ms, self.said_us, self.asked) = (now.ms, beat.now_us, false);
    }

    /// The acceptor echoes at once. So the dialler knows, as soon as the way there and back allows,
    /// that it was heard, and there are no more beats than if both had a timer of their own. Beats
    /// that come in a heap, or too often, have one answer.
    fn answer_beat(&mut self, now: Time, out: &mut Vec<u8>) {
        let rested = now.ms >= self.beaten_ms + self.settings.beat_ms / 2 || self.said_us == 0;
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
        if number > BEAT {
            if !self.is_up() {
                return Err(LinkError::NoHello);
            }
            each(Received::Frame(frame));
            return Ok(());
        }
        match number {
            HELLO => self.hello(body, out, each),
            PROOF => self.proof(body, each),
            REFUSE => Err(LinkError::Refused(read::<Refuse>(body)?.reason)),
            _ => {
                let beat = read::<Beat>(body)?;
                (self.peer_now_us, self.asked) = (beat.now_us, true);
                // A peer can't have heard what hasn't been said.
                self.echo_us = self.echo_us.max(beat.echo_us.min(self.said_us));
                Ok(())
            }
        }
    }

    fn hello(
        &mut self,
        body: &[u8],
        out: &mut Vec<u8>,
        each: &mut impl FnMut(Received<'_>),
    ) -> Result<(), LinkError> {
        let hello = read::<Hello>(body)?;
        let peer = self.peer(&hello)?;
        match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Waiting { nonce } => {
                let mut answer = self::hello(&self.settings, nonce);
                let mine = answer.encode_to_vec();
                answer.proof =
                    proof::make(&self.settings.secret, End::Acceptor, body, &mine).to_vec();
                put(out, HELLO, &answer.encode_to_vec());
                self.stage = Stage::Unproven { dialler: body.to_vec(), mine, peer };
            }
            Stage::Greeting { mine } => {
                let mut unproven = hello;
                let claimed = std::mem::take(&mut unproven.proof);
                let theirs = unproven.encode_to_vec();
                let secret = &self.settings.secret;
                if !proof::holds(&claimed, secret, End::Acceptor, &mine, &theirs) {
                    return Err(LinkError::WrongProof);
                }
                let proof = proof::make(secret, End::Dialler, &mine, &theirs).to_vec();
                put(out, PROOF, &Proof { proof }.encode_to_vec());
                self.stage = Stage::Up;
                each(Received::Up(peer));
            }
            Stage::Unproven { .. } | Stage::Up | Stage::Failed => {
                return Err(LinkError::NoHello);
            }
        }
        Ok(())
    }

    fn proof(&mut self, body: &[u8], each: &mut impl FnMut(Received<'_>)) -> Result<(), LinkError> {
        let claimed = read::<Proof>(body)?.proof;
        let secret = &self.settings.secret;
        match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Unproven { dialler, mine, peer } => {
                if !proof::holds(&claimed, secret, End::Dialler, &dialler, &mine) {
                    return Err(LinkError::WrongProof);
                }
                self.stage = Stage::Up;
                each(Received::Up(peer));
                Ok(())
            }
            Stage::Greeting { .. } | Stage::Waiting { .. } | Stage::Up | Stage::Failed => {
                Err(LinkError::NoHello)
            }
        }
    }

    fn peer(&self, hello: &Hello) -> Result<Peer, LinkError> {
        if hello.version_min > VERSION || hello.version < VERSION_MIN {
            return Err(LinkError::Version(hello.version_min, hello.version));
        }
        let (here, there) = (self.settings.cluster_id, hello.cluster_id);
        if here != there && here != 0 && there != 0 {
            return Err(LinkError::OtherCluster);
        }
        Ok(Peer {
            role: hello.role(),
            id: hello.id.clone(),
            incarnation: hello.incarnation,
            lane: hello.lane,
            version: hello.version.min(VERSION),
            cluster_id: there,
        })
    }
}

fn hello(settings: &Settings, nonce: [u8; 16]) -> Hello {
    Hello {
        version: VERSION,
        version_min: VERSION_MIN,
        role: settings.role.into(),
        id: settings.id.clone(),
        incarnation: settings.incarnation,
        cluster_id: settings.cluster_id,
        nonce: nonce.to_vec(),
        lane: settings.lane,
        proof: Vec::new(),
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
