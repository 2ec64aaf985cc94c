//! `imq check-config`: all that is wrong with a file, in the order of its lines.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use proto::class::ClusterConfig;
use proto::document::{Document, Problem};

use super::{File, read};

/// What only the one kind of file has, and what only the other.
const OF_THE_CLUSTER: [&str; 5] = ["alone", "class", "callout", "connect", "copies"];
const OF_PROCESSES: [&str; 6] = ["secret_file", "tls", "boss", "queue_node", "gateway", "auth"];

/// Said to who gives the one in the place of the other.
pub(super) const OF_CLUSTER: &str = "this is a cluster configuration, the boss's: give it by \
                                     `--cluster`, or post it to /api/v1/config";

/// `imq check-config`.
#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// A configuration of processes, or of the cluster: it is known by what stands in it.
    file: PathBuf,
    /// The file is to be a cluster configuration: classes of queues.
    #[arg(long)]
    cluster: bool,
}

/// Says all that is wrong with a file.
pub(crate) fn check(options: &CheckOptions) -> Result<ExitCode> {
    let (file, text) = (options.file.display(), read(&options.file)?);
    let (kind, problems) = problems(&text, options.cluster);
    if problems.is_empty() {
        println!("{file}: good, as a configuration of {kind}");
        return Ok(ExitCode::SUCCESS);
    }
    for Problem { line, text } in &problems {
        match line {
            Some(line) => eprintln!("{file}:{line}: {text}"),
            None => eprintln!("{file}: {text}"),
        }
    }
    Ok(ExitCode::from(2))
}

/// Of what kind a text is, and what is wrong with it.
fn problems(text: &str, is_to_be_of_cluster: bool) -> (&'static str, Vec<Problem>) {
    if is_to_be_of_cluster || is_of_cluster(text) {
        let mut problems = ClusterConfig::read(text).err().unwrap_or_default();
        if is_only_of(text, &OF_PROCESSES, &OF_THE_CLUSTER) {
            problems
                .push(Problem::of_all("this is a configuration of processes: leave out --cluster"));
        }
        return ("the cluster", problems);
    }
    ("processes", File::parse(text).err().unwrap_or_default())
}

/// Whether a text is meant for the cluster, not for its processes.
pub(super) fn is_of_cluster(text: &str) -> bool {
    is_only_of(text, &OF_THE_CLUSTER, &OF_PROCESSES)
}

fn is_only_of(text: &str, these: &[&str], others: &[&str]) -> bool {
    let document = Document::new(text);
    let has = |names: &[&str]| names.iter().any(|name| document.has(name));
    has(these) && !has(others)
}

#[cfg(test)]
mod tests;
