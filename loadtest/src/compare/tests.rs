//! Who runs, and when.

use std::path::Path;

use super::{Programs, ServerName, Spoken, installed, turns};

#[test]
fn each_server_begins_a_round_in_its_turn() {
    let round = |number| turns(&['a', 'b', 'c'], number).collect::<String>();
    assert_eq!([0, 1, 2, 3].map(round), ["abc", "bca", "cab", "abc"]);
    assert_eq!(turns::<char>(&[], 7).count(), 0);
}

/// Which servers over WebSocket run, if imq is there and Bun perhaps, and what is said of others.
fn over_websocket(wanted: &[ServerName], is_bun_there: bool) -> (Vec<ServerName>, Vec<String>) {
    // Nothing is started, so any file does for a program.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let nowhere = file.join("nowhere");
    let bun = if is_bun_there { file.clone() } else { nowhere.clone() };
    let programs = Programs { imq: file, bun: Some(bun), centrifugo: Some(nowhere) };
    let (installed, notes) = installed(wanted, &programs);
    let names = installed.into_iter().map(|(name, _)| name);
    (names.filter(|name| name.spoken() == Spoken::WebSocket).collect(), notes)
}

#[test]
fn by_default_imq_speaks_websocket_only_beside_others_that_do() {
    use ServerName::{Bun, ImqWsJson, ImqWsProto};
    let (names, notes) = over_websocket(&[], false);
    assert_eq!(names, []);
    assert_eq!(notes.last().unwrap(), "so imq over WebSocket was left out, too");
    let (names, _) = over_websocket(&[], true);
    assert_eq!(names, [Bun, ImqWsJson, ImqWsProto]);
    let (names, notes) = over_websocket(&[ImqWsProto, Bun], false);
    assert_eq!(names, [ImqWsProto]);
    assert_eq!(notes, ["bun isn't installed and was left out"]);
}
