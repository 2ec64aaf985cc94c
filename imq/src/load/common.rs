//! Options that plans share.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use loadtest::{Credentials, Target};
use serde::Serialize;

use super::build::BuildArgs;
use super::{print, this};
use crate::config;

/// A secret for HS256 is at least as long as the hash (RFC 7518 section 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// What all plans with a cluster of their own have.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The program to measure [default: this one].
    #[arg(long)]
    binary: Option<PathBuf>,
    #[command(flatten)]
    build: BuildArgs,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// How clients log in: by name alone unless one of these is given.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// Sign a token (JWT, HS256) for each user with the secret in this file, of at least 32 bytes,
    /// which the cluster is given.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A file of tokens, one a line, each used once.
    #[arg(long, value_name = "FILE", conflicts_with = "secret_file", requires = "keys_file")]
    token_file: Option<PathBuf>,
    /// What these tokens are verified with: the keys_file of the cluster's gateways.
    #[arg(long, value_name = "FILE", requires = "token_file")]
    keys_file: Option<PathBuf>,
}

impl Common {
    /// The program to measure.
    ///
    /// # Errors
    /// If it is a debug build, or can't be started.
    pub(super) fn binary(&self) -> Result<PathBuf> {
        self.build.check(self.binary.as_deref())?;
        self.binary.clone().map_or_else(this, Ok)
    }

    /// The cluster to measure.
    pub(super) fn target(&self) -> Result<Target> {
        Ok(Target::Own { binary: self.binary()? })
    }

    /// Prints a report; what it says of itself is the exit code.
    pub(super) fn print<R: Serialize + std::fmt::Display>(
        &self,
        report: &R,
        sound: bool,
    ) -> Result<ExitCode> {
        print(report, self.json, sound)
    }
}

impl LoginArgs {
    pub(super) fn credentials(&self) -> Result<Credentials> {
        let secret = self.secret_file.as_ref().map(|path| config::secrets::of_file(path));
        match (secret.transpose()?, self.token_file.as_ref().zip(self.keys_file.as_ref())) {
            (Some(secret), _) if secret.len() < SECRET_BYTES_MIN => bail!(
                "--secret-file has {} bytes, a gateway takes {SECRET_BYTES_MIN} or more: make one \
                 with `openssl rand -hex 32`",
                secret.len()
            ),
            (Some(secret), _) => Ok(Credentials::Secret(secret)),
            (None, Some((file, keys))) => {
                let text = config::read(file)?;
                let tokens = text.lines().map(str::trim).filter(|line| !line.is_empty());
                let tokens: Vec<String> = tokens.map(str::to_owned).collect();
                if tokens.is_empty() {
                    bail!("{} has no tokens: write one a line", file.display());
                }
                Ok(Credentials::Tokens { tokens, keys: config::read(keys)? })
            }
            (None, None) => Ok(Credentials::Believed),
        }
    }
}
