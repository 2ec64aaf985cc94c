//! Who is sent where, and who nowhere.

use std::collections::BTreeMap;

use super::*;

fn elsewhere(own: &[&str]) -> Elsewhere {
    let advertise = own.iter().map(|url| url.parse().unwrap()).collect();
    let settings = Settings { gateway: "g1".to_owned(), advertise, ..Settings::default() };
    Elsewhere::new(&settings, 7)
}

fn door(id: &str, free: u64, addresses: &[&str]) -> b2n::Door {
    let addresses = addresses.iter().map(|text| (*text).to_owned()).collect();
    b2n::Door { id: id.to_owned(), addresses, free }
}

fn hear(here: &mut Elsewhere, now_ms: u64, doors: Vec<b2n::Door>) {
    here.hear(now_ms, &b2n::Doors { doors });
}

const OWN: [&str; 2] = ["tcp://g1:7400", "wss://g1:443"];

#[test]
fn an_address_fits_the_clients_transport() {
    let mut here = elsewhere(&OWN);
    let others = vec![
        door("g1", 100, &OWN),
        door("g2", 1, &["tcp://g2:7400"]),
        door("g3", 1, &["ws://g3:7480", "tls://g3:7400"]),
        door("g4", 2, &["quic://g4:1", "wss://g4:443"]),
    ];
    hear(&mut here, 0, others);
    assert_eq!(here.take(1, Transport::Tcp).as_deref(), Some("g2:7400"));
    assert_eq!(here.take(1, Transport::Tcp), None, "g2 has had its share");
    assert_eq!(here.take(1, Transport::WebSocket).as_deref(), Some("g4:443"));
    assert_eq!(here.take(1, Transport::Events).as_deref(), Some("g4:443"));
    assert!(!here.has_any(1, Transport::Events));
}

#[test]
fn who_advertises_nothing_sends_nobody_anywhere() {
    let mut here = elsewhere(&["ws://g1:7480"]);
    hear(&mut here, 0, vec![door("g2", 10, &["tcp://g2:7400", "wss://g2:443"])]);
    assert_eq!(here.take(1, Transport::Tcp), None);
    assert_eq!(here.take(1, Transport::WebSocket), None, "it is of another scheme");
}

#[test]
fn a_list_is_believed_for_a_while() {
    let mut here = elsewhere(&OWN);
    let others = || vec![door("g2", 10, &["tcp://g2:7400"])];
    hear(&mut here, 1_000, others());
    assert!(here.take(1_000 + limits::DOORS_BELIEVED_MS - 1, Transport::Tcp).is_some());
    assert!(here.take(1_000 + limits::DOORS_BELIEVED_MS, Transport::Tcp).is_none());
    hear(&mut here, 40_000, others());
    assert!(here.take(40_001, Transport::Tcp).is_some());
    hear(&mut here, 40_002, Vec::new());
    assert!(here.take(40_003, Transport::Tcp).is_none());
}

#[test]
fn ten_thousand_are_spread_by_free_places_and_no_more_are_sent_than_fit() {
    let mut here = elsewhere(&OWN);
    let free = [("g2:1", 1_000), ("g3:1", 3_000), ("g4:1", 8_000)];
    let others = free.map(|(address, free)| door(address, free, &[&format!("tcp://{address}")]));
    hear(&mut here, 0, others.to_vec());
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..6_000 {
        *sent.entry(here.take(1, Transport::Tcp).unwrap()).or_default() += 1;
    }
    for (address, free) in free {
        let half = free / 2;
        assert!(sent[address].abs_diff(half) < half / 5, "{sent:?}");
    }
    for _ in 6_000..12_000 {
        *sent.entry(here.take(1, Transport::Tcp).unwrap()).or_default() += 1;
    }
    let all: Vec<(&str, u64)> = sent.iter().map(|(to, many)| (to.as_str(), *many)).collect();
    assert_eq!(all, free);
    assert_eq!(here.take(1, Transport::Tcp), None);
}
