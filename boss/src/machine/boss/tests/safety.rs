//! What page and metrics say while a node is killed, its buckets are promoted, and it comes back.

use member::machine::Value;

use super::super::super::table::LOSS_MAX;
use super::super::super::view;
use super::stage::{Stage, run};

/// A cluster of q1#1, q2#2, q3#3 and g1#4 on links 1 to 4, each bucket with two copies.
fn whole() -> Stage {
    let mut stage = super::copies::cluster(2);
    grow(&mut stage, 1100);
    stage
}

/// Every learner is added, as its primary would propose.
fn grow(stage: &mut Stage, at: u64) {
    let rows: Vec<_> = stage.boss.kept.rows.buckets().map(|(id, row)| (id, row.clone())).collect();
    for (id, row) in rows {
        let link = row.primary().map(|primary| primary.id.as_str()[1..].to_owned());
        let (link, prefix, conf) = (link.unwrap(), id.prefix(), row.conf().0);
        for (more, learner) in (0u64..).zip(row.learners()) {
            // In the life in which the roster has it.
            let life = learner.incarnation & 0xf_ffff;
            let conf = conf + more;
            let step = format!("{at} propose {link} {prefix} {conf} add {}#{life}", learner.id);
            run(stage, &step);
        }
    }
}

fn metric(stage: &Stage, name: &str) -> u64 {
    let samples = stage.boss.samples();
    let sample = samples.iter().find(|sample| sample.name == name).expect("a metric");
    match sample.value {
        Value::Counter(value) | Value::Gauge(value) => value as u64,
        Value::Largest(_) | Value::Histogram(_) => panic!("{name} is no count"),
    }
}

/// `hosts nodes of wanted, degraded; promoted lost added dropped`, which page, table and metrics
/// say as one.
fn said(stage: &Stage) -> String {
    let view::Safety { hosts_may_die, nodes_may_die, hosts_wanted, degraded, .. } =
        stage.boss.status().safety;
    let table = stage.boss.table_view().unwrap();
    assert_eq!(table.rows.iter().filter(|row| row.degraded).count(), degraded);
    let view::Safety { promoted, lost, added, dropped, .. } = stage.boss.status().safety;
    let shown = [
        ("hosts_may_die", hosts_may_die as u64),
        ("nodes_may_die", nodes_may_die as u64),
        ("hosts_may_die_wanted", hosts_wanted as u64),
        ("degraded_buckets", degraded as u64),
        ("promoted_buckets_total", promoted),
        ("lost_buckets_total", lost),
        ("added_copies_total", added),
        ("dropped_copies_total", dropped),
    ];
    for (name, value) in shown {
        assert_eq!(metric(stage, &format!("imq_boss_{name}")), value, "{name}");
    }
    format!(
        "{hosts_may_die} {nodes_may_die} of {hosts_wanted}, {degraded}; \
         {promoted} {lost} {added} {dropped}"
    )
}

/// Each queue node's buckets as primary, copy and learner.
fn shares(stage: &Stage) -> Vec<(usize, usize, usize)> {
    let shares = stage.boss.status().buckets_of;
    shares.iter().map(|share| (share.buckets, share.copies, share.learners)).collect()
}

fn kinds(stage: &Stage, count: u64) -> Vec<&'static str> {
    stage.boss.events_after(count).map(|event| event.kind.name()).collect()
}

#[test]
fn a_node_is_killed_and_comes_back_in_sync() {
    let mut stage = super::copies::cluster(2);
    run(&mut stage, "1600 wake");
    assert_eq!(said(&stage), "0 0 of 1, 32; 0 0 0 0");
    assert_eq!(metric(&stage, "imq_boss_learners"), 32);
    grow(&mut stage, 1700);
    assert_eq!(said(&stage), "1 1 of 1, 0; 0 0 32 0");
    assert_eq!(shares(&stage), [(11, 11, 0), (11, 10, 0), (10, 11, 0)]);
    assert_eq!(stage.boss.status().safety.reasons, [""; 0]);

    // The boss doesn't count on who has just lost its link, whether it is dead or not.
    let events = stage.boss.events_count();
    run(&mut stage, "2000 down 1");
    assert_eq!(said(&stage), "0 0 of 1, 22; 0 0 32 0");
    let safety = stage.boss.status().safety;
    assert_eq!(safety.reasons[0], "q1 is away, a member of 22 buckets");
    assert_eq!(safety.degraded_buckets[0].missing, ["q1"]);
    run(&mut stage, "2001 refused 4 q1#1");
    assert_eq!(said(&stage), "0 0 of 1, 22; 11 0 32 22");
    let shown = stage.boss.status().safety;
    assert!(shown.degraded_buckets.iter().all(|it| it.in_sync.len() == 1 && it.missing.is_empty()));
    assert_eq!(kinds(&stage, events), ["unlinked", "degraded", "lost", "promoted", "dropped"]);

    // The others fill copies for each other, and then the next life of q1 has none to be filled.
    grow(&mut stage, 3000);
    assert_eq!(said(&stage), "1 1 of 1, 0; 11 0 54 22");
    run(&mut stage, "4000 up 5 q1\n 4000 register 5");
    assert_eq!(said(&stage), "1 1 of 1, 0; 11 0 54 22");
    let back = ["joined", "in_sync"];
    let events = kinds(&stage, events);
    assert!(back.iter().all(|kind| events.contains(kind)), "{events:?}");
}

