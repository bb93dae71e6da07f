//! Laws against `statrs` and closed forms.

use proptest::prelude::*;
use statrs::distribution::{
    Beta, ContinuousCDF, Exp, Gamma, LogNormal, Pareto, Triangular, Weibull,
};

use super::*;
use crate::scenario::Shape;

const HOUR: u64 = 3_600_000_000;

fn law(shape: Shape) -> Law {
    Law::compile(&Dist {
        shape,
        between: None,
    })
}

fn within(shape: Shape, low: u64, high: u64) -> Law {
    Law::compile(&Dist {
        shape,
        between: Some((low, high)),
    })
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
        assert!(
            lower_tail.0 <= share && share <= lower_tail.1,
            "{name}: lower {share}, {low}"
        );
        let (left, right) = (
            upper * (1.0 - tolerance) - 1.0,
            upper * (1.0 + tolerance) + 1.0,
        );
        let upper_tail = (reference(left).1, reference(right).1);
        assert!(
            upper_tail.1 <= share && share <= upper_tail.0,
            "{name}: upper {share}, {upper}"
        );
    }
}

fn tails_of(law: impl ContinuousCDF<f64, f64>) -> impl Fn(f64) -> (f64, f64) {
    move |x| (law.cdf(x), law.sf(x))
}

#[test]
fn quantiles_agree_with_statrs() {
    let (h, z95) = (HOUR as f64, 1.644_853_626_951_472_7);
    // Sampled values, in the body and far out, are within these relative distances.
    let (body, tail) = (1e-4, 2e-4);
    let exponential = law(Shape::Exponential { mean: HOUR });
    check(
        "exponential",
        &exponential,
        body,
        tail,
        tails_of(Exp::new(1.0 / h).unwrap()),
    );

    let lognormal = law(Shape::Lognormal {
        median: HOUR,
        p95: 9 * HOUR,
    });
    let reference = LogNormal::new(libm::log(h), libm::log(9.0) / z95).unwrap();
    check("lognormal", &lognormal, body, tail, tails_of(reference));

    let weibull = law(Shape::Weibull {
        median: HOUR,
        p95: 3 * HOUR,
    });
    let shape = libm::log(libm::log(20.0) / libm::log(2.0)) / libm::log(3.0);
    let scale = h / libm::pow(libm::log(2.0), 1.0 / shape);
    check(
        "weibull",
        &weibull,
        body,
        tail,
        tails_of(Weibull::new(shape, scale).unwrap()),
    );

    let pareto = law(Shape::Pareto {
        min: HOUR,
        p95: 27 * HOUR,
    });
    let reference = Pareto::new(h, libm::log(20.0) / libm::log(27.0)).unwrap();
    let tails = tails_of(reference);
    // Its far end is cut at the cap, beyond which every value counts as there.
    let capped = |x: f64| {
        if x > Law::CAP as f64 {
            (1.0, 0.0)
        } else {
            tails(x)
        }
    };
    check("pareto", &pareto, body, tail, capped);

    for (mean, sd) in [(10, 5), (10, 10), (10, 30), (100, 3), (1000, 2)] {
        let gamma = law(Shape::Gamma {
            mean: mean * HOUR,
            sd: sd * HOUR,
        });
        let shape = (mean as f64 / sd as f64) * (mean as f64 / sd as f64);
        let reference = Gamma::new(shape, shape / (mean as f64 * h)).unwrap();
        // The lower quantiles go like p^(1/shape), with the error that the table's page gives.
        let steep = (1.0 + 1.0 / shape) / shape / 32_768.0;
        check("gamma", &gamma, body.max(steep), tail.max(steep), |x| {
            (reference.cdf(x), reference.sf(x))
        });
    }

    let triangular = law(Shape::Triangular {
        low: HOUR,
        mode: 2 * HOUR,
        high: 9 * HOUR,
    });
    let reference = Triangular::new(h, 9.0 * h, 2.0 * h).unwrap();
    check("triangular", &triangular, body, tail, tails_of(reference));

    let pert = law(Shape::Pert {
        low: HOUR,
        mode: 2 * HOUR,
        high: 9 * HOUR,
    });
    let (left, right) = (Beta::new(1.5, 4.5).unwrap(), Beta::new(4.5, 1.5).unwrap());
    check("pert", &pert, body, tail, |x| {
        let share = |from: f64| (from / (8.0 * h)).clamp(0.0, 1.0);
        (left.cdf(share(x - h)), right.cdf(share(9.0 * h - x)))
    });
}

