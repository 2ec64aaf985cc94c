//! What a process repeats to its boss, and what it believes of it.

use proto::n2b::n2b::Body as Said;
use proto::table::{Place, Rows, Table};
use proto::{frame, link};

use super::*;

const BOSS: LinkId = LinkId(0);

/// What the process has said to the boss of other nodes since the last look.
fn said(out: &mut Links) -> Vec<String> {
    let bytes = out.take(BOSS);
    let mut rest = bytes.as_slice();
    let mut said = Vec::new();
    while let Some((one, end)) = frame::split(rest, 1 << 20).unwrap() {
        let body = N2b::decode(one).unwrap().body;
        if let Some(Said::Unreachable(word)) = &body {
            said.push(format!("{} {} {}", word.id, word.incarnation, word.refused));
        } else if let Some(Said::Reached(word)) = &body {
            said.push(format!("{} {} reached", word.id, word.incarnation));
        }
        rest = &rest[end..];
    }
    said
}

fn boss_up(client: &mut BossClient, out: &mut Links) {
    out.up(BOSS);
    client.up(BOSS, &[], out);
}

fn client() -> BossClient {
    BossClient::new("g1", link::Role::Gateway, "here", "nowhere:1", 7)
}

fn node(id: &str, incarnation: u64) -> Target {
    Target::Node { id: id.to_owned(), incarnation }
}

#[test]
fn each_boss_hears_who_is_unreachable_until_it_is_reached_or_leaves_the_table() {
    let mut out = Links::default();
    let mut client = client();
    client.peer_unreachable(&node("q1", 1), false, &mut out);
    client.peer_unreachable(&node("q1", 1), true, &mut out);
    client.peer_unreachable(&node("q2", 1), true, &mut out);
    boss_up(&mut client, &mut out);
    assert_eq!(said(&mut out), ["q1 1 true", "q2 1 true"]);
    client.peer_unreachable(&node("q1", 1), false, &mut out);
    assert_eq!(said(&mut out), ["q1 1 false"]);
    client.peer_up(LinkId(2), &node("q2", 1), &mut out);
    client.peer_up(LinkId(3), &node("q3", 1), &mut out);
    assert_eq!(said(&mut out), ["q2 1 reached"], "nobody had heard anything else of q3");
    client.down();
    boss_up(&mut client, &mut out);
    assert_eq!(said(&mut out), ["q1 1 false"]);
    client.peer_down(LinkId(2), &mut out);
    client.peer_down(LinkId(4), &mut out);
    assert_eq!(said(&mut out), ["q2 1 false"]);
    let place = Place { id: "q1".to_owned(), incarnation: 2, ..Place::default() };
    let rows = vec![proto::table::Row::default()];
    let table = Table { term: 1, version: 1, bits: 0, rows, places: vec![place] };
    let frame = b2n::B2n { body: Some(Body::Table(table)) }.encode_to_vec();
    let heard = client.hear(&frame, &mut Outbox::default());
    assert!(matches!(heard, Ok(Some(_))));
    boss_up(&mut client, &mut out);
    assert!(said(&mut out).is_empty());
}

#[test]
fn a_node_that_is_back_in_the_table_in_the_same_life_is_said_to_be_reached() {
    let mut out = Links::default();
    let mut client = client();
    boss_up(&mut client, &mut out);
    let places = |ids: &[&str]| -> Vec<Place> {
        let place = |id: &&str| Place { id: (*id).to_owned(), incarnation: 1, ..Place::default() };
        ids.iter().map(place).collect()
    };
    for (version, ids) in [(1, &["q1"][..]), (2, &[]), (3, &["q1"])] {
        let rows = vec![proto::table::Row::default()];
        let table = Table { term: 1, version, bits: 0, rows, places: places(ids) };
        hear(&mut client, Body::Table(table)).unwrap();
        if version == 1 {
            client.peer_unreachable(&node("q1", 1), false, &mut out);
        }
    }
    client.peer_up(LinkId(2), &node("q1", 1), &mut out);
    assert_eq!(said(&mut out), ["q1 1 false", "q1 1 reached"]);
}

#[test]
fn a_node_is_reached_while_one_of_two_links_to_it_is_up() {
    let mut out = Links::default();
    let mut client = client();
    boss_up(&mut client, &mut out);
    client.peer_up(LinkId(2), &node("q1", 1), &mut out);
    client.peer_up(LinkId(3), &node("q1", 1), &mut out);
    client.peer_down(LinkId(2), &mut out);
    assert!(said(&mut out).is_empty());
    client.peer_down(LinkId(3), &mut out);
    assert_eq!(said(&mut out), ["q1 1 false"]);
}

