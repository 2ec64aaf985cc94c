//! The way between a client and a queue: which lane it spoke to, which node was the queue's home,
//! and when a link between the two ended.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::limits;

/// A lane: its gateway, and its place there.
pub type LaneId = (usize, usize);

/// A connection of a client to a lane, whether it was welcomed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// When it began, in microseconds since the run began.
    pub at_us: u64,
    /// Where it goes.
    pub lane: LaneId,
}

/// What is known of nodes and links, whoever uses them.
#[derive(Debug, Default)]
pub struct Ways {
    /// When one end of a link between a lane and a node found that it was gone.
    ends: Vec<(u64, LaneId, usize)>,
    /// When one end of a link between two nodes that copy each other's buckets found that.
    fellow_ends: Vec<(u64, [usize; 2])>,
    /// When a lane had a link with a node: since when, and until when.
    together: BTreeMap<(LaneId, usize), Vec<(u64, u64)>>,
    /// When a node took a session of which user from a lane.
    introduced: BTreeMap<(LaneId, usize), Vec<(u64, String)>>,
    /// The homes of each bucket, by bits and prefix.
    homes: BTreeMap<(u8, u32), Vec<Home>>,
}

/// A home of a bucket.
#[derive(Debug)]
struct Home {
    /// Since then somebody knew.
    since_us: u64,
    node: usize,
    reign: u64,
}

/// One end of a link finds out so much later than the other, and the lane comes back a while after.
const SLACK_US: u64 = 2 * limits::DEAD_MS * 1000;

impl Ways {
    /// An end of a link between these finds that it is gone.
    pub(crate) fn ended(&mut self, at_us: u64, lane: LaneId, node: usize) {
        self.ends.push((at_us, lane, node));
    }

    /// An end of a link between two nodes that copy each other's buckets finds that it is gone.
    pub(crate) fn fellows_ended(&mut self, at_us: u64, nodes: [usize; 2]) {
        self.fellow_ends.push((at_us, nodes));
    }

    /// The lane has no link with the node from now on.
    pub(crate) fn parted(&mut self, at_us: u64, lane: LaneId, node: usize) {
        let since = self.together.get_mut(&(lane, node)).and_then(|times| times.last_mut());
        if let Some((_, until_us)) = since {
            *until_us = at_us.min(*until_us);
        }
        let introduced = self.introduced.entry((lane, node)).or_default();
        while introduced.pop_if(|(taken_us, _)| *taken_us == at_us).is_some() {
            // It came in the turn in which the node ended the link, and may stand behind the cause.
        }
    }

    /// The node takes a session of this user from the lane.
    pub(crate) fn introduced(&mut self, at_us: u64, lane: LaneId, node: usize, user: String) {
        self.introduced.entry((lane, node)).or_default().push((at_us, user));
    }

    /// The lane has a link with the node.
    pub(crate) fn joined(&mut self, at_us: u64, lane: LaneId, node: usize) {
        let times = self.together.entry((lane, node)).or_default();
        if times.last().is_none_or(|(_, until_us)| *until_us <= at_us) {
            times.push((at_us, u64::MAX));
        }
    }

    /// When the lane had a link with the node, the earliest first.
    fn together(&self, lane: LaneId, node: usize) -> &[(u64, u64)] {
        self.together.get(&(lane, node)).map_or(&[], |times| times)
    }

    /// The same, where the node had the user's sessions from it by then. A link ends no absence
    /// before the lane has introduced them on it, which it may do late, or behind something for
    /// which the node ends the link. Where it never has since the connection began, each counts.
    fn heard(&self, way: &Way, node: usize, user: &str, at_us: u64) -> Vec<(u64, u64)> {
        let taken = self.taken(way, node, user, at_us);
        let is_heard = |(since_us, until_us): &(u64, u64)| {
            taken.is_empty()
                || taken.iter().any(|taken_us| (since_us..until_us).contains(&taken_us))
        };
        let times = self.together(way.lane, node).iter();
        times.filter(|times| times.0 <= at_us && is_heard(times)).copied().collect()
    }

