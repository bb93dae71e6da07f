//! Compiled distributions: one 64-bit draw in, one integer out.
//!
//! A [`Law`] is the distribution of a scenario's [`Dist`] after rounding to whole base units
//! (microseconds, bytes, bytes per hour, counts). Everything that needs it asks the same object:
//! the sampled clock draws, the prover takes the support, the search takes the median, the rare
//! event estimator takes tail probabilities; so they cannot disagree.
//!
//! A uniform law is exact: every integer has the same number of draws, give or take one. The other
//! continuous families go through a table of quantiles that is dense in both tails. Its values are
//! within 2e-4 of the exact quantile, rounding apart, in the body and in tails of 1e-12 (tested
//! against `statrs`). The exception are quantiles steeper than the second power of their tail
//! probability: k-th powers are off by k (k + 1) / 32,768, which matters for gamma laws whose
//! deviation is above 1.5 means and for Pareto laws without a mean. Ends and median are exact.

mod empirical;
mod exact;
mod family;
mod memo;
mod mixture;
mod residual;
mod table;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use crate::scenario::Dist;
use exact::Exact;
use residual::Residual;
use table::Table;

/// 2^64, the number of draws.
const DRAWS: f64 = 18_446_744_073_709_551_616.0;

/// A distribution over unsigned integers, ready to be sampled; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    form: Form,
    bounded: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Constant(u64),
    /// All integers from `low` to `low + span`, equally likely.
    Uniform {
        low: u64,
        span: u64,
    },
    Table(Table),
    /// Another law, with what lies beyond an interval put at its ends.
    Cut {
        law: Box<Law>,
        low: u64,
        high: u64,
    },
}

/// The closed set of possible values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// The least value, in base units.
    pub low: u64,
    /// The greatest value; `None`: the distribution as written has no upper end.
    pub high: Option<u64>,
}

impl Law {
    /// The greatest value of a distribution without an upper end: 2^53, or 285 years of
    /// microseconds, beyond every horizon. Larger draws become this value.
    pub const CAP: u64 = 1 << 53;

    /// Compiles a distribution of a valid scenario; `between` conditions the rounded value
    /// exactly, however far out in a tail the interval lies (beyond 1e-308, where doubles end, all
    /// the mass is put at the end nearer to the median).
    ///
    /// ```
    /// # use cutover::plan::law::Law;
    /// # use cutover::scenario::{Dist, Shape};
    /// let shape = Shape::Lognormal { median: 30_000_000, p95: 300_000_000 };
    /// let law = Law::compile(&Dist { shape, between: Some((5_000_000, 7_200_000_000)) });
    /// assert_eq!(law.sample(0), 5_000_000);
    /// assert_eq!(law.sample(u64::MAX), 7_200_000_000);
    /// ```
    ///
    /// # Panics
    /// If a parameter breaks the rules that a scenario is checked for: ends in order, a median or
    /// minimum of at least 1, p95 not below it, values up to 2^60, at least one empirical value,
    /// positive weights, and `between` meeting the support.
    #[must_use]
    pub fn compile(dist: &Dist) -> Law {
        let exact = Exact::new(dist);
        let support = exact.support();
        let law = match exact.uniform() {
            Some((low, high)) => {
                Law { form: Form::Uniform { low, span: high - low }, bounded: true }
            }
            None => memo::known_or(dist, || Law::tabulate(support, |p, s| exact.quantile(p, s))),
        };
        assert!(law.support() == support && law.sample(0) == support.low);
        assert!(support.high.is_none_or(|high| law.sample(u64::MAX) == high));
        law
    }

    /// A law that always gives `value`.
    #[must_use]
    pub fn constant(value: u64) -> Law {
        Law { form: Form::Constant(value), bounded: true }
    }

