//! Secrets and keys: from files and the environment, never from the command line, which `ps` shows
//! to everybody on the machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use proto::limits::SECRET_BYTES_MIN;

/// Flags that hold a secret themselves in other programs, and where it belongs here.
const MISPLACED: [(&str, &str); 5] = [
    ("--secret", "--secret-file FILE, or IMQ_SECRET in the environment of a role"),
    ("--rpc-key", "--rpc-key-file FILE, or IMQ_RPC_KEY in the environment"),
    ("--admin-key", "--admin-key-file FILE, or IMQ_ADMIN_KEY in the environment"),
    ("--read-key", "--read-key-file FILE, or IMQ_READ_KEY in the environment"),
    ("--token", "--token-file FILE, or IMQ_TOKEN in the environment"),
];

/// Refuses a command line with a secret in it. The secret isn't repeated, since what is said here
/// goes into logs.
pub(crate) fn refuse_on_command_line<A: AsRef<OsStr>>(words: &[A]) -> Result<()> {
    for word in words.iter().map(|word| word.as_ref().to_string_lossy()) {
        if word == "--" {
            return Ok(());
        }
        let flag = word.split('=').next().unwrap_or_default();
        if let Some((flag, place)) = MISPLACED.iter().find(|(name, _)| *name == flag) {
            bail!(
                "{flag}: `ps` shows the command line to everybody on this machine, so don't put a \
                 secret there: give {place}"
            );
        }
    }
    Ok(())
}

/// The secret of a file, or of a variable of the environment where no file is given.
pub(crate) fn secret(variable: &str, file: Option<&PathBuf>) -> Result<Option<String>> {
    match file {
        Some(path) => of_file(path).map(Some),
        None => of_environment(variable),
    }
}

/// Such a secret that is sent as a header: a key of the HTTP interfaces.
pub(crate) fn key(variable: &str, file: Option<&PathBuf>) -> Result<Option<String>> {
    let place = || file.map_or_else(|| variable.to_owned(), |path| path.display().to_string());
    secret(variable, file)?.map(|key| as_key(key).with_context(place)).transpose()
}

/// The key in a file.
pub(crate) fn key_of_file(path: &Path) -> Result<String> {
    as_key(of_file(path)?).with_context(|| path.display().to_string())
}

/// The secret in a file.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    checked(&super::read(path)?).with_context(|| path.display().to_string())
}

/// A user's token, which whoever verifies it judges.
pub(crate) fn token(variable: &str, file: Option<&PathBuf>) -> Result<Option<String>> {
    let text = match file {
        Some(path) => Some(super::read(path)?),
        None => variable_of(variable)?,
    };
    Ok(text.map(|text| text.trim_end().to_owned()))
}

fn of_environment(name: &str) -> Result<Option<String>> {
    let text = variable_of(name)?;
    text.map(|text| checked(&text).with_context(|| name.to_owned())).transpose()
}

#[allow(clippy::disallowed_methods, reason = "clap would make a flag of it")]
fn variable_of(name: &str) -> Result<Option<String>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    let Ok(text) = text.into_string() else { bail!("{name} is not UTF-8") };
    Ok(Some(text))
}

/// The end of the line isn't part of a secret, wherever it comes from: so the same text is the
/// same secret in a file and in the environment.
fn checked(text: &str) -> Result<String> {
    let secret = text.trim_end();
    let bytes = secret.len();
    ensure!(
        bytes >= SECRET_BYTES_MIN,
        "a secret has {bytes} bytes, at least {SECRET_BYTES_MIN} are needed: make one with \
         `openssl rand -hex 32`"
    );
    Ok(secret.to_owned())
}

/// Only such a key fits into `Authorization: Bearer <key>`; another one could never match.
fn as_key(key: String) -> Result<String> {
    ensure!(
        key.bytes().all(|byte| byte.is_ascii_graphic()),
        "a key travels in a header, so it must be printable ASCII without spaces: make one with \
         `openssl rand -hex 32`"
    );
    Ok(key)
}

#[cfg(test)]
mod tests;
