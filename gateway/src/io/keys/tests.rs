//! Files that change, and issuers that answer well and badly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use link::io::clock;

use super::*;
use crate::machine::token::schedule::FETCH_MS_MIN;
use crate::machine::token::{Algorithm, TokenError};

/// Whoever waits longer than this waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory, gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("imq-keys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A process, ended with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn begin(source: Source, board: &Board) -> Result<(Keys, Receiver<Arc<Tokens>>), Error> {
    let (tell, told) = sync_channel(16);
    let settings = Settings { rules: Rules::default(), source };
    let keys = start(settings, board.clone(), move |tokens| {
        tell.send(tokens).ok();
    })?;
    Ok((keys, told))
}

fn set(names: &[&str]) -> String {
    let k = "A".repeat(43);
    let entries: Vec<String> =
        names.iter().map(|kid| format!(r#"{{"kty":"oct","kid":"{kid}","k":"{k}"}}"#)).collect();
    format!(r#"{{"keys":[{}]}}"#, entries.join(","))
}

/// A public key of RFC 8037, appendix A.2.
const DOCUMENT: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","alg":"EdDSA",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Another file in the place of the first, as tools that write whole files do it.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("it can be written");
    std::fs::rename(new, path).expect("it can be moved");
}

#[test]
fn a_file_is_read_again_when_it_changes_and_kept_when_it_breaks() {
    let scratch = Scratch::new("file");
    let path = scratch.0.join("keys.json");
    std::fs::write(&path, set(&["k1"])).expect("it can be written");
    let board = Board::default();
    let (keys, told) = begin(Source::File(path.clone()), &board).expect("good keys");
    let first = told.try_recv().expect("it is told before the start returns");
    assert_eq!(first.key_count(), 1);
    assert!(!keys.asks().ask(clock::now()), "a file is not asked");
    replace(&path, "{ broken");
    let failures = |board: &Board| {
        let samples = board.samples();
        let sample = samples.iter().find(|s| s.name == "imq_gateway_token_keys_failures_total");
        sample.and_then(|sample| sample.number()).unwrap_or_default()
    };
    while failures(&board) < 1.0 {
        std::thread::yield_now();
    }
    assert!(told.try_recv().is_err(), "the last good keys stay");
    replace(&path, &set(&["k1", "k2"]));
    let second = told.recv_timeout(PATIENCE).expect("it is read again");
    assert_eq!(second.key_count(), 2);
    drop(keys);
    assert!(told.recv_timeout(PATIENCE).is_err(), "the thread has ended");
}

#[test]
fn a_file_that_holds_no_keys_is_named() {
    let scratch = Scratch::new("bad");
    let path = scratch.0.join("keys");
    let check = |wanted: &str| {
        let error = begin(Source::File(path.clone()), &Board::default()).expect_err(wanted);
        let said = error.to_string();
        assert!(said.contains("keys") && said.contains(wanted), "{said}");
    };
    check("No such file");
    std::fs::write(&path, "hunter2").expect("it can be written");
    check("at least 32");
}

/// Answers each request with the next of these, then with nothing; says how many came.
fn issuer(answers: Vec<String>) -> (SocketAddr, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let (tell, told) = sync_channel(16);
    std::thread::spawn(move || {
        for (number, (stream, answer)) in listener.incoming().zip(answers).enumerate() {
            let mut stream = stream.expect("a connection");
            let request = BufReader::new(stream.try_clone().expect("a copy"));
            let head = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            assert!(head.count() > 0, "a request");
            stream.write_all(answer.as_bytes()).ok();
            tell.send(number + 1).ok();
        }
    });
    (address, told)
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

#[test]
fn a_document_is_fetched_at_the_start_and_on_demand() {
    let (address, asked) = issuer(vec![answer("200 OK", DOCUMENT)]);
    let board = Board::default();
    let url = format!("http://{address}/jwks.json");
    let source = Source::Url { url, every_ms: FETCH_EVERY_MS };
    let (keys, told) = begin(source, &board).expect("a URL is no error");
    let none = told.recv_timeout(PATIENCE).expect("told at once");
    assert_eq!(none.verify(0, "a.b.c").map_err(|error| error.wants_newer_keys()), Err(false));
    let good = told.recv_timeout(PATIENCE).expect("told when it is there");
    assert_eq!(good.key_count(), 1);
    assert_eq!(asked.recv_timeout(PATIENCE), Ok(1));
    while !board.unready().is_empty() {
        std::thread::yield_now();
    }
    let asks = keys.asks();
    while asks.ask(clock::now()) {
        std::thread::yield_now();
    }
    let later = clock::now().after(FETCH_MS_MIN);
    assert!(asks.ask(later), "ten seconds later newer keys may come");
}

#[test]
fn what_a_bad_issuer_answers_is_said() {
    let check = |answer: String, wanted: &str| {
        let (address, _asked) = issuer(vec![answer]);
        let url = format!("http://{address}/");
        let fetcher = Fetcher::new(&url, Duration::from_secs(10)).expect("a fetcher");
        let said = fetcher.fetch().expect_err(wanted);
        assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
    };
    check(answer("500 Oops", "x"), "500");
    check(answer("404 Not Found", ""), "404");
    check("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n".to_owned(), "leads to");
    check(answer("200 OK", &"x".repeat(300_000)), "more than 262144 bytes");
    check("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(300_000), "more than 262144 bytes");
    check(String::new(), "error sending request");
    check("nonsense\r\n\r\n".to_owned(), "error sending request");
    let nobody = Fetcher::new("http://127.0.0.1:1/", PATIENCE).expect("a fetcher");
    assert!(nobody.fetch().expect_err("nobody is there").contains("refused"));
    assert!(Fetcher::new("nowhere", PATIENCE).is_err());
}

#[test]
fn an_issuer_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("bound"));
    let fetcher = Fetcher::new(&url, Duration::from_millis(50)).expect("a fetcher");
    assert!(fetcher.fetch().expect_err("it is silent").contains("timed out"));
}

#[test]
fn an_issuer_whose_certificate_nobody_knows_is_not_believed() {
    let scratch = Scratch::new("tls");
    let (key, certificate) = (scratch.0.join("key.pem"), scratch.0.join("certificate.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", "/CN=x"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null())
        .status();
    assert!(made.expect("openssl is on this machine").success());
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let url = format!("https://{port}/jwks.json");
    let fetcher = Fetcher::new(&url, PATIENCE).expect("a fetcher: is ca-certificates installed?");
    let server = std::process::Command::new("openssl")
        .args(["s_server", "-quiet", "-WWW", "-accept", &port.to_string()])
        .arg("-key")
        .arg(&key)
        .arg("-cert")
        .arg(&certificate)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let _server = Server(server.expect("openssl is on this machine"));
    let mut said = fetcher.fetch().expect_err("an unknown certificate");
    while said.contains("refused") {
        said = fetcher.fetch().expect_err("an unknown certificate");
    }
    assert!(said.contains("certificate"), "{said}");
}

#[test]
fn what_a_source_gives_is_bound_to_the_algorithms_of_the_rules() {
    let scratch = Scratch::new("rules");
    let path = scratch.0.join("keys.json");
    std::fs::write(&path, set(&["k1"])).expect("it can be written");
    let rules = Rules { algorithms: vec![Algorithm::Rs256], ..Rules::default() };
    let settings = Settings { rules, source: Source::File(path) };
    let error = start(settings, Board::default(), |_| {}).expect_err("no key fits");
    assert!(error.to_string().contains("can be used for RS256: k1 is for HS256"), "{error}");
    assert_eq!(Tokens::not_configured().verify(0, "x"), Err(TokenError::NotConfigured));
}
