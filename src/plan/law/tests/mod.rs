//! Accuracy against `statrs` and closed forms; structure: ends, order, weights, bits.

mod accuracy;
mod structure;

use statrs::distribution::ContinuousCDF;

use super::*;
use crate::scenario::Shape;

const HOUR: u64 = 3_600_000_000;

fn law(shape: Shape) -> Law {
    Law::compile(&Dist { shape, between: None })
}

fn within(shape: Shape, low: u64, high: u64) -> Law {
    Law::compile(&Dist { shape, between: Some((low, high)) })
}

fn close(ours: f64, theirs: f64, relative: f64) -> bool {
    (ours - theirs).abs() <= relative * theirs.abs()
}

/// Asserts that each quantile of `law` times (1 ± tolerance) encloses the wanted tail probability
/// of the reference, given as (lower tail, upper tail) at x. This needs no reference inverse,
/// which would be the weaker of the two in the tails.
fn check(name: &str, law: &Law, body: f64, tail: f64, reference: impl Fn(f64) -> (f64, f64)) {
    let shares = (1..=48).map(|e| libm::exp2(-f64::from(e) / 1.2));
    for share in shares {
        let tolerance = if share > 1e-3 { body } else { tail };
        let low = law.quantile(share) as f64;
        let upper = law.quantile_upper(share) as f64;
        let (left, right) = (low * (1.0 - tolerance) - 1.0, low * (1.0 + tolerance) + 1.0);
        let lower_tail = (reference(left.max(0.0)).0, reference(right).0);
        assert!(lower_tail.0 <= share && share <= lower_tail.1, "{name}: lower {share}, {low}");
        let (left, right) = (upper * (1.0 - tolerance) - 1.0, upper * (1.0 + tolerance) + 1.0);
        let upper_tail = (reference(left).1, reference(right).1);
        assert!(upper_tail.1 <= share && share <= upper_tail.0, "{name}: upper {share}, {upper}");
    }
}

fn tails_of(law: impl ContinuousCDF<f64, f64>) -> impl Fn(f64) -> (f64, f64) {
    move |x| (law.cdf(x), law.sf(x))
}
