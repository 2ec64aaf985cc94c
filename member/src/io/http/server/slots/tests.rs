//! Who gets a place, and who gives way.

use std::future::pending;

use super::*;

struct Port {
    slots: Arc<Slots>,
    runtime: tokio::runtime::Runtime,
}

impl Port {
    fn new(connections_max: usize, address_connections_max: usize) -> Port {
        let bounds = Bounds { connections_max, address_connections_max, ..Bounds::of_files(8) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Port { slots: Arc::new(Slots::new(bounds)), runtime }
    }

    /// Somebody comes; busy, or silent since then.
    fn take(&self, now_ms: u64, from: &str, busy: bool) -> Result<Slot, (Reason, Option<Leave>)> {
        let talk = Arc::new(Talk::new(now_ms));
        if busy {
            talk.asked();
        }
        let slot = self.slots.take(now_ms, from.parse().unwrap(), &talk);
        let slot = slot.map_err(|NoSlot { reason, leave }| (reason, leave))?;
        self.slots.started(slot.number(), self.runtime.spawn(pending::<()>()).abort_handle());
        Ok(slot)
    }

    fn taken(&self) -> Vec<u64> {
        self.slots.lock().slots.keys().copied().collect()
    }
}

#[test]
fn an_address_has_so_many_places() {
    let port = Port::new(4, 1);
    let take = |from| port.take(0, from, true);
    let ann = take("192.0.2.1").unwrap();
    for same in ["192.0.2.1", "::ffff:192.0.2.1"] {
        assert!(matches!(take(same), Err((Reason::Address, _))), "{same}");
    }
    let others = [take("192.0.2.2"), take("127.0.0.1"), take("::1")];
    assert!(others.iter().all(Result::is_ok));
    assert!(matches!(take("127.0.0.1"), Err((Reason::Full, _))));
    drop(ann);
    let _bob = take("2001:db8::1").unwrap();
    assert!(matches!(take("2001:db8::2"), Err((Reason::Address, _))));
    drop(others);
    assert!(take("2001:db8:0:1::2").is_ok());
    assert_eq!(port.slots.lock().addresses.len(), 1);
}

#[test]
fn who_was_silent_longest_gives_way() {
    let port = Port::new(3, 3);
    let take = |now_ms, busy| port.take(now_ms, "127.0.0.1", busy);
    let _there = [take(0, true).unwrap(), take(10, false).unwrap(), take(5, false).unwrap()];
    assert!(matches!(take(1_004, false), Err((Reason::Full, _))));
    let _ann = take(1_005, true).unwrap();
    assert_eq!(port.taken(), [1, 2, 4]);
    let _bob = take(1_010, true).unwrap();
    assert_eq!(port.taken(), [1, 4, 5]);
    // Whoever is busy never does.
    assert!(matches!(take(100_000, false), Err((Reason::Full, _))));
}

#[test]
fn an_address_with_all_its_places_gives_way_itself() {
    let port = Port::new(9, 2);
    let _other = port.take(0, "192.0.2.9", false).unwrap();
    let _there =
        [port.take(1, "192.0.2.1", false).unwrap(), port.take(2, "192.0.2.1", true).unwrap()];
    assert!(matches!(port.take(1_000, "192.0.2.1", true), Err((Reason::Address, _))));
    let _new = port.take(1_001, "192.0.2.1", true).unwrap();
    assert_eq!(port.taken(), [1, 3, 4]);
}

#[test]
fn so_many_hear_why_they_are_sent_away() {
    let port = Port::new(1, 1);
    let _there = port.take(0, "127.0.0.1", true).unwrap();
    let sent_away = || port.take(0, "127.0.0.1", true).unwrap_err().1;
    let leave = sent_away();
    assert!(leave.is_some() && sent_away().is_none());
    drop(leave);
    assert!(sent_away().is_some());
}
