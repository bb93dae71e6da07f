//! What the engines must answer, and how an entry of an extending scenario stands to its base.

use super::{PER_RUN, Schema, TIME, key, must};
use crate::scenario::takes::Named::{Bound, Entry, Fault, Goal, Hazard, Pool, Wave};
use crate::scenario::takes::Rule::{Alone, AtLeastOne, AtMostOne};
use crate::scenario::takes::Takes::{
    self, Anything, Either, List, NameOf, Number, Range, RangesOf, Table, True, Whole, Words,
};
use crate::scenario::words::{self, names};

/// A duration, or how far else.
const REACH: Takes = Either(&[Takes::Duration, Words(&names(&words::REACH))]);

schemas! {
    /// What the engines must answer; `cutover check` compares. It is never inherited.
    EXPECT = "[expect]" [
        key("simulate", "measures of many runs").takes(Table(&EXPECT_SIMULATE)),
        key("verify", "what the prover must find").takes(Table(&EXPECT_VERIFY)),
        key("search", "what the search must find").takes(Table(&EXPECT_SEARCH)),
        key("estimate", "a rare probability").takes(Anything).example("{}"),
        key("capacity", "the smallest capacity").takes(Anything).example("{}"),
    ];
    /// Measures of many runs, each a value or a range.
    EXPECT_SIMULATE = "[expect.simulate]" [
        key("seed", "of population and draws").takes(Whole(0, i64::MAX)).default("1").example("7"),
        key("replications", "number of runs").takes(Whole(1, 10_000_000)).default("200").example("1000"),
        key("runs-with-exposure", "share of runs").takes(Range(&Number(0.0, 1.0))).example("[0.6, 0.82]"),
        key("tenants-with-window", "mean per run").takes(PER_RUN).example("[0.97, 1.49]"),
        key("viewers", "tenants who could read, mean per run").takes(PER_RUN).example("0"),
        key("exposed", "tenants whose data could be read, mean per run").takes(PER_RUN).example("36"),
        key("expected-reads", "inside windows, mean per run").takes(PER_RUN).example("[20.71, 22.38]"),
        key("longest-window", "of all runs").takes(TIME).example(r#"["9m 50s", "10m 21s"]"#),
        key("exposure-time", "mean per run").takes(TIME).example(r#""0s""#),
        key("downtime-median", "mean over runs of the median over tenants").takes(TIME).example(r#"["23m 50s", "26m 20s"]"#),
        key("downtime-max", "of all tenants of all runs").takes(TIME).example(r#""8h""#),
        key("goals-missed", "mean per run").takes(PER_RUN).example("[0.02, 0.145]"),
        key("stopped", "tenants, mean per run").takes(PER_RUN).example("0"),
        key("stuck", "tenants, mean per run").takes(PER_RUN).example("0"),
        key("retries", "mean per run").takes(PER_RUN).example("[2.5, 3.5]"),
        key("runs-halted", "share of runs in which the rollout was halted").takes(Range(&Number(0.0, 1.0))).example("[0.1, 0.3]"),
        key("never-started", "tenants that a halt kept from starting, mean per run").takes(PER_RUN).example("[90, 110]"),
        key("rolled-back", "tenants and mailboxes whose rollback is done, mean per run").takes(PER_RUN).example("0"),
        key("makespan", "mean").takes(TIME).example(r#"["21w", "23w"]"#),
        key("reads", "expected reads per run").takes(RangesOf(Hazard, &Number(0.0, f64::INFINITY))).example(r#"{ "address-book-policy missing" = 0 }"#),
        key("windows", "windows per run").takes(RangesOf(Hazard, &Number(0.0, f64::INFINITY))).example(r#"{ "address-book-policy missing" = [0, 2] }"#),
        key("wait", "mean wait").takes(RangesOf(Pool, &Takes::Duration)).example(r#"{ moves = ["1h", "2h"] }"#),
        key("faults", "strikes per run").takes(RangesOf(Fault, &Number(0.0, f64::INFINITY))).example(r#"{ "public folders slow" = [1.85, 2.55] }"#),
        key("waves", "from a wave's turn until its last tenant is through, mean").takes(RangesOf(Wave, &Takes::Duration)).example(r#"{ canary = ["1h", "2h"] }"#),
    ];
    /// What the prover must find.
    EXPECT_VERIFY = "[expect.verify]" [
        key("fault-sets", "the minimal sets of faults that lead to a hazard").takes(List(&List(&NameOf(Fault)))).example(r#"[["public folders slow"]]"#),
        key("goal-fault-sets", "the minimal sets of faults that miss a goal, over all goals").takes(List(&List(&NameOf(Fault)))).example("[]"),
        key("goal-wait", "every goal keeps its sets as long as nobody waits longer for pools").takes(Either(&[Takes::Duration, Words(&["unbounded"])])).example(r#""8h 49m 20s""#),
        key("coverage", "distributions of steps without an end are cut: the chance of a tenant to have a draw beyond").takes(Number(1e-12, 0.5)).unless("not cut").example("1e-6"),
        key("verdict", "what it says about the hazards").takes(Words(&names(&words::VERDICTS))).example(r#""safe""#),
        key("tenants", "a rollout of exactly so many").takes(Whole(1, 100_000)).unless("any number of tenants").example("2"),
        key("faults", "sets of at most so many faults").takes(Whole(0, 16)).default("2").example("1"),
        key("longest-window", "the longest over these sets").takes(Either(&[Takes::Duration, Words(&["unbounded"])])).example(r#""25m""#),
        key("wait", "the verdict holds as long as nobody waits longer for pools").takes(Either(&[Takes::Duration, Words(&["unbounded"])])).example(r#""6h 12m""#),
        key("margins", "how far bounds can be moved").takes(List(&Table(&EXPECT_MARGIN))).example(r#"[{ of = "open the gate", at-most = "8h" }]"#),
        key("margin-faults", "margins are taken with so many faults allowed").takes(Whole(0, 16)).default("0").example("1"),
    ];
    /// How far one bound can be moved, to the microsecond.
    EXPECT_MARGIN = "[expect.verify] margins" [
        must("of", "the bound, as `verify --margins` calls it, or the step whose duration it is").takes(NameOf(Bound)).example(r#""open the gate""#),
        key("goal", "until somebody misses this goal").takes(NameOf(Goal)).unless("until somebody is exposed").example(r#""back by noon""#),
        key("at-most", "the greatest value that is proved").takes(REACH).example(r#""7h 58m 58.999999s""#),
        key("at-least", "the least value that is proved").takes(REACH).example(r#""any""#),
    ] rules [AtLeastOne(&["at-most", "at-least"])];
    /// What the search must find.
    EXPECT_SEARCH = "[expect.search]" [
        key("verdict", "what it says").takes(Words(&names(&words::SEARCHED))).example(r#""exposes""#),
        key("fault-sets", "the minimal sets of faults that its findings take").takes(List(&List(&NameOf(Fault)))).example(r#"[["public folders slow"]]"#),
        key("runs", "within so many runs").takes(Whole(1, 10_000_000)).default("1000").example("2000"),
        key("seed", "of population and strategies").takes(Whole(0, i64::MAX)).default("1").example("7"),
    ] rules [AtLeastOne(&["verdict", "fault-sets"])];
    /// Where an entry of an extending scenario goes in what it inherits; these stand beside the keys of the entry.
    PLACEMENT = "an entry of an extending scenario" [
        key("place-before", "stands before this one; entries of lists only").takes(NameOf(Entry)).unless("at its place in the base, new ones last").example(r#""open the gate""#),
        key("place-after", "stands after this one; entries of lists only").takes(NameOf(Entry)).unless("at its place in the base, new ones last").example(r#""close the gate""#),
        key("remove", "takes the base's entry out; nothing but the name stands beside it").takes(True).example("true"),
    ] rules [AtMostOne(&["place-before", "place-after"]), Alone("remove", &["name"])];
}
