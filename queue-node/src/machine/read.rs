//! Reads: they change nothing, leave no record, and run again when they come again.

use std::collections::BinaryHeap;

use proto::c2g;
use proto::class::{Access, MountKind, Presence};
use proto::codes::Status;
use proto::g2c::field::result;
use proto::{limits, page, wire};

use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::record::Refusal;
use super::state::people::People;
use super::state::queue::{Mount, Queue, QueueIndex};
use super::state::state_mount;
use super::turn::Turn;

impl Bucket {
    /// `get_state`: a page of keys.
    pub(crate) fn get_state(&mut self, turn: &mut Turn<'_>, asker: &Asker, read: &c2g::GetState) {
        let faults = turn.shared.settings.faults();
        self.read(turn, asker, &read.queue, |queue, _, _, out| {
            let place = super::send::place(&queue.class, read.mount.as_bytes(), MountKind::State)?;
            let count = page_count(read.limit)?;
            if read.key_prefix.len() > limits::KEY_BYTES_MAX {
                let max = limits::KEY_BYTES_MAX;
                let sentence = format!("key_prefix is at most {max} bytes long");
                return Err(Refusal::new(Status::Invalid, sentence));
            }
            if let Mount::State(Some(mount)) = &queue.mounts[place] {
                let is_later = faults.state_page_skips_first && !read.after.is_empty();
                let entries = mount.entries(&read.key_prefix, &read.after);
                let entries = entries.skip(usize::from(is_later));
                let mut page = Page::new(count);
                for (key, cell) in entries {
                    let bytes = state_mount::entry_len(key, cell);
                    match page.takes(bytes, key) {
                        Some(next) => wire::put_bytes(out, result::NEXT, next.as_bytes()),
                        None => state_mount::put_entry(out, result::ENTRIES, key, cell),
                    }
                    if page.is_full {
                        break;
                    }
                }
            }
            Ok(())
        });
    }

    /// `get_history`: a page of messages, the newest first page, each page oldest first.
    pub(crate) fn get_history(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        read: &c2g::GetHistory,
    ) {
        let (now_ms, faults) = (self.now_ms(turn), turn.shared.settings.faults());
        self.read(turn, asker, &read.queue, |queue, _, _, out| {
            let place =
                super::send::place(&queue.class, read.mount.as_bytes(), MountKind::Message)?;
            let count = page_count(read.limit)?;
            let Mount::Message(Some(history)) = &queue.mounts[place] else { return Ok(()) };
            let is_first = read.before_seq == 0 || faults.before_ignored;
            let seq_max = if is_first { u64::MAX } else { read.before_seq - 1 };
            let history_ms = queue.class.class.mounts[place].history_ms;
            // One more than a page, to know whether there is more.
            let newest: Vec<_> = history.newest(&queue.log, count + 1, seq_max).collect();
            let mut page = Page::new(count);
            let mut first = newest.len();
            for event in newest.iter().rev() {
                let is_old = history_ms > 0 && event.at_ms.saturating_add(history_ms) <= now_ms;
                if is_old || page.takes(event.body.len(), "").is_some() {
                    break;
                }
                first -= 1;
            }
            if first > 0 && page.is_full {
                let next = newest[first].seq.to_string();
                wire::put_bytes(out, result::NEXT, next.as_bytes());
            }
            // Also what its sender didn't want to hear: it is a part of what was said.
            for event in &newest[first..] {
                wire::put_nested(out, result::MESSAGES, event.body.len());
                out.extend_from_slice(event.body);
            }
            Ok(())
        });
    }

    /// `list_members`: a page of users, by their ids.
    pub(crate) fn list_members(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        read: &c2g::ListMembers,
    ) {
        let skips_first = turn.shared.settings.faults().page_skips_first;
        self.read(turn, asker, &read.queue, |queue, people, asker, out| {
            let limit = page_count(read.limit)?;
            let are_named = may_list(queue, asker)?;
            // The smallest names above `after`: one pass however large the room is.
            let mut names = BinaryHeap::new();
            let roster = queue.roster(people).take_while(|_| are_named);
            for name in roster.filter(|name| *name > &*read.after) {
                names.push(name);
                if names.len() > limit + 1 {
                    names.pop();
                }
            }
            let mut names = names.into_sorted_vec();
            if skips_first && !read.after.is_empty() && !names.is_empty() {
                names.remove(0);
            }
            let has_more = names.len() > limit;
            names.truncate(limit);
            if let (true, Some(last)) = (has_more, names.last()) {
                wire::put_bytes(out, result::NEXT, last.as_bytes());
            }
            for name in names {
                wire::put_bytes(out, result::MEMBERS, name.as_bytes());
            }
            wire::put_optional_uint(out, result::MEMBER_COUNT, u64::from(queue.users));
            Ok(())
        });
    }

