//! `imq completions` and `imq man`: the command line as shells and `man` read it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::show;

/// `imq completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// Which shell.
    shell: Shell,
}

/// `imq man`.
#[derive(Debug, Args)]
pub(crate) struct ManOptions {
    /// Where the pages are written, one for each command [default: the first is printed].
    directory: Option<PathBuf>,
}

/// Prints the script of a shell.
pub(crate) fn completions(options: &CompletionsOptions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "imq", &mut script);
    show::print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the page of `imq`, or writes all pages.
pub(crate) fn man(options: &ManOptions) -> Result<ExitCode> {
    match &options.directory {
        Some(directory) => {
            let place = || directory.display().to_string();
            std::fs::create_dir_all(directory).with_context(place)?;
            clap_mangen::generate_to(Cli::command(), directory).with_context(place)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            show::print(&String::from_utf8(page)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
