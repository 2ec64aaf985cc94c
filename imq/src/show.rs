//! What commands print: lines and tables for people, with colours on a terminal, JSON for programs.
//! Text of strangers stays the part of one line that it is.

mod moment;
mod table;

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use proto::text::is_hidden;
use serde_json::Value;

pub(crate) use moment::{clock, date, span};
pub(crate) use table::{Cell, Table};

/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What may become bad.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// What is bad.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Names, by which eyes find their way.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What is beside the point.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Headings.
pub(crate) const HEAD: Style = Style::new().bold();
/// All else.
pub(crate) const PLAIN: Style = Style::new();

/// Standard output takes no more.
#[derive(Debug, thiserror::Error)]
#[error("writing to standard output: {0}")]
pub(crate) struct Unprinted(#[from] io::Error);

impl Unprinted {
    /// Whoever read it has seen enough, as `head` does.
    pub(crate) fn is_enough(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Prints text as it is. Its colours are left out where standard output is no terminal, or NO_COLOR
/// is set.
pub(crate) fn print(text: &str) -> Result<(), Unprinted> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a line likewise.
pub(crate) fn line(text: &str) -> Result<(), Unprinted> {
    print(&format!("{text}\n"))
}

/// Prints a document on a line of its own.
pub(crate) fn json(document: &Value) -> Result<(), Unprinted> {
    line(&json_text(document))
}

/// JSON in which nothing steers a terminal: what is hidden can only stand in strings, and is
/// escaped there.
pub(crate) fn json_text(document: &Value) -> String {
    let mut text = String::new();
    for char in document.to_string().chars() {
        if is_hidden(char) {
            let mut units = [0; 2];
            let units = char.encode_utf16(&mut units);
            units.iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(char);
        }
    }
    text
}

/// Text of a stranger, with what is hidden or steers a terminal escaped.
pub(crate) fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match is_hidden(char) {
            true => shown.extend(char.escape_default()),
            false => shown.push(char),
        }
    }
    shown
}

/// Text that looks so.
pub(crate) fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// `1 queue`, `2 queues`.
pub(crate) fn count(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// How often something is, in a second.
pub(crate) fn rate(per_s: f64) -> String {
    if per_s == 0.0 || per_s >= 100.0 { format!("{per_s:.0}") } else { format!("{per_s:.1}") }
}

/// A size as people read it: `512 B`, `1.5 KiB`, `3.0 GiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024.0 {
        return format!("{bytes:.0} B");
    }
    let mut size = bytes / 1024.0;
    let mut at = 0;
    // What would be shown as 1024.0 is one of the next unit.
    while size >= 1023.95 && at + 1 < UNITS.len() {
        size /= 1024.0;
        at += 1;
    }
    format!("{size:.1} {}", UNITS[at])
}

/// The text without its colours, as a file gets it.
#[cfg(test)]
pub(crate) fn bare(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests;
