//! Normal, beta and Student functions.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

use super::newton::root;

/// Terms after which a series or continued fraction counts as a bug: they need about the square
/// root of the larger shape, and shapes are counts of runs.
pub(super) const TERMS_MAX: u32 = 1_000_000;
/// ln √(2π).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_7;

/// ln Γ(x) for x > 0.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    assert!(x > 0.0);
    libm::lgamma(x)
}

/// P(Z ≤ z) of the standard normal distribution; use −z for the upper tail.
#[must_use]
pub fn normal_lower(z: f64) -> f64 {
    libm::erfc(-z * FRAC_1_SQRT_2) / 2.0
}

/// The z with P(Z ≤ z) = p, for p in (0, 1); use −z of the small probability for the upper tail.
///
/// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
/// Statistics 37 (1988), 477-484, routine PPND16: relative error about 1e-16.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0, "a probability strictly between 0 and 1");
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&wichura::A, r) / polynomial(&wichura::B, r);
    }
    let r = (-libm::log(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let z = if r <= 5.0 {
        polynomial(&wichura::C, r - 1.6) / polynomial(&wichura::D, r - 1.6)
    } else {
        polynomial(&wichura::E, r - 5.0) / polynomial(&wichura::F, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The coefficients of PPND16.
mod wichura {
    pub(super) const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ];
    pub(super) const B: [f64; 8] = [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ];
    pub(super) const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ];
    pub(super) const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    pub(super) const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    pub(super) const F: [f64; 8] = [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_7e-15,
    ];
}

/// What Stirling's formula leaves of ln Γ(x), for x ≥ 10: relative error about 1e-16.
pub(super) fn stirling_rest(x: f64) -> f64 {
    assert!(x >= 10.0);
    let y = 1.0 / (x * x);
    let series = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1_260.0,
        -1.0 / 1_680.0,
        1.0 / 1_188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    polynomial(&series, y) / x
}

/// x ln(x/m) + m − x without cancellation near x = m, the deviance of Loader, "Fast and accurate
/// computation of binomial probabilities" (2000).
pub(super) fn deviance(x: f64, m: f64) -> f64 {
    assert!(x > 0.0 && m > 0.0);
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let (mut sum, mut power) = ((x - m) * v, 2.0 * x * v);
    let mut odd = 1.0;
    loop {
        power *= v * v;
        odd += 2.0;
        sum += power / odd;
        if (power / odd).abs() <= sum * f64::EPSILON / 4.0 {
            return sum;
        }
    }
}

/// ln of x^a (1−x)^b / B(a, b), accurate for large shapes too.
fn ln_beta_front(a: f64, b: f64, x: f64) -> f64 {
    let n = a + b;
    if a >= 10.0 && b >= 10.0 {
        let rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
        let spread = libm::log(a * b / n) / 2.0 - LN_SQRT_2PI;
        return rest + spread - deviance(a, n * x) - deviance(b, n * (1.0 - x));
    }
    let powers = a * libm::log(x) + b * libm::log1p(-x);
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 10.0 {
        return powers + ln_gamma(n) - ln_gamma(a) - ln_gamma(b);
    }
    // Γ(n)/Γ(large) by Stirling's formula, because both logarithms are large and nearly equal.
    let ratio = stirling_rest(n) - stirling_rest(large) + small * libm::log(n) - small
        + (large - 0.5) * libm::log1p(small / large);
    powers + ratio - ln_gamma(small)
}

/// The regularised incomplete beta function I_x(a, b), for positive shapes and x in [0, 1]; the
/// upper tail is I_{1−x}(b, a). Continued fraction 8.17.22 of the NIST Handbook of Mathematical
/// Functions (2010) by Lentz's method; relative error about 1e-13.
#[must_use]
pub fn beta_lower(a: f64, b: f64, x: f64) -> f64 {
    assert!(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x));
    if x <= 0.0 || x >= 1.0 {
        return x;
    }
    beta_tails(a, b, x, libm::exp(ln_beta_front(a, b, x))).0
}

/// I_x(a, b) and its complement, given `front` = x^a (1−x)^b / B(a, b).
fn beta_tails(a: f64, b: f64, x: f64, front: f64) -> (f64, f64) {
    // The fraction converges fast only below the mean; above it the other tail is the fast one.
    if x > (a + 1.0) / (a + b + 2.0) {
        let upper = front * beta_fraction(b, a, 1.0 - x) / b;
        return (1.0 - upper, upper);
    }
    let lower = front * beta_fraction(a, b, x) / a;
    (lower, 1.0 - lower)
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let safe = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..TERMS_MAX {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / safe(1.0 + term * d);
            c = safe(1.0 + term / c);
            step = c * d;
            value *= step;
        }
        if (step - 1.0).abs() <= f64::EPSILON {
            return value;
        }
    }
    panic!("the incomplete beta function did not converge for shapes {a} and {b}")
}

/// The x with I_x(a, b) = p, where `q` = 1 − p is given too, so that neither tail loses digits.
/// For an x near 1 ask for the distance to it instead: `beta_quantile(b, a, q, p)`.
///
/// ```
/// # use cutover::statistics::beta_quantile;
/// assert!((beta_quantile(2.0, 1.0, 0.25, 0.75) - 0.5).abs() < 1e-14);
/// ```
#[must_use]
pub fn beta_quantile(a: f64, b: f64, p: f64, q: f64) -> f64 {
    assert!(p >= 0.0 && q >= 0.0 && (p + q - 1.0).abs() < 1e-9, "two tails of one whole");
    if p <= 0.0 || q <= 0.0 {
        return if p <= 0.0 { 0.0 } else { 1.0 };
    }
    if p > beta_lower(a, b, 0.5) {
        return 1.0 - beta_below_half(b, a, q, p);
    }
    beta_below_half(a, b, p, q)
}

