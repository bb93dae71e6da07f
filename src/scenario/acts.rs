//! `[[reaction]]` and `[[fault]]`: what conditions start, and what goes wrong.

use super::condition::condition;
use super::dist::{Quantity, dist};
use super::effects::{effects, fact};
use super::links;
use super::lower::Listed;
use super::names::Names;
use super::population::each;
use super::read::{self, Fields, choices};
use super::rules;
use super::schema::{self, BENDS, FREE};
use super::tree::{Node, Value};
use super::types::{
    Act, Bend, Crash, Dist, Fault, FaultForm, Force, Kind, Pool, Reaction, Shape, Step, Takes,
    Trigger,
};
use super::waves::steers;
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::Ratio;

pub(super) fn reactions(
    listed: &[Listed<'_>],
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) -> Vec<Reaction> {
    let mut reactions = Vec::new();
    for entry in listed {
        let Some(fields) = Fields::open(entry.node, &schema::REACTION, bag) else {
            continue;
        };
        let kind = each(&fields, |_| true, names, bag);
        if let Some(act) = act(&fields, None, kind, pools, names, bag) {
            reactions.push(Reaction { name: entry.name.clone(), kind, act });
        }
    }
    reactions
}

/// What a reaction and a free-standing fault have in common.
fn act(
    fields: &Fields<'_>,
    crash: Option<&Node>,
    kind: Kind,
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Act> {
    let condition = fields.get("while").and_then(|node| condition(node, kind, names, bag));
    let does = effects(fields.get("does"), kind, names, bag);
    let forces = fields.get("forces").and_then(|node| forces(node, kind, names, bag));
    let takes = fields.get("takes").and_then(|node| takes(node, kind, pools, names, bag));
    let slows = fields.get("slows").and_then(|node| links::slows(node, kind, names, bag));
    let crashes = crash.and_then(|node| crashes(node, kind, bag)).map(Box::new);
    let stated = |node: &Node| !matches!(&node.value, Value::Array(items) if items.is_empty());
    let steers = steers(fields, kind, names, bag);
    let rest = schema::DEEDS.iter().any(|&word| word != "does" && fields.has(word));
    if !fields.get("does").is_some_and(stated) && !rest && crash.is_none() {
        bag.push(
            Diagnostic::new(Code::NoEffect, fields.place("does"), "this has no effect at all")
                .hint(format!("state {}", choices(schema::DEEDS))),
        );
    }
    let (word, node) = fields.one_of(schema::TRIGGERS, bag)?;
    let delay = dist(node, Quantity::Duration, bag)?;
    let trigger = if word == "every" {
        rules::repetition_takes_time(&delay, node, bag);
        Trigger::Every(delay)
    } else {
        Trigger::After(delay)
    };
    Some(Act { condition, trigger, does, forces, takes, slows, crashes, steers })
}

fn crashes(node: &Node, kind: Kind, bag: &mut Diagnostics) -> Option<Crash> {
    let fields = Fields::open(node, &schema::CRASHES, bag)?;
    rules::crash_has_a_job(kind, node.span.clone(), bag);
    Some(Crash { restart: dist(fields.get("restart")?, Quantity::Duration, bag)? })
}

fn forces(node: &Node, kind: Kind, names: &Names, bag: &mut Diagnostics) -> Option<Force> {
    let fields = Fields::open(node, &schema::FORCES, bag)?;
    let lasts = positive(&fields, bag);
    let (word, target) = fields.one_of(schema::MASKS, bag)?;
    let fact = fact(target, names, bag)?;
    // A mask is kept where the fact is, so a descendant's cannot be set from here.
    rules::effect_reaches_its_fact(fact, kind, false, target, names, bag);
    Some(Force { fact, on: word == "on", lasts: lasts? })
}

fn takes(
    node: &Node,
    kind: Kind,
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Takes> {
    let fields = Fields::open(node, &schema::TAKES, bag)?;
    let lasts = positive(&fields, bag);
    let pool_node = fields.get("pool")?;
    let id = names.pool(&read::text(pool_node, bag)?.text, &pool_node.span, bag)?;
    let pool = &pools[usize::from(id.0)];
    if pool.kind != kind {
        let (own, of) = (names.kind_name(kind), names.kind_name(pool.kind));
        let message = format!("`{}` is a pool of the {of}, not of a {own}", pool.name);
        bag.push(
            Diagnostic::new(Code::TakesScope, pool_node.span.clone(), message)
                .hint(format!("state each = \"{of}\"")),
        );
    }
    let slots = match fields.has("slots") {
        false => pool.most(),
        true => fields.whole_u32("slots", bag)?,
    };
    if slots > pool.most() {
        let message = format!("`{}` has only {} slots", pool.name, pool.most());
        bag.error(Code::TakesScope, fields.place("slots"), message);
    }
    Some(Takes { pool: id, slots, lasts: lasts? })
}

/// `for`, more than 0: what is over at once changes nothing.
pub(super) fn positive(fields: &Fields<'_>, bag: &mut Diagnostics) -> Option<Dist> {
    let node = fields.get("for")?;
    let lasts = dist(node, Quantity::Duration, bag)?;
    if lasts.shape == Shape::Constant(0) {
        bag.error(Code::OutOfRange, node.span.clone(), "this duration must be more than 0");
        return None;
    }
    Some(lasts)
}

/// Reads all faults. `steps` and `step_fields` are the plan and what it was read from.
pub(super) fn faults(
    listed: &[Listed<'_>],
    steps: &[Step],
    step_fields: &[Option<Fields<'_>>],
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut places = Vec::new();
    for entry in listed {
        let Some(fields) = Fields::open(entry.node, &schema::FAULT, bag) else {
            continue;
        };
        let chance = fields.get("chance").map_or(Some(Ratio(1.0)), |node| read::ratio(node, bag));
        let cost = if fields.has("cost") { fields.whole("cost", bag) } else { Some(1) };
        let form = form(&fields, steps, step_fields, pools, names, bag);
        let (Some(chance), Some(cost), Some(form)) = (chance, cost, form) else {
            continue;
        };
        let fault = Fault { name: entry.name.clone(), cost: u8::from(cost == 1), chance, form };
        rules::fault_has_a_chance(&fault, &fields, bag);
        places.push(fields.place("fails"));
        faults.push(fault);
    }
    if faults.len() == listed.len() {
        // One that cannot be read may be the one that makes an attempt long.
        rules::failure_comes_in_time(&faults, &places, steps, bag);
    }
    faults
}

fn form(
    fields: &Fields<'_>,
    steps: &[Step],
    step_fields: &[Option<Fields<'_>>],
    pools: &[Pool],
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<FaultForm> {
    let Some(step_node) = fields.get("step") else {
        if let Some(bend) = BENDS.iter().chain(&["of"]).find(|bend| fields.has(bend)) {
            let message = format!("`{bend}` bends the attempts of a step, but no `step` is named");
            bag.error(Code::OneOf, fields.place(bend), message);
            return None;
        }
        let kind = each(fields, |_| true, names, bag);
        let act = Box::new(act(fields, fields.get("crashes"), kind, pools, names, bag)?);
        return Some(FaultForm::Free { kind, act });
    };
    if let Some(free) = FREE.iter().find(|free| fields.has(free)) {
        let message =
            format!("`{free}` belongs to a free-standing fault, but this one names a step");
        let found = Diagnostic::new(Code::OneOf, fields.place(free), message);
        bag.push(found.hint(format!("a fault of a step states {}", choices(BENDS))));
        return None;
    }
    let step = names.step(&read::text(step_node, bag)?.text, &step_node.span, bag);
    let undo = read::word_or(fields, "of", &words::OF, false, bag);
    let (word, node) = fields.one_of(BENDS, bag)?;
    if undo {
        rules::undo_can_suffer(word, node, bag);
        rules::undo_can_be_struck(step?, steps, names.rolled_back, step_node.span.clone(), bag);
    }
    let bend = if word == "loses" {
        let lost = fact(node, names, bag)?;
        let of = step.and_then(|step| step_fields[usize::from(step.0)].as_ref());
        let list = if undo { "undo" } else { "at-end" };
        rules::lost_effect_exists(of, list, lost, node, names, bag);
        Some(Bend::Loses(lost))
    } else {
        bend(word, node, bag)
    };
    let (step, bend) = (step?, bend?);
    Some(if undo { FaultForm::Undo { step, bend } } else { FaultForm::Attempt { step, bend } })
}

/// Every bend but `loses`.
fn bend(word: &str, node: &Node, bag: &mut Diagnostics) -> Option<Bend> {
    match word {
        "slow" => dist(node, Quantity::Duration, bag).map(Bend::Slow),
        "fails" if matches!(node.value, Value::Table(_)) => {
            let fields = Fields::open(node, &schema::FAILS, bag)?;
            let after = dist(fields.get("after")?, Quantity::Duration, bag)?;
            Some(Bend::Fails { after: Some(after) })
        }
        "fails" => read::only_true(node, bag).map(|()| Bend::Fails { after: None }),
        "hangs" => read::only_true(node, bag).map(|()| Bend::Hangs),
        "repeats" => read::only_true(node, bag).map(|()| Bend::Repeats),
        "skips" => read::only_true(node, bag).map(|()| Bend::Skips),
        _ => None,
    }
}
