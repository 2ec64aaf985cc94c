//! What a member repeats to its boss.

use proto::n2b::n2b::Body as Said;
use proto::table::{Place, Table};
use proto::{frame, link};

use super::*;

const BOSS: LinkId = LinkId(0);

/// What the member has said to the boss since the last look: unreachable nodes only.
fn said(out: &mut Outbox) -> Vec<String> {
    let bytes = out.take(BOSS);
    let mut rest = bytes.as_slice();
    let mut said = Vec::new();
    while let Some((one, end)) = frame::split(rest, 1 << 20).unwrap() {
        if let Some(Said::Unreachable(word)) = N2b::decode(one).unwrap().body {
            said.push(format!("{} {} {}", word.id, word.incarnation, word.refused));
        }
        rest = &rest[end..];
    }
    said
}

fn boss_up(member: &mut Member, out: &mut Outbox) {
    out.up(BOSS);
    member.up(BOSS, &[], out);
}

#[test]
fn each_boss_hears_who_is_unreachable_until_it_is_reached_or_leaves_the_table() {
    let mut out = Outbox::default();
    let mut member = Member::new("g1", link::Role::Gateway, "here", "nowhere:1", 7);
    member.peer_unreachable("q1", 1, false, &mut out);
    member.peer_unreachable("q1", 1, true, &mut out);
    member.peer_unreachable("q2", 1, true, &mut out);
    boss_up(&mut member, &mut out);
    assert_eq!(said(&mut out), ["q1 1 true", "q2 1 true"]);
    member.peer_unreachable("q1", 1, false, &mut out);
    assert_eq!(said(&mut out), ["q1 1 false"]);
    member.peer_up(LinkId(2), "q2", 1);
    member.down();
    boss_up(&mut member, &mut out);
    assert_eq!(said(&mut out), ["q1 1 false"]);
    member.peer_down(LinkId(2), &mut out);
    member.peer_down(LinkId(3), &mut out);
    assert_eq!(said(&mut out), ["q2 1 false"]);
    let place = Place { id: "q1".to_owned(), incarnation: 2, ..Place::default() };
    let rows = vec![proto::table::Row::default()];
    let table = Table { term: 1, version: 1, bits: 0, rows, places: vec![place] };
    let frame = b2n::B2n { body: Some(Body::Table(table)) }.encode_to_vec();
    assert!(matches!(member.hear(&frame), Some(Word::Table(_))));
    boss_up(&mut member, &mut out);
    assert!(said(&mut out).is_empty());
}

fn hear(member: &mut Member, body: Body) -> Option<Word> {
    member.hear(&b2n::B2n { body: Some(body) }.encode_to_vec())
}

fn table(term: u64, version: u64, conf: u64) -> Body {
    let rows = vec![proto::table::Row { conf, ..proto::table::Row::default() }];
    Body::Table(Table { term, version, bits: 0, rows, places: Vec::new() })
}

#[test]
fn a_process_has_one_life_and_its_cluster_one_id() {
    let mut member = Member::new("g1", link::Role::Gateway, "here", "nowhere:1", 7);
    let mut registered = |incarnation, cluster_id| {
        let word = b2n::Registered { incarnation, cluster_id };
        hear(&mut member, Body::Registered(word)) != Some(Word::Broken)
    };
    for wrong in [(0, 5), (3, 0), (limits::NUMBER_MAX, 5), (3, u64::MAX)] {
        assert!(!registered(wrong.0, wrong.1), "{wrong:?}");
    }
    assert!(registered(3, 5) && registered(3, 5));
    assert!(!registered(4, 5) && !registered(3, 6));
    assert_eq!(member.incarnation(), 3);
}

#[test]
fn a_table_from_which_none_would_lead_on_is_not_taken() {
    let mut member = Member::new("g1", link::Role::Gateway, "here", "nowhere:1", 7);
    let broken = Some(Word::Broken);
    assert_eq!(hear(&mut member, table(limits::NUMBER_MAX, 1, 1)), broken);
    assert_eq!(hear(&mut member, table(1, 1, limits::NUMBER_MAX)), broken);
    // Whoever comes late finds a cluster that is old.
    let far = 5 * limits::NUMBER_AHEAD_MAX;
    assert!(matches!(hear(&mut member, table(far, far, far)), Some(Word::Table(_))));
    assert_eq!(hear(&mut member, table(limits::NUMBER_MAX - 1, 1, 1)), broken);
    assert_eq!(hear(&mut member, table(far, limits::NUMBER_MAX - 1, 1)), broken);
    assert!(matches!(hear(&mut member, table(far + 1, 1, 1)), Some(Word::Table(_))));
}

#[test]
fn why_it_is_not_taken_is_known_until_it_is_and_forges_no_line() {
    let mut member = Member::new("g1", link::Role::Gateway, "here", "nowhere:1", 7);
    let reason = "another\n2026-01-01 ERROR fake".to_owned();
    hear(&mut member, Body::Wait(b2n::Wait { reason: reason.clone() }));
    let shown = r"another\n2026-01-01 ERROR fake";
    assert_eq!(member.waits().map(Foreign::as_str), Some(shown));
    let refused = Body::Refused(b2n::Refused { reason, for_good: true });
    let word = Word::Refused { reason: Foreign::new(shown), for_good: true };
    assert_eq!(hear(&mut member, refused), Some(word));
    let registered = b2n::Registered { incarnation: 3, cluster_id: 5 };
    hear(&mut member, Body::Registered(registered));
    assert_eq!(member.waits(), None);
}
