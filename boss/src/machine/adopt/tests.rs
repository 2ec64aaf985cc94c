//! What is kept and what is lost: by examples, and for any line of steps of which any are lost, and
//! any of those who know of them report.

use proptest::prelude::*;
use proto::name::NodeId;
use proto::table::Version;

use super::*;

const NODES: [&str; 4] = ["q1", "q2", "q3", "q4"];

fn owner(id: &str) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation: 1 }
}

fn bucket() -> BucketId {
    BucketId::new(0, 0).unwrap()
}

fn rows(row: &Row) -> Rows {
    Rows::try_from(vec![row.clone()]).unwrap()
}

/// The row as this step of term 1 makes it, if it is another than before.
fn made(row: &Row, before: &Row, step: Version) -> Row {
    let mut after = rows(row);
    after.made_by(step, &rows(before), |_, _| 0);
    after.iter().next().unwrap().clone()
}

/// One step, in words: `join q2`, `leave q2`, `promote q2`, `lose q2`.
fn step(row: &Row, words: &str) -> Row {
    let (what, id) = words.split_once(' ').unwrap();
    let (mut after, whom) = (row.clone(), owner(id));
    match what {
        "join" => {
            after.learn(&whom);
            after.join(&whom);
        }
        "leave" => after.leave(|other| *other == whom),
        "promote" => {
            let primary = row.primary().cloned();
            after.promote(&whom, |other| Some(other) == primary.as_ref());
        }
        "lose" => after.lose(&whom),
        other => panic!("{other}"),
    }
    after
}

/// The rows of a line that begins with q1 alone, at the steps 1, 2 and so on of this term.
fn line(first: &Row, from: Version, steps: &[&str]) -> Vec<Row> {
    let mut line = vec![first.clone()];
    for (version, words) in (from.version..).zip(steps) {
        let before = line.last().unwrap().clone();
        let after = step(&before, words);
        line.push(made(&after, &before, Version { version, ..from }));
    }
    line
}

fn begun() -> Row {
    let first = Row::first(Some(&owner("q1")));
    made(&first, &Row::unheard(None), Version { term: 1, version: 1 })
}

/// A line of steps of term 1.
fn of_term_1(steps: &[&str]) -> Vec<Row> {
    line(&begun(), Version { term: 1, version: 2 }, steps)
}

/// The store has the first so many rows of a line, and began term 2 behind them. These nodes have
/// answered.
fn evidence(line: &[Row], stored: usize, answered: &[&str]) -> Evidence {
    let mut history = History::default();
    history.add(Version { term: 1, version: stored as u64 });
    history.add(Version { term: 2, version: 1_000 });
    let answered: BTreeSet<Owner> = answered.iter().map(|id| owner(id)).collect();
    Evidence {
        ours: rows(&line[stored - 1]),
        history,
        since: 2,
        heirs: answered.iter().map(|owner| (owner.clone(), 0)).collect(),
        is_whole: answered.len() == NODES.len(),
        answered,
        ..Evidence::default()
    }
}

/// A whole table of a lost step.
fn table(evidence: &mut Evidence, row: &Row, step: Version) {
    evidence.tables.insert(step.term, (step.version, rows(row)));
}

fn adopted(evidence: Evidence) -> (Row, bool) {
    let adopted = adopt(evidence);
    (adopted.rows.iter().next().unwrap().clone(), adopted.lost.is_empty())
}

#[test]
fn what_everybody_confirms_is_kept_under_numbers_that_nobody_has_given() {
    let line = of_term_1(&["join q2", "leave q2", "join q3", "promote q3"]);
    let mut all = evidence(&line, 2, &NODES);
    table(&mut all, &line[3], Version { term: 1, version: 4 });
    all.acted.push((bucket(), line[4].clone()));
    let (row, keeps) = adopted(all);
    assert!(keeps);
    assert_eq!(row.in_sync(), [owner("q3")]);
    assert_eq!((row.loss(), row.reign(), row.conf()), (Loss(1), Reign(2), Conf(7 + (1 << 20))));
}

