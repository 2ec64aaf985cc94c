//! Which gateways are told to have room for clients.

use proto::b2n::{Door, Doors};
use proto::limits::DOORS_MAX;
use proto::n2b::{self, n2b::Body};

use super::*;

impl Stage {
    /// `door link connections/max [unready | drains | -]`: a gateway's report. `-`: it advertises
    /// nothing.
    pub(super) fn of_doors(&mut self, words: &[&str], link: LinkId) {
        let (connections, max) = words[3].split_once('/').unwrap();
        let (how, id) = (words.get(4).copied(), &self.boss.links[&link].peer.id);
        let address = format!("tcp://{id}:7400");
        let door = n2b::Door {
            addresses: if how == Some("-") { Vec::new() } else { vec![address] },
            connections: connections.parse().unwrap(),
            connections_max: max.parse().unwrap(),
        };
        let (ready, draining) = (!matches!(how, Some("unready" | "drains")), how == Some("drains"));
        let report = Report { door: Some(door), ready, draining, ..Report::default() };
        self.say(link, Body::Report(report));
    }
}

pub(super) fn said(doors: &Doors) -> String {
    let door = |door: &Door| format!(" {}:{}", door.id, door.free);
    format!("doors{}", doors.doors.iter().map(door).collect::<String>())
}

/// As [`CLUSTER`], with a second gateway on link 4.
fn cluster() -> String {
    format!("{CLUSTER}\n 1100 up 4 g2\n 1100 register 4\n 2000 wake")
}

#[test]
fn gateways_hear_of_all_that_have_room() {
    check(&format!(
        "{}
         3000 door 3 0/10 => 3 doors g1:10; 4 doors g1:10
         3001 door 4 90/100 =>
         3500 wake =>
         4000 wake => 3 doors g1:10 g2:10; 4 doors g1:10 g2:10
         4001 door 3 1/10 =>
         5000 wake =>
         5001 door 3 2/10 =>
         6000 wake => 3 doors g2:10 g1:8; 4 doors g2:10 g1:8
         6001 door 3 10/10 =>
         7000 wake => 3 doors g2:10; 4 doors g2:10
         7001 door 4 110/100 =>
         8000 wake => 3 doors; 4 doors
         60000 wake =>",
        cluster()
    ));
}

#[test]
fn who_drains_is_unready_or_away_has_no_room() {
    check(&format!(
        "{}
         3000 door 3 0/10
         3000 door 4 0/10
         4000 wake => 3 doors g1:10 g2:10; 4 doors g1:10 g2:10
         4500 door 3 0/10 unready =>
         5500 wake => 3 doors g2:10; 4 doors g2:10
         6000 door 3 0/10 => 3 doors g1:10 g2:10; 4 doors g1:10 g2:10
         7500 door 4 0/10 drains => 3 doors g1:10; 4 doors g1:10
         9000 door 4 0/10 => 3 doors g1:10 g2:10; 4 doors g1:10 g2:10
         10500 down 3 => 4 doors g2:10
         12000 door 4 0/10 - => 4 doors",
        cluster()
    ));
}

#[test]
fn it_is_said_again_though_nothing_has_changed() {
    check(&format!(
        "{}
         3000 door 3 0/10 => 3 doors g1:10; 4 doors g1:10
         12999 wake =>
         13000 wake => 3 doors g1:10; 4 doors g1:10
         14000 up 5 g3
         14000 register 5 => 5 registered #5; 5 config 1; \
         5 table 1.5 q1#1×8(1,1) q2#2×8(1,1); 5 doors g1:10; 3 doors g1:10; 4 doors g1:10",
        cluster()
    ));
}

#[test]
fn so_many_are_named_and_who_is_hardly_better_takes_nobodys_place() {
    let mut stage = Stage::new();
    run(&mut stage, "0 wake\n 0 up 1 q1\n 0 register 1\n 1000 wake");
    let many = DOORS_MAX + 4;
    for at in 2..2 + many {
        run(&mut stage, &format!("1000 up {at} g{at}\n 1000 register {at}"));
    }
    for at in 2..2 + many {
        run(&mut stage, &format!("1001 door {at} 0/{}", 1000 + at));
    }
    let named = |stage: &Stage| stage.boss.doors_told().iter().map(|it| it.id.clone()).collect();
    run(&mut stage, "3000 wake");
    let first: Vec<String> = named(&stage);
    let expected: Vec<String> = (6..2 + many).rev().map(|at| format!("g{at}")).collect();
    assert_eq!(first, expected);
    run(&mut stage, "3001 door 3 0/1050 =>\n 5000 wake =>");
    assert_eq!(named(&stage), first);
    run(&mut stage, "5001 door 3 0/1500\n 7000 wake");
    let now: Vec<String> = named(&stage);
    assert_eq!((now.len(), now[0].as_str()), (DOORS_MAX, "g3"));
}
