//! What is sound and what isn't, and the names of the figures.

use super::{FailoverReport, Gaps, KillReport, MayDie};
use crate::failover::how::How;
use crate::failover::judge::Verdict;
use crate::failover::newest::Differences;
use crate::failover::told::Notices;

fn kill(lost_buckets: u64) -> KillReport {
    KillReport {
        nodes: vec!["q1".into()],
        others: Vec::new(),
        filling: 0,
        at_s: 1.0,
        served_ms: Some(20.0),
        back_ms: 90.0,
        lost_buckets,
        queues_gone: 0,
        hosts_may_die: MayDie { before: 1, served: Some(0), after: 1 },
        kept_ms: Some(30.0),
        lost_ms: None,
        others_ms: Some(2.0),
    }
}

fn report() -> FailoverReport {
    FailoverReport {
        how: How::Kill,
        hosts: false,
        seed: None,
        queue_nodes: 3,
        gateways: 2,
        copies: 2,
        queues: 10,
        sessions: 20,
        messages_per_s: 100.0,
        verdict: Verdict { publishes: 7, acknowledged: 6, delivered: 12, ..Verdict::default() },
        back_end_acknowledged: 1,
        unsent: 0,
        never_answered: 0,
        history: Differences::default(),
        told: Notices { gaps: 3, ..Notices::default() },
        bystanders: Notices::default(),
        queues_lost: 0,
        kept: Gaps::of(vec![30.0, 10.0]),
        lost_rooms: Gaps::of(Vec::new()),
        others: Gaps::of(vec![2.0]),
        returning: Gaps::default(),
        kills: vec![kill(0)],
        generator_busy: 0.5,
        generator_late_p999_ms: 1.0,
        generator_late_max_ms: 2.0,
    }
}

fn told(reason: &str) -> Notices {
    Notices { unsubscribed: [(reason.to_owned(), 1)].into(), ..Notices::default() }
}

#[test]
fn what_is_lost_in_silence_is_unsound() {
    assert!(report().sound());
    let verdict = |verdict| FailoverReport { verdict, ..report() };
    let history = |history| FailoverReport { history, ..report() };
    for unsound in [
        verdict(Verdict { lost: 1, ..Verdict::default() }),
        verdict(Verdict { doubled: 1, ..Verdict::default() }),
        verdict(Verdict { out_of_order: 1, ..Verdict::default() }),
        verdict(Verdict { torn: 1, ..Verdict::default() }),
        verdict(Verdict { refused_delivered: 1, ..Verdict::default() }),
        history(Differences { missing: 1, ..Differences::default() }),
        history(Differences { surplus: 1, ..Differences::default() }),
        history(Differences { misplaced: 1, ..Differences::default() }),
        FailoverReport { never_answered: 1, ..report() },
        FailoverReport { queues_lost: 1, ..report() },
        FailoverReport { told: Notices { away: 1, ..Notices::default() }, ..report() },
        FailoverReport { bystanders: Notices { cut: 1, ..Notices::default() }, ..report() },
    ] {
        assert!(!unsound.sound(), "{unsound}");
    }
}

#[test]
fn what_is_announced_must_have_been_lost() {
    let closed = |code| Notices { closed: [(code, 1)].into(), ..Notices::default() };
    let anew = Notices { anew: 1, ..Notices::default() };
    for notices in [told("node lost"), told("lost"), closed(3002), anew] {
        let said = FailoverReport { bystanders: notices, copies: 1, ..report() };
        assert!(!said.sound(), "{said}");
        assert!(FailoverReport { kills: vec![kill(0), kill(1)], ..said }.sound());
    }
    for notices in [told("kicked"), closed(3008)] {
        let said = FailoverReport { told: notices, copies: 1, kills: vec![kill(1)], ..report() };
        assert!(!said.sound(), "{said}");
    }
}

#[test]
fn what_has_a_copy_that_lives_is_kept() {
    let lost = |how, queue_nodes, copies| {
        let kills = vec![kill(1)];
        FailoverReport { how, queue_nodes, copies, kills, ..report() }
    };
    for (how, queue_nodes, copies) in [
        (How::Kill, 3, 2),
        (How::Stop, 3, 2),
        (How::Half, 4, 3),
        (How::Half, 3, 2),
        (How::GatewayAndHome, 3, 2),
        (How::BossAndNode, 3, 2),
        (How::Cut, 3, 2),
        (How::Apart, 3, 1),
        (How::CutOneWay, 3, 1),
        (How::Delay, 3, 1),
        (How::Power, 3, 2),
        (How::Random, 3, 2),
    ] {
        assert!(!lost(how, queue_nodes, copies).sound(), "{how:?} {queue_nodes} {copies}");
    }
    for (how, queue_nodes, copies) in [(How::Kill, 3, 1), (How::Half, 4, 2), (How::Stop, 2, 1)] {
        assert!(lost(how, queue_nodes, copies).sound(), "{how:?} {queue_nodes} {copies}");
    }
}

#[test]
fn connections_end_only_with_their_gateway() {
    let cut = |how| {
        let told = Notices { cut: 1, ..Notices::default() };
        FailoverReport { how, told, ..report() }
    };
    for how in How::ALL {
        let kills_gateways = matches!(how, How::GatewayAndHome | How::Random);
        assert_eq!(cut(how).sound(), kills_gateways, "{how:?}");
    }
}

#[test]
fn a_learner_must_have_died_while_it_was_filled() {
    let learner = |filling| {
        let kills = vec![kill(0), KillReport { filling, ..kill(0) }];
        FailoverReport { how: How::Learner, kills, ..report() }
    };
    assert!(learner(1).sound() && !learner(0).sound());
}

#[test]
fn what_can_be_done_is_found_by_its_name() {
    for how in How::ALL {
        assert_eq!(how.name().parse(), Ok(how));
        assert_eq!(serde_json::to_value(how).unwrap(), how.name());
    }
    assert!("nothing".parse::<How>().unwrap_err().contains("gateway-and-home"));
}

#[test]
fn the_figures_have_their_names() {
    let json = serde_json::to_value(report()).unwrap();
    for (name, value) in [
        ("/lost", 0.0),
        ("/doubled", 0.0),
        ("/out_of_order", 0.0),
        ("/acknowledged", 6.0),
        ("/kept/median_ms", 20.0),
        ("/kept/worst_ms", 30.0),
        ("/kills/0/kept_ms", 30.0),
        ("/history/missing", 0.0),
        ("/told/gaps", 3.0),
    ] {
        assert_eq!(json.pointer(name).and_then(|v| v.as_f64()), Some(value), "{name} in {json}");
    }
    let text = report().to_string();
    assert!(text.contains("median 20.0  worst 30.0 ms, of 2"), "{text}");
    assert!(text.contains("gap, lost     none"), "{text}");
}
