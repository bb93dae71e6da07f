//! What holds for every law: ends, order, support, weights, and the same bits everywhere.

use proptest::prelude::*;

use super::*;

#[test]
fn ends_and_medians_are_exact() {
    let lognormal = Shape::Lognormal { median: 30_000_000, p95: 300_000_000 };
    for (law, low, median, high) in [
        (
            law(Shape::Uniform { low: 1_000_000, high: 5_000_000 }),
            1_000_000,
            3_000_000,
            Some(5_000_000),
        ),
        (law(Shape::Triangular { low: 0, mode: HOUR, high: 2 * HOUR }), 0, HOUR, Some(2 * HOUR)),
        (
            law(Shape::Pert { low: HOUR, mode: 2 * HOUR, high: 3 * HOUR }),
            HOUR,
            2 * HOUR,
            Some(3 * HOUR),
        ),
        (law(lognormal.clone()), 0, 30_000_000, None),
        (law(Shape::Weibull { median: 77, p95: 190 }), 0, 77, None),
        (law(Shape::Pareto { min: HOUR, p95: 400 * HOUR }), HOUR, 4 * HOUR, None),
        (law(Shape::Empirical(vec![3, 10, 500])), 3, 10, Some(500)),
        (law(Shape::Constant(1 << 60)), 1 << 60, 1 << 60, Some(1 << 60)),
        (law(Shape::Uniform { low: 0, high: 1 << 60 }), 0, 1 << 59, Some(1 << 60)),
        (within(Shape::Pareto { min: HOUR, p95: 9 * HOUR }, 0, HOUR), HOUR, HOUR, Some(HOUR)),
        (within(Shape::Uniform { low: 4, high: 90 }, 0, 6), 4, 5, Some(6)),
    ] {
        assert_eq!((law.low(), law.support().low, law.support().high), (low, low, high), "{law:?}");
        assert!(law.median().abs_diff(median) <= 1, "{} {median}", law.median());
        assert!(law.contains(low) && law.contains(median) && (low == 0 || !law.contains(low - 1)));
    }
    assert_eq!(law(lognormal).median(), 30_000_000);
}

#[test]
fn counts_have_the_right_weights() {
    let counts = law(Shape::Uniform { low: 1, high: 5 });
    for value in 0..=5u64 {
        assert!(close(counts.exceeds(value), (5 - value) as f64 / 5.0, 1e-15));
    }
    // A mixture rounds like its parts: 1 to 5 nine times of ten, else 100.
    let part = |shape| Dist { shape, between: None };
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
    assert!(close(1.0 - mailboxes.exceeds(1), one, 1e-2), "{} {one}", 1.0 - mailboxes.exceeds(1));
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
    (any::<u64>(), 0u32..64, any::<bool>())
        .prop_map(|(draw, shift, flip)| if flip { !(draw >> shift) } else { draw >> shift })
}

/// Met by the property below: the sum over the cells is a rounding error above the upper end.
#[test]
fn a_mean_does_not_round_beyond_its_support() {
    let dist = |shape| Dist { shape, between: None };
    let shape = Shape::Mixture(vec![
        (7.611780119738809, dist(Shape::Constant(25_290_028_657_359))),
        (5.118072475018221, dist(Shape::Pert { low: 17, mode: 475_640, high: 571_233_053_682 })),
    ]);
    let whole = law(shape.clone());
    let share = 0.39860939560480346;
    let cut = within(shape, whole.quantile(share), whole.quantile_upper(share));
    for law in [whole.residual(), cut.residual(), cut, whole] {
        let mean = law.mean();
        assert!(law.low() as f64 <= mean && mean <= law.sample(u64::MAX) as f64);
    }
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

/// The same bits in debug and release and on every machine (design, section 4): a digest of
/// samples of every family, where a changed table shows even if it is as good as before.
#[test]
fn samples_are_pinned() {
    let part = |shape| Dist { shape, between: None };
    let lognormal = Shape::Lognormal { median: 30_000_000, p95: 300_000_000 };
    let laws = [
        law(Shape::Uniform { low: 7, high: HOUR }),
        law(Shape::Triangular { low: 1, mode: HOUR, high: 3 * HOUR }),
        law(Shape::Pert { low: 1, mode: HOUR, high: 3 * HOUR }),
        law(Shape::Exponential { mean: HOUR }),
        law(lognormal.clone()),
        within(lognormal.clone(), 5_000_000, 2 * HOUR),
        law(Shape::Gamma { mean: HOUR, sd: HOUR / 3 }),
        law(Shape::Gamma { mean: HOUR, sd: HOUR / 100 }),
        law(Shape::Weibull { median: HOUR, p95: 4 * HOUR }),
        law(Shape::Pareto { min: HOUR, p95: 9 * HOUR }),
        law(Shape::Empirical(vec![5, 70, 70, 900])),
        law(Shape::Mixture(vec![(3.0, part(lognormal)), (1.0, part(Shape::Constant(HOUR)))])),
    ];
    let mut digest = 0xcbf2_9ce4_8422_2325u64;
    for law in laws.iter().chain(&laws.each_ref().map(Law::residual)) {
        let mut draw = 1u64;
        for shift in 0..512u32 {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let tail = draw >> (shift % 50);
            for value in [law.sample(tail), law.sample(!tail)] {
                digest = (digest ^ value).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }
    assert_eq!(digest, 0xc84d_8729_be98_ef0c, "{digest:#x}");
}
