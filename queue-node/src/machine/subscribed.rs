//! What a subscriber is told first: the present, or what it missed.

use std::borrow::Cow;

use prost::Message as _;
use proto::c2g::Since;
use proto::class::{MountKind, OnSlow, Presence};
use proto::filter::Filter;
use proto::g2c::field::{gap, mount, subscribed, subscribed_marks_entry as mark};
use proto::g2c::{self, EventKind};
use proto::ids::{Handle, Sub};
use proto::limits::MOUNTS_MAX;
use proto::q2g::field::{self as to_lane, mount_policy as policy, replay};
use proto::wire;

use super::bucket::Bucket;
use super::faults::Faults;
use super::mounts::wire_kind;
use super::run::Join;
use super::state::event_ring::{Event, MEMBERS};
use super::state::people::{People, SessionKey};
use super::state::queue::{Mount, Queue, QueueIndex};
use super::state::state_mount;
use super::turn::Turn;

/// Where a subscriber stands, and what it needs from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// It misses nothing that the replay log doesn't have.
    pub(crate) recovered: bool,
    /// How far it got on each mount, in the order of the class, and on `members`. The places
    /// behind the last mount have the queue's number.
    pub(crate) marks: [u64; MOUNTS_MAX],
    pub(crate) members: u64,
    /// Lost messages: the mount, and the numbers before and after them.
    pub(crate) gaps: Vec<(usize, u64, u64)>,
}

impl Queue {
    /// The standing of somebody who has seen so much, or nothing of this epoch.
    pub(crate) fn standing(&self, since: Option<&Since>, filter: Option<&Filter>) -> Standing {
        let Some(since) = since.filter(|since| since.epoch == self.epoch.get()) else {
            return self.present();
        };
        // A mark above what there is says nothing of what was seen: it may be forged.
        if since.marks.values().any(|mark| *mark > self.seq) {
            return self.present();
        }
        let wants = |mount: &str| filter.is_none_or(|filter| filter.wants_mount(mount));
        // Without a mark nothing is known of what was seen: the whole present comes.
        let own = |mount: &str| since.marks.get(mount).copied();
        let reaches = |mark: Option<u64>, floor| mark.is_some_and(|mark| mark >= floor);
        let mut standing = Standing { recovered: true, gaps: Vec::new(), ..self.present() };
        standing.members = own("members").unwrap_or(self.seq);
        standing.recovered = !wants("members") || reaches(own("members"), self.members_floor());
        for (place, name, _) in self.mount_classes() {
            standing.marks[place] = own(name).unwrap_or(self.seq);
            standing.recovered &= !wants(name) || reaches(own(name), self.floor(place));
        }
        if standing.recovered {
            return standing;
        }
        standing.members = self.seq;
        for (place, name, kind) in self.mount_classes() {
            let (mark, floor) = (standing.marks[place], self.floor(place));
            match kind {
                MountKind::State => standing.marks[place] = self.seq,
                MountKind::Message if wants(name) && mark < floor => {
                    standing.gaps.push((place, mark, floor + 1));
                }
                MountKind::Message => {}
            }
        }
        standing
    }

    /// The standing of somebody who gets everything whole.
    pub(crate) fn present(&self) -> Standing {
        let marks = [self.seq; MOUNTS_MAX];
        Standing { recovered: false, marks, members: self.seq, gaps: Vec::new() }
    }

    /// The events of the replay log that somebody with this standing misses.
    pub(crate) fn missed<'a>(&'a self, standing: &'a Standing) -> impl Iterator<Item = Event<'a>> {
        let lowest = standing.marks.iter().copied().fold(standing.members, u64::min);
        self.log.after(lowest).filter(|event| {
            let mark = match event.mount {
                MEMBERS => standing.members,
                place => standing.marks[usize::from(place)],
            };
            event.seq > mark
        })
    }

