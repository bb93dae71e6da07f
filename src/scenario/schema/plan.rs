//! The plan: steps and what they do.

use super::{EFFECTS, PRIORITY_MAX, Schema, WAS, WINDOWS, WORK, WRITES, key, must};
use crate::scenario::takes::Named::{Counter, Fact, Kind, Link, Pool, Step};
use crate::scenario::takes::Quantity::{Duration, Rate};
use crate::scenario::takes::Rule::{AtLeastOne, AtMostOne, ExactlyOne};
use crate::scenario::takes::Takes::{
    Condition, Dist, DistOrByClass, Either, Flag, Name, NameOf, OneOrMany, OwnsByClass, Positive,
    Probability, Table, Whole, Words,
};
use crate::scenario::words::{self, names};

schemas! {
    /// An activity of the plan.
    STEP = "[[step]]" [
        must("name", "what it is called").takes(Name).example(r#""move data""#),
        WAS,
        key("each", "who takes it").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("times", "so many attempts in sequence").takes(Whole(1, 65_535)).default("1").example("3"),
        key("after", "steps that must have ended before").takes(OneOrMany(&NameOf(Step))).unless("the previous step").example(r#"["close the gate"]"#),
        key("when", "the step is skipped if it is false").takes(Condition).default(r#""true""#).example(r#""not folder-rights""#),
        key("done-if", "the step counts as done if it is true").takes(Condition).default(r#""false""#).example(r#""folder-rights""#),
        key("needs", "the step waits for it").takes(Condition).default(r#""true""#).example(r#""address-book-policy and folder-rights""#),
        key("holds", "an attempt fails when it turns false").takes(Condition).default(r#""true""#).example(r#""not access""#),
        key("windows", "attempts start only inside").takes(WINDOWS).unless("always").example(r#"["22:00 - 06:00"]"#),
        key("fits", "an attempt starts only if its nominal duration ends by the end of the window; not with `transfer`").takes(Flag).default("false").example("true"),
        key("uses", "a slot of each of these pools, at most 16").takes(OneOrMany(&Either(&[NameOf(Pool), Table(&USE)]))).unless("none").example(r#"["moves", { pool = "database-moves", until = "open the gate" }]"#),
        key("priority", "higher enters first").takes(Whole(-PRIORITY_MAX, PRIORITY_MAX)).default("0").example("10"),
        key("duration", "how long an attempt takes").takes(DistOrByClass(Duration)).default(r#""0s""#).example(r#"{ pert = ["1m", "4m", "30m"] }"#),
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
        key("remote", "its attempts go on when the orchestrator dies").takes(Flag).default("false").example("true"),
        key("when-cut", "what follows an attempt that a crash has cut; needs a journal").takes(Words(&names(&words::WHEN_CUT))).default(r#""redo""#).example(r#""undo""#),
    ] rules [AtMostOne(WORK)];
    /// A slot of a pool, perhaps held across steps.
    USE = "a use of a pool" [
        must("pool", "whose slot").takes(NameOf(Pool)).example(r#""moves""#),
        key("until", "held until this step has ended").takes(NameOf(Step)).unless("the end of the attempt").example(r#""open the gate""#),
    ];
    /// Work that lasts as long as a size takes at a rate.
    TRANSFER = "transfer" [
        must("size", "what is transferred; the population needs it").takes(Words(&names(&words::SIZES))).example(r#""mailbox-size""#),
        key("rate", "how fast; with a link the most that it takes of it").takes(DistOrByClass(Rate)).unless("what the links give").example(r#"{ lognormal = { median = "0.66 GiB/h", p95 = "1.75 GiB/h" } }"#),
        key("link", "links that it shares with other transfers").takes(OneOrMany(&NameOf(Link))).default("[]").example(r#""wan""#),
    ] rules [AtLeastOne(&["rate", "link"])];
    /// A distribution that differs by class; all classes share the draw. Steps of tenants and mailboxes have one.
    BY_CLASS = "a distribution by class" [
        must("by-class", "a distribution for each class; `default` for classes that are not named, and for tenants without one").takes(OwnsByClass).example(r#"{ legacy = "3h", default = { uniform = ["5m", "10m"] } }"#),
    ];
    /// Further attempts after a failure.
    RETRY = "retry" [
        must("times", "how many; 0 takes away those of a base").takes(Whole(0, 65_535)).example("60"),
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
}
