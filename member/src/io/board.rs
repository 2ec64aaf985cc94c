//! What the threads of a node have published, for the threads that answer operators: figures, now
//! and then, and whether they are ready, at once.

use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use proto::time::Time;

use super::{exposition, process};
use crate::machine::{Sample, Value};

/// The figures of a node. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Posted>);

#[derive(Debug, Default)]
struct Posted {
    role: &'static str,
    id: String,
    /// By who published them: a lane, say.
    figures: DashMap<String, Vec<Sample>>,
    /// Why who isn't ready; nothing: it is.
    readiness: DashMap<String, Option<String>>,
    /// When the thread of each loop last showed that it turns.
    turned_ms: DashMap<String, u64>,
    /// A page about copies of buckets, where there are any.
    copies: Mutex<Option<String>>,
}

impl Board {
    /// An empty board of this node.
    pub fn of(role: &'static str, id: &str) -> Board {
        Board(Arc::new(Posted { role, id: id.to_owned(), ..Posted::default() }))
    }

    /// Replaces the figures of `who`: a lane, say.
    pub fn publish(&self, who: &str, samples: Vec<Sample>) {
        self.0.figures.insert(who.to_owned(), samples);
    }

    /// The loop of `who` turns at this moment. It says so each second from the first time on.
    pub fn turns(&self, who: &str, now: Time) {
        match self.0.turned_ms.get_mut(who) {
            Some(mut at) => *at = now.ms,
            None => drop(self.0.turned_ms.insert(who.to_owned(), now.ms)),
        }
    }

    /// The loop that hasn't turned for the longest time, and for how many milliseconds.
    pub fn slowest(&self, now: Time) -> Option<(String, u64)> {
        let loops = self.0.turned_ms.iter();
        let silent =
            loops.map(|entry| (entry.key().clone(), now.ms.saturating_sub(*entry.value())));
        silent.max_by_key(|(_, ms)| *ms)
    }

    /// Replaces why `who` isn't ready; nothing: it is.
    pub fn set_unready(&self, who: &str, reason: Option<String>) {
        self.0.readiness.insert(who.to_owned(), reason);
    }

    /// Replaces the page about copies of buckets; nothing: there are none.
    pub fn show_copies(&self, page: Option<String>) {
        *self.0.copies.lock().unwrap_or_else(PoisonError::into_inner) = page;
    }

    /// The page about copies of buckets, where there are any.
    pub fn copies(&self) -> Option<String> {
        self.0.copies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the node isn't ready, a sentence each; none: it is.
    pub fn unready(&self) -> Vec<String> {
        if self.0.readiness.is_empty() {
            return vec!["it has just been started".to_owned()];
        }
        let reason = |who: &String, reason: &Option<String>| {
            reason.as_ref().map(|reason| format!("{who}: {reason}"))
        };
        let entries = self.0.readiness.iter();
        let mut reasons: Vec<_> =
            entries.filter_map(|entry| reason(entry.key(), entry.value())).collect();
        reasons.sort();
        reasons
    }

    /// All figures, those of one name and labels made one over who published them.
    pub fn samples(&self) -> Vec<Sample> {
        let entries = self.0.figures.iter();
        let mut groups: Vec<_> =
            entries.map(|entry| (entry.key().clone(), entry.value().clone())).collect();
        groups.sort_by(|a, b| a.0.cmp(&b.0));
        let mut all: Vec<Sample> = Vec::new();
        for sample in groups.into_iter().flat_map(|(_, samples)| samples) {
            let same = |one: &&mut Sample| one.name == sample.name && one.labels == sample.labels;
            match all.iter_mut().find(same) {
                Some(one) => one.value.take_in(&sample.value),
                None => all.push(sample),
            }
        }
        all
    }

    /// The figure of this name, 0 if there is none.
    pub fn number(&self, name: &str) -> f64 {
        let samples = self.samples();
        let mut named = samples.iter().filter(|sample| sample.name == name);
        named.next().and_then(Sample::number).unwrap_or_default()
    }

    /// All that operators scrape, in Prometheus' text format.
    pub fn render(&self) -> String {
        let mut samples = self.samples();
        samples.push(build_info(self.0.role, &self.0.id));
        samples.extend(process::samples());
        exposition::render(&samples)
    }
}

/// Whether the files that TLS `of` something is from have changed and can't be used.
pub fn tls_files(of: &str, unusable: bool) -> Sample {
    let help = "1 while TLS files have changed and can't be used: the log says why.";
    Sample::gauge("imq_tls_files_unusable", help, unusable.into()).with("of", of)
}

/// Which build this is, and as what it runs.
pub fn build_info(role: &str, id: &str) -> Sample {
    let help = "Always 1; the labels hold the version, the role and the node's id.";
    let info = Sample::new("imq_build_info", help, Value::Gauge(1.0));
    let info = info.with("version", env!("CARGO_PKG_VERSION"));
    info.with("role", role).with("id", id)
}

#[cfg(test)]
mod tests;