    /// Answers what `write` appends to a result, or its refusal.
    fn read(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        name: &str,
        write: impl FnOnce(&Queue, &People, &Asker, &mut Vec<u8>) -> Result<(), Refusal>,
    ) {
        let found = self.state.queues().find(name.as_bytes());
        if self.is_strange(asker, found, name.as_bytes()) {
            return self.refuse(turn, asker, super::stranger::unreadable());
        }
        let settled =
            |index: &QueueIndex| self.locals[*index].run.is_none() || self.settle(turn, *index);
        let Some(index) = found.filter(settled) else {
            return self.refuse(turn, asker, super::send::no_queue());
        };
        let queue = self.state.queue(index);
        let mut result = Vec::new();
        wire::put_uint(&mut result, result::OP_ID, u64::from(asker.op_id()));
        wire::put_uint(&mut result, result::SEQ, queue.seq);
        let people = self.state.people();
        let written =
            may_read(queue, asker).and_then(|()| write(queue, people, asker, &mut result));
        match written {
            Ok(()) if turn.shared.settings.faults().read_without_round => {
                self.say_early(turn, asker.link, |out| asker.put_bytes(out, &result));
            }
            Ok(()) => {
                self.say(turn, asker.link, |out| asker.put_bytes(out, &result));
                if turn.shared.followed.is_on() {
                    self.trace_answer(turn, asker, (0, 0));
                }
            }
            Err(refusal) => self.refuse(turn, asker, refusal),
        }
    }
}

/// Members and those who might be may read. Of an inbox only its user comes so far.
fn may_read(queue: &Queue, asker: &Asker) -> Result<(), Refusal> {
    let Who::Session { key, .. } = asker.who else { return Ok(()) };
    let is_open = queue.class.class.join == Access::Open;
    if is_open || queue.members.contains(key) {
        return Ok(());
    }
    Err(super::join::for_members("only members may read here", queue.class.class.join))
}

/// Whether members are named to who asks, or counted alone: the class says what they learn of each
/// other. The back end learns all, and a user who is in its own inbox.
fn may_list(queue: &Queue, asker: &Asker) -> Result<bool, Refusal> {
    if matches!(asker.who, Who::BackEnd { .. }) || queue.is_inbox() {
        return Ok(true);
    }
    match queue.class.class.presence {
        Presence::Users => Ok(true),
        Presence::Count => Ok(false),
        Presence::Off => {
            let sentence = "the queue's class has `presence = \"off\"`: members aren't listed";
            Err(Refusal::new(Status::Forbidden, sentence))
        }
    }
}

/// How much a page takes.
struct Page {
    left: usize,
    bytes_left: usize,
    last: String,
    is_full: bool,
}

impl Page {
    fn new(left: usize) -> Page {
        let bytes_left = limits::PAGE_BYTES_MAX;
        Page { left, bytes_left, last: String::new(), is_full: false }
    }

    /// Takes one more entry; or says after which the next page begins. The first always fits.
    fn takes(&mut self, bytes: usize, key: &str) -> Option<String> {
        let is_first = self.bytes_left == limits::PAGE_BYTES_MAX;
        if self.left == 0 || (bytes > self.bytes_left && !is_first) {
            self.is_full = true;
            return Some(std::mem::take(&mut self.last));
        }
        self.left -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(bytes.max(1));
        key.clone_into(&mut self.last);
        None
    }
}

/// So many entries are in a page; 0 asks for as many as there may be.
pub(crate) fn page_count(limit: u32) -> Result<usize, Refusal> {
    page::count(limit).map_err(|error| Refusal::new(Status::Invalid, error.to_string()))
}
