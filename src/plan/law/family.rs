//! The families: exact quantiles and both tails, through `libm`.
//!
//! A point of a distribution is named by p and s = 1 − p together. Each function uses the smaller
//! one, which alone is accurate; so nothing is lost in either tail.

use crate::scenario::Shape;
use crate::statistics::{
    beta_lower, beta_quantile, gamma_lower, gamma_quantile, gamma_upper, normal_lower,
    normal_quantile,
};

use super::exact::Exact;

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
        high: f64,
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
    /// The exponential law is the one with shape 1.
    Weibull {
        inverse_shape: f64,
        scale: f64,
    },
    Pareto {
        min: f64,
        inverse_shape: f64,
    },
    Empirical(Vec<f64>),
    /// Weights sum to 1.
    Mixture(Vec<(f64, Exact)>),
}

impl Family {
    /// From the parameters people have. Degenerate ones give a point.
    pub(super) fn new(shape: &Shape) -> Family {
        let point = |value: u64| Family::Point(value as f64);
        match *shape {
            Shape::Constant(value) => point(value),
            Shape::Uniform { low, high }
            | Shape::Triangular { low, high, .. }
            | Shape::Pert { low, high, .. }
                if low == high =>
            {
                point(low)
            }
            Shape::Uniform { low, high } => Family::Uniform {
                low: low as f64 - 0.5,
                high: high as f64 + 0.5,
            },
            Shape::Triangular { low, mode, high } => {
                assert!(low <= mode && mode <= high);
                Family::Triangular {
                    low: low as f64,
                    mode: mode as f64,
                    high: high as f64,
                }
            }
            Shape::Pert { low, mode, high } => {
                assert!(low <= mode && mode <= high);
                let width = (high - low) as f64;
                let alpha = 1.0 + 4.0 * (mode - low) as f64 / width;
                let beta = 1.0 + 4.0 * (high - mode) as f64 / width;
                Family::Pert {
                    low: low as f64,
                    high: high as f64,
                    alpha,
                    beta,
                }
            }
            Shape::Exponential { mean: 0 } | Shape::Gamma { mean: 0, .. } => point(0),
            Shape::Gamma { mean, sd: 0 } => point(mean),
            Shape::Exponential { mean } => Family::Weibull {
                inverse_shape: 1.0,
                scale: mean as f64,
            },
            Shape::Gamma { mean, sd } => {
                let ratio = mean as f64 / sd as f64;
                Family::Gamma {
                    shape: ratio * ratio,
                    scale: sd as f64 / ratio,
                }
            }
            Shape::Lognormal { median, p95 } | Shape::Weibull { median, p95 } if median == p95 => {
                point(median)
            }
            Shape::Pareto { min, p95 } if min == p95 => point(min),
            Shape::Lognormal { median, p95 } => {
                let spread = log_ratio(p95, median);
                Family::Lognormal {
                    mu: libm::log(median as f64),
                    sigma: spread / Z95,
                }
            }
            Shape::Weibull { median, p95 } => {
                // median = scale (ln 2)^(1/k) and p95 = scale (ln 20)^(1/k).
                let inverse_shape =
                    log_ratio(p95, median) / libm::log(LN_20 / std::f64::consts::LN_2);
                let scale = median as f64 / libm::pow(std::f64::consts::LN_2, inverse_shape);
                Family::Weibull {
                    inverse_shape,
                    scale,
                }
            }
            Shape::Pareto { min, p95 } => Family::Pareto {
                min: min as f64,
                inverse_shape: log_ratio(p95, min) / LN_20,
            },
            Shape::Empirical(ref values) => Family::empirical(values),
            Shape::Mixture(ref parts) => {
                assert!(!parts.is_empty() && parts.iter().all(|(weight, _)| *weight > 0.0));
                let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
                Family::Mixture(
                    parts
                        .iter()
                        .map(|(weight, dist)| (weight / total, Exact::new(dist)))
                        .collect(),
                )
            }
        }
    }

    fn empirical(values: &[u64]) -> Family {
        assert!(
            !values.is_empty() && values.is_sorted(),
            "empirical values are sorted"
        );
        match values {
            [value] => Family::Point(*value as f64),
            _ => Family::Empirical(values.iter().map(|value| *value as f64).collect()),
        }
    }

    /// The quantile at p, with s = 1 − p; finite.
    pub(super) fn quantile(&self, p: f64, s: f64) -> f64 {
        assert!(p >= 0.0 && s >= 0.0);
        let value = match self {
            Family::Point(value) => *value,
            Family::Uniform { low, high } => from_ends(*low, *high, p, s, |tail| tail),
            Family::Triangular { low, mode, high } => triangular_quantile(*low, *mode, *high, p, s),
            Family::Pert {
                low,
                high,
                alpha,
                beta,
            } => {
                if p <= s {
                    low + (high - low) * beta_quantile(*alpha, *beta, p, s)
                } else {
                    high - (high - low) * beta_quantile(*beta, *alpha, s, p)
                }
            }
            Family::Lognormal { mu, sigma } => {
                let z = match (p, s) {
                    _ if p <= 0.0 => return 0.0,
                    _ if s <= 0.0 => return CEILING,
                    _ if p <= s => normal_quantile(p),
                    _ => -normal_quantile(s),
                };
                libm::exp(mu + sigma * z)
            }
            Family::Gamma { .. } if s <= 0.0 => CEILING,
            Family::Gamma { shape, scale } => scale * gamma_quantile(*shape, p, s),
            Family::Weibull {
                inverse_shape,
                scale,
            } => scale * libm::pow(minus_log(p, s), *inverse_shape),
            Family::Pareto { min, inverse_shape } => {
                min * libm::exp(inverse_shape * minus_log(p, s))
            }
            Family::Empirical(values) => empirical_quantile(values, p, s),
            Family::Mixture(parts) => mixture_quantile(parts, p, s),
        };
        value.min(CEILING)
    }

