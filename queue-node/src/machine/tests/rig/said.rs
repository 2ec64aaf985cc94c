//! What the node says, as text.

use std::fmt::Write as _;

use link::machine::LinkId;
use prost::Message as _;
use proto::g2c::{self, field::g2c as event};
use proto::q2g;
use proto::q2q;
use proto::{frame, wire};

use super::Rig;

impl Rig {
    /// All that the node has said since, a line per frame.
    pub(crate) fn hear(&mut self, said: &mut String) {
        for (link, reason) in self.out.links.ended() {
            let name = self.name(link);
            writeln!(said, "{}: {name} END {reason}", self.now.ms).expect("fits");
        }
        for link in self.out.links.dirty() {
            let bytes = self.out.links.take(link);
            let mut rest = &bytes[..];
            while let Some((frame, end)) = frame::split(rest, usize::MAX).expect("a good frame") {
                rest = &rest[end..];
                let name = self.name(link);
                let text = if name.starts_with('g') { self.word(frame) } else { self.peer(frame) };
                if !text.is_empty() {
                    writeln!(said, "{}: {name} {text}", self.now.ms).expect("fits");
                }
            }
            assert!(rest.is_empty(), "half a frame");
        }
    }

    fn name(&self, link: LinkId) -> String {
        let found = self.links.iter().find(|(_, other)| **other == link);
        found.map_or("?".to_owned(), |(name, _)| name.clone())
    }

    fn peer(&mut self, frame: &[u8]) -> String {
        use q2q::q2q::Body;
        let message = q2q::Q2q::decode(frame).expect("a message");
        match message.body.expect("a body") {
            Body::At(_) => String::new(),
            Body::Answer(answer) => {
                let mut text = format!("answer {} ended={}", answer.number, answer.ended);
                for (name, number) in
                    [("floor", answer.floor), ("gen", answer.generation), ("below", answer.below)]
                {
                    if number > 0 {
                        write!(text, " {name}={number}").expect("fits");
                    }
                }
                text
            }
            Body::Word(word) => {
                use q2q::word::Body;
                let n = word.number;
                match word.body.expect("a word") {
                    Body::Note(w) => {
                        let guest = if w.guest { " guest" } else { "" };
                        format!("word {n} note {} {} {}{guest}", w.user, w.room, w.join_seq)
                    }
                    Body::Unnote(w) => {
                        format!("word {n} unnote {} {} {}", w.user, w.room, w.join_seq)
                    }
                    Body::Question(w) => {
                        format!("word {n} question {} {} {}", w.user, w.room, w.join_seq)
                    }
                    Body::Ended(w) => {
                        let below =
                            if w.below > 0 { format!(" below={}", w.below) } else { String::new() };
                        format!("word {n} ended {} {}{below} floor={}", w.room, w.reason, w.floor)
                    }
                    Body::Fence(w) => {
                        let (room, generation, floor) = (w.room, w.generation, w.floor);
                        format!("word {n} fence {room} {generation} floor={floor}")
                    }
                }
            }
            Body::Moved(_) if !self.rows => String::new(),
            Body::Moved(m) => {
                let row = m.row.expect("a row");
                format!("moved {} {}", row.prefix, row.primary.expect("an owner").id)
            }
            Body::Hello(_)
            | Body::Proof(_)
            | Body::Refuse(_)
            | Body::Beat(_)
            | Body::Records(_)
            | Body::Slice(_)
            | Body::Digest(_)
            | Body::Again(_)
            | Body::Lead(_)
            | Body::Have(_)
            | Body::Batch(_)
            | Body::Ack(_) => panic!("not said by this version"),
        }
    }