    /// The only value of a constant, which needs no draw.
    #[must_use]
    #[inline(always)]
    pub fn as_constant(&self) -> Option<u64> {
        match self.form {
            Form::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The same draws with values between two ends: what lies beyond is put at the nearer one.
    ///
    /// # Panics
    /// If the ends are not in order.
    #[must_use]
    pub fn cut(&self, low: u64, high: u64) -> Law {
        assert!(low <= high, "ends in order");
        Law { form: Form::Cut { law: Box::new(self.clone()), low, high }, bounded: true }
    }

    fn tabulate(support: Support, quantile: impl Fn(f64, f64) -> f64) -> Law {
        let Support { low, high } = support;
        if high == Some(low) {
            return Law::constant(low);
        }
        Law { form: Form::Table(Table::new(low, high, quantile)), bounded: high.is_some() }
    }

    /// The value for a draw: non-decreasing in `draw`, integers only, the same on every machine.
    #[must_use]
    #[inline]
    pub fn sample(&self, draw: u64) -> u64 {
        match &self.form {
            Form::Constant(value) => *value,
            Form::Uniform { low, span } => {
                low + ((u128::from(draw) * (u128::from(*span) + 1)) >> 64) as u64
            }
            Form::Table(table) => table.sample(draw),
            Form::Cut { law, low, high } => law.sample(draw).clamp(*low, *high),
        }
    }

    /// The closed set of possible values.
    #[must_use]
    pub fn support(&self) -> Support {
        Support { low: self.low(), high: self.bounded.then(|| self.sample(u64::MAX)) }
    }

    /// The least value.
    #[must_use]
    pub fn low(&self) -> u64 {
        self.sample(0)
    }

    /// The value of the middle draw, which the nominal run takes.
    #[must_use]
    pub fn median(&self) -> u64 {
        self.sample(1 << 63)
    }

    /// Whether a value lies in the support.
    #[must_use]
    pub fn contains(&self, value: u64) -> bool {
        let Support { low, high } = self.support();
        low <= value && high.is_none_or(|high| value <= high)
    }

    /// The value below which a share `p` of all draws lies, for p in [0, 1].
    #[must_use]
    pub fn quantile(&self, p: f64) -> u64 {
        assert!((0.0..=1.0).contains(&p));
        // The cast saturates, so p = 1 is the last draw.
        self.sample((p * DRAWS) as u64)
    }

    /// The value that a share `upper` of all draws exceeds, for upper in [0, 1]; unlike
    /// `quantile(1 - upper)` it keeps the digits of a small share.
    #[must_use]
    pub fn quantile_upper(&self, upper: f64) -> u64 {
        assert!((0.0..=1.0).contains(&upper));
        self.sample(!((upper * DRAWS) as u64))
    }

    /// P(X > value): the exact share of draws that [`Law::sample`] takes beyond `value`.
    #[must_use]
    pub fn exceeds(&self, value: u64) -> f64 {
        match self.first_draw(|sample| sample > value) {
            Some(first) => ((!first) as f64 + 1.0) / DRAWS,
            None => 0.0,
        }
    }

    /// The draws whose values lie in [low, high]; `None` if there is none. A uniform draw from
    /// them is a draw conditioned on that interval.
    #[must_use]
    pub fn draws_within(&self, low: u64, high: u64) -> Option<RangeInclusive<u64>> {
        assert!(low <= high);
        let first = self.first_draw(|sample| sample >= low)?;
        let last = match self.first_draw(|sample| sample > high) {
            Some(0) => return None,
            Some(beyond) => beyond - 1,
            None => u64::MAX,
        };
        (first <= last).then_some(first..=last)
    }

    /// The first draw whose sample satisfies a condition that, once true, stays true.
    fn first_draw(&self, reached: impl Fn(u64) -> bool) -> Option<u64> {
        if !reached(self.sample(u64::MAX)) {
            return None;
        }
        let (mut low, mut high) = (0, u64::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            if reached(self.sample(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(low)
    }

    /// The mean of all draws, in base units; of a table without its rounding to integers.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match &self.form {
            Form::Constant(value) => *value as f64,
            Form::Uniform { low, span } => *low as f64 + *span as f64 / 2.0,
            // A sum over thousands of cells may round to just beyond the ends.
            Form::Table(table) => {
                table.mean().clamp(self.low() as f64, self.sample(u64::MAX) as f64)
            }
            // Off by what lies beyond the ends.
            Form::Cut { law, low, high } => law.mean().clamp(*low as f64, *high as f64),
        }
    }

    /// How long a renewal process with these gaps still waits when it is met at a random instant:
    /// density P(X > x) / mean (Cox, "Renewal Theory", 1962, section 5.2).
    #[must_use]
    pub fn residual(&self) -> Law {
        let points = match &self.form {
            Form::Constant(0) => return Law::constant(0),
            Form::Constant(value) => {
                return Law { form: Form::Uniform { low: 0, span: *value }, bounded: true };
            }
            Form::Uniform { low, span } => vec![(*low as f64, 1.0), ((low + span) as f64, 0.0)],
            Form::Table(table) => table.survival(),
            Form::Cut { law, high, .. } => return law.residual().cut(0, *high),
        };
        let support = Support { low: 0, high: self.support().high };
        let residual = Residual::new(&points);
        Law::tabulate(support, |p, s| residual.quantile(p, s))
    }
}
