//! Rules about the population as a whole.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::dist::COUNT_MAX;
use crate::scenario::types::{ClassId, Dist, ListedTenant, Scenario, Shape};

/// Mailboxes of a rollout: twice what 4,000,000 tenants of the usual sizes have, and few enough
/// for their state, 100 bytes or so each, to fit in memory and their numbers in 32 bits.
const MAILBOXES_MAX: f64 = 1e8;
/// The 95 % quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

/// Refuses a population that no machine holds.
pub(in crate::scenario) fn population_fits(
    scenario: &Scenario,
    span: Range<usize>,
    bag: &mut Diagnostics,
) {
    let count = scenario.tenants.count;
    let total = match &scenario.inventory {
        Some(inventory) => {
            let each = |tenant: &ListedTenant| match (tenant.mailboxes, tenant.class) {
                (Some(known), _) => f64::from(known),
                (None, class) => of_class(scenario, class),
            };
            inventory.tenants.iter().map(each).sum()
        }
        None => f64::from(count) * of_anyone(scenario),
    };
    if total > MAILBOXES_MAX {
        let message = format!("{count} tenants have about {total:.0} mailboxes; at most 100000000");
        bag.push(
            Diagnostic::new(Code::TooMany, span, message)
                .hint("simulate a part of the rollout: fewer tenants, or fewer mailboxes each"),
        );
    }
}

/// Mailboxes of a tenant of this class.
fn of_class(scenario: &Scenario, class: Option<ClassId>) -> f64 {
    let own = class.and_then(|class| scenario.classes[usize::from(class.0)].mailboxes.as_ref());
    mean(own.unwrap_or(&scenario.tenants.mailboxes), COUNT_MAX)
}

/// Mailboxes of a tenant that is dealt to a class by the shares.
fn of_anyone(scenario: &Scenario) -> f64 {
    let mut rest = 1.0;
    let mut total = 0.0;
    for class in &scenario.classes {
        let share = class.share.map_or(0.0, |share| share.0);
        let dist = class.mailboxes.as_ref().unwrap_or(&scenario.tenants.mailboxes);
        total += share * mean(dist, COUNT_MAX);
        rest -= share;
    }
    total + f64::max(rest, 0.0) * mean(&scenario.tenants.mailboxes, COUNT_MAX)
}

/// About the mean, in the unit of the distribution, and from above: with two quantiles known it is the greater one at most.
pub(super) fn mean(dist: &Dist, most: u64) -> f64 {
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
            parts.iter().map(|(weight, part)| weight / weights * self::mean(part, most)).sum()
        }
    };
    let (low, high) = dist.between.unwrap_or((0, most));
    mean.clamp(low as f64, high as f64)
}