    /// When the node took the user's sessions from the lane, since the connection began.
    fn taken(&self, way: &Way, node: usize, user: &str, at_us: u64) -> Vec<u64> {
        let introduced = self.introduced.get(&(way.lane, node)).into_iter().flatten();
        let its = introduced
            .filter(|(taken_us, whose)| (way.at_us..=at_us).contains(taken_us) && whose == user);
        its.map(|(taken_us, _)| *taken_us).collect()
    }

    /// Somebody heard that this node is the bucket's home, in this reign. Who has slept hears late
    /// of what is over.
    pub(crate) fn home(&mut self, at_us: u64, bucket: (u8, u32), node: usize, reign: u64) {
        let homes = self.homes.entry(bucket).or_default();
        if homes.last().is_none_or(|last| last.reign < reign) {
            homes.push(Home { since_us: at_us, node, reign });
        }
    }

    /// Whether the queue had another home between these moments, or its home another reign, or so
    /// shortly before that a lane may have heard of it then.
    pub fn came_anew(&self, queue: &str, from_us: u64, to_us: u64) -> bool {
        self.homes_of(queue, from_us.saturating_sub(SLACK_US), to_us).len() > 1
    }

    /// Whether a link from the lanes of these connections to a home of the queue ended between
    /// these moments, or so shortly before that it wasn't back, or there was none.
    pub fn cut(&self, ways: &[Way], queue: &str, from_us: u64, to_us: u64) -> bool {
        let lanes: Vec<LaneId> =
            current(ways, |way| way.at_us, from_us, to_us).map(|way| way.lane).collect();
        let nodes = self.homes_of(queue, from_us, to_us);
        let when = |at_us: u64| at_us + SLACK_US >= from_us && at_us <= to_us;
        let is_way = |lane: &LaneId, node: &usize| lanes.contains(lane) && nodes.contains(node);
        let were_apart = |lane: LaneId, node: usize| {
            let mut times = self.together(lane, node).iter();
            !times.any(|(since_us, until_us)| *since_us <= from_us && *until_us > to_us)
        };
        self.ends.iter().any(|(at_us, lane, node)| when(*at_us) && is_way(lane, node))
            || lanes.iter().any(|lane| nodes.iter().any(|node| were_apart(*lane, *node)))
    }

    /// Whether a home of the queue lost a link to another node between these moments, or so shortly
    /// before that the copy there may not have been dropped yet: what happens waits for it.
    pub fn waited_for_copy(&self, queue: &str, from_us: u64, to_us: u64) -> bool {
        let homes = self.homes_of(queue, from_us, to_us);
        self.fellow_ends.iter().any(|(at_us, nodes)| {
            *at_us + SLACK_US >= from_us
                && *at_us <= to_us
                && nodes.iter().any(|node| homes.contains(node))
        })
    }

    /// Since when a home of the user's sessions hasn't had them from the lane of the newest
    /// connection, if it hasn't at that moment. Who became the home meanwhile, and never had them,
    /// hasn't since then: a lane may hear late of that, whatever links it has.
    pub fn apart_since(&self, ways: &[Way], user: &str, at_us: u64) -> Option<u64> {
        let way = ways.iter().rfind(|way| way.at_us <= at_us)?;
        let queue = format!("/user/{user}");
        let since = self.homes_between(&queue, at_us, at_us).filter_map(|home| {
            let is_new = home.since_us > way.at_us;
            if is_new && self.taken(way, home.node, user, at_us).is_empty() {
                return Some(home.since_us);
            }
            match self.heard(way, home.node, user, at_us).last() {
                Some((_, until_us)) => (*until_us <= at_us).then_some(*until_us),
                None => Some(0),
            }
        });
        since.min()
    }

