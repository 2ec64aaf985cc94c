//! Pages at a gateway's door: those of the README's origin, and those whose operator has to be told
//! what to add.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;

use crate::folder::Folder;
use crate::http::{metric, until};
use crate::process::{PATIENCE, imq, port_base, without_settings};
use crate::roles::Five;

/// A gateway without a boss: who may come in is decided at its door.
struct Gateway(Child);

impl Drop for Gateway {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What a page of this origin is answered at this port.
fn knock(port: u16, origin: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a gateway");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    write!(
        stream,
        "GET /imq/v1/ws HTTP/1.1\r\nHost: imq\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
         Connection: keep-alive\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: imq.json.v1\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[test]
fn pages_of_this_machine_connect_to_the_five_of_the_readme() {
    let five = Five::start();
    for port in [five.base + 80, five.base + 81] {
        for origin in ["http://localhost:8080", "http://127.0.0.1:8080"] {
            assert!(knock(port, origin).starts_with("HTTP/1.1 101 "), "{origin}");
        }
        assert!(knock(port, "https://evil.example").starts_with("HTTP/1.1 403 "));
    }
}

#[test]
fn the_log_says_what_to_add_and_is_not_flooded() {
    let base = port_base();
    let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let mut command = without_settings(Command::new(env!("CARGO_BIN_EXE_imq")));
    command
        .args(["gateway", "--id", "g1", "--boss", "127.0.0.1:1", "--lanes", "1"])
        .args(["--origin", "https://Game.example/,https://*.game.example"])
        .args(["--listen-client", &at(0), "--listen-http", &at(80), "--listen-rpc", &at(90)])
        .env("IMQ_SECRET", "secret-of-a-test-that-is-long")
        .stderr(Stdio::piped());
    let mut gateway = Gateway(command.spawn().expect("imq can be started"));
    let stderr = gateway.0.stderr.take().expect("it is piped");
    let (tell, lines) = sync_channel(10_000);
    std::thread::spawn(move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.for_each(|line| drop(tell.send(line)));
    });
    until("it listens", || TcpStream::connect(("127.0.0.1", base + 80)).is_ok());
    for origin in ["https://game.example", "https://a.b.game.example", "HTTPS://GAME.example:443"] {
        assert!(knock(base + 80, origin).starts_with("HTTP/1.1 101 "), "{origin}");
    }
    let count = 50;
    for _ in 0..count {
        let answer = knock(base + 80, "http://localhost:3000");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains("add \"http://localhost:3000\""), "{answer}");
    }
    let counted = "imq_gateway_connections_refused_total{reason=\"origin\"}";
    until("all are counted", || metric(base + 90, counted) == f64::from(count));
    drop(gateway);
    let said: Vec<String> = lines.iter().filter(|line| line.contains("may not connect")).collect();
    let wanted = "origins = [\"https://game.example\", \"https://*.game.example\", \
        \"http://localhost:3000\"] into [gateway]";
    assert!(said[0].contains("WARN") && said[0].contains(wanted), "{said:#?}");
    assert!(said.len() < count as usize / 5, "{said:#?}");
}

#[test]
fn a_file_whose_origins_can_not_match_is_not_good() {
    let folder = Folder::new();
    let text = "[gateway]\norigins = [\"game.example\", \"http://localhost:3000/\"]\n";
    folder.write("imq.toml", text.as_bytes());
    let output = imq(&["check-config", &folder.path("imq.toml")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("write \"https://game.example\"") && said.lines().count() == 1, "{said}");
}
