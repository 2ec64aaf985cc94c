//! What machines count, as operators read it: a name, a meaning, and plain numbers.

/// A metric with its value now.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its name: `imq_<role>_…`, with the unit at its end; a counter's ends in `_total`.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// From a closed set; never a queue or a user.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: Value,
}

/// A value, and how those of several threads become one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Only rises; added up.
    Counter(f64),
    /// Rises and falls; added up.
    Gauge(f64),
    /// Of what can't be added up, such as a duration: the largest counts.
    Largest(f64),
    /// How many durations lay below each bound; added up.
    Histogram(Histogram),
}

impl Sample {
    /// A metric without labels.
    pub fn new(name: &'static str, help: &'static str, value: Value) -> Sample {
        Sample { name, help, labels: Vec::new(), value }
    }

    /// A counter without labels.
    pub fn counter(name: &'static str, help: &'static str, count: u64) -> Sample {
        Sample::new(name, help, Value::Counter(count as f64))
    }

    /// A gauge without labels.
    pub fn gauge(name: &'static str, help: &'static str, size: u64) -> Sample {
        Sample::new(name, help, Value::Gauge(size as f64))
    }

    /// The same with one label more.
    #[must_use]
    pub fn with(mut self, label: &'static str, value: impl Into<String>) -> Sample {
        self.labels.push((label, value.into()));
        self
    }

    /// Its numbers by their names, labels included: `imq_gateway_closed_total{code="slow"}`. A
    /// histogram has one for each bound, `…_bucket{le="0.001"}`, without its sum. Of a name with
    /// labels there are many, and most of them are 0: those are left out.
    pub fn figures(&self) -> Vec<(String, f64)> {
        let named = |suffix: &str, le: Option<String>| {
            let labels = self.labels.iter().map(|(label, value)| format!("{label}=\"{value}\""));
            let labels = labels.chain(le.map(|le| format!("le=\"{le}\"")));
            let labels: Vec<String> = labels.collect();
            format!("{}{suffix}{{{}}}", self.name, labels.join(","))
        };
        match &self.value {
            Value::Counter(value) | Value::Gauge(value) | Value::Largest(value) => {
                if self.labels.is_empty() {
                    vec![(self.name.to_owned(), *value)]
                } else if *value == 0.0 {
                    Vec::new()
                } else {
                    vec![(named("", None), *value)]
                }
            }
            Value::Histogram(histogram) => {
                let buckets = histogram.buckets().map(|(bound, below)| (bound.to_string(), below));
                let all = std::iter::once(("+Inf".to_owned(), histogram.total()));
                let counted = buckets.chain(all).filter(|(_, below)| *below > 0);
                counted.map(|(le, below)| (named("_bucket", Some(le)), below as f64)).collect()
            }
        }
    }

    /// The number, where it is one: a histogram is many.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Value::Counter(value) | Value::Gauge(value) | Value::Largest(value) => Some(value),
            Value::Histogram(_) => None,
        }
    }
}

impl Value {
    /// Takes in what another thread says of the same.
    pub fn take_in(&mut self, other: &Value) {
        match (self, other) {
            (Value::Counter(sum), Value::Counter(more))
            | (Value::Gauge(sum), Value::Gauge(more)) => {
                *sum += more;
            }
            (Value::Largest(largest), Value::Largest(other)) => *largest = largest.max(*other),
            (Value::Histogram(sum), Value::Histogram(more)) => sum.take_in(more),
            (Value::Counter(_) | Value::Gauge(_) | Value::Largest(_) | Value::Histogram(_), _) => {
                debug_assert!(false, "one name is one kind of metric")
            }
        }
    }

    /// The kind, as Prometheus calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Counter(_) => "counter",
            Value::Gauge(_) | Value::Largest(_) => "gauge",
            Value::Histogram(_) => "histogram",
        }
    }
}

/// Upper bounds of a histogram's buckets, in microseconds: from a round trip within one machine to
/// the longest time that a web application is given.
pub const BOUNDS_US: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// Durations by size: plain integers, so that counting one is two additions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Below each bound and not below the one before; the last is beyond all.
    counts: [u64; BOUNDS_US.len() + 1],
    sum_us: u64,
}

impl Histogram {
    /// Counts a duration.
    pub fn count(&mut self, us: u64) {
        let bucket = BOUNDS_US.iter().position(|bound| us <= *bound);
        self.counts[bucket.unwrap_or(BOUNDS_US.len())] += 1;
        self.sum_us += us;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in seconds.
    pub fn sum_s(&self) -> f64 {
        self.sum_us as f64 / 1e6
    }

    /// Each bound in seconds with how many lay at or below it.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        BOUNDS_US.iter().zip(self.counts).map(move |(bound, count)| {
            below += count;
            (*bound as f64 / 1e6, below)
        })
    }

    fn take_in(&mut self, other: &Histogram) {
        for (sum, more) in self.counts.iter_mut().zip(other.counts) {
            *sum += more;
        }
        self.sum_us += other.sum_us;
    }
}

#[cfg(test)]
mod tests;
