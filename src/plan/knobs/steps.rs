//! Leases, and what a step does when it fails, lasts too long, or waits for its turn.

use super::text::on_failure as failure_word;
use super::{Family, List, mark};
use crate::plan::Law;
use crate::scenario::{Cond, Dist, Effect, OnFailure, Retry, Scenario, Shape, Step, Work};
use crate::units::Span;

/// A lease, a bound or a count is doubled so many times at most.
pub(super) const DOUBLINGS: u32 = 6;
/// Retries that are tried where there are few or none, and the wait between them if none is stated.
const RETRIES: [u32; 2] = [1, 3];
const WAIT: u64 = 60_000_000;

/// One value.
pub(super) fn constant(value: u64) -> Dist {
    Dist { shape: Shape::Constant(value), between: None }
}

/// The longest that a distribution gives, as far as it can be told.
fn longest(dist: &Dist) -> u64 {
    let law = Law::compile(dist);
    law.support().high.unwrap_or_else(|| law.quantile(1.0))
}

/// A list of effects with a lease: of a step, or of a reaction.
#[derive(Clone, Copy)]
enum Place {
    Step(usize, u8),
    Reaction(usize),
}

fn effects_at(scenario: &mut Scenario, place: Place) -> &mut Vec<Effect> {
    match place {
        Place::Step(at, 0) => &mut scenario.steps[at].at_start,
        Place::Step(at, 1) => &mut scenario.steps[at].at_end,
        Place::Step(at, 2) => &mut scenario.steps[at].at_fail,
        Place::Step(at, _) => &mut scenario.steps[at].undo,
        Place::Reaction(at) => &mut scenario.reactions[at].act.does,
    }
}

/// The effects that have one, with their places.
fn leased(scenario: &Scenario) -> Vec<(Place, usize, Effect, String)> {
    let mut leased = Vec::new();
    let mut look = |place: Place, name: &str, effects: &[Effect]| {
        let with = effects.iter().enumerate().filter(|(_, effect)| effect.lasts.is_some());
        leased.extend(with.map(|(index, effect)| (place, index, effect.clone(), mark(name))));
    };
    for (at, step) in scenario.steps.iter().enumerate() {
        let lists = [&step.at_start, &step.at_end, &step.at_fail, &step.undo];
        for (list, effects) in (0u8..).zip(lists) {
            look(Place::Step(at, list), &step.name, effects);
        }
    }
    for (at, reaction) in scenario.reactions.iter().enumerate() {
        look(Place::Reaction(at), &reaction.name, &reaction.act.does);
    }
    leased
}

/// `for`, at one place, then at all places where the same fact has one.
pub(super) fn leases(list: &mut List<'_>) {
    let all = leased(list.scenario);
    let mut groups: Vec<Vec<&(Place, usize, Effect, String)>> =
        all.iter().map(|one| vec![one]).collect();
    for (number, fact) in list.scenario.facts.iter().enumerate() {
        let of: Vec<_> =
            all.iter().filter(|(_, _, effect, _)| usize::from(effect.fact.0) == number).collect();
        if of.len() > 1 && fact.count.is_none() {
            groups.push(of);
        }
    }
    for group in groups {
        let (_, _, first, name) = group[0];
        let fact = mark(&list.scenario.facts[usize::from(first.fact.0)].name);
        let by =
            if group.len() == 1 { format!("where {name} sets it") } else { "everywhere".into() };
        let high = |effect: &Effect| longest(effect.lasts.as_ref().expect("it has one"));
        let with = |lease: &dyn Fn(&Effect) -> Option<Dist>, changed: &mut Scenario| {
            for (place, index, effect, _) in &group {
                effects_at(changed, *place)[*index].lasts = lease(effect);
            }
        };
        let mut ladder: Vec<_> = (1..=DOUBLINGS)
            .map(|times| {
                let longer = |effect: &Effect| high(effect).saturating_mul(1 << times);
                let (length, factor) = (Span(longer(first)).brief(), 1u32 << times);
                let words = if group.len() == 1 {
                    format!("a lease on {fact} of {length} {by}, {factor} times as long")
                } else {
                    format!("leases on {fact} {factor} times as long {by}")
                };
                list.change(words, |changed| {
                    with(&|effect| Some(constant(longer(effect))), changed);
                })
            })
            .collect();
        list.add(Family::Lease, std::mem::take(&mut ladder));
        list.one(Family::Lease, format!("no lease on {fact} {by}"), |changed| {
            with(&|_| None, changed);
        });
    }
}

