//! What happens beside the plan: reactions, users, faults; what must not be, and what must.

use super::{
    BENDS, BENT, DEEDS, EFFECTS, FREE, FREE_DEEDS, MASKS, SHOWS, STARTS, Schema, TRIGGERS, WAS,
    WINDOWS, key, must,
};
use crate::scenario::takes::Named::{Fact, Kind, Link, Pool, Step};
use crate::scenario::takes::Quantity::Duration;
use crate::scenario::takes::Rule::{AtLeastOne, AtMostOne, ExactlyOne, Split, Together};
use crate::scenario::takes::Takes::{
    Condition, Dist, Either, Lasting, List, Name, NameOf, Number, OneOrMany, Positive, Probability,
    RateOrShare, ReadRate, Table, True, Whole, Words,
};
use crate::scenario::words::{self, names};

schemas! {
    /// An activity that a condition starts: a watchdog, an operator, a monitor.
    REACTION = "[[reaction]]" [
        must("name", "what it is called").takes(Name).example(r#""watchdog""#),
        WAS,
        key("each", "whose it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        key("while", "the timer runs while it holds").takes(Condition).default(r#""true""#).example(r#""not access""#),
        key("after", "fires once, so long after the condition came true").takes(Dist(Duration)).example(r#""9h""#),
        key("every", "fires again and again while the condition holds").takes(Lasting).example(r#"{ exponential = "2000h" }"#),
        key("does", "what happens then").takes(EFFECTS).default("[]").example(r#"[{ on = "access" }]"#),
        key("forces", "masks a fact for a while").takes(Table(&FORCES)).example(r#"{ on = "access", for = "10m" }"#),
        key("takes", "takes slots from a pool of the same kind").takes(Table(&TAKES)).example(r#"{ pool = "moves", for = "1h" }"#),
        key("slows", "slows a link of the same kind, or cuts it").takes(Table(&SLOWS)).example(r#"{ link = "wan", to = "0 B/h", for = "1m" }"#),
        key("halts", "from then on no tenant starts").takes(True).example("true"),
        key("resumes", "after a halt tenants start again").takes(True).example("true"),
        key("rolls-back", "takes its tenants back: those in progress, or all that have started").takes(Words(&names(&words::ROLLS_BACK))).example(r#""in-progress""#),
    ] rules [ExactlyOne(TRIGGERS), AtLeastOne(DEEDS), AtMostOne(STARTS)];
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
    /// A link that carries less for a while.
    SLOWS = "slows" [
        must("link", "which").takes(NameOf(Link)).example(r#""wan""#),
        must("to", "what it carries then, less than before; `\"0 B/h\"` is an outage").takes(RateOrShare).example(r#""50 %""#),
        must("for", "for so long").takes(Lasting).example(r#""1h""#),
    ];
    /// Who connects and reads.
    USER = "[[user]]" [
        must("name", "what it is called").takes(Name).example(r#""Outlook""#),
        WAS,
        key("each", "one for each of these").takes(Words(&["tenant", "mailbox"])).default(r#""tenant""#).example(r#""mailbox""#),
        key("connects", "when a session begins").takes(Table(&CONNECTS)).unless("no sessions").example(r#"{ while = "access", every = { exponential = "10m" } }"#),
        key("session", "how long it lasts and what it keeps").takes(Table(&SESSION)).unless("no sessions").example(r#"{ lasts = { exponential = "4h" }, keeps = ["address-book-policy"] }"#),
        key("reads", "how often it reads while it can").takes(ReadRate).unless("never").example(r#""6 / h""#),
        key("profile", "how much more or less often it connects and reads, by the calendar; the first entry that is open counts, else 1; at most 64").takes(List(&Table(&PROFILE))).default("[]").example(r#"[{ windows = ["08:00 - 18:00"], factor = 1 }, { factor = 0 }]"#),
    ] rules [Together(&["connects", "session"]), AtLeastOne(&["reads", "connects"])];
    /// A stretch of a user's profile.
    PROFILE = "an entry of a profile" [
        key("windows", "while these are open").takes(WINDOWS).unless("the rest of the time; only in the last").example(r#"["08:00 - 18:00"]"#),
        must("factor", "of the rates of connections and reads").takes(Number(0.0, 1000.0)).example("0.1"),
    ];
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
        WAS,
        key("chance", "of striking, at each attempt or at each firing; more than 0").takes(Probability).default("1").example(r#""0.2 %""#),
        key("cost", "0 for ordinary misbehaviour that a retry is there for").takes(Whole(0, 1)).default("1").example("0"),
        key("step", "the step whose attempts it bends").takes(NameOf(Step)).unless("free-standing").example(r#""open the gate""#),
        key("of", "what of the step it bends: its attempts, or taking it back").takes(Words(&names(&words::OF))).default(r#""attempt""#).example(r#""undo""#),
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
        key("slows", "free-standing: slows a link of the same kind, or cuts it").takes(Table(&SLOWS)).example(r#"{ link = "wan", to = "50 %", for = "1h" }"#),
        key("crashes", "free-standing: the orchestrator dies; of a group its worker, of a tenant its job").takes(Table(&CRASHES)).example(r#"{ restart = "5m" }"#),
        key("halts", "free-standing: from then on no tenant starts").takes(True).example("true"),
        key("resumes", "free-standing: after a halt tenants start again").takes(True).example("true"),
        key("rolls-back", "free-standing: takes its tenants back: those in progress, or all that have started").takes(Words(&names(&words::ROLLS_BACK))).example(r#""in-progress""#),
    ] rules [Split {
        by: "step",
        with: (&[ExactlyOne(BENDS)], BENT),
        without: (&[ExactlyOne(TRIGGERS), AtLeastOne(FREE_DEEDS), AtMostOne(STARTS)], FREE),
    }];
    /// The death of the orchestrator, or of a part of it.
    CRASHES = "crashes" [
        must("restart", "so long until it is up again").takes(Dist(Duration)).example(r#"{ uniform = ["1m", "10m"] }"#),
    ];
    /// A failure before the attempt's end.
    FAILS = "fails" [
        must("after", "so long after the attempt's start").takes(Dist(Duration)).example(r#"{ uniform = ["1m", "30m"] }"#),
    ];
    /// A condition that must not hold.
    HAZARD = "[[hazard]]" [
        must("name", "what it is called").takes(Name).example(r#""back too early""#),
        WAS,
        key("each", "whose it is").takes(NameOf(Kind)).default(r#""tenant""#).example(r#""mailbox""#),
        must("when", "the hazard").takes(Condition).example(r#""access and not folder-rights""#),
        key("shows", "what is seen while it holds").takes(Table(&SHOWS)).example(r#"{ whose = "own" }"#),
    ];
    /// A condition that must hold at a deadline.
    GOAL = "[[goal]]" [
        must("name", "what it is called").takes(Name).example(r#""back at work""#),
        WAS,
        must("when", "what must hold then, of an entity of the step").takes(Condition).example(r#""access and folder-rights""#),
        must("within", "the deadline").takes(Table(&WITHIN)).example(r#"{ of = "close the gate", time = "12h" }"#),
    ];
    /// A deadline.
    WITHIN = "within" [
        must("of", "the step whose success starts the clock").takes(NameOf(Step)).example(r#""close the gate""#),
        must("time", "from then on").takes(Positive).example(r#""12h""#),
    ];
}
