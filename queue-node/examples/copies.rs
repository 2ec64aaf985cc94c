//! What copies cost: how fast one applies records, of each kind of work, beside how fast the
//! primary decides it; and how long a snapshot takes, at a GiB of state by default.
//!
//! `cargo run --profile dist -p queue-node --example copies [GIGABYTES] [BUCKETS]`

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use link::machine::{LinkId, Peer};
use proto::bucket::BucketId;
use proto::c2g;
use proto::class::ClusterConfig;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::ids::SessionId;
use proto::limits;
use proto::link::{At, Role};
use proto::name;
use proto::table::{BucketTable, Owner, Place, Row, Table};
use proto::time::Time;
use queue_node::machine::{Faults, Input, Learner, Node, Outbox, Settings};

const LANE: LinkId = LinkId(0);
const GRACE_MS: u64 = 15_000;
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

[[class.mount]]
name = \"scores\"
kind = \"state\"
";

/// Who is in the rooms of a snapshot.
const SESSIONS: u32 = 10_000;

/// Frames of one turn.
const TURN: usize = 1_000;

/// A node with one lane.
struct Bench {
    node: Node,
    out: Outbox,
    now: Time,
    bits: u32,
}

impl Bench {
    fn new(bits: u32) -> Result<Bench, Box<dyn Error>> {
        let settings = Settings {
            id: "q1".to_owned(),
            incarnation: 1,
            grace_ms: GRACE_MS,
            bytes_max: u64::MAX,
            logs_bytes_max: usize::MAX,
            played_copies: 0,
            faults: Faults::default(),
        };
        let node = Node::new(settings, 7);
        let now = Time { ms: 0, unix_ms: 1_000_000 };
        let mut bench = Bench { node, out: Outbox::default(), now, bits };
        let config = ClusterConfig::read(CLUSTER).map_err(|problems| format!("{problems:?}"))?;
        bench.input(Input::Config(Arc::new(config)));
        let owner = Some(Owner { id: "q1".to_owned(), incarnation: 1 });
        let row = |prefix| Row {
            prefix,
            loss: 1,
            reign: 1,
            conf: 1,
            primary: owner.clone(),
            ..Row::default()
        };
        let rows = (0..1 << bits).map(row).collect();
        let places = vec![Place { id: "q1".to_owned(), incarnation: 1, ..Place::default() }];
        let table = BucketTable::try_from(Table { term: 1, version: 1, bits, rows, places })?;
        bench.input(Input::Table(Arc::new(table)));
        bench.out.links.up(LANE);
        let (role, id) = (Role::Gateway, "g1".to_owned());
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        bench.input(Input::LinkUp { link: LANE, peer, dialled: false });
        Ok(bench)
    }

    fn input(&mut self, input: Input<'_>) {
        self.node.handle(self.now, input, &mut self.out);
    }

    fn at(&self, queue: &str) -> Body {
        let prefix = BucketId::of(name::hash(queue.as_bytes()), self.bits as u8).prefix();
        Body::At(At { bits: self.bits, prefix, loss: 1, reign: 1 })
    }

    /// The frames of a login.
    fn login(&self, handle: u32) -> Vec<Body> {
        let user = format!("u{handle}");
        let queue = format!("/user/{user}");
        let id = SessionId::new(name::hash(queue.as_bytes()), u64::from(handle)).0.to_vec();
        let introduce = g2q::Introduce {
            session: handle,
            session_id: id,
            user,
            generation: 0,
            ..g2q::Introduce::default()
        };
        let login = g2q::Login { session: handle, ..g2q::Login::default() };
        vec![Body::Introduce(introduce), self.at(&queue), Body::Login(login)]
    }

    /// A snapshot of a bucket, and how long the longest turn took in which a part of it was made.
    fn snapshot(&mut self, bucket: BucketId) -> Result<(Vec<u8>, Duration), Box<dyn Error>> {
        let (mut slices, mut longest, mut is_last) = (Vec::new(), Duration::ZERO, false);
        let mut began = now();
        if !self.node.follow(self.now, bucket) {
            return Err("the bucket isn't here".into());
        }
        while !is_last {
            for _ in 0..limits::SLICES_TURN_BYTES / limits::SLICE_BYTES {
                let Some((slice, last)) = self.node.slice(bucket, limits::SLICE_BYTES) else {
                    break;
                };
                slices.push(slice);
                is_last = last;
            }
            longest = longest.max(began.elapsed());
            began = now();
        }
        Ok((slices.concat(), longest))
    }

