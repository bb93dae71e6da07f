//! Pools, reactions, users, the rollout; what a crash leaves.

use super::asks::both;
use super::steps::{DOUBLINGS, constant};
use super::text::when_cut;
use super::{Family, List, mark};
use crate::scenario::{
    Act, Cond, Effect, FactId, FaultForm, Join, Journal, Missing, Scenario, Shape, Step, Trigger,
    WhenCut,
};
use crate::units::Span;

/// More slots.
pub(super) fn slots(list: &mut List<'_>) {
    for (at, pool) in list.scenario.pools.iter().enumerate() {
        // Shifts say how many there are at other times; an outage of all slots would grow with them.
        let takes_all = |act: &Act| {
            let takes = act.takes.as_ref().filter(|takes| usize::from(takes.pool.0) == at);
            takes.is_some_and(|takes| takes.slots == pool.slots)
        };
        let taken = list.scenario.reactions.iter().any(|reaction| takes_all(&reaction.act))
            || list.scenario.faults.iter().any(|fault| match &fault.form {
                FaultForm::Free { act, .. } => takes_all(act),
                FaultForm::Attempt { .. } | FaultForm::Undo { .. } => false,
            });
        if pool.slots == 0 || !pool.shifts.is_empty() || taken {
            continue;
        }
        let more: Vec<_> = (1..=3)
            .map(|times| {
                let slots = pool.slots.saturating_mul(1 << times);
                let words = format!("{slots} slots of {}", mark(&pool.name));
                list.change(words, |changed| changed.pools[at].slots = slots)
            })
            .collect();
        list.add(Family::Slots, more);
    }
}

/// Reactions with a fixed delay sooner, or later.
pub(super) fn triggers(list: &mut List<'_>) {
    for (at, reaction) in list.scenario.reactions.iter().enumerate() {
        let delay = match &reaction.act.trigger {
            Trigger::After(delay) | Trigger::Every(delay) => delay,
        };
        let Shape::Constant(value) = delay.shape else { continue };
        let with = |value: u64| {
            let words = format!("{} after {}", mark(&reaction.name), Span(value).brief());
            list.change(words, |changed| {
                let trigger = &mut changed.reactions[at].act.trigger;
                *trigger = match trigger {
                    Trigger::After(_) => Trigger::After(constant(value)),
                    Trigger::Every(_) => Trigger::Every(constant(value)),
                };
            })
        };
        let sooner: Vec<_> = [2, 4, 8].into_iter().map(|part| value / part).collect();
        let sooner: Vec<_> = sooner.into_iter().filter(|&value| value > 0).map(with).collect();
        let later = (1..=DOUBLINGS).map(|times| with(value.saturating_mul(1 << times)));
        let later: Vec<_> = later.collect();
        list.add(Family::Trigger, sooner);
        list.add(Family::Trigger, later);
    }
}

/// One reaction less.
pub(super) fn without(list: &mut List<'_>) {
    for (at, reaction) in list.scenario.reactions.iter().enumerate() {
        let words = format!("without the reaction {}", mark(&reaction.name));
        list.one(Family::Without, words, |changed| {
            changed.reactions[at].act.condition = Some(Cond::Const(false));
        });
    }
}

/// The permissions that expose when they are missing, that a kind sees.
fn permissions(scenario: &Scenario, kind: crate::scenario::Kind) -> Vec<FactId> {
    let of = |(_, fact): &(usize, &crate::scenario::Fact)| {
        fact.missing == Some(Missing::Open) && kind.sees(fact.kind)
    };
    let facts = scenario.facts.iter().enumerate().filter(of);
    facts.map(|(at, _)| FactId(u16::try_from(at).expect("few facts"))).collect()
}

