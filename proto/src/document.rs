//! TOML documents that operators write. All that is wrong with one is said at once, in the order
//! of its lines: what is no TOML, what nobody knows, what is of another type, and what can't be.
//!
//! A [`Document`] is read into a type by serde, which stops at the first error. So the entry with
//! the error is noted and taken out, and the rest is read again, until it can be read. What the
//! type then finds wrong with itself are [`Finding`]s, which name their place.

mod place;

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use self::place::{Found, Gap, Taken};
use crate::limits::DOCUMENT_PROBLEMS_MAX;
use crate::secret::redacted;

/// Something that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// In which line; nothing if it is about the whole.
    pub line: Option<usize>,
    /// A sentence, without secrets.
    pub text: String,
}

impl Problem {
    /// Something that is wrong with the whole.
    pub fn of_all(text: impl Into<String>) -> Problem {
        Problem { line: None, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// What a type finds wrong with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which entry it is about, as in `class[2].mount[0].history`.
    pub place: String,
    /// A sentence.
    pub text: String,
}

impl Finding {
    /// About this entry.
    pub fn at(place: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { place: place.into(), text: text.into() }
    }

    /// A sentence that begins with the place.
    pub fn of_sentence(text: String) -> Finding {
        let end = text.find([' ', ':']).unwrap_or(text.len());
        Finding { place: text[..end].to_owned(), text }
    }
}

/// A document that is being read.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    tree: Spanned<DeTable<'t>>,
    /// What is wrong, and where in the text.
    noted: Vec<(Option<usize>, String)>,
    /// Lines that are no TOML: what is left of them means something else.
    broken: Vec<usize>,
    /// Entries that couldn't be read.
    gaps: Vec<Gap>,
}

/// Reads a document, and has the type look for what is wrong with itself.
///
/// # Errors
/// All that is wrong, in the order of the lines.
pub fn read<T: DeserializeOwned>(
    text: &str,
    findings: impl FnOnce(&T) -> Vec<Finding>,
) -> Result<T, Vec<Problem>> {
    let mut document = Document::new(text);
    let read: Option<T> = document.read();
    document.find(read.as_ref().map(findings).unwrap_or_default());
    match (read, document.problems()) {
        (Some(read), problems) if problems.is_empty() => Ok(read),
        (_, problems) => Err(problems),
    }
}

impl<'t> Document<'t> {
    /// Takes a text; what is no TOML in it is noted.
    pub fn new(text: &'t str) -> Document<'t> {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let (noted, broken, gaps) = (Vec::new(), Vec::new(), Vec::new());
        let mut document = Document { text, tree, noted, broken, gaps };
        for error in errors {
            document.note(error.span().map(|span| span.start), error.message());
        }
        let places = document.noted.iter().filter_map(|(at, _)| *at);
        document.broken = places.flat_map(|at| broken_by(text, line(text, at))).collect();
        document
    }

    /// Whether there is such an entry.
    pub fn has(&self, place: &str) -> bool {
        self.value(place).is_some()
    }

    /// Where the value of an entry stands in the text.
    pub fn value(&self, place: &str) -> Option<Range<usize>> {
        match place::find(self.tree.get_ref(), place) {
            Found::Entry { value, .. } => Some(value),
            Found::Gap(_) => None,
        }
    }

    /// What stands in the document, as far as it can be read: what can't be is noted.
    pub fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            let error = match T::deserialize(Deserializer::from(self.tree.clone())) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let at = error.span().map(|span| span.start);
            let taken = error.span().and_then(|span| place::take(self.tree.get_mut(), &span));
            let Some(Taken { path, gap }) = taken else {
                self.note_unless_broken(at, error.message());
                return None;
            };
            self.note_unless_broken(at, &format!("{path}: {}", error.message()));
            self.gaps.push(gap);
            if self.gaps.len() >= DOCUMENT_PROBLEMS_MAX {
                self.note(None, "there may be more: fix these first");
                return None;
            }
        }
    }

    /// Notes what the type that was read has found.
    pub fn find(&mut self, findings: impl IntoIterator<Item = Finding>) {
        let mut findings = findings.into_iter();
        for Finding { place, text } in findings.by_ref().take(DOCUMENT_PROBLEMS_MAX) {
            match place::find(self.tree.get_ref(), &place) {
                Found::Entry { key, .. } => self.note_unless_broken(Some(key.start), &text),
                // It is there, but can't be read.
                Found::Gap(gap) if self.gaps.contains(&gap) => {}
                // It may be in a line that is no TOML.
                Found::Gap(_) if !self.broken.is_empty() => {}
                Found::Gap(gap) => self.note(gap.holder, &text),
            }
        }
        let left_out = findings.count();
        if left_out > 0 {
            self.note(None, &format!("and {left_out} more: fix these first"));
        }
    }

    /// All that has been noted, in the order of the lines.
    pub fn problems(mut self) -> Vec<Problem> {
        // What is of no line is last.
        self.noted.sort_by_key(|(at, _)| (at.is_none(), *at));
        let problem = |(at, text): (Option<usize>, String)| {
            let line = at.map(|at| line(self.text, at));
            Problem { line, text }
        };
        self.noted.into_iter().map(problem).collect()
    }

    fn note_unless_broken(&mut self, at: Option<usize>, text: &str) {
        if !at.is_some_and(|at| self.broken.contains(&line(self.text, at))) {
            self.note(at, text);
        }
    }

    fn note(&mut self, at: Option<usize>, text: &str) {
        self.noted.push((at, redacted(text)));
    }
}

/// Lines that mean something else since this one is no TOML: behind a header all up to the next.
fn broken_by(text: &str, broken: usize) -> Range<usize> {
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let mut lines = text.lines().skip(broken - 1);
    let behind = match lines.next().is_some_and(is_header) {
        true => lines.take_while(|line| !is_header(line)).count(),
        false => 0,
    };
    broken..broken + 1 + behind
}

/// The number of the line with this byte, from 1.
fn line(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
