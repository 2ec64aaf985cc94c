//! Answers, cut anywhere.

use std::collections::BTreeMap;

use super::{Answer, parse, samples};

#[test]
fn an_answer_is_read_once_it_is_whole() {
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-Length: 3\r\nx: y\r\n\r\nyesHTTP";
    let whole = bytes.len() - 4;
    for cut in 0..whole {
        assert_eq!(parse(&bytes[..cut]).unwrap(), None, "{cut}");
    }
    let answer = Answer { status: 200, body: b"yes".to_vec() };
    assert_eq!(parse(bytes).unwrap(), Some((answer, whole)));
}

#[test]
fn what_is_no_answer_is_refused() {
    for bytes in ["\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"]
    {
        assert!(parse(bytes.as_bytes()).is_err(), "{bytes}");
    }
}

#[test]
fn samples_are_told_apart_by_their_label() {
    let page =
        "# TYPE a_total counter\na_total 3\nb_total{code=\"x y\"} 4\nb_total{code=\"z\"} 0\n";
    let samples = |name| samples(page, name);
    assert_eq!(samples("a_total"), BTreeMap::from([(String::new(), 3)]));
    assert_eq!(samples("b_total"), BTreeMap::from([("x y".to_owned(), 4), ("z".to_owned(), 0)]));
    assert_eq!(samples("b_to"), BTreeMap::new());
}
