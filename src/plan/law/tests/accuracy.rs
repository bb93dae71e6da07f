//! Quantiles, means, tails and residual lives against references.

use statrs::distribution::{
    Beta, ContinuousCDF, Exp, Gamma, LogNormal, Pareto, Triangular, Weibull,
};

use super::*;

/// Sampled values, in the body and far out, are within these relative distances.
const BODY: f64 = 1e-4;
const TAIL: f64 = 2e-4;

#[test]
fn unbounded_quantiles_agree_with_statrs() {
    let (h, z95) = (HOUR as f64, 1.644_853_626_951_472_7);
    let (body, tail) = (BODY, TAIL);
    let exponential = law(Shape::Exponential { mean: HOUR });
    check("exponential", &exponential, body, tail, tails_of(Exp::new(1.0 / h).unwrap()));

    let lognormal = law(Shape::Lognormal { median: HOUR, p95: 9 * HOUR });
    let reference = LogNormal::new(libm::log(h), libm::log(9.0) / z95).unwrap();
    check("lognormal", &lognormal, body, tail, tails_of(reference));

    let weibull = law(Shape::Weibull { median: HOUR, p95: 3 * HOUR });
    let shape = libm::log(libm::log(20.0) / libm::log(2.0)) / libm::log(3.0);
    let scale = h / libm::pow(libm::log(2.0), 1.0 / shape);
    check("weibull", &weibull, body, tail, tails_of(Weibull::new(shape, scale).unwrap()));

    let pareto = law(Shape::Pareto { min: HOUR, p95: 27 * HOUR });
    let reference = Pareto::new(h, libm::log(20.0) / libm::log(27.0)).unwrap();
    let tails = tails_of(reference);
    // Its far end is cut at the cap, beyond which every value counts as there.
    let capped = |x: f64| {
        if x > Law::CAP as f64 { (1.0, 0.0) } else { tails(x) }
    };
    check("pareto", &pareto, body, tail, capped);
}

#[test]
fn gamma_quantiles_agree_with_statrs() {
    let (h, body, tail) = (HOUR as f64, BODY, TAIL);
    for (mean, sd) in [(10, 5), (10, 10), (10, 30), (100, 3), (1000, 2)] {
        let gamma = law(Shape::Gamma { mean: mean * HOUR, sd: sd * HOUR });
        let shape = (mean as f64 / sd as f64) * (mean as f64 / sd as f64);
        let reference = Gamma::new(shape, shape / (mean as f64 * h)).unwrap();
        // The lower quantiles go like p^(1/shape), with the error that the table's page gives.
        let steep = (1.0 + 1.0 / shape) / shape / 32_768.0;
        check("gamma", &gamma, body.max(steep), tail.max(steep), |x| {
            (reference.cdf(x), reference.sf(x))
        });
    }
}

#[test]
fn bounded_quantiles_agree_with_statrs() {
    let (h, body, tail) = (HOUR as f64, BODY, TAIL);
    let triangular = law(Shape::Triangular { low: HOUR, mode: 2 * HOUR, high: 9 * HOUR });
    let reference = Triangular::new(h, 9.0 * h, 2.0 * h).unwrap();
    check("triangular", &triangular, body, tail, tails_of(reference));

    let pert = law(Shape::Pert { low: HOUR, mode: 2 * HOUR, high: 9 * HOUR });
    let (left, right) = (Beta::new(1.5, 4.5).unwrap(), Beta::new(4.5, 1.5).unwrap());
    check("pert", &pert, body, tail, |x| {
        let share = |from: f64| (from / (8.0 * h)).clamp(0.0, 1.0);
        (left.cdf(share(x - h)), right.cdf(share(9.0 * h - x)))
    });
}

#[test]
fn empirical_quantiles_are_of_type_7() {
    // R: quantile(c(10, 20, 40, 80, 100) * 1000, c(0.1, 0.3, 0.5, 0.9), type = 7).
    let law = law(Shape::Empirical(vec![10_000, 20_000, 40_000, 80_000, 100_000]));
    for (share, value) in [(0.1, 14_000), (0.3, 24_000), (0.5, 40_000), (0.9, 92_000)] {
        assert!(law.quantile(share).abs_diff(value) <= 5, "{share} {}", law.quantile(share));
    }
    assert!(close(law.exceeds(80_000), 0.25, 1e-3));
}

