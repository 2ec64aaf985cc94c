//! Who is connected, as operators see it.

use super::{Bench, Settings, dev, lines};
use crate::machine::Pace;
use crate::machine::survey::{Connected, Order};

/// Ann takes nothing of what comes; Bob is in two rooms, with an operation that has no answer.
const TWO: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 0
    0 c1 open
    0 c1 connect bob
    0 n1 logged_in 1 0
    0 c1 subscribe 1 /room/1
    0 n1 answer 1 1 0
    0 n1 subscribed 1 1 0
    0 c1 subscribe 2 /room/2
    0 n1 answer 1 2 0
    0 n1 subscribed 1 2 0
    0 c1 send 3 /room/1 chat a
    1 stuck c0
    1 n1 message 1 1 1
    2 n1 message 1 2 2
    ";

fn bench() -> Bench {
    let mut bench = Bench::new(Settings { slow_bytes: 10, ..dev() });
    lines(TWO).for_each(|line| bench.step(line));
    bench
}

fn connected(order: Order, user: Option<&str>, most: usize) -> Vec<Connected> {
    let bench = bench();
    bench.lane.connected(order, user, most, &bench.out)
}

fn users(all: &[Connected]) -> Vec<&str> {
    all.iter().map(|one| one.user.as_str()).collect()
}

#[test]
fn who_does_not_take_what_comes_is_named_first() {
    let all = connected(Order::Unsent, None, 10);
    assert_eq!(users(&all), ["ann", "bob"]);
    assert_eq!((all[0].pace, all[1].pace), (Pace::Slow, Pace::Keeps));
    assert!(all[0].unsent_bytes > 10, "{all:?}");
    assert_eq!(all[1].unsent_bytes, 0);
}

#[test]
fn other_orders_name_others_first() {
    let all = connected(Order::Subscriptions, None, 10);
    assert_eq!(users(&all), ["bob", "ann"]);
    assert_eq!((all[0].subscriptions, all[1].subscriptions), (2, 1));
    let all = connected(Order::Unanswered, None, 10);
    assert_eq!((users(&all), all[0].unanswered), (vec!["bob", "ann"], 1));
}

#[test]
fn at_most_so_many_are_shown_and_only_the_user_who_is_named() {
    assert_eq!(users(&connected(Order::Unsent, None, 1)), ["ann"]);
    assert_eq!(users(&connected(Order::Subscriptions, None, 1)), ["bob"]);
    assert_eq!(users(&connected(Order::Unsent, Some("bob"), 10)), ["bob"]);
    assert_eq!(users(&connected(Order::Unsent, Some("nobody"), 10)), [""; 0]);
}
