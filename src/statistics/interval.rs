//! Confidence intervals that promise at least their nominal coverage.

use serde::Serialize;

use super::special::{beta_lower, beta_quantile, t_quantile};

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end, not below `low`.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies in it.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// The exact two-sided interval of Clopper and Pearson (Biometrika 26, 1934, 404-413) for a
/// probability of which `k` successes in `n` independent runs were seen, with coverage at least
/// 1 − `alpha`.
///
/// Both sides get α/2 even when k is 0, where the upper end is 1 − (α/2)^(1/n); one-sided tools
/// print 1 − α^(1/n) there.
///
/// ```
/// # use cutover::statistics::clopper_pearson;
/// let interval = clopper_pearson(0, 29, 0.05);
/// assert!((interval.high - 0.119445).abs() < 5e-7);
/// ```
///
/// # Panics
/// If `n` is 0 or below `k`, or `alpha` is outside (0, 1).
#[must_use]
pub fn clopper_pearson(k: u64, n: u64, alpha: f64) -> Interval {
    assert!(n > 0 && k <= n, "{k} of {n} runs");
    assert!(alpha > 0.0 && alpha < 1.0);
    let (hits, misses) = (k as f64, (n - k) as f64);
    let half = alpha / 2.0;
    // One minus the α/2 root: expm1 keeps the digits when n is large.
    let edge = |runs: f64| -libm::expm1(libm::log(half) / runs);
    let low = match k {
        0 => 0.0,
        k if k == n => 1.0 - edge(hits),
        _ => beta_quantile(hits, misses + 1.0, half, 1.0 - half),
    };
    let high = match n - k {
        0 => 1.0,
        m if m == n => edge(misses),
        _ => beta_quantile(hits + 1.0, misses, 1.0 - half, half),
    };
    assert!(0.0 <= low && low <= high && high <= 1.0);
    Interval { low, high }
}

/// The two-sided t interval for the mean of `n` replications, in the unit of `mean`; `None` below
/// two replications, which say nothing about the spread.
///
/// `sd` is the sample deviation with divisor n − 1.
#[must_use]
pub fn mean_t(mean: f64, sd: f64, n: u64, alpha: f64) -> Option<Interval> {
    assert!(mean.is_finite() && sd.is_finite() && sd >= 0.0);
    assert!(alpha > 0.0 && alpha < 1.0);
    if n < 2 {
        return None;
    }
    let reach = t_quantile((n - 1) as f64, alpha / 2.0) * sd / (n as f64).sqrt();
    Some(Interval { low: mean - reach, high: mean + reach })
}

/// A quantile of a sample and its distribution-free interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OrderInterval<T> {
    /// The smallest value that at least a share q of the sample does not exceed.
    pub estimate: T,
    /// `None`: the sample is too small for a lower bound.
    pub low: Option<T>,
    /// `None`: the sample is too small for an upper bound.
    pub high: Option<T>,
}

/// The `q` quantile of a sorted sample with an interval between two order statistics, whose ranks
/// come from the exact binomial distribution; coverage at least 1 − `alpha` for any distribution
/// (David and Nagaraja, "Order Statistics", 3rd ed. 2003, section 7.1).
///
/// # Panics
/// If the sample is empty, or `q` or `alpha` is outside (0, 1).
#[must_use]
pub fn quantile_order<T: Copy + PartialOrd>(sorted: &[T], q: f64, alpha: f64) -> OrderInterval<T> {
    assert!(!sorted.is_empty() && sorted.is_sorted());
    assert!(q > 0.0 && q < 1.0 && alpha > 0.0 && alpha < 1.0);
    let n = sorted.len();
    let half = alpha / 2.0;
    // The r-th smallest exceeds the quantile only if fewer than r values lie at or below it, and
    // falls short of it only if at least r values lie below it.
    let at_least = |r: usize| beta_lower(r as f64, (n - r + 1) as f64, q);
    let fewer = |r: usize| beta_lower((n - r + 1) as f64, r as f64, 1.0 - q);
    let mut ranks = 1..=n;
    let low = last_rank(n, |r| fewer(r) <= half);
    let high = 1 + last_rank(n, |r| at_least(r) > half);
    let estimate = ranks.find(|r| *r as f64 >= q * n as f64).unwrap_or(n);
    OrderInterval {
        estimate: sorted[estimate - 1],
        low: (low > 0).then(|| sorted[low - 1]),
        high: sorted.get(high - 1).copied(),
    }
}

