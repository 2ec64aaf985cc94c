//! The checker against small stories: each breaks one promise, or none.

use imq_sdk::{
    Answer, Change, Command, Entry, Event, Failure, QueueEvent, Roster, Status, SubscribeOptions,
};
use std::collections::BTreeMap;

use self::story::{Story, ticket};
use super::check;
use crate::call::{Attempt, Call, Wish};
use crate::journal::{FULL, Full, Journal, Loss, Observations, UNHEARD, Welcomed, What};
use crate::ways::Way;

mod answers;
mod story;

const QUEUE: &str = "/room/1";

/// The rules that these stories break together.
fn broken(stories: Vec<Story>) -> Vec<&'static str> {
    broken_with(stories, Vec::new())
}

/// The same where data may have been lost.
fn broken_with(stories: Vec<Story>, losses: Vec<Loss>) -> Vec<&'static str> {
    let seen = Observations {
        losses,
        journals: stories.into_iter().map(|story| story.0).collect(),
        calm_us: u64::MAX,
        farewell_us: u64::MAX / 4,
        roster_us: u64::MAX,
        slow_bytes: 4_000,
        has_short_logs: false,
        ..Observations::default()
    };
    let rules = check(&seen).into_iter().map(|violation| (violation.rule, ()));
    rules.collect::<BTreeMap<_, _>>().into_keys().collect()
}

fn pair() -> (Story, Story) {
    (Story::of(0, 4, &["u0", "u2"]), Story::of(2, 4, &["u0", "u2"]))
}

#[test]
fn a_quiet_room_breaks_nothing() {
    let (one, other) = pair();
    let one = one.message(5, "a").state(6, "k", "1").joined(7, "u3");
    let other = other.sent(1, "a", Ok(Answer::Sent { seq: 5 }));
    let other = other.message(5, "a").state(6, "k", "1").joined(7, "u3");
    assert_eq!(broken(vec![one, other]), Vec::<&str>::new());
}

#[test]
fn what_one_got_and_the_other_missed_is_found() {
    let (one, other) = pair();
    let one = one.message(5, "a").message(6, "b");
    assert_eq!(
        broken(vec![one, other.message(6, "b")]),
        ["nothing is missed between a mark and the end"]
    );
    let (one, other) = pair();
    let one = one.message(5, "a").message(6, "b");
    let slow = other.stalled().gap(4, 6).message(6, "b");
    assert_eq!(broken(vec![one, slow]), Vec::<&str>::new());
}

#[test]
fn a_gap_to_who_took_all_is_found() {
    let (one, other) = pair();
    let one = one.message(5, "a").message(6, "b");
    let rule = "a gap comes only to who was slow or away for long";
    assert_eq!(broken(vec![one, other.gap(4, 6).message(6, "b")]), [rule]);
}

#[test]
fn a_gap_of_what_is_still_kept_is_found() {
    let rule = "a gap comes only to who was slow or away for long";
    let back_after = |seconds, watching| {
        let away = Story::of(2, 4, &["u2"]).seconds_later(seconds).gap(4, 6).message(6, "b");
        // Somebody else sees all of it much later.
        let reading = Story::of(3, 4, &["u2"]).seconds_later(20).message(5, "a").message(6, "b");
        let mut stories = vec![watching, away, reading];
        for moment in &mut stories[1].0.moments {
            if let What::Event(Event::Queue { event: QueueEvent::Subscribed(start), .. }) =
                &mut moment.what
            {
                start.gap = true;
            }
        }
        broken(stories)
    };
    let (one, other) = pair();
    assert!(back_after(2, one.message(5, "a").message(6, "b")).contains(&rule));
    assert!(!back_after(7, other.message(5, "a").message(6, "b")).contains(&rule));
    // What nobody saw at once had happened before what came behind it.
    let (one, other) = pair();
    assert!(back_after(2, one.message(6, "b")).contains(&rule));
    assert!(!back_after(7, other.message(6, "b")).contains(&rule));
    // What nobody saw before many came back may have happened when it was asked for.
    let (one, other) = pair();
    let nobody = one.sent(1, "a", Err(Failure::OutcomeUnknown));
    assert!(!back_after(7, nobody).contains(&rule));
    assert!(back_after(2, other.sent(1, "a", Err(Failure::OutcomeUnknown))).contains(&rule));
}

