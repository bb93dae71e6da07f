//! What a distribution can yield: its support, and whether a truncation leaves anything.

use super::types::{Dist, Shape};

/// A truncation must keep at least this much probability, or quantiles inside it lose their digits.
const LEAST_MASS: f64 = 1e-9;
/// The 95 % quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

/// The closed support: least and largest value; `None`: unbounded.
pub(super) fn support(dist: &Dist) -> (u64, Option<u64>) {
    let (low, high) = match &dist.shape {
        Shape::Constant(value) => (*value, Some(*value)),
        Shape::Uniform { low, high }
        | Shape::Triangular { low, high, .. }
        | Shape::Pert { low, high, .. } => (*low, Some(*high)),
        Shape::Exponential { .. }
        | Shape::Lognormal { .. }
        | Shape::Gamma { .. }
        | Shape::Weibull { .. } => (0, None),
        Shape::Pareto { min, .. } => (*min, None),
        Shape::Empirical(values) => {
            (values.first().copied().unwrap_or(0), Some(values.last().copied().unwrap_or(0)))
        }
        Shape::Mixture(parts) => {
            let ends = parts.iter().map(|(_, part)| support(part));
            let low = ends.clone().map(|(low, _)| low).min().unwrap_or(0);
            // One unbounded part makes the whole unbounded.
            let high = ends
                .map(|(_, high)| high)
                .try_fold(0, |most, high| high.map(|high| most.max(high)));
            (low, high)
        }
    };
    match dist.between {
        Some((from, to)) => (low.max(from), Some(high.map_or(to, |high| high.min(to)))),
        None => (low, high),
    }
}

/// True if `between` leaves something to draw from, at every level of a mixture.
pub(super) fn possible(dist: &Dist) -> bool {
    match dist.between {
        Some((low, high)) => mass(&dist.shape, low, high) >= LEAST_MASS,
        None => true,
    }
}

/// The probability of [low, high], each end widened by half a unit because draws are rounded.
fn mass(shape: &Shape, low: u64, high: u64) -> f64 {
    let (from, to) = (low as f64 - 0.5, high as f64 + 0.5);
    let above = |survival: &dyn Fn(f64) -> f64| survival(from.max(0.0)) - survival(to);
    match shape {
        Shape::Constant(value) => f64::from(u8::from((low..=high).contains(value))),
        Shape::Uniform { low: a, high: b } => {
            overlap(from, to, *a, *b).map_or(0.0, |(x, y)| (y - x) / (*b as f64 - *a as f64))
        }
        Shape::Triangular { low: a, mode, high: b } => overlap(from, to, *a, *b)
            .map_or(0.0, |(x, y)| {
                triangular_cdf(y, *a, *mode, *b) - triangular_cdf(x, *a, *mode, *b)
            }),
        Shape::Pert { low: a, mode, high: b } => {
            overlap(from, to, *a, *b).map_or(0.0, |(x, y)| pert_mass(x, y, *a, *mode, *b))
        }
        Shape::Exponential { mean } => above(&|x| libm::exp(-x / *mean as f64)),
        Shape::Lognormal { median, p95 } => {
            let sigma = libm::log(*p95 as f64 / *median as f64) / Z95;
            above(&|x| normal_survival(libm::log(x / *median as f64) / sigma))
        }
        Shape::Weibull { median, p95 } => {
            let ratio = libm::log(20.0) / std::f64::consts::LN_2;
            let k = libm::log(ratio) / libm::log(*p95 as f64 / *median as f64);
            let at_median = std::f64::consts::LN_2;
            above(&|x| libm::exp(-at_median * libm::pow(x / *median as f64, k)))
        }
        Shape::Pareto { min, p95 } => {
            let alpha = libm::log(20.0) / libm::log(*p95 as f64 / *min as f64);
            above(&|x| libm::pow((*min as f64 / x.max(1e-9)).min(1.0), alpha))
        }
        Shape::Gamma { mean, sd } => above(&|x| gamma_survival(x, *mean as f64, *sd as f64)),
        Shape::Empirical(values) => empirical_mass(values, low, high),
        Shape::Mixture(parts) => mixture_mass(parts, low, high),
    }
}

/// The part of [from, to] inside [a, b].
fn overlap(from: f64, to: f64, a: u64, b: u64) -> Option<(f64, f64)> {
    let (x, y) = (from.max(a as f64), to.min(b as f64));
    (x < y).then_some((x, y))
}

fn triangular_cdf(x: f64, low: u64, mode: u64, high: u64) -> f64 {
    let (low, mode, high) = (low as f64, mode as f64, high as f64);
    if x < mode {
        (x - low) * (x - low) / ((high - low) * (mode - low))
    } else if high > mode {
        1.0 - (high - x) * (high - x) / ((high - low) * (high - mode))
    } else {
        1.0
    }
}

