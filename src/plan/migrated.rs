//! The state of migrated tenants: the state the plan ends in (design, section 2).

use super::{Cond, EffectPlan, Plan, QuantifierPlan, SiteForm, SiteId};
use crate::scenario::Write;

impl Plan {
    /// The state the plan ends in: every step's writes in plan order, leases run out, chances and
    /// conditions as in the nominal run.
    pub(super) fn fold_migrated(&mut self) {
        let mut words: Vec<u64> = self.kinds.iter().map(|kind| kind.initial).collect();
        let mut counts: Vec<u16> = self.facts.iter().map(|_| 0).collect();
        for (fact, count) in self.facts.iter().zip(&mut counts) {
            *count = if words[fact.kind.index()] >> fact.bit & 1 == 1 { fact.count } else { 0 };
        }
        for step in &self.steps {
            if step.when.as_ref().is_some_and(|when| !folded(when, &words, &self.quantifiers)) {
                continue;
            }
            for _ in 0..step.times {
                if step.done_if.as_ref().is_some_and(|done| folded(done, &words, &self.quantifiers))
                {
                    break;
                }
                for effect in step.at_start.iter().chain(&step.at_end) {
                    fold(effect, self, &mut words, &mut counts);
                }
            }
        }
        for (kind, word) in self.kinds.iter_mut().zip(words) {
            kind.migrated = word;
        }
    }
}

/// One write of the fold.
fn fold(effect: &EffectPlan, plan: &Plan, words: &mut [u64], counts: &mut [u16]) {
    let certain = |site: SiteId| match plan.sites[site.index()].form {
        SiteForm::Chance(chance) => chance.nominal(),
        _ => true,
    };
    if !folded(&effect.condition, words, &plan.quantifiers) || !effect.chance.is_none_or(certain) {
        return;
    }
    let fact = &plan.facts[usize::from(effect.fact)];
    let count = &mut counts[usize::from(effect.fact)];
    let on = match effect.write {
        Write::Add => {
            *count = fact.count.min(count.saturating_add(1));
            *count == fact.count
        }
        // A lease has run out by then.
        Write::On => effect.lasts.is_none(),
        Write::Off => effect.lasts.is_some(),
    };
    if effect.write != Write::Add {
        *count = if on { fact.count } else { 0 };
    }
    let word = &mut words[fact.kind.index()];
    *word = *word & !(1 << fact.bit) | u64::from(on) << fact.bit;
}

/// A condition on the folded words, where all entities of a kind are alike and there are many.
fn folded(cond: &Cond, words: &[u64], quantifiers: &[QuantifierPlan]) -> bool {
    match cond {
        Cond::Const(value) => *value,
        Cond::Mask { level, mask, want } => words[level.index()] & mask == *want,
        Cond::All(parts) => parts.iter().all(|part| folded(part, words, quantifiers)),
        Cond::Any(parts) => parts.iter().any(|part| folded(part, words, quantifiers)),
        Cond::Not(inner) => !folded(inner, words, quantifiers),
        Cond::Count { quantifier, compare } => {
            let inner = &quantifiers[usize::from(*quantifier)];
            let each = inner.cond.on_word(words[inner.over.index()]);
            match compare {
                None => each,
                Some((compare, number)) => compare.holds(if each { u32::MAX } else { 0 }, *number),
            }
        }
    }
}