#[test]
fn means_agree_with_closed_forms() {
    let h = HOUR as f64;
    let sigma = libm::log(9.0) / 1.644_853_626_951_472_7;
    for (shape, mean) in [
        (Shape::Constant(7), 7.0),
        (Shape::Uniform { low: 2, high: 9 }, 5.5),
        (Shape::Triangular { low: HOUR, mode: 2 * HOUR, high: 9 * HOUR }, 4.0 * h),
        (Shape::Pert { low: HOUR, mode: 2 * HOUR, high: 9 * HOUR }, 3.0 * h),
        (Shape::Exponential { mean: HOUR }, h),
        (Shape::Gamma { mean: HOUR, sd: 3 * HOUR }, h),
        (Shape::Gamma { mean: HOUR, sd: HOUR / 7 }, h),
        (Shape::Lognormal { median: HOUR, p95: 9 * HOUR }, h * libm::exp(sigma * sigma / 2.0)),
        (Shape::Empirical(vec![HOUR, 2 * HOUR, 6 * HOUR]), 2.75 * h),
        // Counts keep their mean although they are rounded.
        (Shape::Gamma { mean: 5, sd: 3 }, 5.0),
    ] {
        let name = format!("{shape:?}");
        assert!(close(law(shape).mean(), mean, 1e-4), "{name}");
    }
}

#[test]
fn mixtures_of_smooth_parts() {
    let part = |mean| Dist { shape: Shape::Exponential { mean }, between: None };
    let mixture = law(Shape::Mixture(vec![(3.0, part(HOUR)), (1.0, part(50 * HOUR))]));
    let (fast, slow) =
        (Exp::new(1.0 / HOUR as f64).unwrap(), Exp::new(0.02 / HOUR as f64).unwrap());
    check("mixture", &mixture, 2e-4, 2e-4, |x| {
        (0.75 * fast.cdf(x) + 0.25 * slow.cdf(x), 0.75 * fast.sf(x) + 0.25 * slow.sf(x))
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
        assert!(close(far.quantile_upper(share) as f64, expected as f64, 1e-6), "{share}");
    }
    assert_eq!(within(shape, 10_000 * HOUR, 20_000 * HOUR), Law::constant(10_000 * HOUR));
    // A lognormal law between 9 and 10 deviations above its median.
    let (sigma, phi) = (libm::log(9.0) / 1.644_853_626_951_472_7, crate::statistics::normal_lower);
    let at = |z: f64| (1e6 * libm::exp(sigma * z)) as u64;
    let far = within(Shape::Lognormal { median: 1_000_000, p95: 9_000_000 }, at(9.0), at(10.0));
    for z in [9.01, 9.1, 9.5, 9.9] {
        let expected = (phi(-z) - phi(-10.0)) / (phi(-9.0) - phi(-10.0));
        assert!(close(far.exceeds(at(z)), expected, 1e-3), "{z}");
    }
    // And its mirror in the lower tail.
    let low = Shape::Lognormal { median: 1 << 50, p95: 9 << 50 };
    let at = |z: f64| ((1u64 << 50) as f64 * libm::exp(-sigma * z)) as u64;
    let far = within(low, at(10.0), at(9.0));
    for z in [9.01, 9.1, 9.5, 9.9] {
        let expected = (phi(-9.0) - phi(-z)) / (phi(-9.0) - phi(-10.0));
        assert!(close(far.exceeds(at(z)), expected, 2e-3), "{z} {} {expected}", far.exceeds(at(z)));
    }
}

#[test]
fn residual_lives() {
    let h = HOUR as f64;
    let residual = law(Shape::Exponential { mean: HOUR }).residual();
    check("residual", &residual, 2e-4, 1e-3, tails_of(Exp::new(1.0 / h).unwrap()));
    assert_eq!(residual.support(), Support { low: 0, high: None });
    // E = E[X²] / (2 E[X]).
    let uniform = law(Shape::Uniform { low: HOUR, high: 3 * HOUR }).residual();
    assert!(close(uniform.mean(), 13.0 / 12.0 * h, 1e-5), "{}", uniform.mean() / h);
    assert_eq!(uniform.support(), Support { low: 0, high: Some(3 * HOUR) });
    let gamma = law(Shape::Gamma { mean: HOUR, sd: 2 * HOUR }).residual();
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
            close(law.exceeds(u64::from(multiple as u32) * HOUR), expected, 1e-3),
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