/// More retries, shorter waits.
pub(super) fn retries(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        let name = mark(&step.name);
        let known = step.retry.as_ref().map_or(0, |retry| retry.times);
        let wait = step.retry.as_ref().map_or(constant(WAIT), |retry| retry.wait.clone());
        let more: Vec<_> = RETRIES
            .into_iter()
            .map(|more| {
                let (times, wait) = (known + more, wait.clone());
                let words = format!("{name} is tried again up to {times} times");
                list.change(words, |changed| {
                    changed.steps[at].retry = Some(Retry { times, wait: wait.clone() });
                })
            })
            .collect();
        list.add(Family::Retry, more);
        let Some(retry) = &step.retry else { continue };
        let median = Law::compile(&retry.wait).median();
        let shorter: Vec<_> = [2, 8, 64]
            .into_iter()
            .map(|part| median / part)
            .filter(|&wait| wait >= 1_000_000)
            .map(|wait| {
                let words = format!("{name} waits {} between attempts", Span(wait).brief());
                list.change(words, |changed| {
                    let retry = changed.steps[at].retry.as_mut().expect("it has one");
                    retry.wait = constant(wait);
                })
            })
            .collect();
        list.add(Family::Retry, shorter);
    }
}

/// A longer bound where there is one; where there is none, one as long as an attempt takes at most.
pub(super) fn timeouts(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        let name = mark(&step.name);
        if let Some(timeout) = step.timeout {
            let longer: Vec<_> = (1..=DOUBLINGS)
                .map(|times| {
                    let longer = Span(timeout.0.saturating_mul(1 << times));
                    let words = format!("a timeout of {} for {name}", longer.brief());
                    list.change(words, |changed| changed.steps[at].timeout = Some(longer))
                })
                .collect();
            list.add(Family::Timeout, longer);
            continue;
        }
        let Some(bound) = bound(step) else { continue };
        let told =
            format!("{name} is given up after {}, as long as it takes at most", bound.brief());
        let alone = list.change(told.clone(), |changed| changed.steps[at].timeout = Some(bound));
        let again = list.change(format!("{told}, and tried again"), |changed| {
            let step = &mut changed.steps[at];
            step.timeout = Some(bound);
            step.retry.get_or_insert(Retry { times: RETRIES[1], wait: constant(WAIT) });
        });
        list.add(Family::Timeout, [alone, again]);
    }
}

/// How long an attempt takes at most when nothing goes wrong.
fn bound(step: &Step) -> Option<Span> {
    let high = match &step.work {
        Work::Lasts(dist) => Law::compile(dist).support().high,
        Work::LastsByClass(dists) => {
            let highs: Option<Vec<u64>> =
                dists.0.iter().map(|dist| Law::compile(dist).support().high).collect();
            highs.and_then(|highs| highs.into_iter().max())
        }
        Work::Instant | Work::Transfer { .. } | Work::TransferByClass { .. } => None,
    };
    high.filter(|&high| high > 0).map(Span)
}

/// Every other `on-failure`.
pub(super) fn on_failure(list: &mut List<'_>) {
    let undone = list.scenario.steps.iter().any(|step| !step.undo.is_empty());
    for (at, step) in list.scenario.steps.iter().enumerate() {
        let all = [OnFailure::Stop, OnFailure::Continue, OnFailure::Undo, OnFailure::HaltRollout];
        for word in all {
            if word == step.on_failure || (word == OnFailure::Undo && !undone) {
                continue;
            }
            let told = format!("on-failure = \"{}\" for {}", failure_word(word), mark(&step.name));
            list.one(Family::OnFailure, told, |changed| changed.steps[at].on_failure = word);
        }
    }
}

/// Steps that no longer believe that they are done.
pub(super) fn done_if(list: &mut List<'_>) {
    for (at, step) in list.scenario.steps.iter().enumerate() {
        if step.done_if.is_some() {
            let words = format!("{} is done whatever there is already", mark(&step.name));
            list.one(Family::DoneIf, words, |changed| {
                changed.steps[at].done_if = Some(Cond::Const(false));
            });
        }
    }
}

/// First or last of those that wait for slots.
pub(super) fn priorities(list: &mut List<'_>) {
    let steps = &list.scenario.steps;
    let all = || steps.iter().filter(|step| !step.uses.is_empty()).map(|step| step.priority);
    let (Some(high), Some(low)) = (all().max(), all().min()) else { return };
    for (at, step) in steps.iter().enumerate() {
        let pools = |used: &crate::scenario::Use| {
            let others = steps.iter().enumerate().filter(|(other, _)| *other != at);
            others.flat_map(|(_, other)| &other.uses).any(|other| other.pool == used.pool)
        };
        if !step.uses.iter().any(pools) {
            continue;
        }
        for (word, priority) in [("before", high + 1), ("after", low - 1)] {
            let words = format!("{} goes {word} all others that want slots", mark(&step.name));
            list.one(Family::Priority, words, |changed| changed.steps[at].priority = priority);
        }
    }
}