/// Whether the boss is believed, and what is heard then.
fn hear(client: &mut BossClient, body: Body) -> Result<Outbox, Broken> {
    let mut out = Outbox::default();
    client.hear(&b2n::B2n { body: Some(body) }.encode_to_vec(), &mut out)?;
    Ok(out)
}

fn takes(client: &mut BossClient, body: Body) -> bool {
    hear(client, body).is_ok()
}

fn table(term: u64, version: u64, conf: u64) -> Body {
    let rows = vec![proto::table::Row { conf, ..proto::table::Row::default() }];
    Body::Table(Table { term, version, bits: 0, rows, places: Vec::new() })
}

#[test]
fn a_process_has_one_life_and_its_cluster_one_id() {
    let mut client = client();
    let mut registered = |incarnation, cluster_id| {
        let word = b2n::Registered { incarnation, cluster_id };
        takes(&mut client, Body::Registered(word))
    };
    for wrong in [(0, 5), (3, 0), (limits::NUMBER_MAX, 5), (3, u64::MAX)] {
        assert!(!registered(wrong.0, wrong.1), "{wrong:?}");
    }
    assert!(registered(3, 5) && registered(3, 5));
    assert!(!registered(4, 5) && !registered(3, 6));
    assert_eq!(client.incarnation(), 3);
}

#[test]
fn a_table_from_which_none_would_lead_on_is_not_taken() {
    let mut client = client();
    assert!(!takes(&mut client, table(limits::NUMBER_MAX, 1, 1)));
    assert!(!takes(&mut client, table(1, 1, limits::NUMBER_MAX)));
    // Whoever comes late finds a cluster that is old.
    let far = 5 * limits::NUMBER_AHEAD_MAX;
    assert!(takes(&mut client, table(far, far, far)));
    assert!(!takes(&mut client, table(limits::NUMBER_MAX - 1, 1, 1)));
    assert!(!takes(&mut client, table(far, limits::NUMBER_MAX - 1, 1)));
    let out = hear(&mut client, table(far + 1, 1, 1)).unwrap();
    assert!(matches!(out.news[..], [News::Table(_)]));
}

#[test]
fn changed_rows_make_the_next_table_of_the_one_that_is_here() {
    let of = |version, conf| {
        let Body::Table(table) = table(1, version, conf) else { unreachable!("it is one") };
        table
    };
    let changes = |from: u64| {
        let mut rows = Rows::between(&of(2, 1), &of(4, 2)).unwrap();
        rows.from_version = from;
        Body::Rows(rows)
    };
    let mut client = client();
    assert_eq!(hear(&mut client, changes(2)).err(), Some(BEHIND), "there is no table yet");
    hear(&mut client, Body::Table(of(2, 1))).unwrap();
    assert_eq!(hear(&mut client, changes(1)).err(), Some(BEHIND));
    let news = hear(&mut client, changes(2)).unwrap().news;
    let next = Arc::new(BucketTable::try_from(of(4, 2)).unwrap());
    assert_eq!(news, [News::Table(next)]);
    assert_eq!(hear(&mut client, changes(2)).err(), Some(BEHIND), "they were of another");
    let mut none_such = Rows::between(&of(4, 2), &of(5, 3)).unwrap();
    none_such.rows[0].prefix = 1;
    assert_eq!(hear(&mut client, Body::Rows(none_such)).err(), Some(UNREADABLE));
}

#[test]
fn why_it_is_not_taken_is_known_until_it_is_and_forges_no_line() {
    let mut client = client();
    let reason = "another\n2026-01-01 ERROR fake".to_owned();
    hear(&mut client, Body::Wait(b2n::Wait { reason: reason.clone() })).unwrap();
    let shown = r"another\n2026-01-01 ERROR fake";
    assert_eq!(client.waits().map(Foreign::as_str), Some(shown));
    let refused = Body::Refused(b2n::Refused { reason, for_good: true });
    let notice = Notice::Refused { reason: Foreign::new(shown), for_good: true };
    assert_eq!(hear(&mut client, refused).unwrap().notices, [notice]);
    let registered = b2n::Registered { incarnation: 3, cluster_id: 5 };
    hear(&mut client, Body::Registered(registered)).unwrap();
    assert_eq!(client.waits(), None);
}