/// Newton's method on ln F over ln x, where the lower tail is nearly a straight line.
fn beta_below_half(a: f64, b: f64, p: f64, q: f64) -> f64 {
    // The front at x = 1/2 without its powers is −ln B(a, b).
    let ln_beta = -ln_beta_front(a, b, 0.5) - (a + b) * LN_2;
    let start = (libm::log(p) + libm::log(a) + ln_beta) / a;
    let f = |t: f64| {
        let x = libm::exp(t);
        let ln_front = if a < 10.0 && b < 10.0 {
            a * t + b * libm::log1p(-x) - ln_beta
        } else {
            ln_beta_front(a, b, x)
        };
        let front = libm::exp(ln_front);
        // The derivative over ln x is the front over 1 − x.
        let (lower, upper) = beta_tails(a, b, x, front);
        if p <= q {
            (libm::log(lower / p), front / (1.0 - x) / lower)
        } else {
            (libm::log(q / upper), front / (1.0 - x) / upper)
        }
    };
    // Below 1/2, F is at most the power law x^a / (a B), or twice that for b < 1.
    let low = (start - 0.1 - LN_2 / a).clamp(-700.0, -1.0);
    libm::exp(root(low, -LN_2 + 1e-9, start, f)).min(1.0)
}

/// The t of Student's distribution with `freedom` degrees of freedom that is exceeded with
/// probability `upper`, in (0, 0.5].
#[must_use]
pub fn t_quantile(freedom: f64, upper: f64) -> f64 {
    assert!(freedom > 0.0 && upper > 0.0 && upper <= 0.5);
    let outside = 2.0 * upper;
    // t² / (ν + t²) is beta distributed; near its middle the complement would lose digits.
    if outside > 0.5 {
        let y = beta_quantile(0.5, freedom / 2.0, 1.0 - outside, outside);
        return (freedom * y / (1.0 - y)).sqrt();
    }
    let x = beta_quantile(freedom / 2.0, 0.5, outside, 1.0 - outside);
    (freedom * (1.0 - x) / x).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::distribution::{Beta, ContinuousCDF, Normal, StudentsT};

    use super::*;

    fn close(ours: f64, theirs: f64, relative: f64) -> bool {
        (ours - theirs).abs() <= relative * theirs.abs() + 1e-300
    }

    #[test]
    fn normal_quantiles() {
        let reference = Normal::standard();
        for p in [1e-15, 1e-9, 1e-4, 0.025, 0.3, 0.5, 0.6, 0.975, 0.9999] {
            let z = normal_quantile(p);
            assert!((z - reference.inverse_cdf(p)).abs() < 1e-9, "{p}");
            assert!(close(normal_lower(z), p, 1e-13), "{p}");
        }
        // Wichura's own check values.
        assert!(close(normal_quantile(0.25), -0.674_489_750_196_081_7, 1e-15));
        assert!(close(normal_quantile(0.001), -3.090_232_306_167_813_5, 1e-15));
        assert!(close(normal_quantile(1e-20), -9.262_340_089_798_408, 1e-15));
    }

    #[test]
    fn beta_functions_of_large_shapes() {
        // I_x(a, b) + I_{1-x}(b, a) = 1, and the median of a symmetric law is 1/2.
        for a in [0.01, 0.5, 3.0, 9.9, 10.0, 1e3, 1e6, 1e9] {
            assert!(close(beta_lower(a, a, 0.5), 0.5, 1e-11), "{a}");
            let x = beta_quantile(a, 2.0 * a, 0.3, 0.7);
            assert!(close(beta_lower(a, 2.0 * a, x), 0.3, 1e-9), "{a}");
        }
        // A binomial tail by hand: P(X >= 1) = 1 - 0.99^100.
        assert!(close(beta_lower(1.0, 100.0, 0.01), 1.0 - libm::pow(0.99, 100.0), 1e-13));
        // Tiny tails keep their digits: I_x(1, b) = 1 - (1-x)^b.
        assert!(close(beta_lower(1.0, 7.0, 1e-30), 7e-30, 1e-13));
        assert!(close(beta_quantile(1.0, 7.0, 7e-30, 1.0), 1e-30, 1e-12));
        assert!(close(beta_quantile(3.0, 1.0, 1e-60, 1.0), 1e-20, 1e-12));
    }

    #[test]
    fn student_quantiles() {
        for freedom in [1.0, 2.0, 5.0, 29.0, 199.0, 1e5] {
            let reference = StudentsT::new(0.0, 1.0, freedom).unwrap();
            for upper in [1e-6, 0.005, 0.025, 0.2, 0.3, 0.49, 0.5] {
                let t = t_quantile(freedom, upper);
                assert!((reference.cdf(-t) - upper).abs() < 1e-10, "{freedom} {upper}");
            }
        }
        assert!(close(t_quantile(29.0, 0.025), 2.045_229_642_132_703, 1e-12));
    }

    proptest! {
        #[test]
        fn beta_agrees_with_statrs(a in 0.05f64..200.0, b in 0.05f64..200.0, x in 0.0f64..1.0) {
            let reference = Beta::new(a, b).unwrap();
            prop_assert!((beta_lower(a, b, x) - reference.cdf(x)).abs() < 1e-10);
        }

        #[test]
        fn beta_quantiles_invert(a in 0.05f64..200.0, b in 0.05f64..200.0, e in -40.0f64..-0.01) {
            let p = libm::exp(e);
            let x = beta_quantile(a, b, p, -libm::expm1(e));
            if x > 1e-300 && x < 0.5 {
                prop_assert!(close(beta_lower(a, b, x), p, 1e-10), "{} {}", x, beta_lower(a, b, x));
            }
        }
    }
}
