//! Which core a process runs on, by `taskset` of util-linux.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// All server processes share this core.
pub(crate) const SERVER_CORE: &str = "0";

/// The generator has this core alone.
pub(crate) const GENERATOR_CORE: &str = "1";

/// Moves all threads of this process to the generator's core.
pub(crate) fn generator() -> Result<()> {
    let own = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-acp", GENERATOR_CORE, &own])
        .stdout(Stdio::null())
        .status()
        .context("running taskset (package util-linux)")?;
    if !status.success() {
        bail!("taskset can't move this process to core {GENERATOR_CORE}: two cores are needed");
    }
    Ok(())
}

/// A command that runs the program on the servers' core. It keeps the process id: `taskset` turns
/// into the program.
pub(crate) fn server(program: &std::path::Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program);
    command
}
