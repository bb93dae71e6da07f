//! The one root finder.

/// The root of an increasing function between `low` and `high`: Newton's method, with bisection
/// whenever a step leaves the bracket or does not halve it in the long run.
///
/// `f` gives value and slope. Exact to a few units in the last place of the argument.
pub(super) fn root(low: f64, high: f64, start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    // Bisection alone would need 64 steps for a double, so twice that is never reached.
    const STEPS_MAX: u32 = 128;
    assert!(low < high && low.is_finite() && high.is_finite());
    let (mut low, mut high) = (low, high);
    let mut x = start.clamp(low, high);
    for step in 0..STEPS_MAX {
        let (value, slope) = f(x);
        assert!(!value.is_nan(), "the function is defined on its bracket");
        if value == 0.0 {
            return x;
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x - value / slope;
        let inside = low < newton && newton < high;
        let next = if inside && step % 8 != 7 { newton } else { low + (high - low) / 2.0 };
        let near = f64::EPSILON * next.abs().max(1e-3);
        if (next - x).abs() <= near || high - low <= near {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::root;

    #[test]
    fn roots_of_kind_and_unkind_functions() {
        assert!((root(0.0, 2.0, 2.0, |x| (x * x - 2.0, 2.0 * x)) - 2f64.sqrt()).abs() < 1e-15);
        // A slope of 0 everywhere leaves bisection alone.
        let found = root(-10.0, 20.0, 0.0, |x| (x.signum() * 0.5 + (x - 3.0).signum(), 0.0));
        assert!((found - 3.0).abs() < 1e-13);
    }
}
