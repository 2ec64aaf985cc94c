//! The PHP library and its example application: started by its own `run.sh`, with PHP's own web
//! server, and tried by the library's own tests against the cluster that asks and tells it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::dev::Dev;
use crate::process::{PATIENCE, port_base, run};

const BOUND: Duration = Duration::from_secs(120);

/// The example at work: `run.sh` with the cluster and the web server that it has started.
struct Example {
    script: Child,
    page: String,
}

impl Example {
    fn start() -> Example {
        let base = port_base();
        let port = (base + 300).to_string();
        let mut script = Command::new("sh")
            .arg(here("../sdk/php/example/run.sh"))
            .env("IMQ_BIN", env!("CARGO_BIN_EXE_imq"))
            .env("IMQ_PORT_BASE", base.to_string())
            .env("EXAMPLE_PORT", &port)
            .env("IMQ_RPC_KEY", "rpc-key-of-a-test")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is there");
        let stdout = script.stdout.take().expect("it is piped");
        let example = Example { script, page: format!("http://127.0.0.1:{port}") };
        let (tell, told) = sync_channel(1);
        std::thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            tell.send(lines.any(|line| line == "example: ready")).ok();
            // Whoever writes to a pipe that nobody reads ends by it.
            lines.for_each(drop);
        });
        assert_eq!(told.recv_timeout(PATIENCE), Ok(true), "the example is ready");
        example
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let id = self.script.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        let ended = self.script.wait();
        assert!(std::thread::panicking() || told.is_ok() && ended.is_ok(), "{told:?} {ended:?}");
    }
}

fn here(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs the library's tests; of those with this word in their names some must have run, and none
/// been skipped.
fn check(environment: &[String], word: &str) {
    let script = here("../sdk/php/tests/run.php");
    let words = environment.iter().map(String::as_str).chain(["php", &script]);
    let (good, output) = run("env", &words.collect::<Vec<_>>(), BOUND);
    print!("{output}");
    assert!(good, "{output}");
    let last = output.lines().last().unwrap_or_default();
    assert!(last.contains(" passed, 0 failed, "), "{last}");
    let those = |state: &str| {
        let its = |line: &&str| line.starts_with(state) && line.contains(word);
        output.lines().filter(its).count()
    };
    assert!(those("ok") > 1 && those("skipped") == 0, "{word} was tried:\n{output}");
}

#[test]
fn the_library_speaks_with_a_cluster() {
    let dev = Dev::start();
    let at = |offset: u16| format!("127.0.0.1:{}", dev.base + offset);
    check(
        &[
            format!("IMQ_RPC=http://{} http://{}", at(90), at(91)),
            format!("IMQ_RPC_KEY={}", dev.rpc_key),
            format!("IMQ_GATEWAY=ws://{}/imq/v1/ws", at(80)),
        ],
        " live:",
    );
}

#[test]
fn the_example_works_as_its_readme_says() {
    let example = Example::start();
    check(&[format!("IMQ_EXAMPLE={}", example.page)], "example_live");
    // The page itself is the library's for pages.
    let script = here("tests/clients/node/php-page.mjs");
    let (good, said) = run("node", &[&script, &example.page], BOUND);
    print!("{said}");
    assert!(good, "{said}");
}