    /// Appends the fields of `g2c.Subscribed` but `sub`.
    pub(crate) fn put_subscribed(
        &self,
        out: &mut Vec<u8>,
        people: &People,
        standing: &Standing,
        filter: Option<&Filter>,
    ) {
        let wants = |mount: &str| filter.is_none_or(|filter| filter.wants_mount(mount));
        wire::put_bytes(out, subscribed::QUEUE, self.name.as_bytes());
        wire::put_uint(out, subscribed::EPOCH, self.epoch.get());
        for (place, name, _) in self.mount_classes().filter(|(_, name, _)| wants(name)) {
            put_mark(out, name, standing.marks[place]);
        }
        if wants("members") {
            put_mark(out, "members", standing.members);
        }
        for (place, name, kind) in self.mount_classes().filter(|(_, name, _)| wants(name)) {
            let whole = !standing.recovered;
            put_mount(out, name, kind, whole.then_some(&self.mounts[place]), filter);
        }
        if !standing.recovered && wants("members") {
            self.put_roster(out, people);
        }
        wire::put_uint(out, subscribed::RECOVERED, u64::from(standing.recovered));
        wire::put_uint(out, subscribed::GAP, u64::from(!standing.gaps.is_empty()));
    }

    fn put_roster(&self, out: &mut Vec<u8>, people: &People) {
        match self.class.class.presence {
            Presence::Users => {
                for user in self.roster(people) {
                    wire::put_bytes(out, subscribed::MEMBERS, user.as_bytes());
                }
            }
            Presence::Count => {
                let users = u64::from(self.users);
                wire::put_optional_uint(out, subscribed::MEMBER_COUNT, users);
            }
            Presence::Off => {}
        }
    }

    /// The members, each user once.
    pub(crate) fn roster<'a>(&'a self, people: &'a People) -> impl Iterator<Item = &'a str> {
        let first = |key: &SessionKey| {
            let mut sessions = people.sessions_of(people[*key].user);
            sessions.find(|other| self.members.contains(*other)) == Some(*key)
        };
        self.members.keys().filter(move |key| first(key)).map(|key| &**people.user_of(key))
    }
}

impl Bucket {
    /// Tells a new subscriber `subscribed`, then what it missed; from here on it is live.
    ///
    /// What is the same for all without a filter and without a past is prepared once for a run.
    pub(crate) fn subscribed(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        join: &Join,
        is_prepared: &mut bool,
    ) {
        let queue = self.state.queue(index);
        let Some(member) = queue.members.get(join.session) else { return };
        let Some(seat) = self.seat_of(index, join.session) else { return };
        let Some(lane) = self.locals[index].lane(seat.link) else { return };
        let (sub, filter, now_ms) = (lane.sub, member.filter.as_deref(), self.now_ms(turn));
        let standing = queue.standing(join.since.as_ref(), filter);
        let is_plain = filter.is_none() && join.since.is_none();
        let mut own = Vec::new();
        let (people, prepared) = (self.state.people(), &mut turn.shared.prepared);
        let body = match (is_plain, *is_prepared) {
            (true, true) => &*prepared,
            (true, false) => {
                *is_prepared = true;
                prepared.clear();
                queue.put_subscribed(prepared, people, &standing, filter);
                &*prepared
            }
            (false, _) => {
                queue.put_subscribed(&mut own, people, &standing, filter);
                &own
            }
        };
        let faults = turn.shared.settings.faults();
        let to = Listener { handle: seat.handle, sub };
        let replays = Replays::new(queue, join, to, &standing, people, faults, now_ms);
        let fields = &mut turn.shared.scratch;
        fields.clear();
        put_fields(fields, queue, to, body, filter);
        wire::put_uint(fields, to_lane::subscribed::REPLAYS, u64::from(replays.count));
        if join.since.is_some() {
            let counters = &mut turn.shared.counters;
            counters.recovered += u64::from(standing.recovered);
            counters.not_recovered += u64::from(!standing.recovered);
        }
        let links = &mut turn.shared.links;
        self.outputs.to(links, &mut turn.out.links, seat.link, |out| {
            wire::put_frame(out, to_lane::q2g::SUBSCRIBED, fields.len());
            out.extend_from_slice(fields);
            out.extend_from_slice(&replays.frames);
        });
        self.enliven(index, join.session);
    }
}

/// What a new subscriber is told of the past, behind its `subscribed`.
struct Replays {
    to: Listener,
    /// So many frames: the lane counts them, as a link may end in their midst.
    count: u32,
    frames: Vec<u8>,
}

