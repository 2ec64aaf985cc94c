//! Who is let in, who is turned away, and what is remembered.

use super::*;

fn at(ms: u64) -> Time {
    Time { ms, unix_ms: 0 }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn addresses(connections_max: u32, attempts_per_s: u32) -> Addresses {
    let connections_max = NonZeroU32::new(connections_max);
    let attempts_per_s = NonZeroU32::new(attempts_per_s);
    Addresses::new(AddressLimits { connections_max, attempts_per_s }, Seed::new(1))
}

#[test]
fn an_address_has_so_many_connections_and_others_are_not_touched() {
    let here = addresses(2, 0);
    let first = here.knock(at(0), ip("192.0.2.1")).unwrap().unwrap();
    here.knock(at(0), ip("192.0.2.1")).unwrap().unwrap();
    let turned_away = here.knock(at(0), ip("::ffff:192.0.2.1")).unwrap_err();
    assert_eq!(turned_away, TurnedAway::TooMany { retry_after_ms: TOO_MANY_RETRY_MS });
    assert!(here.knock(at(0), ip("192.0.2.2")).is_ok());
    here.left(first);
    assert!(here.knock(at(0), ip("192.0.2.1")).is_ok());
    assert!(here.knock(at(0), ip("192.0.2.1")).is_err());
}

#[test]
fn ipv6_counts_by_its_64() {
    let here = addresses(1, 0);
    assert!(here.knock(at(0), ip("2001:db8:0:1::1")).is_ok());
    assert!(here.knock(at(0), ip("2001:db8:0:1:ffff::2")).is_err());
    assert!(here.knock(at(0), ip("2001:db8:0:2::1")).is_ok());
}

#[test]
fn the_same_machine_is_not_counted() {
    let here = addresses(1, 1);
    for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(here.knock(at(0), ip(address)), Ok(None));
        assert_eq!(here.knock(at(0), ip(address)), Ok(None));
    }
    assert_eq!(here.known(), 0);
}

#[test]
fn who_knocks_too_often_waits() {
    let here = addresses(0, 10);
    let knock = |ms| here.knock(at(ms), ip("192.0.2.1"));
    for _ in 0..10 {
        assert!(knock(1_000).is_ok(), "a burst of a second's attempts");
    }
    assert_eq!(knock(1_000), Err(TurnedAway::TooOften { retry_after_ms: 100 }));
    assert_eq!(knock(1_040), Err(TurnedAway::TooOften { retry_after_ms: 60 }));
    assert!(knock(1_100).is_ok());
    assert!(knock(1_100).is_err(), "who was turned away has lost nothing and gained nothing");
}

#[test]
fn all_who_may_be_there_can_come_back_at_once() {
    let here = addresses(500, 10);
    for round in [0, 60_000] {
        let came: Vec<_> =
            (0..500).map(|_| here.knock(at(round), ip("192.0.2.1")).unwrap()).collect();
        came.into_iter().flatten().for_each(|prefix| here.left(prefix));
        assert!(here.knock(at(round), ip("192.0.2.1")).is_err());
    }
}

#[test]
fn no_limit_remembers_nobody() {
    let here = addresses(0, 0);
    assert_eq!(here.knock(at(0), ip("192.0.2.1")), Ok(None));
    assert_eq!(here.known(), 0);
}

#[test]
fn many_addresses_do_not_grow_the_table() {
    let here = Addresses { known_max: 100, ..addresses(1, 1) };
    let address = |number: u32| IpAddr::from((0x0a00_0000 + number).to_be_bytes());
    let stays = here.knock(at(0), address(0)).unwrap().unwrap();
    for number in 1..100 {
        let prefix = here.knock(at(0), address(number)).unwrap().unwrap();
        here.left(prefix);
    }
    // Full of those who were here just now: they go, who is connected stays.
    assert!(here.knock(at(500), address(1_000)).unwrap().is_some());
    assert_eq!(here.known(), 2);
    assert!(here.knock(at(500), address(0)).is_err());
    // Full of those who are connected: the next goes uncounted.
    for number in 1_001..1_099 {
        assert!(here.knock(at(500), address(number)).unwrap().is_some());
    }
    assert_eq!(here.knock(at(5_000), address(2_000)), Ok(None));
    assert_eq!(here.known(), 100);
    here.left(stays);
    assert_eq!(here.knock(at(5_500), address(2_000)), Ok(None), "looked at a moment ago");
    assert!(here.knock(at(6_000), address(2_000)).unwrap().is_some());
}

#[test]
fn lanes_knock_and_leave_at_once_and_none_waits_for_another() {
    let here = Addresses { known_max: 200, ..addresses(0, 1_000_000) };
    let address = |number: u32| IpAddr::from((0x0a00_0000 + number).to_be_bytes());
    std::thread::scope(|lanes| {
        for lane in 0..4 {
            let (here, address) = (&here, &address);
            lanes.spawn(move || {
                for round in 0..20_u64 {
                    // Each round is a second later, so that there is always something to forget.
                    let came: Vec<_> = (0..100)
                        .map(|number| here.knock(at(round * 1_000), address(number * 4 + lane)))
                        .collect();
                    came.into_iter().flatten().flatten().for_each(|prefix| here.left(prefix));
                }
            });
        }
    });
    assert_eq!(here.known(), here.known.len());
    assert!(here.known.iter().all(|known| known.connections == 0));
}
