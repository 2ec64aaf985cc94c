//! Of which builds figures are taken.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

/// What `--version` of a debug build ends with.
const DEBUG: &str = "(debug build)";

/// Whether any build will do.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Run with a debug build, too, to try the plan: its figures mean nothing.
    #[arg(long)]
    debug_build: bool,
}

impl BuildArgs {
    /// Refuses a debug build: of this program, whose generator is too slow, and of the program to
    /// measure, if it is another one.
    pub(super) fn check(&self, measured: Option<&Path>) -> Result<()> {
        if self.debug_build {
            return Ok(());
        }
        if cfg!(debug_assertions) {
            bail!(
                "this is a debug build, whose figures mean nothing: use `cargo run --release -- \
                 …`, or --debug-build to try the plan anyway"
            );
        }
        let Some(binary) = measured else { return Ok(()) };
        let output = Command::new(binary).arg("--version").output();
        let output = output.with_context(|| format!("asking {} its version", binary.display()))?;
        if String::from_utf8_lossy(&output.stdout).trim_end().ends_with(DEBUG) {
            bail!("{} is a debug build, whose figures mean nothing", binary.display());
        }
        Ok(())
    }
}
