//! Signs of life: asked for, given, and missed.

use std::collections::VecDeque;

use proto::limits::{ACTIVE_MS, DEAD_MS, QUIET_BEAT_MS};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// Two ends that are up, each with its thread's pace, and the bytes on their way between them. The
/// dialler is 0, the acceptor 1.
struct Pair {
    ends: [Link; 2],
    paces: [Pace; 2],
    now: Time,
    /// To the dialler, and to the acceptor: when they arrive.
    ways: [VecDeque<(u64, Vec<u8>)>; 2],
    /// How long bytes take.
    takes_ms: u64,
    /// Ends whose process stands still, and ways on which nothing arrives.
    stands: [bool; 2],
    cut: [bool; 2],
    /// How many beats each has sent.
    beats: [u32; 2],
    /// When and why each has ended the link.
    over: [Option<(u64, LinkError)>; 2],
}

fn pair() -> Pair {
    pair_as(|_| {})
}

/// The dialler says of itself what differs by this.
fn pair_as(change: impl Fn(&mut Hello)) -> Pair {
    let (mut said, mut hello) = (Vec::new(), Hello::default());
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut said);
    hello.clone_from(&Hello::decode(&handshake::hello(&settings("a", "s"), &[1; 16])[..]).unwrap());
    change(&mut hello);
    dialler.stage = Stage::Greeting { mine: hello.encode_to_vec() };
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut to_b = framed(HELLO, &hello.encode_to_vec());
    while !to_b.is_empty() {
        let (mut to_a, taken) = (Vec::new(), std::mem::take(&mut to_b));
        assert_eq!(acceptor.receive(START, &quiet(), &taken, &mut to_a, |_| {}), Ok(()));
        assert_eq!(dialler.receive(START, &quiet(), &to_a, &mut to_b, |_| {}), Ok(()));
    }
    assert!(dialler.is_up() && acceptor.is_up());
    dialler.beats.up(hello.version);
    Pair {
        ends: [dialler, acceptor],
        paces: [quiet(), quiet()],
        now: START,
        ways: [VecDeque::new(), VecDeque::new()],
        takes_ms: 0,
        stands: [false; 2],
        cut: [false; 2],
        beats: [0; 2],
        over: [None, None],
    }
}

impl Pair {
    /// The thread of an end says something else, to anybody.
    fn speaks(&mut self, end: usize) {
        self.paces[end].speak(self.now);
    }

    fn send(&mut self, from: usize, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.beats[from] += 1;
        if !self.cut[1 - from] {
            self.ways[1 - from].push_back((self.now.ms + self.takes_ms, bytes));
        }
    }

    /// What an end's thread does in a turn: reads, wakes, and quickens.
    fn turn(&mut self, end: usize) {
        if self.stands[end] || self.over[end].is_some() {
            return;
        }
        let (now, mut out) = (self.now, Vec::new());
        while self.ways[end].front().is_some_and(|(at_ms, _)| *at_ms <= now.ms) {
            let (_, bytes) = self.ways[end].pop_front().expect("there is one");
            let (link, pace) = (&mut self.ends[end], &self.paces[end]);
            let mut hops_heard = 0;
            let read = link.receive(now, pace, &bytes, &mut out, |got| {
                if let Received::Active { hops } = got {
                    hops_heard = hops;
                }
            });
            assert_eq!(read, Ok(()));
            self.paces[end].hear(now, hops_heard);
        }
        if self.ends[end].wake_at(&self.paces[end]) <= now.ms {
            match self.ends[end].wake(now, &self.paces[end], &mut out) {
                Ok(()) => {}
                Err(error) => self.over[end] = Some((now.ms, error)),
            }
        }
        if self.paces[end].quickens(now) {
            self.ends[end].ask(now, &self.paces[end], &mut out);
        }
        self.send(end, out);
    }

    /// Goes on for so long.
    fn goes_on(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now = self.now.after(1);
            // Each twice, so that an answer is there in the same millisecond.
            for end in [0, 1, 0, 1] {
                self.turn(end);
            }
        }
    }

    /// How many beats each sends in so long.
    fn beats_in(&mut self, ms: u64) -> [u32; 2] {
        self.beats = [0; 2];
        self.goes_on(ms);
        self.beats
    }

    /// How long after now an end ends the link.
    fn noticed(&mut self, end: usize) -> u64 {
        let since_ms = self.now.ms;
        while self.over[end].is_none() {
            assert!(self.now.ms < since_ms + 60_000, "it is never noticed");
            self.goes_on(1);
        }
        self.now.ms - since_ms
    }

    fn is_whole(&self) -> bool {
        self.over == [None, None]
    }
}

/// Gives one end these bytes; what it answered.
fn give(to: &mut Link, at_ms: u64, bytes: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    assert_eq!(to.receive(START.after(at_ms), &quiet(), bytes, &mut answer, |_| {}), Ok(()));
    answer
}

fn wake(end: &mut Link, at_ms: u64) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(end.wake(START.after(at_ms), &quiet(), &mut out), Ok(()));
    out
}

