//! Lists of effects (design E1 to E7).

use std::ops::Range;

use super::condition::condition;
use super::dist::lasting;
use super::names::Names;
use super::read::{self, Fields};
use super::rules;
use super::schema;
use super::tree::Node;
use super::types::{Effect, FactId, Kind, Write};
use super::words;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Effects in one list; a batch is looked through pair by pair.
const EFFECTS_MAX: usize = 512;

/// Reads a list of effects issued by an entity of kind `issuer`.
pub(super) fn effects(
    node: Option<&Node>,
    issuer: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Vec<Effect> {
    let Some(node) = node else { return Vec::new() };
    let items = read::list(node, "effects { on | off | add = FACT, .. }", bag).unwrap_or_default();
    if items.len() > EFFECTS_MAX {
        bag.error(
            Code::TooMany,
            node.span.clone(),
            format!("more than {EFFECTS_MAX} effects in one list"),
        );
        return Vec::new();
    }
    let read: Vec<(Effect, Range<usize>)> =
        items.iter().filter_map(|item| effect(item, issuer, names, bag)).collect();
    rules::each_fact_is_written_once(&read, names, bag);
    read.into_iter().map(|(effect, _)| effect).collect()
}

fn effect(
    node: &Node,
    issuer: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<(Effect, Range<usize>)> {
    let fields = Fields::open(node, &schema::EFFECT, bag)?;
    let after = lasting(&fields, "after", bag);
    let lasts = lasting(&fields, "for", bag);
    let chance = fields.get("chance").and_then(|node| read::ratio(node, bag));
    let late = fields.get("late").and_then(|node| read::flag(node, bag)).unwrap_or(false);
    let members = read::word_or(&fields, "of", &words::MEMBERS, false, bag);
    let (word, target) = fields.one_of(schema::WRITES, bag)?;
    let write = match word {
        "on" => Write::On,
        "off" => Write::Off,
        _ => Write::Add,
    };
    let fact = fact(target, names, bag)?;
    rules::effect_reaches_its_fact(fact, issuer, members, target, names, bag);
    if write == Write::Add {
        rules::add_counts(fact, target, names, bag);
        rules::add_has_no_lease(&fields, bag);
    }
    // For members the condition is about each of them (E7).
    let scope = if members { names.fact_kind(fact) } else { issuer };
    let condition = fields.get("if").and_then(|node| condition(node, scope, names, bag));
    let effect = Effect { write, fact, after, lasts, condition, members, chance, late };
    Some((effect, target.span.clone()))
}

/// A fact that is written, by name.
pub(super) fn fact(node: &Node, names: &Names, bag: &mut Diagnostics) -> Option<FactId> {
    let text = read::text(node, bag)?;
    let fact = names.fact(&text.text, &node.span, bag)?;
    if names.halted == Some(fact) {
        let message = "`halted` is not written: it follows from what halts and resumes the rollout";
        bag.push(
            Diagnostic::new(Code::BuiltIn, node.span.clone(), message)
                .hint("a reaction halts the rollout with halts = true"),
        );
        return None;
    }
    Some(fact)
}
