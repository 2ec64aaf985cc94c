//! What passes and what doesn't.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::{Wires, dialler_of};

/// A `Hello` in its frame.
fn hello(id: &str) -> Vec<u8> {
    let mut hello = vec![1 << 3, 3, 4 << 3 | 2, id.len() as u8];
    hello.extend_from_slice(id.as_bytes());
    let mut frame = vec![hello.len() as u8 + 2, 1 << 3 | 2, hello.len() as u8];
    frame.extend_from_slice(&hello);
    frame
}

#[test]
fn who_dials_is_read_from_a_whole_frame() {
    let whole = hello("q1");
    for part in 0..whole.len() {
        assert_eq!(dialler_of(&whole[..part]).unwrap(), None);
    }
    assert_eq!(dialler_of(&whole).unwrap().as_deref(), Some("q1"));
    assert!(dialler_of(&[2, 1 << 3, 1]).is_err());
    assert!(dialler_of(&[4, 1 << 3 | 2, 2, 1 << 3, 1]).is_err(), "no id");
}

#[test]
fn a_cut_holds_its_pair_and_nobody_else_until_it_is_mended() {
    let (wires, target) = (Wires::default(), TcpListener::bind("127.0.0.1:0").unwrap());
    let door = wires.lead_to("q2", target.local_addr().unwrap()).unwrap();
    let dial = |id: &str| {
        let mut stream = TcpStream::connect(door).unwrap();
        stream.write_all(&hello(id)).unwrap();
        stream
    };
    let accept = |id: &str| {
        let mut stream = target.accept().unwrap().0;
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut came = vec![0; hello(id).len()];
        stream.read_exact(&mut came).unwrap();
        assert_eq!(came, hello(id));
        stream
    };
    let mut one = dial("q1");
    let mut at_one = accept("q1");
    let mut three = dial("q3");
    let mut at_three = accept("q3");

    wires.cut("q2", "q1");
    one.write_all(b"held").unwrap();
    three.write_all(b"free").unwrap();
    let mut word = [0; 4];
    at_three.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"free");
    at_one.set_nonblocking(true).unwrap();
    assert_eq!(at_one.read(&mut word).unwrap_err().kind(), ErrorKind::WouldBlock);
    at_one.set_nonblocking(false).unwrap();

    wires.mend();
    at_one.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"held");
    at_one.write_all(b"back").unwrap();
    one.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"back");
    drop(one);
    assert_eq!(at_one.read(&mut word).unwrap(), 0, "an end passes, too");
}
