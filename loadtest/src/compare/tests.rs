//! Who runs when.

use super::turns;

#[test]
fn each_server_begins_a_round_in_its_turn() {
    let round = |number| turns(&['a', 'b', 'c'], number).collect::<String>();
    assert_eq!([0, 1, 2, 3].map(round), ["abc", "bca", "cab", "abc"]);
    assert_eq!(turns::<char>(&[], 7).count(), 0);
}