#[test]
fn means_agree_with_closed_forms() {
    let h = HOUR as f64;
    let sigma = libm::log(9.0) / 1.644_853_626_951_472_7;
    for (shape, mean) in [
        (Shape::Constant(7), 7.0),
        (Shape::Uniform { low: 2, high: 9 }, 5.5),
        (
            Shape::Triangular {
                low: HOUR,
                mode: 2 * HOUR,
                high: 9 * HOUR,
            },
            4.0 * h,
        ),
        (
            Shape::Pert {
                low: HOUR,
                mode: 2 * HOUR,
                high: 9 * HOUR,
            },
            3.0 * h,
        ),
        (Shape::Exponential { mean: HOUR }, h),
        (
            Shape::Gamma {
                mean: HOUR,
                sd: 3 * HOUR,
            },
            h,
        ),
        (
            Shape::Gamma {
                mean: HOUR,
                sd: HOUR / 7,
            },
            h,
        ),
        (
            Shape::Lognormal {
                median: HOUR,
                p95: 9 * HOUR,
            },
            h * libm::exp(sigma * sigma / 2.0),
        ),
        (Shape::Empirical(vec![HOUR, 2 * HOUR, 6 * HOUR]), 2.75 * h),
        // Counts keep their mean although they are rounded.
        (Shape::Gamma { mean: 5, sd: 3 }, 5.0),
    ] {
        let name = format!("{shape:?}");
        assert!(close(law(shape).mean(), mean, 1e-4), "{name}");
    }
}

#[test]
fn ends_and_medians_are_exact() {
    let lognormal = Shape::Lognormal {
        median: 30_000_000,
        p95: 300_000_000,
    };
    for (law, low, median, high) in [
        (
            law(Shape::Uniform {
                low: 1_000_000,
                high: 5_000_000,
            }),
            1_000_000,
            3_000_000,
            Some(5_000_000),
        ),
        (
            law(Shape::Triangular {
                low: 0,
                mode: HOUR,
                high: 2 * HOUR,
            }),
            0,
            HOUR,
            Some(2 * HOUR),
        ),
        (
            law(Shape::Pert {
                low: HOUR,
                mode: 2 * HOUR,
                high: 3 * HOUR,
            }),
            HOUR,
            2 * HOUR,
            Some(3 * HOUR),
        ),
        (law(lognormal.clone()), 0, 30_000_000, None),
        (
            law(Shape::Weibull {
                median: 77,
                p95: 190,
            }),
            0,
            77,
            None,
        ),
        (
            law(Shape::Pareto {
                min: HOUR,
                p95: 400 * HOUR,
            }),
            HOUR,
            4 * HOUR,
            None,
        ),
        (law(Shape::Empirical(vec![3, 10, 500])), 3, 10, Some(500)),
        (
            law(Shape::Constant(1 << 60)),
            1 << 60,
            1 << 60,
            Some(1 << 60),
        ),
        (
            law(Shape::Uniform {
                low: 0,
                high: 1 << 60,
            }),
            0,
            1 << 59,
            Some(1 << 60),
        ),
        (
            within(
                Shape::Pareto {
                    min: HOUR,
                    p95: 9 * HOUR,
                },
                0,
                HOUR,
            ),
            HOUR,
            HOUR,
            Some(HOUR),
        ),
        (
            within(Shape::Uniform { low: 4, high: 90 }, 0, 6),
            4,
            5,
            Some(6),
        ),
    ] {
        assert_eq!(
            (law.low(), law.support().low, law.support().high),
            (low, low, high),
            "{law:?}"
        );
        assert!(law.median().abs_diff(median) <= 1, "{} {median}", law.median());
        assert!(law.contains(low) && law.contains(median) && (low == 0 || !law.contains(low - 1)));
    }
    assert_eq!(law(lognormal).median(), 30_000_000);
}

