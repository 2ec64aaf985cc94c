//! The command line as a whole.

use super::*;

/// A command and those below it, each by its whole name.
fn walk(command: &clap::Command, name: &str, visit: &mut impl FnMut(&clap::Command, &str)) {
    visit(command, name);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        walk(below, &format!("{name} {}", below.get_name()), visit);
    }
}

#[test]
fn every_command_has_an_example() {
    let mut command = Cli::command();
    command.build();
    let mut count = 0;
    walk(&command, "imq", &mut |command, name| {
        // Load tests are for those who work on imq: docs/benchmarks.md has a line for each.
        if name.starts_with("imq loadtest ") {
            return;
        }
        // One that only leads to others has none of its own.
        if command.get_subcommands().next().is_some() && command.get_after_help().is_none() {
            return;
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let has_example =
            name == "imq" || help.contains(&format!("{name} ")) || help.ends_with(name);
        assert!(has_example, "{name}: {help}");
        count += 1;
    });
    assert!(count > 20, "{count}");
}

#[test]
fn no_flag_names_a_secret() {
    let mut command = Cli::command();
    command.build();
    walk(&command, "imq", &mut |command, name| {
        for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
            let words = [format!("--{flag}")];
            let refused = crate::config::secrets::refuse_on_command_line(&words);
            assert!(refused.is_ok(), "{name} --{flag}");
        }
    });
}
