//! The engine over real sockets, against a broker that delivers what a test plants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::run;
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::nats::Nats;
use crate::traffic::checker::Faults;
use crate::traffic::load::{Load, Pace};
use crate::traffic::outcome::Outcome;

/// What the broker does to the hundredth delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    Nothing,
    Loss,
    Double,
    /// It comes after the next of the same sender to the same receiver.
    Disorder,
}

const PLANTED: u64 = 100;

#[derive(Debug)]
struct Broker {
    plant: Plant,
    rooms: BTreeMap<String, Vec<TcpStream>>,
    delivered: u64,
    /// What is held back: room, place of the receiver, sender, frame.
    held: Option<(String, usize, Vec<u8>, Vec<u8>)>,
}

impl Broker {
    fn publish(&mut self, room: &str, payload: &[u8]) {
        let mut frame = format!("MSG {room} 1 {}\r\n", payload.len()).into_bytes();
        frame.extend_from_slice(payload);
        frame.extend_from_slice(b"\r\n");
        let sender = &payload[4..8];
        for (place, receiver) in self.rooms.get_mut(room).unwrap().iter_mut().enumerate() {
            self.delivered += 1;
            let planted = self.delivered == PLANTED;
            match self.plant {
                Plant::Loss if planted => continue,
                Plant::Double if planted => receiver.write_all(&frame).unwrap(),
                Plant::Disorder if planted => {
                    self.held = Some((room.into(), place, sender.into(), frame.clone()));
                    continue;
                }
                Plant::Nothing | Plant::Loss | Plant::Double | Plant::Disorder => {}
            }
            receiver.write_all(&frame).unwrap();
            let held = self.held.take_if(|(held_room, held_place, held_sender, _)| {
                held_room == room && *held_place == place && held_sender == sender
            });
            if let Some((.., held)) = held {
                receiver.write_all(&held).unwrap();
            }
        }
    }
}

/// Serves one connection until it ends.
fn serve(stream: TcpStream, broker: &Mutex<Broker>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["SUB", room, _] => {
                let mut broker = broker.lock().unwrap();
                let receiver = stream.try_clone().unwrap();
                broker.rooms.entry((*room).into()).or_default().push(receiver);
            }
            ["PING"] => (&stream).write_all(b"PONG\r\n").unwrap(),
            ["PUB", room, length] => {
                let mut payload = vec![0; length.parse::<usize>().unwrap() + 2];
                lines.read_exact(&mut payload).unwrap();
                payload.truncate(payload.len() - 2);
                broker.lock().unwrap().publish(room, &payload);
            }
            _ => {}
        }
        line.clear();
    }
}

fn start(plant: Plant) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let broker = Broker { plant, rooms: BTreeMap::new(), delivered: 0, held: None };
    let broker = Arc::new(Mutex::new(broker));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let broker = Arc::clone(&broker);
            std::thread::spawn(move || serve(stream.unwrap(), &broker));
        }
    });
    address
}

/// Six connections in rooms of three.
fn outcome(plant: Plant, pace: Pace) -> Outcome {
    let load = Load {
        connections: 6,
        room_size: 3,
        payload_bytes: 40,
        pace,
        warm_up: Duration::from_millis(20),
        window: Duration::from_millis(200),
        drain: Duration::from_millis(500),
        progress: false,
        servers: vec![start(plant)],
        processes: Vec::new(),
    };
    let member = |who: usize| Member { user: format!("u{who}"), room: format!("r{}", who / 3) };
    run(&load, &Interrupt::default(), |who| Nats::new(member(who))).expect("the load runs")
}

#[test]
fn sound_loads_have_no_faults() {
    let closed = outcome(Plant::Nothing, Pace::InFlight(2));
    assert!(closed.faults.none() && closed.deliveries > 0, "{closed}");
    let open = outcome(Plant::Nothing, Pace::PerSecond(2_000.0));
    assert!(open.faults.none(), "{open}");
    assert!(open.latency.p50_ms > 0.0 && open.latency.p50_ms <= open.latency.max_ms, "{open}");
    let rate = open.publishes as f64 / (open.window as f64 / 1e9);
    assert!((1_000.0..3_000.0).contains(&rate), "{rate}");
}

#[test]
fn planted_faults_are_found() {
    let none = Faults::default();
    for (plant, faults) in [
        (Plant::Loss, Faults { lost: 1, ..none }),
        (Plant::Double, Faults { doubled: 1, ..none }),
        (Plant::Disorder, Faults { out_of_order: 1, ..none }),
    ] {
        assert_eq!(outcome(plant, Pace::PerSecond(2_000.0)).faults, faults, "{plant:?}");
    }
}
