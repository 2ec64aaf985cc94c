//! Whatever copies and lanes do, every output is released when its wait set has acknowledged it, in
//! order, and by nothing else: compared with a model that keeps each output by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;

use link::machine::{LinkId, Outbox};
use proptest::prelude::*;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::{frame, wire};

use super::{Effect, Fellow, Held};
use crate::machine::faults::Faults;

const BUCKETS: u32 = 4;
const LINKS: u32 = 3;
const FELLOWS: u32 = 3;

/// The envelope's number of the frames that are let out: anything but `at`.
const OUTPUT: u32 = 99;

#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A bucket says something on a link, or lets out an effect.
    Say {
        bucket: u32,
        link: u32,
    },
    Effect {
        bucket: u32,
    },
    /// It does, but its decision panics.
    TakeBack {
        bucket: u32,
        link: u32,
        already: bool,
    },
    EndTurn,
    /// A copy acknowledges some of the batches that it hasn't.
    Acknowledge {
        fellow: u32,
        count: u64,
    },
    /// The set of those whose bits are set.
    WaitSet {
        bucket: u32,
        fellows: u32,
    },
    Lags {
        bucket: u32,
        fellow: u32,
    },
    CaughtUp {
        bucket: u32,
        fellow: u32,
    },
    Ended {
        fellow: u32,
    },
    /// A lane comes back on another link of the same number.
    LinkDown {
        link: u32,
    },
    Deposed {
        bucket: u32,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{
        Acknowledge, CaughtUp, Deposed, Effect, EndTurn, Ended, Lags, LinkDown, Say, TakeBack,
        WaitSet,
    };
    let (bucket, link, fellow) = (0..BUCKETS, 0..LINKS, 0..FELLOWS);
    let with_link = (bucket.clone(), link.clone());
    let with_fellow = (bucket.clone(), fellow.clone());
    prop_oneof![
        24 => with_link.clone().prop_map(|(bucket, link)| Say { bucket, link }),
        4 => bucket.clone().prop_map(|bucket| Effect { bucket }),
        2 => (with_link, any::<bool>())
            .prop_map(|((bucket, link), already)| TakeBack { bucket, link, already }),
        14 => Just(EndTurn),
        16 => (fellow.clone(), 1_u64..4)
            .prop_map(|(fellow, count)| Acknowledge { fellow, count }),
        6 => (bucket.clone(), 0_u32..1 << FELLOWS)
            .prop_map(|(bucket, fellows)| WaitSet { bucket, fellows }),
        3 => with_fellow.clone().prop_map(|(bucket, fellow)| Lags { bucket, fellow }),
        6 => with_fellow.prop_map(|(bucket, fellow)| CaughtUp { bucket, fellow }),
        2 => fellow.prop_map(|fellow| Ended { fellow }),
        1 => link.prop_map(|link| LinkDown { link }),
        1 => bucket.prop_map(|bucket| Deposed { bucket }),
    ]
}

/// An output in the model, and what it waits for: nothing while its turn goes on.
#[derive(Debug)]
struct Output {
    number: u64,
    bucket: u32,
    /// None: it is an effect.
    link: Option<u32>,
    tickets: Option<BTreeMap<Fellow, Option<u64>>>,
}

/// What the model knows of a bucket: whom it waits for, and who of them lags.
type WaitSet = BTreeMap<Fellow, bool>;

/// The thing itself, and the model.
struct World {
    held: Held,
    out: Outbox,
    /// How many outputs there were.
    outputs: u64,
    waiting: Vec<Output>,
    sets: Vec<WaitSet>,
    /// Batches that each copy was sent, and has acknowledged, on its link.
    sent: BTreeMap<Fellow, u64>,
    acknowledged: BTreeMap<Fellow, u64>,
    /// Who gets a batch at the end of this turn.
    due: BTreeSet<Fellow>,
    /// What is released and what should be, of each link, and of effects.
    released: BTreeMap<Option<u32>, Vec<(u32, u64)>>,
    wanted: BTreeMap<Option<u32>, Vec<(u32, u64)>>,
}

const EPOCHS: Epochs = Epochs { loss: Loss(1), reign: Reign(1) };

fn id(bucket: u32) -> BucketId {
    BucketId::new(2, bucket).expect("there are four")
}

