//! No file is free: clients are told so, and come in again when one is.

use std::fs::File;
use std::io;
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
    // The socket of the first is closed any moment.
    for _ in 0..1000 {
        while let Ok(file) = null() {
            open.push(file);
            assert!(open.len() < FILES, "the limit on files doesn't hold");
        }
        std::thread::yield_now();
    }
    // Each client takes one file of this process, and the gateway finds none.
    for _ in 0..20 {
        open.pop();
        let frames = frames(&read_all(taken(|| TcpStream::connect(running.tcp))));
        assert!(matches!(&frames[..], [G::Closing(closing)] if closing.code == 3004), "{frames:?}");
        open.push(taken(null));
    }
    open.pop();
    assert_eq!(http(running.http, "").0, "HTTP/1.1 503 Service Unavailable");
    drop(open);
    assert_eq!(knock(), 3508);
    running.stop();
}

fn null() -> io::Result<File> {
    File::open("/dev/null")
}

/// Takes a file that is free, or will be at once: while the gateway looks whether somebody knocks
/// it has one more for a moment.
fn taken<T>(take: impl Fn() -> io::Result<T>) -> T {
    (0..1_000_000)
        .find_map(|_| {
            std::thread::yield_now();
            take().ok()
        })
        .expect("a file is free")
}
