//! A family, conditioned on an interval: the exact quantiles that a table is made of.

use crate::scenario::{Dist, Shape};

use super::Support;
use super::family::{Family, point_of};

/// A distribution before it is tabulated.
#[derive(Debug)]
pub(super) struct Exact {
    family: Family,
    support: Support,
    cut: Option<Cut>,
}

/// Conditioning on [low, high]: the family's probability outside, and inside.
#[derive(Debug)]
struct Cut {
    below: f64,
    above: f64,
    mass: f64,
}

impl Exact {
    /// Reads a distribution of a valid scenario.
    pub(super) fn new(dist: &Dist) -> Exact {
        let written = support_of(&dist.shape);
        let Some((low, high)) = dist.between else {
            return Exact { family: Family::new(&dist.shape), support: written, cut: None };
        };
        assert!(low <= high, "`between` runs upwards");
        let low = low.max(written.low);
        let high = written.high.map_or(high, |end| end.min(high));
        assert!(low <= high, "`between` meets the support");
        let support = Support { low, high: Some(high) };
        if let Shape::Uniform { .. } = dist.shape {
            let family = Family::new(&Shape::Uniform { low, high });
            return Exact { family, support, cut: None };
        }
        Exact::conditioned(Family::new(&dist.shape), low, high)
    }

    /// A family on condition that its rounded value lies in [low, high].
    fn conditioned(family: Family, low: u64, high: u64) -> Exact {
        // What is conditioned is the value after rounding to an integer, so the interval takes in
        // all that rounds into it: that matters for counts.
        let (below, at_least) = family.tails(low as f64 - 0.5);
        let (at_most, above) = family.tails(high as f64 + 0.5);
        let mass = if below > 0.5 {
            at_least - above
        } else if above > 0.5 {
            at_most - below
        } else {
            1.0 - below - above
        };
        if mass > 0.0 {
            let support = Support { low, high: Some(high) };
            return Exact { family, support, cut: Some(Cut { below, above, mass }) };
        }
        // Further out than a double can say (beyond 1e-308): all the mass is at the near end.
        let end = if below > 0.5 { low } else { high };
        let support = Support { low: end, high: Some(end) };
        Exact { family: Family::Point(end as f64), support, cut: None }
    }

    pub(super) fn support(&self) -> Support {
        self.support
    }

    /// The ends, if all integers between them are equally likely and they differ.
    pub(super) fn uniform(&self) -> Option<(u64, u64)> {
        let Support { low, high: Some(high) } = self.support else {
            return None;
        };
        matches!(self.family, Family::Uniform { .. }).then_some((low, high)).filter(|_| low < high)
    }

    /// The quantile at p, where s = 1 − p and the smaller of the two is accurate.
    pub(super) fn quantile(&self, p: f64, s: f64) -> f64 {
        match &self.cut {
            None => self.family.quantile(p, s),
            Some(cut) => self.family.quantile(cut.below + p * cut.mass, cut.above + s * cut.mass),
        }
    }

    /// P(X ≤ x) and P(X > x).
    pub(super) fn tails(&self, x: f64) -> (f64, f64) {
        let (lower, upper) = self.family.tails(x);
        let Some(Cut { below, above, mass }) = &self.cut else {
            return (lower, upper);
        };
        // The smaller tail of the family is the accurate one; the other is what remains.
        let (lower, upper) = if lower <= upper {
            (lower - below, mass - (lower - below))
        } else {
            (mass - (upper - above), upper - above)
        };
        ((lower / mass).clamp(0.0, 1.0), (upper / mass).clamp(0.0, 1.0))
    }
}

/// The closed support of a shape.
fn support_of(shape: &Shape) -> Support {
    if let Some(value) = point_of(shape) {
        assert!(value <= 1 << 60, "values in range");
        return Support { low: value, high: Some(value) };
    }
    let (low, high) = match shape {
        Shape::Constant(value) => (*value, Some(*value)),
        Shape::Uniform { low, high }
        | Shape::Triangular { low, high, .. }
        | Shape::Pert { low, high, .. } => (*low, Some(*high)),
        Shape::Exponential { .. }
        | Shape::Gamma { .. }
        | Shape::Lognormal { .. }
        | Shape::Weibull { .. } => (0, None),
        Shape::Pareto { min, .. } => (*min, None),
        Shape::Empirical(values) => {
            (values[0], Some(*values.last().expect("an empirical law has values")))
        }
        Shape::Mixture(parts) => {
            let supports = parts.iter().map(|(_, dist)| Exact::new(dist).support);
            let ends: Vec<Support> = supports.collect();
            let low = ends.iter().map(|end| end.low).min().expect("a mixture has parts");
            // `None` is unbounded, so one such part decides.
            let high = ends.iter().map(|end| end.high).collect::<Option<Vec<u64>>>();
            (low, high.and_then(|highs| highs.into_iter().max()))
        }
    };
    assert!(high.is_none_or(|high| low <= high && high <= 1 << 60), "ends in order and in range");
    Support { low, high }
}
