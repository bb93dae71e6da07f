//! Rules about the population as a whole.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::dist::COUNT_MAX;
use crate::scenario::types::{Dist, Shape};

/// Mailboxes of a rollout: twice what 4,000,000 tenants of the usual sizes have, and few enough
/// for their state to fit in memory and their numbers in 32 bits.
const MAILBOXES_MAX: f64 = 1e8;
/// The 95 % quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

/// Refuses a population that no machine holds.
pub(in crate::scenario) fn population_fits(
    tenants: u32,
    mailboxes: &Dist,
    span: Range<usize>,
    bag: &mut Diagnostics,
) {
    let total = f64::from(tenants) * mean(mailboxes);
    if total > MAILBOXES_MAX {
        let message =
            format!("{tenants} tenants have about {total:.0} mailboxes; at most 100000000");
        bag.push(
            Diagnostic::new(Code::TooMany, span, message)
                .hint("simulate a part of the rollout: fewer tenants, or fewer mailboxes each"),
        );
    }
}

/// About the mean, from above: with two quantiles known it is the greater one at most.
fn mean(dist: &Dist) -> f64 {
    let mean = match &dist.shape {
        Shape::Constant(value) => *value as f64,
        Shape::Uniform { low, high } => (low + high) as f64 / 2.0,
        Shape::Triangular { low, mode, high } => (low + mode + high) as f64 / 3.0,
        Shape::Pert { low, mode, high } => (low + 4 * mode + high) as f64 / 6.0,
        Shape::Exponential { mean } | Shape::Gamma { mean, .. } => *mean as f64,
        Shape::Lognormal { median, p95 } => {
            let sigma = libm::log(*p95 as f64 / *median as f64) / Z95;
            *median as f64 * libm::exp(sigma * sigma / 2.0)
        }
        Shape::Weibull { p95, .. } | Shape::Pareto { p95, .. } => *p95 as f64,
        Shape::Empirical(values) => values.iter().sum::<u64>() as f64 / values.len().max(1) as f64,
        Shape::Mixture(parts) => {
            let weights: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts.iter().map(|(weight, part)| weight / weights * self::mean(part)).sum()
        }
    };
    let (low, high) = dist.between.unwrap_or((0, COUNT_MAX));
    mean.clamp(low as f64, high as f64)
}
