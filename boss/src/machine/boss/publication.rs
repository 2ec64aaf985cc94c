//! Write, then push: what is to be stored, what is stored, and who has been told.

use std::collections::BTreeSet;
use std::sync::Arc;

use link::machine::LinkId;
use proto::b2n::{B2n, Config, Registered, TellAll, b2n};
use proto::table::{Place, Rows as Changes, Table, Version};
use proto::time::Time;
use proto::wire;

use super::super::configuration::Configuration;
use super::super::events::Kind;
use super::super::outbox::{Answer, Effect, Outbox};
use super::super::roster::{Node, NodeRole, Owner};
use super::super::table::{Row, Rows};
use super::Boss;

/// A store that failed is tried again after this time.
const RETRY_MS: u64 = 1_000;
/// A node to which so much is unsent doesn't read; it gets everything anew when it comes back.
const UNSENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Replacements of the configuration that wait for the store: operators come one at a time.
const WAITING_MAX: usize = 64;

/// How far the newest changes are on their way to the nodes.
#[derive(Debug, Default)]
pub(super) struct Publication {
    /// There are changes that no write has.
    changed: bool,
    /// By when what no write has, and nobody waits for, is to be written.
    change_at: Option<u64>,
    /// The step that is being written.
    writing: Option<Step>,
    /// The rows of the last step that was to be written.
    written: Rows,
    /// The step that the store has.
    stored: Step,
    /// What its table has changed in the one before.
    changes: Option<Changes>,
    /// Somebody may have to be told something.
    push: bool,
    /// Questions that wait until a step is stored.
    waiting: Vec<Waiting>,
    failure: Option<Failure>,
}

/// What nodes are told of a step.
#[derive(Debug, Clone, Default)]
struct Step {
    version: u64,
    cluster_id: u64,
    table: Option<Arc<Table>>,
    config: Arc<Config>,
}

/// A question that is answered when a step is stored.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) question: u64,
    pub(super) step: u64,
    pub(super) answer: Answer,
}

#[derive(Debug)]
struct Failure {
    reason: String,
    retry_at: u64,
}

impl Publication {
    /// The store has these rows.
    pub(super) fn of(rows: &Rows) -> Publication {
        Publication { written: rows.clone(), ..Publication::default() }
    }

    /// Something changed.
    pub(super) fn change(&mut self) {
        self.changed = true;
    }

    /// Something is to be stored by then, and nobody waits for it.
    pub(super) fn change_by(&mut self, at: u64) {
        self.change_at.get_or_insert(at);
    }

    /// When that is due; while a step is being written it goes with the next.
    pub(super) fn change_at(&self) -> Option<u64> {
        self.change_at.filter(|_| self.writing.is_none() && self.failure.is_none())
    }

    /// Somebody new is there.
    pub(super) fn push_soon(&mut self) {
        self.push = true;
    }

    /// The step that has all changes so far, if `version` is the newest.
    pub(super) fn step_of_changes(&self, version: u64) -> u64 {
        version + u64::from(self.changed)
    }

    /// The rows of the last step that was to be written.
    pub(super) fn written(&self) -> &Rows {
        &self.written
    }

    /// The next step has these rows, whatever those of the last were.
    pub(super) fn replace(&mut self, rows: &Rows) {
        self.written = rows.clone();
        self.changed = true;
    }

    /// A question waits for its step.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
        self.push = true;
    }

    /// When a failed write is tried again.
    pub(super) fn retry_at(&self) -> Option<u64> {
        let failure = self.failure.as_ref().filter(|_| self.writing.is_none())?;
        Some(failure.retry_at)
    }

    /// Why the store doesn't work.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_ref().map(|failure| failure.reason.as_str())
    }

    /// This step is in the store.
    fn take(&mut self, step: Step) {
        let before = std::mem::replace(&mut self.stored, step);
        if let (Some(old), Some(new)) = (before.table, &self.stored.table)
            && !Arc::ptr_eq(&old, new)
        {
            self.changes = Changes::between(&old, new);
        }
    }

    /// What a node is told that has been told the table of this version: the rows that have
    /// changed, if it was the one before.
    fn news_of(&self, told: Version) -> Option<(Version, b2n::Body)> {
        let table = self.stored.table.as_ref()?;
        let version = Version { term: table.term, version: table.version };
        if version == told {
            return None;
        }
        let changes = self.changes.as_ref().filter(|changes| changes.from() == told);
        let body = match changes {
            Some(changes) => b2n::Body::Rows(changes.clone()),
            None => b2n::Body::Table(table.as_ref().clone()),
        };
        Some((version, body))
    }

    /// The table that nodes have been told of.
    pub(super) fn table(&self) -> Option<&Arc<Table>> {
        self.stored.table.as_ref()
    }
}

