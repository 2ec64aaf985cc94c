//! What is written about the options is what the program takes.

use clap::CommandFactory as _;

use super::Cli;

const REFERENCE: &str = include_str!("../../../docs/configuration-reference.md");

/// Also those that are in no file, and those that all commands share.
#[test]
fn the_reference_has_every_option_of_a_process() {
    let mut all = Cli::command();
    all.build();
    let mut count = 0;
    for role in ["boss", "queue-node", "gateway"] {
        let role = all.find_subcommand(role).expect("a role is a command");
        for option in role.get_arguments().filter(|option| !option.is_hide_set()) {
            let Some(flag) = option.get_long().filter(|flag| !["help", "version"].contains(flag))
            else {
                continue;
            };
            let variable = option.get_env().expect("every option has its variable").display();
            for name in [format!("`--{flag}"), format!("`{variable}`")] {
                assert!(REFERENCE.contains(&name), "docs/configuration-reference.md lacks {name}");
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} options");
}
