//! The rules of the tree, each a small function from the tree to what breaks it.

mod architecture;
mod faults;
mod fields;
mod limits;
mod links;
mod manifests;
mod origins;
mod parts;
mod rust;
mod schema;
mod state;
mod text;

use std::fmt;

use crate::tree::{File, Tree};

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    /// From 1; the first where the whole file is meant.
    line: usize,
    rule: &'static str,
    sentence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.sentence)
    }
}

/// Where a rule puts what it finds.
struct Findings {
    rule: &'static str,
    found: Vec<Finding>,
}

impl Findings {
    /// Notes that a line of a path breaks the rule, and what to do.
    fn add(&mut self, path: &str, line: usize, sentence: impl Into<String>) {
        let (path, rule, sentence) = (path.to_owned(), self.rule, sentence.into());
        self.found.push(Finding { path, line, rule, sentence });
    }
}

/// A rule's name and the function that looks for what breaks it.
type Rule = (&'static str, fn(&Tree, &mut Findings));

const RULES: [Rule; 27] = [
    ("file-length", text::file_length),
    ("line-width", text::line_width),
    ("machine-paths", text::machine_paths),
    ("reasons", text::reasons),
    ("module-doc", rust::module_doc),
    ("never", rust::never),
    ("field-numbers", fields::field_numbers),
    ("ignored-tests", rust::ignored_tests),
    ("skipped-tests", rust::skipped_tests),
    ("sleeping-tests", rust::sleeping_tests),
    ("seeded-tests", rust::seeded_tests),
    ("one-server", rust::one_server),
    ("state-doors", state::doors),
    ("planted-bugs", faults::planted_bugs),
    ("lane-parts", parts::places),
    ("architecture-folders", architecture::folders),
    ("architecture-paths", architecture::paths),
    ("document-functions", architecture::functions),
    ("decision-length", architecture::decision_length),
    ("limits", limits::limits),
    ("links", links::links),
    ("contents", links::contents),
    ("roles", manifests::roles),
    ("versions", manifests::versions),
    ("toolchain", origins::toolchain),
    ("origins", origins::origins),
    ("schema", schema::schema),
];

/// Everything that breaks a rule, in the order of the rules.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    RULES
        .iter()
        .flat_map(|(rule, look)| {
            let mut findings = Findings { rule, found: Vec::new() };
            look(tree, &mut findings);
            findings.found
        })
        .collect()
}

/// Prints what breaks the rules; true when nothing does.
pub(crate) fn report(tree: &Tree) -> bool {
    let findings = check(tree);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("{} files are tidy by {} rules", tree.files().count(), RULES.len()),
        many => println!("{many} findings"),
    }
    findings.is_empty()
}

#[cfg(test)]
mod tests;
