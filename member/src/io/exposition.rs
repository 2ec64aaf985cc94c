//! Prometheus' text format. The exporter's own recorder is not used: it draws histograms from
//! single durations, and here they have been counted already.

use std::collections::BTreeMap;

use metrics::{Key, Label};
use metrics_exporter_prometheus::LabelSet;
use metrics_exporter_prometheus::formatting::{
    write_help_line, write_metric_line, write_type_line,
};

use crate::machine::{Sample, Value};

/// The samples as text: each family once, by name.
pub(super) fn render(samples: &[Sample]) -> String {
    let mut families: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        families.entry(sample.name).or_default().push(sample);
    }
    let mut text = String::new();
    for (name, samples) in families {
        let Some(first) = samples.first() else { continue };
        write_help_line(&mut text, name, None, None, first.help);
        write_type_line(&mut text, name, None, None, first.value.kind());
        for sample in samples {
            put(&mut text, sample);
        }
    }
    text
}

fn put(text: &mut String, sample: &Sample) {
    let labels = sample.labels.iter().map(|(name, value)| Label::new(*name, value.clone()));
    let key = Key::from_parts(sample.name, labels.collect::<Vec<_>>());
    let labels = LabelSet::from_key_and_global(&key, &Default::default());
    let mut line = |suffix, more: Option<(&'static str, String)>, value: f64| {
        write_metric_line(text, sample.name, suffix, &labels, more, value, None);
    };
    match &sample.value {
        Value::Counter(value) | Value::Gauge(value) | Value::Largest(value) => {
            line(None, None, *value);
        }
        Value::Histogram(histogram) => {
            for (bound, count) in histogram.buckets() {
                line(Some("bucket"), Some(("le", bound.to_string())), count as f64);
            }
            let total = histogram.total() as f64;
            line(Some("bucket"), Some(("le", "+Inf".to_owned())), total);
            line(Some("sum"), None, histogram.sum_s());
            line(Some("count"), None, total);
        }
    }
}
