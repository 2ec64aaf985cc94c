//! The rule about the parts of a lane: each has its functions in its own place.

use super::{Findings, Tree};

const MACHINE: &str = "gateway/src/machine/";

/// Types that route and bring along: all of it stands in one file.
const OF_A_FILE: [(&str, &str); 3] = [("Lane", "lane"), ("LaneParts", "parts"), ("Desk", "desk")];

/// Types that own a part of a lane: they stand in a file and the folder of its name.
const OF_A_FOLDER: [(&str, &str); 6] = [
    ("Door", "door"),
    ("Upstream", "upstream"),
    ("Delivery", "delivery"),
    ("Sessions", "sessions"),
    ("Application", "application"),
    ("Web", "web"),
];

/// A type whose functions are spread over the files of others owns nothing.
pub(super) fn places(tree: &Tree, findings: &mut Findings) {
    for file in tree.files() {
        let Some(path) = file.path.strip_prefix(MACHINE) else { continue };
        for (number, line) in file.lines() {
            let Some(name) = implemented(line) else { continue };
            let has_name = |(of, _): &&(&str, &str)| *of == name;
            let of_a_file = OF_A_FILE.iter().find(has_name);
            if let Some((_, place)) = of_a_file.or_else(|| OF_A_FOLDER.iter().find(has_name)) {
                let is_its_file = path.strip_suffix(".rs") == Some(*place);
                let is_below = path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
                if !is_its_file && (of_a_file.is_some() || !is_below) {
                    let sentence = format!("`impl {name}` stands in {MACHINE}{place}.rs: ask it");
                    findings.add(file.path, number, sentence);
                }
            }
        }
    }
}

/// The type whose functions begin in this line.
fn implemented(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("impl")?;
    let rest = match rest.strip_prefix('<') {
        Some(generics) => generics.split_once("> ")?.1,
        None => rest.strip_prefix(' ')?,
    };
    let rest = rest.split_once(" for ").map_or(rest, |(_, of)| of);
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}
