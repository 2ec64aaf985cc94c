//! Who has to make space for whom.

use super::*;

fn origin(text: &str) -> Origin {
    text.parse::<IpAddr>().unwrap().into()
}

#[test]
fn one_address_pushes_out_its_own_oldest() {
    let mut unproven = Unproven::default();
    let other = unproven.came(LinkId(9999), origin("10.0.0.2"));
    for at in 0..limits::UNPROVEN_LINKS_PER_ADDRESS_MAX as u32 {
        assert_eq!(unproven.surplus(origin("10.0.0.1")), None);
        unproven.came(LinkId(at), origin("10.0.0.1"));
    }
    assert_eq!(unproven.surplus(origin("10.0.0.1")), Some(LinkId(0)));
    assert_eq!(unproven.surplus(origin("10.0.0.2")), None);
    unproven.leaves(other);
    unproven.leaves(other);
    assert_eq!(unproven.count(), limits::UNPROVEN_LINKS_PER_ADDRESS_MAX);
}

#[test]
fn many_addresses_push_out_the_oldest_of_all() {
    let mut unproven = Unproven::default();
    let mut places = Vec::new();
    for at in 0..limits::UNPROVEN_LINKS_MAX as u32 {
        let address = origin(&format!("10.0.{}.{}", at >> 8, at & 255));
        assert_eq!(unproven.surplus(address), None);
        places.push(unproven.came(LinkId(at), address));
    }
    assert_eq!(unproven.surplus(origin("10.1.0.0")), Some(LinkId(0)));
    unproven.leaves(places[0]);
    assert_eq!(unproven.surplus(origin("10.1.0.0")), None);
    unproven.came(LinkId(0), origin("10.1.0.0"));
    assert_eq!(unproven.surplus(origin("10.1.0.1")), Some(LinkId(1)));
    places.into_iter().for_each(|place| unproven.leaves(place));
    assert_eq!((unproven.count(), unproven.counts.len()), (1, 1));
}

#[test]
fn an_address_is_one_however_it_is_written_and_a_network_of_ipv6_is_one() {
    assert_eq!(origin("10.0.0.1"), origin("::ffff:10.0.0.1"));
    assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1"));
    assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
}
