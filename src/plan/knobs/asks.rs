//! Who opens a hazard asks first: what an effect is dangerous without, as a condition.

use super::{Family, List, mark};
use crate::plan::show::words::condition;
use crate::scenario::{Cond, Effect, Kind, Quantifier, Scenario, Write};

/// What must hold so that these effects, landing together, open no hazard; `None`: they open none,
/// or an entity of that kind cannot tell.
fn asked(scenario: &Scenario, kind: Kind, effects: &[&Effect]) -> Option<Cond> {
    let at_once: Vec<&Effect> =
        effects.iter().copied().filter(|effect| effect.after.is_none()).collect();
    let mut asked: Vec<Cond> = Vec::new();
    for effect in effects {
        let mut landing = at_once.clone();
        if effect.after.is_some() {
            landing.push(effect);
        }
        let value = |effect: &Effect| effect.write != Write::Off;
        let facts: Vec<(u16, bool)> =
            landing.iter().map(|effect| (effect.fact.0, value(effect))).collect();
        for hazard in &scenario.hazards {
            let opened = assume(&hazard.when, &facts);
            let mut other = facts.clone();
            other
                .iter_mut()
                .filter(|(fact, _)| *fact == effect.fact.0)
                .for_each(|set| set.1 ^= true);
            if opened == Cond::Const(false) || opened == assume(&hazard.when, &other) {
                continue;
            }
            let parts = match negated(&opened) {
                Cond::And(parts) => parts,
                one => vec![one],
            };
            let seen = parts.into_iter().filter_map(|part| seen(scenario, kind, part));
            asked.extend(seen.filter(|part| *part != Cond::Const(false)));
        }
    }
    let mut distinct: Vec<Cond> = Vec::new();
    for part in asked {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    match distinct.len() {
        0 => None,
        1 => distinct.pop(),
        _ => Some(Cond::And(distinct)),
    }
}

/// A condition, knowing the values of some facts.
fn assume(cond: &Cond, facts: &[(u16, bool)]) -> Cond {
    match cond {
        Cond::Fact(fact) => match facts.iter().find(|(known, _)| *known == fact.0) {
            Some(&(_, value)) => Cond::Const(value),
            None => cond.clone(),
        },
        Cond::Not(inner) => negated(&assume(inner, facts)),
        Cond::And(parts) => joined(parts.iter().map(|part| assume(part, facts)), true),
        Cond::Or(parts) => joined(parts.iter().map(|part| assume(part, facts)), false),
        // Of the others nothing is known.
        Cond::Const(_) | Cond::Class(_) | Cond::Quantified { .. } => cond.clone(),
    }
}

/// `and` (or, if not `all`, `or`) without constants.
fn joined(parts: impl Iterator<Item = Cond>, all: bool) -> Cond {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Cond::Const(value) if value == all => {}
            Cond::Const(value) => return Cond::Const(value),
            part => kept.push(part),
        }
    }
    match kept.len() {
        0 => Cond::Const(all),
        1 => kept.pop().expect("there is one"),
        _ if all => Cond::And(kept),
        _ => Cond::Or(kept),
    }
}

/// The opposite, with `not` on facts alone.
fn negated(cond: &Cond) -> Cond {
    match cond {
        Cond::Const(value) => Cond::Const(!value),
        Cond::Not(inner) => (**inner).clone(),
        Cond::And(parts) => joined(parts.iter().map(negated), false),
        Cond::Or(parts) => joined(parts.iter().map(negated), true),
        other => Cond::Not(Box::new(other.clone())),
    }
}

/// A condition as an entity of a kind can ask it: about itself, or about all its descendants.
fn seen(scenario: &Scenario, kind: Kind, cond: Cond) -> Option<Cond> {
    let mut kinds = Vec::new();
    let plain = kinds_of(scenario, &cond, &mut kinds);
    kinds.dedup();
    if kinds.iter().all(|&of| kind.sees(of)) {
        return Some(cond);
    }
    match kinds.as_slice() {
        [over] if plain && over.sees(kind) => Some(Cond::Quantified {
            quantifier: Quantifier::All,
            over: *over,
            cond: Box::new(cond),
        }),
        _ => None,
    }
}

