//! Tests of what answers look like.

use super::*;

#[test]
fn every_operation_of_a_queue_goes_to_that_queue() {
    let methods = ["send_message", "send_state", "get_state", "get_history", "get_queue"];
    for method in methods {
        let operation = json::operation(method, r#"{"queue":"/room/1"}"#).unwrap();
        assert_eq!(queue_of(&operation), "/room/1");
    }
    let user = json::operation("get_user", r#"{"user":"ann"}"#).unwrap();
    assert_eq!(queue_of(&user), "/user/ann");
}