    /// P(X ≤ x) and P(X > x).
    pub(super) fn tails(&self, x: f64) -> (f64, f64) {
        match self {
            Family::Point(value) => {
                if x < *value {
                    (0.0, 1.0)
                } else {
                    (1.0, 0.0)
                }
            }
            Family::Empirical(values) => empirical_tails(values, x),
            Family::Mixture(parts) => {
                parts
                    .iter()
                    .fold((0.0, 0.0), |(lower, upper), (weight, part)| {
                        let (l, u) = part.tails(x);
                        (lower + weight * l, upper + weight * u)
                    })
            }
            Family::Uniform { low, high }
            | Family::Triangular { low, high, .. }
            | Family::Pert { low, high, .. }
                if x <= *low || x >= *high =>
            {
                if x <= *low {
                    (0.0, 1.0)
                } else {
                    (1.0, 0.0)
                }
            }
            Family::Uniform { low, high } => ((x - low) / (high - low), (high - x) / (high - low)),
            Family::Triangular { low, mode, high } => {
                if x <= *mode {
                    let lower = (x - low) / (high - low) * ((x - low) / (mode - low));
                    (lower, 1.0 - lower)
                } else {
                    let upper = (high - x) / (high - low) * ((high - x) / (high - mode));
                    (1.0 - upper, upper)
                }
            }
            Family::Pert {
                low,
                high,
                alpha,
                beta,
            } => {
                let (left, right) = ((x - low) / (high - low), (high - x) / (high - low));
                (
                    beta_lower(*alpha, *beta, left),
                    beta_lower(*beta, *alpha, right),
                )
            }
            Family::Lognormal { .. } | Family::Gamma { .. } | Family::Weibull { .. }
                if x <= 0.0 =>
            {
                (0.0, 1.0)
            }
            Family::Lognormal { mu, sigma } => {
                let z = (libm::log(x) - mu) / sigma;
                (normal_lower(z), normal_lower(-z))
            }
            Family::Gamma { shape, scale } => (
                gamma_lower(*shape, x / scale),
                gamma_upper(*shape, x / scale),
            ),
            Family::Weibull {
                inverse_shape,
                scale,
            } => {
                let rest = libm::pow(x / scale, 1.0 / inverse_shape);
                (-libm::expm1(-rest), libm::exp(-rest))
            }
            Family::Pareto { min, .. } if x <= *min => (0.0, 1.0),
            Family::Pareto { min, inverse_shape } => {
                let rest = libm::log(x / min) / inverse_shape;
                (-libm::expm1(-rest), libm::exp(-rest))
            }
        }
    }
}

/// ln(above / base) of two parameters in order.
fn log_ratio(above: u64, base: u64) -> f64 {
    assert!(
        0 < base && base < above,
        "a p95 lies above its median or minimum, which is 1 or more"
    );
    libm::log(above as f64 / base as f64)
}

/// −ln s, from whichever tail is accurate.
fn minus_log(p: f64, s: f64) -> f64 {
    if p <= s {
        -libm::log1p(-p)
    } else {
        -libm::log(s)
    }
}

/// A distance that depends on the tail probability alone, laid off from the nearer end.
fn from_ends(low: f64, high: f64, p: f64, s: f64, share: impl Fn(f64) -> f64) -> f64 {
    let width = high - low;
    if p <= s {
        low + width * share(p)
    } else {
        high - width * share(s)
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

/// Linear between order statistics (type 7 of Hyndman and Fan, The American Statistician 50,
/// 1996, 361-365).
fn empirical_quantile(values: &[f64], p: f64, s: f64) -> f64 {
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

fn empirical_tails(values: &[f64], x: f64) -> (f64, f64) {
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

/// The least x with enough mass at or below it. It lies between the least and the greatest of the
/// parts' quantiles; false position on the logarithm of the smaller tail finds it, and every third
/// step halves the bracket, because parts may jump.
fn mixture_quantile(parts: &[(f64, Exact)], p: f64, s: f64) -> f64 {
    // Finer than the fraction of a knot, and than the digits of a double.
    const ABSOLUTE: f64 = 1.0 / 4_096.0;
    let quantiles = parts.iter().map(|(_, part)| part.quantile(p, s));
    let (mut low, mut high) = quantiles.fold((f64::INFINITY, 0.0f64), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    let gap = |x: f64| {
        let tails = parts.iter().map(|(weight, part)| (weight, part.tails(x)));
        if p <= s {
            let lower: f64 = tails.map(|(weight, (lower, _))| weight * lower).sum();
            libm::log(lower / p)
        } else {
            let upper: f64 = tails.map(|(weight, (_, upper))| weight * upper).sum();
            -libm::log(upper / s)
        }
    };
    if p <= 0.0 || s <= 0.0 || gap(low) >= 0.0 {
        return if s <= 0.0 { high } else { low };
    }
    let (mut at_low, mut at_high) = (gap(low), gap(high));
    for step in 0u32.. {
        let width = high - low;
        if width <= ABSOLUTE.max(high * 1e-15) {
            break;
        }
        let secant = low + width * (-at_low / (at_high - at_low));
        let (nearest, farthest) = (low + 0.001 * width, high - 0.001 * width);
        let halve = step % 3 == 2 || !secant.is_finite();
        let x = if halve {
            low + width / 2.0
        } else {
            secant.clamp(nearest, farthest)
        };
        let value = gap(x);
        if value < 0.0 {
            (low, at_low) = (x, value);
        } else {
            (high, at_high) = (x, value);
        }
        assert!(step < 400, "each third step halves the bracket");
    }
    high
}
