//! The project's own commands, run as `cargo xtask …`.
//!
//! They need the Rust toolchain alone; what else the gate needs, it names and installs. Only
//! `schema` changes files of the tree, and none leaves a process behind.

mod clock;
mod components;
mod counts;
mod documentation;
mod gate;
mod process;
mod schema;
mod stage;
mod tidy;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use tree::Tree;

const USAGE: &str = "\
The project's own commands.

Usage: cargo xtask <COMMAND>

Commands:
  test [--quick]  Run the gate: every stage, or the quick ones (fmt, tidy, clippy, unit tests and
                  a short simulation)
  tidy            Check the rules of the tree: lengths, module docs, manifests, the code map
  schema          Write the Rust of proto/schema anew, into proto/src/schema

Example: cargo xtask test --quick

Exit code: 0 when everything passed, 1 when something failed, 2 when the command is not known.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.iter().any(|word| ["--help", "-h", "help"].contains(word)) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let done = match words.as_slice() {
        ["test"] => gate::run(root(), false),
        ["test", "--quick"] => gate::run(root(), true),
        ["schema"] => {
            Tree::read(root()).and_then(|tree| schema::write(root(), &tree)).map(|()| true)
        }
        ["tidy"] => Tree::read(root()).map(|tree| tidy::report(&tree)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout this binary was built from, whichever of its folders it is started in.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
