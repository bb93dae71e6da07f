//! Which keys each table takes, and what each key takes and means: data only. The reader refuses
//! what is not in these lists and takes ranges from them; `docs/reference.md` and the JSON Schema
//! are generated from them. The comment above a table is its text in the reference.

use super::takes::Named::{Counter, Entry, Fact, Fault, Group, Hazard, Kind, Pool, Step};
use super::takes::Quantity::{Count, Duration, Rate, Size};
use super::takes::Rule::{Alone, AtLeastOne, AtMostOne, ExactlyOne, Split, Together};
use super::takes::Takes::{
    Anything, ByName, Condition, Dist, Either, Entries, Flag, Lasting, List, Name, NameOf, Number,
    OneOrMany, Own, OwnDist, Owns, Positive, Probability, Range, RangesOf, ReadRate, Table, Text,
    True, Whole, Words,
};
use super::words::{self, names};

pub use super::takes::{Default, Key, Named, Quantity, Rule, Takes, key, must};

/// The keys of a table.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// How a user refers to the table.
    pub table: &'static str,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// In the order of the reference.
    pub keys: &'static [Key],
    /// What the keys demand of each other.
    pub rules: &'static [Rule],
}

macro_rules! schemas {
    ($($(#[doc = $doc:literal])* $id:ident = $table:literal [$($key:expr),* $(,)?]
        $(rules [$($rule:expr),* $(,)?])?;)*) => {
        $($(#[doc = $doc])* pub const $id: Schema = Schema {
            table: $table,
            doc: concat!($($doc),*),
            keys: &[$($key),*],
            rules: &[$($($rule),*)?],
        };)*

        /// Every table of the language.
        pub const ALL: &[&Schema] = &[$(&$id),*];
    };
}

/// Tenants of a rollout, and slots of a pool.
const TENANTS_MAX: i64 = 4_000_000;
/// Nobody needs more grades, and sums of two stay far from overflow.
const PRIORITY_MAX: i64 = 1_000_000;

/// Weights in a mixture: least and greatest.
pub const WEIGHTS: (f64, f64) = (1e-9, 1e9);
/// The ways to write a fact.
pub const WRITES: &[&str] = &["on", "off", "add"];
/// The ways to force one.
pub const MASKS: &[&str] = &["on", "off"];
/// When a reaction or a free-standing fault fires.
pub const TRIGGERS: &[&str] = &["after", "every"];
/// What it does then.
pub const DEEDS: &[&str] = &["does", "forces", "takes"];
/// The ways to bend an attempt.
pub const BENDS: &[&str] = &["slow", "fails", "hangs", "loses", "repeats", "skips"];
/// The keys of a free-standing fault.
pub const FREE: &[&str] = &["each", "while", "after", "every", "does", "forces", "takes"];
/// How tenants are split into groups.
pub const PARTITIONS: &[&str] = &["tenants", "count"];
/// How long a step takes.
pub const WORK: &[&str] = &["duration", "transfer"];
/// The families of distributions.
pub const FAMILIES: &[&str] = &[
    "uniform",
    "triangular",
    "pert",
    "exponential",
    "lognormal",
    "gamma",
    "weibull",
    "pareto",
    "empirical",
    "mixture",
];

const EFFECTS: Takes = List(&Table(&EFFECT));
const PER_RUN: Takes = Range(&Number(0.0, f64::INFINITY));
const TIME: Takes = Range(&Takes::Duration);

schemas! {
    /// The file itself.
    TOP = "the top level" [
        must("name", "what the scenario is called").takes(Name).example(r#""hosted-exchange""#),
        key("description", "shown at the head of reports").takes(Text).example(r#""the autumn wave""#),
        key("extend", "path of the base scenario, relative to this file").takes(Text).example(r#""base.toml""#),
        key("rollout", "how tenants are let into the plan").takes(Table(&ROLLOUT)),
        must("tenants", "the population").takes(Table(&TENANTS)),
        key("groups", "partitions of the tenants").takes(ByName(&GROUP)),
        key("facts", "facts and permissions").takes(ByName(&FACT)),
        key("pools", "slots that steps wait for").takes(ByName(&POOL)),
        key("step", "the plan, in order").takes(Entries(&STEP)),
        key("reaction", "activities that a condition starts").takes(Entries(&REACTION)),
        key("user", "who connects and reads").takes(Entries(&USER)),
        key("fault", "what can go wrong").takes(Entries(&FAULT)),
        key("hazard", "conditions that must not hold").takes(Entries(&HAZARD)),
        key("goal", "conditions that must hold at a deadline").takes(Entries(&GOAL)),
        key("expect", "what the engines must answer").takes(Table(&EXPECT)),
    ];
    /// How tenants are let into the plan.
    ROLLOUT = "[rollout]" [
        key("at-once", "tenants in progress at once").takes(Whole(1, TENANTS_MAX)).unless("unlimited").example("40"),
        key("order", "in which tenants start").takes(Words(&names(&words::ORDER))).default(r#""listed""#).example(r#""largest-first""#),
        key("pace", "time between two tenant starts; the first is at 0").takes(Dist(Duration)).unless("no wait").example(r#"{ exponential = "10m" }"#),
        key("horizon", "a run ends here at the latest").takes(Positive).default(r#""52w""#).example(r#""26w""#),
    ];
    /// The population. It is drawn once per seed.
    TENANTS = "[tenants]" [
        must("count", "how many there are").takes(Whole(1, TENANTS_MAX)).example("2300"),
        key("migrated", "the first so many have moved already: they can be seen, and do not move; at most `count`").takes(Whole(0, TENANTS_MAX)).default("0").example("1200"),
        key("mailboxes", "mailboxes of a tenant, 0 to 10000; a drawn number is at least 1, and all tenants have about 100000000 at most").takes(Dist(Count)).default("1").example("{ lognormal = { median = 6, p95 = 40 } }"),
        key("mailbox-size", "how large a mailbox is").takes(Dist(Size)).unless("no sizes: nothing can be transferred").example(r#"{ lognormal = { median = "1.5 GiB", p95 = "12 GiB" } }"#),
    ];
    /// A kind of entity between rollout and tenants: a database, a site, a wave. At most 8 kinds.
    GROUP = "[groups.NAME]" [
        key("tenants", "blocks of so many consecutive tenants").takes(Whole(1, TENANTS_MAX)).example("36"),
        key("count", "tenants are dealt round robin to so many groups").takes(Whole(1, TENANTS_MAX)).example("4"),
    ] rules [ExactlyOne(PARTITIONS)];
    /// A fact of each entity of a kind, on or off, or a counter; with `missing` a permission. At most 64 facts of a kind. A permission with `missing = "open"` derives the hazard `access and not NAME`, called `NAME missing`.
    FACT = "[facts.NAME]" [
        key("each", "whose fact it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("initially", "its state at the start").takes(Words(&names(&words::ON_OFF))).unless("`\"on\"` for permissions, else `\"off\"`").example(r#""on""#),
        key("count", "makes it a counter: true as a condition when it has counted so far").takes(Whole(1, 65_535)).unless("no counter").example("3"),
        key("missing", "makes it a permission: whether a reader sees too much or too little while it is off").takes(Words(&names(&words::MISSING))).unless("no permission").example(r#""closed""#),
        key("shows", "what is seen while it is off; only with `missing = \"open\"`").takes(Table(&SHOWS)).example(r#"{ data = ["telephone number"] }"#),
    ];
    /// What can be seen while a permission is off, or while a hazard holds.
    SHOWS = "shows" [
        key("whose", "whose data: all tenants', one's own, or those of the same group").takes(Either(&[Words(&["all", "own"]), NameOf(Group)])).default(r#""all""#).example(r#""database""#),
        key("data", "categories of data").takes(OneOrMany(&Text)).unless("none named").example(r#"["telephone number", "e-mail address"]"#),
    ];
    /// Slots that steps wait for.
    POOL = "[pools.NAME]" [
        must("slots", "how many there are").takes(Whole(1, TENANTS_MAX)).example("20"),
        key("each", "a pool for each group of this kind").takes(NameOf(Group)).unless("one pool for the rollout").example(r#""database""#),
    ];
    /// An activity of the plan.
    STEP = "[[step]]" [
        must("name", "what it is called").takes(Name).example(r#""move data""#),
        key("each", "who takes it").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("times", "so many attempts in sequence").takes(Whole(1, 65_535)).default("1").example("3"),
        key("after", "steps that must have ended before").takes(OneOrMany(&NameOf(Step))).unless("the previous step").example(r#"["close the gate"]"#),
        key("when", "the step is skipped if it is false").takes(Condition).default(r#""true""#).example(r#""not folder-rights""#),
        key("done-if", "the step counts as done if it is true").takes(Condition).default(r#""false""#).example(r#""folder-rights""#),
        key("needs", "the step waits for it").takes(Condition).default(r#""true""#).example(r#""address-book-policy and folder-rights""#),
        key("holds", "an attempt fails when it turns false").takes(Condition).default(r#""true""#).example(r#""not access""#),
        key("uses", "a slot of each of these pools, at most 16").takes(OneOrMany(&Either(&[NameOf(Pool), Table(&USE)]))).unless("none").example(r#"["moves", { pool = "database-moves", until = "open the gate" }]"#),
        key("priority", "higher enters first").takes(Whole(-PRIORITY_MAX, PRIORITY_MAX)).default("0").example("10"),
        key("duration", "how long an attempt takes").takes(Dist(Duration)).default(r#""0s""#).example(r#"{ pert = ["1m", "4m", "30m"] }"#),
        key("transfer", "an attempt takes a size at a rate").takes(Table(&TRANSFER)).example(r#"{ size = "mailbox-size", rate = "0.66 GiB/h" }"#),
        key("at-start", "at the start of every attempt").takes(EFFECTS).default("[]").example(r#"[{ off = "folder-rights" }]"#),
        key("at-end", "at success").takes(EFFECTS).default("[]").example(r#"[{ off = "access", for = "8h" }]"#),
        key("at-fail", "at every failure").takes(EFFECTS).default("[]").example(r#"[{ on = "access" }]"#),
        key("retry", "further attempts after a failure").takes(Table(&RETRY)).default("{ times = 0 }").example(r#"{ times = 3, wait = "30s" }"#),
        key("timeout", "an attempt that lasts longer fails then").takes(Positive).unless("none").example(r#""2h""#),
        key("on-failure", "what follows when no attempt is left").takes(Words(&names(&words::ON_FAILURE))).default(r#""stop""#).example(r#""undo""#),
        key("undo", "takes the step back in a rollback").takes(EFFECTS).default("[]").example(r#"[{ on = "folder-rights" }]"#),
        key("undo-duration", "how long taking it back takes").takes(Dist(Duration)).default(r#""0s""#).example(r#""5m""#),
        key("join", "whether stopped entities are waited for").takes(Words(&names(&words::JOIN))).default(r#""all""#).example(r#""running""#),
    ] rules [AtMostOne(WORK)];
    /// A slot of a pool, perhaps held across steps.
    USE = "a use of a pool" [
        must("pool", "whose slot").takes(NameOf(Pool)).example(r#""moves""#),
        key("until", "held until this step has ended").takes(NameOf(Step)).unless("the end of the attempt").example(r#""open the gate""#),
    ];
    /// Work that lasts as long as a size takes at a rate.
    TRANSFER = "transfer" [
        must("size", "what is transferred; the population needs it").takes(Words(&names(&words::SIZES))).example(r#""mailbox-size""#),
        must("rate", "how fast").takes(Dist(Rate)).example(r#"{ lognormal = { median = "0.66 GiB/h", p95 = "1.75 GiB/h" } }"#),
    ];
    /// Further attempts after a failure.
    RETRY = "retry" [
        must("times", "how many; 0 takes away those of a base").takes(Whole(0, 100_000)).example("60"),
        key("wait", "time before the next attempt").takes(Dist(Duration)).default(r#""0s""#).example(r#"{ uniform = ["10s", "1m"] }"#),
    ];
    /// A write to a fact of the entity itself, of one above it, or of all members below.
    EFFECT = "an effect" [
        key("on", "turned on").takes(NameOf(Fact)).example(r#""access""#),
        key("off", "turned off").takes(NameOf(Fact)).example(r#""access""#),
        key("add", "raised by one; takes no `for`").takes(NameOf(Counter)).example(r#""grants""#),
        key("after", "it lands so much later").takes(Dist(Duration)).default(r#""0s""#).example(r#"{ uniform = ["15s", "21s"] }"#),
        key("for", "a lease: so long after landing the opposite is set").takes(Dist(Duration)).unless("for good").example(r#""8h""#),
        key("if", "decided when the effect is issued").takes(Condition).default(r#""true""#).example(r#""not folder-rights""#),
        key("of", "written to every entity below that has the fact").takes(Words(&names(&words::MEMBERS))).unless("one's own, or that of an entity above").example(r#""members""#),
        key("chance", "lands with this probability").takes(Probability).default("1").example("0.99"),
        key("late", "lands even after a write that was issued later").takes(Flag).default("false").example("true"),
    ] rules [ExactlyOne(WRITES)];
    /// An activity that a condition starts: a watchdog, an operator, a monitor.
    REACTION = "[[reaction]]" [
        must("name", "what it is called").takes(Name).example(r#""watchdog""#),
        key("each", "whose it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("while", "the timer runs while it holds").takes(Condition).default(r#""true""#).example(r#""not access""#),
        key("after", "fires once, so long after the condition came true").takes(Dist(Duration)).example(r#""9h""#),
        key("every", "fires again and again while the condition holds").takes(Lasting).example(r#"{ exponential = "2000h" }"#),
        key("does", "what happens then").takes(EFFECTS).default("[]").example(r#"[{ on = "access" }]"#),
        key("forces", "masks a fact for a while").takes(Table(&FORCES)).example(r#"{ on = "access", for = "10m" }"#),
        key("takes", "takes slots from a pool of the same kind").takes(Table(&TAKES)).example(r#"{ pool = "moves", for = "1h" }"#),
    ] rules [ExactlyOne(TRIGGERS), AtLeastOne(DEEDS)];
    /// A mask over a fact: writes and leases go on beneath it.
    FORCES = "forces" [
        key("on", "held on").takes(NameOf(Fact)).example(r#""access""#),
        key("off", "held off").takes(NameOf(Fact)).example(r#""access""#),
        must("for", "for so long").takes(Lasting).example(r#""10m""#),
    ] rules [ExactlyOne(MASKS)];
    /// Slots that are not there for a while.
    TAKES = "takes" [
        must("pool", "whose").takes(NameOf(Pool)).example(r#""moves""#),
        key("slots", "how many; at most as many as there are").takes(Whole(1, u32::MAX as i64)).unless("all").example("5"),
        must("for", "for so long").takes(Lasting).example(r#"{ uniform = ["10m", "2h"] }"#),
    ];
    /// Who connects and reads.
    USER = "[[user]]" [
        must("name", "what it is called").takes(Name).example(r#""Outlook""#),
        key("each", "one for each of these").takes(Words(&["tenant", "mailbox"])).default(r#""tenant""#).example(r#""mailbox""#),
        key("connects", "when a session begins").takes(Table(&CONNECTS)).unless("no sessions").example(r#"{ while = "access", every = { exponential = "10m" } }"#),
        key("session", "how long it lasts and what it keeps").takes(Table(&SESSION)).unless("no sessions").example(r#"{ lasts = { exponential = "4h" }, keeps = ["address-book-policy"] }"#),
        key("reads", "how often it reads while it can").takes(ReadRate).unless("never").example(r#""6 / h""#),
    ] rules [Together(&["connects", "session"]), AtLeastOne(&["reads", "connects"])];
    /// How a session begins.
    CONNECTS = "connects" [
        must("while", "someone connects while it holds").takes(Condition).example(r#""access""#),
        must("every", "time until the next connection").takes(Lasting).example(r#"{ exponential = "10m" }"#),
    ];
    /// A session.
    SESSION = "session" [
        must("lasts", "how long").takes(Dist(Duration)).example(r#"{ exponential = "4h", between = ["1m", "24h"] }"#),
        key("keeps", "facts that stay as they were at connect").takes(OneOrMany(&NameOf(Fact))).default("[]").example(r#"["address-book-policy"]"#),
        key("ends-when", "ends it at once").takes(Condition).default(r#""false""#).example(r#""not access""#),
    ];
    /// Something that goes wrong: in an attempt of a `step`, or free-standing, with the keys of a reaction.
    FAULT = "[[fault]]" [
        must("name", "what it is called").takes(Name).example(r#""slow copy""#),
        key("chance", "of striking, at each attempt or at each firing; more than 0").takes(Probability).default("1").example(r#""0.2 %""#),
        key("cost", "0 for ordinary misbehaviour that a retry is there for").takes(Whole(0, 1)).default("1").example("0"),
        key("step", "the step whose attempts it bends").takes(NameOf(Step)).unless("free-standing").example(r#""open the gate""#),
        key("slow", "the attempt takes so long instead").takes(Dist(Duration)).example(r#"{ pareto = { min = "20m", p95 = "9h" } }"#),
        key("fails", "the attempt fails at its end, or so long after its start").takes(Either(&[True, Table(&FAILS)])).example("true"),
        key("hangs", "the attempt never ends by itself").takes(True).example("true"),
        key("loses", "success is reported, but what `at-end` writes to this fact is lost").takes(NameOf(Fact)).example(r#""access""#),
        key("repeats", "a successful attempt runs once more, effects included").takes(True).example("true"),
        key("skips", "success is reported and nothing is done").takes(True).example("true"),
        key("each", "free-standing: whose it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("while", "free-standing: the timer runs while it holds").takes(Condition).default(r#""true""#).example(r#""not access""#),
        key("after", "free-standing: fires once, so long after the condition came true").takes(Dist(Duration)).example(r#""9h""#),
        key("every", "free-standing: fires again and again while the condition holds").takes(Lasting).example(r#"{ exponential = "2000h" }"#),
        key("does", "free-standing: what happens then").takes(EFFECTS).default("[]").example(r#"[{ on = "access" }]"#),
        key("forces", "free-standing: masks a fact for a while").takes(Table(&FORCES)).example(r#"{ on = "access", for = "10m" }"#),
        key("takes", "free-standing: takes slots from a pool of the same kind").takes(Table(&TAKES)).example(r#"{ pool = "moves", slots = 5, for = "1h" }"#),
    ] rules [Split {
        by: "step",
        with: (&[ExactlyOne(BENDS)], BENDS),
        without: (&[ExactlyOne(TRIGGERS), AtLeastOne(DEEDS)], FREE),
    }];
    /// A failure before the attempt's end.
    FAILS = "fails" [
        must("after", "so long after the attempt's start").takes(Dist(Duration)).example(r#"{ uniform = ["1m", "30m"] }"#),
    ];
    /// A condition that must not hold.
    HAZARD = "[[hazard]]" [
        must("name", "what it is called").takes(Name).example(r#""back too early""#),
        key("each", "whose it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        must("when", "the hazard").takes(Condition).example(r#""access and not folder-rights""#),
        key("shows", "what is seen while it holds").takes(Table(&SHOWS)).example(r#"{ whose = "own" }"#),
    ];
    /// A condition that must hold at a deadline.
    GOAL = "[[goal]]" [
        must("name", "what it is called").takes(Name).example(r#""back at work""#),
        must("when", "what must hold then, of an entity of the step").takes(Condition).example(r#""access and folder-rights""#),
        must("within", "the deadline").takes(Table(&WITHIN)).example(r#"{ of = "close the gate", time = "12h" }"#),
    ];
    /// A deadline.
    WITHIN = "within" [
        must("of", "the step whose success starts the clock").takes(NameOf(Step)).example(r#""close the gate""#),
        must("time", "from then on").takes(Positive).example(r#""12h""#),
    ];
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
    /// What the engines must answer; `cutover check` compares. It is never inherited.
    EXPECT = "[expect]" [
        key("simulate", "measures of many runs").takes(Table(&EXPECT_SIMULATE)),
        key("verify", "what the prover must find").takes(Table(&EXPECT_VERIFY)),
        key("search", "what the search must find").takes(Anything).example("{}"),
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
        key("makespan", "mean").takes(TIME).example(r#"["21w", "23w"]"#),
        key("reads", "expected reads per run").takes(RangesOf(Hazard, &Number(0.0, f64::INFINITY))).example(r#"{ "address-book-policy missing" = 0 }"#),
        key("windows", "windows per run").takes(RangesOf(Hazard, &Number(0.0, f64::INFINITY))).example(r#"{ "address-book-policy missing" = [0, 2] }"#),
        key("wait", "mean wait").takes(RangesOf(Pool, &Takes::Duration)).example(r#"{ moves = ["1h", "2h"] }"#),
        key("faults", "strikes per run").takes(RangesOf(Fault, &Number(0.0, f64::INFINITY))).example(r#"{ "public folders slow" = [1.85, 2.55] }"#),
    ];
    /// What the prover must find.
    EXPECT_VERIFY = "[expect.verify]" [
        key("fault-sets", "the minimal sets of faults that lead to a hazard").takes(List(&List(&NameOf(Fault)))).example(r#"[["public folders slow"]]"#),
        key("goal-fault-sets", "the minimal sets of faults that miss a goal").takes(List(&List(&NameOf(Fault)))).example("[]"),
        key("verdict", "what it says").takes(Text).example(r#""safe""#),
    ];
    /// Where an entry of an extending scenario goes in what it inherits; these stand beside the keys of the entry.
    PLACEMENT = "an entry of an extending scenario" [
        key("place-before", "stands before this one; entries of lists only").takes(NameOf(Entry)).unless("at its place in the base, new ones last").example(r#""open the gate""#),
        key("place-after", "stands after this one; entries of lists only").takes(NameOf(Entry)).unless("at its place in the base, new ones last").example(r#""close the gate""#),
        key("remove", "takes the base's entry out; nothing but the name stands beside it").takes(True).example("true"),
    ] rules [AtMostOne(&["place-before", "place-after"]), Alone("remove", &["name"])];
}

/// Sets of keys of which one replaces the others, so that an extending scenario that states one
/// overrides whichever its base states.
pub const ALTERNATIVES: &[&[&str]] = &[WORK, BENDS, TRIGGERS, PARTITIONS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_documented() {
        for schema in ALL {
            assert!(schema.doc.trim().ends_with('.'), "{}", schema.table);
            for (i, key) in schema.keys.iter().enumerate() {
                let name = key.name;
                let place = format!("`{name}` in {}", schema.table);
                assert!(!key.doc.is_empty() && !key.doc.ends_with('.'), "{place}: its text");
                assert!(schema.keys[..i].iter().all(|other| other.name != name), "{place}: twice");
                assert!(
                    !matches!(key.takes, Takes::Unstated),
                    "{place} does not say what it takes"
                );
                let section = matches!(key.takes, Table(_) | ByName(_) | Entries(_));
                assert!(!key.example.is_empty() || section, "{place} has no example");
                assert!(!key.required || key.default == Default::None, "{place}: a default");
            }
        }
    }

    #[test]
    fn rules_are_about_keys_of_their_table() {
        fn named(rule: &Rule) -> Vec<&'static str> {
            match *rule {
                ExactlyOne(keys) | AtMostOne(keys) | AtLeastOne(keys) | Together(keys) => {
                    keys.to_vec()
                }
                // What stands beside it is a key of another table.
                Alone(key, _) => vec![key],
                Split { by, with, without } => {
                    let inner = with.0.iter().chain(without.0).flat_map(named);
                    inner.chain([by]).chain([with.1, without.1].concat()).collect()
                }
            }
        }
        for schema in ALL {
            for name in schema.rules.iter().flat_map(named) {
                assert!(schema.keys.iter().any(|key| key.name == name), "{name}");
            }
        }
        let families = DIST.keys.iter().map(|key| key.name).filter(|name| *name != "between");
        assert!(families.eq(FAMILIES.iter().copied()));
    }
}
