//! A panic in each decision: nothing comes of it but a refusal.

use std::panic::AssertUnwindSafe;

use proto::bucket::BucketId;
use proto::name;
use proto::text::Foreign;

use super::rig::Rig;
use crate::machine::{Caught, Faults, Panics};

/// Ann and Bob are in a room beside the one that panics, of the same bucket; Ann is in both. All
/// buckets know both.
fn start(played_copies: u32) -> (Rig, String) {
    let mut rig = Rig::with(played_copies, Faults::default());
    let bucket = |queue: &str| BucketId::of(name::hash(queue.as_bytes()), 1);
    let of_bucket = |is_that| {
        let mut names = (0..).map(|at| format!("/room/{at}"));
        let name = names.find(|queue| (bucket(queue) == bucket("/room/bad")) == is_that);
        name.expect("there are two buckets")
    };
    let (beside, elsewhere) = (of_bucket(true), of_bucket(false));
    rig.run(&format!(
        "0 g1 up
         0 g1 introduce 1 ann
         0 g1 login 1 ann
         0 g1 introduce 2 bob
         0 g1 login 2 bob
         0 g1 introduce 3 cid
         1 g1 1 1 subscribe /room/bad sub=5
         1 g1 1 2 send /room/bad chat first
         1 g1 1 3 set /room/bad a=1
         1 g1 1 4 subscribe {beside} sub=6
         1 g1 2 1 subscribe {beside} sub=6
         1 g1 1 1 get {elsewhere}
         1 g1 2 1 get {elsewhere}
         1 g1 request 1 create /web/bad
         1 g1 request 2 create /asked/bad"
    ));
    (rig, beside)
}

fn state_of(rig: &mut Rig) -> Vec<(u64, u128)> {
    let (buckets, now) = (rig.node.buckets(), rig.node_now());
    let state = |(id, _)| rig.node.digest(now, id).expect("it is here");
    buckets.into_iter().map(state).collect()
}

/// Makes decisions about this queue panic, or none.
fn plant(rig: &mut Rig, on: Option<&'static str>) {
    rig.may_panic = on.is_some();
    let panics = on.map(|on| Panics { on, late: false });
    rig.node.plant(Faults { panics, ..Faults::default() });
}

/// What this line asks of a queue whose name ends so panics, and is answered so. After that all is
/// as in a node where it was never asked: it is done when it comes again.
fn refused(line: &str, (kind, queue, end): (&'static str, &str, &'static str), wanted: &str) {
    let ((mut rig, beside), (mut other, _)) = (start(0), start(0));
    let before = state_of(&mut rig);
    plant(&mut rig, Some(end));
    for count in 1..=2 {
        assert_eq!(rig.run(&format!("1 {line}")), format!("1: g1 {wanted}\n"), "{line}");
        assert_eq!(rig.node.counters().panics, count);
        let caught = std::mem::take(&mut rig.out.caught);
        let (queue, text) = (Foreign::new(queue), Foreign::new("a planted panic"));
        assert_eq!(caught, [Caught { kind, queue, text }], "{line}");
        // What a lane says of guests is heard, whatever becomes of the request.
        assert_eq!(state_of(&mut rig) == before, kind != "join_user", "{line}");
    }
    plant(&mut rig, None);
    let more = format!(
        "1 g1 1 5 send {beside} chat on
         1 g1 1 6 get /room/bad
         1 g1 1 7 history /room/bad
         2 {line}
         3 g1 1 20 members /room/bad
         9 g1 2 20 send {beside} chat on"
    );
    assert_eq!(rig.run(&more), other.run(&more), "{line}");
}

#[test]
fn each_operation_of_a_client() {
    let bad = |line: &str, kind| {
        let wanted = |(handle, op_id)| format!("answer {handle} op={op_id} status=13");
        let mut words = line.split(' ');
        let who = (words.next().expect("a handle"), words.next().expect("an op_id"));
        let queue = words.nth(1).expect("a queue");
        refused(&format!("g1 {line}"), (kind, queue, "bad"), &wanted(who));
    };
    bad("2 9 subscribe /room/bad sub=5", "subscribe");
    bad("1 9 subscribe /room/bad sub=5 since=e1:chat=1,scores=1,members=1", "subscribe");
    bad("1 1 subscribe /room/bad sub=5", "subscribe");
    bad("1 9 subscribe /room/newbad sub=7", "subscribe");
    bad("1 9 subscribe /told/bad sub=7", "subscribe");
    bad("1 9 subscribe /web/bad sub=7", "subscribe");
    bad("1 9 unsubscribe /room/bad", "unsubscribe");
    bad("2 9 unsubscribe /room/bad", "unsubscribe");
    bad("1 9 send /room/bad chat hi", "send_message");
    bad("1 9 send /room/bad nowhere hi", "send_message");
    bad("2 9 send /room/bad chat hi", "send_message");
    bad("1 2 send /room/bad chat first", "send_message");
    bad("1 9 send /nowhere/bad chat hi", "send_message");
    bad("1 9 set /room/bad a=2~100 b=1", "send_state");
    bad("1 9 set /room/bad", "send_state");
    bad("1 9 get /room/bad", "get_state");
    bad("1 9 history /room/bad", "get_history");
    bad("1 9 members /room/bad", "list_members");
    bad("1 9 members /nowhere/bad", "list_members");
}

