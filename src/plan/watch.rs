//! Which conditions are looked at when a fact changes, in plan order.

use super::{Cond, KindId, Plan};

/// Something looked at when a fact it depends on changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Kind of the entities it is looked at for.
    pub kind: KindId,
    /// What to look at.
    pub what: Watch,
}

/// What a watcher looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// A step's `needs`.
    Needs(u16),
    /// A step's `holds`.
    Holds(u16),
    /// An act's `while`.
    Act(u16),
    /// A user's connection, session and copies of hazards.
    User(u16),
    /// A hazard as it stands live.
    Hazard(u16),
}

/// Fills the watch lists of facts and quantifiers. Plan order is: steps as listed, then acts, then
/// users, then hazards; nothing that only records comes before something that acts.
pub(super) fn compile(plan: &mut Plan) {
    let mut entries: Vec<(Watcher, Vec<Cond>)> = Vec::new();
    for (index, step) in (0u16..).zip(&plan.steps) {
        let mut add = |what, cond: &Option<Cond>| {
            if let Some(cond) = cond {
                entries.push((Watcher { kind: step.kind, what }, vec![cond.clone()]));
            }
        };
        add(Watch::Holds(index), &step.holds);
        add(Watch::Needs(index), &step.needs);
    }
    for (index, act) in (0u16..).zip(&plan.acts) {
        let watcher = Watcher { kind: act.kind, what: Watch::Act(index) };
        entries.push((watcher, vec![act.condition.clone()]));
    }
    for (index, user) in (0u16..).zip(&plan.users) {
        let watcher = Watcher { kind: user.kind, what: Watch::User(index) };
        let mut conds = vec![user.connects.clone(), user.ends_when.clone()];
        conds.extend(user.copies.iter().map(|&(h, _)| plan.hazards[usize::from(h)].when.clone()));
        conds.extend(user.keeps.iter().map(|&fact| {
            let fact = &plan.facts[usize::from(fact)];
            Cond::Mask { level: fact.kind, mask: 1 << fact.bit, want: 0 }
        }));
        entries.push((watcher, conds));
    }
    for (index, hazard) in (0u16..).zip(&plan.hazards) {
        let watcher = Watcher { kind: hazard.kind, what: Watch::Hazard(index) };
        entries.push((watcher, vec![hazard.when.clone()]));
    }
    for (watcher, conds) in entries {
        let index = u16::try_from(plan.watchers.len()).expect("few watchers");
        plan.watchers.push(watcher);
        for cond in conds {
            register(plan, index, &cond);
        }
    }
}

fn register(plan: &mut Plan, watcher: u16, cond: &Cond) {
    let mut masks: Vec<(KindId, u64)> = Vec::new();
    let mut counts: Vec<u16> = Vec::new();
    cond.visit(&mut |level, mask| masks.push((level, mask)), &mut |count| counts.push(count));
    for (level, mask) in masks {
        for fact in &mut plan.facts {
            if fact.kind == level && mask >> fact.bit & 1 == 1 {
                insert(&mut fact.watchers, watcher);
            }
        }
    }
    for count in counts {
        insert(&mut plan.quantifiers[usize::from(count)].watchers, watcher);
    }
}

fn insert(list: &mut Vec<u16>, watcher: u16) {
    if list.last() != Some(&watcher) {
        list.push(watcher);
    }
}