fn set_of(bits: u32) -> Vec<Fellow> {
    (0..FELLOWS).filter(|at| bits >> at & 1 == 1).map(Fellow).collect()
}

impl World {
    fn new(faults: Faults) -> World {
        let mut out = Outbox::default();
        (0..LINKS).for_each(|link| out.up(LinkId(link)));
        let (waiting, due) = Default::default();
        let (sent, acknowledged) = Default::default();
        let (released, wanted) = Default::default();
        let sets = (0..BUCKETS).map(|_| WaitSet::new()).collect();
        let held = Held::new(faults);
        let outputs = 0;
        let mut world =
            World { held, out, outputs, waiting, sets, sent, acknowledged, due, released, wanted };
        // Two wait for one copy, one for two, one for nobody.
        for (bucket, fellows) in [(0, 1), (1, 1), (2, 3), (3, 0)] {
            world.happen(Happening::WaitSet { bucket, fellows });
        }
        world
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Say { bucket, link } => self.say(bucket, link),
            Happening::Effect { bucket } => {
                let number = self.came(bucket, None);
                if !self.sets[bucket as usize].is_empty() {
                    self.held.effect(bucket, Effect::Word { number });
                }
            }
            Happening::TakeBack { bucket, link, already } => self.take_back(bucket, link, already),
            Happening::EndTurn => self.end_turn(),
            Happening::Acknowledge { fellow, count } => {
                let fellow = Fellow(fellow);
                let known = self.acknowledged.get(&fellow).copied().unwrap_or(0);
                let sent = self.sent.get(&fellow).copied().unwrap_or(0);
                let batch = (known + count).min(sent);
                if batch > known {
                    self.acknowledged.insert(fellow, batch);
                    self.held.acknowledged(fellow, batch, &mut self.out);
                }
            }
            Happening::WaitSet { bucket, fellows } => self.wait_for(bucket, &set_of(fellows)),
            Happening::Lags { bucket, fellow } => {
                self.lag(bucket, Fellow(fellow));
                self.held.lags(id(bucket), Fellow(fellow));
            }
            Happening::CaughtUp { bucket, fellow } => self.caught_up(bucket, Fellow(fellow)),
            Happening::Ended { fellow } => {
                let fellow = Fellow(fellow);
                (0..BUCKETS).for_each(|bucket| self.lag(bucket, fellow));
                self.acknowledged.remove(&fellow);
                self.sent.remove(&fellow);
                self.due.remove(&fellow);
                self.held.ended(fellow);
            }
            Happening::LinkDown { link } => {
                self.compare();
                self.waiting.retain(|output| output.link != Some(link));
                self.out.down(LinkId(link));
                self.held.link_down(LinkId(link));
                self.out.up(LinkId(link));
            }
            Happening::Deposed { bucket } => {
                self.waiting.retain(|output| output.bucket != bucket);
                self.sets[bucket as usize].clear();
                self.held.deposed(bucket, &mut self.out);
            }
        }
        self.compare();
    }

    /// Something new of a bucket: it waits, or is wanted at once.
    fn came(&mut self, bucket: u32, link: Option<u32>) -> u64 {
        self.outputs += 1;
        let number = self.outputs;
        if self.sets[bucket as usize].is_empty() {
            self.wanted.entry(link).or_default().push((bucket, number));
            self.released.entry(link).or_default().push((bucket, number));
        } else {
            self.waiting.push(Output { number, bucket, link, tickets: None });
        }
        number
    }

    fn say(&mut self, bucket: u32, link: u32) {
        let number = self.came(bucket, Some(link));
        if !self.sets[bucket as usize].is_empty() {
            let buffer = self.held.open(LinkId(link), (id(bucket), EPOCHS), || true);
            wire::put_frame(buffer, OUTPUT, 8);
            buffer.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn take_back(&mut self, bucket: u32, link: u32, already: bool) {
        if already {
            self.say(bucket, link);
        }
        if self.sets[bucket as usize].is_empty() {
            return;
        }
        let mark = self.held.mark(bucket, LinkId(link));
        let buffer = self.held.open(LinkId(link), (id(bucket), EPOCHS), || true);
        buffer.extend_from_slice(b"half a frame");
        self.held.effect(bucket, Effect::Word { number: 0 });
        self.held.cut_to(bucket, LinkId(link), mark);
    }

    fn next(&mut self, fellow: Fellow) -> u64 {
        self.due.insert(fellow);
        self.sent.get(&fellow).copied().unwrap_or(0) + 1
    }

    fn end_turn(&mut self) {
        let (due, sent) = (&mut self.due, &mut self.sent);
        self.held.end_turn(&mut self.out, |fellow| {
            due.insert(fellow);
            sent.get(&fellow).copied().unwrap_or(0) + 1
        });
        for output in self.waiting.iter_mut().filter(|output| output.tickets.is_none()) {
            let set = &self.sets[output.bucket as usize];
            let ticket = |(fellow, lags): (&Fellow, &bool)| {
                let batch = self.sent.get(fellow).copied().unwrap_or(0) + 1;
                assert!(*lags || self.due.contains(fellow), "nothing would be acknowledged");
                (*fellow, (!*lags).then_some(batch))
            };
            output.tickets = Some(set.iter().map(ticket).collect());
        }
        for fellow in std::mem::take(&mut self.due) {
            *self.sent.entry(fellow).or_default() += 1;
        }
    }

    fn wait_for(&mut self, bucket: u32, fellows: &[Fellow]) {
        let before = std::mem::take(&mut self.sets[bucket as usize]);
        let lags = |fellow: &Fellow| before.get(fellow).copied().unwrap_or(false);
        self.sets[bucket as usize] = fellows.iter().map(|one| (*one, lags(one))).collect();
        for output in self.waiting.iter_mut().filter(|output| output.bucket == bucket) {
            match &mut output.tickets {
                Some(tickets) => tickets.retain(|fellow, _| fellows.contains(fellow)),
                // With nobody left it goes at once.
                None if fellows.is_empty() => output.tickets = Some(BTreeMap::new()),
                None => {}
            }
        }
        self.held.wait_for(id(bucket), fellows, &mut self.out);
    }

    fn lag(&mut self, bucket: u32, fellow: Fellow) {
        if let Some(lags) = self.sets[bucket as usize].get_mut(&fellow) {
            *lags = true;
        }
        let known = self.acknowledged.get(&fellow).copied().unwrap_or(0);
        for output in self.waiting.iter_mut().filter(|output| output.bucket == bucket) {
            let Some(tickets) = &mut output.tickets else { continue };
            match tickets.get_mut(&fellow) {
                Some(Some(batch)) if *batch <= known => drop(tickets.remove(&fellow)),
                Some(ticket) => *ticket = None,
                None => {}
            }
        }
    }

    fn caught_up(&mut self, bucket: u32, fellow: Fellow) {
        if self.sets[bucket as usize].get(&fellow) != Some(&true) {
            return;
        }
        let batch = self.next(fellow);
        self.sets[bucket as usize].insert(fellow, false);
        for output in self.waiting.iter_mut().filter(|output| output.bucket == bucket) {
            let tickets = output.tickets.iter_mut().flatten();
            for (_, ticket) in tickets.filter(|(of, ticket)| **of == fellow && ticket.is_none()) {
                *ticket = Some(batch);
            }
        }
        self.held.caught_up(id(bucket), fellow, batch, &mut self.out);
    }

    /// What is released is what should be: no more, no less, in order.
    fn compare(&mut self) {
        for output in std::mem::take(&mut self.waiting) {
            let has = |(fellow, batch): (&Fellow, &Option<u64>)| {
                let known = self.acknowledged.get(fellow).copied().unwrap_or(0);
                batch.is_some_and(|batch| batch <= known)
            };
            if output.tickets.as_ref().is_some_and(|tickets| tickets.iter().all(has)) {
                let wanted = self.wanted.entry(output.link).or_default();
                wanted.push((output.bucket, output.number));
            } else {
                self.waiting.push(output);
            }
        }
        self.held.released_on().for_each(drop);
        for link in 0..LINKS {
            let bytes = self.out.take(LinkId(link));
            let released = self.released.entry(Some(link)).or_default();
            outputs(&bytes, released);
        }
        while let Some((bucket, effect)) = self.held.next_effect() {
            let Effect::Word { number } = effect else { panic!("no such effect: {effect:?}") };
            self.released.entry(None).or_default().push((bucket, number));
        }
        for (to, wanted) in &mut self.wanted {
            let released = self.released.entry(*to).or_default();
            // Different buckets may overtake each other.
            released.sort_by_key(|(bucket, _)| *bucket);
            wanted.sort_by_key(|(bucket, _)| *bucket);
            assert_eq!(released, wanted, "on {to:?}");
        }
        assert!(
            self.released.iter().all(|(to, all)| all.is_empty() || self.wanted.contains_key(to))
        );
    }

    /// Nothing is left when everybody has caught up and acknowledged.
    fn settle(&mut self) {
        for bucket in 0..BUCKETS {
            (0..FELLOWS).for_each(|fellow| self.happen(Happening::CaughtUp { bucket, fellow }));
        }
        self.happen(Happening::EndTurn);
        for fellow in 0..FELLOWS {
            self.happen(Happening::Acknowledge { fellow, count: u64::MAX / 2 });
        }
        assert!(self.waiting.is_empty(), "{:?}", self.waiting);
        (0..LINKS).for_each(|link| assert_eq!(self.out.unsent(LinkId(link)), 0));
    }
}

/// The outputs in a link's bytes, each behind an `at` of its bucket.
fn outputs(bytes: &[u8], into: &mut Vec<(u32, u64)>) {
    let (mut rest, mut of) = (bytes, None);
    while let Some((whole, end)) = frame::split(rest, usize::MAX).expect("whole frames") {
        let (number, body) = wire::envelope(whole).expect("an envelope");
        if number == OUTPUT {
            let number = u64::from_be_bytes(body.try_into().expect("a number"));
            into.push((of.expect("an `at` comes first"), number));
        } else {
            let at: proto::link::At = prost::Message::decode(body).expect("an `at`");
            of = Some(at.prefix);
        }
        rest = &rest[end..];
    }
}

fn live_through(happenings: &[Happening], faults: Faults) {
    let mut world = World::new(faults);
    happenings.iter().for_each(|happening| world.happen(*happening));
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn outputs_are_released_in_order_by_their_wait_set(
        happenings in prop::collection::vec(happening(), 1..120)
    ) {
        live_through(&happenings, Faults::default());
    }
}

/// Where the buffers were into which a bucket has written a hundred outputs a turn for two links,
/// in turns of which three wait at a time.
fn buffers(world: &mut World, turns: u64) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    for _ in 0..turns {
        for at in 0..100 {
            let buffer = world.held.open(LinkId(at % 2), (id(0), EPOCHS), || true);
            wire::put_frame(buffer, OUTPUT, 8);
            buffer.extend_from_slice(&u64::from(at).to_be_bytes());
            places.insert(buffer.as_ptr() as usize);
        }
        world.end_turn();
        if let Some(batch) = world.sent[&Fellow(0)].checked_sub(3) {
            world.held.acknowledged(Fellow(0), batch, &mut world.out);
        }
        world.held.released_on().for_each(drop);
        for link in [LinkId(0), LinkId(1)] {
            let length = world.out.unwritten(link).len();
            assert!(world.out.wrote(link, length));
        }
    }
    places
}

