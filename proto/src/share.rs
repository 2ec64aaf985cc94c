//! How bounded space is shared out among those who fill it.

/// Of 64 who take all they can get, each has at least one part in so many.
const LEAST_PART: usize = 256;

/// Whether somebody who holds so much of a space may take more, where all together hold so much and
/// there is space for so much in all.
///
/// Everybody may hold twice as much as is left in three quarters of the space: alone a half of all,
/// each of two who take all they can get three tenths. So whoever comes after them finds space,
/// nobody is thrown out for it, and nobody must be known beforehand. These are the dynamic
/// thresholds of Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998.
///
/// The last quarter is for those who come when that is gone, one part in 256 each.
#[inline]
pub fn may_take(held: usize, all: usize, max: usize) -> bool {
    let left = (max - max / 4).saturating_sub(all);
    held < 2 * left || (held < least(max) && all < max)
}

/// What each of 64 who take all they can get has at least of space for so much.
pub const fn least(max: usize) -> usize {
    max / LEAST_PART
}

/// What anybody can hold at most of space for so much.
pub const fn most(max: usize) -> usize {
    max / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of so many has who take all they can get, one after the other.
    fn flooded(by: usize, max: usize) -> Vec<usize> {
        let mut held = vec![0; by];
        let mut all = 0;
        for one in &mut held {
            while may_take(*one, all, max) {
                *one += 1;
                all += 1;
            }
        }
        held
    }

    #[test]
    fn nobody_gets_more_than_a_half_and_those_who_come_later_find_space() {
        assert_eq!(flooded(1, 1_000), [most(1_000)]);
        assert_eq!(flooded(3, 9_000), [4_500, 1_500, 500]);
        let held = flooded(64, 100_000);
        assert!(held.iter().all(|one| *one >= 100_000 / LEAST_PART), "{held:?}");
    }

    #[test]
    fn all_together_never_hold_more_than_there_is() {
        for max in [0, 1, 10, 255, 256, 10_000] {
            let held: usize = flooded(300, max).iter().sum();
            assert!(held <= max, "{held} of {max}");
        }
        assert_eq!(flooded(300, 10_000).iter().sum::<usize>(), 10_000);
    }

    #[test]
    fn who_take_in_turn_get_alike() {
        let (mut held, max) = ([0_usize; 4], 1_100);
        while let Some(one) = (0..4).find(|one| may_take(held[*one], held.iter().sum(), max)) {
            let least = (one..4).min_by_key(|one| held[*one]).unwrap_or(one);
            held[least] += 1;
        }
        assert!(held.iter().all(|one| (180..=190).contains(one)), "{held:?}");
    }
}
