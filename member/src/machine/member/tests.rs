//! What a thread hears, dials and says, as its links come and go.

use prost::Message as _;
use proto::b2n::{self, B2n, b2n::Body};
use proto::n2b::{N2b, n2b};
use proto::table::{Row, Table};
use proto::{frame, limits};

use super::*;

const BOSS: LinkId = LinkId(0);
const PEER: LinkId = LinkId(1);

/// A queue node's thread with all that comes of what happens to it.
struct Rig {
    member: Member,
    links: Links,
    out: Outbox,
}

impl Rig {
    fn new() -> Rig {
        let member = Member::new("q2", Role::QueueNode, "here", "nowhere:1", 7);
        let mut rig = Rig { member, links: Links::default(), out: Outbox::default() };
        rig.links.up(BOSS);
        rig.links.up(PEER);
        rig
    }

    fn handle(&mut self, input: Input<'_>) {
        self.member.handle(input, &mut self.links, &mut self.out);
    }

    fn up(&mut self, link: LinkId, peer: Peer, dialled: Option<&Target>) {
        self.handle(Input::LinkUp { link, peer, dialled, holds: &[] });
    }

    fn hear(&mut self, body: Body) {
        let frame = B2n { body: Some(body) }.encode_to_vec();
        self.handle(Input::Frame { link: BOSS, frame: &frame });
    }

    /// The boss takes the process and hands out a table of these nodes.
    fn join(&mut self, nodes: &[(&str, u64)]) {
        self.up(BOSS, peer(Role::Boss, "boss", 0), Some(&Target::Boss(0)));
        self.hear(Body::Registered(b2n::Registered { incarnation: 5, cluster_id: 1 }));
        let place = |(id, incarnation): &(&str, u64)| {
            let (id, incarnation) = ((*id).to_owned(), *incarnation);
            Place { id, incarnation, address: "there:1".to_owned(), ..Place::default() }
        };
        let places = nodes.iter().map(place).collect();
        let rows = vec![Row::default()];
        self.hear(Body::Table(Table { term: 1, version: 1, bits: 0, rows, places }));
    }

    /// What has been said to the boss of other nodes since the last look.
    fn accused(&mut self) -> Vec<String> {
        let bytes = self.links.take(BOSS);
        let mut rest = bytes.as_slice();
        let mut accused = Vec::new();
        while let Some((one, end)) = frame::split(rest, limits::LINK_FRAME_BYTES_MAX).unwrap() {
            if let Some(n2b::Body::Unreachable(word)) = N2b::decode(one).unwrap().body {
                accused.push(format!("{} {} {}", word.id, word.incarnation, word.refused));
            }
            rest = &rest[end..];
        }
        accused
    }
}

fn peer(role: Role, id: &str, incarnation: u64) -> Peer {
    Peer { role, id: id.to_owned(), incarnation, lane: 0, version: 1, cluster_id: 1 }
}

fn node(id: &str, incarnation: u64) -> Target {
    Target::Node { id: id.to_owned(), incarnation }
}

#[test]
fn who_is_registered_hears_the_table_and_dials_its_nodes() {
    let mut rig = Rig::new();
    rig.join(&[("q1", 3), ("q2", 5)]);
    let begin = Dial::Begin { target: node("q1", 3), address: "there:1".to_owned() };
    assert_eq!(rig.out.dials, [Dial::IntroduceAs { incarnation: 5, cluster_id: 1 }, begin]);
    let news = std::mem::take(&mut rig.out.news);
    assert!(matches!(news[..], [News::Registered { incarnation: 5, .. }, News::Table(_)]));
    rig.up(PEER, peer(Role::QueueNode, "q1", 3), Some(&node("q1", 3)));
    assert!(matches!(rig.out.news[..], [News::LinkUp { link: PEER, dialled: true, .. }]));
    assert!(rig.accused().is_empty());
    rig.handle(Input::LinkDown { link: PEER });
    assert_eq!(rig.accused(), ["q1 3 false"]);
    rig.handle(Input::LinkDown { link: BOSS });
    assert!(!rig.member.is_boss(BOSS));
    assert_eq!(rig.out.news[1..], [News::LinkDown { link: PEER }], "nothing of the boss's link");
}

#[test]
fn links_that_lead_to_others_are_ended() {
    let mut rig = Rig::new();
    rig.up(PEER, peer(Role::Gateway, "g1", 1), None);
    assert_eq!(rig.links.ended(), [(PEER, "this node is not registered yet")]);
    rig.up(BOSS, peer(Role::Gateway, "g1", 1), Some(&Target::Boss(0)));
    assert_eq!(rig.links.ended(), [(BOSS, "it is not a boss")]);
    rig.join(&[("q1", 3)]);
    rig.out.news.clear();
    let wrong = [(PEER, "it is not the node of the table")];
    rig.up(PEER, peer(Role::QueueNode, "q1", 0), Some(&node("q1", 3)));
    assert_eq!(rig.links.ended(), wrong);
    assert!(rig.accused().is_empty(), "it may be q1, which hears of it any moment");
    rig.up(PEER, peer(Role::QueueNode, "q1", 4), Some(&node("q1", 3)));
    assert_eq!(rig.links.ended(), wrong);
    assert_eq!(rig.accused(), ["q1 3 true"]);
    assert!(rig.out.news.is_empty());
    rig.up(PEER, peer(Role::Gateway, "g1", 1), None);
    assert!(matches!(rig.out.news[..], [News::LinkUp { link: PEER, dialled: false, .. }]));
}

#[test]
fn a_thread_beside_follows_tables_and_accuses_nobody() {
    let mut rig = Rig::new();
    rig.member = Member::beside("g1");
    let place = Place { id: "q1".to_owned(), incarnation: 3, ..Place::default() };
    rig.handle(Input::Home(&place));
    assert_eq!(rig.out.dials.len(), 1);
    let target = node("q1", 3);
    rig.handle(Input::Unreachable { target: &target, refused: true, hopeless: None });
    rig.up(PEER, peer(Role::QueueNode, "q1", 4), Some(&target));
    assert_eq!(rig.links.ended(), [(PEER, "it is not the node of the table")]);
    rig.up(PEER, peer(Role::QueueNode, "q1", 3), Some(&target));
    assert!(matches!(rig.out.news[..], [News::LinkUp { link: PEER, dialled: true, .. }]));
    assert!(rig.accused().is_empty());
}

#[test]
fn a_boss_of_another_cluster_ends_who_was_never_registered() {
    let mut rig = Rig::new();
    let reason = Foreign::new("another secret");
    let hopeless =
        Input::Unreachable { target: &Target::Boss(0), refused: false, hopeless: Some(&reason) };
    rig.handle(hopeless);
    let no_boss = |for_good| Notice::NoBoss { reason: reason.clone(), for_good };
    assert_eq!(rig.out.notices, [no_boss(true)]);
    rig.join(&[]);
    let hopeless =
        Input::Unreachable { target: &Target::Boss(0), refused: false, hopeless: Some(&reason) };
    rig.handle(hopeless);
    assert_eq!(rig.out.notices[1..], [no_boss(false)]);
    let failed = Input::Unreachable { target: &Target::Boss(0), refused: true, hopeless: None };
    rig.handle(failed);
    assert_eq!(rig.out.notices.len(), 2, "a boss that is away is no news for the operator");
    rig.hear(Body::Table(Table::default()));
    assert_eq!(rig.links.ended(), [(BOSS, "the boss sent something that can't be read")]);
}
