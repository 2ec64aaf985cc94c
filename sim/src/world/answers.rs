//! How long nodes take to answer lanes (I15): where everybody is well who has a copy of a bucket,
//! nobody waits because of a copy of another one. In the end nothing waits at all.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::c2g::{Head, Kind};
use proto::codes::Status;
use proto::g2c::ResultHead;
use proto::ids::Handle;
use proto::link::At;
use proto::table::Row;
use proto::{g2q, name, q2g};

use super::World;

const RULE: &str = "nobody waits for a copy of another bucket";
/// F9.
const HELD: &str = "where one copy is left that holds nothing is changed";
const OPEN: &str = "after healing nothing waits to be decided";

/// Twice over the slowest link, and some turns.
const PROMPT_US: u64 = 50_000;
/// What a row has changed is seen to within this time.
const SETTLED_US: u64 = 300_000;
/// Whatever it was that it waited for is over by then.
const DECIDED_US: u64 = 2_000_000;
/// Queues of which the application is asked.
const ASKED: &[u8] = b"/asked/";

/// Operations that nodes haven't answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    asked: BTreeMap<(usize, LinkId, Handle, u32), Asked>,
    /// Of which bucket lanes speak, and under which numbers: what is asked under others isn't
    /// decided.
    about: BTreeMap<(usize, LinkId), (BucketId, Epochs)>,
    /// How many were judged.
    pub(crate) judged: u64,
}

#[derive(Debug)]
struct Asked {
    at_us: u64,
    /// Of a later reign whoever asks again is answered, perhaps elsewhere.
    of: (BucketId, Epochs),
    /// By which row of the bucket, if everybody was well that it names.
    conf: Option<u64>,
    /// It comes for the first time and changes something, of which one copy is left that may
    /// change nothing.
    is_held: bool,
}

impl Answers {
    /// A link of a node begins or ends, or the node is no more: nobody waits on it.
    pub(crate) fn link_changes(&mut self, node: usize, link: LinkId) {
        self.asked.retain(|(at, on, ..), _| (*at, *on) != (node, link));
        self.about.remove(&(node, link));
    }

    /// A lane says of which bucket it speaks from here on.
    pub(crate) fn about(&mut self, node: usize, link: LinkId, body: &[u8]) {
        let At { bits, prefix, loss, reign } = At::decode(body).unwrap_or_default();
        let epochs = Epochs { loss: Loss(loss), reign: Reign(reign) };
        self.about
            .extend(BucketId::new(bits, prefix).map(|bucket| ((node, link), (bucket, epochs))));
    }

    /// A node has died.
    pub(crate) fn node_dies(&mut self, node: usize) {
        self.asked.retain(|(at, ..), _| *at != node);
        self.about.retain(|(at, _), _| *at != node);
    }

    /// A handle stands for somebody else, or nobody.
    pub(crate) fn handle_changes(&mut self, node: usize, link: LinkId, handle: Handle) {
        self.asked.retain(|(at, on, of, _), _| (*at, *on, *of) != (node, link, handle));
    }
}

impl World {
    /// An operation comes to a node.
    pub(crate) fn operation_comes(&mut self, at: usize, link: LinkId, body: &[u8]) {
        let Ok(operation) = g2q::OperationRef::of(body) else { return };
        let Ok(head) = Head::of(operation.body) else { return };
        if head.queue.starts_with(ASKED) {
            // The application may say nothing.
            return;
        }
        let hash = name::hash(head.queue);
        let Some(node) = &self.nodes[at].node else { return };
        let Some(of) = node.buckets().into_iter().find(|held| held.0.holds(hash)) else { return };
        if self.answers.about.get(&(at, link)) != Some(&of) {
            return;
        }
        let (bucket, _) = of;
        let at_us = self.agenda.now_us();
        let row = self.row_of_the_well(at, bucket, at_us);
        let conf = row.map(|row| row.conf);
        let is_alone = row.is_some_and(|row| row.in_sync.len() == 1);
        let is_held = self.plan.alone_holds
            && is_alone
            && matches!(operation.kind, Kind::SendMessage | Kind::SendState)
            && self.fences.is_new(at, link, operation.session, &head);
        let key = (at, link, operation.session, head.op_id);
        self.answers.asked.insert(key, Asked { at_us, of, conf, is_held });
    }

    /// A node lets an answer out.
    pub(crate) fn operation_is_answered(&mut self, at: usize, link: LinkId, body: &[u8]) {
        let Ok(answer) = q2g::AnswerRef::of(body) else { return };
        let Ok(head) = ResultHead::of(answer.result) else { return };
        let key = (at, link, answer.session, head.op_id);
        let Some(asked) = self.answers.asked.remove(&key) else { return };
        let Asked { at_us, of: (bucket, _), conf: Some(conf), is_held } = asked else { return };
        let row = self.row_of_the_well(at, bucket, at_us);
        if row.is_none_or(|row| row.conf != conf) {
            return;
        }
        self.answers.judged += 1;
        if is_held && head.status == Status::Ok.number() {
            let what = format!("q{} has done {} of {bucket:?}", at + 1, head.op_id);
            self.violated(HELD, what);
        }
        let us = self.agenda.now_us() - at_us;
        if us > PROMPT_US {
            let what = format!("q{}, {us} us: {} of {bucket:?}", at + 1, head.op_id);
            self.violated(RULE, what);
        }
    }

    /// The row of a bucket whose primary a node is, if everybody whom it names has been there and
    /// well since this moment.
    fn row_of_the_well(&self, at: usize, bucket: BucketId, since_us: u64) -> Option<&Row> {
        let row = self.logs.row(bucket)?;
        let is_settled = self.logs.row_since_us(bucket) + SETTLED_US < since_us;
        let is_its = row.primary.as_ref().and_then(|owner| self.is_there(owner)) == Some(at);
        let named = row.in_sync.iter().chain(&row.learners);
        let mut named = named.map(|owner| self.is_there(owner));
        let is_well = |at: usize| {
            let process = super::Process::Node(at);
            let was_full = self.fulls.iter().any(|full| full.node == at && full.to_us >= since_us);
            self.troubled.get(&process).is_none_or(|us| *us < since_us) && !was_full
        };
        let are_well = named.all(|at| at.is_some_and(is_well));
        (is_settled && is_its && are_well).then_some(row)
    }

    /// Everything had time to be answered.
    pub(crate) fn look_at_unanswered(&mut self) {
        let now_us = self.agenda.now_us();
        let is_its = |at: usize, of: &(BucketId, Epochs)| {
            let node = self.nodes[at].node.as_ref();
            node.is_some_and(|node| node.buckets().contains(of))
        };
        let old = self.answers.asked.iter().filter(|((at, ..), asked)| {
            asked.at_us + DECIDED_US < now_us && is_its(*at, &asked.of)
        });
        let old: Vec<String> = old
            .map(|((at, _, _, op_id), asked)| {
                format!("q{} hasn't answered {op_id} of {:?}", at + 1, asked.of.0)
            })
            .collect();
        for what in old {
            self.violated(OPEN, what);
        }
    }
}