#[test]
fn a_refusal_needs_a_cause() {
    for status in [Status::Limit, Status::Unavailable, Status::Conflict, Status::Invalid] {
        let (one, _) = pair();
        let sentence = "not today".to_owned();
        let refused = Failure::Refused { status, sentence, may_retry: true };
        assert_eq!(broken(vec![one.sent(1, "a", Err(refused))]), ["a refusal has its cause"]);
    }
}

#[test]
fn what_finds_no_space_found_a_full_node() {
    let refused_while = |fulls: Vec<Full>| {
        let (one, _) = pair();
        let (status, sentence) = (Status::Limit, FULL.to_owned());
        let refused = Failure::Refused { status, sentence, may_retry: true };
        let mut seen = Observations { fulls, ..Observations::default() };
        seen.ways.home(0, (0, 0), 1, 1);
        seen.journals.push(one.sent(1, "a", Err(refused)).0);
        check(&seen).into_iter().map(|violation| violation.rule).collect::<Vec<_>>()
    };
    let full = |node, from_us, to_us| Full { node, from_us, to_us };
    let rule = "a refusal has its cause";
    assert_eq!(refused_while(vec![full(1, 0, 1_000_000)]), Vec::<&str>::new());
    assert_eq!(refused_while(vec![full(2, 0, 1_000_000)]), [rule], "another node");
    assert_eq!(refused_while(vec![full(1, 1_000_000, 2_000_000)]), [rule], "later");
}

#[test]
fn a_line_is_refused_once_its_first_has_waited_for_the_grace() {
    let refused_in = |order: [u64; 2], seconds, sentence: &str| {
        let (mut one, _) = pair();
        let status = Status::Unavailable;
        let refused = Failure::Refused { status, sentence: sentence.to_owned(), may_retry: true };
        one = one.asked(1, "a").seconds_later(seconds).asked(2, "b");
        order.iter().for_each(|number| one.answer(*number, Err(refused.clone())));
        let mut seen = Observations { journals: vec![one.0], ..Observations::default() };
        seen.ways.home(0, (0, 0), 1, 1);
        let rule = "a refusal has its cause";
        let broken = check(&seen).into_iter().filter(|violation| violation.rule == rule);
        broken.map(|violation| violation.what).collect::<Vec<_>>()
    };
    let refused_after = |seconds, sentence| refused_in([1, 2], seconds, sentence);
    assert_eq!(refused_after(3, UNHEARD), Vec::<String>::new());
    assert_eq!(refused_in([2, 1], 3, UNHEARD), Vec::<String>::new(), "the first is heard of later");
    assert_eq!(refused_in([2, 1], 2, UNHEARD).len(), 2, "nor has it here");
    assert_eq!(refused_after(2, UNHEARD).len(), 2, "none has waited for so long");
    let others = refused_after(3, "not today");
    assert_eq!(others.len(), 1, "{others:?}");
    assert!(others[0].starts_with("c0's 2: not today"), "{others:?}");
}

#[test]
fn a_key_that_goes_before_its_time_is_found() {
    let rule = "keys end with their time to live";
    let changes = |ttl_ms| vec![Change { ttl_ms, ..Change::set("k", "1") }];
    let (_, other) = pair();
    let early = other.changed(1, changes(1_000), 5).state(5, "k", "1").deleted(6, "k");
    assert_eq!(broken(vec![early]), [rule]);
    let (_, other) = pair();
    let in_time = other.changed(1, changes(2), 5).state(5, "k", "1").deleted(6, "k");
    assert_eq!(broken(vec![in_time]), Vec::<&str>::new());
}