/// Midpoint sums of the beta density over [x, y] and over the whole; two digits are plenty here.
fn pert_mass(x: f64, y: f64, low: u64, mode: u64, high: u64) -> f64 {
    let width = high as f64 - low as f64;
    let alpha = 4.0 * (mode as f64 - low as f64) / width;
    let beta = 4.0 * (high as f64 - mode as f64) / width;
    let integral = |from: f64, to: f64| {
        let pieces = 256;
        let step = (to - from) / f64::from(pieces);
        let density = |i: i32| {
            let u = from + (f64::from(i) + 0.5) * step;
            libm::pow(u, alpha) * libm::pow((1.0 - u).max(0.0), beta)
        };
        (0..pieces).map(density).sum::<f64>() * step
    };
    let unit = |value: f64| ((value - low as f64) / width).clamp(0.0, 1.0);
    integral(unit(x), unit(y)) / integral(0.0, 1.0)
}

fn normal_survival(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// Wilson and Hilferty's cube root approximation for shapes of at least 1; below, the exponential
/// bound on the tail. Only the order of magnitude matters.
fn gamma_survival(x: f64, mean: f64, sd: f64) -> f64 {
    let shape = (mean / sd) * (mean / sd);
    let scale = mean / shape;
    if shape < 1.0 {
        return libm::exp(-x / scale) * (1.0 - shape / 2.0)
            + libm::exp(-x / (scale * shape)) * shape / 2.0;
    }
    let ninth = 1.0 / (9.0 * shape);
    normal_survival((libm::cbrt(x / mean) - (1.0 - ninth)) / libm::sqrt(ninth))
}

/// Linear between order statistics, so an interval between two observations has probability too.
fn empirical_mass(values: &[u64], low: u64, high: u64) -> f64 {
    if values.iter().any(|value| (low..=high).contains(value)) {
        return 1.0;
    }
    let gap = values.windows(2).find(|pair| pair[0] < low && high < pair[1]);
    gap.map_or(0.0, |pair| {
        let share = (high - low + 1) as f64 / (pair[1] - pair[0]) as f64;
        share / (values.len() - 1) as f64
    })
}

fn mixture_mass(parts: &[(f64, Dist)], low: u64, high: u64) -> f64 {
    let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
    let inside = |part: &Dist| {
        let (from, to) = part.between.unwrap_or((0, u64::MAX));
        let (from, to) = (from.max(low), to.min(high));
        if from > to {
            return 0.0;
        }
        let whole = part.between.map_or(1.0, |(a, b)| mass(&part.shape, a, b));
        mass(&part.shape, from, to) / whole
    };
    parts.iter().map(|(weight, part)| weight * inside(part)).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(shape: Shape, low: u64, high: u64) -> bool {
        possible(&Dist { shape, between: Some((low, high)) })
    }

    #[test]
    fn truncations_of_bounded_families_overlap_or_are_refused() {
        let (low, high) = (10, 20);
        let uniform = || Shape::Uniform { low, high };
        assert!(cut(uniform(), 15, 40) && !cut(uniform(), 30, 40));
        let triangular = Shape::Triangular { low, mode: low, high };
        assert!(cut(triangular, 12, 13));
        let pert = || Shape::Pert { low, mode: 12, high };
        assert!(cut(pert(), 14, 14) && !cut(pert(), 21, 40));
        let empirical = || Shape::Empirical(vec![1, 5, 9]);
        assert!(cut(empirical(), 6, 7) && !cut(empirical(), 10, 20));
        let part = |shape| Dist { shape, between: None };
        let mixture =
            || Shape::Mixture(vec![(1.0, part(Shape::Constant(5))), (3.0, part(uniform()))]);
        assert!(cut(mixture(), 5, 6) && !cut(mixture(), 6, 8));
    }

    #[test]
    fn truncations_far_in_a_tail_are_refused() {
        let exponential = Shape::Exponential { mean: 1000 };
        assert!(!cut(exponential, 1_000_000, 2_000_000));
        let lognormal = |p95| Shape::Lognormal { median: 1000, p95 };
        assert!(cut(lognormal(5000), 0, 100) && !cut(lognormal(2000), 1_000_000, 2_000_000));
        let weibull = Shape::Weibull { median: 1000, p95: 5000 };
        assert!(cut(weibull, 10_000, 20_000));
        let pareto = || Shape::Pareto { min: 1000, p95: 5000 };
        assert!(cut(pareto(), 1000, 1100) && !cut(pareto(), 0, 900));
        let gamma = |sd| Shape::Gamma { mean: 1000, sd };
        assert!(cut(gamma(500), 0, 1000) && !cut(gamma(500), 100_000, 200_000));
        assert!(cut(gamma(2000), 0, 10));
    }

    #[test]
    fn supports_are_closed_and_follow_truncation() {
        let exponential = Dist { shape: Shape::Exponential { mean: 5 }, between: None };
        assert_eq!(support(&exponential), (0, None));
        let cut = Dist { between: Some((2, 9)), ..exponential.clone() };
        assert_eq!(support(&cut), (2, Some(9)));
        let parts = vec![(1.0, cut), (1.0, exponential)];
        assert_eq!(support(&Dist { shape: Shape::Mixture(parts), between: None }), (0, None));
    }
}
