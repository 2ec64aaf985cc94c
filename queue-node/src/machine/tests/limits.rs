//! What is bounded, and the sentence that says so.

use prost::Message as _;
use proto::c2g::{self, Change, change::Act};
use proto::g2q::operation::Body as Op;
use proto::limits::{CHANGES_MAX, KEY_BYTES_MAX, KEYS_MAX, PAYLOAD_BYTES_MAX, STATE_BYTES_MAX};

use super::check;
use super::rig::Rig;
use crate::machine::Input;

/// A member of `/room/1` that changes keys.
struct Writer {
    rig: Rig,
    op_id: u32,
}

impl Writer {
    fn new() -> Writer {
        let mut rig = Rig::new();
        rig.run(
            "0 loud
             0 g1 up
             0 g1 introduce 1 ann
             0 g1 login 1 ann
             1 g1 1 1 subscribe /room/1 sub=5 mounts=chat",
        );
        Writer { rig, op_id: 1 }
    }

    /// What is answered to these changes, in one operation.
    fn change(&mut self, changes: Vec<Change>) -> String {
        self.op_id += 1;
        let (op_id, queue, mount) = (self.op_id, "/room/1".to_owned(), "scores".to_owned());
        let op = Op::SendState(c2g::SendState { op_id, queue, mount, changes });
        let link = self.rig.link("g1");
        self.rig.operation(link, 1, "/room/1", 5, op);
        self.rig.handle(Input::TurnEnd);
        let mut said = String::new();
        self.rig.hear(&mut said);
        let (_, status) = said.trim().split_once("status=").expect("one answer");
        status.to_owned()
    }

    #[track_caller]
    fn is_done(&mut self, changes: Vec<Change>) {
        let said = self.change(changes);
        assert!(said.starts_with("0 seq="), "{said}");
    }

    /// It is refused with these words, and nothing has changed.
    #[track_caller]
    fn is_refused(&mut self, changes: Vec<Change>, words: &str) {
        let keys: Vec<String> = changes.iter().map(|change| change.key.clone()).collect();
        let before = self.state(&keys);
        assert_eq!(self.change(changes), words);
        assert_eq!(self.state(&keys), before);
    }

    /// The queue's number, and what these keys hold.
    fn state(&mut self, keys: &[String]) -> Vec<String> {
        let read = |key: &String| {
            self.op_id += 1;
            let op = format!("2 g1 1 {} get /room/1 prefix={key} limit=1", self.op_id);
            let said = self.rig.run(&op);
            said.split_once("status=0").expect("it may read").1.to_owned()
        };
        keys.iter().filter(|key| key.len() <= KEY_BYTES_MAX).map(read).collect()
    }
}

fn set(key: impl Into<String>, bytes: usize) -> Change {
    Change { key: key.into(), act: Some(Act::Set(vec![b'x'; bytes])), ..Change::default() }
}

fn delete(key: &str) -> Change {
    Change { key: key.to_owned(), act: Some(Act::Delete(true)), ..Change::default() }
}

#[test]
fn a_state_mount_has_so_many_keys() {
    let mut writer = Writer::new();
    for first in (0..KEYS_MAX).step_by(CHANGES_MAX) {
        let keys = first..first + CHANGES_MAX;
        writer.is_done(keys.map(|at| set(format!("k{at:05}"), 1)).collect());
    }
    let full = "8 a mount has at most 65536 keys; delete some";
    writer.is_refused(vec![set("new", 1)], full);
    writer.is_refused(vec![set("k00001", 2), delete("k00002"), set("n1", 1), set("n2", 1)], full);
    writer.is_done(vec![set("k00001", 2)]);
    writer.is_done(vec![set("n1", 1), delete("k00002")]);
    writer.is_refused(vec![set("n2", 1)], full);
    writer.is_done(vec![delete("k00003"), delete("k00004")]);
    writer.is_done(vec![set("n2", 1), set("n3", 1)]);
    writer.is_refused(vec![set("n4", 1)], full);
}

#[test]
fn a_state_mount_has_so_many_bytes() {
    let mut writer = Writer::new();
    for at in 10..73 {
        writer.is_done(vec![set(format!("k{at}"), PAYLOAD_BYTES_MAX)]);
    }
    let rest = STATE_BYTES_MAX - 63 * (PAYLOAD_BYTES_MAX + "k10".len()) - "rest".len();
    let full = "8 a mount has at most 4194304 bytes; delete some";
    writer.is_refused(vec![set("rest", rest + 1)], full);
    writer.is_done(vec![set("rest", rest)]);
    writer.is_refused(vec![set("n", 0)], full);
    writer.is_refused(vec![set("k10", 0), set("rest", rest + 1), set("new", 65_534)], full);
    writer.is_done(vec![set("k10", 0), set("rest", rest + 1), set("new", 65_532)]);
    writer.is_refused(vec![set("k10", 1)], full);
    writer.is_done(vec![delete("new")]);
    writer.is_done(vec![set("k10", 65_535)]);
    writer.is_refused(vec![set("k10", 65_536)], full);
}