    fn word(&mut self, frame: &[u8]) -> String {
        use q2g::q2g::Body;
        let message = q2g::Q2g::decode(frame).expect("a message");
        match message.body.expect("a body") {
            Body::At(_) => String::new(),
            Body::Recognised(w) => recognised(&w),
            Body::Carried(w) => carried(&w),
            Body::CarryTaken(w) => format!("carry_taken {} {}", w.number, w.status),
            Body::Invited(w) => format!("invited {} gen={} {}", w.session, w.generation, w.queue),
            Body::Answer(answer) if !answer.ask.is_empty() => {
                format!("answer {} ask {}", answer.session, answer.ask)
            }
            Body::Answer(answer) => {
                format!("answer {} {}", answer.session, result(&answer.result, self.loud))
            }
            Body::Reply(r) => reply(r, self.loud),
            Body::Event(event) => {
                let body = body(event.kind, &event.body);
                format!("event {} #{} {body}{}", event.sub, event.seq, but(event.exclude))
            }
            Body::Replay(replay) => self::replay(&replay),
            Body::Subscribed(s) => {
                let epoch = self.epoch(s.epoch);
                let body = subscribed(&s.body);
                let replays =
                    if s.replays > 0 { format!(" +{}", s.replays) } else { String::new() };
                format!("subscribed {} {} {epoch} #{} {body}{replays}", s.session, s.sub, s.seq)
            }
            Body::Attached(a) => {
                let epoch = self.epoch(a.epoch);
                attached(a, &epoch)
            }
            Body::Unsubscribed(u) => {
                let retry = match (u.may_retry, u.detached) {
                    (true, _) => " retry",
                    (false, true) => " detached",
                    (false, false) => "",
                };
                format!("unsubscribed {} {:?} '{}'{retry}", u.sub, u.sessions, u.reason)
            }
            Body::LoggedIn(l) => {
                self.logged_in(&l);
                logged_in(&l)
            }
            Body::LostNoted(l) => format!("lost_noted {}", l.session),
            Body::Probed(p) => format!("probed {}", p.nonce),
            Body::Moved(m) => {
                let row = m.row.expect("a row");
                format!("moved {} {}", row.prefix, row.primary.expect("an owner").id)
            }
            Body::Kick(k) => format!("kick {} {} gen={}", k.session, k.code, k.generation),
            Body::Tell(tell) => {
                let epoch = self.epoch(tell.epoch);
                self::tell(&tell, &epoch)
            }
            Body::Hello(_) | Body::Proof(_) | Body::Refuse(_) | Body::Beat(_) => {
                panic!("not said by this version")
            }
        }
    }
}

fn carried(carried: &q2g::Carried) -> String {
    let q2g::Carried { number, asker, count, connection, frames, .. } = carried;
    let frames = String::from_utf8_lossy(frames);
    format!("carried {number} for {} by {asker}: #{count} {frames}", connection[0])
}

fn reply(reply: q2g::Reply, loud: bool) -> String {
    let mut text = format!("reply {} {}", reply.number, result(&reply.result, loud));
    if let Some(queue) = reply.queue {
        write!(text, " {} seq={} members={}", queue.queue, queue.seq, queue.members).expect("fits");
    }
    if let Some(user) = reply.user {
        write!(text, " {}", info(&user)).expect("fits");
    }
    if !reply.queues.is_empty() {
        write!(text, " {}", reply.queues.join(",")).expect("fits");
    }
    text
}

fn tell(tell: &q2g::Tell, epoch: &str) -> String {
    let q2g::Tell { number, target, kind, queue, seq, .. } = tell;
    let mut text = format!("tell {number} {target} {kind} {queue} {epoch} #{seq}");
    if !tell.user.is_empty() {
        write!(text, " {} gen={}", tell.user, tell.generation).expect("fits");
    }
    if !tell.reason.is_empty() {
        write!(text, " ({})", tell.reason).expect("fits");
    }
    text
}

fn logged_in(word: &q2g::LoggedIn) -> String {
    let mut text = format!("logged_in {} {} {}", word.session, word.status, word.generation);
    if word.resumed {
        text.push_str(" resumed");
    }
    if word.floor != word.generation {
        write!(text, " floor={}", word.floor).expect("fits");
    }
    if word.code > 0 {
        write!(text, " code={}", word.code).expect("fits");
    }
    if word.retry_after_ms > 0 {
        write!(text, " after={}", word.retry_after_ms).expect("fits");
    }
    text
}

fn recognised(word: &q2g::Recognised) -> String {
    let until = match word.expires_unix_ms {
        0 => String::new(),
        ms => format!(" until {ms}"),
    };
    let text = format!("recognised {} {}{until}", word.number, word.user);
    text.trim_end().to_owned()
}

fn info(user: &q2g::UserInfo) -> String {
    let online = if user.online { "online" } else { "offline" };
    // The clock of the tests begins at a million.
    let since = |unix_ms: u64| format!("+{}", unix_ms % 1_000_000);
    let mut text = format!("{} {online} {}", user.user, since(user.since_ms));
    for session in &user.sessions {
        let detached = if session.detached { " detached" } else { "" };
        let (gateway, client) = (&session.gateway, &session.client_name);
        write!(text, " [{gateway} {client} {}{detached}]", since(session.since_ms)).expect("fits");
    }
    write!(text, " {}", user.queues.join(",")).expect("fits");
    text
}

fn attached(a: q2g::Attached, epoch: &str) -> String {
    let mut text = format!("attached {} {epoch} #{}", a.sub, a.seq);
    text.push_str(if a.recovered { " recovered" } else { "" });
    if !a.body.is_empty() {
        write!(text, " {}", subscribed(&a.body)).expect("fits");
    }
    for gap in a.gaps {
        let (mount, after, before) = (gap.mount, gap.after_seq, gap.before_seq);
        write!(text, " gap {mount} {after}-{before}").expect("fits");
    }
    if !a.elsewhere.is_empty() {
        write!(text, " elsewhere {:?}", a.elsewhere).expect("fits");
    }
    if !a.gone.is_empty() {
        write!(text, " gone {:?} {}", a.gone, a.reason).expect("fits");
    }
    text
}

