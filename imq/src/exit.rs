//! Exit codes, the same for all commands that ask a cluster, and where more is said about a status.

/// It was refused, or what was asked for isn't so; the reason is on standard error.
pub(crate) const REFUSED: u8 = 1;
/// Nobody could be reached who would do it, or it doesn't let this user in; and wrong words.
pub(crate) const NOT_REACHED: u8 = 2;
/// It may or may not have run.
pub(crate) const UNKNOWN: u8 = 4;

/// For `--help`.
pub(crate) const HELP: &str = "Exit codes: 0 done; 1 refused or failed; 2 nobody reached, or wrong \
                               words; 4 it may or may not have run.";

/// The page about a status, by its name, or about a close code, by its number.
pub(crate) fn page(code: &str) -> String {
    format!("see docs/errors/{code}.md")
}
