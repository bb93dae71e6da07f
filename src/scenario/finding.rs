//! Finding files: a scenario, a schedule, the window it leads to, and what it must do.
//!
//! In: the text of a finding. Out: a [`FindingFile`], plain data with names instead of ids, so that
//! it can be held against a scenario that has changed since. The engines turn it into a schedule.
//!
//! The embedded files stand at the end: a person who opens a finding reads what happened first.

mod write;

#[cfg(test)]
mod tests;

pub use write::{in_front, quoted};

use std::ops::Range;

use super::Failure;
use super::dist::{self, Quantity};
use super::read::{self, Fields};
use super::schema::{Schema, key, must};
use super::tree::{self, Node, Table, Value};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Sources};
use crate::units::{Instant, Span};

/// The format that this version writes, and the only one it reads.
pub const FORMAT: u32 = 1;

/// What a finding must do when it is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// Lead to its window.
    Exposes,
    /// Miss its goal.
    Misses,
    /// Lead to no window at all; where it names a missed goal, not miss that.
    Harmless,
}

impl Must {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Must::Exposes => "exposes",
            Must::Misses => "misses",
            Must::Harmless => "harmless",
        }
    }
}

/// Where values come from that no override forces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseLine {
    /// The nominal run.
    Nominal,
    /// This replication of the seed, counted from 0.
    Replication(u32),
}

/// One forced choice, addressed by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideLine {
    /// For whom: "tenant 417".
    pub entity: String,
    /// Where in the plan: "public-folder root / duration".
    pub site: String,
    /// Counted from 1.
    pub occurrence: u32,
    /// A duration, a rate, "yes" and "no", or a number, exact.
    pub value: String,
}

/// The one tenant that a focal run is about; other findings are of full runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeLine {
    /// Name of its class, if it has one.
    pub class: Option<String>,
    /// It has moved already.
    pub migrated: bool,
    /// Kinds of groups of which its own takes part.
    pub moving: Vec<String>,
    /// Mailboxes that are part of the run.
    pub mailboxes: u32,
    /// The longest wait for pools; `None`: without bound.
    pub wait: Option<Span>,
}

/// The window that the schedule leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowLine {
    /// Name of the hazard.
    pub hazard: String,
    /// Whose.
    pub entity: String,
    /// Inside this user's session, or live.
    pub user: Option<String>,
    /// First instant.
    pub from: Instant,
    /// First instant after it.
    pub to: Instant,
    /// It was open when the run ended.
    pub open_ended: bool,
}

/// The goal that the schedule misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedLine {
    /// Its name.
    pub goal: String,
    /// For whom.
    pub entity: String,
    /// The deadline.
    pub at: Instant,
}

/// What made the window, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CauseLine {
    /// The event that opened it, in words.
    pub opener: String,
    /// Steps under way.
    pub running: Vec<String>,
    /// Costly faults that had struck.
    pub faults: Vec<String>,
}

/// A finding as its file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingFile {
    /// [`FORMAT`].
    pub version: u32,
    /// The sentence for people.
    pub title: String,
    /// What a replay must do.
    pub must: Must,
    /// The command that found it, for instance "simulate".
    pub found_by: String,
    /// The version of cutover that wrote it.
    pub cutover_version: String,
    /// Seed of population and draws.
    pub seed: u64,
    /// Where other values come from.
    pub base: BaseLine,
    /// Whose run it is, if it is a focal one.
    pub scope: Option<ScopeLine>,
    /// Forced values.
    pub overrides: Vec<OverrideLine>,
    /// What it leads to; `None` if it leads to no window.
    pub window: Option<WindowLine>,
    /// The goal that it misses, if it is about one.
    pub missed: Option<MissedLine>,
    /// What made it.
    pub cause: CauseLine,
    /// Events of the run.
    pub events: u64,
    /// Hash over all events of the run.
    /// 0: not stated.
    pub digest: u64,
    /// Name and text of the scenario, then of its base, and so on.
    pub files: Vec<(String, String)>,
}

