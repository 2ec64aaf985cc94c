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
    let mut member = Member::new("g1", link::Role::Gateway, "here", "nowhere:1");
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