#[test]
fn a_proposal_goes_to_the_boss_that_there_is_and_its_not_now_is_news() {
    let (mut out, mut client) = (Links::default(), client());
    client.propose(Propose::default(), &mut out);
    boss_up(&mut client, &mut out);
    assert!(!out.take(BOSS).is_empty(), "it has registered");
    client.propose(Propose { row_conf: 7, ..Propose::default() }, &mut out);
    let bytes = out.take(BOSS);
    let (one, end) = frame::split(&bytes, 1 << 20).unwrap().unwrap();
    assert_eq!(end, bytes.len(), "what was said without a boss is gone");
    let said = N2b::decode(one).unwrap().body;
    assert!(matches!(said, Some(Said::Propose(Propose { row_conf: 7, .. }))), "{said:?}");
    let not_now = b2n::NotNow { conf: 7, ..b2n::NotNow::default() };
    let came = hear(&mut client, Body::NotNow(not_now.clone())).unwrap();
    assert_eq!(came.news, [News::NotNow(not_now)]);
}

/// The frames that the process has said since the last look.
fn bodies(out: &mut Links) -> Vec<Said> {
    let bytes = out.take(BOSS);
    let mut rest = bytes.as_slice();
    let mut bodies = Vec::new();
    while let Some((one, end)) = frame::split(rest, 1 << 20).unwrap() {
        bodies.extend(N2b::decode(one).unwrap().body);
        rest = &rest[end..];
    }
    bodies
}

#[test]
fn a_boss_that_has_lost_steps_is_told_all() {
    let owner = |id: &str| proto::table::Owner { id: id.to_owned(), incarnation: 3 };
    let row = |prefix, primary: &str, conf| {
        let (primary, in_sync) = (Some(owner(primary)), vec![owner(primary), owner("q2")]);
        proto::table::Row { prefix, conf, primary, in_sync, ..Default::default() }
    };
    let mut client = BossClient::new("q1", link::Role::QueueNode, "here", "nowhere:1", 7);
    let (mut links, mut out) = (Links::default(), Outbox::default());
    boss_up(&mut client, &mut links);
    let mut say = |client: &mut BossClient, body: Body| {
        let frame = b2n::B2n { body: Some(body) }.encode_to_vec();
        client.hear(&frame, &mut out).unwrap();
        std::mem::take(&mut out.news)
    };
    say(&mut client, Body::Registered(b2n::Registered { incarnation: 3, cluster_id: 5 }));
    let rows = vec![row(0, "q1", 4), row(1, "q1", 4)];
    let table = Table { term: 1, version: 9, bits: 1, rows, places: Vec::new() };
    say(&mut client, Body::Table(table.clone()));
    let config = |version| {
        let toml = format!("copies = {version}\n");
        Body::Config(b2n::Config { version, toml })
    };
    assert_eq!(say(&mut client, config(2)).len(), 1);
    assert_eq!(say(&mut client, config(1)), [], "of a boss that is behind");
    bodies(&mut links);
    assert_eq!(say(&mut client, Body::TellAll(b2n::TellAll {})), [News::TellAll]);
    let report = |row: proto::table::Row, role: bucket_report::Role| BucketReport {
        bits: 1,
        prefix: row.prefix,
        row: Some(row),
        role: role.into(),
        ..BucketReport::default()
    };
    let mut copied = row(0, "q3", 6);
    copied.in_sync.push(owner("q1"));
    let holds = [
        report(row(0, "q1", 4), bucket_report::Role::Primary),
        report(row(1, "q1", 5), bucket_report::Role::Primary),
        report(copied, bucket_report::Role::Copy),
        report(row(1, "q3", 7), bucket_report::Role::Absent),
    ];
    client.tell_all(&holds, &mut links);
    let Some(Said::Known(known)) = bodies(&mut links).pop() else { panic!("nothing was told") };
    assert_eq!(known.table, Some(table));
    assert_eq!((known.config_version, known.config.as_str()), (2, "copies = 2\n"));
    let ahead = |rows: &[proto::table::Moved]| -> Vec<u64> {
        rows.iter().map(|moved| moved.row.as_ref().unwrap().conf).collect()
    };
    assert_eq!(ahead(&known.ahead), [5, 7], "not what it only copies");
    client.down();
    client.up(BOSS, &holds, &mut links);
    let Some(Said::Register(register)) = bodies(&mut links).into_iter().next() else {
        panic!("it didn't register")
    };
    assert_eq!((ahead(&register.ahead), register.config_version), (vec![5, 7], 2));
}