const TOP: Schema = Schema {
    table: "a finding",
    doc: "What a run did and must do again.",
    rules: &[],
    keys: &[
        must("finding", "the format's number"),
        must("title", "what happens, in a sentence"),
        must("must", "\"exposes\", \"misses\" or \"harmless\""),
        key("found-by", "the command that found it"),
        key("cutover", "the version that wrote it"),
        must("seed", "a whole number; as a string if it is 2^63 or more"),
        must("base", "\"nominal\" or { replication = 17 }"),
        key("scope", "of a focal run: { mailboxes, class, migrated, moving, wait }"),
        key("overrides", "a list of { entity, site, occurrence, value }"),
        key("events", "the number of events of the run"),
        key("digest", "the hash of the run, \"0x\" and 16 digits"),
        key("window", "the window it leads to"),
        key("missed", "the goal it misses"),
        key("cause", "what made the window"),
        must("file", "the scenario, then the files it extends: [[file]] with `name` and `text`"),
    ],
};
const BASE: Schema = Schema {
    table: "the base of a finding",
    doc: "A replication.",
    rules: &[],
    keys: &[must("replication", "counted from 0")],
};
const SCOPE: Schema = Schema {
    table: "the scope of a finding",
    doc: "Who takes part in a focal run.",
    rules: &[],
    keys: &[
        must("mailboxes", "mailboxes that are part of the run"),
        key("class", "name of the tenant's class"),
        key("migrated", "true if the tenant has moved already"),
        key("moving", "kinds of groups of which the tenant's own takes part"),
        key("wait", "the longest wait for pools; without: no bound"),
    ],
};
const OVERRIDE: Schema = Schema {
    table: "an override",
    doc: "One forced choice.",
    rules: &[],
    keys: &[
        must("entity", "for whom, for instance \"tenant 417\""),
        must("site", "where in the plan, for instance \"public-folder root / duration\""),
        must("occurrence", "counted from 1"),
        must("value", "a duration, a rate, \"yes\" or \"no\", or a number"),
    ],
};
const WINDOW: Schema = Schema {
    table: "[window]",
    doc: "Where it leads.",
    rules: &[],
    keys: &[
        must("hazard", "name of the hazard"),
        must("entity", "whose"),
        key("user", "inside this user's session"),
        must("from", "time since the rollout's start"),
        must("to", "time since the rollout's start"),
        key("open-ended", "true if it was open when the run ended"),
    ],
};
const MISSED: Schema = Schema {
    table: "[missed]",
    doc: "The goal it misses.",
    rules: &[],
    keys: &[
        must("goal", "name of the goal"),
        must("entity", "for whom"),
        must("at", "the deadline, as time since the rollout's start"),
    ],
};
const CAUSE: Schema = Schema {
    table: "[cause]",
    doc: "What made the window.",
    rules: &[],
    keys: &[
        key("opener", "the event that opened the window"),
        key("running", "steps under way"),
        key("faults", "faults that had struck"),
    ],
};
const FILE: Schema = Schema {
    table: "[[file]]",
    doc: "An embedded file.",
    rules: &[],
    keys: &[must("name", "the file's name"), must("text", "its content")],
};

impl FindingFile {
    /// Reads a finding; `name` stands in messages.
    ///
    /// # Errors
    /// Every problem of the text.
    pub fn read(name: &str, text: &str) -> Result<FindingFile, Failure> {
        let mut sources = Sources::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let start = sources.add(name, text);
        let mut bag = Diagnostics::new();
        let finding =
            tree::parse(text, start, &mut bag).and_then(|root| finding(&root, start, &mut bag));
        match finding {
            Some(finding) if !bag.has_errors() => Ok(finding),
            _ => Err(Failure { diagnostics: bag, sources }),
        }
    }

    /// True if a text claims to be a finding, readable or not: its first key is `finding`.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let key = first.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
        key == Some("finding")
    }
}

