//! What a client is told, in frames of the schema.

use std::collections::BTreeMap;

use prost_reflect::Value;
use prost_reflect::prost::Message;

use super::{Counting, Outcomes};
use crate::peers::tests::schema::{descriptor, envelope};
use crate::peers::{Codec, Event, Member};

fn hear(client: &mut Counting, body: &str, fields: &[(&str, Value)]) -> Event<'static> {
    let frame = envelope(&descriptor("g2c.proto", "imq.g2c.G2c"), body, fields);
    let bytes = frame.encode_length_delimited_to_vec();
    let (event, taken) =
        client.next(&bytes, &mut Vec::new()).expect("no violation").expect("a whole frame");
    assert_eq!(taken, bytes.len());
    match event {
        Event::Acknowledged => Event::Acknowledged,
        Event::Ready => Event::Ready,
        Event::Welcomed | Event::Delivery(_) | Event::Ended | Event::Other => Event::Other,
    }
}

#[test]
fn results_and_closings_are_counted() {
    let mut client = Counting::new(Member { user: "u".into(), room: "/r".into() });
    let ready = hear(&mut client, "subscribed", &[("queue", Value::String("/r".into()))]);
    assert_eq!(ready, Event::Ready);
    assert_eq!(hear(&mut client, "result", &[("op_id", Value::U32(1))]), Event::Acknowledged);
    for status in [8, 14, 8] {
        let refusal = [("op_id", Value::U32(2)), ("status", Value::U32(status))];
        assert_eq!(hear(&mut client, "result", &refusal), Event::Other);
    }
    hear(&mut client, "closing", &[("code", Value::U32(3009)), ("may_retry", Value::Bool(true))]);
    let mut outcomes = Outcomes::default();
    outcomes.add(&client.outcomes);
    assert_eq!((outcomes.done, outcomes.answered()), (1, 4));
    assert_eq!(outcomes.refused, BTreeMap::from([(8, 2), (14, 1)]));
    assert_eq!(outcomes.closed, BTreeMap::from([(3009, 1)]));
}
