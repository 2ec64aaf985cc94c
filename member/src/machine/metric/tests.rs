//! Durations in their buckets.

use super::*;

#[test]
fn a_duration_is_in_the_first_bucket_that_it_fits_into_and_in_all_above() {
    let mut histogram = Histogram::default();
    for us in [0, 100, 101, 1_000_000, 10_000_001] {
        histogram.count(us);
    }
    let below: Vec<u64> = histogram.buckets().map(|(_, count)| count).collect();
    assert_eq!(below, [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4]);
    assert_eq!(histogram.buckets().map(|(bound, _)| bound).next(), Some(0.0001));
    assert_eq!(histogram.total(), 5);
    assert_eq!(histogram.sum_s(), 11.000_202);
}

#[test]
fn values_of_threads_become_one() {
    let both = |mut one: Value, other: Value| {
        one.take_in(&other);
        one
    };
    assert_eq!(both(Value::Counter(1.0), Value::Counter(2.0)), Value::Counter(3.0));
    assert_eq!(both(Value::Gauge(1.0), Value::Gauge(2.0)), Value::Gauge(3.0));
    assert_eq!(both(Value::Largest(0.25), Value::Largest(0.125)), Value::Largest(0.25));
    let (mut one, mut other) = (Histogram::default(), Histogram::default());
    one.count(50);
    other.count(60);
    other.count(20_000_000);
    let Value::Histogram(sum) = both(Value::Histogram(one), Value::Histogram(other)) else {
        panic!("another kind")
    };
    assert_eq!((sum.total(), sum.buckets().next()), (3, Some((0.0001, 2))));
}

#[test]
fn figures_are_named_with_their_labels_and_labelled_zeros_are_left_out() {
    let closed = |code, count| Sample::counter("closed_total", "", count).with("code", code);
    assert_eq!(Sample::counter("a_total", "", 0).figures(), [("a_total".to_owned(), 0.0)]);
    assert_eq!(closed("bye", 0).figures(), []);
    assert_eq!(closed("bye", 3).figures(), [("closed_total{code=\"bye\"}".to_owned(), 3.0)]);
    let mut histogram = Histogram::default();
    histogram.count(2_000_000);
    histogram.count(20_000_000);
    let histogram = Sample::new("s", "", Value::Histogram(histogram)).with("kind", "ask");
    let names =
        ["2.5", "5", "10", "+Inf"].map(|le| format!("s_bucket{{kind=\"ask\",le=\"{le}\"}}"));
    let values = [1.0, 1.0, 1.0, 2.0];
    assert_eq!(histogram.figures(), names.into_iter().zip(values).collect::<Vec<_>>());
}