#[test]
fn a_key_that_outlives_its_time_is_found() {
    let change = |value, ttl_ms| vec![Change { ttl_ms, ..Change::set("k", value) }];
    let late = |asked_s| {
        let (one, other) = pair();
        let other = other.changed(1, change("1", 1_000), 5).state(5, "k", "1");
        let mut other = other.seconds_later(asked_s).asks_to_change(2, change("2", 0));
        other = other.seconds_later(10 - asked_s);
        other.answer(2, Ok(Answer::Sent { seq: 6 }));
        let one = one.state(5, "k", "1").seconds_later(10).state(6, "k", "2");
        broken(vec![one, other.state(6, "k", "2")])
    };
    assert_eq!(late(9), ["keys end with their time to live"]);
    assert_eq!(late(0), Vec::<&str>::new(), "it may have been changed at once, and shown late");
}

#[test]
fn what_is_asked_for_later_says_nothing_of_how_long_a_key_was_there() {
    let change = |ttl_ms| vec![Change { ttl_ms, while_present: true, ..Change::set("k", "1") }];
    let gone_after = |seconds| {
        let (one, other) = pair();
        let other = other.changed(1, change(1_000), 5).state(5, "k", "1");
        let other = other.seconds_later(seconds).taken_along(6, "k").seconds_later(10);
        let one = one.state(5, "k", "1").seconds_later(seconds).taken_along(6, "k");
        let mut other = other.asks_to_change(2, change(0)).seconds_later(3);
        other.answer(2, Err(Failure::OutcomeUnknown));
        broken(vec![one, other])
    };
    assert_eq!(gone_after(0), Vec::<&str>::new(), "it has gone before that");
    assert_eq!(gone_after(9), ["keys end with their time to live"]);
}

#[test]
fn who_is_put_there_before_it_hears_of_its_subscribe_has_all_mounts() {
    let broken_by = |sent_us| {
        let (one, other) = pair();
        let options = SubscribeOptions { mounts: vec!["chat".into()], ..Default::default() };
        let mut other = other.seconds_later(1);
        let subscribe = Command::Subscribe { queue: QUEUE.into(), options };
        other.moment(What::Command(ticket(1), subscribe));
        other.answer(1, Ok(Answer::Subscribed));
        let other = other.subscribed(6, &["u0", "u2"]);
        let (via, answer, names) = ((0, 0, 0), Some((sent_us, Default::default())), Vec::new());
        let attempt = Attempt { sent_us, via, answer, names, arrived: 0, is_lost: false };
        let wish = Wish::Join { queue: QUEUE.into(), user: "u2".into() };
        let calls = vec![Call { wish, has_key: false, attempts: vec![attempt], is_over: true }];
        let journals = vec![one.0, other.0];
        let seen = Observations { journals, calls, calm_us: u64::MAX, ..Observations::default() };
        let rule = "a filter holds for live events, history, replay and snapshots";
        check(&seen).into_iter().any(|violation| violation.rule == rule)
    };
    assert!(broken_by(900_000), "long before");
    assert!(!broken_by(1_004_500));
}

#[test]
fn a_read_of_the_past_is_found() {
    let (_, other) = pair();
    let other = other.state(5, "k", "1").state(6, "k", "2");
    let old = Entry { key: "k".into(), value: "1".into(), version: 5 };
    assert_eq!(
        broken(vec![other.read(1, vec![old])]),
        ["what is read of the state is its present"]
    );
    let (_, other) = pair();
    let other = other.state(5, "k", "1").state(6, "k", "2");
    let present = Entry { key: "k".into(), value: "2".into(), version: 6 };
    assert_eq!(broken(vec![other.read(1, vec![present])]), Vec::<&str>::new());
}