impl Replays {
    /// History, gaps, missed events: nothing for most.
    fn new(
        queue: &Queue,
        join: &Join,
        to: Listener,
        standing: &Standing,
        people: &People,
        faults: Faults,
        now_ms: u64,
    ) -> Replays {
        let mut replays = Replays { to, count: 0, frames: Vec::new() };
        let session = people[join.session].id;
        let filter = queue.members.get(join.session).and_then(|member| member.filter.as_deref());
        let disordered = faults.history_disordered;
        // What it has said itself and didn't want to hear is a part of the history, not of what it
        // has missed.
        let is_for_it = |event: &Event<'_>| !event.excludes(session) || faults.excluded_replayed;
        let each = |event: &Event<'_>| replays.put(event, event.body, true);
        history(queue, now_ms, standing, filter, join.history, each, disordered);
        for gap in &standing.gaps {
            replays.put_gap(queue, *gap);
        }
        let (user, skipped) =
            (people.user_of(join.session), usize::from(faults.replay_drops_first));
        let filter = filter.filter(|_| !faults.replay_unfiltered);
        for event in queue.missed(standing).skip(skipped).filter(|event| is_for_it(event)) {
            if let Some(body) = missed_body(&event, user, filter) {
                replays.put(&event, &body, false);
            }
        }
        replays
    }

    /// Appends an old event.
    fn put(&mut self, event: &Event<'_>, body: &[u8], history: bool) {
        let (to, sub, kind) = (Some(self.to.handle), self.to.sub, event.kind.number());
        put_replay(&mut self.frames, to, sub, event.seq, kind, body, history, None);
        self.count += 1;
    }

    fn put_gap(&mut self, queue: &Queue, (place, after, before): (usize, u64, u64)) {
        let mut body = Vec::new();
        wire::put_bytes(&mut body, gap::MOUNT, queue.class.class.mounts[place].name.as_bytes());
        wire::put_uint(&mut body, gap::AFTER_SEQ, after);
        wire::put_uint(&mut body, gap::BEFORE_SEQ, before);
        let (to, sub) = (Some(self.to.handle), self.to.sub);
        put_replay(&mut self.frames, to, sub, before - 1, g2c::field::g2c::GAP, &body, false, None);
        self.count += 1;
    }
}

/// The session on its lane, and the lane's number for the queue.
#[derive(Debug, Clone, Copy)]
struct Listener {
    handle: Handle,
    sub: Sub,
}

/// Appends a `Replay` to a session, or to all of the lane.
#[allow(clippy::too_many_arguments, reason = "they are the fields of the message")]
pub(crate) fn put_replay(
    out: &mut Vec<u8>,
    to: Option<Handle>,
    sub: Sub,
    seq: u64,
    kind: u32,
    body: &[u8],
    history: bool,
    exclude: Option<Handle>,
) {
    let numbers = [
        (replay::SESSION, u64::from(Handle::number_or_nobody(to))),
        (replay::SUB, u64::from(sub.number())),
        (replay::SEQ, seq),
        (replay::KIND, u64::from(kind)),
        (replay::HISTORY, u64::from(history)),
        (replay::EXCLUDE, u64::from(Handle::number_or_nobody(exclude))),
    ];
    let length: usize = numbers.iter().map(|(field, number)| wire::uint_len(*field, *number)).sum();
    let length = length + wire::bytes_len(replay::BODY, body.len());
    wire::put_frame(out, to_lane::q2g::REPLAY, length);
    for (field, number) in numbers {
        wire::put_uint(out, field, number);
    }
    wire::put_bytes(out, replay::BODY, body);
}

/// The last messages of each wanted mount, at or below its mark.
fn history(
    queue: &Queue,
    now_ms: u64,
    standing: &Standing,
    filter: Option<&Filter>,
    count: usize,
    mut each: impl FnMut(&Event<'_>),
    disordered: bool,
) {
    for (place, name, _) in queue.mount_classes() {
        let is_wanted = filter.is_none_or(|filter| filter.wants_mount(name));
        if let Mount::Message(Some(history)) = &queue.mounts[place]
            && is_wanted
        {
            let history_ms = queue.class.class.mounts[place].history_ms;
            let events = history
                .newest(&queue.log, count, standing.marks[place])
                .filter(|event| history_ms == 0 || event.at_ms.saturating_add(history_ms) > now_ms);
            if disordered {
                let events: Vec<Event<'_>> = events.skip(1).collect();
                events.iter().rev().for_each(&mut each);
            } else {
                events.for_each(|event| each(&event));
            }
        }
    }
}

/// A missed event as a subscriber gets it: what its filter lets pass, and nothing about itself.
fn missed_body<'a>(
    event: &Event<'a>,
    user: &str,
    filter: Option<&Filter>,
) -> Option<Cow<'a, [u8]>> {
    let body = match filter {
        Some(filter) => filter.event(event.kind, event.body)?,
        None => Cow::Borrowed(event.body),
    };
    match event.kind {
        EventKind::Joined | EventKind::Left => {}
        EventKind::Message
        | EventKind::State
        | EventKind::MountCreated
        | EventKind::MountDeleted => return Some(body),
    }
    // `Left` has the same fields.
    let mut joined = g2c::Joined::decode(&*body).ok()?;
    let before = joined.users.len();
    joined.users.retain(|other| other != user);
    if joined.users.len() == before {
        Some(body)
    } else {
        (!joined.users.is_empty()).then(|| Cow::Owned(joined.encode_to_vec()))
    }
}