/// The last rank in 1..=n for which a condition holds that never comes true again once it is
/// false; 0 if it never holds.
fn last_rank(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, DiscreteCDF};

    use super::*;

    #[test]
    fn published_intervals() {
        for (k, n, low, high) in [
            (0, 29, 0.0, 0.119_445),
            (0, 100, 0.0, 0.036_217),
            (1, 100, 0.000_253, 0.054_459),
            (5, 100, 0.016_432, 0.112_835),
            (10, 100, 0.049_005, 0.176_223),
            (3, 1000, 0.000_619, 0.008_742),
        ] {
            let interval = clopper_pearson(k, n, 0.05);
            assert!((interval.low - low).abs() < 6e-7, "{k}/{n} {interval:?}");
            assert!((interval.high - high).abs() < 6e-7, "{k}/{n} {interval:?}");
            // The mirror image: failures instead of successes.
            let mirror = clopper_pearson(n - k, n, 0.05);
            assert!((1.0 - mirror.high - interval.low).abs() < 1e-12);
            assert!((1.0 - mirror.low - interval.high).abs() < 1e-12);
        }
        assert_eq!(clopper_pearson(0, 29, 0.05).low.to_bits(), 0);
        assert!(clopper_pearson(29, 29, 0.05).contains(1.0));
    }

    #[test]
    fn intervals_of_large_samples() {
        let interval = clopper_pearson(1_000_000, 100_000_000, 0.05);
        assert!((interval.low - 0.01).abs() < 2.1e-5 && (interval.high - 0.01).abs() < 2.1e-5);
        assert!(interval.low < 0.01 && interval.high > 0.01);
        let none = clopper_pearson(0, 1_000_000_000_000, 0.05);
        assert!((none.high * 1e12 - 3.688_879_454).abs() < 1e-8);
    }

    #[test]
    fn mean_of_few() {
        assert_eq!(mean_t(1.0, 1.0, 1, 0.05), None);
        let interval = mean_t(10.0, 2.0, 30, 0.05).unwrap();
        assert!((interval.high - 10.746_812_2).abs() < 1e-6, "{interval:?}");
        assert!((interval.low - 9.253_187_8).abs() < 1e-6);
    }

    #[test]
    fn order_statistics_cover_and_are_tight() {
        for (n, q, alpha) in
            [(30, 0.5, 0.05), (200, 0.95, 0.05), (59, 0.95, 0.1), (1000, 0.01, 0.01)]
        {
            let sample: Vec<u64> = (1..=n).collect();
            let interval = quantile_order(&sample, q, alpha);
            let law = Binomial::new(q, n).unwrap();
            if let Some(low) = interval.low {
                assert!(law.cdf(low - 1) <= alpha / 2.0 && law.cdf(low) > alpha / 2.0);
            }
            if let Some(high) = interval.high {
                assert!(
                    law.sf(high - 1) <= alpha / 2.0
                        && (high == 1 || law.sf(high - 2) > alpha / 2.0)
                );
            }
        }
        // The median of 30: ranks 10 and 21 (David and Nagaraja's tables).
        let sample: Vec<f64> = (1..=30).map(f64::from).collect();
        let median = quantile_order(&sample, 0.5, 0.05);
        assert_eq!((median.low, median.high), (Some(10.0), Some(21.0)));
        assert_eq!(median.estimate.to_bits(), 15f64.to_bits());
        // Ten values cannot bound their 95 % quantile from above.
        assert_eq!(quantile_order(&sample[..10], 0.95, 0.05).high, None);
    }
}
