//! The handshake: the dialler says who it is, the acceptor names a nonce, the dialler proves that
//! it knows the secret, and only then the acceptor proves it, too, and says who it is.

use prost::Message as _;
use proto::limits;
use proto::link::{Hello, Proof, Role};
use proto::name::NodeId;

use super::proof;
pub(super) use super::proof::End;
use super::{HELLO, Link, LinkError, PROOF, Peer, Settings, VERSION, VERSION_MIN, put, read};

/// So long are nonces: none is drawn twice.
const NONCE_BYTES: usize = 16;

/// How far the two have come. What was said is kept as it travelled: the proofs are about that.
#[derive(Debug)]
pub(super) enum Stage {
    /// The dialler's: its hello is out.
    Greeting { mine: Vec<u8> },
    /// The dialler's: its proof is out.
    Proving { mine: Vec<u8>, challenge: Vec<u8> },
    /// The acceptor's: nothing has come.
    Waiting { nonce: [u8; NONCE_BYTES] },
    /// The acceptor's: its nonce is out.
    Challenging { dialler: Vec<u8>, challenge: Vec<u8> },
    /// Both have proven themselves.
    Up,
    /// Something was wrong: the link must be closed.
    Failed,
}

impl Link {
    /// The first frame of the peer.
    pub(super) fn hello(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), LinkError> {
        if read::<Hello>(body)?.nonce.len() != NONCE_BYTES {
            return Err(LinkError::NoHello);
        }
        let said = body.to_vec();
        self.stage = match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Waiting { nonce } => {
                let challenge = Hello { nonce: nonce.to_vec(), ..Hello::default() };
                let challenge = challenge.encode_to_vec();
                put(out, HELLO, &challenge);
                Stage::Challenging { dialler: said, challenge }
            }
            Stage::Greeting { mine } => {
                let proof = proof::make(&self.settings.secret, End::Dialler, &[&mine, &said]);
                let proof = Proof { proof: proof.to_vec(), hello: Vec::new() };
                put(out, PROOF, &proof.encode_to_vec());
                Stage::Proving { mine, challenge: said }
            }
            Stage::Proving { .. } | Stage::Challenging { .. } | Stage::Up | Stage::Failed => {
                return Err(LinkError::NoHello);
            }
        };
        Ok(())
    }

    /// The peer's second frame. Who it is, proven.
    pub(super) fn proof(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<Peer, LinkError> {
        let claimed: Proof = read(body)?;
        let secret = &self.settings.secret;
        let peer = match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Challenging { dialler, challenge } => {
                if !proof::holds(&claimed.proof, secret, End::Dialler, &[&dialler, &challenge]) {
                    return Err(LinkError::WrongProof);
                }
                let peer = self.peer(&dialler)?;
                let hello = hello(&self.settings, &[]);
                let said = [&dialler[..], &challenge, &hello];
                let proof = proof::make(secret, End::Acceptor, &said).to_vec();
                put(out, PROOF, &Proof { proof, hello }.encode_to_vec());
                peer
            }
            Stage::Proving { mine, challenge } => {
                let said = [&mine[..], &challenge, &claimed.hello];
                if !proof::holds(&claimed.proof, secret, End::Acceptor, &said) {
                    return Err(LinkError::WrongProof);
                }
                self.peer(&claimed.hello)?
            }
            Stage::Greeting { .. } | Stage::Waiting { .. } | Stage::Up | Stage::Failed => {
                return Err(LinkError::NoHello);
            }
        };
        self.stage = Stage::Up;
        Ok(peer)
    }

    /// Who is there, by the hello that it has proven to be its own.
    fn peer(&self, hello: &[u8]) -> Result<Peer, LinkError> {
        let hello: Hello = read(hello)?;
        if hello.version_min > VERSION || hello.version < VERSION_MIN {
            return Err(LinkError::Version(hello.version_min, hello.version));
        }
        let numbers = [hello.incarnation, hello.cluster_id];
        let is_node = hello.role() != Role::None && NodeId::try_from(hello.id.as_str()).is_ok();
        if !is_node || numbers.iter().any(|number| *number >= limits::NUMBER_MAX) {
            return Err(LinkError::NoName);
        }
        let (here, there) = (self.settings.cluster_id, hello.cluster_id);
        if here != there && here != 0 && there != 0 {
            return Err(LinkError::OtherCluster);
        }
        Ok(Peer {
            role: hello.role(),
            incarnation: hello.incarnation,
            lane: hello.lane,
            version: hello.version.min(VERSION),
            cluster_id: there,
            id: hello.id,
        })
    }
}

impl LinkError {
    /// Whether the peer hears of it. A stranger learns nothing but that its proof is wrong, which
    /// is the operator's commonest mistake.
    pub(super) fn may_be_told(&self, was_up: bool) -> bool {
        match self {
            LinkError::WrongProof
            | LinkError::Version(..)
            | LinkError::OtherCluster
            | LinkError::NoName => true,
            LinkError::Frame(_) | LinkError::Unreadable | LinkError::NoHello => was_up,
            LinkError::Refused { .. } | LinkError::Silent(_) | LinkError::Unproven => false,
        }
    }
}

/// All that a node says of itself.
pub(super) fn hello(settings: &Settings, nonce: &[u8]) -> Vec<u8> {
    let hello = Hello {
        version: VERSION,
        version_min: VERSION_MIN,
        role: settings.role.into(),
        id: settings.id.clone(),
        incarnation: settings.incarnation,
        cluster_id: settings.cluster_id,
        nonce: nonce.to_vec(),
        lane: settings.lane,
    };
    hello.encode_to_vec()
}