#[test]
fn reigns_jump_where_somebody_is_missing() {
    let line = of_term_1(&["join q2"]);
    let (row, keeps) = adopted(evidence(&line, 2, &["q1", "q2"]));
    assert!(keeps, "who is missing is named by no row");
    assert_eq!((row.loss(), row.reign()), (Loss(1), Reign(1 + (1 << 20))));
}

#[test]
fn a_missing_primary_or_member_costs_the_bucket() {
    let line = of_term_1(&["join q2"]);
    let (row, keeps) = adopted(evidence(&line, 2, &["q2", "q3"]));
    assert!(!keeps);
    assert_eq!((row.in_sync(), row.loss()), (&[owner("q2")][..], Loss(17)));
    // A lost step may have promoted the member.
    let (row, keeps) = adopted(evidence(&line, 2, &["q1", "q3"]));
    assert!(!keeps);
    assert_eq!((row.in_sync(), row.loss()), (&[owner("q1")][..], Loss(17)));
    let trusting = Evidence { trusts_primaries: true, ..evidence(&line, 2, &["q1", "q3"]) };
    assert!(adopted(trusting).1);
    let trusting = Evidence { trusts_primaries: true, ..evidence(&line, 2, &["q2", "q3"]) };
    assert!(!adopted(trusting).1, "a primary that is missing confirms nothing");
}

#[test]
fn whom_the_primary_has_proposed_must_have_answered() {
    let line = of_term_1(&[]);
    let with = |answered: &[&str], conf: u64| {
        let mut some = evidence(&line, 1, answered);
        some.proposed.insert((bucket(), owner("q1")), (Conf(conf), owner("q2")));
        adopted(some).1
    };
    assert!(!with(&["q1"], 1));
    assert!(with(&["q1", "q2"], 1));
    assert!(with(&["q1"], 0), "it was made over a row that is no more");
}

#[test]
fn single_rows_of_those_who_did_not_act_upon_them_are_not_taken() {
    let line = of_term_1(&["join q2", "promote q2"]);
    let mut some = evidence(&line, 2, &NODES);
    some.told.push((bucket(), line[2].clone()));
    let (row, keeps) = adopted(some);
    assert!(keeps);
    assert_eq!(row.in_sync(), [owner("q1"), owner("q2")]);
    assert!(row.reign() > line[1].reign() || row.conf() > line[2].conf());
}

#[test]
fn two_lines_are_never_both_kept() {
    let line_1 = of_term_1(&["join q2", "leave q2"]);
    // This boss has changed the row, too.
    let mut ours = evidence(&line_1, 2, &NODES);
    let own = line(&line_1[1], Version { term: 2, version: 4 }, &["promote q2"]);
    ours.ours = rows(&own[1]);
    assert!(adopted(Evidence { ours: rows(&own[1]), ..evidence(&line_1, 2, &NODES) }).1);
    ours.told.push((bucket(), line_1[2].clone()));
    assert!(!adopted(ours).1);
    // Two falls: rows of two terms that the store lacks.
    let mut two = evidence(&line_1, 2, &NODES);
    two.told.push((bucket(), line_1[2].clone()));
    let other = line(&line_1[1], Version { term: 3, version: 9 }, &["promote q2"]);
    two.told.push((bucket(), other[1].clone()));
    assert!(!adopted(two).1);
}

#[test]
fn nobody_at_all_leaves_the_bucket_to_wait() {
    let line = of_term_1(&[]);
    let (row, keeps) = adopted(evidence(&line, 1, &[]));
    assert!(!keeps);
    assert_eq!((row.primary(), row.loss()), (None, Loss(17)));
}

/// What comes of it with a bug planted.
fn planted(evidence: Evidence, plant: impl Fn(&mut Faults)) -> (Row, bool) {
    let mut evidence = evidence;
    plant(&mut evidence.faults);
    adopted(evidence)
}