#[test]
fn no_output_has_a_buffer_of_its_own() {
    let mut world = World::new(Faults::default());
    let warm = buffers(&mut world, 50);
    // Of each link: its own, and those of four turns that wait and of the one that goes on.
    let used = buffers(&mut world, 1000);
    assert!(used.len() <= 12 && used.is_subset(&warm), "{used:?} {warm:?}");
}

#[test]
fn planted_bugs_are_noticed() {
    use proptest::strategy::ValueTree;
    let none = Faults::default();
    let planted = [
        Faults { waits_for_some: true, ..none },
        Faults { output_overtakes: true, ..none },
        Faults { ticket_survives_link: true, ..none },
        Faults { span_of_refused: true, ..none },
        Faults { deposed_keeps_outputs: true, ..none },
    ];
    std::panic::set_hook(Box::new(|_| {}));
    let lives = prop::collection::vec(happening(), 60..80);
    let is_noticed = |faults: &Faults| {
        let faults = *faults;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        (0..300).any(|_| {
            let life = lives.new_tree(&mut runner).expect("a life").current();
            catch_unwind(|| live_through(&life, faults)).is_err()
        })
    };
    let unnoticed: Vec<&Faults> = planted.iter().filter(|faults| !is_noticed(faults)).collect();
    drop(std::panic::take_hook());
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
