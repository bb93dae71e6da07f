//! The families: exact quantiles and both tails, through `libm`.
//!
//! A point of a distribution is named by p and s = 1 − p together. Each function uses the smaller
//! one, which alone is accurate; so nothing is lost in either tail.

use std::f64::consts::LN_2;

use crate::scenario::Shape;
use crate::statistics::{
    beta_lower, beta_quantile, gamma_lower, gamma_quantile, gamma_upper, normal_lower,
    normal_quantile,
};

use super::exact::Exact;
use super::{empirical, mixture};

/// The 95 % point of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_7;
/// ln 20: the 95 % point of the exponential distribution with mean 1.
const LN_20: f64 = 2.995_732_273_553_991;
/// Quantiles beyond this (2^60) are all the same to a table.
const CEILING: f64 = 1_152_921_504_606_846_976.0;

/// A continuous distribution (or a point) with the parameters its formulas need.
#[derive(Debug)]
pub(super) enum Family {
    Point(f64),
    /// The ends reach half a unit beyond the integers, so that rounding makes all equally likely.
    Uniform {
        low: f64,
        high: f64,
    },
    Triangular {
        low: f64,
        mode: f64,
        high: f64,
    },
    Pert {
        low: f64,
        width: f64,
        alpha: f64,
        beta: f64,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    /// `slope` is 1 over the usual shape; the exponential law has 1.
    Weibull {
        slope: f64,
        scale: f64,
    },
    Pareto {
        min: f64,
        slope: f64,
    },
    Empirical(Vec<f64>),
    /// Weights sum to 1.
    Mixture(Vec<(f64, Exact)>),
}

impl Family {
    /// From the parameters people have. Degenerate ones give a point.
    pub(super) fn new(shape: &Shape) -> Family {
        if let Some(value) = point_of(shape) {
            return Family::Point(value as f64);
        }
        match *shape {
            Shape::Uniform { low, high } => {
                let (low, high) = (low as f64 - 0.5, high as f64 + 0.5);
                Family::Uniform { low, high }
            }
            Shape::Triangular { low, mode, high } => {
                assert!(low <= mode && mode <= high, "a mode lies between its ends");
                let [low, mode, high] = [low, mode, high].map(|value| value as f64);
                Family::Triangular { low, mode, high }
            }
            Shape::Pert { low, mode, high } => {
                assert!(low <= mode && mode <= high, "a mode lies between its ends");
                let [low, mode, high] = [low, mode, high].map(|value| value as f64);
                let alpha = 1.0 + 4.0 * (mode - low) / (high - low);
                let beta = 1.0 + 4.0 * (high - mode) / (high - low);
                let width = high - low;
                Family::Pert { low, width, alpha, beta }
            }
            Shape::Empirical(ref values) => {
                assert!(values.is_sorted(), "empirical values are sorted");
                Family::Empirical(values.iter().map(|value| *value as f64).collect())
            }
            Shape::Mixture(ref parts) => {
                assert!(parts.iter().all(|(weight, _)| *weight > 0.0), "weights are positive");
                let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let scaled = parts.iter().map(|(weight, dist)| (weight / total, Exact::new(dist)));
                Family::Mixture(scaled.collect())
            }
            _ => Family::unbounded(shape),
        }
    }

    fn unbounded(shape: &Shape) -> Family {
        match *shape {
            Shape::Exponential { mean } => {
                let (slope, scale) = (1.0, mean as f64);
                Family::Weibull { slope, scale }
            }
            Shape::Gamma { mean, sd } => {
                let ratio = mean as f64 / sd as f64;
                let (shape, scale) = (ratio * ratio, sd as f64 / ratio);
                Family::Gamma { shape, scale }
            }
            Shape::Lognormal { median, p95 } => {
                let sigma = log_ratio(p95, median) / Z95;
                let mu = libm::log(median as f64);
                Family::Lognormal { mu, sigma }
            }
            Shape::Weibull { median, p95 } => {
                // median = scale (ln 2)^(1/k) and p95 = scale (ln 20)^(1/k).
                let slope = log_ratio(p95, median) / libm::log(LN_20 / LN_2);
                let scale = median as f64 / libm::pow(LN_2, slope);
                Family::Weibull { slope, scale }
            }
            Shape::Pareto { min, p95 } => {
                let slope = log_ratio(p95, min) / LN_20;
                let min = min as f64;
                Family::Pareto { min, slope }
            }
            _ => unreachable!("this shape has ends"),
        }
    }