fn finding(root: &Table, start: usize, bag: &mut Diagnostics) -> Option<FindingFile> {
    let top = start..start;
    let format = root.get("finding").or_else(|| {
        let message = "this is not a finding: it lacks `finding = 1`";
        bag.push(
            Diagnostic::new(Code::NotAFinding, top.clone(), message)
                .hint("findings are written by `cutover simulate SCENARIO --out DIR`"),
        );
        None
    })?;
    let version = read::whole_u32(format, 0..=u32::MAX, bag)?;
    if version != FORMAT {
        let message = format!("findings of format {version} cannot be read, only {FORMAT}");
        bag.error(Code::NotAFinding, format.span.clone(), message);
        return None;
    }
    let fields = Fields::check(root, top, &TOP, bag);
    let overrides = fields.get("overrides").map_or(Some(Vec::new()), |node| {
        let items = read::list(node, "overrides", bag)?;
        items.iter().map(|item| forced(item, bag)).collect()
    });
    let events = |node| read::whole(node, 0..=i64::MAX, bag).map(i64::cast_unsigned);
    let events = fields.get("events").map_or(Some(0), events);
    let words = [Must::Exposes, Must::Misses, Must::Harmless].map(|must| (must.word(), must));
    let must = fields.get("must").and_then(|node| read::word(node, &words, bag));
    let window = fields.get("window").and_then(|node| window(node, bag));
    let missed = fields.get("missed").and_then(|node| missed(node, bag));
    let seed = fields.get("seed").and_then(|node| seed(node, bag));
    let base = fields.get("base").and_then(|node| base(node, bag));
    let scope = match fields.get("scope") {
        Some(node) => Some(scope(node, bag)?),
        None => None,
    };
    let digest = fields.get("digest").map_or(Some(0), |node| digest(node, bag));
    let files = fields.get("file").and_then(|node| files(node, bag));
    Some(FindingFile {
        version,
        title: string(&fields, "title", bag)?,
        must: must?,
        found_by: string(&fields, "found-by", bag).unwrap_or_default(),
        cutover_version: string(&fields, "cutover", bag).unwrap_or_default(),
        seed: seed?,
        base: base?,
        scope,
        overrides: overrides?,
        window,
        missed,
        cause: fields.get("cause").and_then(|node| cause(node, bag)).unwrap_or_default(),
        events: events?,
        digest: digest?,
        files: files?,
    })
}

fn string(fields: &Fields<'_>, key: &str, bag: &mut Diagnostics) -> Option<String> {
    fields.get(key).and_then(|node| read::text(node, bag)).map(|text| text.text.clone())
}

fn seed(node: &Node, bag: &mut Diagnostics) -> Option<u64> {
    let Value::String(text) = &node.value else {
        return read::whole(node, 0..=i64::MAX, bag).map(i64::cast_unsigned);
    };
    let seed = text.text.parse();
    let message = "a seed is a whole number below 2^64";
    seed.map_err(|_| bag.error(Code::OutOfRange, node.span.clone(), message)).ok()
}

fn base(node: &Node, bag: &mut Diagnostics) -> Option<BaseLine> {
    if let Value::String(_) = node.value {
        return read::word(node, &[("nominal", BaseLine::Nominal)], bag);
    }
    let fields = Fields::open(node, &BASE, bag)?;
    let number = fields.get("replication")?;
    read::whole_u32(number, 0..=u32::MAX, bag).map(BaseLine::Replication)
}