    /// For how long a home of the user's sessions hadn't them from the lane of the newest
    /// connection, the longest time that began and ended between these moments.
    pub fn longest_apart_us(&self, ways: &[Way], user: &str, from_us: u64, to_us: u64) -> u64 {
        let Some(way) = ways.iter().rfind(|way| way.at_us <= to_us) else { return 0 };
        let homes = self.homes_of(&format!("/user/{user}"), from_us, to_us).into_iter();
        let longest = homes.filter_map(|node| {
            let times = self.heard(way, node, user, to_us);
            let apart = times.windows(2).map(|pair| (pair[0].1, pair[1].0));
            let whole =
                apart.filter(|(since_us, until_us)| *since_us >= from_us && *until_us <= to_us);
            whole.map(|(since_us, until_us)| until_us - since_us).max()
        });
        longest.max().unwrap_or(0)
    }

    /// The homes of the queue between these moments.
    pub fn homes_of(&self, queue: &str, from_us: u64, to_us: u64) -> Vec<usize> {
        self.homes_between(queue, from_us, to_us).map(|home| home.node).collect()
    }

    fn homes_between(
        &self,
        queue: &str,
        from_us: u64,
        to_us: u64,
    ) -> impl Iterator<Item = &Home> + use<'_> {
        let hash = proto::name::hash(queue.as_bytes());
        let is_its = move |(bits, prefix): (u8, u32)| BucketId::of(hash, bits).prefix() == prefix;
        let homes = self.homes.iter().filter(move |(bucket, _)| is_its(**bucket));
        homes.flat_map(move |(_, homes)| current(homes, |home| home.since_us, from_us, to_us))
    }
}

/// What holds at some moment between these: of a list in the order of time, the last that began
/// before, and all that began meanwhile.
fn current<T>(
    list: &[T],
    began_us: impl Fn(&T) -> u64,
    from_us: u64,
    to_us: u64,
) -> impl Iterator<Item = &T> {
    let first = list.iter().rposition(|one| began_us(one) <= from_us).unwrap_or(0);
    list[first..].iter().take_while(move |one| began_us(one) <= to_us)
}

#[cfg(test)]
mod tests {
    use super::{Way, Ways};

    #[test]
    fn who_hears_late_of_an_older_home_changes_nothing() {
        let mut ways = Ways::default();
        ways.home(1, (0, 0), 1, 1);
        ways.home(2, (0, 0), 2, 2);
        ways.home(3, (0, 0), 1, 1);
        assert_eq!(ways.homes_of("/room/1", 3, 4), [2]);
        ways.home(5, (0, 0), 1, 3);
        assert_eq!(ways.homes_of("/room/1", 3, 6), [2, 1]);
    }

