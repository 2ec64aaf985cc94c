//! What the boss asks of processes for its operator, and what it says if nobody answers.

use proto::limits;
use proto::n2b::Called;

use super::super::calls::CALLS_MAX;
use super::*;

impl Stage {
    /// `call question node|gateway path [bytes]`, `called link number status [bytes]`.
    pub(super) fn of_calls(&mut self, words: &[&str], link: LinkId) {
        let number = |at: usize| words.get(at).map_or(0, |word| word.parse::<u64>().unwrap());
        if words[1] == "called" {
            let (status, body) = (number(4) as u32, vec![b'x'; number(5) as usize]);
            return self.say(link, n2b::Body::Called(Called { number: number(3), status, body }));
        }
        let callee = match words[3] {
            "gateway" => Callee::Gateway,
            id => Callee::Node(NodeId::try_from(id).unwrap()),
        };
        let (path, body) = (words[4].to_owned(), vec![b'x'; number(5) as usize]);
        let call = Call { callee, method: "GET", path, body };
        self.input(Input::Call { question: link.0.into(), call });
    }
}

/// As [`CLUSTER`], with a second gateway on link 4, and both ready.
fn cluster() -> String {
    format!("{CLUSTER}\n 1100 up 4 g2\n 1100 register 4\n 1200 report 3\n 1200 report 4")
}

#[test]
fn a_call_goes_to_its_process_and_the_answer_back() {
    check(&format!(
        "{}
         2000 call 7 q1 /metrics => 1 call 1 GET /metrics
         2000 call 8 q2 /metrics => 2 call 2 GET /metrics
         2001 called 2 2 404 2 => 8 Called {{ status: 404, body: [120, 120] }}
         2001 called 2 2 200 =>
         2001 called 2 1 200 =>
         2002 called 1 1 200 => 7 Called {{ status: 200, body: [] }}
         2003 call 9 q9 / => 9 Unavailable(\"the boss has no link to q9\")",
        cluster()
    ));
}

#[test]
fn gateways_that_are_ready_are_called_one_after_the_other() {
    check(&format!(
        "{}
         2000 call 7 gateway /a => 3 call 1 GET /a
         2000 call 8 gateway /b => 4 call 2 GET /b
         2000 call 9 gateway /c => 3 call 3 GET /c
         2001 drains 4
         2001 call 10 gateway /d => 3 call 4 GET /d
         2002 down 3
         2002 call 11 gateway /e => 11 Unavailable(\"the boss has no link to a gateway that is \
         ready\")
         2003 report 4
         2003 call 12 gateway /f => 4 call 5 GET /f",
        cluster()
    ));
}

#[test]
fn who_was_called_over_a_link_that_ends_answers_no_more() {
    check(&format!(
        "{}
         2000 call 7 g1 /a => 3 call 1 GET /a
         2000 call 8 q1 /b => 1 call 2 GET /b
         2000 call 9 g1 /c => 3 call 3 GET /c
         2001 down 3 => 7 Late(\"the link to g1 ended before it answered\"); 9 Late(\"the link to \
         g1 ended before it answered\")
         2002 up 3 g1\n 2002 register 3 3
         2003 called 3 1 200 =>
         6999 wake =>
         7000 wake => 8 Late(\"q1 didn't answer within 5000 ms\")
         7001 called 1 2 200 =>",
        cluster()
    ));
}

#[test]
fn calls_and_their_answers_are_bounded() {
    let mut stage = Stage::new();
    run(&mut stage, &cluster());
    let (asked, answered) = (limits::CALL_BYTES_MAX, limits::CALL_ANSWER_BYTES_MAX);
    let script = format!(
        "2000 call 7 q1 /a {} => 7 Unavailable(\"the request is longer than {asked} bytes\")
         2000 call 8 q1 /a {asked} => 1 call 1 GET /a
         2001 called 1 1 200 {} => 8 Late(\"the answer of q1 is too long\")
         2002 call 9 q1 /a => 1 call 2 GET /a
         2002 called 1 2 199 => 9 Late(\"the answer of q1 has no status\")",
        asked + 1,
        answered + 1
    );
    run(&mut stage, &script);
    for question in 0..CALLS_MAX {
        assert!(stage.step(&format!("2003 call {question} q1 /a")).starts_with("1 call "));
    }
    let refused = "7 Unavailable(\"too many calls at once: ask again\")";
    assert_eq!(stage.step("2003 call 7 q2 /a"), refused);
}
