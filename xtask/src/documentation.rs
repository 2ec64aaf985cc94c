//! The commands that the documentation tells people to type.
//!
//! Each must be one that the programs understand: its words and options are given to the program
//! together with `--help`, which makes it read them all and do nothing.

use crate::process::CommandLine;
use crate::tree::{File, Tree};

/// The languages of blocks that hold commands.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

/// What ends a command within its line, for the shell.
const ENDS: [&str; 5] = ["|", "||", "&", "&&", ";"];

/// The commands of all pages as calls for help.
pub(crate) fn commands(tree: &Tree) -> Vec<CommandLine> {
    tree.files().filter(|file| file.extension() == "md").flat_map(commands_of).collect()
}

fn commands_of(page: File<'_>) -> Vec<CommandLine> {
    let mut commands = Vec::new();
    let mut in_shell = false;
    let mut in_block = false;
    let mut typed = String::new();
    for (number, line) in page.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            in_block = !in_block;
            in_shell = in_block && SHELLS.contains(&language.trim());
            typed.clear();
            continue;
        }
        if !in_shell {
            continue;
        }
        if let Some(continued) = line.strip_suffix('\\') {
            typed.push_str(continued);
            continue;
        }
        typed.push_str(line);
        for mut command in split(&typed).iter().filter_map(|words| help_for(words)) {
            command.said_at = Some(format!("{}:{number}", page.path));
            commands.push(command);
        }
        typed.clear();
    }
    commands
}

/// The call for help that has a documented command's words, when it is one of ours.
fn help_for(words: &[String]) -> Option<CommandLine> {
    let is_setting = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| {
            name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        })
    };
    let words: Vec<&str> = words
        .iter()
        .skip_while(|word| is_setting(word) || *word == "$")
        .map(String::as_str)
        .collect();
    let (program, arguments) = match words.as_slice() {
        ["cargo", "xtask", rest @ ..] => ("cargo xtask", rest),
        ["cargo", "run", rest @ ..] => {
            let own = rest.iter().position(|word| *word == "--")?;
            let other = rest[..own].iter().any(|word| ["-p", "--package", "--bin"].contains(word));
            if other {
                return None;
            }
            ("target/debug/imq", &rest[own + 1..])
        }
        [first, rest @ ..] if first.rsplit('/').next() == Some("imq") => ("target/debug/imq", rest),
        _ => return None,
    };
    let options_end = arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len());
    let mut command = CommandLine::new(program);
    command.arguments.extend(arguments[..options_end].iter().map(|&word| word.to_owned()));
    command.arguments.push("--help".to_owned());
    Some(command)
}

/// Splits what is typed into commands and words, as a shell does for what documentation uses:
/// quotes, comments, and what joins or redirects commands.
fn split(typed: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut is_target = false;
    for word in words(typed) {
        if ENDS.contains(&word.as_str()) {
            commands.push(Vec::new());
            continue;
        }
        let bare = word.trim_end_matches(';');
        let redirects = bare.contains(['<', '>']) && !bare.starts_with('<') || bare == "<";
        if let Some(command) = commands.last_mut().filter(|_| !is_target && !redirects) {
            command.push(bare.to_owned());
        }
        is_target = redirects && bare.ends_with(['<', '>']);
        if bare != word {
            commands.push(Vec::new());
        }
    }
    commands
}

fn words(typed: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in typed.chars() {
        match quote {
            Some(end) if end == character => quote = None,
            None if character == '\'' || character == '"' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            None if character == '#' && word.is_none() => break,
            Some(_) | None => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests;