    /// The quantile at p, with s = 1 − p; finite.
    pub(super) fn quantile(&self, p: f64, s: f64) -> f64 {
        assert!(p >= 0.0 && s >= 0.0);
        let value = match *self {
            Family::Point(value) => value,
            Family::Uniform { low, high } if p <= s => low + (high - low) * p,
            Family::Uniform { low, high } => high - (high - low) * s,
            Family::Triangular { low, mode, high } => triangular_quantile(low, mode, high, p, s),
            Family::Pert { low, width, alpha, beta } if p <= s => {
                low + width * beta_quantile(alpha, beta, p, s)
            }
            Family::Pert { low, width, alpha, beta } => {
                low + width - width * beta_quantile(beta, alpha, s, p)
            }
            Family::Lognormal { .. } if p <= 0.0 => 0.0,
            Family::Lognormal { .. } | Family::Gamma { .. } if s <= 0.0 => CEILING,
            Family::Lognormal { mu, sigma } => {
                let z = if p <= s { normal_quantile(p) } else { -normal_quantile(s) };
                libm::exp(mu + sigma * z)
            }
            Family::Gamma { shape, scale } => scale * gamma_quantile(shape, p, s),
            Family::Weibull { slope, scale } => scale * libm::pow(minus_log(p, s), slope),
            Family::Pareto { min, slope } => min * libm::exp(slope * minus_log(p, s)),
            Family::Empirical(ref values) => empirical::quantile(values, p, s),
            Family::Mixture(ref parts) => mixture::quantile(parts, p, s),
        };
        value.min(CEILING)
    }

    /// P(X ≤ x) and P(X > x).
    pub(super) fn tails(&self, x: f64) -> (f64, f64) {
        if x < self.low() {
            return (0.0, 1.0);
        }
        match *self {
            Family::Point(_) => (1.0, 0.0),
            Family::Uniform { high, .. } | Family::Triangular { high, .. } if x >= high => {
                (1.0, 0.0)
            }
            Family::Uniform { low, high } => ((x - low) / (high - low), (high - x) / (high - low)),
            Family::Triangular { low, mode, high } => triangular_tails(low, mode, high, x),
            Family::Pert { low, width, alpha, beta } => {
                let left = ((x - low) / width).min(1.0);
                let right = ((low + width - x) / width).max(0.0);
                (beta_lower(alpha, beta, left), beta_lower(beta, alpha, right))
            }
            Family::Lognormal { mu, sigma } => {
                let z = (libm::log(x) - mu) / sigma;
                (normal_lower(z), normal_lower(-z))
            }
            Family::Gamma { shape, scale } => {
                (gamma_lower(shape, x / scale), gamma_upper(shape, x / scale))
            }
            Family::Weibull { slope, scale } => {
                exponential_tails(libm::pow(x / scale, 1.0 / slope))
            }
            Family::Pareto { min, slope } => exponential_tails(libm::log(x / min) / slope),
            Family::Empirical(ref values) => empirical::tails(values, x),
            Family::Mixture(ref parts) => mixture::tails(parts, x),
        }
    }

    /// The lower end; 0 for a mixture, whose parts know their own.
    fn low(&self) -> f64 {
        match self {
            Family::Point(low)
            | Family::Uniform { low, .. }
            | Family::Triangular { low, .. }
            | Family::Pert { low, .. }
            | Family::Pareto { min: low, .. } => *low,
            Family::Empirical(values) => values[0],
            Family::Lognormal { .. } | Family::Gamma { .. } | Family::Weibull { .. } => 0.0,
            Family::Mixture(_) => 0.0,
        }
    }
}

/// The only value of a shape that has no spread.
pub(super) fn point_of(shape: &Shape) -> Option<u64> {
    let (value, alone) = match shape {
        Shape::Constant(value) => (*value, true),
        Shape::Uniform { low, high }
        | Shape::Triangular { low, high, .. }
        | Shape::Pert { low, high, .. } => (*low, low == high),
        Shape::Exponential { mean } => (*mean, *mean == 0),
        Shape::Gamma { mean, sd } => (*mean, *mean == 0 || *sd == 0),
        Shape::Lognormal { median: base, p95 }
        | Shape::Weibull { median: base, p95 }
        | Shape::Pareto { min: base, p95 } => (*base, base == p95),
        Shape::Empirical(values) => (values[0], values.first() == values.last()),
        Shape::Mixture(_) => (0, false),
    };
    alone.then_some(value)
}

/// ln(above / base) of two parameters in order.
fn log_ratio(above: u64, base: u64) -> f64 {
    assert!(0 < base && base < above, "a p95 lies above its median or minimum, which is 1 or more");
    libm::log(above as f64 / base as f64)
}

/// −ln s, from whichever tail is accurate.
fn minus_log(p: f64, s: f64) -> f64 {
    if p <= s { -libm::log1p(-p) } else { -libm::log(s) }
}

/// Both tails where −ln of the upper one is known.
fn exponential_tails(rest: f64) -> (f64, f64) {
    (-libm::expm1(-rest), libm::exp(-rest))
}

fn triangular_tails(low: f64, mode: f64, high: f64, x: f64) -> (f64, f64) {
    let width = high - low;
    if x < mode {
        let lower = (x - low) / width * ((x - low) / (mode - low));
        (lower, 1.0 - lower)
    } else {
        let upper = (high - x) / width * ((high - x) / (high - mode));
        (1.0 - upper, upper)
    }
}

fn triangular_quantile(low: f64, mode: f64, high: f64, p: f64, s: f64) -> f64 {
    let width = high - low;
    // The mode splits the mass as it splits the width.
    if p * width <= mode - low {
        low + (p * width * (mode - low)).sqrt()
    } else {
        high - (s * width * (high - mode)).sqrt()
    }
}
