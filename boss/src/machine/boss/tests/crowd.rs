//! Anything, in any order: nothing panics, what is pushed only rises, and every bucket has its
//! place.

use proptest::prelude::*;
use proto::table::{self, BucketTable};

use super::*;

/// What is proposed, without whom.
const WHAT: &[&str] = &["add", "add", "drop"];

/// One of the things that happen to a boss; numbers choose who.
fn step() -> impl Strategy<Value = String> {
    let link = 0..6u32;
    let node = prop::sample::select(vec!["q1", "q2", "q3", "q4", "g1", "g2"]);
    prop_oneof![
        4 => (link.clone(), node).prop_map(|(link, node)| format!("up {link} {node}")),
        6 => (link.clone(), 0..4u64).prop_map(|(link, n)| format!("register {link} {n}")),
        2 => link.clone().prop_map(|link| format!("down {link}")),
        2 => (link.clone(), 1..4u8, 1..8u64).prop_map(|(l, q, n)| format!("refused {l} q{q}#{n}")),
        1 => (link.clone(), 1..4u8, 1..8u64).prop_map(|(l, q, n)| format!("missed {l} q{q}#{n}")),
        1 => link.clone().prop_map(|link| format!("report {link}")),
        1 => (link.clone(), 0..32u64).prop_map(|(l, p)| format!("register {l} 5 5:{p}:90:91@2")),
        1 => Just("store fails".to_owned()),
        2 => Just("store works".to_owned()),
        3 => Just("wake".to_owned()),
        1 => (1..9u8).prop_map(|n| format!("inspect {n} /room/{n}")),
        6 => (link.clone(), 0..32u64, 1..5u64, 1..4u8, 1..4u64, prop::sample::select(WHAT))
            .prop_map(|(l, p, conf, q, n, what)| format!("propose {l} {p} {conf} {what} q{q}#{n}")),
        1 => (link.clone(), 0..32u64).prop_map(|(l, p)| format!("has {l} {p} stuck 7 3")),
        1 => link.prop_map(|link| format!("known {link}")),
        1 => Just("adopt 9".to_owned()),
    ]
}

/// What has been seen so far.
#[derive(Default)]
struct Seen {
    newest: table::Table,
    /// That of a boss that was frozen.
    frozen: Option<table::Table>,
}

/// What must hold after each step.
fn hold(stage: &Stage, Seen { newest, frozen }: &mut Seen) {
    assert_eq!(*stage.boss.safety(), stage.boss.safety_now(), "it looks whenever it must");
    let Some(now) = stage.boss.publication.table() else { return };
    let (old, new) = ((newest.term, newest.version), (now.term, now.version));
    assert!(new >= old, "{old:?} was followed by {new:?}");
    let checked = BucketTable::try_from(now.as_ref().clone()).expect("a table that nodes can read");
    if newest.bits == now.bits {
        for (before, after) in newest.rows.iter().zip(&now.rows) {
            assert!(before.epochs() <= after.epochs(), "epochs only rise");
            let same = before.primary == after.primary;
            assert!(same || before.conf < after.conf, "an owner changed without a higher conf");
            assert!(same || before.reign < after.reign, "a new primary under the same reign");
            let had_it = |owner: &table::Owner| before.in_sync.contains(owner);
            assert!(
                after.primary.as_ref().is_none_or(had_it) || before.loss < after.loss,
                "a new owner has nothing, and that must be said"
            );
            let joined = after.in_sync.iter().filter(|owner| !had_it(owner)).count();
            assert!(joined <= 1 || before.loss < after.loss, "sets grow by one");
        }
    }
    for row in checked.rows() {
        assert_eq!(row.in_sync.first(), row.primary.as_ref(), "the primary is in sync");
    }
    // A frozen boss names lives in rows that are no more, and says nothing. One that is let go on
    // has the same table until its store has taken the next one.
    if stage.boss.frozen.is_some() {
        *frozen = Some(now.as_ref().clone());
    }
    let is_frozen = frozen.as_ref() == Some(now.as_ref());
    for owner in checked.rows().iter().filter_map(|row| row.primary.as_ref()) {
        assert!(is_frozen || checked.place(owner).is_some(), "{owner:?} can't be dialled");
    }
    *newest = now.as_ref().clone();
}

proptest! {
    #[test]
    fn whatever_happens_the_table_stays_true(
        copies in 1..4u8,
        steps in prop::collection::vec((step(), 0..800u64), 1..80),
    ) {
        let mut stage = Stage::new();
        let mut seen = Seen::default();
        let mut now = 0;
        stage.step("0 wake");
        stage.step(&format!("0 copies {copies}"));
        for (step, pause) in steps {
            now += pause;
            let words: Vec<&str> = step.split(' ').collect();
            let link = LinkId(words.get(1).and_then(|word| word.parse().ok()).unwrap_or_default());
            let is_up = stage.boss.links.contains_key(&link);
            match words[0] {
                "up" if is_up => continue,
                "register" | "down" | "propose" | "known" if !is_up => continue,
                _ => {}
            }
            stage.step(&format!("{now} {step}"));
            hold(&stage, &mut seen);
        }
        stage.step(&format!("{} store works", now + 1));
        stage.step(&format!("{} wake", now + 20_000));
        // That the store works again is an event, too, which is stored a moment later.
        stage.step(&format!("{} wake", now + 20_000 + STORE_AFTER_MS));
        hold(&stage, &mut seen);
        let kept = Kept::decode(stage.stored.as_ref().unwrap()).unwrap();
        prop_assert_eq!(kept, stage.boss.kept);
    }
}
