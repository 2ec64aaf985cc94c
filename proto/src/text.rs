//! Text that somebody else wrote: what of it may be shown in a log, on a page or in an error.

use std::fmt;

use crate::limits;

/// Text from outside, made harmless: what is hidden or steers a terminal is escaped, so that it
/// stays the part of one line that it is, and what is too long is cut. Doing it twice changes
/// nothing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Foreign(String);

impl Foreign {
    /// What of this text can be shown.
    pub fn new(text: &str) -> Foreign {
        let mut shown = String::with_capacity(text.len().min(limits::FOREIGN_TEXT_BYTES_MAX));
        // How much of it is kept if it has to be cut.
        let mut kept = 0;
        for char in text.chars() {
            match is_hidden(char) {
                true => shown.extend(char.escape_default()),
                false => shown.push(char),
            }
            if shown.len() > limits::FOREIGN_TEXT_BYTES_MAX {
                shown.truncate(kept);
                shown.push(CUT);
                break;
            }
            if shown.len() + CUT.len_utf8() <= limits::FOREIGN_TEXT_BYTES_MAX {
                kept = shown.len();
            }
        }
        Foreign(shown)
    }

    /// Likewise, of bytes that may not be text.
    pub fn of_bytes(bytes: &[u8]) -> Foreign {
        // An escape is longer than what it stands for, a replacement character never shorter than a
        // quarter: more bytes than this can't be shown.
        let most = bytes.len().min(4 * limits::FOREIGN_TEXT_BYTES_MAX);
        Foreign::new(&String::from_utf8_lossy(&bytes[..most]))
    }

    /// Likewise, of an error's words: those of a library may hold what a peer has sent.
    pub fn of(error: &impl fmt::Display) -> Foreign {
        Foreign::new(&error.to_string())
    }

    /// The text as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Stands where text was cut.
const CUT: char = '…';

/// Whether a character shows nothing by itself, or changes how others are shown: control
/// characters, ends of lines and paragraphs, marks of writing direction, and what Unicode calls
/// default ignorable (DerivedCoreProperties.txt, `Default_Ignorable_Code_Point`), such as spaces
/// without width.
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests;