    #[test]
    fn only_the_link_on_the_way_counts_and_only_then() {
        let mut ways = Ways::default();
        ways.home(0, (0, 0), 1, 1);
        ways.joined(0, (0, 1), 1);
        ways.joined(0, (1, 0), 1);
        ways.ended(5_000_000, (0, 1), 1);
        let by = |lane| [Way { at_us: 10, lane }];
        let cut = |lane, from_us, to_us| ways.cut(&by(lane), "/room/1", from_us, to_us);
        assert!(cut((0, 1), 4_900_000, 5_100_000));
        assert!(cut((0, 1), 5_100_000, 5_200_000), "it isn't back yet");
        assert!(!cut((0, 1), 7_000_000, 7_100_000), "long before");
        assert!(!cut((0, 1), 4_000_000, 4_900_000), "later");
        assert!(!cut((1, 0), 4_900_000, 5_100_000), "of another lane");
        ways.parted(5_000_000, (0, 1), 1);
        ways.parted(5_100_000, (0, 1), 1);
        ways.joined(9_000_000, (0, 1), 1);
        let cut = |lane, from_us, to_us| ways.cut(&by(lane), "/room/1", from_us, to_us);
        assert!(cut((0, 1), 7_000_000, 7_100_000), "they are still apart");
        assert!(!cut((0, 1), 9_500_000, 9_600_000), "it is back");
        let since = |at_us| ways.apart_since(&by((0, 1)), "ann", at_us);
        assert_eq!(since(4_999_999), None);
        assert_eq!(since(7_000_000), Some(5_000_000));
        assert_eq!(since(9_000_000), None);
        assert_eq!(ways.apart_since(&by((1, 0)), "ann", 7_000_000), None);
        let longest = |from_us, to_us| ways.longest_apart_us(&by((0, 1)), "ann", from_us, to_us);
        assert_eq!(longest(4_000_000, 9_000_000), 4_000_000);
        assert_eq!(longest(5_000_001, 9_000_000), 0, "it began before");
        assert_eq!(longest(4_000_000, 8_999_999), 0, "it ended later");
        assert!(ways.cut(&by((2, 0)), "/room/1", 100, 200), "they never had one");
        assert_eq!(ways.apart_since(&by((2, 0)), "ann", 7_000_000), Some(0));
        assert!(!cut((1, 0), 7_000_000, 7_100_000), "of another lane");
        ways.fellows_ended(5_000_000, [1, 2]);
        assert!(ways.waited_for_copy("/room/1", 5_100_000, 5_200_000));
        assert!(!ways.waited_for_copy("/room/1", 7_000_000, 7_200_000), "long before");
        assert!(!ways.waited_for_copy("/room/1", 4_000_000, 4_900_000), "later");
        let mut elsewhere = Ways::default();
        elsewhere.fellows_ended(5_000_000, [0, 1]);
        elsewhere.home(0, (0, 0), 2, 1);
        elsewhere.joined(0, (0, 1), 2);
        elsewhere.ended(5_000_000, (0, 1), 1);
        assert!(!elsewhere.cut(&by((0, 1)), "/room/1", 4_900_000, 5_100_000), "to another node");
        let of_others = elsewhere.waited_for_copy("/room/1", 5_100_000, 5_200_000);
        assert!(!of_others, "of two other nodes");
    }

    #[test]
    fn a_link_on_which_the_home_took_no_session_ends_no_absence() {
        let (lane, by) = ((0, 1), [Way { at_us: 10, lane: (0, 1) }]);
        let mut ways = Ways::default();
        ways.home(0, (0, 0), 1, 1);
        for (since_us, taken_us, until_us) in
            [(0, Some(20), 1_000), (2_000, None, 2_500), (3_000, Some(3_100), 3_100)]
        {
            ways.joined(since_us, lane, 1);
            ways.introduced(since_us + 15, lane, 1, "bob".to_owned());
            if let Some(taken_us) = taken_us {
                ways.introduced(taken_us, lane, 1, "ann".to_owned());
            }
            ways.parted(until_us, lane, 1);
        }
        ways.joined(5_000, lane, 1);
        let since = |ways: &Ways, at_us| ways.apart_since(&by, "ann", at_us);
        assert_eq!(since(&ways, 500), None);
        assert_eq!(since(&ways, 2_200), Some(1_000), "a link that isn't used yet");
        assert_eq!(since(&ways, 4_000), Some(1_000), "it was ended in the turn that read of ann");
        assert_eq!(since(&ways, 6_000), Some(1_000), "a link that isn't used yet");
        assert_eq!(ways.apart_since(&by, "bob", 4_000), Some(3_100));
        assert_eq!(ways.apart_since(&by, "cid", 4_000), Some(3_100), "who has no session yet");
        assert_eq!(ways.longest_apart_us(&by, "ann", 0, 6_000), 0, "it stands");
        ways.introduced(5_500, lane, 1, "ann".to_owned());
        assert_eq!(since(&ways, 6_000), None);
        assert_eq!(ways.longest_apart_us(&by, "ann", 0, 6_000), 4_000);
        assert_eq!(ways.longest_apart_us(&by, "bob", 0, 6_000), 1_000);
        // Who is the home now never had her, though the lane has a link with it.
        ways.joined(0, lane, 2);
        ways.home(7_000, (0, 0), 2, 2);
        assert_eq!(since(&ways, 9_000), Some(7_000));
        ways.introduced(9_500, lane, 2, "ann".to_owned());
        assert_eq!(since(&ways, 9_600), None);
    }
}