    /// Takes frames, a thousand a turn, and gives back how long that took; the units are kept.
    fn take(&mut self, frames: &[Vec<u8>], units: &mut Vec<Vec<u8>>) -> Duration {
        let mut took = Duration::ZERO;
        for turn in frames.chunks(TURN) {
            self.now.ms += 1;
            let began = now();
            for frame in turn {
                self.input(Input::Frame { link: LANE, frame });
            }
            self.input(Input::TurnEnd);
            took += began.elapsed();
            units.extend(self.out.units.drain(..).map(|unit| unit.bytes));
            drop(self.out.links.take(LANE));
            while self.node.wake_at().is_some_and(|at_ms| at_ms <= self.now.ms) {
                self.input(Input::Wake);
            }
        }
        took
    }
}

#[allow(clippy::disallowed_methods, reason = "this is a measurement")]
fn now() -> Instant {
    Instant::now()
}

fn bytes(bodies: Vec<Body>) -> Vec<Vec<u8>> {
    let encode = |body| prost::Message::encode_to_vec(&g2q::G2q { body: Some(body) });
    bodies.into_iter().map(encode).collect()
}

fn operation(session: u32, op: Op) -> Body {
    Body::Operation(g2q::Operation { session, sub: 5, body: Some(op), ..Default::default() })
}

/// Some work, on a bucket of its own.
fn work(what: &str, make: impl Fn(&Bench, u32) -> Vec<Body>) -> Result<(), Box<dyn Error>> {
    const TIMES: u32 = 200_000;
    let mut bench = Bench::new(0)?;
    let bucket = BucketId::new(0, 0).ok_or("a bucket")?;
    let mut unused = Vec::new();
    for handle in 0..1_000 {
        let frames = bytes(bench.login(handle));
        bench.take(&frames, &mut unused);
    }
    let queue = "/room/1".to_owned();
    let subscribe = c2g::Subscribe { op_id: 1, queue, ..Default::default() };
    let frames = bytes(vec![bench.at("/room/1"), operation(0, Op::Subscribe(subscribe))]);
    bench.take(&frames, &mut unused);
    let (snapshot, _) = bench.snapshot(bucket)?;
    let before = bench.node.counters().records;
    let frames: Vec<_> = (0..TIMES).flat_map(|time| bytes(make(&bench, time))).collect();
    let mut units = Vec::new();
    let decided = bench.take(&frames, &mut units);
    let records = (bench.node.counters().records - before) as f64;
    let mut copy = Learner::of_snapshot(&snapshot, 3, GRACE_MS, Faults::default())?;
    let length: usize = units.iter().map(Vec::len).sum();
    let began = now();
    for unit in &units {
        copy.apply(unit)?;
    }
    let applied = began.elapsed();
    let primary = bench.node.digest(bench.now, bucket);
    let now_ms = bench.node.clock_ms(bench.now, bucket).ok_or("a bucket")?;
    assert_eq!(primary, Some((copy.n(), copy.digest(now_ms))), "{what}");
    let per_second = |took: Duration| records / took.as_secs_f64() / 1e6;
    println!(
        "{what:24} {records:8} records of {:5.1} bytes: decided {:5.2}, applied {:5.2} million a \
         second, {:.1} times as fast",
        length as f64 / records,
        per_second(decided),
        per_second(applied),
        decided.as_secs_f64() / applied.as_secs_f64(),
    );
    Ok(())
}

