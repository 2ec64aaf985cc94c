//! What it costs to let something out: answers and events to two lanes, at once, and held until one
//! copy, or two, have acknowledged the turn; or only with so many copies.
//!
//! `cargo run --profile dist -p queue-node --example held [COPIES]`

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use link::machine::{LinkId, Peer};
use proto::c2g;
use proto::class::ClusterConfig;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::ids::SessionId;
use proto::link::{At, Role};
use proto::name;
use proto::table::{BucketTable, Owner, Place, Row, Table};
use proto::time::Time;
use queue_node::machine::{Faults, Input, Node, Outbox, Played, Settings};

const LANES: [LinkId; 2] = [LinkId(0), LinkId(1)];
const CLUSTER: &str = "
[[class]]
pattern = \"/user/*\"

[[class]]
pattern = \"/**\"
create = \"auto\"
join = \"open\"
idle_ttl_ms = 0

[[class.mount]]
name = \"chat\"
kind = \"message\"
history = 10
";

/// Frames of a turn, and turns of a measurement.
const TURN: u32 = 20;
const TURNS: u32 = 20_000;
/// How many turns are decided before the copies have the first.
const BEHIND: usize = 8;

struct Bench {
    node: Node,
    out: Outbox,
    now: Time,
    op_id: u32,
}

#[allow(clippy::disallowed_methods, reason = "this is a measurement")]
fn now() -> Instant {
    Instant::now()
}

impl Bench {
    fn new(played_copies: u32) -> Result<Bench, Box<dyn Error>> {
        let settings = Settings {
            id: "q1".to_owned(),
            incarnation: 1,
            grace_ms: 15_000,
            bytes_max: u64::MAX,
            logs_bytes_max: usize::MAX,
            played_copies,
            faults: Faults::default(),
        };
        let (node, now) = (Node::new(settings, 7), Time { ms: 0, unix_ms: 1_000_000 });
        let mut bench = Bench { node, out: Outbox::default(), now, op_id: 1 };
        let config = ClusterConfig::read(CLUSTER).map_err(|problems| format!("{problems:?}"))?;
        bench.input(Input::Config(Arc::new(config)));
        let primary = Some(Owner { id: "q1".to_owned(), incarnation: 1 });
        let rows = vec![Row { prefix: 0, loss: 1, reign: 1, primary, ..Row::default() }];
        let places = vec![Place { id: "q1".to_owned(), incarnation: 1, ..Place::default() }];
        let table = BucketTable::try_from(Table { term: 1, version: 1, bits: 0, rows, places })?;
        bench.input(Input::Table(Arc::new(table)));
        for (lane, link) in LANES.into_iter().enumerate() {
            bench.out.links.up(link);
            let (role, id) = (Role::Gateway, format!("g{lane}"));
            let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
            bench.input(Input::LinkUp { link, peer, dialled: false });
            let user = format!("u{lane}");
            let hash = name::hash(format!("/user/{user}").as_bytes());
            let session_id = SessionId::new(hash, lane as u64).0.to_vec();
            let introduce = g2q::Introduce { session: 0, session_id, user, ..Default::default() };
            bench.says(link, Body::Introduce(introduce));
            bench.says(link, Body::At(At { bits: 0, prefix: 0, loss: 1, reign: 1 }));
            bench.says(link, Body::Login(g2q::Login { session: 0, ..Default::default() }));
            let queue = "/room/1".to_owned();
            let subscribe = c2g::Subscribe { op_id: 1, queue, ..Default::default() };
            bench.says(link, operation(Op::Subscribe(subscribe)));
        }
        bench.end_turn(0);
        Ok(bench)
    }

    fn input(&mut self, input: Input<'_>) {
        self.node.handle(self.now, input, &mut self.out);
    }

    fn says(&mut self, link: LinkId, body: Body) {
        let frame = prost::Message::encode_to_vec(&g2q::G2q { body: Some(body) });
        self.input(Input::Frame { link, frame: &frame });
    }

    /// The turn ends; the copies have all but so many turns' batches, and the links take all.
    fn end_turn(&mut self, behind: usize) {
        self.input(Input::TurnEnd);
        while self.out.batches.len() > behind {
            let (fellow, batch) = self.out.batches.remove(0);
            self.input(Input::Played(Played::Acknowledged { fellow, batch }));
        }
        for link in self.out.links.dirty() {
            let length = self.out.links.unwritten(link).len();
            self.out.links.wrote(link, length);
        }
    }

    /// How long it takes to decide messages and to let out what comes of them.
    fn messages(&mut self, behind: usize) -> Duration {
        let mut took = Duration::ZERO;
        for _ in 0..TURNS {
            let frames: Vec<Vec<u8>> = (0..TURN).map(|_| self.message()).collect();
            self.now.ms += 1;
            let began = now();
            for frame in &frames {
                self.input(Input::Frame { link: LANES[0], frame });
            }
            self.end_turn(behind);
            took += began.elapsed();
        }
        took
    }

    fn message(&mut self) -> Vec<u8> {
        self.op_id += 1;
        let (mount, payload) = ("chat".to_owned(), Some(vec![b'.'; 100]));
        let (op_id, queue) = (self.op_id, "/room/1".to_owned());
        let message = c2g::SendMessage { op_id, queue, mount, payload, ..Default::default() };
        let body = Some(operation(Op::SendMessage(message)));
        prost::Message::encode_to_vec(&g2q::G2q { body })
    }
}

fn operation(op: Op) -> Body {
    Body::Operation(g2q::Operation { session: 0, sub: 5, body: Some(op), ..Default::default() })
}

fn main() -> Result<(), Box<dyn Error>> {
    const ROUNDS: u32 = 7;
    let outputs = f64::from(TURNS * TURN * 3);
    let only = std::env::args().nth(1).map(|word| word.parse::<u32>()).transpose()?;
    for round in 0..ROUNDS {
        for copies in only.map_or(0..3, |only| only..only + 1) {
            let took = Bench::new(copies)?.messages(BEHIND * copies as usize);
            let each = took.as_secs_f64() * 1e9 / outputs;
            println!(
                "round {round}, {copies} copies: {each:6.1} ns per output, decided and released"
            );
        }
    }
    Ok(())
}
