//! Tests of names, numbers and comments.

use super::*;

const A: ConnectionName = ConnectionName([1; 16]);
const B: ConnectionName = ConnectionName([2; 16]);

#[test]
fn numbers_are_taken_once_and_in_order() {
    let mut streams = Streams::default();
    streams.open(ConnId::at(4), A, 0);
    assert_eq!((streams.find(A), streams.find(B)), (Some(ConnId::at(4)), None));
    assert_eq!(streams.take(A, 2), Err(Posted::Gap));
    assert_eq!(streams.take(A, 1), Ok(()));
    assert_eq!(streams.take(A, 1), Err(Posted::Taken));
    assert_eq!(streams.take(A, 2), Ok(()));
    for (count, posted) in [(0, Posted::Taken), (1, Posted::Taken), (u64::MAX, Posted::Gap)] {
        assert_eq!(streams.take(A, count), Err(posted));
    }
    assert_eq!(streams.take(B, 1), Err(Posted::Gone));
    streams.close(ConnId::at(4));
    assert_eq!((streams.take(A, 3), streams.find(A)), (Err(Posted::Gone), None));
}

#[test]
fn comments_are_due_while_a_stream_lasts() {
    let mut streams = Streams::default();
    let [a, b] = [4, 5].map(ConnId::at);
    streams.open(a, A, 0);
    streams.open(b, B, 10);
    assert_eq!((streams.due(14_999, 9), streams.wake_at()), (vec![], Some(15_000)));
    assert_eq!(streams.due(15_500, 9), [a, b]);
    streams.close(a);
    // The number is another stream's, which has a time of its own.
    streams.open(a, ConnectionName([3; 16]), 20_000);
    assert_eq!((streams.due(30_500, 1), streams.due(30_500, 9)), (vec![], vec![b]));
    assert_eq!(streams.due(35_000, 9), [a]);
}