#[test]
fn a_message_that_nobody_saw_takes_the_place_of_an_older_one() {
    let rule = "what is read of the history is its newest messages, oldest first";
    let read = |sent: u64| {
        let (_, mut reader) = pair();
        for seq in 5..10 {
            reader = reader.message(seq, &format!("m{seq}"));
        }
        for seq in 10..10 + sent {
            reader = reader.sent(seq, &format!("m{seq}"), Ok(Answer::Sent { seq }));
        }
        broken(vec![reader.finds_none_before(99, 6)])
    };
    // A room keeps 20 messages.
    assert_eq!(read(15), [rule]);
    assert_eq!(read(16), Vec::<&str>::new());
}

#[test]
fn a_member_that_its_own_list_leaves_out_is_found() {
    let rule = "who reads the members and is one is among them";
    let read = |users: &[&str], next| {
        let (_, reader) = pair();
        broken(vec![reader.listed(1, users, next)]).contains(&rule)
    };
    // The reader is u2.
    assert!(!read(&["u0", "u2"], None));
    assert!(read(&["u0"], None));
    assert!(!read(&["u0"], Some("u0")), "it is on a later page");
    assert!(read(&["u0", "u3"], Some("u3")), "it would have been on this one");
}

#[test]
fn what_is_newer_than_something_read_was_read_too() {
    let rule = "what is read of the state is its present";
    let entry = |key: &str, version| Entry { key: key.into(), value: "1".into(), version };
    let read = |items| {
        let (_, reader) = pair();
        let reader = reader.state(5, "a", "1").read(1, items).seconds_later(9);
        broken(vec![reader.deleted(6, "a").state(7, "b", "1")])
    };
    assert_eq!(read(vec![entry("a", 5)]), Vec::<&str>::new(), "neither has happened");
    assert_eq!(read(vec![entry("b", 7)]), Vec::<&str>::new(), "both have happened");
    assert_eq!(read(vec![entry("a", 5), entry("b", 7)]), [rule]);
    assert_eq!(read(Vec::new()), [rule]);
}

#[test]
fn a_key_may_have_gone_while_nobody_watched() {
    let rule = "what is read of the state is its present";
    let set = |ttl_ms| Change { ttl_ms, ..Change::set("k", "1") };
    let read = |change, others| {
        let (_, reader) = pair();
        let reader = reader.changed(1, vec![change], 5).state(5, "k", "1").read(2, Vec::new());
        broken([reader].into_iter().chain(others).collect())
    };
    assert!(read(set(0), Vec::new()).contains(&rule));
    assert!(!read(set(9), Vec::new()).contains(&rule), "its time may be over");
    let later = Story::of(3, 6, &["u0", "u2", "u3"]);
    assert!(!read(set(0), vec![later]).contains(&rule), "there was something else");
}

#[test]
fn what_was_seen_through_a_filter_has_happened() {
    let rule = "what is read of the state is its present";
    let read = |is_deleted: bool| {
        let (_, reader) = pair();
        let reader = reader.state(5, "a", "1").seconds_later(9).read(1, Vec::new());
        let mut filtered = Story::of(3, 4, &["u0", "u2"]);
        for moment in &mut filtered.0.moments {
            if let What::Command(_, Command::Subscribe { options, .. }) = &mut moment.what {
                options.key_prefix = "a".to_owned();
            }
        }
        let filtered = filtered.state(5, "a", "1").seconds_later(9);
        broken(vec![reader, if is_deleted { filtered.deleted(6, "a") } else { filtered }])
    };
    assert!(read(false).contains(&rule));
    assert!(!read(true).contains(&rule));
}

#[test]
fn who_comes_back_to_a_gap_has_joined_behind_its_mark() {
    let (watching, _) = pair();
    let mut away = Story::of(2, 4, &[]);
    let chat = SubscribeOptions { mounts: vec!["chat".to_owned()], ..SubscribeOptions::default() };
    for moment in &mut away.0.moments {
        match &mut moment.what {
            What::Command(_, Command::Subscribe { options, .. }) => *options = chat.clone(),
            What::Event(Event::Queue { event: QueueEvent::Subscribed(start), .. }) => {
                start.gap = true;
            }
            What::Command(..) | What::Event(_) | What::Stalled => {}
        }
    }
    let rule = "who is in a queue is in everybody's roster";
    let mut watching = watching.joined(5, "u3");
    let left = Roster { seq: 6, users: vec!["u2".to_owned()], reason: "lost".to_owned() };
    watching.queue(QueueEvent::Left(left));
    let watching = watching.joined(7, "u2").message(8, "a");
    let rules = broken(vec![watching, away.message(8, "a")]);
    assert!(!rules.contains(&rule), "{rules:?}");
}

