//! Secrets of call-outs that stand in files or in the environment: read by the gateway, which signs
//! with them, and read again when files change. So the boss never has them, nor does its store.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use member::machine::Sample;
use proto::class::{Callout, ClusterConfig};
use proto::secret::Secret;
use proto::time::Time;

/// How often it is looked whether a file has changed.
const LOOK_MS: u64 = 1_000;
/// The longest secret has 64 bytes, in base64; more is another file.
const FILE_BYTES_MAX: u64 = 4 * 1024;

/// The cluster configuration, and what of it stands elsewhere.
#[derive(Debug, Default)]
pub(in crate::io) struct Secrets {
    given: Arc<ClusterConfig>,
    /// By call-out.
    read: BTreeMap<String, Read>,
    look_ms: u64,
}

/// What was read for a call-out.
#[derive(Debug, PartialEq)]
struct Read {
    place: Place,
    /// The last good one.
    secret: Option<Secret>,
    /// Why the newest isn't.
    problem: Option<String>,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    File(PathBuf),
    Variable(String),
}

impl Secrets {
    /// Takes a configuration from the boss; gives it with all secrets that can be had.
    pub(in crate::io) fn take(&mut self, config: Arc<ClusterConfig>) -> Arc<ClusterConfig> {
        self.given = config;
        let callouts = self.given.callout.iter();
        let elsewhere = callouts.filter_map(|one| Some((one.name.clone(), place(one)?)));
        let mut before = std::mem::take(&mut self.read);
        for (name, place) in elsewhere {
            let known = before.remove(&name).filter(|read| read.place == place);
            let mut read = known.unwrap_or(Read { place, secret: None, problem: None });
            read.again(&name);
            self.read.insert(name, read);
        }
        self.whole()
    }

    /// Looks into the files, once a second; gives the configuration if a secret has changed.
    pub(in crate::io) fn changed(&mut self, now: Time) -> Option<Arc<ClusterConfig>> {
        if now.ms < self.look_ms {
            return None;
        }
        self.look_ms = now.ms + LOOK_MS;
        let mut has_changed = false;
        for (name, read) in &mut self.read {
            // The environment of a process stays as it is.
            if matches!(read.place, Place::File(_)) {
                has_changed |= read.again(name);
            }
        }
        has_changed.then(|| self.whole())
    }

    /// How many can't be had now.
    pub(in crate::io) fn sample(&self) -> Sample {
        let help = "Call-outs whose secret_file or secret_env holds no secret now.";
        let unusable = self.read.values().filter(|read| read.problem.is_some()).count();
        Sample::gauge("imq_gateway_callout_secrets_unusable", help, unusable as u64)
    }

    fn whole(&self) -> Arc<ClusterConfig> {
        if self.read.is_empty() {
            return Arc::clone(&self.given);
        }
        let mut config = ClusterConfig::clone(&self.given);
        for callout in &mut config.callout {
            if let Some(read) = self.read.get(&callout.name) {
                callout.secret.clone_from(&read.secret);
            }
        }
        Arc::new(config)
    }
}

impl Read {
    /// Reads it; whether the secret is another one now. What is wrong is said once.
    fn again(&mut self, name: &str) -> bool {
        match self.place.read() {
            Ok(secret) => {
                if self.problem.take().is_some() {
                    tracing::info!("call-out {name:?}: its secret can be read");
                }
                let has_changed = self.secret.as_ref() != Some(&secret);
                self.secret = Some(secret);
                has_changed
            }
            Err(problem) => {
                if self.problem.as_ref() != Some(&problem) {
                    let so = match self.secret {
                        Some(_) => "the previous one stays in use",
                        None => "nothing is asked or told until there is one",
                    };
                    tracing::error!("call-out {name:?}: {problem}: {so}");
                    self.problem = Some(problem);
                }
                false
            }
        }
    }
}

impl Place {
    /// What stands there, if it is a secret; else a sentence that repeats nothing of it.
    fn read(&self) -> Result<Secret, String> {
        let (text, place) = match self {
            Place::File(path) => (of_file(path)?, path.display().to_string()),
            Place::Variable(name) => (of_variable(name)?, name.clone()),
        };
        let secret = Secret::from(text.trim());
        match secret.webhook_key() {
            Some(_) => Ok(secret),
            None => Err(format!(
                "{place} doesn't hold a secret: it is `whsec_` and the base64 of 24 to 64 random \
                 bytes"
            )),
        }
    }
}

fn place(callout: &Callout) -> Option<Place> {
    let file = callout.secret_file.clone().map(Place::File);
    file.or_else(|| callout.secret_env.clone().map(Place::Variable))
}

fn of_file(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{} can't be read: {error}", path.display());
    // Who opens a pipe waits for its other end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn of_variable(name: &str) -> Result<String, String> {
    let text = std::env::var_os(name).ok_or_else(|| format!("the variable {name} is not set"))?;
    text.into_string().map_err(|_| format!("the variable {name} is not UTF-8"))
}

#[cfg(test)]
mod tests;
