//! The number by scripts, and against a walk over all sets of hosts.

use proptest::prelude::*;

use super::*;

/// `copies: bucket; bucket; …`, or `copies hold: …`, a bucket's members as `node@host`, `node!` if
/// it is stuck, and `node-` if it is away; gives `hosts nodes wanted degraded: reasons`.
fn said(script: &'static str) -> String {
    let (copies, buckets) = script.split_once(':').unwrap();
    let (copies, holds) = copies.split_once(' ').unwrap_or((copies, ""));
    let member = |word: &'static str| match word.split_once('@') {
        Some((id, host)) => (id, Member::Level(Host::Named(host))),
        None if word.ends_with('!') => (word.trim_end_matches('!'), Member::Stuck),
        None => (word.trim_end_matches('-'), Member::Away),
    };
    let buckets: Vec<Bucket<'_>> = (0..)
        .zip(buckets.split(';'))
        .map(|(prefix, members)| Bucket {
            id: BucketId::new(4, prefix).unwrap(),
            members: members.split_whitespace().map(member).collect(),
        })
        .collect();
    let all = buckets.iter().flat_map(|bucket| &bucket.members);
    let living: BTreeMap<&str, Host<'_>> = all
        .filter_map(|(id, member)| match member {
            Member::Level(host) => Some((*id, *host)),
            Member::Stuck => Some((*id, Host::Named("s"))),
            Member::Away => None,
        })
        .collect();
    let circumstances = Circumstances {
        copies: copies.parse().unwrap(),
        living: living.into_values().collect(),
        holds: holds == "hold",
        ..Circumstances::default()
    };
    let found = Safety::of(buckets.into_iter(), &circumstances);
    let Safety { hosts_may_die, nodes_may_die, hosts_wanted, degraded, holding, reasons } = found;
    assert!(holds == "hold" || holding.is_empty());
    let reasons = reasons.join("; ");
    format!("{hosts_may_die} {nodes_may_die} {hosts_wanted} {}: {reasons}", degraded.len())
}

#[test]
fn the_number_is_that_of_the_bucket_with_the_fewest_hosts() {
    let scripts = [
        ("2: a@1 b@2; b@2 a@1", "1 1 1 0: "),
        ("3: a@1 b@2 c@3; a@1 b@2 c@3", "2 2 2 0: "),
        (
            "2: a@1 b@2; a@1 b-",
            "0 0 1 1: b is away, a member of 1 bucket; fewer than 2 copies in \
                                 sync: 1 of 2 buckets",
        ),
        (
            "2: a@1 b@2; a! b@2",
            "0 0 1 1: a can't go on with its copy of 1 bucket; fewer than 2 copies \
                                 in sync: 1 of 2 buckets",
        ),
        (
            "2 hold: a@1 b@2; a@1; a@1 b-; a!",
            "0 0 1 3: b is away, a member of 1 bucket; a can't go on with its copy of 1 bucket; \
             fewer than 2 copies in sync: 3 of 4 buckets; writes and logins are refused, by \
             `alone = \"hold\"`: 2 of 4 buckets",
        ),
        ("2: a@1 b@1; a@1 b@1", "0 1 1 0: all queue nodes that are linked are on one host"),
        ("2: a@1 b@2; a@1 c@1", "0 1 1 0: some buckets have two copies on one host"),
        ("3: a@1 b@2 c@2", "1 2 2 0: 3 copies are wanted, and there are 2 hosts"),
        (
            "2: a@1",
            "0 0 1 1: 2 copies are wanted, and queue nodes linked: 1; fewer than 2 \
                    copies in sync: 1 of 1 bucket",
        ),
        (
            "1: a@1; b@2",
            "0 0 0 0: one copy of each bucket is wanted: `copies` is 1, or there is one queue node",
        ),
        (
            "2: a@1 b@2;",
            "0 0 1 1: without a node: 1 of 2 buckets; fewer than 2 copies in sync: 1 \
                         of 2 buckets",
        ),
    ];
    for (script, expected) in scripts {
        assert_eq!(said(script), expected, "{script}");
    }
}

#[test]
fn without_a_table_or_with_lost_steps_nothing_is_counted_on() {
    let two = || Circumstances { copies: 2, ..Circumstances::default() };
    let none = Safety::of(std::iter::empty(), &two());
    assert_eq!(
        (none.hosts_may_die, &*none.reasons),
        (0, &["there is no table yet".to_owned()][..])
    );
    let (id, hosts) = (BucketId::new(0, 0).unwrap(), [Host::Named("1"), Host::Named("2")]);
    let members = vec![("a", Member::Level(hosts[0])), ("b", Member::Level(hosts[1]))];
    let bucket = || std::iter::once(Bucket { id, members: members.clone() });
    let frozen = Circumstances { halted: Some("it is frozen"), living: hosts.into(), ..two() };
    let frozen = Safety::of(bucket(), &frozen);
    assert_eq!((frozen.hosts_may_die, frozen.nodes_may_die, frozen.hosts_wanted), (0, 0, 1));
    assert!(frozen.reasons[0].starts_with("it is frozen: "), "{:?}", frozen.reasons);
    let machine = Circumstances { is_one_machine: true, living: hosts.into(), ..two() };
    assert_eq!(Safety::of(bucket(), &machine).hosts_wanted, 0, "nobody is alarmed");
}

#[test]
fn who_is_dialled_within_a_machine_is_on_it() {
    for address in ["127.0.0.1:7600", "[::1]:7600", "localhost:7600", "pipe:q1"] {
        assert_eq!(Host::of("h", address), Host::Loopback, "{address}");
    }
    for address in ["10.0.0.1:7600", "q1.example:7600", "[2001:db8::1]:1", "local:1"] {
        assert_eq!(Host::of("h", address), Host::Named("h"), "{address}");
    }
}

const HOSTS: [&str; 5] = ["1", "2", "3", "4", "5"];

/// The most hosts of which any may die, each set of them tried: nothing if a bucket has nobody.
fn by_walk(buckets: &[Vec<Option<usize>>]) -> usize {
    let survives = |dead: u32| {
        let lives = |member: &Option<usize>| member.is_some_and(|host| dead & 1 << host == 0);
        buckets.iter().all(|members| members.iter().any(lives))
    };
    let sets = |many: u32| (0..1 << HOSTS.len()).filter(move |set: &u32| set.count_ones() == many);
    let all = (0..=HOSTS.len() as u32).take_while(|many| sets(*many).all(survives));
    all.count().saturating_sub(1)
}

proptest! {
    #[test]
    fn it_is_what_a_walk_over_all_sets_of_hosts_finds(
        buckets in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.8, 0..HOSTS.len()), 0..4),
            1..6,
        ),
    ) {
        let member = |host: &Option<usize>| match host {
            Some(host) => ("a", Member::Level(Host::Named(HOSTS[*host]))),
            None => ("b", Member::Away),
        };
        let of = (0..).zip(&buckets).map(|(prefix, members)| Bucket {
            id: BucketId::new(4, prefix).unwrap(),
            members: members.iter().map(member).collect(),
        });
        let found = Safety::of(of, &Circumstances { copies: 3, ..Circumstances::default() });
        prop_assert_eq!(found.hosts_may_die, by_walk(&buckets));
        prop_assert!(found.nodes_may_die >= found.hosts_may_die);
    }
}
