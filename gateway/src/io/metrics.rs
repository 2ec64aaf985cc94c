//! All that a gateway counts, for its reference page.

use member::io::board::tls_files;
use member::machine::{Sample, trace};

use super::callout::Secrets;
use super::clients::Refused;
use super::keys::keys_samples;
use crate::machine::{callout, counters};

/// Each metric, as it is before anything has happened.
pub fn metrics() -> Vec<Sample> {
    let mut all = counters::Counters::default().list();
    all.extend(Refused::default().samples());
    all.extend(callout::Counters::default().list());
    all.extend(keys_samples(0, 0));
    all.push(Secrets::default().sample());
    all.push(trace::armed(0));
    all.extend(["clients", "links"].map(|of| tls_files(of, false)));
    all
}
