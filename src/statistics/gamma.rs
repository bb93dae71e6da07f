//! The incomplete gamma functions, both tails.

use std::f64::consts::PI;

use super::newton::root;
use super::special::{TERMS_MAX, deviance, ln_gamma, normal_quantile, stirling_rest};

/// From this shape on Temme's expansion replaces the series, which would need hundreds of terms.
const TEMME_FROM: f64 = 1e3;

/// P(X ≤ x) of the gamma distribution with this shape and scale 1: the regularised lower
/// incomplete gamma function, for shape > 0 and x ≥ 0; relative error about 1e-12 while the
/// probability is at most 1/2.
#[must_use]
pub fn gamma_lower(shape: f64, x: f64) -> f64 {
    tails(shape, x).0
}

/// P(X > x), likewise accurate while it is at most 1/2.
#[must_use]
pub fn gamma_upper(shape: f64, x: f64) -> f64 {
    tails(shape, x).1
}

fn tails(a: f64, x: f64) -> (f64, f64) {
    assert!(a > 0.0 && x >= 0.0);
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    tails_with(a, x, libm::exp(ln_front(a, x)))
}

/// Both tails, given `front` = x^a e^{−x} / Γ(a).
fn tails_with(a: f64, x: f64, front: f64) -> (f64, f64) {
    if a >= TEMME_FROM {
        return temme(a, x);
    }
    if x < a + 1.0 {
        let lower = (front * series(a, x) / a).min(1.0);
        return (lower, 1.0 - lower);
    }
    let upper = front * fraction(a, x);
    (1.0 - upper, upper)
}

/// ln of x^a e^{−x} / Γ(a).
fn ln_front(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return a * libm::log(x) - x - ln_gamma(a);
    }
    libm::log(a / (2.0 * PI)) / 2.0 - stirling_rest(a) - deviance(a, x)
}

/// 1 + x/(a+1) + x²/((a+1)(a+2)) + …; NIST Handbook 8.7.1.
fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..TERMS_MAX {
        term *= x / (a + f64::from(n));
        sum += term;
        if term <= sum * f64::EPSILON / 4.0 {
            return sum;
        }
    }
    panic!("the incomplete gamma series did not converge for shape {a}")
}

/// Legendre's continued fraction, NIST Handbook 8.9.2, by Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut value = d;
    for n in 1..TERMS_MAX {
        let n = f64::from(n);
        let term = n * (a - n);
        b += 2.0;
        // Above the mean both denominators stay positive, so nothing has to be kept from 0.
        d = 1.0 / (b + term * d);
        c = b + term / c;
        value *= c * d;
        if (c * d - 1.0).abs() <= f64::EPSILON {
            return value;
        }
    }
    panic!("the incomplete gamma fraction did not converge for shape {a}")
}

