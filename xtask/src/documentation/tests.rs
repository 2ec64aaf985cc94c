//! Pages, and the calls for help that come of them.

use super::commands;
use crate::tree::Tree;

fn check(page: &str, expected: &[&str]) {
    let found = commands(&Tree::of(&[("README.md", page)]));
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{page}");
}

#[test]
fn commands_of_ours_are_asked_for_help() {
    check(
        "Try `imq x`:\n```sh\ncargo run --release -- dev --copies 1 &\n\
         imq sub /room/1 --json | jq .  # shows\n```\n",
        &[
            "target/debug/imq dev --copies 1 --help (README.md:3)",
            "target/debug/imq sub /room/1 --json --help (README.md:4)",
        ],
    );
    check("```sh\ncargo xtask test\n```\n", &["cargo xtask test --help (README.md:2)"]);
}

#[test]
fn quotes_continuations_and_settings_are_read_as_the_shell_does() {
    check(
        "```console\n$ IMQ_X=1 target/release/imq pub \\\n  /room/1 chat 'hello  you' -- -5\n```\n",
        &["target/debug/imq pub /room/1 chat hello  you --help (README.md:3)"],
    );
    check(
        "```sh\nimq a 2>&1 > imq --x; imq b <q> && imq c\n```\n",
        &[
            "target/debug/imq a --x --help (README.md:2)",
            "target/debug/imq b <q> --help (README.md:2)",
            "target/debug/imq c --help (README.md:2)",
        ],
    );
}

#[test]
fn other_programs_and_other_blocks_are_left_alone() {
    check(
        "```text\nimq dev\n```\n```sh\ncurl x\ncargo test -p imq\ncargo run -p sim -- 1\n```\n",
        &[],
    );
    check("imq dev\n", &[]);
}
