//! The rule about the numbers of fields: they have names.

use super::{File, Findings, Tree};

/// Which of their arguments is the number of a field.
const FIELD_ARGUMENTS: [(&str, usize); 8] = [
    ("put_uint", 1),
    ("put_optional_uint", 1),
    ("put_bytes", 1),
    ("put_nested", 1),
    ("put_frame", 1),
    ("uint_len", 0),
    ("bytes_len", 0),
    ("nested_len", 0),
];

/// Field numbers have names, which the schemas give: outside `proto` nobody repeats them.
pub(super) fn field_numbers(tree: &Tree, findings: &mut Findings) {
    let is_outside = |file: &File<'_>| file.extension() == "rs" && !file.path.starts_with("proto/");
    for file in tree.files().filter(is_outside) {
        let arms = arms_of_numbers(&file);
        for (number, line) in file.lines() {
            if arms.contains(&number) || writes_a_number(line) || asks_for_a_number(line) {
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

fn writes_a_number(line: &str) -> bool {
    FIELD_ARGUMENTS.iter().any(|(function, place)| {
        line.match_indices(&format!("wire::{function}(")).any(|(at, call)| {
            let argument = line[at + call.len()..].split(',').nth(*place);
            argument.is_some_and(|argument| argument.trim().parse::<u32>().is_ok())
        })
    })
}

fn asks_for_a_number(line: &str) -> bool {
    ["if number == ", "if number != ", "if field == "].iter().any(|asked| {
        let behind = line.split_once(asked).map(|(_, behind)| behind);
        behind.is_some_and(|behind| behind.starts_with(|one: char| ('1'..='9').contains(&one)))
    })
}