fn kinds() -> Result<(), Box<dyn Error>> {
    let room = || "/room/1".to_owned();
    work("messages of 100 bytes", |_, time| {
        let (mount, payload) = ("chat".to_owned(), Some(vec![b'.'; 100]));
        let (op_id, queue) = (time + 2, room());
        let message = c2g::SendMessage { op_id, queue, mount, payload, ..Default::default() };
        vec![operation(0, Op::SendMessage(message))]
    })?;
    work("keys of 20 bytes", |_, time| {
        let act = Some(c2g::change::Act::Set(vec![b'.'; 20]));
        let change = c2g::Change { key: format!("k{}", time % 1_000), act, ..Default::default() };
        let (op_id, queue, mount) = (time + 2, room(), "scores".to_owned());
        let state = c2g::SendState { op_id, queue, mount, changes: vec![change] };
        vec![operation(0, Op::SendState(state))]
    })?;
    work("create, join, leave", |bench, time| {
        let (session, queue) = (1 + time % 999, format!("/flash/{time}"));
        let op_id = 1 + 2 * (time / 999);
        let subscribe = c2g::Subscribe { op_id, queue: queue.clone(), ..Default::default() };
        let unsubscribe = c2g::Unsubscribe { op_id: op_id + 1, queue: queue.clone() };
        let join = operation(session, Op::Subscribe(subscribe));
        vec![bench.at(&queue), join, operation(session, Op::Unsubscribe(unsubscribe))]
    })?;
    work("logins", |bench, time| bench.login(10_000 + time))
}

/// A snapshot of so many bytes in so many buckets: one after the other, as a node sends them.
fn snapshots(gigabytes: f64, bits: u32) -> Result<(), Box<dyn Error>> {
    let mut bench = Bench::new(bits)?;
    let (mut unused, mut rooms) = (Vec::new(), 0_u32);
    for handle in 0..SESSIONS {
        let frames = bytes(bench.login(handle));
        bench.take(&frames, &mut unused);
    }
    let bytes_max = (gigabytes * 1e9) as u64;
    while bench.node.counters().kept_bytes + bench.node.counters().replay_bytes < bytes_max {
        let mut frames = Vec::new();
        for _ in 0..500 {
            rooms += 1;
            let queue = format!("/room/{rooms}");
            frames.push(bench.at(&queue));
            let session = rooms % SESSIONS;
            let subscribe = c2g::Subscribe { op_id: 1, queue: queue.clone(), ..Default::default() };
            frames.push(operation(session, Op::Subscribe(subscribe)));
            let act = Some(c2g::change::Act::Set(vec![b'.'; 10_000]));
            let change = c2g::Change { key: "k".to_owned(), act, ..Default::default() };
            let (mount, changes) = ("scores".to_owned(), vec![change]);
            let state = c2g::SendState { op_id: 2, queue, mount, changes };
            frames.push(operation(session, Op::SendState(state)));
        }
        let frames = bytes(frames);
        bench.take(&frames, &mut unused);
    }
    let counters = bench.node.counters();
    let (mut longest, mut all, mut loaded) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut length = 0;
    for prefix in 0..1 << bits {
        let bucket = BucketId::new(bits, prefix).ok_or("a bucket")?;
        let began = now();
        let (snapshot, turn) = bench.snapshot(bucket)?;
        (longest, all) = (longest.max(turn), all + began.elapsed());
        length += snapshot.len();
        let began = now();
        let copy = Learner::of_snapshot(&snapshot, 3, GRACE_MS, Faults::default())?;
        loaded += began.elapsed();
        let primary = bench.node.digest(bench.now, bucket);
        let now_ms = bench.node.clock_ms(bench.now, bucket).ok_or("a bucket")?;
        assert_eq!(primary, Some((copy.n(), copy.digest(now_ms))), "{bucket:?}");
    }
    let per_second = |took: Duration| length as f64 / took.as_secs_f64() / 1e6;
    println!(
        "{} queues, {} MB by the node's count, in {} buckets: snapshots of {} MB, {:.0} MB/s; the \
         longest turn {:.1} ms; a copy takes {:.0} MB/s",
        counters.queues,
        (counters.kept_bytes + counters.replay_bytes) / 1_000_000,
        1 << bits,
        length / 1_000_000,
        per_second(all),
        longest.as_secs_f64() * 1e3,
        per_second(loaded),
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let gigabytes = words.next().map_or(Ok(1.073), |word| word.parse())?;
    let buckets: u32 = words.next().map_or(Ok(64), |word| word.parse())?;
    kinds()?;
    snapshots(gigabytes, buckets.ilog2())
}
