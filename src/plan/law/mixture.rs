//! Tails of a mixture, and its quantiles, which have no closed form.

use super::exact::Exact;

/// P(X ≤ x) and P(X > x) of parts whose weights sum to 1.
pub(super) fn tails(parts: &[(f64, Exact)], x: f64) -> (f64, f64) {
    parts.iter().fold((0.0, 0.0), |sum, (weight, part)| {
        let (lower, upper) = part.tails(x);
        (sum.0 + weight * lower, sum.1 + weight * upper)
    })
}

/// The least x with enough mass at or below it, where s = 1 − p; it lies between the least and the
/// greatest of the parts' quantiles.
pub(super) fn quantile(parts: &[(f64, Exact)], p: f64, s: f64) -> f64 {
    let quantiles = parts.iter().map(|(_, part)| part.quantile(p, s));
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = quantiles.fold(ends, |(low, high), x| (low.min(x), high.max(x)));
    assert!(low <= high);
    if p <= 0.0 || s <= 0.0 {
        return if p <= 0.0 { low } else { high };
    }
    // The logarithm of the smaller tail is nearly straight far out.
    let gap = |x: f64| {
        let (lower, upper) = tails(parts, x);
        if p <= s { libm::log(lower / p) } else { -libm::log(upper / s) }
    };
    crossing(low, high, gap)
}

/// Where a non-decreasing function, which may jump, first reaches 0: false position, and every
/// third step halves the bracket, because of the jumps.
fn crossing(mut low: f64, mut high: f64, gap: impl Fn(f64) -> f64) -> f64 {
    // Finer than the fraction of a knot, and about the digits of a double.
    const ABSOLUTE: f64 = 1.0 / 4_096.0;
    const RELATIVE: f64 = 1e-15;
    // The values span fewer than 2^80 such steps, and each third step takes one bit.
    const STEPS_MAX: u32 = 3 * 80;
    let (mut at_low, mut at_high) = (gap(low), gap(high));
    if at_low >= 0.0 {
        return low;
    }
    for step in 0..STEPS_MAX {
        let width = high - low;
        if width <= ABSOLUTE.max(high * RELATIVE) {
            return high;
        }
        let share = at_low / (at_low - at_high);
        let halve = step % 3 == 2 || !share.is_finite();
        let x = low + width * if halve { 0.5 } else { share.clamp(0.001, 0.999) };
        let value = gap(x);
        if value < 0.0 {
            (low, at_low) = (x, value);
        } else {
            (high, at_high) = (x, value);
        }
    }
    panic!("the bracket {low} to {high} of a mixture's quantile does not close")
}