#[test]
fn buckets_that_hold_are_those_whose_rows_name_one_member() {
    let holding = |stage: &Stage| {
        let safety = stage.boss.status().safety;
        let rows = stage.boss.table_view().unwrap().rows;
        assert_eq!(rows.iter().filter(|row| row.holding).count(), safety.holding);
        assert_eq!(metric(stage, "imq_boss_holding_buckets"), safety.holding as u64);
        let shown = safety.degraded_buckets.iter().filter(|one| one.holding).count();
        assert_eq!(shown, safety.holding);
        let is_said = |reason: &String| reason.starts_with("writes and logins are refused");
        assert_eq!(safety.reasons.iter().any(is_said), safety.holding > 0);
        safety.holding
    };
    let mut stage = super::copies::cluster(2);
    assert_eq!(holding(&stage), 0, "it goes on");
    run(&mut stage, "1001 copies 2 hold");
    assert_eq!(holding(&stage), 32);
    grow(&mut stage, 1100);
    assert_eq!(holding(&stage), 0);
    // Two members are named until one is proven dead.
    run(&mut stage, "2000 down 1");
    assert_eq!(holding(&stage), 0);
    run(&mut stage, "2001 refused 4 q1#1");
    assert_eq!(holding(&stage), 22);
    run(&mut stage, "2002 copies 1 hold");
    assert_eq!(holding(&stage), 0, "one is all that is wanted");
}

#[test]
fn a_link_that_flaps_is_seen_and_loses_nothing() {
    let mut stage = whole();
    run(&mut stage, "2000 down 3");
    assert_eq!(said(&stage), "0 0 of 1, 21; 0 0 32 0");
    run(&mut stage, "2100 up 5 q3\n 2100 register 5 3");
    assert_eq!(said(&stage), "1 1 of 1, 0; 0 0 32 0");
}

#[test]
fn who_is_stuck_is_not_counted_on_and_who_is_being_filled_counts_by_its_row() {
    let mut stage = whole();
    let row = stage.boss.kept.rows.iter().next().unwrap().clone();
    let (copy, conf) = (row.in_sync()[1].id.clone(), row.conf().0);
    let link = &copy.as_str()[1..];
    run(&mut stage, &format!("2000 has {link} 0 absent 0 {}", conf - 1));
    assert_eq!(said(&stage), "1 1 of 1, 0; 0 0 32 0", "it said so before it was a member");
    run(&mut stage, &format!("2001 has {link} 0 stuck 7 {}", conf - 1));
    assert_eq!(said(&stage), "0 0 of 1, 1; 0 0 32 0");
    let reasons = stage.boss.status().safety.reasons;
    assert_eq!(reasons[0], format!("{copy} can't go on with its copy of 1 bucket"));
}

#[test]
fn a_lost_bucket_and_a_frozen_boss_are_said() {
    let mut stage = super::copies::cluster(1);
    run(&mut stage, "1600 wake");
    assert_eq!(said(&stage), "0 0 of 0, 0; 0 0 0 0");
    run(&mut stage, "2000 down 1\n 2001 refused 4 q1#1");
    assert_eq!(said(&stage), "0 0 of 0, 0; 0 11 0 0");
    let mut stage = super::lost::again(super::Faults::default());
    run(&mut stage, "2 back 2 2 1.7\n 3 back 1 1 1.9 0=q1#1/1,1,4@9");
    let safety = stage.boss.status().safety;
    assert_eq!(safety.hosts_may_die, 0);
    assert!(safety.reasons[0].starts_with("the boss is frozen: "), "{:?}", safety.reasons);
}

#[test]
fn a_bucket_that_can_t_begin_anew_once_more_is_served_by_nobody_and_that_is_said() {
    let mut stage = super::copies::cluster(1);
    let (bucket, rows) = ("0/5".parse().unwrap(), &mut stage.boss.kept.rows);
    let row = rows.row_mut(bucket).unwrap();
    let q1 = row.primary().unwrap().clone();
    (2..LOSS_MAX).for_each(|_| row.lose(&q1));
    stage.boss.publication.change();
    run(&mut stage, "1600 wake\n 1600 row 0 => q1 (8191,8191,8191)");
    run(&mut stage, "2000 down 1\n 2001 refused 4 q1#1\n 2001 wake");
    assert_eq!(stage.step("2001 row 0"), " (8191,8192,8192)");
    let message = stage.boss.status().message;
    assert!(message.starts_with("1 buckets have begun anew 8191 times"), "{message}");
    assert!(stage.boss.events_after(0).any(|event| event.text == message));
    assert_eq!(metric(&stage, "imq_boss_unowned_buckets"), 1);
    // Nobody is given it, not even by an operator, and nothing more is stored.
    let version = stage.boss.status().version;
    run(&mut stage, "9000 wake\n 20000 wake");
    assert_eq!(stage.boss.status().version, version);
    run(&mut stage, "20001 up 5 q1\n 20001 register 5\n30000 wake");
    assert_eq!(stage.step("30000 row 0"), " (8191,8192,8192)");
    run(&mut stage, "30001 adopt 9 0/5 q2 => 9 Unavailable(\"bucket 0/5 has begun anew 8191…");
}
