//! Distributions.

use super::{FAMILIES, Schema, WEIGHTS, key, must};
use crate::scenario::takes::Rule::ExactlyOne;
use crate::scenario::takes::Takes::{List, Number, Own, OwnDist, Owns, Table};

schemas! {
    /// A quantity that is drawn anew each time. A bare quantity is a constant; a family whose ends meet is one, too.
    DIST = "a distribution" [
        key("uniform", "`[low, high]`").takes(Owns(2)).example(r#"["1s", "5s"]"#),
        key("triangular", "`[low, mode, high]`").takes(Owns(3)).example(r#"["2s", "5s", "30s"]"#),
        key("pert", "`[low, mode, high]`").takes(Owns(3)).example(r#"["1m", "4m", "30m"]"#),
        key("exponential", "its mean, more than 0").takes(Own).example(r#""10m""#),
        key("lognormal", "by two quantiles").takes(Table(&MEDIAN_P95)).example(r#"{ median = "30s", p95 = "5m" }"#),
        key("gamma", "by mean and standard deviation").takes(Table(&MEAN_SD)).example(r#"{ mean = "10m", sd = "5m" }"#),
        key("weibull", "by two quantiles").takes(Table(&MEDIAN_P95)).example(r#"{ median = "30s", p95 = "5m" }"#),
        key("pareto", "by least value and a quantile").takes(Table(&MIN_P95)).example(r#"{ min = "20m", p95 = "9h" }"#),
        key("empirical", "observations, at most 100000; values between them are drawn, too").takes(List(&Own)).example(r#"["3m", "4m", "11m"]"#),
        key("mixture", "one of several, by weight").takes(List(&Table(&PART))).example(r#"[{ weight = 9, of = "5m" }, { weight = 1, of = { exponential = "2h" } }]"#),
        key("between", "`[low, high]`: conditioned on lying inside, which must have a probability of at least 1e-9").takes(Owns(2)).unless("not truncated").example(r#"["2s", "72h"]"#),
    ] rules [ExactlyOne(FAMILIES)];
    /// Parameters of lognormal and Weibull: `median` is less than `p95`, both more than 0.
    MEDIAN_P95 = "{ median, p95 }" [
        must("median", "half lie below").takes(Own).example(r#""30s""#),
        must("p95", "19 in 20 lie below").takes(Own).example(r#""5m""#),
    ];
    /// Parameters of gamma, both more than 0; the standard deviation is between a thousandth and a hundred times the mean.
    MEAN_SD = "{ mean, sd }" [
        must("mean", "the mean").takes(Own).example(r#""10m""#),
        must("sd", "the standard deviation").takes(Own).example(r#""5m""#),
    ];
    /// Parameters of Pareto: `min` is less than `p95`, both more than 0.
    MIN_P95 = "{ min, p95 }" [
        must("min", "the least value").takes(Own).example(r#""20m""#),
        must("p95", "19 in 20 lie below").takes(Own).example(r#""9h""#),
    ];
    /// A part of a mixture.
    PART = "a part of a mixture" [
        must("weight", "how often, relative to the others").takes(Number(WEIGHTS.0, WEIGHTS.1)).example("9"),
        must("of", "what is drawn then").takes(OwnDist).example(r#"{ exponential = "2h" }"#),
    ];
}
