//! The rule about the numbers of fields: they have names.

use super::{File, Findings, Tree};
use crate::schema;

/// Which of their arguments is the number of a field: of the functions in `proto::wire`, and of the
/// one that describes a field in JSON.
const FIELD_ARGUMENTS: [(&str, usize); 9] = [
    ("put_uint", 1),
    ("put_optional_uint", 1),
    ("put_bytes", 1),
    ("put_nested", 1),
    ("put_frame", 1),
    ("uint_len", 0),
    ("bytes_len", 0),
    ("nested_len", 0),
    ("field", 0),
];

/// Field numbers have names, which the schemas give: nobody repeats them by hand.
pub(super) fn field_numbers(tree: &Tree, findings: &mut Findings) {
    let by_hand = |file: &File<'_>| file.extension() == "rs" && !schema::is_generated(file);
    for file in tree.files().filter(by_hand) {
        let numbers = [arms_of_numbers(&file), kinds_of_numbers(&file), written_numbers(file.text)];
        for (number, line) in file.lines() {
            if numbers.iter().any(|lines| lines.contains(&number)) || asks_for_a_number(line) {
                let sentence = "the number of a field: name it, as `proto::q2g::field` does";
                findings.add(file.path, number, sentence);
            }
        }
    }
}

/// The arms with a bare number in a match on what a frame or a field is.
fn arms_of_numbers(file: &File<'_>) -> Vec<usize> {
    let (mut arms, mut depth) = (Vec::new(), None);
    for (number, line) in file.lines() {
        let inside = line.trim_start();
        let indent = line.len() - inside.len();
        if ["number", "field", "kind"].iter().any(|of| inside.ends_with(&format!("match {of} {{")))
        {
            depth = Some(indent + 4);
        } else if depth.is_some_and(|depth| inside == "}" && indent < depth) {
            depth = None;
        } else if depth == Some(indent)
            && let Some((pattern, _)) = inside.split_once(" =>")
            && pattern.split(" | ").any(|pattern| pattern.parse::<u32>().is_ok())
        {
            arms.push(number);
        }
    }
    arms
}

/// The variants with a bare number of an enum that says which of its fields an envelope has.
fn kinds_of_numbers(file: &File<'_>) -> Vec<usize> {
    let (mut variants, mut inside) = (Vec::new(), false);
    for (number, line) in file.lines() {
        if line.trim() == "}" {
            inside = false;
        } else if line.contains("enum ") && line.ends_with("Kind {") {
            inside = true;
        } else if inside
            && let Some((_, value)) = line.split_once(" = ")
            && value.trim_end_matches(',').parse::<u32>().is_ok()
        {
            variants.push(number);
        }
    }
    variants
}

/// Where the calls begin that are given a bare number as that of a field.
fn written_numbers(text: &str) -> Vec<usize> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut lines = Vec::new();
    for (function, place) in FIELD_ARGUMENTS {
        for (at, call) in text.match_indices(&format!("{function}(")) {
            let argument = text[at + call.len()..].split(',').nth(place);
            let is_number = argument.is_some_and(|argument| argument.trim().parse::<u32>().is_ok());
            if is_number && !text[..at].ends_with(in_word) {
                lines.push(1 + text[..at].matches('\n').count());
            }
        }
    }
    lines
}

fn asks_for_a_number(line: &str) -> bool {
    ["if number == ", "if number != ", "if field == "].iter().any(|asked| {
        let behind = line.split_once(asked).map(|(_, behind)| behind);
        behind.is_some_and(|behind| behind.starts_with(|one: char| ('1'..='9').contains(&one)))
    })
}