#[test]
fn each_planted_bug_keeps_what_it_must_not() {
    let line = of_term_1(&["join q2", "leave q2", "join q3"]);
    let lost = || {
        let mut lost = evidence(&line, 2, &NODES);
        table(&mut lost, &line[3], Version { term: 1, version: 4 });
        lost
    };
    assert_eq!(adopted(lost()).0.in_sync(), [owner("q1"), owner("q3")]);
    let (row, _) = planted(lost(), |f| f.rows_one_by_one = true);
    assert_eq!(row.in_sync(), [owner("q1"), owner("q2")], "q2 was dropped");
    let missing = || evidence(&line, 2, &["q1"]);
    assert!(!adopted(missing()).1);
    assert!(planted(missing(), |f| f.primary_confirms_alone = true).1);
    let (row, _) = planted(missing(), |f| f.numbers_repeat = true);
    assert!(row.reign() <= Reign(2), "a lost step has given that");
    let forked = || {
        let mut forked = lost();
        let own = super::tests::line(&line[1], Version { term: 2, version: 9 }, &["leave q2"]);
        forked.ours = rows(&own[1]);
        forked
    };
    assert!(!adopted(forked()).1);
    assert!(planted(forked(), |f| f.fork_kept = true).1);
}

/// A whole story: a line of steps, who has heard how much of it, how much is lost, who answers.
#[derive(Debug, Clone)]
struct Story {
    steps: Vec<(u8, usize)>,
    heard: [usize; 4],
    tables: [usize; 4],
    lost: usize,
    answers: [bool; 4],
    own: Option<usize>,
}

fn story() -> impl Strategy<Value = Story> {
    let steps = prop::collection::vec((0..8u8, 0..4usize), 1..9);
    let numbers = || prop::array::uniform4(0..10usize);
    let answers = prop::array::uniform4(prop::bool::weighted(0.8));
    let own = prop::option::weighted(0.2, 0..4usize);
    (steps, numbers(), numbers(), 0..6usize, answers, own).prop_map(
        |(steps, heard, tables, lost, answers, own)| Story {
            steps,
            heard,
            tables,
            lost,
            answers,
            own,
        },
    )
}

/// The line that the story's steps make, who is dead by it, and who must have heard how much.
fn told(story: &Story) -> (Vec<Row>, BTreeSet<Owner>, [usize; 4]) {
    let (mut line, mut dead) = (vec![begun()], BTreeSet::new());
    let mut heard = story.heard;
    for (what, whom) in &story.steps {
        let row = line.last().unwrap();
        let (id, primary) = (NODES[*whom], row.primary().unwrap().clone());
        let (whom, is_primary) = (owner(id), primary.id.as_str() == id);
        let at = NODES.iter().position(|id| *id == primary.id.as_str()).unwrap();
        let is_member = row.in_sync().contains(&whom);
        let words = match what {
            // Both are the primary's proposals, over the row that it has heard.
            0..=2 if !is_member && !dead.contains(&whom) && !dead.contains(&primary) => {
                heard[at] = heard[at].max(line.len() - 1);
                format!("join {id}")
            }
            3 | 4 if is_member && !is_primary && !dead.contains(&primary) => {
                heard[at] = heard[at].max(line.len() - 1);
                format!("leave {id}")
            }
            5 | 6 if is_member && !is_primary && !dead.contains(&whom) => format!("promote {id}"),
            7 if !is_member && !dead.contains(&whom) => {
                dead.extend(row.in_sync().iter().cloned());
                format!("lose {id}")
            }
            _ => continue,
        };
        let version = line.len() as u64 + 1;
        let after = step(row, &words);
        line.push(made(&after, row, Version { term: 1, version }));
    }
    let heard = heard.map(|heard| heard.min(line.len() - 1));
    (line, dead, heard)
}