#[test]
fn each_operation_that_the_web_application_is_asked_about() {
    let bad = |line: &str, kind, queue| {
        refused(&format!("g1 1 9 {line}"), (kind, queue, "bad"), "answer 1 op=9 status=13");
    };
    bad("subscribe /asked/newbad sub=7 ask", "subscribe", "/asked/newbad");
    let both = "ask ok=create_queue ok=subscribe";
    bad(&format!("subscribe /asked/newbad sub=7 {both}"), "subscribe", "/asked/newbad");
    bad("subscribe /asked/bad sub=7 ask", "subscribe", "/asked/bad");
    bad("subscribe /asked/bad sub=7 ask no=subscribe,7", "subscribe", "/asked/bad");
    bad("send /asked/bad chat hi ask", "send_message", "/asked/bad");
    bad("send /asked/bad chat hi ask say=send_message,ho", "send_message", "/asked/bad");
    bad("set /asked/bad a=1", "send_state", "/asked/bad");
    bad("call /user/ann buy x in=/asked/bad ask", "call", "/asked/bad");
    bad("call /user/ann buy x in=/asked/bad ask say=call,y", "call", "/asked/bad");
}

#[test]
fn each_request_of_a_back_end() {
    let bad = |line: &str, kind, queue, end| {
        let line = format!("g1 request 9 {line} key=k remember=15000");
        refused(&line, (kind, queue, end), "reply 9 op=0 status=13");
    };
    bad("create /room/newbad", "create_queue", "/room/newbad", "bad");
    bad("create /room/bad", "create_queue", "/room/bad", "bad");
    bad("delete /room/bad", "delete_queue", "/room/bad", "bad");
    bad("delete /nowhere/bad", "delete_queue", "/nowhere/bad", "bad");
    bad("get /room/bad", "get_queue", "/room/bad", "bad");
    bad("list /room/", "list_queues", "", "");
    bad("send /room/bad chat hi", "send_message", "/room/bad", "bad");
    bad("mount /room/bad news message", "create_mount", "/room/bad", "bad");
    bad("unmount /room/bad chat", "delete_mount", "/room/bad", "bad");
    bad("remove /room/bad ann", "remove_user", "/room/bad", "bad");
    bad("remove /room/bad bob", "remove_user", "/room/bad", "bad");
    bad("join /web/bad ann 1:3", "join_user", "/web/bad", "bad");
    bad("members /room/bad", "list_members", "/room/bad", "bad");
    bad("user /user/ann", "get_user", "/user/ann", "ann");
    bad("disconnect /user/ann", "disconnect_user", "/user/ann", "ann");
}

#[test]
fn logins_and_resumes() {
    let subject = ("login", "cid", "cid");
    refused("g1 login 3 cid", subject, "logged_in 3 13 0 code=3503");
    let line = "g1 resume 1 /room/bad 5 e1:chat=1,scores=1,members=1";
    refused(line, ("resume", "/room/bad", "bad"), "answer 1 op=0 status=13");
}

#[test]
fn a_run_that_is_settled_first_is_let_out() {
    let (mut rig, _) = start(0);
    rig.run("2 g1 1 9 get /room/bad");
    let link = rig.link("g1");
    rig.now.ms += 1;
    let subscribe = "g1 2 9 subscribe /room/bad sub=5";
    rig.says(subscribe);
    plant(&mut rig, Some("bad"));
    rig.says("g1 1 10 send /room/bad chat hi");
    rig.out.caught.clear();
    let mut said = String::new();
    rig.hear(&mut said);
    let wanted = "3: g1 answer 2 op=9 status=0 seq=3\n\
                  3: g1 event 5 #4 joined bob\n\
                  3: g1 subscribed 2 5 e1 #4 [chat=4,members=4,scores=4] a=1v3 ann,bob\n\
                  3: g1 answer 1 op=10 status=13\n";
    assert_eq!(said, wanted);
    assert_eq!(rig.out.links.length(link), 0);
}

#[test]
fn what_waits_for_its_commit_is_taken_back_alone() {
    let (mut rig, _) = start(1);
    let (mut other, _) = start(1);
    for line in ["1 g1 1 9 members /room/bad", "1 g1 1 10 send /room/bad chat hi"] {
        plant(&mut rig, Some("bad"));
        assert_eq!(rig.run(line), "");
        rig.out.caught.clear();
        plant(&mut rig, None);
        assert_eq!(rig.run("1 g1 1 11 get /room/bad") + &other.run("1 g1 1 11 get /room/bad"), "");
    }
    let all = |rig: &mut Rig| {
        rig.acknowledge(usize::MAX);
        let mut said = String::new();
        rig.hear(&mut said);
        said
    };
    let (said, good) = (all(&mut rig), all(&mut other));
    let is_refused = |line: &&str| line.ends_with("status=13");
    assert_eq!(said.lines().filter(is_refused).count(), 2, "{said}");
    let others: Vec<&str> = said.lines().filter(|line| !is_refused(line)).collect();
    assert_eq!(others, good.lines().collect::<Vec<_>>());
}

#[test]
fn what_panics_when_it_has_been_carried_out_is_not_caught() {
    let lines = [
        "1 g1 1 9 send /room/bad chat hi",
        "1 g1 2 9 subscribe /room/newbad sub=7",
        "1 g1 1 1 subscribe /room/bad sub=5",
        "1 g1 request 9 delete /room/bad",
        "1 g1 request 9 send /nowhere/bad chat hi key=k remember=15000",
    ];
    for line in lines {
        let (mut rig, _) = start(0);
        let panics = Some(Panics { on: "bad", late: true });
        rig.node.plant(Faults { panics, ..Faults::default() });
        let ran = std::panic::catch_unwind(AssertUnwindSafe(|| rig.run(line)));
        let panic = ran.expect_err(line);
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a planted panic"), "{line}");
        assert_eq!((rig.out.caught.len(), rig.node.counters().panics), (0, 0), "{line}");
    }
}
