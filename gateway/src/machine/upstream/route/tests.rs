//! Tests of the list of nodes: their places, their links, and until when homes are heard.

use super::*;

fn owner(id: &str) -> Owner {
    Owner { id: id.to_owned(), incarnation: 1 }
}

/// Nodes in the order of these names, with buckets whose homes are these places.
fn routes(names: &[&str], homes: &[Option<usize>]) -> Upstream {
    let mut routes = Upstream::default();
    for (at, name) in (0..).zip(names) {
        // A node that nobody needs would give its place to the next.
        let node = routes.node(&owner(name));
        routes.link_up(LinkId(at), node);
    }
    for (at, node) in (0..).zip(0..names.len()) {
        assert_eq!(routes.link_down(LinkId(at)), Some(NodeIndex::at(node)));
    }
    let bucket =
        |home: &Option<usize>| Bucket { home: home.map(NodeIndex::at), ..Bucket::default() };
    routes.buckets = homes.iter().map(bucket).collect();
    routes
}

#[test]
fn a_node_keeps_its_place_while_it_has_a_link_or_is_a_home() {
    let mut routes = routes(&["a", "b", "c"], &[Some(0), None, Some(0)]);
    assert_eq!(["a", "b", "c"].map(|name| routes.node(&owner(name))), [0, 1, 2].map(NodeIndex::at));
    routes.link_up(LinkId(7), NodeIndex::at(1));
    assert_eq!(
        (routes.node(&owner("d")), routes.node(&owner("d"))),
        (NodeIndex::at(2), NodeIndex::at(2))
    );
    routes.link_up(LinkId(8), NodeIndex::at(2));
    assert_eq!(routes.node(&owner("e")), NodeIndex::at(3));
    assert_eq!(routes.link_down(LinkId(7)), Some(NodeIndex::at(1)));
    assert_eq!((routes.node(&owner("f")), routes.nodes.iter().count()), (NodeIndex::at(1), 4));
}

#[test]
fn a_link_leads_to_its_node_until_it_or_a_newer_one_is_gone() {
    let mut routes = routes(&["a", "b", "c"], &[]);
    for (link, node) in [(3, 0), (5, 2), (6, 1)] {
        routes.link_up(LinkId(link), NodeIndex::at(node));
    }
    let node_of = |routes: &Upstream| [3, 5, 6, 0, 9].map(|link| routes.node_of(LinkId(link)));
    let are = |places: [Option<usize>; 5]| places.map(|place| place.map(NodeIndex::at));
    assert_eq!(node_of(&routes), are([Some(0), Some(2), Some(1), None, None]));
    assert_eq!(routes.links(), [LinkId(3), LinkId(6), LinkId(5)]);
    assert_eq!(routes.link_down(LinkId(5)), Some(NodeIndex::at(2)));
    assert_eq!(routes.link_down(LinkId(5)), None);
    // The node has come back on another link: the end of the first says nothing of it.
    routes.link_up(LinkId(9), NodeIndex::at(0));
    assert_eq!(routes.link_down(LinkId(3)), None);
    assert_eq!(node_of(&routes), are([None, None, Some(1), None, Some(0)]));
    assert_eq!(routes.links(), [LinkId(9), LinkId(6)]);
}

#[test]
fn homes_are_heard_as_long_as_the_one_that_was_heard_longest_ago() {
    for (homes, heard_until_ms) in [
        (&[Some(0), Some(1)][..], Some(20)),
        (&[Some(0), Some(0)], Some(30)),
        // The third was never heard.
        (&[Some(0), Some(2)], None),
        (&[Some(0), None], None),
        (&[], None),
    ] {
        let mut routes = routes(&["a", "b", "c"], homes);
        for (node, until_ms) in [(0, 30), (1, 20), (0, 10)] {
            routes.hear((NodeIndex::at(node), 1), &[], until_ms);
        }
        assert_eq!(routes.heard_until_ms, heard_until_ms, "{homes:?}");
        assert_eq!(routes.heard_until_ms, heard_until_ms, "{homes:?}");
    }
}

#[test]
fn a_bucket_is_heard_as_its_home_is() {
    // The first and the third bucket of four have the same home.
    let mut upstream = routes(&["a", "b"], &[Some(0), Some(1), Some(0), None]);
    upstream.bits = 2;
    upstream.hear((NodeIndex::at(0), 1), &[], 30);
    let told_are_heard = |upstream: &Upstream, told: u32, at_ms: u64| {
        [0, 1, 2, 3].map(|bucket: u64| upstream.home_is_heard(bucket << 62, told, at_ms))
    };
    let are_heard = |upstream: &Upstream, at_ms: u64| told_are_heard(upstream, 1, at_ms);
    assert_eq!(told_are_heard(&upstream, 2, 29), [false; 4], "told since");
    assert_eq!(are_heard(&upstream, 29), [true, false, true, false]);
    assert_eq!(are_heard(&upstream, 30), [false; 4]);
    upstream.hear((NodeIndex::at(0), 2), &[0], 40);
    assert_eq!(are_heard(&upstream, 39), [false, false, true, false], "the answer excepts one");
    // The other node was heard, but not as the home of this one.
    let moved = BucketIndex::of(BucketId::of(0, 2));
    upstream.hear((NodeIndex::at(1), 7), &[], 50);
    upstream.buckets[moved].home = Some(NodeIndex::at(1));
    upstream.buckets[moved].heard.from = 8;
    upstream.home_changed(moved);
    upstream.hear((NodeIndex::at(1), 7), &[], 50);
    assert_eq!(are_heard(&upstream, 39), [false, true, true, false]);
    upstream.hear((NodeIndex::at(1), 8), &[], 60);
    assert_eq!(told_are_heard(&upstream, 8, 39), [true, true, false, false]);
    assert_eq!(are_heard(&upstream, 39), [false, true, true, false], "told to the home before");
}

#[test]
fn sixty_four_nodes_can_be_in_a_set() {
    let mut set = NodeSet::default();
    for node in (0..64).map(NodeIndex::at) {
        assert!(NodeSet::has_place_for(node) && !set.contains(node));
        assert_eq!((set.insert(node), set.insert(node)), (true, false));
    }
    assert!((0..64).all(|place| set.contains(NodeIndex::at(place))));
    for node in [64, 1_000].map(NodeIndex::at) {
        assert!(!NodeSet::has_place_for(node) && set.insert(node) && !set.contains(node));
    }
    set.remove(NodeIndex::at(7));
    set.remove(NodeIndex::at(64));
    assert_eq!((0..70).filter(|place| !set.contains(NodeIndex::at(*place))).count(), 7);
}
