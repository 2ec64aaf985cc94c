//! Clients that are told to which other gateway they can go.

use proto::b2n::{Door, Doors};

use super::{Settings, dev, run};

/// `name:free`: it advertises TCP and WebSocket.
pub(super) fn doors(words: &[&str]) -> Doors {
    let door = |word: &&str| {
        let (id, free) = word.split_once(':').unwrap();
        let addresses = vec![format!("tcp://{id}:7400"), format!("ws://{id}:7480")];
        Door { id: id.to_owned(), addresses, free: free.parse().unwrap() }
    };
    Doors { doors: words.iter().map(door).collect() }
}

fn advertising() -> Settings {
    let advertise = ["tcp://g1:7400", "ws://g1:7480"].map(|url| url.parse().unwrap());
    Settings { gateway: "g1".to_owned(), advertise: advertise.to_vec(), ..dev() }
}

/// The code, the wait and the address of each `closing`.
fn closings(settings: Settings, steps: &str) -> Vec<(u64, u64, String)> {
    let log = run(settings, steps);
    let closings = log.lines().filter_map(|line| Some(line.split_once(r#"{"closing":"#)?.1));
    let closings = closings.map(|text| text.strip_suffix('}').unwrap());
    let closings = closings.map(|text| serde_json::from_str(text).unwrap());
    let closings = closings.map(|closing: serde_json::Value| {
        let number = |field: &str| closing[field].as_u64().unwrap_or_default();
        let address = closing["address"].as_str().unwrap_or_default().to_owned();
        (number("code"), number("retry_after_ms"), address)
    });
    closings.collect()
}

#[test]
fn clients_of_a_gateway_that_drains_are_sent_by_their_transports() {
    let steps = "
        0 ready
        0 doors g1:100 g2:100
        0 c0 open
        1 c1 open-ws
        1 c2 open-events
        2 drain
        3 c3 open";
    let expected = [(0, "g2:7400"), (97, "g2:7480"), (194, "g2:7480"), (291, "g2:7400")];
    let expected = expected.map(|(wait, address)| (3001, wait, address.to_owned()));
    assert_eq!(closings(advertising(), steps), expected);
    // As before where nothing is advertised.
    assert!(closings(dev(), steps).iter().all(|(.., address)| address.is_empty()));
}

#[test]
fn one_too_many_goes_elsewhere_at_once_or_comes_back_later() {
    let steps = "
        0 ready
        0 doors g2:1
        0 c1 open
        0 c1 one-too-many
        1 c2 open
        1 c2 one-too-many
        2 doors g2:1
        40000 c3 open
        40000 c3 one-too-many
        40001 doors
        40001 c4 open
        40001 c4 one-too-many";
    let expected = [(0, "g2:7400"), (1194, ""), (1291, ""), (1388, "")];
    let expected = expected.map(|(wait, address)| (3004, wait, address.to_owned()));
    assert_eq!(closings(advertising(), steps), expected);
}

#[test]
fn other_ends_name_nobody() {
    let steps = "0 ready\n0 doors g2:100\n0 c0 open-ws\n1 c0 version\n2 c1 open\n2 c1 bye";
    let expected = [3505, 3508].map(|code| (code, 0, String::new()));
    assert_eq!(closings(advertising(), steps), expected);
}
