//! The state of migrated tenants: the state the plan ends in (design, section 2).

use super::{Cond, EffectPlan, KindId, Plan, QuantifierPlan, SiteForm, SiteId};
use crate::scenario::Write;

/// What all tenants of a class end in, with their mailboxes; words of groups and of the rollout are
/// the same in all of them.
struct Folded {
    words: Vec<u64>,
    counts: Vec<u16>,
}

impl Plan {
    /// The state the plan ends in: every step's writes in plan order, leases run out, chances and
    /// conditions as in the nominal run. Tenants of several classes go through each step one class
    /// after the other.
    pub(super) fn fold_migrated(&mut self) {
        let mut all: Vec<Folded> = self.variants().map(|class| self.unfolded(class)).collect();
        let tenant = self.tenant();
        for step in &self.steps {
            // What is not a tenant's or a mailbox's is alike in all variants, so one does it.
            let doers = if step.kind < tenant { 1 } else { all.len() };
            for doer in 0..doers {
                let skips = |when: &Cond| !self.folded(when, &all[doer], &all);
                if step.when.as_ref().is_some_and(skips) {
                    continue;
                }
                for _ in 0..step.times {
                    let done = |done: &Cond| self.folded(done, &all[doer], &all);
                    if step.done_if.as_ref().is_some_and(done) {
                        break;
                    }
                    for effect in step.at_start.iter().chain(&step.at_end) {
                        self.fold(effect, step.kind, doer, &mut all);
                    }
                }
            }
        }
        let classes: Vec<usize> = self.variants().collect();
        for (index, kind) in self.kinds.iter_mut().enumerate() {
            // Classes without tenants are never looked up.
            kind.migrated = vec![all[0].words[index]; self.classes.len() + 1];
            for (&class, folded) in classes.iter().zip(&all) {
                kind.migrated[class] = folded.words[index];
            }
        }
    }

    /// The classes that tenants can be of, the number of classes for none.
    fn variants(&self) -> impl Iterator<Item = usize> + use<> {
        let none = usize::from(self.scenario.classless());
        0..self.classes.len() + none
    }

    fn unfolded(&self, class: usize) -> Folded {
        let kinds = (0..).map(KindId).zip(&self.kinds);
        let words: Vec<u64> =
            kinds.map(|(id, kind)| kind.initial | self.class_word(id, class)).collect();
        let full = |word: u64, bit: u8| word >> bit & 1 == 1;
        let count = |fact: &super::FactPlan| {
            if full(words[fact.kind.index()], fact.bit) { fact.count } else { 0 }
        };
        let counts = self.facts.iter().map(count).collect();
        Folded { words, counts }
    }

    /// One write of the fold, issued by tenants of one variant.
    fn fold(&self, effect: &EffectPlan, issuer: KindId, doer: usize, all: &mut [Folded]) {
        let certain = |site: SiteId| match self.sites[site.index()].form {
            SiteForm::Chance(chance) => chance.nominal(),
            _ => true,
        };
        let fact = &self.facts[usize::from(effect.fact)];
        let own = fact.kind >= self.tenant() && issuer >= self.tenant();
        let targets = if own { doer..doer + 1 } else { 0..all.len() };
        let lands = |target: usize, all: &[Folded]| {
            let scope = if effect.members { target } else { doer };
            self.folded(&effect.condition, &all[scope], all) && effect.chance.is_none_or(certain)
        };
        let landing: Vec<usize> = targets.filter(|&target| lands(target, all)).collect();
        for target in landing {
            write(effect, fact, &mut all[target]);
        }
    }

    /// A condition on the folded words, where all entities of a kind and class are alike and there
    /// are many.
    fn folded(&self, cond: &Cond, own: &Folded, all: &[Folded]) -> bool {
        match cond {
            Cond::Const(value) => *value,
            Cond::Mask { level, mask, want } => own.words[level.index()] & mask == *want,
            Cond::All(parts) => parts.iter().all(|part| self.folded(part, own, all)),
            Cond::Any(parts) => parts.iter().any(|part| self.folded(part, own, all)),
            Cond::Not(inner) => !self.folded(inner, own, all),
            Cond::Count { quantifier, compare } => {
                let inner: &QuantifierPlan = &self.quantifiers[usize::from(*quantifier)];
                // Below a tenant there is only what is its own.
                let own = std::slice::from_ref(own);
                let counted = if inner.at < self.tenant() { all } else { own };
                let mut each =
                    counted.iter().map(|one| inner.cond.on_word(one.words[inner.over.index()]));
                match compare {
                    None => each.all(|holds| holds),
                    Some((compare, number)) => {
                        compare.holds(if each.any(|holds| holds) { u32::MAX } else { 0 }, *number)
                    }
                }
            }
        }
    }
}

fn write(effect: &EffectPlan, fact: &super::FactPlan, folded: &mut Folded) {
    let count = &mut folded.counts[usize::from(effect.fact)];
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
    let word = &mut folded.words[fact.kind.index()];
    *word = *word & !(1 << fact.bit) | u64::from(on) << fact.bit;
}