fn beat(asks: bool) -> Vec<u8> {
    framed(BEAT, &Beat { asks, hops: 0 }.encode_to_vec())
}

#[test]
fn frames_pass_and_beats_do_not() {
    let (_, _, mut acceptor) = shake("s", "s");
    let bytes = [beat(true), framed(6, b"x")].concat();
    let mut got = Vec::new();
    let result =
        acceptor.receive(START, &quiet(), &bytes, &mut Vec::new(), |r| got.push(name("b", r)));
    assert_eq!((result, got), (Ok(()), vec!["b got [50, 1, 120]".to_owned()]));
}

#[test]
fn whoever_is_asked_answers_at_once_and_asks_nothing() {
    let (_, mut dialler, mut acceptor) = shake("s", "s");
    assert_eq!(wake(&mut dialler, 999), b"");
    let asked = wake(&mut dialler, 1_000);
    assert_eq!(asked, beat(true));
    assert_eq!(give(&mut acceptor, 1_000, &asked), beat(false));
    assert_eq!(give(&mut dialler, 1_000, &beat(false)), b"");
    assert_eq!(give(&mut dialler, 1_001, &beat(true)), beat(false), "and so does the dialler");
}

#[test]
fn beats_in_a_heap_have_one_answer() {
    let (_, _, mut acceptor) = shake("s", "s");
    assert_eq!(give(&mut acceptor, 450, &beat(true).repeat(4)), beat(false));
    assert_eq!(give(&mut acceptor, 451, &beat(true)), beat(false), "each ask has one");
}

#[test]
fn a_quiet_link_beats_once_a_second_each_way() {
    let mut pair = pair();
    assert_eq!(pair.beats_in(10_000), [10, 10]);
    assert!(pair.is_whole());
}

#[test]
fn links_that_came_up_at_different_moments_beat_together() {
    let at = [0, 30, 99].map(|ms| START.after(ms));
    let links = at.map(|now| Beats::new(now, End::Dialler, 100, 500));
    let ask_at = |pace: &Pace| {
        let mut links = links.each_ref().map(|link| link.ask_at(pace)).to_vec();
        links.dedup();
        links
    };
    assert_eq!(ask_at(&quiet()), [START.ms + 100], "an unknown peer's are never rare");
}

#[test]
fn an_active_link_beats_ten_times_a_second_each_way_whoever_is_active() {
    for speaker in [0, 1] {
        let mut pair = pair();
        pair.goes_on(550);
        pair.speaks(speaker);
        let beats = pair.beats_in(ACTIVE_MS - 1);
        assert!(beats.iter().all(|beats| (20..=22).contains(beats)), "{beats:?}");
        // What each has heard of the other last holds for a dead time.
        pair.goes_on(2 * DEAD_MS);
        assert_eq!(pair.beats_in(5_000), [5, 5]);
        assert!(pair.is_whole());
    }
}

#[test]
fn who_hears_of_somebody_two_links_away_asks_though_its_peer_stays_quiet() {
    for hearer in [0, 1] {
        let mut pair = pair();
        pair.goes_on(550);
        for _ in 0..20 {
            let now = pair.now;
            pair.paces[hearer].hear(now, 1);
            pair.goes_on(100);
        }
        assert!(pair.is_whole() && !pair.paces[1 - hearer].is_active());
        assert!(pair.beats.iter().all(|beats| *beats >= 13), "{:?}", pair.beats);
    }
}

#[test]
fn a_silent_peer_of_a_quiet_link_is_noticed_after_the_next_beat() {
    for (dead, most_ms) in [(1, QUIET_BEAT_MS + DEAD_MS), (0, QUIET_BEAT_MS + 50 + DEAD_MS)] {
        for after_ms in (2_000..3_000).step_by(37) {
            let mut pair = pair();
            pair.goes_on(after_ms);
            pair.stands[dead] = true;
            let noticed_ms = pair.noticed(1 - dead);
            assert!((DEAD_MS..=most_ms).contains(&noticed_ms), "{noticed_ms} ms");
        }
    }
}

#[test]
fn what_is_said_into_a_dead_link_is_noticed_within_the_dead_time() {
    for dead in [0, 1] {
        // Also while a rare beat is on its way, and when the link has just been heard.
        for after_ms in (2_000..3_000).step_by(37) {
            for wait_ms in [0, 1, 99, 150, 250, 480] {
                let mut pair = pair();
                pair.goes_on(after_ms);
                pair.stands[dead] = true;
                pair.goes_on(wait_ms);
                pair.speaks(1 - dead);
                let noticed_ms = pair.noticed(1 - dead);
                assert!(noticed_ms <= DEAD_MS + 1, "{noticed_ms} ms");
            }
        }
    }
}

