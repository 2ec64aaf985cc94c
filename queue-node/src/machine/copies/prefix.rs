//! How far two logs of a bucket are the same.
//!
//! Within one loss a record is determined by its reign and its number, since a reign has one
//! writer. So two logs that have opened a reign at the same record are the same up to where the
//! shorter of them ends that reign.

use crate::machine::state::openings::Opening;

/// The newest record that both logs have; nothing if they have no opening in common. Each is told
/// by its openings, in their order, and its newest record.
pub(crate) fn common(
    (mine, my_end): (&[Opening], u64),
    (theirs, their_end): (&[Opening], u64),
) -> Option<u64> {
    let at = mine.iter().rposition(|opening| theirs.contains(opening))?;
    let there = theirs.iter().position(|opening| *opening == mine[at])?;
    Some(end_of(mine, at, my_end).min(end_of(theirs, there, their_end)))
}

/// The last record of a reign: the one before the next opening, or the log's newest.
fn end_of(openings: &[Opening], at: usize, end: u64) -> u64 {
    openings.get(at + 1).map_or(end, |next| next.n - 1)
}

#[cfg(test)]
mod tests {
    use super::common;
    use crate::machine::state::openings::Opening;

    /// The openings and the end of another log, and how far it is the same.
    type Case<'a> = (&'a [(u64, u64)], u64, Option<u64>);

    fn log(openings: &[(u64, u64)]) -> Vec<Opening> {
        openings.iter().map(|&(reign, n)| Opening { reign, n }).collect()
    }

    #[test]
    fn logs_are_the_same_up_to_the_end_of_the_newest_reign_that_both_have() {
        let mine = log(&[(1, 1), (4, 10), (9, 30)]);
        let cases: [Case<'_>; 9] = [
            // The same log, shorter, longer.
            (&[(1, 1), (4, 10), (9, 30)], 40, Some(40)),
            (&[(1, 1), (4, 10), (9, 30)], 35, Some(35)),
            (&[(1, 1), (4, 10), (9, 30)], 50, Some(40)),
            // It hasn't heard of the newest reign, and has more of the one before.
            (&[(1, 1), (4, 10)], 20, Some(20)),
            (&[(1, 1), (4, 10)], 33, Some(29)),
            // It has opened a reign that nobody else knows, at the same record or another.
            (&[(1, 1), (4, 10), (7, 30)], 40, Some(29)),
            (&[(1, 1), (5, 10)], 40, Some(9)),
            // The same reign opened elsewhere is none in common.
            (&[(9, 31)], 40, None),
            (&[], 40, None),
        ];
        for (theirs, their_end, wanted) in cases {
            let theirs = log(theirs);
            assert_eq!(common((&mine, 40), (&theirs, their_end)), wanted, "{theirs:?}");
            assert_eq!(common((&theirs, their_end), (&mine, 40)), wanted, "{theirs:?} reversed");
        }
    }

    /// Only the last openings are kept: what is older than all of them is the same, since both have
    /// a later one in common.
    #[test]
    fn an_old_part_that_one_has_forgotten_changes_nothing() {
        let (whole, short) = (log(&[(1, 1), (4, 10), (9, 30)]), log(&[(4, 10), (9, 30)]));
        assert_eq!(common((&whole, 40), (&short, 37)), Some(37));
    }
}