impl Boss {
    pub(super) fn configure(
        &mut self,
        now: Time,
        question: u64,
        config: &Configuration,
        over: u64,
        out: &mut Outbox,
    ) {
        if self.publication.waiting.len() >= WAITING_MAX {
            let reason = "too many replacements at once: try again".to_owned();
            return Boss::answer(out, question, Answer::Unavailable(reason));
        }
        if self.frozen.is_some() {
            let reason = "the boss is frozen, its store has lost steps: try again when it goes on";
            return Boss::answer(out, question, Answer::Unavailable(reason.to_owned()));
        }
        let before = self.kept.config.present().version;
        // The secrets that it keeps may be others by now.
        if before != over {
            let reason = format!("another replacement, version {before}, came first: try again");
            return Boss::answer(out, question, Answer::Unavailable(reason));
        }
        self.kept.config.replace(config, now.unix_ms);
        let present = self.kept.config.present().version;
        if present != before {
            self.copies = self.kept.config.copies();
            self.holds = self.kept.config.holds();
            self.learners.review();
            self.lookout.review();
            self.publication.change();
            let text = format!("the cluster configuration is version {present} now");
            self.tell(now, Kind::Config, None, text);
        }
        let step = self.publication.step_of_changes(self.kept.version);
        self.publication.wait(Waiting { question, step, answer: Answer::Configured(present) });
    }

    pub(super) fn stored(&mut self, now: Time, out: &mut Outbox) {
        let Some(step) = self.publication.writing.take() else { return };
        self.counters.stored += 1;
        self.publication.take(step);
        self.lookout.review();
        self.publication.push_soon();
        if self.publication.failure.take().is_some() {
            self.tell(now, Kind::Store, None, "the store works again".to_owned());
        }
        self.push(out);
    }

    pub(super) fn store_failed(&mut self, now: Time, reason: &str, out: &mut Outbox) {
        if self.publication.writing.take().is_none() {
            return;
        }
        self.counters.store_failed += 1;
        self.publication.changed = true;
        for Waiting { question, .. } in std::mem::take(&mut self.publication.waiting) {
            let text = format!("the store failed and is tried again: {reason}");
            Boss::answer(out, question, Answer::Late(text));
        }
        let failure = Failure { reason: reason.to_owned(), retry_at: now.ms + RETRY_MS };
        if self.publication.failure.replace(failure).is_none() {
            let text = format!("the store failed; nothing changes until it works again: {reason}");
            self.tell(now, Kind::Store, None, text);
        }
    }

    /// Writes what changed, and tells everybody what is written.
    pub(super) fn publish(&mut self, now: Time, out: &mut Outbox) {
        let due = self.publication.change_at().is_some_and(|at| at <= now.ms);
        self.publication.changed |= due;
        let publication = &self.publication;
        let waits = publication.retry_at().is_some_and(|at| now.ms < at);
        if publication.changed && publication.writing.is_none() && !waits {
            self.kept.version += 1;
            self.settle_rows(now);
            let step = self.step();
            (self.publication.changed, self.publication.change_at) = (false, None);
            if self.faults().pushed_before_stored {
                self.publication.take(step.clone());
                self.publication.push = true;
            }
            self.publication.writing = Some(step);
            out.effects.push(Effect::Store(self.kept.encode()));
        }
        if self.publication.push {
            self.push(out);
        }
    }