#[test]
fn silence_of_an_active_link_counts_from_its_beginning() {
    for dead in [0, 1] {
        for after_ms in 2_000..2_100 {
            let mut pair = pair();
            pair.goes_on(after_ms - 1_000);
            pair.speaks(0);
            pair.speaks(1);
            pair.goes_on(1_000);
            pair.stands[dead] = true;
            let noticed_ms = pair.noticed(1 - dead);
            assert!((DEAD_MS - 100..=DEAD_MS).contains(&noticed_ms), "{noticed_ms} ms");
            let over = pair.over[1 - dead].as_ref().map(|(_, error)| error.silent_ms());
            assert_eq!(over, Some(DEAD_MS));
        }
    }
}

#[test]
fn a_direction_that_is_cut_is_noticed_by_who_hears_nothing() {
    for deaf in [0, 1] {
        for is_active in [true, false] {
            let mut pair = pair();
            pair.goes_on(2_300);
            pair.cut[deaf] = true;
            if is_active {
                pair.speaks(deaf);
            }
            let most_ms = if is_active { DEAD_MS + 1 } else { QUIET_BEAT_MS + 50 + DEAD_MS };
            let noticed_ms = pair.noticed(deaf);
            assert!(noticed_ms <= most_ms, "{noticed_ms} ms");
            assert_eq!(pair.over[1 - deaf], None, "the other hears its asks until then");
        }
    }
}

#[test]
fn who_stood_still_accuses_nobody_who_has_answered() {
    for stands in [0, 1] {
        for (after_ms, speaks) in [(2_000, false), (2_300, false), (2_300, true), (2_999, true)] {
            let mut pair = pair();
            pair.goes_on(after_ms);
            if speaks {
                pair.speaks(stands);
            }
            pair.goes_on(50);
            pair.stands[stands] = true;
            // Shorter than the other bears, then as long as it likes: the other's end is over.
            pair.goes_on(DEAD_MS - 150);
            pair.stands[stands] = false;
            pair.goes_on(5_000);
            assert!(pair.is_whole(), "{stands} {after_ms}");
            pair.stands[stands] = true;
            pair.noticed(1 - stands);
            pair.goes_on(3_000);
            pair.stands[stands] = false;
            pair.turn(stands);
            assert_eq!(pair.over[stands], None, "it has been asked meanwhile, and goes on to read");
        }
    }
}

#[test]
fn a_healthy_link_never_ends_whatever_its_ends_think_of_each_other() {
    for seed in 0..40 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut pair = pair();
        pair.takes_ms = random.random_range(0..170);
        for _ in 0..600 {
            let end = random.random_range(0..2_usize);
            let now = pair.now;
            match random.random_range(0..12) {
                0 => pair.speaks(end),
                1 => pair.paces[end].hear(now, random.random_range(0..4)),
                2 if pair.takes_ms < 100 => {
                    // What stands still for less than the other bears is no death either.
                    pair.stands[end] = true;
                    pair.goes_on(random.random_range(0..140));
                    pair.stands[end] = false;
                    pair.goes_on(1_000);
                }
                _ => pair.goes_on(random.random_range(0..400)),
            }
            assert!(pair.is_whole(), "seed {seed}: {:?}, {} ms", pair.over, pair.takes_ms);
        }
    }
}

#[test]
fn links_of_version_3_beat_ten_times_a_second_and_say_nothing() {
    // The dialler is of this version, its acceptor of the one before, and answers whatever beats.
    let (_, mut dialler, _) = shake("s", "s");
    dialler.beats.up(3);
    for at in (100..2_000).step_by(100) {
        let asked = wake(&mut dialler, at);
        assert!(!asked.is_empty(), "it must not fall silent for longer");
        assert_eq!(give(&mut dialler, at + 1, &framed(BEAT, b"")), b"");
    }
    // The acceptor is: a beat of version 3 is an ask that doesn't say so.
    let (_, _, mut acceptor) = shake("s", "s");
    acceptor.beats.up(3);
    for at in (100..2_000).step_by(100) {
        assert_eq!(give(&mut acceptor, at, &framed(BEAT, b"")), beat(false));
        assert_eq!(wake(&mut acceptor, at + 99), b"");
    }
    assert_eq!(wake(&mut acceptor, 2_050), beat(true), "nobody answers this");
    assert_eq!(wake(&mut acceptor, 2_399), beat(true));
    let silent = acceptor.wake(START.after(2_400), &quiet(), &mut Vec::new());
    assert_eq!(silent, Err(LinkError::Silent(500)), "as it has always been");
}

#[test]
fn the_older_of_two_versions_decides_what_beats_say() {
    let mut older = pair_as(|hello| hello.version = 3);
    assert_eq!(older.beats_in(1_000), [10, 10]);
    assert_eq!(pair_as(|hello| hello.version = 9).beats_in(1_000), [1, 1]);
}

#[test]
fn silence_before_the_proof_ends_a_link() {
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut Vec::new());
    assert_eq!(dialler.wake_at(&quiet()), START.ms + 500);
    assert_eq!(wake(&mut dialler, 499), b"");
    let silent = dialler.wake(START.after(500), &quiet(), &mut Vec::new());
    assert_eq!(silent, Err(LinkError::Silent(500)));
}