#[test]
fn counts_have_the_right_weights() {
    let counts = law(Shape::Uniform { low: 1, high: 5 });
    for value in 0..=5u64 {
        assert!(close(
            counts.exceeds(value),
            (5 - value) as f64 / 5.0,
            1e-15
        ));
    }
    // A mixture rounds like its parts: 1 to 5 nine times of ten, else 100.
    let part = |shape| Dist {
        shape,
        between: None,
    };
    let mixture = law(Shape::Mixture(vec![
        (9.0, part(Shape::Uniform { low: 1, high: 5 })),
        (1.0, part(Shape::Constant(100))),
    ]));
    for value in 0..5u64 {
        let expected = 1.0 - 0.9 * value as f64 / 5.0;
        assert!(
            (mixture.exceeds(value) - expected).abs() < 1e-3,
            "{value} {}",
            mixture.exceeds(value)
        );
    }
    assert!((mixture.exceeds(50) - 0.1).abs() < 1e-3);
    assert!((mixture.mean() - 12.7).abs() < 0.2);
    // What is conditioned is the rounded value: P(1) of a lognormal count is that of [0.5, 1.5).
    let mailboxes = within(Shape::Lognormal { median: 6, p95: 40 }, 1, 500);
    let z = |x: f64| libm::log(x / 6.0) * 1.644_853_626_951_472_7 / libm::log(40.0 / 6.0);
    let phi = crate::statistics::normal_lower;
    let one = (phi(z(1.5)) - phi(z(0.5))) / (phi(z(500.5)) - phi(z(0.5)));
    assert!(
        close(1.0 - mailboxes.exceeds(1), one, 1e-2),
        "{} {one}",
        1.0 - mailboxes.exceeds(1)
    );
}

#[test]
fn mixtures_of_smooth_parts() {
    let part = |mean| Dist {
        shape: Shape::Exponential { mean },
        between: None,
    };
    let mixture = law(Shape::Mixture(vec![
        (3.0, part(HOUR)),
        (1.0, part(50 * HOUR)),
    ]));
    let (fast, slow) = (
        Exp::new(1.0 / HOUR as f64).unwrap(),
        Exp::new(0.02 / HOUR as f64).unwrap(),
    );
    check("mixture", &mixture, 2e-4, 2e-4, |x| {
        (
            0.75 * fast.cdf(x) + 0.25 * slow.cdf(x),
            0.75 * fast.sf(x) + 0.25 * slow.sf(x),
        )
    });
    assert!(close(mixture.mean(), 13.25 * HOUR as f64, 1e-4));
}

#[test]
fn truncation_far_out_in_a_tail() {
    // An exponential law beyond 500 means forgets them; beyond 1e4 of them doubles end.
    let shape = Shape::Exponential { mean: HOUR };
    let far = within(shape.clone(), 500 * HOUR, 700 * HOUR);
    let memoryless = law(shape.clone());
    for share in [0.9, 0.5, 0.1, 1e-3, 1e-9, 1e-15] {
        let expected = 500 * HOUR + memoryless.quantile_upper(share);
        assert!(
            close(far.quantile_upper(share) as f64, expected as f64, 1e-6),
            "{share}"
        );
    }
    assert_eq!(
        within(shape, 10_000 * HOUR, 20_000 * HOUR),
        Law::constant(10_000 * HOUR)
    );
    // A lognormal law between 9 and 10 deviations above its median.
    let (sigma, phi) = (
        libm::log(9.0) / 1.644_853_626_951_472_7,
        crate::statistics::normal_lower,
    );
    let at = |z: f64| (1e6 * libm::exp(sigma * z)) as u64;
    let far = within(
        Shape::Lognormal {
            median: 1_000_000,
            p95: 9_000_000,
        },
        at(9.0),
        at(10.0),
    );
    for z in [9.01, 9.1, 9.5, 9.9] {
        let expected = (phi(-z) - phi(-10.0)) / (phi(-9.0) - phi(-10.0));
        assert!(close(far.exceeds(at(z)), expected, 1e-3), "{z}");
    }
    // And its mirror in the lower tail.
    let low = Shape::Lognormal {
        median: 1 << 50,
        p95: 9 << 50,
    };
    let at = |z: f64| ((1u64 << 50) as f64 * libm::exp(-sigma * z)) as u64;
    let far = within(low, at(10.0), at(9.0));
    for z in [9.01, 9.1, 9.5, 9.9] {
        let expected = (phi(-9.0) - phi(-z)) / (phi(-9.0) - phi(-10.0));
        assert!(
            close(far.exceeds(at(z)), expected, 2e-3),
            "{z} {} {expected}",
            far.exceeds(at(z))
        );
    }
}

