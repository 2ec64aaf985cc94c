//! No file is free: clients are told so, and come in again when one is.

use std::fs::File;
use std::process::Command;

use super::*;

/// A gateway takes clients below this number of files, less some for itself.
const FILES: usize = 300;

/// Whether this is the process of its own, with few files, that the test needs.
const LIMITED: &str = "TEST_WITH_FEW_FILES";

#[test]
fn a_gateway_without_files_says_so_and_recovers() {
    if std::env::vars_os().any(|(name, _)| name == LIMITED) {
        return with_few_files();
    }
    let program = std::env::current_exe().unwrap();
    let name = "io::tests::files::a_gateway_without_files_says_so_and_recovers";
    let limited = format!("ulimit -n {FILES} && exec \"$0\" --exact {name} --nocapture");
    let mut command = Command::new("sh");
    command.arg("-c").arg(limited).arg(program).env(LIMITED, "yes");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{failed}");
}

fn with_few_files() {
    let running = gateway(1000);
    // Once it answers, its threads have the files they need themselves.
    let knock = || closed_with(&running, &frame_of(C::Open(c2g::Open {})));
    assert_eq!(knock(), 3508);
    let mut open = Vec::new();
    // Each client takes one file of this process, and the gateway finds none.
    for _ in 0..20 {
        let stream = std::iter::repeat_with(|| {
            fill(&mut open);
            open.pop();
            TcpStream::connect(running.tcp)
        });
        let stream = stream.filter_map(Result::ok).next().unwrap();
        let frames = frames(&read_all(stream));
        assert!(matches!(&frames[..], [G::Closing(closing)] if closing.code == 3004), "{frames:?}");
    }
    fill(&mut open);
    open.pop();
    assert_eq!(http(running.http, "").0, "HTTP/1.1 503 Service Unavailable");
    drop(open);
    assert_eq!(knock(), 3508);
    running.stop();
}

/// Opens files until there are no more. While the gateway looks whether somebody knocks it has one
/// more for a moment, which nobody can see: so it is tried more than once.
fn fill(open: &mut Vec<File>) {
    for _ in 0..500 {
        while let Ok(file) = File::open("/dev/null") {
            open.push(file);
            assert!(open.len() < FILES, "the limit on files doesn't hold");
        }
        std::thread::yield_now();
    }
}
