//! Quantiles and tails of given values: linear between order statistics, type 7 of Hyndman and Fan,
//! The American Statistician 50 (1996), 361-365.

/// The quantile at p, with s = 1 − p, of at least two sorted values.
pub(super) fn quantile(values: &[f64], p: f64, s: f64) -> f64 {
    let last = values.len() - 1;
    let place = last as f64 * p.min(s);
    let index = (place as usize).min(last - 1);
    let part = place - index as f64;
    let (from, to) = if p <= s {
        (values[index], values[index + 1])
    } else {
        (values[last - index], values[last - index - 1])
    };
    from + (to - from) * part
}

/// P(X ≤ x) and P(X > x).
pub(super) fn tails(values: &[f64], x: f64) -> (f64, f64) {
    let reached = values.partition_point(|value| *value <= x);
    let last = values.len() - 1;
    if reached == 0 {
        return (0.0, 1.0);
    }
    if reached > last {
        return (1.0, 0.0);
    }
    let part = (x - values[reached - 1]) / (values[reached] - values[reached - 1]);
    let place = (reached - 1) as f64 + part;
    (place / last as f64, (last as f64 - place) / last as f64)
}
