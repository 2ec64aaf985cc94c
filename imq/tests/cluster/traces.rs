//! Following a queue and a user through all processes.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::http::request;
use crate::process::{Imq, PATIENCE, imq, imq_ok};
use crate::roles::Five;

/// The boss's answer, as it comes.
struct Trace(Lines<BufReader<TcpStream>>);

impl Trace {
    /// Begins one, and waits until processes follow.
    fn begin(five: &Five, query: &str) -> Trace {
        let mut stream = TcpStream::connect(("127.0.0.1", five.base + 100)).expect("the boss");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let head = "Host: localhost\r\nConnection: close\r\n\r\n";
        write!(stream, "GET /api/v1/trace?{query} HTTP/1.1\r\n{head}").expect("the boss reads");
        let mut trace = Trace(BufReader::new(stream).lines());
        let begun = trace.event();
        assert_eq!(begun.0, "begin", "{begun:?}");
        let processes = begun.1["processes"].as_object().expect("by their names");
        assert_eq!(processes.keys().collect::<Vec<_>>(), ["g1", "g2", "q1", "q2"]);
        trace
    }

    /// The next event.
    fn event(&mut self) -> (String, Value) {
        let mut named = |beginning: &str| loop {
            let line = self.0.next().expect("it goes on").expect("it can be read");
            if let Some(rest) = line.strip_prefix(beginning) {
                return rest.to_owned();
            }
        };
        let name = named("event: ");
        (name, serde_json::from_str(&named("data: ")).expect("JSON"))
    }

    /// The hops until it ends by itself.
    fn rest(mut self) -> Vec<Value> {
        let mut hops = Vec::new();
        loop {
            let (name, data) = self.event();
            if name == "end" {
                assert_eq!(data["why"], "its time is over", "{data}");
                assert_eq!(data["forgotten"], 0, "{data}");
                return hops;
            }
            assert_eq!(data["missing"], serde_json::json!([]), "{data}");
            hops.extend(data["hops"].as_array().expect("a list").iter().cloned());
        }
    }
}

fn place<'a>(hops: &'a [Value], node: &str, step: &str, kind: &str) -> (usize, &'a Value) {
    let is_it = |hop: &Value| hop["node"] == node && hop["step"] == step && hop["kind"] == kind;
    let at = hops.iter().position(is_it);
    let at = at.unwrap_or_else(|| panic!("{node} has no {step} {kind}: {hops:#?}"));
    (at, &hops[at])
}

#[test]
fn a_trace_names_each_hop_in_its_order_and_ends_by_itself() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut sub = Imq::start(&["sub", "--gateway", &five.gateway(1), "--user", "bob", &queue]);
    sub.line("subscribed");
    let of_queue = Trace::begin(&five, &format!("queue={queue}&seconds=5"));
    let of_user = Trace::begin(&five, "user=ann&seconds=5");
    let of_other = Trace::begin(&five, "user=bob&seconds=5");
    imq_ok(&["pub", "--gateway", &five.gateway(0), "--user", "ann", &queue, "chat", "hidden"]);
    sub.line("hidden");
    // Whoever asks later has what is kept since the first question.
    let boss = format!("http://127.0.0.1:{}", five.base + 100);
    let printed = imq_ok(&["trace", &queue, "--boss", &boss, "--json", "--seconds", "1"]);
    let printed: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let hops = of_queue.rest();
    assert!(!format!("{hops:?}").contains("hidden"), "{hops:#?}");
    for hops in [&hops, &printed] {
        let send = "send_message";
        let way = [
            place(hops, "g1", "received", send),
            place(hops, "q1", "taken", send),
            place(hops, "q1", "recorded", "message"),
            place(hops, "q1", "event_out", "message"),
            place(hops, "g2", "delivered", "message"),
        ];
        assert!(way.is_sorted_by_key(|(at, _)| *at), "{hops:#?}");
        assert_eq!(way[0].1["user"], "ann");
        assert_eq!(way[2].1["seq"], way[4].1["seq"]);
        assert_eq!(way[4].1["receivers"], 1);
        assert!(place(hops, "q1", "taken", send).0 < place(hops, "g1", "answered", send).0);
        for node in ["g1", "g2", "q1"] {
            let mut of_node = hops.iter().filter(|hop| hop["node"] == node);
            let times = of_node.by_ref().map(|hop| hop["at_ms"].as_u64());
            assert!(times.is_sorted(), "{node}: {hops:#?}");
        }
    }
    let hops = of_user.rest();
    place(&hops, "g1", "received", "send_message");
    assert!(hops.iter().any(|hop| hop["step"] == "logged_in"), "{hops:#?}");
    assert!(hops.iter().all(|hop| hop["user"] == "ann"), "{hops:#?}");
    let hops = of_other.rest();
    assert_eq!(place(&hops, "g2", "sent", "message").1["user"], "bob");
}

#[test]
fn what_cant_be_followed_is_refused() {
    let five = Five::start();
    let port = five.base + 100;
    let bad = [
        "",
        "?queue=/room/1&user=ann",
        "?queue=room",
        "?user=",
        "?queue=/room/1&seconds=0",
        "?user=ann&seconds=301",
        "?user=ann&tip=1",
    ];
    for bad in bad {
        let (status, body) = request("GET", port, &format!("/api/v1/trace{bad}"), None, "");
        assert_eq!(status, 400, "{bad}: {body}");
    }
    let open: Vec<Trace> =
        (0..4).map(|at| Trace::begin(&five, &format!("user=u{at}&seconds=300"))).collect();
    let (status, body) = request("GET", port, "/api/v1/trace?user=more", None, "");
    assert_eq!(status, 503, "{body}");
    drop(open);
    for words in [&["trace"][..], &["trace", "/room/1", "--user", "ann"]] {
        assert_eq!(imq(words).status.code(), Some(2), "{words:?}");
    }
}