#[test]
fn doubles_and_disorder_are_found() {
    let (one, _) = pair();
    assert_eq!(
        broken(vec![one.message(5, "a").message(5, "a")]),
        ["events come in order, none twice", "nothing comes twice"]
    );
    let (one, _) = pair();
    assert_eq!(broken(vec![one.message(4, "a")]), ["nothing comes twice"]);
}

#[test]
fn a_message_that_ran_twice_is_found() {
    let (_, one) = pair();
    let one = one.sent(1, "a", Ok(Answer::Sent { seq: 5 })).message(5, "a").message(6, "a");
    let rule = "acknowledged: exactly once; unknown: at most once; refused: never";
    assert_eq!(broken(vec![one]), [rule]);
}

#[test]
fn an_unknown_outcome_needs_a_reason() {
    let (one, _) = pair();
    let one = one.sent(1, "a", Err(Failure::OutcomeUnknown));
    let rule = "an outcome is unknown only if a connection, a node or much time was lost";
    assert_eq!(broken(vec![one]), [rule]);
}

#[test]
fn a_result_after_its_event_is_found() {
    let (_, mut one) = pair();
    let (queue, mount) = (QUEUE.to_owned(), "chat".to_owned());
    let payload = "a".into();
    let send = Command::SendMessage { queue, mount, payload, exclude_self: false };
    one.moment(What::Command(ticket(1), send));
    let mut one = one.message(5, "a");
    one.answer(1, Ok(Answer::Sent { seq: 5 }));
    assert_eq!(broken(vec![one]), ["a result comes before its own event"]);
}

#[test]
fn who_joins_twice_is_found() {
    let (one, _) = pair();
    assert_eq!(
        broken(vec![one.joined(5, "u3").joined(6, "u3")]),
        ["joined and left alternate per user"]
    );
}

#[test]
fn who_is_there_and_unknown_is_found() {
    let stories = vec![Story::of(0, 4, &["u0"]), Story::of(2, 4, &["u0", "u2"])];
    let rules = broken(stories);
    assert!(rules.contains(&"who is in a queue is in everybody's roster"), "{rules:?}");
}

#[test]
fn who_joins_untold_is_found() {
    let (one, other) = pair();
    let rule = "nothing is missed between a mark and the end";
    let one = one.joined(5, "u3").message(6, "a");
    assert!(broken(vec![one, other.message(6, "a")]).contains(&rule));
    // Whoever is slow may hear of nothing where somebody came and went.
    let (one, other) = pair();
    let one = one.joined(5, "u3").message(6, "a");
    assert!(!broken(vec![one, other.stalled().message(6, "a")]).contains(&rule));
    // So may whoever got much of another queue at that moment, and not at any other.
    for (before_s, after_s, is_found) in [(5, 5, false), (1, 9, true)] {
        let (one, other) = pair();
        let one = one.seconds_later(5).joined(5, "u3").seconds_later(5).message(6, "a");
        let other = other.seconds_later(before_s).flooded().seconds_later(after_s);
        let rules = broken(vec![one, other.message(6, "a")]);
        assert_eq!(rules.contains(&rule), is_found, "{rules:?}");
    }
}

#[test]
fn who_is_named_sent_it() {
    let (one, _) = pair();
    let one = one.sent(1, "a", Ok(Answer::Sent { seq: 5 })).message(5, "a");
    assert_eq!(broken(vec![one]), ["an event names who sent it"]);
}