#[test]
fn one_value_and_one_operation_are_bounded() {
    let mut writer = Writer::new();
    let max = PAYLOAD_BYTES_MAX;
    let long = "8 a value is at most 65536 bytes long";
    writer.is_refused(vec![set("a", 1), set("b", max + 1)], long);
    writer.is_done(vec![set("b", max)]);
    let key = "3 a key is 1 to 255 bytes long";
    writer.is_refused(vec![set("a", 1), set("k".repeat(256), 1)], key);
    writer.is_done(vec![set("k".repeat(255), 1)]);
    let many = |count: usize| (0..count).map(|at| set(format!("n{at}"), 1)).collect();
    writer.is_refused(many(CHANGES_MAX + 1), "3 send 1 to 256 changes at once");
    writer.is_refused(Vec::new(), "3 send 1 to 256 changes at once");
    writer.is_done(many(CHANGES_MAX));
}

#[test]
fn a_snapshot_of_full_mounts_fits_into_a_frame() {
    let mut writer = Writer::new();
    for at in 10..73 {
        writer.is_done(vec![set(format!("k{at}"), PAYLOAD_BYTES_MAX)]);
    }
    writer.op_id += 1;
    let (op_id, queue) = (writer.op_id, "/room/1".to_owned());
    let op = Op::Subscribe(c2g::Subscribe { op_id, queue, ..c2g::Subscribe::default() });
    let link = writer.rig.link("g1");
    writer.rig.operation(link, 1, "/room/1", 5, op);
    writer.rig.handle(Input::TurnEnd);
    let bytes = writer.rig.out.links.take(link);
    let frames = super::rig::frames(&bytes);
    let subscribed = frames.iter().find(|(number, _)| *number == 8).expect("subscribed");
    let subscribed = proto::q2g::Subscribed::decode(&*subscribed.1).expect("subscribed");
    let body = proto::g2c::Subscribed::decode(&*subscribed.body).expect("it has a body");
    assert_eq!(body.mounts[1].entries.len(), 63);
}

#[test]
fn a_queue_has_so_many_mounts() {
    let mut rig = Rig::new();
    rig.run("0 loud\n0 g1 up\n1 g1 request 1 create /web/1\n");
    for at in 2..16 {
        let said = rig.run(&format!("2 g1 request {at} mount /web/1 m{at} message"));
        assert!(said.contains("status=0"), "{said}");
    }
    let full = "status=8 a queue has at most 16 mounts: delete one, and wait a while";
    let said = rig.run("3 g1 request 20 mount /web/1 more state");
    assert!(said.contains(full), "{said}");
    // Events of the mount that goes may still be missed by somebody.
    rig.run("4 g1 request 21 send /web/1 m2 hi\n5 g1 request 22 unmount /web/1 m2");
    let said = rig.run("6 g1 request 23 mount /web/1 more state");
    assert!(said.contains(full), "{said}");
    let said = rig.run("3000 g1 request 24 mount /web/1 more state");
    assert!(said.contains("24 op=0 status=0"), "{said}");
    let said = rig.run("3001 g1 request 25 mount /web/1 m2 message");
    assert!(said.contains(full), "{said}");
}

#[test]
fn a_full_queue_says_how_many_its_class_lets_in() {
    check(
        "
        0 loud
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        0 g1 introduce 3 bob
        0 g1 login 3 bob
        1 g1 1 1 subscribe /small/1 sub=5
        2 g1 3 1 subscribe /small/1 sub=5
        3 g1 2 1 subscribe /small/1 sub=5
        4 g1 1 2 unsubscribe /small/1
        5 g1 3 2 subscribe /small/1 sub=5
        6 g1 2 2 unsubscribe /small/1
        7 g1 3 3 subscribe /small/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 7 floor=4
        0: g1 logged_in 3 0 11
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 3 op=1 status=8 the queue is full: its class lets 1 members in
        3: g1 answer 2 op=1 status=0 seq=1
        3: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann
        4: g1 answer 1 op=2 status=0 seq=1
        5: g1 answer 3 op=2 status=8 the queue is full: its class lets 1 members in
        6: g1 answer 2 op=2 status=0 seq=1
        7: g1 answer 3 op=3 status=0 seq=2
        7: g1 subscribed 3 5 e1 #3 [chat=3,members=3,scores=3] bob
        ",
    );
}

#[test]
fn a_page_has_so_many_entries() {
    check(
        "
        0 loud
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 get /room/1 limit=1001
        3 g1 1 3 history /room/1 limit=1001
        4 g1 1 4 members /room/1 limit=1001
        5 g1 1 5 get /room/1 limit=1000
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=3 a page has at most 1000 entries: ask for fewer, or for 0
        3: g1 answer 1 op=3 status=3 a page has at most 1000 entries: ask for fewer, or for 0
        4: g1 answer 1 op=4 status=3 a page has at most 1000 entries: ask for fewer, or for 0
        5: g1 answer 1 op=5 status=0 seq=1
        ",
    );
}
