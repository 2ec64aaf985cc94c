//! Tables, and who is found where they point.

use proto::link::Role;
use proto::table::{Row, Table};

use super::*;

/// A table of these nodes, each at its own address.
fn table(nodes: &[(&str, u64)]) -> BucketTable {
    let place = |(id, incarnation): &(&str, u64)| Place {
        id: (*id).to_owned(),
        incarnation: *incarnation,
        address: format!("{id}:1"),
        ..Place::default()
    };
    let places = nodes.iter().map(place).collect();
    let table = Table { term: 1, version: 1, bits: 0, rows: vec![Row::default()], places };
    BucketTable::try_from(table).unwrap()
}

fn follow(dials: &mut Dials, nodes: &[(&str, u64)]) -> Vec<String> {
    let mut out = Vec::new();
    dials.follow(&table(nodes), "q2", &mut out);
    let told = out.into_iter().map(|dial| match dial {
        Dial::Begin { target, address } => format!("dial {} at {address}", target.name()),
        Dial::End(target) => format!("end {}", target.name()),
        Dial::IntroduceAs { .. } => "introduce".to_owned(),
    });
    told.collect()
}

#[test]
fn the_nodes_of_the_table_are_dialled_each_once_and_nobody_else() {
    let mut dials = Dials::default();
    let first = follow(&mut dials, &[("q1", 3), ("q2", 4)]);
    assert_eq!(first, ["dial q1#3 at q1:1"], "a node doesn't dial itself");
    assert!(follow(&mut dials, &[("q1", 3), ("q2", 4)]).is_empty());
    let moved = follow(&mut dials, &[("q1", 5), ("q3", 6)]);
    assert_eq!(moved, ["end q1#3", "dial q1#5 at q1:1", "dial q3#6 at q3:1"]);
    let place = Place { id: "q4".to_owned(), incarnation: 7, ..Place::default() };
    let mut out = Vec::new();
    dials.add(&place, &mut out);
    dials.add(&place, &mut out);
    assert_eq!(out.len(), 1, "{out:?}");
    assert_eq!(follow(&mut dials, &[("q1", 5), ("q3", 6)]), ["end q4#7"]);
}

#[test]
fn who_has_no_incarnation_twice_is_another_one() {
    let mut dials = Dials::default();
    let (role, id) = (Role::QueueNode, "q1".to_owned());
    let mut peer = Peer { role, id, incarnation: 0, lane: 0, version: 1, cluster_id: 1 };
    let target = |incarnation| Target::Node { id: "q1".to_owned(), incarnation };
    assert_eq!(dials.meet(&target(2), &peer), Met::Nameless, "it may have been registered since");
    assert_eq!(dials.meet(&target(2), &peer), Met::Another);
    assert_eq!(dials.meet(&target(3), &peer), Met::Nameless);
    peer.incarnation = 4;
    assert_eq!(dials.meet(&target(3), &peer), Met::Another);
    assert_eq!(dials.meet(&target(4), &peer), Met::Itself);
}

#[test]
fn a_name_leads_back_to_who_is_dialled() {
    let node = Target::Node { id: "q1".to_owned(), incarnation: 3 };
    for target in [Target::Boss(0), Target::Boss(12), node] {
        assert_eq!(Target::named(&target.name()), Some(target));
    }
    for nobody in ["", "boss/", "q1", "q1#", "q1#x"] {
        assert_eq!(Target::named(nobody), None, "{nobody:?}");
    }
}