#[test]
fn residual_lives() {
    let h = HOUR as f64;
    let residual = law(Shape::Exponential { mean: HOUR }).residual();
    check(
        "residual",
        &residual,
        2e-4,
        1e-3,
        tails_of(Exp::new(1.0 / h).unwrap()),
    );
    assert_eq!(residual.support(), Support { low: 0, high: None });
    // E = E[X²] / (2 E[X]).
    let uniform = law(Shape::Uniform {
        low: HOUR,
        high: 3 * HOUR,
    })
    .residual();
    assert!(
        close(uniform.mean(), 13.0 / 12.0 * h, 1e-5),
        "{}",
        uniform.mean() / h
    );
    assert_eq!(
        uniform.support(),
        Support {
            low: 0,
            high: Some(3 * HOUR)
        }
    );
    let gamma = law(Shape::Gamma {
        mean: HOUR,
        sd: 2 * HOUR,
    })
    .residual();
    assert!(close(gamma.mean(), 2.5 * h, 1e-3), "{}", gamma.mean() / h);
    let constant = law(Shape::Constant(HOUR)).residual();
    assert_eq!(constant, law(Shape::Uniform { low: 0, high: HOUR }));
    assert_eq!(law(Shape::Constant(0)).residual(), Law::constant(0));
}

#[test]
fn tail_probabilities_and_draws_agree() {
    let law = law(Shape::Exponential { mean: HOUR });
    for multiple in [0, 1, 5, 20, 35] {
        let expected = libm::exp(-f64::from(multiple));
        assert!(
            close(
                law.exceeds(u64::from(multiple as u32) * HOUR),
                expected,
                1e-3
            ),
            "{multiple}"
        );
    }
    let draws = law.draws_within(HOUR, 2 * HOUR).unwrap();
    assert!(law.sample(*draws.start()) >= HOUR && law.sample(draws.start() - 1) < HOUR);
    assert!(law.sample(*draws.end()) <= 2 * HOUR && law.sample(draws.end() + 1) > 2 * HOUR);
    assert_eq!(Law::constant(5).draws_within(5, 9), Some(0..=u64::MAX));
    assert_eq!(Law::constant(5).draws_within(6, 9), None);
    assert_eq!(Law::constant(5).draws_within(1, 4), None);
    assert!(Law::constant(5).exceeds(5).total_cmp(&0.0).is_eq());
    assert!(Law::constant(5).exceeds(4).total_cmp(&1.0).is_eq());
}

/// Any shape with parameters of any size.
fn shapes() -> impl Strategy<Value = Shape> {
    let sizes = || prop_oneof![0u64..20, 1_000u64..2_000_000, HOUR..(9_000 * HOUR)];
    (0u32..10, sizes(), sizes(), sizes()).prop_map(|(family, a, b, c)| {
        let mut sorted = [a, b, c];
        sorted.sort_unstable();
        let [low, mode, high] = sorted;
        let (median, p95) = (low.max(1), mode.max(1));
        match family {
            0 => Shape::Constant(a),
            1 => Shape::Uniform { low, high },
            2 => Shape::Triangular { low, mode, high },
            3 => Shape::Pert { low, mode, high },
            4 => Shape::Exponential { mean: a },
            5 => Shape::Lognormal { median, p95 },
            6 => Shape::Gamma { mean: a, sd: b },
            7 => Shape::Weibull { median, p95 },
            8 => Shape::Pareto { min: median, p95 },
            _ => Shape::Empirical(sorted.to_vec()),
        }
    })
}

fn draws() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64, any::<bool>()).prop_map(|(draw, shift, flip)| {
        if flip {
            !(draw >> shift)
        } else {
            draw >> shift
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn laws_are_monotone_and_stay_in_their_support(
        parts in prop::collection::vec((0.1f64..9.0, shapes()), 1..3),
        share in 0.01f64..0.4,
        draws in prop::collection::vec(draws(), 64),
    ) {
        let dist = |shape| Dist { shape, between: None };
        let shape = match parts.as_slice() {
            [(_, one)] => one.clone(),
            many => Shape::Mixture(many.iter().map(|(w, shape)| (*w, dist(shape.clone()))).collect()),
        };
        let whole = law(shape.clone());
        let (low, high) = (whole.quantile(share), whole.quantile_upper(share));
        let cut = within(shape, low, high);
        for law in [whole.clone(), cut.clone(), whole.residual(), cut.residual()] {
            let mut draws = draws.clone();
            draws.sort_unstable();
            let mut last = law.low();
            for draw in draws {
                let value = law.sample(draw);
                prop_assert!(last <= value && law.contains(value));
                last = value;
            }
            let mean = law.mean();
            prop_assert!(law.low() as f64 <= mean && mean <= law.sample(u64::MAX) as f64);
            prop_assert!(law.exceeds(law.median()) <= 0.5);
        }
        prop_assert_eq!(cut.support().low.max(low), cut.support().low);
    }
}