fn put_mark(out: &mut Vec<u8>, mount: &str, seq: u64) {
    let length = wire::bytes_len(mark::KEY, mount.len()) + wire::uint_len(mark::VALUE, seq);
    wire::put_nested(out, subscribed::MARKS, length);
    wire::put_bytes(out, mark::KEY, mount.as_bytes());
    wire::put_uint(out, mark::VALUE, seq);
}

fn put_mount(
    out: &mut Vec<u8>,
    name: &str,
    kind: MountKind,
    whole: Option<&Mount>,
    filter: Option<&Filter>,
) {
    let prefix = filter.map_or("", |filter| filter.key_prefix());
    let entries = match whole {
        Some(Mount::State(Some(mount))) => Some(mount.entries(prefix, "")),
        Some(Mount::State(None) | Mount::Message(_)) | None => None,
    };
    let kind = wire_kind(kind) as u64;
    let entry_bytes = |entry: (&std::rc::Rc<str>, &state_mount::Cell)| {
        wire::nested_len(mount::ENTRIES, state_mount::entry_len(entry.0, entry.1))
    };
    let bytes: usize = entries.clone().into_iter().flatten().map(entry_bytes).sum();
    let length =
        wire::bytes_len(mount::NAME, name.len()) + wire::uint_len(mount::KIND, kind) + bytes;
    wire::put_nested(out, subscribed::MOUNTS, length);
    wire::put_bytes(out, mount::NAME, name.as_bytes());
    wire::put_uint(out, mount::KIND, kind);
    for (key, cell) in entries.into_iter().flatten() {
        state_mount::put_entry(out, mount::ENTRIES, key, cell);
    }
}

/// Appends the fields of `q2g.Subscribed` but `replays`.
fn put_fields(
    out: &mut Vec<u8>,
    queue: &Queue,
    to: Listener,
    body: &[u8],
    filter: Option<&Filter>,
) {
    wire::put_uint(out, to_lane::subscribed::SESSION, u64::from(to.handle.number()));
    wire::put_uint(out, to_lane::subscribed::SUB, u64::from(to.sub.number()));
    wire::put_uint(out, to_lane::subscribed::EPOCH, queue.epoch.get());
    wire::put_uint(out, to_lane::subscribed::SEQ, queue.seq);
    wire::put_bytes(out, to_lane::subscribed::BODY, body);
    if let Some(filter) = filter {
        for mount in filter.mounts() {
            wire::put_bytes(out, to_lane::subscribed::MOUNTS, mount.as_bytes());
        }
        wire::put_bytes(out, to_lane::subscribed::KEY_PREFIX, filter.key_prefix().as_bytes());
    }
    for mount in queue.class.class.mounts.iter().filter(|mount| !mount.name.is_empty()) {
        let kind = wire_kind(mount.kind) as u64;
        let closes = u64::from(mount.on_slow == OnSlow::Close);
        let length = wire::bytes_len(policy::MOUNT, mount.name.len())
            + wire::uint_len(policy::KIND, kind)
            + wire::uint_len(policy::CLOSE_ON_SLOW, closes);
        wire::put_nested(out, to_lane::subscribed::POLICIES, length);
        wire::put_bytes(out, policy::MOUNT, mount.name.as_bytes());
        wire::put_uint(out, policy::KIND, kind);
        wire::put_uint(out, policy::CLOSE_ON_SLOW, closes);
    }
}