    /// No step breaks the rules of rows: what is stored is given out, and can't be taken back.
    fn settle_rows(&mut self, now: Time) {
        let step = self.kept.step();
        self.kept.history.add(step);
        let faults = self.faults();
        let (rows, jumps) = (&mut self.kept.rows, &mut self.jumps);
        rows.made_by(step, &self.publication.written, |prefix, number| {
            if faults.reign_jumps_with_conf {
                jumps.skip_reign(prefix);
            }
            if faults.adopt.numbers_repeat { 0 } else { jumps.take(prefix, number) }
        });
        if let Err((prefix, wrong)) = rows.follow(&self.publication.written) {
            panic!("the row of bucket {prefix}/{} must not be stored: {wrong}", rows.bits());
        }
        let before = std::mem::replace(&mut self.publication.written, rows.clone());
        self.count_changes(now, &before);
    }

    /// What nodes will hear of the present state. What didn't change keeps its version.
    fn step(&self) -> Step {
        let stored = &self.publication.stored;
        let kept = self.kept.config.present();
        let config = if stored.config.version == kept.version {
            stored.config.clone()
        } else {
            Arc::new(Config { version: kept.version, toml: kept.toml.clone() })
        };
        let table = (!self.kept.rows.is_empty()).then(|| self.table());
        let table = match (&stored.table, table) {
            (Some(old), Some(new)) if same(old, &new) => Some(old.clone()),
            (_, new) => new.map(Arc::new),
        };
        Step { version: self.kept.version, cluster_id: self.kept.cluster_id, table, config }
    }

    fn table(&self) -> Table {
        let rows = (0..).zip(self.kept.rows.iter()).map(|(prefix, row)| {
            let mut row = row.wire(prefix);
            if self.faults().loss_hidden {
                row.loss = 1;
            }
            row
        });
        // Who is given up and may live still serves what nobody else has.
        let serving: BTreeSet<&Owner> = self.kept.rows.iter().filter_map(Row::primary).collect();
        let nodes = self.kept.roster.iter();
        let nodes = nodes.filter(|node| node.holds_queues() || serving.contains(&node.owner()));
        Table {
            term: self.kept.term,
            version: self.kept.version,
            bits: u32::from(self.kept.rows.bits()),
            rows: rows.collect(),
            places: nodes.map(place).collect(),
        }
    }

    fn push(&mut self, out: &mut Outbox) {
        self.publication.push = false;
        let (publication, stored) = (&self.publication, &self.publication.stored);
        for (link, line) in &mut self.links {
            let node = line.node.as_ref().and_then(|id| self.kept.roster.get(id));
            let Some(node) = node.filter(|_| line.sent.registered_at <= stored.version) else {
                continue;
            };
            if out.links.unsent(*link) > UNSENT_BYTES_MAX {
                out.links.end(*link, "it doesn't read what it is sent");
                continue;
            }
            if !line.sent.registered {
                line.sent.registered = true;
                if node.role == NodeRole::Gateway {
                    self.doors.newcomer();
                }
                let (incarnation, cluster_id) = (node.incarnation, stored.cluster_id);
                put(out, *link, b2n::Body::Registered(Registered { incarnation, cluster_id }));
            }
            if self.frozen.is_some() {
                if !line.sent.asked {
                    line.sent.asked = true;
                    put(out, *link, b2n::Body::TellAll(TellAll {}));
                }
                continue;
            }
            if line.sent.config != stored.config.version {
                line.sent.config = stored.config.version;
                put(out, *link, b2n::Body::Config(stored.config.as_ref().clone()));
            }
            if let Some((version, body)) = publication.news_of(line.sent.table) {
                line.sent.table = version;
                put(out, *link, body);
            }
        }
        let version = stored.version;
        let stored = self.publication.waiting.extract_if(.., |it| it.step <= version);
        for Waiting { question, answer, .. } in stored {
            Boss::answer(out, question, answer);
        }
    }
}

/// Appends a frame to a link.
pub(super) fn put(out: &mut Outbox, link: LinkId, body: b2n::Body) {
    wire::put_message(out.links.buffer(link), &B2n { body: Some(body) });
}

/// Whether two tables say the same but for their versions. A new term is always said.
fn same(old: &Table, new: &Table) -> bool {
    old.term == new.term && (old.bits, &old.rows, &old.places) == (new.bits, &new.rows, &new.places)
}

/// Where a node can be dialled.
pub(super) fn place(node: &Node) -> Place {
    Place {
        id: node.id.as_str().to_owned(),
        incarnation: node.incarnation,
        host: node.host.clone(),
        address: node.address.clone(),
    }
}