/// The kinds whose facts a condition names; true if it has no quantifier.
fn kinds_of(scenario: &Scenario, cond: &Cond, kinds: &mut Vec<Kind>) -> bool {
    match cond {
        Cond::Const(_) => true,
        Cond::Fact(fact) => {
            kinds.push(scenario.facts[usize::from(fact.0)].kind);
            true
        }
        Cond::Class(_) => {
            kinds.push(Kind::Tenant);
            true
        }
        Cond::Not(inner) => kinds_of(scenario, inner, kinds),
        Cond::And(parts) | Cond::Or(parts) => {
            // Every part is looked at, whatever the one before it said.
            let plain = parts.iter().map(|part| kinds_of(scenario, part, kinds));
            plain.collect::<Vec<bool>>().into_iter().all(|plain| plain)
        }
        Cond::Quantified { over, .. } => {
            // Who quantifies over a kind stands above it.
            kinds.push(*over);
            false
        }
    }
}

/// Both conditions, each part once.
pub(super) fn both(one: Option<&Cond>, two: &Cond) -> Cond {
    let parts = |cond: &Cond| match cond {
        Cond::And(parts) => parts.clone(),
        cond => vec![cond.clone()],
    };
    let mut all = one.map(parts).unwrap_or_default();
    for part in parts(two) {
        if !all.contains(&part) {
            all.push(part);
        }
    }
    joined(all.into_iter(), true)
}

/// A step that opens a hazard waits for what closes it, and then keeps to it while it runs.
pub(super) fn needs(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        let effects: Vec<&Effect> = step.at_start.iter().chain(&step.at_end).collect();
        let Some(asked) = asked(list.scenario, step.kind, &effects) else { continue };
        let told = condition(list.scenario, &asked);
        let name = mark(&step.name);
        let needs = list.change(format!("{name} waits for `{told}`"), |changed| {
            let step = &mut changed.steps[at];
            step.needs = Some(both(step.needs.as_ref(), &asked));
        });
        let holds = list.change(format!("{name} waits for `{told}` and keeps to it"), |changed| {
            let step = &mut changed.steps[at];
            step.needs = Some(both(step.needs.as_ref(), &asked));
            step.holds = Some(both(step.holds.as_ref(), &asked));
        });
        list.add(Family::Needs, [needs, holds]);
    }
}

/// A reaction that opens a hazard runs only while that is harmless.
pub(super) fn whiles(list: &mut List<'_>) {
    for (at, reaction) in list.scenario.reactions.iter().enumerate() {
        let act = &reaction.act;
        let forced = act.forces.as_ref().map(|force| Effect {
            write: if force.on { Write::On } else { Write::Off },
            fact: force.fact,
            after: None,
            lasts: None,
            condition: None,
            members: false,
            chance: None,
            late: false,
        });
        let effects: Vec<&Effect> = act.does.iter().chain(&forced).collect();
        let Some(asked) = asked(list.scenario, reaction.kind, &effects) else { continue };
        let told = condition(list.scenario, &asked);
        let words = format!("{} fires only while `{told}`", mark(&reaction.name));
        list.one(Family::While, words, |changed| {
            let act = &mut changed.reactions[at].act;
            act.condition = Some(both(act.condition.as_ref(), &asked));
        });
    }
}

/// What a failure or a rollback does is done only where it opens nothing.
pub(super) fn ifs(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        for (undo, effects) in [(false, &step.at_fail), (true, &step.undo)] {
            for (place, effect) in effects.iter().enumerate() {
                let Some(asked) = asked(list.scenario, step.kind, &[effect]) else { continue };
                if effect.members {
                    continue;
                }
                let told = condition(list.scenario, &asked);
                let what = if undo { "undo" } else { "at-fail" };
                let words = format!(
                    "the {what} effect {} of {} is issued only if `{told}`",
                    place + 1,
                    mark(&step.name)
                );
                list.one(Family::If, words, |changed| {
                    let step = &mut changed.steps[at];
                    let effects = if undo { &mut step.undo } else { &mut step.at_fail };
                    let effect = &mut effects[place];
                    effect.condition = Some(both(effect.condition.as_ref(), &asked));
                });
            }
        }
    }
}
