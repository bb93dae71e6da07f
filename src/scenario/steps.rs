//! `[[step]]`.

use std::ops::Range;

use super::calendars;
use super::classes::{Either, dist_or_by_class};
use super::condition::condition;
use super::dist::{Quantity, dist, lasting};
use super::effects::effects;
use super::links;
use super::lower::Listed;
use super::names::Names;
use super::population::{each, positive_duration};
use super::read::{self, Fields};
use super::rules;
use super::schema;
use super::tree::{Node, Value};
use super::types::{
    Cond, Dist, Join, Kind, OnFailure, Pool, Retry, Shape, Step, StepId, Use, WhenCut, Work,
};
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Pools of one step: what it holds is a bit each in the model's state.
const USES_MAX: usize = 16;

/// Reads all steps; beside each the fields it was read from.
pub(super) fn steps<'t>(
    listed: &[Listed<'t>],
    sized: bool,
    pools: &[Pool],
    names: &mut Names,
    bag: &mut Diagnostics,
) -> (Vec<Step>, Vec<Option<Fields<'t>>>) {
    let fields: Vec<Option<Fields<'t>>> =
        listed.iter().map(|entry| Fields::open(entry.node, &schema::STEP, bag)).collect();
    names.step_kinds = fields
        .iter()
        .map(|fields| {
            fields.as_ref().map_or(Kind::Tenant, |fields| each(fields, |_| true, names, bag))
        })
        .collect();
    let mut untils = Vec::new();
    let mut steps = Vec::new();
    for (at, (entry, fields)) in listed.iter().zip(&fields).enumerate() {
        let mut step = empty(entry.name.clone(), names.step_kinds[at]);
        step.after = default_after(at, &names.step_kinds);
        if let Some(fields) = fields {
            fill(&mut step, fields, sized, names, bag);
            let id = StepId(u16::try_from(at).unwrap_or(u16::MAX));
            step.uses = uses(id, fields, step.kind, pools, names, &mut untils, bag);
        }
        steps.push(step);
    }
    let explicit = |id: StepId| {
        let fields = fields[usize::from(id.0)].as_ref()?;
        fields.get("after").map(|node| node.span.clone())
    };
    rules::no_circle(&steps, &explicit, bag);
    for (taker, until, span) in untils {
        rules::until_can_free(taker, until, span, &steps, names, bag);
    }
    (steps, fields)
}

fn empty(name: String, kind: Kind) -> Step {
    Step {
        name,
        kind,
        times: 1,
        after: Vec::new(),
        when: None,
        done_if: None,
        needs: None,
        holds: None,
        uses: Vec::new(),
        windows: None,
        fits: false,
        priority: 0,
        work: Work::Instant,
        at_start: Vec::new(),
        at_end: Vec::new(),
        at_fail: Vec::new(),
        retry: None,
        timeout: None,
        on_failure: OnFailure::Stop,
        undo: Vec::new(),
        undo_duration: None,
        join: Join::All,
        remote: false,
        when_cut: WhenCut::Redo,
    }
}

/// S3: a tenant or mailbox step follows the previous one of those; others follow the previous step.
fn default_after(at: usize, kinds: &[Kind]) -> Vec<StepId> {
    let plain = |kind: Kind| matches!(kind, Kind::Tenant | Kind::Mailbox);
    let before = (0..at).rev().find(|before| !plain(kinds[at]) || plain(kinds[*before]));
    before.and_then(|before| u16::try_from(before).ok()).map(StepId).into_iter().collect()
}

fn fill(step: &mut Step, fields: &Fields<'_>, sized: bool, names: &Names, bag: &mut Diagnostics) {
    let kind = step.kind;
    let cond = |key: &str, bag: &mut Diagnostics| -> Option<Cond> {
        condition(fields.get(key)?, kind, names, bag)
    };
    step.when = cond("when", bag);
    step.done_if = cond("done-if", bag);
    step.needs = cond("needs", bag);
    step.holds = cond("holds", bag);
    step.windows = calendars::windows(fields, names, bag);
    step.fits = fields.get("fits").and_then(|node| read::flag(node, bag)).unwrap_or(false);
    step.at_start = effects(fields.get("at-start"), kind, names, bag);
    step.at_end = effects(fields.get("at-end"), kind, names, bag);
    step.at_fail = effects(fields.get("at-fail"), kind, names, bag);
    step.undo = effects(fields.get("undo"), kind, names, bag);
    step.undo_duration = lasting(fields, "undo-duration", bag);
    if let Some(node) = fields.get("after") {
        step.after = after(node, names, bag);
    }
    step.work = work(fields, kind, sized, names, bag);
    step.retry = fields.get("retry").and_then(|node| retry(node, bag));
    step.timeout = fields.get("timeout").and_then(|node| positive_duration(node, bag));
    step.times = fields.whole_u32("times", bag).unwrap_or(1);
    step.priority = read::priority(fields, bag);
    step.on_failure = read::word_or(fields, "on-failure", &words::ON_FAILURE, OnFailure::Stop, bag);
    step.join = read::word_or(fields, "join", &words::JOIN, Join::All, bag);
    step.remote = fields.get("remote").and_then(|node| read::flag(node, bag)).unwrap_or(false);
    step.when_cut = read::word_or(fields, "when-cut", &words::WHEN_CUT, WhenCut::Redo, bag);
}

