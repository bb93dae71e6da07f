//! Distributions as they are written.

/// A distribution over unsigned integers in base units: microseconds for durations, bytes for
/// sizes, bytes per hour for rates, plain numbers for counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Dist {
    /// The family and its parameters.
    pub shape: Shape,
    /// Conditioned on lying in this closed interval.
    pub between: Option<(u64, u64)>,
}

/// The family, by the parameters people have.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One value.
    Constant(u64),
    /// Flat.
    Uniform {
        /// Least value.
        low: u64,
        /// Greatest value.
        high: u64,
    },
    /// A triangle.
    Triangular {
        /// Least value.
        low: u64,
        /// Most likely value.
        mode: u64,
        /// Greatest value.
        high: u64,
    },
    /// Beta on [low, high] with shape parameters 1 + 4 (mode - low) / (high - low) and
    /// 1 + 4 (high - mode) / (high - low).
    Pert {
        /// Least value.
        low: u64,
        /// Most likely value.
        mode: u64,
        /// Greatest value.
        high: u64,
    },
    /// Without memory.
    Exponential {
        /// Mean, more than 0.
        mean: u64,
    },
    /// Of a normal logarithm.
    Lognormal {
        /// Half lie below; more than 0.
        median: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// By its moments.
    Gamma {
        /// Mean, more than 0.
        mean: u64,
        /// Standard deviation, more than 0.
        sd: u64,
    },
    /// By its quantiles.
    Weibull {
        /// Half lie below; more than 0.
        median: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// A heavy tail.
    Pareto {
        /// Least value, more than 0.
        min: u64,
        /// 19 in 20 lie below; more than the other parameter.
        p95: u64,
    },
    /// Sorted; linear between order statistics.
    Empirical(Vec<u64>),
    /// Weights are positive and need not sum to 1.
    Mixture(Vec<(f64, Dist)>),
}
