//! The file itself and the population: who there is, what they have, what they wait for.

use super::{
    EXPECT, FAULT, GOAL, HAZARD, NOT_BEFORE, PARTITIONS, PRIORITY, REACTION, STEP, Schema,
    TENANTS_MAX, USER, WAS, WINDOWS, key, must,
};
use crate::scenario::takes::Named::{Group, Kind};
use crate::scenario::takes::Quantity::{Count, Duration, Size};
use crate::scenario::takes::Rule::{AtLeastOne, AtMostOne, ExactlyOne};
use crate::scenario::takes::Takes::{
    self, ByName, Days, Dist, Either, Entries, Lasting, List, Name, NameOf, OneOrMany, Positive,
    Probability, Rate, Start, Table, Text, Whole, Window, Words,
};
use crate::scenario::words::{self, names};

schemas! {
    /// The file itself.
    TOP = "the top level" [
        must("name", "what the scenario is called").takes(Name).example(r#""hosted-exchange""#),
        key("description", "shown at the head of reports").takes(Text).example(r#""the autumn wave""#),
        key("extend", "path of the base scenario, relative to this file").takes(Text).example(r#""base.toml""#),
        key("rollout", "how tenants are let into the plan").takes(Table(&ROLLOUT)),
        must("tenants", "the population").takes(Table(&TENANTS)),
        key("classes", "classes of tenants").takes(ByName(&CLASS)),
        key("groups", "partitions of the tenants").takes(ByName(&GROUP)),
        key("facts", "facts and permissions").takes(ByName(&FACT)),
        key("calendars", "windows, and days without them").takes(ByName(&CALENDAR)),
        key("pools", "slots that steps wait for").takes(ByName(&POOL)),
        key("wave", "waves in which the tenants start, in order").takes(Entries(&WAVE)),
        key("links", "bandwidth that transfers share").takes(ByName(&LINK)),
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
        key("start", "instant 0 as a local time and its zone, years 1900 to 2999; windows need it, and reports tell local times then").takes(Start).unless("no local times").example(r#""2016-11-25T20:00[Europe/Berlin]""#),
        key("windows", "tenants start only inside").takes(WINDOWS).unless("always").example(r#"["Fri 20:00 - Mon 06:00"]"#),
        key("at-once", "tenants in progress at once").takes(Whole(1, TENANTS_MAX)).unless("unlimited").example("40"),
        key("order", "in which tenants start").takes(Words(&names(&words::ORDER))).default(r#""listed""#).example(r#""largest-first""#),
        key("pace", "time between two tenant starts; the first is at 0, or when the windows first open").takes(Dist(Duration)).unless("no wait").example(r#"{ exponential = "10m" }"#),
        key("horizon", "a run ends here at the latest; with windows at most 100 years").takes(Positive).default(r#""52w""#).example(r#""26w""#),
        key("journal", "what is remembered after a crash: the end of every step, or nothing").takes(Words(&names(&words::JOURNAL))).default(r#""step""#).example(r#""none""#),
    ];
    /// The population. It is drawn once per seed, but for what an inventory states.
    TENANTS = "[tenants]" [
        key("count", "how many there are; needed unless there is an inventory").takes(Whole(1, TENANTS_MAX)).example("2300"),
        key("migrated", "the first so many have moved already: they can be seen, and do not move; at most `count`").takes(Whole(0, TENANTS_MAX)).default("0").example("1200"),
        key("inventory", "path of a CSV file that lists the tenants, relative to the file that states it, at most 64 MiB").takes(Text).unless("a population is generated").example(r#""tenants.csv""#),
        key("mailboxes", "mailboxes of a tenant, 0 to 10000; a drawn number is at least 1, and all tenants have about 100000000 at most").takes(Dist(Count)).default("1").example("{ lognormal = { median = 6, p95 = 40 } }"),
        key("mailbox-size", "how large a mailbox is").takes(Dist(Size)).unless("no sizes: nothing can be transferred").example(r#"{ lognormal = { median = "1.5 GiB", p95 = "12 GiB" } }"#),
    ] rules [ExactlyOne(&["count", "inventory"]), AtMostOne(&["migrated", "inventory"])];
    /// Tenants that conditions (`class = "legacy"`) and the work of steps tell apart. Classes and facts of tenants are at most 64 together; shares add up to at most 1.
    CLASS = "[classes.NAME]" [
        key("share", "probability that a tenant belongs to it").takes(Probability).unless("the inventory has a column `class`").example(r#""15 %""#),
        key("mailboxes", "mailboxes of its tenants").takes(Dist(Count)).unless("as [tenants] says").example("{ uniform = [1, 20] }"),
        key("mailbox-size", "how large its mailboxes are").takes(Dist(Size)).unless("as [tenants] says").example(r#""4 GiB""#),
        PRIORITY,
        NOT_BEFORE,
    ];
    /// A kind of entity between rollout and tenants: a database, a site, a wave. At most 8 kinds. Without an inventory, one of `tenants` and `count` is stated.
    GROUP = "[groups.NAME]" [
        key("tenants", "blocks of so many consecutive tenants").takes(Whole(1, TENANTS_MAX)).example("36"),
        key("count", "tenants are dealt round robin to so many groups").takes(Whole(1, TENANTS_MAX)).example("4"),
        key("column", "the column of the inventory that names the group of each tenant").takes(Text).unless("with an inventory, the one called like the kind").example(r#""site""#),
        WAS,
    ] rules [AtMostOne(PARTITIONS)];
    /// A fact of each entity of a kind, on or off, or a counter; with `missing` a permission. At most 64 facts of a kind. A permission with `missing = "open"` derives the hazard `access and not NAME`, called `NAME missing`.
    FACT = "[facts.NAME]" [
        key("each", "whose fact it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("initially", "its state at the start").takes(Words(&names(&words::ON_OFF))).unless("`\"on\"` for permissions, else `\"off\"`").example(r#""on""#),
        key("count", "makes it a counter: true as a condition when it has counted so far").takes(Whole(1, 65_535)).unless("no counter").example("3"),
        key("missing", "makes it a permission: whether a reader sees too much or too little while it is off").takes(Words(&names(&words::MISSING))).unless("no permission").example(r#""closed""#),
        key("shows", "what is seen while it is off; only with `missing = \"open\"`").takes(Table(&SHOWS)).example(r#"{ data = ["telephone number"] }"#),
        WAS,
    ];
    /// What can be seen while a permission is off, or while a hazard holds.
    SHOWS = "shows" [
        key("whose", "whose data: all tenants', one's own, or those of the same group").takes(Either(&[Words(&["all", "own"]), NameOf(Group)])).default(r#""all""#).example(r#""database""#),
        key("data", "categories of data").takes(OneOrMany(&Text)).unless("none named").example(r#"["telephone number", "e-mail address"]"#),
    ];
    /// Windows of local time, and days without them, for whoever keeps to them by its name. At most 512 calendars.
    CALENDAR = "[calendars.NAME]" [
        key("windows", "when it is open, every week or every day; at most 64").takes(List(&Window)).unless("always").example(r#"["Fri 20:00 - Mon 06:00"]"#),
        key("except", "local days, or first and last of several, on which no window is open; at most 64").takes(List(&Days)).default("[]").example(r#"["2016-12-24 - 2016-12-27", "2017-01-01"]"#),
    ] rules [AtLeastOne(&["windows", "except"])];
    /// Slots that steps wait for.
    POOL = "[pools.NAME]" [
        must("slots", "how many there are; 0 only if a shift has some").takes(Whole(0, TENANTS_MAX)).example("20"),
        key("each", "a pool for each group of this kind, each tenant or each mailbox").takes(NameOf(Kind)).unless("one pool for the rollout").example(r#""database""#),
        key("shifts", "other slots while windows are open; the first shift whose windows are open counts; at most 64").takes(List(&Table(&SHIFT))).default("[]").example(r#"[{ windows = ["22:00 - 06:00"], slots = 4 }]"#),
        key("per-hour", "so many admissions at most in each hour of the local clock; needs a start").takes(Whole(1, TENANTS_MAX)).unless("no limit").example("50"),
        key("per-day", "so many admissions at most on each local day; needs a start").takes(Whole(1, TENANTS_MAX)).unless("no limit").example("400"),
        WAS,
    ];
    /// Other slots of a pool for a while.
    SHIFT = "a shift" [
        must("windows", "when").takes(WINDOWS).example(r#"["22:00 - 06:00"]"#),
        must("slots", "how many there are then; who holds a slot keeps it").takes(Whole(0, TENANTS_MAX)).example("4"),
    ];
    /// Tenants that start together. Waves come in order: a wave's turn comes when the one before has ended and soaked. At most 1024.
    WAVE = "[[wave]]" [
        must("name", "what it is called; `wave NAME` is a group of the kind `wave`").takes(Name).example(r#""early adopters""#),
        key("take", "whom it takes of those left: so many, a share, or by class and group").takes(Either(&[Whole(1, TENANTS_MAX), Probability, Takes::Tenants])).unless("all who are left").example(r#""10 %""#),
        key("at-once", "its tenants in progress at once").takes(Whole(1, TENANTS_MAX)).unless("as the rollout's").example("5"),
        key("pace", "time between two of its tenant starts").takes(Lasting).unless("as the rollout's").example(r#"{ exponential = "10m" }"#),
        key("soak", "the next wave starts no sooner than so long after its end").takes(Lasting).unless("no soak").example(r#""48h""#),
        key("enough", "share of its tenants that are through when it has ended; more than 0").takes(Probability).default("1").example(r#""90 %""#),
        NOT_BEFORE,
        WAS,
    ];
    /// Bandwidth that transfers share: each gets its max-min fair share.
    LINK = "[links.NAME]" [
        must("rate", "what all transfers over it get together").takes(Rate).example(r#""1 GiB/h""#),
        key("each", "a link for each group of this kind, each tenant or each mailbox").takes(NameOf(Kind)).unless("one link for the rollout").example(r#""database""#),
        key("per-hour", "so much at most in each hour of the local clock; needs a start").takes(Takes::Size).unless("no limit").example(r#""500 MB""#),
        key("per-day", "so much at most on each local day; needs a start").takes(Takes::Size).unless("no limit").example(r#""2.5 GB""#),
    ];
}
