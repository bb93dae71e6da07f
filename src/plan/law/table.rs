//! A monotone table of quantiles, dense in both tails.
//!
//! A draw d below 2^63 counts from the lower end, a draw above it, as !d, from the upper end. Each
//! half is cut into octaves, and each octave into 64 cells, as in a histogram of high dynamic
//! range: 3,648 cells from d = 64 to 2^63, and one from the end to d = 64. Inside a cell the value
//! is interpolated with integers only. The relative width of a cell is 1/64 at most, so a quantile
//! that behaves like a power s^(-k) of its tail probability is off by k (k+1) / 32,768.

use std::sync::Arc;

use super::{DRAWS, Law};

/// log2 of the cells per octave.
const CELL_BITS: u32 = 6;
/// Cells per octave.
const CELLS: usize = 1 << CELL_BITS;
/// Octaves of one half: from d = 2^6, below which an octave has fewer than 64 draws, to 2^63.
const OCTAVES: usize = 57;
/// Knots of one half: the end, then one at the start of each cell, then the median.
const KNOTS: usize = 1 + OCTAVES * CELLS + 1;
/// Bits after the point in a knot, so that small counts do not suffer from rounding knots.
const FRACTION_BITS: u32 = 10;
/// Values from here on have no room for the fraction, and no need of it.
const FRACTION_BELOW: u64 = 1 << 52;

/// Quantiles of both halves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    /// The lower half from the end to the median, then the upper half from the end to the median,
    /// in units of 2^-`fraction`.
    knots: Arc<[i64]>,
    fraction: u32,
}

/// The draw, counted from its end, at a knot.
fn draw_at(knot: usize) -> u64 {
    match knot.checked_sub(1) {
        None => 0,
        Some(cell) => ((CELLS + cell % CELLS) as u64) << (cell / CELLS),
    }
}

impl Table {
    /// Tabulates `quantile(p, s)`, where s = 1 − p and the smaller of the two is accurate. Knots
    /// are forced into [low, high] and into order. Without `high` the last knot is the quantile
    /// that 2^-65 exceeds, [`Law::CAP`] at most.
    pub(super) fn new(low: u64, high: Option<u64>, quantile: impl Fn(f64, f64) -> f64) -> Table {
        let end = |tail: f64| quantile(1.0 - tail, tail).round() as u64;
        let cap = Law::CAP.max(low);
        let high = high.unwrap_or_else(|| end(0.5 / DRAWS).clamp(low, cap));
        assert!(low <= high && high <= 1 << 60);
        let fraction = if high < FRACTION_BELOW { FRACTION_BITS } else { 0 };
        let (floor, ceiling) = ((low << fraction) as i64, (high << fraction) as i64);
        let unit = (1u64 << fraction) as f64;
        let knot = |p: f64, s: f64| {
            let value = quantile(p, s);
            assert!(!value.is_nan());
            ((value * unit).round() as i64).clamp(floor, ceiling)
        };
        let mut lower = vec![floor];
        let mut upper = vec![ceiling];
        for index in 1..KNOTS {
            let tail = draw_at(index) as f64 / DRAWS;
            lower.push(knot(tail, 1.0 - tail));
            upper.push(knot(1.0 - tail, tail));
        }
        // Rounding may put neighbours out of order by an ulp; the median is common to both halves.
        let median = lower[KNOTS - 1];
        for index in (0..KNOTS - 1).rev() {
            lower[index] = lower[index].min(lower[index + 1]);
        }
        upper[KNOTS - 1] = median;
        for index in (0..KNOTS - 1).rev() {
            upper[index] = upper[index].max(upper[index + 1]);
        }
        assert!(lower[0] == floor && upper[0] == ceiling);
        lower.append(&mut upper);
        Table { knots: lower.into(), fraction }
    }

    /// The value for a draw.
    #[inline]
    pub(super) fn sample(&self, draw: u64) -> u64 {
        let upper = (draw as i64) < 0;
        let tail = if upper { !draw } else { draw };
        let (cell, part) = if tail < CELLS as u64 {
            (0, tail << (64 - CELL_BITS))
        } else {
            let octave = 63 - CELL_BITS - tail.leading_zeros();
            let cell = 1 + octave as usize * CELLS + (tail >> octave) as usize - CELLS;
            // Two shifts, because the lowest octave has nothing left to shift.
            (cell, (tail << (63 - octave)) << 1)
        };
        let cell = cell + if upper { KNOTS } else { 0 };
        let (from, to) = (self.knots[cell], self.knots[cell + 1]);
        let step = ((i128::from(to - from) * i128::from(part) + (1 << 63)) >> 64) as i64;
        ((from + step + (1i64 << self.fraction >> 1)) >> self.fraction) as u64
    }

    /// The integral of the piecewise linear quantile.
    pub(super) fn mean(&self) -> f64 {
        let mut sum = 0.0;
        for half in self.knots.chunks_exact(KNOTS) {
            // From the tail to the middle, so that small terms come first.
            for index in 0..KNOTS - 1 {
                let width = (draw_at(index + 1) - draw_at(index)) as f64 / DRAWS;
                sum += width * (half[index] as f64 + half[index + 1] as f64) / 2.0;
            }
        }
        sum / (1u64 << self.fraction) as f64
    }

    /// Points (x, P(X > x)) of the piecewise linear survival function, x ascending.
    pub(super) fn survival(&self) -> Vec<(f64, f64)> {
        let unit = (1u64 << self.fraction) as f64;
        let (lower, upper) = self.knots.split_at(KNOTS);
        let tail = |index: usize| draw_at(index) as f64 / DRAWS;
        let below = lower.iter().enumerate().map(|(i, x)| (*x as f64 / unit, 1.0 - tail(i)));
        let above = upper.iter().enumerate().rev().map(|(i, x)| (*x as f64 / unit, tail(i)));
        // The median closes the first half and opens the second.
        below.chain(above.skip(1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_cover_every_draw() {
        assert_eq!((draw_at(0), draw_at(1), draw_at(KNOTS - 1)), (0, 64, 1 << 63));
        assert!((1..KNOTS).all(|i| draw_at(i - 1) < draw_at(i)));
        // With the identity as quantile, sample shows the layout itself.
        let table = Table::new(0, Some(1 << 50), |p, _| p * (1u64 << 50) as f64);
        for shift in 0..64 {
            for draw in [1u64 << shift, (1 << shift) | (1 << (shift / 2)), (1 << shift) - 1] {
                for draw in [draw, !draw] {
                    assert!(table.sample(draw).abs_diff(draw >> 14) <= 1, "{draw}");
                }
            }
        }
        assert_eq!(table.sample(1 << 63), 1 << 49);
        assert_eq!(table.sample((1 << 63) - 1), 1 << 49);
    }
}
