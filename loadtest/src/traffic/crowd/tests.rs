//! Ends of connections.

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use super::Crowd;
use crate::clock::Clock;
use crate::peers::Member;
use crate::peers::imq::returning::Returning;

#[test]
fn an_end_that_came_with_the_last_bytes_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut crowd = Crowd::storming(Clock::start()).expect("an epoll");
    let member = Member { user: "ann".to_owned(), room: "/room/1".to_owned() };
    let server = listener.local_addr().expect("an address");
    crowd.join(server, None, Returning::new(member, None)).expect("it connects");
    let (mut stream, _) = listener.accept().expect("it has connected");
    // The front of a frame, and the end: both are there before the crowd looks.
    stream.write_all(&[5]).expect("it is open");
    stream.shutdown(Shutdown::Write).expect("it is open");
    for _ in 0..3 {
        crowd.turn(Duration::from_millis(50), |_| Ok(())).expect("a turn");
    }
    let losses = crowd.take_losses();
    assert_eq!(losses.iter().map(|loss| loss.who).collect::<Vec<_>>(), [0]);
}