#[test]
fn who_is_lost_had_lost_a_connection_or_never_had_one_for_long() {
    let rule = "who leaves does it for the reason that is told";
    let is_wrong = |ways: &[u64], welcomes: &[u64]| {
        let (mut watching, _) = pair();
        watching.1 = 5_000_000;
        let users = vec!["u2".to_owned()];
        watching.queue(QueueEvent::Left(Roster { seq: 5, users, reason: "lost".to_owned() }));
        let mut gone = Journal { client: 2, user: "u2".into(), ..Journal::default() };
        gone.ways = ways.iter().map(|at_us| Way { at_us: *at_us, lane: (0, 0) }).collect();
        let welcomed = |at_us: &u64| Welcomed { at_us: *at_us, generation: 1 };
        gone.welcomes = welcomes.iter().map(welcomed).collect();
        broken(vec![watching, Story(gone, 0)]).contains(&rule)
    };
    assert!(is_wrong(&[1_000_000], &[1_100_000]), "it is welcome");
    assert!(!is_wrong(&[1_000_000], &[]), "its login may have been done");
    assert!(is_wrong(&[3_000_000], &[]), "a grace isn't over");
    assert!(!is_wrong(&[1_000_000, 1_500_000], &[1_600_000]), "the first may have logged in");
    assert!(is_wrong(&[5_500_000], &[]), "it came later");
}

#[test]
fn a_code_has_its_cause() {
    let closed = |code| {
        let (one, _) = pair();
        let mut one = one;
        let reason = "the user logged in elsewhere".to_owned();
        one.moment(What::Event(Event::Closed { code: Some(code), reason, may_retry: code < 3500 }));
        one
    };
    let rule = "who is closed is told the code of its cause";
    assert_eq!(broken(vec![closed(3500)]), [rule]);
    assert_eq!(broken(vec![closed(3502)]), [rule]);
    let rival = Journal { client: 5, user: "u0".into(), ..Journal::default() };
    assert_eq!(broken(vec![closed(3500), Story(rival, 0)]), Vec::<&str>::new());
    // One that had gone long before is no rival, nor is one that comes later.
    let mut before = Story(Journal { client: 5, user: "u0".into(), ..Journal::default() }, 0);
    before.moment(What::Command(ticket(1), Command::Close));
    let bye = "the application closed the client".to_owned();
    before.moment(What::Event(Event::Closed { code: Some(3000), reason: bye, may_retry: false }));
    let mut late = closed(3500);
    late.0.moments.last_mut().expect("it is closed").at_us = 60_000_000;
    assert!(broken(vec![late, before]).contains(&rule));
    let born_us = 60_000_000;
    let after = Journal { client: 5, user: "u0".into(), born_us, ..Journal::default() };
    assert!(broken(vec![closed(3500), Story(after, born_us)]).contains(&rule));
}

#[test]
fn a_loss_excuses_its_own_bucket_at_its_time() {
    let rule = "an outcome is unknown only if a connection, a node or much time was lost";
    let excused = |prefix: u32, at_us: u64| {
        let (one, _) = pair();
        let one = one.sent(1, "a", Err(Failure::OutcomeUnknown));
        let loss = Loss { bits: 1, prefix, first_us: at_us, last_us: at_us };
        !broken_with(vec![one], vec![loss]).contains(&rule)
    };
    let hash = proto::name::hash(QUEUE.as_bytes());
    let own = proto::bucket::BucketId::of(hash, 1).prefix();
    assert!(excused(own, 4_000));
    assert!(!excused(1 - own, 4_000), "of another bucket");
    assert!(!excused(own, 60_000_000), "much later");
}

#[test]
fn two_truths_are_found() {
    let (one, other) = pair();
    let stories = vec![one.state(5, "k", "1"), other.state(5, "k", "2")];
    let rules = broken(stories);
    assert!(rules.contains(&"everybody sees the same event under a number"), "{rules:?}");
    assert!(rules.contains(&"snapshot and changes make the state that the model has"), "{rules:?}");
}