/// Temme's uniform expansion with the coefficients of DiDonato and Morris, "Computation of the
/// incomplete gamma function ratios and their inverse", ACM TOMS 12 (1986), 377-393: three
/// orders leave about 1e-11 from shape 1e3 on, within the tails that 64-bit draws reach.
fn temme(a: f64, x: f64) -> (f64, f64) {
    const C0: [f64; 11] = [
        -1.0 / 3.0,
        1.0 / 12.0,
        -2.0 / 135.0,
        1.0 / 864.0,
        1.0 / 2_835.0,
        -139.0 / 777_600.0,
        1.0 / 25_515.0,
        -2.185_448_510_679_992e-6,
        -1.854_062_210_715_16e-6,
        8.296_711_340_953_086e-7,
        -1.766_595_273_682_608e-7,
    ];
    const C1: [f64; 7] = [
        -1.0 / 540.0,
        -1.0 / 288.0,
        1.0 / 378.0,
        -9.902_263_374_485_597e-4,
        2.057_613_168_724_28e-4,
        -4.018_775_720_164_609e-7,
        -1.809_855_033_448_997_8e-5,
    ];
    const C2: [f64; 4] = [
        4.133_597_883_597_884e-3,
        -2.681_327_160_493_827e-3,
        7.716_049_382_716_049e-4,
        2.009_387_860_082_304_5e-6,
    ];
    let y = deviance(a, x);
    let eta = (2.0 * y / a).sqrt() * if x < a { -1.0 } else { 1.0 };
    let poly = |c: &[f64]| c.iter().rev().fold(0.0, |sum, c| sum * eta + c);
    // Far outside, both factors underflow together, so the series need not hold there.
    let scale = libm::exp(-y) / (2.0 * PI * a).sqrt();
    let rest =
        if scale > 0.0 { scale * (poly(&C0) + (poly(&C1) + poly(&C2) / a) / a) } else { 0.0 };
    let half = libm::erfc(y.sqrt()) / 2.0;
    if x < a {
        let lower = (half - rest).clamp(0.0, 1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (half + rest).clamp(0.0, 1.0);
        (1.0 - upper, upper)
    }
}

/// The x with P(X ≤ x) = p, where `q` = 1 − p is given too, so that neither tail loses digits.
/// Starts from Wilson and Hilferty's cube (1931), or from the power law of the lower tail.
#[must_use]
pub fn gamma_quantile(shape: f64, p: f64, q: f64) -> f64 {
    let a = shape;
    assert!(a > 0.0 && p >= 0.0 && q > 0.0 && (p + q - 1.0).abs() < 1e-9, "two tails of one whole");
    if p <= 0.0 {
        return 0.0;
    }
    let z = if p <= q { normal_quantile(p) } else { -normal_quantile(q) };
    let cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
    let ln_shape = ln_gamma(a);
    let power = (libm::log(p) + ln_shape + libm::log(a)) / a;
    let start = if a > 0.5 && cube > 0.2 { libm::log(a * cube * cube * cube) } else { power };
    let f = |t: f64| {
        let x = libm::exp(t);
        // For small shapes the logarithm of Γ is the dear part of the front, and always the same.
        let ln_density = if a < 10.0 { a * t - x - ln_shape } else { ln_front(a, x) };
        let density = libm::exp(ln_density);
        let (lower, upper) = tails_with(a, x, density);
        if p <= q {
            (ln_ratio(lower, p), density / lower.max(f64::MIN_POSITIVE))
        } else {
            (-ln_ratio(upper, q), density / upper.max(f64::MIN_POSITIVE))
        }
    };
    // P(X ≤ x) lies below x^a / Γ(a+1), and the mean plus 1,000 deviations above every draw.
    let low = (power - 1e-6).clamp(-708.0, 700.0);
    let high = libm::log(a + 1_000.0 * a.sqrt().max(1.0)).max(low + 1.0);
    libm::exp(root(low, high, start, f))
}

/// ln(tail / wanted), finite where the tail underflows.
fn ln_ratio(tail: f64, wanted: f64) -> f64 {
    libm::log(tail.max(f64::MIN_POSITIVE)) - libm::log(wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, Gamma};

    use super::*;

    fn close(ours: f64, theirs: f64, relative: f64) -> bool {
        (ours - theirs).abs() <= relative * theirs.abs() + 1e-300
    }

    #[test]
    fn closed_forms() {
        for x in [1e-12, 0.1, 1.0, 3.0, 30.0, 600.0] {
            assert!(close(gamma_upper(1.0, x), libm::exp(-x), 1e-13), "{x}");
            assert!(close(gamma_lower(1.0, x), -libm::expm1(-x), 1e-13), "{x}");
            // Erlang with two stages.
            assert!(close(gamma_upper(2.0, x), (1.0 + x) * libm::exp(-x), 1e-12), "{x}");
            // χ² with one degree of freedom.
            assert!(close(gamma_upper(0.5, x), libm::erfc(x.sqrt()), 1e-12), "{x}");
        }
    }

    #[test]
    fn temme_continues_the_series() {
        let a = TEMME_FROM;
        for z in [-8.5, -3.0, -0.5, 0.0, 0.01, 2.0, 8.5] {
            let x = a + z * a.sqrt();
            let front = libm::exp(ln_front(a, x));
            let (ours, reference) = if z <= 0.0 {
                (temme(a, x).0, front * series(a, x) / a)
            } else {
                (temme(a, x).1, front * fraction(a, x))
            };
            assert!(close(ours, reference, 1e-10), "{z}: {ours} {reference}");
        }
    }

    #[test]
    fn quantiles_invert_both_tails() {
        for a in [1e-3, 0.05, 0.4, 1.0, 2.5, 9.0, 11.0, 400.0, 9_999.0, 1e4, 1e8, 1e20] {
            for e in [-44.0, -20.0, -3.0, -0.7] {
                let (p, rest) = (libm::exp(e), -libm::expm1(e));
                let low = gamma_quantile(a, p, rest);
                if low > 1e-300 {
                    // At huge shapes the argument itself has too few digits for more.
                    assert!(close(gamma_lower(a, low), p, 1e-10 + 1e-13 * a.sqrt()), "{a} {p}");
                }
                let high = gamma_quantile(a, rest, p);
                if high > 1e-300 {
                    assert!(close(gamma_upper(a, high), p, 1e-10 + 1e-13 * a.sqrt()), "{a} {p}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_statrs(a in 0.05f64..200.0, r in 0.0f64..4.0) {
            let reference = Gamma::new(a, 1.0).unwrap();
            prop_assert!((gamma_lower(a, a * r) - reference.cdf(a * r)).abs() < 1e-10);
            prop_assert!((gamma_upper(a, a * r) - reference.sf(a * r)).abs() < 1e-10);
        }
    }
}