/// Everything that is known of the story, and the newest row by which its primary has served.
fn known_of(story: &Story) -> (Evidence, Row, Option<Owner>) {
    let (line, dead, heard) = told(story);
    let stored = line.len() - story.lost.min(line.len() - 1);
    let answers = (0..4).filter(|at| story.answers[*at] && !dead.contains(&owner(NODES[*at])));
    let answers: Vec<usize> = answers.collect();
    let ids: Vec<&str> = answers.iter().map(|at| NODES[*at]).collect();
    let mut evidence = evidence(&line, stored, &ids);
    let proposed = |at: usize| {
        let (row, next) = (&line[heard[at]], line.get(heard[at] + 1)?);
        let joins = next.in_sync().iter().find(|member| !row.in_sync().contains(member))?;
        let is_its = row.primary() == Some(&owner(NODES[at])) && next.loss() == row.loss();
        is_its.then(|| joins.clone())
    };
    for at in answers {
        let (me, row) = (owner(NODES[at]), &line[heard[at]]);
        let table_at = story.tables[at].min(heard[at]);
        let version = table_at as u64 + 1;
        if table_at >= stored {
            let known = evidence.tables.get(&1).map_or(0, |(version, _)| *version);
            if version > known {
                table(&mut evidence, &line[table_at], Version { term: 1, version });
            }
        }
        if heard[at] >= stored {
            evidence.told.push((bucket(), row.clone()));
        }
        if heard[at] > table_at && (row.primary() == Some(&me) || !row.in_sync().contains(&me)) {
            evidence.acted.push((bucket(), row.clone()));
        }
        if let Some(whom) = proposed(at) {
            evidence.proposed.insert((bucket(), me), (row.conf(), whom));
        }
    }
    let serves = |at: &usize| {
        let newest = (0..=heard[*at]).rev();
        newest.into_iter().find(|row| line[*row].primary() == Some(&owner(NODES[*at])))
    };
    let (served, who) = (0..4).filter_map(|at| Some((serves(&at)?, at))).max().unwrap_or((0, 0));
    (evidence, line[served].clone(), proposed(who).filter(|_| heard[who] == served))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    /// B5: what was shown is in the logs of everybody who is in sync, or the loss is higher.
    #[test]
    fn any_reports_of_any_lost_steps_keep_all_or_raise_the_loss(story in story()) {
        let (mut evidence, served, proposed) = known_of(&story);
        if let Some(at) = story.own {
            // This boss has promoted somebody before it was told.
            let row = evidence.ours.iter().next().unwrap().clone();
            let id = row.in_sync()[at % row.in_sync().len()].id.clone();
            if row.primary().is_some_and(|primary| primary.id == id) || evidence.told.is_empty() {
                return Ok(());
            }
            let version = row.step().version + 100;
            let words = format!("promote {}", id.as_str());
            let own = line(&row, Version { term: 2, version }, &[&words]);
            evidence.ours = rows(&own[1]);
        }
        let known = known(&evidence, bucket());
        let (row, keeps) = adopted(evidence);
        for other in &known {
            prop_assert!(row.conf() > other.conf() && row.reign() >= other.reign(), "{row:?}");
            prop_assert!(row.loss() >= other.loss());
        }
        if keeps {
            prop_assert!(row.loss() >= served.loss(), "{row:?} behind {served:?}");
        }
        if keeps && row.loss() == served.loss() {
            let has = |member: &&Owner| {
                served.in_sync().contains(member) || proposed.as_ref() == Some(*member)
            };
            prop_assert!(row.in_sync().iter().all(|member| has(&member)), "{row:?}, {served:?}");
        }
    }
}

#[test]
fn a_loss_that_can_t_be_raised_enough_leaves_a_bucket_to_nobody() {
    let adopted = |loss| {
        let row = Row::begun(Some(&owner("q1")), Loss(loss), Reign(3), Conf(3));
        let ours = Rows::try_from(vec![row]).unwrap();
        let heirs = BTreeMap::from([(owner("q2"), 0)]);
        let rows = adopt(Evidence { ours, heirs, ..Evidence::default() }).rows;
        let row = rows.iter().next().unwrap();
        (row.loss().0, row.primary().cloned())
    };
    let most = LOSS_MAX - jumps::LOSS - 1;
    assert_eq!(adopted(most), (LOSS_MAX - 1, Some(owner("q2"))));
    assert_eq!(adopted(most + 1), (LOSS_MAX - 1, None));
}
