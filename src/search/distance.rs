//! How far a hazard is from holding: the facts that would have to be otherwise.

use std::collections::BTreeMap;

use crate::model::{Entity, Happening, Rules, State};
use crate::plan::{Cond, KindId};

/// A fact of an entity, and a value of it.
pub type Literal = (u16, Entity, bool);

/// An interval in which a hazard would have held, had one fact been otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// By index in the plan.
    pub hazard: u16,
    /// Whose.
    pub entity: Entity,
    /// The fact, and the value that it did not have.
    pub missing: Literal,
    /// First instant, and the event that made it so.
    pub from: (u64, u32),
    /// First instant after it, and the event that ended it.
    pub to: (u64, u32),
    /// It had not ended when the run did.
    pub open: bool,
}

/// Intervals kept of one run.
const NEAR_MAX: usize = 64;
/// Literals that are looked for before a hazard counts as far away.
const FAR: usize = 4;

/// The facts that would have to change for `cond` to be `want`; `None`: there are none, or many.
fn missing(
    rules: &Rules,
    state: &State,
    (cond, want): (&Cond, bool),
    kind: KindId,
    entity: Entity,
) -> Option<Vec<Literal>> {
    let all = |parts: &[Cond]| {
        let mut list = Vec::new();
        for part in parts {
            list.extend(missing(rules, state, (part, want), kind, entity)?);
        }
        (list.len() <= FAR).then_some(list)
    };
    let any = |parts: &[Cond]| {
        let each =
            parts.iter().filter_map(|part| missing(rules, state, (part, want), kind, entity));
        each.min_by_key(Vec::len)
    };
    match cond {
        Cond::Const(value) => (*value == want).then(Vec::new),
        Cond::Mask { level, mask, want: wanted } => {
            let holder = rules.world.ancestor(kind, entity, *level);
            let word = state.facts_of(holder);
            let facts = &rules.plan.kinds[level.index()].facts;
            let literal = |bit: usize, on: bool| Some((*facts.get(bit)?, holder, on));
            let wrong = (word ^ wanted) & mask;
            if !want {
                let bit = mask.trailing_zeros() as usize;
                let on = wanted >> bit & 1 == 0;
                return if wrong == 0 { Some(vec![literal(bit, on)?]) } else { Some(Vec::new()) };
            }
            let bits = (0..64).filter(|bit| wrong >> bit & 1 == 1);
            let list: Option<Vec<Literal>> =
                bits.map(|bit| literal(bit, wanted >> bit & 1 == 1)).collect();
            list.filter(|list| list.len() <= FAR)
        }
        Cond::All(parts) => {
            if want {
                all(parts)
            } else {
                any(parts)
            }
        }
        Cond::Any(parts) => {
            if want {
                any(parts)
            } else {
                all(parts)
            }
        }
        Cond::Not(inner) => missing(rules, state, (inner, !want), kind, entity),
        Cond::Count { .. } => (rules.holds(state, cond, kind, entity) == want).then(Vec::new),
    }
}

/// Watches all hazards of a run.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    /// By hazard and entity: the one missing fact, and since when.
    now: BTreeMap<(u16, Entity), (Literal, u64, u32)>,
    near: Vec<Near>,
}

impl Tracker {
    pub(super) fn new(rules: &Rules, state: &State) -> Tracker {
        let mut tracker = Tracker { now: BTreeMap::new(), near: Vec::new() };
        for (index, hazard) in (0u16..).zip(&rules.plan.hazards) {
            for entity in rules.world.all(hazard.kind) {
                tracker.update(rules, state, (index, entity), (0, 0));
            }
        }
        tracker
    }

    /// Looks at the hazards of whoever's facts have changed.
    pub(super) fn look(
        &mut self,
        rules: &Rules,
        state: &State,
        notes: &[Happening],
        at: (u64, u32),
    ) {
        for note in notes {
            let Happening::Changed { entity, .. } = *note else { continue };
            let kind = rules.world.kind(entity);
            for (index, hazard) in (0u16..).zip(&rules.plan.hazards) {
                if rules.plan.sees(hazard.kind, kind) && hazard.kind >= kind {
                    rules.world.descendants(kind, entity, hazard.kind, &mut |each| {
                        self.update(rules, state, (index, each), at);
                    });
                } else if rules.plan.sees(kind, hazard.kind) {
                    let holder = rules.world.ancestor(kind, entity, hazard.kind);
                    self.update(rules, state, (index, holder), at);
                }
            }
        }
    }

    fn update(&mut self, rules: &Rules, state: &State, key: (u16, Entity), at: (u64, u32)) {
        let hazard = &rules.plan.hazards[usize::from(key.0)];
        let list = missing(rules, state, (&hazard.when, true), hazard.kind, key.1);
        let one = list.filter(|list| list.len() == 1).map(|list| list[0]);
        let before = self.now.get(&key).copied();
        if before.map(|(literal, ..)| literal) == one {
            return;
        }
        if let Some((literal, since, event)) = before {
            self.close(key, literal, ((since, event), at), false);
            self.now.remove(&key);
        }
        if let Some(literal) = one {
            self.now.insert(key, (literal, at.0, at.1));
        }
    }

    fn close(
        &mut self,
        (hazard, entity): (u16, Entity),
        missing: Literal,
        (from, to): ((u64, u32), (u64, u32)),
        open: bool,
    ) {
        if from.0 < to.0 && self.near.len() < NEAR_MAX {
            self.near.push(Near { hazard, entity, missing, from, to, open });
        }
    }

    pub(super) fn finish(mut self, now: u64, event: u32) -> Vec<Near> {
        for (key, (literal, since, first)) in std::mem::take(&mut self.now) {
            self.close(key, literal, ((since, first), (now, event)), true);
        }
        self.near
    }
}