fn replay(replay: &q2g::Replay) -> String {
    let whom = match replay.session {
        0 => "all".to_owned(),
        handle => (handle - 1).to_string(),
    };
    let old = if replay.history { "history" } else { "missed" };
    let body = body(replay.kind, &replay.body);
    format!("{old} {whom} {} #{} {body}{}", replay.sub, replay.seq, but(replay.exclude))
}

fn but(exclude: u32) -> String {
    match exclude {
        0 => String::new(),
        handle => format!(" but {}", handle - 1),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn result(bytes: &[u8], loud: bool) -> String {
    let result = g2c::Result::decode(bytes).expect("a result");
    let mut said = format!("op={} status={}", result.op_id, result.status);
    if let Some(sentence) = result.error_message.filter(|_| loud) {
        write!(said, " {sentence}").expect("fits");
        if result.may_retry {
            said += " (may retry)";
        }
    }
    if result.seq > 0 {
        write!(said, " seq={}", result.seq).expect("fits");
    }
    if let Some(payload) = result.payload {
        write!(said, " {}", text(&payload)).expect("fits");
    }
    for entry in result.entries {
        write!(said, " {}={}v{}", entry.key, text(&entry.value), entry.version).expect("fits");
    }
    for message in result.messages {
        write!(said, " #{}:{}", message.seq, text(&message.payload)).expect("fits");
    }
    for member in result.members {
        write!(said, " {member}").expect("fits");
    }
    if let Some(count) = result.member_count {
        write!(said, " count={count}").expect("fits");
    }
    if !result.next.is_empty() {
        write!(said, " next={}", result.next).expect("fits");
    }
    said
}

fn body(kind: u32, bytes: &[u8]) -> String {
    match kind {
        event::MESSAGE => {
            let m = g2c::Message::decode(bytes).expect("a message");
            format!("{} {}:{}", m.mount, m.from, text(&m.payload))
        }
        event::STATE => {
            let s = g2c::State::decode(bytes).expect("a state");
            let change = |c: &g2c::StateChange| match &c.now {
                Some(g2c::state_change::Now::Value(value)) => format!("{}={}", c.key, text(value)),
                _ => format!("-{}", c.key),
            };
            let changes: Vec<String> = s.changes.iter().map(change).collect();
            format!("{} {}:{}", s.mount, s.from, changes.join(","))
        }
        event::JOINED => {
            format!("joined {}", g2c::Joined::decode(bytes).expect("joined").users.join(","))
        }
        event::LEFT => {
            let left = g2c::Left::decode(bytes).expect("left");
            let reason =
                if left.reason.is_empty() { String::new() } else { format!(" ({})", left.reason) };
            format!("left {}{reason}", left.users.join(","))
        }
        event::MOUNT_CREATED => {
            let mount = g2c::MountCreated::decode(bytes).expect("a mount");
            format!("mount_created {} {}", mount.mount, mount.kind)
        }
        event::MOUNT_DELETED => {
            let mount = g2c::MountDeleted::decode(bytes).expect("a mount");
            format!("mount_deleted {} {}", mount.mount, mount.kind)
        }
        event::GAP => {
            let gap = g2c::Gap::decode(bytes).expect("a gap");
            format!("gap {} {}-{}", gap.mount, gap.after_seq, gap.before_seq)
        }
        other => format!("kind {other}"),
    }
}

fn subscribed(bytes: &[u8]) -> String {
    let s = g2c::Subscribed::decode(bytes).expect("subscribed");
    let marks: Vec<String> =
        s.marks.iter().map(|(mount, mark)| format!("{mount}={mark}")).collect();
    let mut said = format!("[{}]", marks.join(","));
    if s.recovered {
        said.push_str(" recovered");
    }
    if s.gap {
        said.push_str(" gap");
    }
    for mount in s.mounts {
        for entry in mount.entries {
            let value = text(&entry.value);
            write!(said, " {}={value}v{}", entry.key, entry.version).expect("fits");
        }
    }
    if !s.members.is_empty() {
        write!(said, " {}", s.members.join(",")).expect("fits");
    }
    if let Some(count) = s.member_count {
        write!(said, " count={count}").expect("fits");
    }
    said
}

/// The frames of a buffer, without looking into them.
pub(crate) fn frames(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while let Some((frame, end)) = frame::split(rest, usize::MAX).expect("a good frame") {
        let (number, body) = wire::envelope(frame).expect("an envelope");
        frames.push((number, body.to_vec()));
        rest = &rest[end..];
    }
    frames
}