/// Sessions that end with `access`, that begin only with all permissions, that keep less.
pub(super) fn sessions(list: &mut List<'_>) {
    let access = list.scenario.facts.iter().position(|fact| fact.name == "access");
    for (at, user) in list.scenario.users.iter().enumerate() {
        let Some(session) = &user.session else { continue };
        let name = mark(&user.name);
        let edit = |words: String, edit: &dyn Fn(&mut crate::scenario::Session)| {
            list.change(words, |changed| {
                edit(changed.users[at].session.as_mut().expect("it has one"));
            })
        };
        let mut knobs = Vec::new();
        if let Some(access) =
            access.filter(|&access| user.kind.sees(list.scenario.facts[access].kind))
        {
            let fact = FactId(u16::try_from(access).expect("few facts"));
            let gone = Cond::Not(Box::new(Cond::Fact(fact)));
            let ends = match &session.ends_when {
                Some(cond) if *cond == gone => cond.clone(),
                Some(cond) => Cond::Or(vec![cond.clone(), gone]),
                None => gone,
            };
            knobs.push(edit(format!("sessions of {name} end with access"), &|session| {
                session.ends_when = Some(ends.clone());
            }));
        }
        for permission in permissions(list.scenario, user.kind) {
            let fact = mark(&list.scenario.facts[usize::from(permission.0)].name);
            knobs.push(edit(format!("{name} connects only with {fact}"), &|session| {
                let with = both(Some(&session.connects_while), &Cond::Fact(permission));
                session.connects_while = with;
            }));
        }
        for &kept in &session.keeps {
            let fact = mark(&list.scenario.facts[usize::from(kept.0)].name);
            let words = format!("sessions of {name} do not keep {fact}");
            knobs.push(edit(words, &|session| session.keeps.retain(|&fact| fact != kept)));
        }
        for knob in knobs {
            list.add(Family::Session, [knob]);
        }
    }
}

/// One tenant at a time.
pub(super) fn at_once(list: &mut List<'_>) {
    if list.scenario.tenants.count > 1 && list.scenario.rollout.at_once != Some(1) {
        list.one(Family::AtOnce, "one tenant at a time".to_owned(), |changed| {
            changed.rollout.at_once = Some(1);
        });
    }
}

/// What is known after a crash, what follows a cut attempt, what a cut leaves.
pub(super) fn crashes(list: &mut List<'_>) {
    if !list.scenario.crashes() {
        return;
    }
    if list.scenario.rollout.journal == Journal::None {
        list.one(Family::Crash, "a journal of steps".to_owned(), |changed| {
            changed.rollout.journal = Journal::Step;
        });
    }
    // Without a journal nothing is known of an attempt that was cut.
    let journal = list.scenario.rollout.journal == Journal::Step;
    for (at, step) in list.scenario.steps.iter().enumerate() {
        for word in [WhenCut::Redo, WhenCut::Skip, WhenCut::Undo] {
            if !journal || word == step.when_cut || (word == WhenCut::Undo && step.undo.is_empty())
            {
                continue;
            }
            let words = format!("when-cut = \"{}\" for {}", when_cut(word), mark(&step.name));
            list.one(Family::Crash, words, |changed| changed.steps[at].when_cut = word);
        }
        if step.at_end.len() > 1 {
            let words = format!("the effects of {} in the opposite order", mark(&step.name));
            list.one(Family::Crash, words, |changed| changed.steps[at].at_end.reverse());
        }
    }
}

/// Joins that wait for stopped members, too.
pub(super) fn joins(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        if step.join == Join::Running {
            let words = format!("{} waits for stopped members, too", mark(&step.name));
            list.one(Family::Join, words, |changed| changed.steps[at].join = Join::All);
        }
    }
}

/// Landings that are dropped when a later write has landed.
pub(super) fn late(list: &mut List<'_>) {
    let lists = |step: &mut Step| -> Vec<Effect> {
        [&step.at_start, &step.at_end, &step.at_fail, &step.undo]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    };
    for (at, step) in list.scenario.steps.iter().enumerate() {
        if !lists(&mut step.clone()).iter().any(|effect| effect.late) {
            continue;
        }
        let words = format!("late landings of {} are dropped", mark(&step.name));
        list.one(Family::Late, words, |changed| {
            let step = &mut changed.steps[at];
            for effects in [&mut step.at_start, &mut step.at_end, &mut step.at_fail, &mut step.undo]
            {
                effects.iter_mut().for_each(|effect| effect.late = false);
            }
        });
    }
}
