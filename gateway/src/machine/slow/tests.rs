//! Tests of what waits for a slow receiver: it is bounded, and its bytes are counted right.

use super::*;

#[test]
fn bytes_are_zero_when_all_has_left() {
    let mut behind = Behind::default();
    let message = |seq: u64| {
        let body = g2c::Message { mount: "chat".to_owned(), seq, ..g2c::Message::default() };
        Kept::of(5, &body.encode_to_vec()).unwrap()
    };
    for seq in 1..10 {
        behind.keep(1, &message(3 * seq), false, false);
        let change = g2c::StateChange { key: format!("k{}", seq % 3), ..Default::default() };
        let state = g2c::State { seq: 3 * seq + 1, changes: vec![change], ..Default::default() };
        behind.keep(1, &Kept::State(state), false, false);
        let users = vec![format!("u{}", seq % 4)];
        behind.keep(1, &Kept::Joined { seq: 3 * seq + 2, users }, false, false);
        if seq == 5 {
            behind.freeze();
        }
    }
    assert!(behind.drop_oldest(true).is_ok() && behind.drop_oldest(true).is_ok());
    assert_eq!(behind.items.len(), 8);
    behind.freeze();
    let mut newest = 0;
    while let Some(leaving) = behind.next() {
        if leaving.kind == 5 {
            let seq = EventHead::of(&leaving.body).unwrap().seq;
            assert!(seq > newest);
            newest = seq;
        }
    }
    assert!(behind.is_empty());
    assert_eq!(behind.bytes(), 0);
}

#[test]
fn forgetting_a_queue_forgets_its_bytes() {
    let mut behind = Behind::default();
    behind.keep(1, &Kept::Left { seq: 1, users: vec!["ann".to_owned()] }, false, false);
    behind.keep(2, &Kept::Left { seq: 1, users: vec!["ann".to_owned()] }, false, false);
    let both = behind.bytes();
    behind.forget(1, &mut Missed::new());
    assert_eq!(behind.bytes(), both / 2);
}
