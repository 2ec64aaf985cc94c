//! Columns, each as wide as its widest text.

use anstyle::Style;

use super::{HEAD, PLAIN, safe, styled};

/// A text in a table, and how it looks.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text that looks so. What is hidden in it is escaped.
    pub(crate) fn new(text: impl AsRef<str>, style: Style) -> Cell {
        Cell { text: safe(text.as_ref()), style }
    }

    /// A plain text.
    pub(crate) fn plain(text: impl AsRef<str>) -> Cell {
        Cell::new(text, PLAIN)
    }

    /// A number, or `-` where there is none.
    pub(crate) fn number(number: Option<impl ToString>) -> Cell {
        Cell::plain(number.map_or("-".to_owned(), |number| number.to_string()))
    }
}

/// Lines of texts below headings.
#[derive(Debug)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    lines: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table. A heading that begins with `>` is of a column of numbers, which end at the
    /// same place.
    pub(crate) fn new(heads: &[&'static str]) -> Table {
        Table { heads: heads.to_vec(), lines: Vec::new() }
    }

    /// One more line, with a text for each heading.
    pub(crate) fn push(&mut self, line: Vec<Cell>) {
        assert_eq!(line.len(), self.heads.len(), "a text for each heading");
        self.lines.push(line);
    }

    /// The table, with colours.
    pub(crate) fn text(&self) -> String {
        let heads: Vec<&str> = self.heads.iter().map(|head| head.trim_start_matches('>')).collect();
        let widths: Vec<usize> = (0..heads.len())
            .map(|at| {
                let cells = self.lines.iter().map(|line| width(&line[at].text));
                cells.chain([width(heads[at])]).max().unwrap_or_default()
            })
            .collect();
        let mut text = String::new();
        let heads = heads.iter().map(|head| Cell::new(head, HEAD)).collect();
        for line in std::iter::once(&heads).chain(&self.lines) {
            self.append(line, &widths, &mut text);
        }
        text
    }

    /// Appends a line. Nothing is behind its last text.
    fn append(&self, line: &[Cell], widths: &[usize], text: &mut String) {
        let last = line.iter().rposition(|cell| !cell.text.is_empty());
        for (at, cell) in line.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            if at > 0 {
                text.push_str("  ");
            }
            let space = " ".repeat(widths[at] - width(&cell.text));
            let shown = styled(&cell.text, cell.style);
            if self.heads[at].starts_with('>') {
                text.push_str(&space);
                text.push_str(&shown);
            } else {
                text.push_str(&shown);
                if Some(at) != last {
                    text.push_str(&space);
                }
            }
        }
        text.push('\n');
    }
}

/// How many columns a text takes, if each character takes one.
fn width(text: &str) -> usize {
    text.chars().count()
}
