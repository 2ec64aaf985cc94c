//! Medians, spreads and slopes.

#[cfg(test)]
mod tests;

/// The middle of the values, of an even number the mean of the two; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len(), values.len().is_multiple_of(2)) {
        (0, _) => 0.0,
        (_, true) => f64::midpoint(values[half - 1], values[half]),
        (_, false) => values[half],
    }
}

/// How far the values are apart: (max - min) / median.
pub(crate) fn spread(values: Vec<f64>) -> f64 {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (most - least) / median(values)
}

/// The slope of the line with the least squares through the points; 0 when they make no line.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let along: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let across: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    if along > 0.0 { across / along } else { 0.0 }
}