fn after(node: &Node, names: &Names, bag: &mut Diagnostics) -> Vec<StepId> {
    let mut after = Vec::new();
    for (name, span) in read::texts(node, "step names", bag) {
        match names.step(name, &span, bag) {
            Some(step) if !after.contains(&step) => after.push(step),
            _ => {}
        }
    }
    after
}

fn work(
    fields: &Fields<'_>,
    kind: Kind,
    sized: bool,
    names: &Names,
    bag: &mut Diagnostics,
) -> Work {
    let duration = fields.get("duration");
    let lasts =
        duration.and_then(|node| dist_or_by_class(node, Quantity::Duration, kind, names, bag));
    let transfer = fields.get("transfer");
    let transfer = transfer.and_then(|node| links::transfer(node, kind, sized, names, bag));
    if fields.has("duration") && fields.has("transfer") {
        bag.push(
            Diagnostic::new(
                Code::DurationTwice,
                fields.place("transfer"),
                "a step with a duration has no transfer",
            )
            .related(fields.place("duration"), "its duration"),
        );
    }
    match (lasts, transfer) {
        (Some(Either::One(lasts)), _) => Work::Lasts(lasts),
        (Some(Either::Classes(lasts)), _) => Work::LastsByClass(lasts),
        (None, Some(transfer)) => transfer,
        // One that cannot be read must not look like none: a transfer has no known bound.
        (None, None) if fields.has("duration") || fields.has("transfer") => {
            Work::Transfer { rate: None, over: Vec::new() }
        }
        (None, None) => Work::Instant,
    }
}

/// `times = 0` takes the retries of a base away.
fn retry(node: &Node, bag: &mut Diagnostics) -> Option<Retry> {
    let fields = Fields::open(node, &schema::RETRY, bag)?;
    let times = fields.whole_u32("times", bag);
    let wait = match fields.get("wait") {
        Some(node) => dist(node, Quantity::Duration, bag),
        None => Some(Dist { shape: Shape::Constant(0), between: None }),
    };
    let (times, wait) = (times?, wait?);
    (times > 0).then_some(Retry { times, wait })
}

/// `until`s to be checked when all steps are known.
type Untils = Vec<(StepId, StepId, Range<usize>)>;

fn uses(
    id: StepId,
    fields: &Fields<'_>,
    kind: Kind,
    pools: &[Pool],
    names: &Names,
    untils: &mut Untils,
    bag: &mut Diagnostics,
) -> Vec<Use> {
    let Some(node) = fields.get("uses") else {
        return Vec::new();
    };
    let items = match &node.value {
        Value::String(_) | Value::Table(_) => std::slice::from_ref(node),
        _ => read::list(node, "pools", bag).unwrap_or_default(),
    };
    if let Some(first) = items.get(USES_MAX) {
        let message = format!("more than {USES_MAX} pools for one step");
        bag.error(Code::TooMany, first.span.clone(), message);
        return Vec::new();
    }
    let mut uses: Vec<(Use, Range<usize>)> = Vec::new();
    for item in items {
        let Some((found, span, until_span)) = one_use(item, names, bag) else {
            continue;
        };
        in_scope(&found, &span, kind, pools, names, bag);
        if let (Some(until), Some(span)) = (found.until, until_span) {
            untils.push((id, until, span));
        }
        if let Some((_, first)) = uses.iter().find(|(other, _)| other.pool == found.pool) {
            let message = format!("`{}` is asked for twice", pools[usize::from(found.pool.0)].name);
            bag.push(
                Diagnostic::new(Code::PoolTwice, span, message)
                    .related(first.clone(), "the first time"),
            );
        } else {
            uses.push((found, span));
        }
    }
    uses.into_iter().map(|(found, _)| found).collect()
}

/// A pool's name, or `{ pool, until }`; with the places of both.
fn one_use(
    node: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<(Use, Range<usize>, Option<Range<usize>>)> {
    if let Value::String(text) = &node.value {
        let pool = names.pool(&text.text, &node.span, bag)?;
        return Some((Use { pool, until: None }, node.span.clone(), None));
    }
    let fields = Fields::open(node, &schema::USE, bag)?;
    let until = fields.get("until").and_then(|node| {
        let text = read::text(node, bag)?;
        names.step(&text.text, &node.span, bag)
    });
    let pool_node = fields.get("pool")?;
    let pool = names.pool(&read::text(pool_node, bag)?.text, &pool_node.span, bag)?;
    let until_span = fields.get("until").map(|node| node.span.clone());
    Some((Use { pool, until }, pool_node.span.clone(), until_span))
}

/// A group's pool is asked by that group and what is inside it.
fn in_scope(
    used: &Use,
    span: &Range<usize>,
    kind: Kind,
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) {
    let pool = &pools[usize::from(used.pool.0)];
    if !kind.sees(pool.kind) {
        let (own, of) = (names.kind_name(kind), names.kind_name(pool.kind));
        let message = format!("each {of} has its own `{}`, and a {own} belongs to none", pool.name);
        bag.error(Code::PoolScope, span.clone(), message);
    }
}
