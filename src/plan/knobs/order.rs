//! Who comes before whom, and how long a slot is kept.

use super::{Family, List, mark};
use crate::scenario::{Kind, Scenario, StepId};

/// Waits that are tried at most: a long plan has thousands of pairs.
const WAITS_MAX: usize = 64;
/// Steps that a slot is tried to be held until, the next ones first.
const UNTILS_MAX: usize = 4;

fn id(at: usize) -> StepId {
    StepId(u16::try_from(at).expect("a plan has at most 512 steps"))
}

/// By step: those that end before it can start.
fn before(scenario: &Scenario) -> Vec<Vec<bool>> {
    let count = scenario.steps.len();
    let mut all = vec![vec![false; count]; count];
    for (at, seen) in all.iter_mut().enumerate() {
        let mut open = vec![id(at)];
        while let Some(step) = open.pop() {
            for &earlier in &scenario.steps[usize::from(step.0)].after {
                if !std::mem::replace(&mut seen[usize::from(earlier.0)], true) {
                    open.push(earlier);
                }
            }
        }
    }
    all
}

/// Two steps of which one follows the other alone change places; who followed the second then
/// follows the first.
pub(super) fn neighbours(list: &mut List<'_>) {
    let steps = &list.scenario.steps;
    // A slot that is held from one to the other says in which order they stand.
    let held = |at: usize| {
        let until = |used: &crate::scenario::Use| used.until == Some(id(at));
        steps[at].uses.iter().any(|used| used.until.is_some())
            || steps.iter().flat_map(|step| &step.uses).any(until)
    };
    for second in 0..steps.len() {
        let [first] = steps[second].after.as_slice() else { continue };
        let first = usize::from(first.0);
        if steps[first].kind != steps[second].kind || held(first) || held(second) {
            continue;
        }
        let words = format!("{} before {}", mark(&steps[second].name), mark(&steps[first].name));
        list.one(Family::Order, words, |changed| swap(changed, first, second));
    }
}

fn swap(changed: &mut Scenario, first: usize, second: usize) {
    for (at, step) in changed.steps.iter_mut().enumerate() {
        if at != second && step.after.contains(&id(second)) {
            step.after.retain(|&after| after != id(second));
            if !step.after.contains(&id(first)) {
                step.after.push(id(first));
            }
        }
    }
    let earlier = std::mem::take(&mut changed.steps[first].after);
    changed.steps[second].after = earlier;
    changed.steps[first].after = vec![id(second)];
}

/// A step waits for one that may run beside it.
pub(super) fn waits(list: &mut List<'_>) {
    let before = before(list.scenario);
    let steps = &list.scenario.steps;
    let pairs = (0..steps.len()).flat_map(|late| (0..steps.len()).map(move |early| (early, late)));
    let beside = pairs
        .filter(|&(early, late)| early != late && !before[early][late] && !before[late][early]);
    let beside: Vec<(usize, usize)> = beside.take(WAITS_MAX).collect();
    for (early, late) in beside {
        let words = format!("{} after {}", mark(&steps[late].name), mark(&steps[early].name));
        list.one(Family::After, words, |changed| changed.steps[late].after.push(id(early)));
    }
}

/// A slot is kept until one of the steps that follow has ended, or no longer than its own.
pub(super) fn untils(list: &mut List<'_>) {
    let before = before(list.scenario);
    let steps = &list.scenario.steps;
    for (at, step) in steps.iter().enumerate() {
        for (place, used) in step.uses.iter().enumerate() {
            let pool = mark(&list.scenario.pools[usize::from(used.pool.0)].name);
            let follows = |&other: &usize| {
                let kind: Kind = steps[other].kind;
                before[other][at] && step.kind.sees(kind) && used.until != Some(id(other))
            };
            let later: Vec<usize> = (0..steps.len()).filter(follows).take(UNTILS_MAX).collect();
            let mut ladder: Vec<_> = later
                .into_iter()
                .map(|until| {
                    let (taker, last) = (mark(&step.name), mark(&steps[until].name));
                    let words = format!("{taker} holds its slot of {pool} until {last} has ended");
                    list.change(words, |changed| {
                        changed.steps[at].uses[place].until = Some(id(until));
                    })
                })
                .collect();
            if used.until.is_some() {
                let words = format!("{} holds its slot of {pool} no longer", mark(&step.name));
                ladder.insert(
                    0,
                    list.change(words, |changed| changed.steps[at].uses[place].until = None),
                );
            }
            list.add(Family::Until, ladder);
        }
    }
}
