//! The least that is a queue node or a gateway: it registers, hears its table, and answers what is
//! asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use link::io::{Event, Hub, Sink, Wires, clock};
use link::machine::{Outbox as Links, Settings};
use member::machine::{Health, Input, Member, News, Notice, Outbox, Target};
use mio::{Events, Poll, Token, Waker};
use proto::b2n::Call;
use proto::g2c::Kind;
use proto::limits;
use proto::link::Role;
use proto::n2b::{Called, Inspected};
use proto::q2g::{MountInfo, QueueInfo};
use proto::time::Time;

/// Each process draws a number of its own; here they count.
static PROCESSES: AtomicU64 = AtomicU64::new(1);

/// A node on a thread of its own, until it is dropped.
pub(crate) struct Node {
    tables: Receiver<usize>,
    stop: SyncSender<()>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Ids that begin with a g are gateways.
    pub(crate) fn start(id: &str, secret: &str, boss: &str) -> Node {
        let role = if id.starts_with('g') { Role::Gateway } else { Role::QueueNode };
        let settings = Settings {
            role,
            id: id.to_owned(),
            incarnation: 0,
            cluster_id: 0,
            lane: 0,
            secret: secret.as_bytes().to_vec(),
            beat_ms: limits::BEAT_MS,
            dead_ms: 5_000,
        };
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let mut wires = Wires::new(poll.registry(), 1, settings, Hub::default()).unwrap();
        wires.dial(clock::now(), &Target::Boss(0).name(), boss);
        let (news, tables) = sync_channel(64);
        let (stop, stopped) = sync_channel(1);
        let process = PROCESSES.fetch_add(1, Ordering::Relaxed);
        let member = Member::new(id, role, "here", "127.0.0.1:1", process);
        let seen = Seen { links: Links::default(), member, out: Outbox::default(), news };
        let thread = std::thread::spawn(move || turns(poll, wires, seen, &stopped));
        Node { tables, stop, waker, thread: Some(thread) }
    }

    /// Waits for a table; gives how many rows it has.
    pub(crate) fn until_table(&self) -> usize {
        self.tables.recv_timeout(std::time::Duration::from_secs(20)).expect("a table")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.try_send(()).ok();
        self.waker.wake().ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

struct Seen {
    links: Links,
    member: Member,
    out: Outbox,
    news: SyncSender<usize>,
}

impl Sink for Seen {
    fn outbox(&mut self) -> &mut Links {
        &mut self.links
    }

    fn event(&mut self, _: Time, event: Event<'_>) {
        match event {
            Event::Up { link, peer, dialled } => {
                let dialled = dialled.and_then(Target::named);
                self.handle(Input::LinkUp { link, peer, dialled: dialled.as_ref(), holds: &[] });
            }
            Event::Frame { link, frame } => self.handle(Input::Frame { link, frame }),
            Event::Down { link, .. } => self.handle(Input::LinkDown { link }),
            Event::Unreachable { .. } => {}
        }
        for news in std::mem::take(&mut self.out.news) {
            match news {
                News::Registered { .. } => {
                    self.handle(Input::Report {
                        samples: &[],
                        health: Health::Ready,
                        buckets: &[],
                        full: false,
                    });
                }
                News::Table(table) => {
                    self.news.try_send(table.rows().len()).ok();
                }
                News::Inspect { number, queue } => {
                    self.handle(Input::Inspected(answer(number, &queue)));
                }
                News::TellAll => self.handle(Input::TellAll(&[])),
                News::Doors(_) => {}
                News::Config(_) | News::NotNow(_) | News::LinkUp { .. } | News::LinkDown { .. } => {
                }
            }
        }
        for call in std::mem::take(&mut self.out.calls) {
            self.handle(Input::Called(called(call)));
        }
        for notice in std::mem::take(&mut self.out.notices) {
            assert!(matches!(notice, Notice::Waits(_)), "{notice:?}");
        }
    }
}

impl Seen {
    fn handle(&mut self, input: Input<'_>) {
        self.member.handle(input, &mut self.links, &mut self.out);
    }
}

/// What a process says over HTTP.
fn called(call: Call) -> Called {
    let Call { number, method, path, body } = call;
    let (status, said) = match path.split('?').next().unwrap_or_default() {
        "/connections" => (200, r#"{"connections":[{"user":"ann","unsent_bytes":7}]}"#.to_owned()),
        "/queues/busy" => (200, r#"{"queues":[{"queue":"/room/1","events_per_s":3}]}"#.to_owned()),
        "/metrics" => (200, "process_open_fds 12\n".to_owned()),
        "/rpc/v1/get_queue" => (404, String::from_utf8(body).unwrap()),
        "/rpc/v1/send_message" => (200, format!("[\"{method}\"]")),
        _ => (404, String::new()),
    };
    Called { number, status, body: said.into_bytes() }
}

fn answer(number: u64, queue: &str) -> Inspected {
    let found = !queue.ends_with("none");
    let mount =
        MountInfo { name: "scores".to_owned(), kind: Kind::State.into(), entries: 3, bytes: 9 };
    let info =
        QueueInfo { queue: queue.to_owned(), seq: 42, mounts: vec![mount], ..QueueInfo::default() };
    Inspected { number, found, queue: found.then_some(info) }
}

fn turns(mut poll: Poll, mut wires: Wires, mut seen: Seen, stopped: &Receiver<()>) {
    let mut events = Events::with_capacity(16);
    while stopped.try_recv().is_err() {
        let now = clock::now();
        poll.poll(&mut events, clock::until(now, wires.wake_at())).unwrap();
        let now = clock::now();
        for event in events.iter() {
            if wires.owns(event.token()) {
                wires.ready(now, event, &mut seen);
            }
        }
        wires.wake(now, &mut seen);
        wires.flush(now, &mut seen);
    }
}