fn scope(node: &Node, bag: &mut Diagnostics) -> Option<ScopeLine> {
    let fields = Fields::open(node, &SCOPE, bag)?;
    let mailboxes = fields.get("mailboxes").and_then(|node| read::whole_u32(node, 0..=10_000, bag));
    let migrated = fields.get("migrated").map_or(Some(false), |node| read::flag(node, bag));
    let moving = fields.get("moving").map(|node| read::texts(node, "kinds of groups", bag));
    let moving = moving.unwrap_or_default();
    let wait = match fields.get("wait") {
        Some(node) => Some(Span(dist::quantity(node, Quantity::Duration, bag)?)),
        None => None,
    };
    Some(ScopeLine {
        class: string(&fields, "class", bag),
        migrated: migrated?,
        moving: moving.into_iter().map(|(kind, _)| kind.to_owned()).collect(),
        mailboxes: mailboxes?,
        wait,
    })
}

fn digest(node: &Node, bag: &mut Diagnostics) -> Option<u64> {
    let text = &read::text(node, bag)?.text;
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 16);
    let digest = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    if digest.is_none() {
        let message = "a digest is written \"0x\" and 16 hexadecimal digits";
        bag.error(Code::BadQuantity, node.span.clone(), message);
    }
    digest
}

fn forced(node: &Node, bag: &mut Diagnostics) -> Option<OverrideLine> {
    let fields = Fields::open(node, &OVERRIDE, bag)?;
    let occurrence = fields.get("occurrence").map(|node| read::whole_u32(node, 1..=u32::MAX, bag));
    Some(OverrideLine {
        entity: string(&fields, "entity", bag)?,
        site: string(&fields, "site", bag)?,
        occurrence: occurrence??,
        value: string(&fields, "value", bag)?,
    })
}

fn window(node: &Node, bag: &mut Diagnostics) -> Option<WindowLine> {
    let fields = Fields::open(node, &WINDOW, bag)?;
    let from = instant(&fields, "from", bag);
    let to = instant(&fields, "to", bag);
    let open_ended = fields.get("open-ended").map_or(Some(false), |node| read::flag(node, bag));
    let (from, to) = (from?, to?);
    if to <= from {
        let message = "a window ends after it begins";
        bag.error(Code::OutOfRange, fields.place("to"), message);
    }
    Some(WindowLine {
        hazard: string(&fields, "hazard", bag)?,
        entity: string(&fields, "entity", bag)?,
        user: string(&fields, "user", bag),
        from,
        to,
        open_ended: open_ended?,
    })
}

fn missed(node: &Node, bag: &mut Diagnostics) -> Option<MissedLine> {
    let fields = Fields::open(node, &MISSED, bag)?;
    Some(MissedLine {
        goal: string(&fields, "goal", bag)?,
        entity: string(&fields, "entity", bag)?,
        at: instant(&fields, "at", bag)?,
    })
}

fn instant(fields: &Fields<'_>, key: &str, bag: &mut Diagnostics) -> Option<Instant> {
    let node = fields.get(key)?;
    let span = Span::parse(&read::text(node, bag)?.text);
    span.map(|span| Instant(span.0))
        .map_err(|reason| bag.error(Code::BadQuantity, node.span.clone(), reason))
        .ok()
}

fn cause(node: &Node, bag: &mut Diagnostics) -> Option<CauseLine> {
    let fields = Fields::open(node, &CAUSE, bag)?;
    let mut names = |key, what| {
        let texts = fields.get(key).map(|node| read::texts(node, what, bag)).unwrap_or_default();
        texts.into_iter().map(|(text, _): (&str, Range<usize>)| text.to_owned()).collect()
    };
    let running = names("running", "step names");
    let faults = names("faults", "fault names");
    Some(CauseLine { opener: string(&fields, "opener", bag).unwrap_or_default(), running, faults })
}

fn files(node: &Node, bag: &mut Diagnostics) -> Option<Vec<(String, String)>> {
    let items = read::list(node, "files", bag)?;
    if items.is_empty() {
        bag.error(Code::MissingKey, node.span.clone(), "a finding embeds its scenario");
    }
    let file = |node| {
        let fields = Fields::open(node, &FILE, bag)?;
        Some((string(&fields, "name", bag)?, string(&fields, "text", bag)?))
    };
    items.iter().map(file).collect()
}
