//! Rules of steps and pools.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::names::Names;
use crate::scenario::read::Fields;
use crate::scenario::types::{Kind, OnFailure, Pool, Step, StepId, WhenCut};

/// No step waits for itself, not even through others. Reports every way back once, at an `after`
/// of the circle: `explicit` says where a step states one.
pub(in crate::scenario) fn no_circle(
    steps: &[Step],
    explicit: &dyn Fn(StepId) -> Option<Range<usize>>,
    bag: &mut Diagnostics,
) {
    // 0: not seen, 1: on the path, 2: done.
    let mut marks = vec![0u8; steps.len()];
    for root in 0..steps.len() {
        if marks[root] != 0 {
            continue;
        }
        let mut path: Vec<(StepId, usize)> = vec![(id(root), 0)];
        marks[root] = 1;
        while let Some((at, edge)) = path.last_mut() {
            let Some(next) = steps[usize::from(at.0)].after.get(*edge).copied() else {
                marks[usize::from(at.0)] = 2;
                path.pop();
                continue;
            };
            *edge += 1;
            match marks[usize::from(next.0)] {
                0 => {
                    marks[usize::from(next.0)] = 1;
                    path.push((next, 0));
                }
                1 => circle(steps, &path, next, explicit, bag),
                _ => {}
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a plan has at most 512 steps")]
fn id(at: usize) -> StepId {
    StepId(at as u16)
}

/// The last step of `path` waits for `back`, which is on it.
fn circle(
    steps: &[Step],
    path: &[(StepId, usize)],
    back: StepId,
    explicit: &dyn Fn(StepId) -> Option<Range<usize>>,
    bag: &mut Diagnostics,
) {
    let from = path.iter().position(|(at, _)| *at == back).unwrap_or(0);
    let name = |at: StepId| format!("`{}`", steps[usize::from(at.0)].name);
    let mut names: Vec<String> = path[from..].iter().rev().map(|(at, _)| name(*at)).collect();
    names.insert(0, name(back));
    // Defaults only look back in the list, so a circle has at least one `after` that is written.
    let Some(span) = path[from..].iter().find_map(|(at, _)| explicit(*at)) else {
        return;
    };
    let message = match names.len() {
        2 => format!("{} waits for itself", names[0]),
        _ => format!("steps wait for each other in a circle: {}", names.join(" before ")),
    };
    bag.push(
        Diagnostic::new(Code::Cycle, span, message)
            .hint("without `after`, a step waits for the previous one of the list; `after = []` waits for none"),
    );
}

/// `until` names a step of the same kind or of an ancestor, that can still end later.
pub(in crate::scenario) fn until_can_free(
    taker: StepId,
    until: StepId,
    span: Range<usize>,
    steps: &[Step],
    names: &Names,
    bag: &mut Diagnostics,
) {
    let (step, last) = (&steps[usize::from(taker.0)], &steps[usize::from(until.0)]);
    if !step.kind.sees(last.kind) {
        let (own, other) = (names.kind_name(step.kind), names.kind_name(last.kind));
        let message =
            format!("a {own} cannot hold a slot until `{}`, a step of each {other}", last.name);
        bag.error(Code::Until, span, message);
    } else if taker != until && precedes(until, taker, steps) {
        let message = format!("`{}` has ended before `{}` takes the slot", last.name, step.name);
        bag.error(Code::Until, span, message);
    }
}

/// True if `early` ends before `late` can start. Tolerates circles.
fn precedes(early: StepId, late: StepId, steps: &[Step]) -> bool {
    let mut seen = vec![false; steps.len()];
    let mut open = vec![late];
    while let Some(at) = open.pop() {
        for before in &steps[usize::from(at.0)].after {
            if *before == early {
                return true;
            }
            if !std::mem::replace(&mut seen[usize::from(before.0)], true) {
                open.push(*before);
            }
        }
    }
    false
}

/// A transfer needs sizes.
pub(in crate::scenario) fn transfer_has_sizes(
    sized: bool,
    transfer: Range<usize>,
    bag: &mut Diagnostics,
) {
    if !sized {
        bag.push(
            Diagnostic::new(
                Code::TransferSize,
                transfer,
                "a transfer needs sizes, and the mailboxes have none",
            )
            .hint("state [tenants] mailbox-size"),
        );
    }
}

/// A step of mailboxes is joined tenant by tenant, so who moves has some.
pub(in crate::scenario) fn movers_have_mailboxes(
    steps: &[Step],
    empty: &[Range<usize>],
    bag: &mut Diagnostics,
) {
    let Some(step) = steps.iter().find(|step| step.kind == Kind::Mailbox) else { return };
    for span in empty {
        let message = "a tenant that moves has at least one mailbox in this plan";
        let found = Diagnostic::new(Code::InventoryCell, span.clone(), message);
        bag.push(found.hint(format!("`{}` is a step of each mailbox", step.name)));
    }
}

/// A warning: nobody asks for the pool.
pub(in crate::scenario) fn pools_are_used(
    pools: &[Pool],
    steps: &[Step],
    names: &Names,
    bag: &mut Diagnostics,
) {
    let used = |at: usize| {
        steps.iter().flat_map(|step| &step.uses).any(|used| usize::from(used.pool.0) == at)
    };
    for (at, pool) in pools.iter().enumerate() {
        if !used(at) {
            let message = format!("no step uses the pool `{}`", pool.name);
            bag.error(Code::UnusedPool, names.pools.span(at), message);
        }
    }
}

/// A warning: undoing without any undo list.
pub(in crate::scenario) fn undo_has_lists(
    top: &Fields<'_>,
    steps: &[Step],
    fields: &[Option<Fields<'_>>],
    bag: &mut Diagnostics,
) {
    super::rolled_back_has_lists(top, steps, bag);
    let none = steps.iter().all(|step| step.undo.is_empty());
    for (step, fields) in steps.iter().zip(fields) {
        let Some(fields) = fields else { continue };
        if none && step.on_failure == OnFailure::Undo {
            let message =
                format!("`{}` undoes on failure, but no step has an `undo` list", step.name);
            bag.error(Code::NoUndo, fields.place("on-failure"), message);
        }
        if step.undo.is_empty() && step.undo_duration.is_some() {
            let message =
                format!("`{}` says how long its undo takes, but has no `undo` list", step.name);
            bag.error(Code::NoUndo, fields.place("undo-duration"), message);
        }
        if step.undo.is_empty() && step.when_cut == WhenCut::Undo {
            let message =
                format!("`{}` is undone when it is cut, but has no `undo` list", step.name);
            bag.error(Code::NoUndo, fields.place("when-cut"), message);
        }
    }
}
