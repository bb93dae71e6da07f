//! Which keys each table takes: data only. The reader refuses the others, and reference docs and
//! the JSON Schema are generated from the same lists.

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// Whether a table without it is refused.
    pub required: bool,
    /// What it takes and means, in one line.
    pub doc: &'static str,
}

/// The keys of a table.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// How a user refers to the table.
    pub table: &'static str,
    /// In the order of the reference.
    pub keys: &'static [Key],
}

const fn key(name: &'static str, doc: &'static str) -> Key {
    Key { name, required: false, doc }
}

const fn must(name: &'static str, doc: &'static str) -> Key {
    Key { name, required: true, doc }
}

/// What `was` takes, wherever it stands.
const WAS: &str = "a former name, or a list of them: findings and a base may still use it";

macro_rules! schemas {
    ($($(#[$doc:meta])* $id:ident = $table:literal [$($key:expr),* $(,)?];)*) => {
        $($(#[$doc])* pub const $id: Schema = Schema { table: $table, keys: &[$($key),*] };)*

        /// Every table of the language.
        pub const ALL: &[&Schema] = &[$(&$id),*];
    };
}

schemas! {
    /// The file itself.
    TOP = "the top level" [
        must("name", "free text"),
        key("description", "free text, shown at the head of reports"),
        key("extend", "path of the base scenario, relative to this file"),
        key("rollout", "how tenants are let into the plan"),
        must("tenants", "the population"),
        key("classes", "classes of tenants, by name"),
        key("groups", "partitions of the tenants, by name"),
        key("facts", "facts and permissions, by name"),
        key("calendars", "windows and days without them, by name"),
        key("pools", "slots that steps wait for, by name"),
        key("wave", "waves in which the tenants start, in order"),
        key("links", "bandwidth that transfers share, by name"),
        key("step", "the plan, in order"),
        key("reaction", "activities that a condition starts"),
        key("user", "who connects and reads"),
        key("fault", "what can go wrong"),
        key("hazard", "conditions that must not hold"),
        key("goal", "conditions that must hold at a deadline"),
        key("expect", "what the engines must answer"),
    ];
    /// `[rollout]`.
    ROLLOUT = "[rollout]" [
        key("start", "local time and zone, \"2016-11-25T20:00[Europe/Berlin]\"; windows need it"),
        key("windows", "list of windows, or a calendar: tenants start only inside"),
        key("at-once", "tenants in progress at once; unlimited unless said"),
        key("order", "listed (default), shuffled, largest-first, smallest-first"),
        key("pace", "distribution: time between two tenant starts"),
        key("horizon", "duration: a run ends here at the latest; 52w unless said"),
        key("journal", "step (default) or none: what is remembered after a crash"),
    ];
    /// `[tenants]`.
    TENANTS = "[tenants]" [
        key("count", "1 to 4000000"),
        key("migrated", "the first so many have moved already; 0 unless said"),
        key("inventory", "path of a CSV file that lists the tenants, relative to this file"),
        key("mailboxes", "whole number or distribution of counts, 0 to 10000; 1 unless said"),
        key("mailbox-size", "size or distribution of sizes"),
    ];
    /// `[classes.NAME]`.
    CLASS = "[classes.NAME]" [
        key("share", "probability that a tenant belongs to it; not with an inventory that says so"),
        key("mailboxes", "as in [tenants], for tenants of this class"),
        key("mailbox-size", "as in [tenants], for mailboxes of this class"),
        key("priority", "whole number: its tenants start before those of lower ones; 0 unless said"),
        key("not-before", "duration since the start, or local time: its tenants start no sooner"),
    ];
    /// A distribution by class.
    BY_CLASS = "a distribution by class" [
        must("by-class", "{ CLASS = distribution, default = distribution }"),
    ];
    /// `[groups.NAME]`.
    GROUP = "[groups.NAME]" [
        key("tenants", "blocks of so many consecutive tenants"),
        key("count", "dealt round robin to so many groups"),
        key("column", "column of the inventory that names the group; the kind's name unless said"),
        key("was", WAS),
    ];
    /// `[facts.NAME]`.
    FACT = "[facts.NAME]" [
        key("each", "rollout, a group, tenant (default) or mailbox"),
        key("initially", "on or off; on for permissions, else off"),
        key("count", "a counter, 1 to 65535"),
        key("missing", "open or closed: a permission, and what a reader sees while it is off"),
        key("shows", "whose data, and which, while it is off"),
        key("was", WAS),
    ];
    /// `shows`.
    SHOWS = "shows" [
        key("whose", "all (default), own or a group"),
        key("data", "list of categories, for instance \"telephone number\""),
    ];
    /// `[calendars.NAME]`.
    CALENDAR = "[calendars.NAME]" [
        key("windows", "list of windows such as \"Fri 20:00 - Mon 06:00\"; always unless said"),
        key("except", "list of local days, \"2016-12-24\" or \"2016-12-24 - 2016-12-27\""),
    ];
    /// `[pools.NAME]`.
    POOL = "[pools.NAME]" [
        must("slots", "1 or more; 0 if a shift has some"),
        key("each", "a group, tenant or mailbox: one pool for each; one for the rollout unless said"),
        key("shifts", "list of { windows, slots }: other slots while the windows are open"),
        key("per-hour", "1 or more admissions at most in each hour of the local clock; no limit unless said"),
        key("per-day", "1 or more admissions at most on each local day; no limit unless said"),
        key("was", WAS),
    ];
    /// A shift of a pool.
    SHIFT = "a shift" [
        must("windows", "list of windows, or a calendar"),
        must("slots", "0 or more"),
    ];
    /// `[[wave]]`.
    WAVE = "[[wave]]" [
        must("name", "free text; `wave NAME` is a group of the kind `wave`"),
        key("take", "20, \"10 %\", or { class, GROUP, most }; all who are left unless said"),
        key("at-once", "its tenants in progress at once; as the rollout's unless said"),
        key("pace", "distribution: time between two tenant starts; as the rollout's unless said"),
        key("soak", "distribution: the next wave starts no sooner than so long after its end"),
        key("enough", "share of its tenants that are through when it has ended; 100 % unless said"),
        key("not-before", "duration since the start, or local time: it starts no sooner"),
    ];
    /// `[links.NAME]`.
    LINK = "[links.NAME]" [
        must("rate", "what all transfers over it get together, for instance \"1 GiB/h\""),
        key("each", "a group, tenant or mailbox: one link for each; one for the rollout unless said"),
        key("per-hour", "a size: so much at most in each hour of the local clock; no limit unless said"),
        key("per-day", "a size: so much at most on each local day; no limit unless said"),
    ];
    /// `[[step]]`.
    STEP = "[[step]]" [
        must("name", "free text"),
        key("was", WAS),
        key("each", "rollout, a group, tenant (default) or mailbox"),
        key("times", "so many attempts in sequence, 1 to 65535; 1 unless said"),
        key("after", "a step or a list of steps; the previous one unless said"),
        key("when", "condition: the step is skipped if it is false"),
        key("done-if", "condition: the step counts as done if it is true"),
        key("needs", "condition that the step waits for"),
        key("holds", "condition that must hold during an attempt"),
        key("windows", "list of windows, or a calendar: attempts start only inside"),
        key("fits", "true: only if the nominal duration ends by the end of the window"),
        key("uses", "a pool, or a list of pools and { pool, until = STEP }"),
        key("priority", "whole number, higher enters first; 0 unless said"),
        key("duration", "distribution, or { by-class }: how long an attempt takes"),
        key("transfer", "{ size = \"mailbox-size\", rate = distribution or { by-class }, link = LINK }"),
        key("at-start", "effects at the start of every attempt"),
        key("at-end", "effects at success"),
        key("at-fail", "effects at every failure"),
        key("retry", "{ times, wait }"),
        key("timeout", "duration that bounds an attempt"),
        key("on-failure", "stop (default), continue, undo, halt-rollout"),
        key("undo", "effects that take the step back"),
        key("undo-duration", "distribution: how long taking it back takes"),
        key("join", "all (default) or running: whether stopped entities are waited for"),
        key("remote", "true: its attempts go on when the orchestrator dies; false unless said"),
        key("when-cut", "redo (default), skip or undo: what follows an attempt cut by a crash"),
    ];
    /// A use of a pool.
    USE = "a use of a pool" [
        must("pool", "a pool"),
        key("until", "held until this step has ended"),
    ];
    /// `transfer`.
    TRANSFER = "transfer" [
        must("size", "\"mailbox-size\""),
        key("rate", "distribution of rates, or { by-class }; with a link the most it takes of it"),
        key("link", "the link it shares with other transfers, or a list of links"),
    ];
    /// `retry`.
    RETRY = "retry" [
        must("times", "further attempts after a failure, 0 to 100000"),
        key("wait", "distribution: time before the next attempt; none unless said"),
    ];
    /// An effect.
    EFFECT = "an effect" [
        key("on", "the fact to turn on"),
        key("off", "the fact to turn off"),
        key("add", "the counter to raise by one"),
        key("after", "distribution: lands so much later"),
        key("for", "distribution: a lease, then the opposite"),
        key("if", "condition, decided when issued"),
        key("of", "\"members\": on every entity below that has the fact"),
        key("chance", "lands with this probability"),
        key("late", "true: lands even after a later write"),
    ];
    /// `[[reaction]]`.
    REACTION = "[[reaction]]" [
        must("name", "free text"),
        key("was", WAS),
        key("each", "rollout, a group, tenant (default) or mailbox"),
        key("while", "condition; always unless said"),
        key("after", "distribution: once per interval in which `while` holds"),
        key("every", "distribution: repeatedly while it holds"),
        key("does", "effects"),
        key("forces", "{ on | off = FACT, for = distribution }"),
        key("takes", "{ pool, slots, for = distribution }"),
        key("halts", "true: from then on no tenant starts"),
        key("resumes", "true: after a halt tenants start again"),
        key("rolls-back", "in-progress or started: its tenants that are, or also those that have ended"),
        key("slows", "{ link, to = rate or share, for = distribution }"),
    ];
    /// `forces`.
    FORCES = "forces" [
        key("on", "the fact to hold on"),
        key("off", "the fact to hold off"),
        must("for", "distribution: for so long"),
    ];
    /// `takes`.
    TAKES = "takes" [
        must("pool", "a pool"),
        key("slots", "how many; all unless said"),
        must("for", "distribution: for so long"),
    ];
    /// `slows`.
    SLOWS = "slows" [
        must("link", "a link"),
        must("to", "a rate, or a share such as \"50 %\"; \"0 B/h\" is an outage"),
        must("for", "distribution: for so long"),
    ];
    /// `[[user]]`.
    USER = "[[user]]" [
        must("name", "free text"),
        key("was", WAS),
        key("each", "tenant (default) or mailbox"),
        key("connects", "{ while = condition, every = distribution }"),
        key("session", "{ lasts, keeps, ends-when }"),
        key("reads", "read rate, for instance \"6 / h\""),
        key("profile", "list of { windows, factor }: reads and connections times the factor while the windows are open"),
    ];
    /// An entry of a profile.
    PROFILE = "an entry of a profile" [
        key("windows", "list of windows, or a calendar; the rest of the time unless said"),
        must("factor", "0 to 1000"),
    ];
    /// `connects`.
    CONNECTS = "connects" [
        must("while", "condition under which someone connects"),
        must("every", "distribution: time until the next connection"),
    ];
    /// `session`.
    SESSION = "session" [
        must("lasts", "distribution"),
        key("keeps", "facts frozen at connect"),
        key("ends-when", "condition that ends it at once"),
    ];
    /// `[[fault]]`.
    FAULT = "[[fault]]" [
        must("name", "free text"),
        key("was", WAS),
        key("chance", "probability, 1 unless said"),
        key("cost", "1 (default), or 0 for ordinary misbehaviour"),
        key("step", "the step whose attempts it bends"),
        key("of", "attempt (default) or undo: what of the step it bends"),
        key("slow", "distribution: another duration"),
        key("fails", "true (at its end), or { after = distribution }"),
        key("hangs", "true"),
        key("loses", "a fact whose at-end effects get lost"),
        key("repeats", "true: the attempt runs once more"),
        key("skips", "true: success is reported and nothing done"),
        key("each", "free-standing: rollout, a group, tenant (default) or mailbox"),
        key("while", "free-standing: condition; always unless said"),
        key("after", "free-standing: distribution, once per interval"),
        key("every", "free-standing: distribution, repeatedly"),
        key("does", "free-standing: effects"),
        key("forces", "free-standing: { on | off = FACT, for = distribution }"),
        key("takes", "free-standing: { pool, slots, for = distribution }"),
        key("slows", "free-standing: { link, to = rate or share, for = distribution }"),
        key("crashes", "free-standing: { restart = distribution }: the orchestrator dies"),
        key("halts", "free-standing: true: from then on no tenant starts"),
        key("resumes", "free-standing: true: after a halt tenants start again"),
        key("rolls-back", "free-standing: in-progress or started, as of a reaction"),
    ];
    /// `crashes`.
    CRASHES = "crashes" [
        must("restart", "distribution: so long until it is up again"),
    ];
    /// `fails`.
    FAILS = "fails" [
        must("after", "distribution: so long after the attempt's start"),
    ];
    /// `[[hazard]]`.
    HAZARD = "[[hazard]]" [
        must("name", "free text"),
        key("was", WAS),
        key("each", "rollout, a group, tenant (default) or mailbox"),
        must("when", "condition that must not hold"),
        key("shows", "whose data, and which"),
    ];
    /// `[[goal]]`.
    GOAL = "[[goal]]" [
        must("name", "free text"),
        key("was", WAS),
        must("when", "condition that must hold at the deadline"),
        must("within", "{ of = STEP, time = duration }"),
    ];
    /// `within`.
    WITHIN = "within" [
        must("of", "the step whose success starts the clock"),
        must("time", "duration"),
    ];
    /// The families of distributions.
    DIST = "a distribution" [
        key("uniform", "[low, high]"),
        key("triangular", "[low, mode, high]"),
        key("pert", "[low, mode, high]"),
        key("exponential", "its mean"),
        key("lognormal", "{ median, p95 }"),
        key("gamma", "{ mean, sd }"),
        key("weibull", "{ median, p95 }"),
        key("pareto", "{ min, p95 }"),
        key("empirical", "list of observations"),
        key("mixture", "list of { weight, of = distribution }"),
        key("between", "[low, high]: conditioned on lying inside"),
    ];
    /// Parameters of lognormal and Weibull.
    MEDIAN_P95 = "{ median, p95 }" [must("median", "half lie below"), must("p95", "19 in 20 lie below")];
    /// Parameters of gamma.
    MEAN_SD = "{ mean, sd }" [must("mean", "mean"), must("sd", "standard deviation")];
    /// Parameters of Pareto.
    MIN_P95 = "{ min, p95 }" [must("min", "the least value"), must("p95", "19 in 20 lie below")];
    /// A part of a mixture.
    PART = "a part of a mixture" [must("weight", "a positive number"), must("of", "distribution")];
    /// `[expect]`.
    EXPECT = "[expect]" [
        key("simulate", "measures of many runs"),
        key("verify", "what the prover must find"),
        key("search", "what the search must find"),
        key("estimate", "a rare probability"),
        key("capacity", "the smallest capacity"),
    ];
    /// `[expect.simulate]`.
    EXPECT_SIMULATE = "[expect.simulate]" [
        key("seed", "1 unless said"),
        key("replications", "200 unless said"),
        key("runs-with-exposure", "share of runs"),
        key("tenants-with-window", "mean per run"),
        key("viewers", "mean per run"),
        key("exposed", "mean per run"),
        key("expected-reads", "mean per run"),
        key("longest-window", "duration: longest of all runs"),
        key("exposure-time", "duration: mean per run"),
        key("downtime-median", "duration: mean over runs of the median over tenants"),
        key("downtime-max", "duration: largest of all runs"),
        key("goals-missed", "mean per run"),
        key("stopped", "mean per run"),
        key("stuck", "mean per run"),
        key("retries", "mean per run"),
        key("runs-halted", "share of runs in which the rollout was halted"),
        key("never-started", "tenants that a halt kept from starting: mean per run"),
        key("rolled-back", "tenants and mailboxes whose rollback is done: mean per run"),
        key("makespan", "duration: mean"),
        key("reads", "{ HAZARD = expected reads per run }"),
        key("windows", "{ HAZARD = windows per run }"),
        key("wait", "{ POOL = mean wait }"),
        key("faults", "{ FAULT = strikes per run }"),
        key("waves", "{ WAVE = mean time from its start until its last tenant is through }"),
    ];
    /// `[expect.verify]`.
    EXPECT_VERIFY = "[expect.verify]" [
        key("fault-sets", "lists of fault names, for the hazards"),
        key("goal-fault-sets", "lists of fault names, for the goals"),
        key("verdict", "`safe` or `exposed`"),
        key("tenants", "a whole number: that many tenants, exactly"),
        key("faults", "a whole number: sets of at most so many faults; 2 unless said"),
        key("longest-window", "a duration or `unbounded`"),
        key("wait", "a duration or `unbounded`: as long as nobody waits longer for pools"),
    ];
}

/// Keys of an entry of an extending scenario that say where it goes; no table keeps them.
pub const PLACEMENT: &[&str] = &["place-before", "place-after", "remove"];
/// Sets of keys of which one replaces the others, so that an extending scenario that states one
/// overrides whichever its base states.
pub const ALTERNATIVES: &[&[&str]] = &[
    &["duration", "transfer"],
    &["slow", "fails", "hangs", "loses", "repeats", "skips"],
    &["after", "every"],
    &["halts", "resumes"],
    &["tenants", "count", "column"],
    &["inventory", "count"],
    &["inventory", "migrated"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_documented() {
        for schema in ALL {
            for (i, key) in schema.keys.iter().enumerate() {
                assert!(!key.doc.is_empty() && !key.doc.ends_with('.'), "{}", key.name);
                assert!(
                    schema.keys[..i].iter().all(|other| other.name != key.name),
                    "{}",
                    key.name
                );
            }
        }
    }
}
