//! What must hold beyond the shape of the file: one named function for each rule.

use std::ops::Range;

use super::dist_rules::support;
use super::names::Names;
use super::read::Fields;
use super::tree::Node;
use super::types::{
    Bend, Cond, Dist, Effect, FactId, Fault, FaultForm, Hazard, Kind, OnFailure, Pool, Scenario,
    Shape, Step, StepId, Tenants, Work, Write,
};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// E6: within a list a fact is written once, unless the `if`s exclude each other or all add.
pub(super) fn each_fact_is_written_once(
    effects: &[(Effect, Range<usize>)],
    names: &Names,
    bag: &mut Diagnostics,
) {
    for (i, (second, span)) in effects.iter().enumerate() {
        let clash = effects[..i].iter().find(|(first, _)| {
            let adds = first.write == Write::Add && second.write == Write::Add;
            first.fact == second.fact
                && !adds
                && !disjoint(first.condition.as_ref(), second.condition.as_ref())
        });
        if let Some((_, first)) = clash {
            let fact = &names.fact_list[usize::from(second.fact.0)].name;
            bag.push(
                Diagnostic::new(Code::WrittenTwice, span.clone(), format!("this list writes `{fact}` twice"))
                    .related(first.clone(), "here too")
                    .hint("the effects land together: give them `if`s that exclude each other, or keep one"),
            );
        }
    }
}

/// True if two conditions cannot both hold, as far as their parts show: one says `c`, the other
/// `not c`.
fn disjoint(a: Option<&Cond>, b: Option<&Cond>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return false;
    };
    let denies = |x: &Cond, y: &Cond| matches!(x, Cond::Not(inner) if **inner == *y);
    denies(a, b)
        || denies(b, a)
        || conjuncts(a)
            .iter()
            .any(|x| conjuncts(b).iter().any(|y| denies(x, y) || denies(y, x)))
}

fn conjuncts(cond: &Cond) -> Vec<&Cond> {
    match cond {
        Cond::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// E7: own and ancestors' facts; descendants' with `of = "members"`.
pub(super) fn effect_reaches_its_fact(
    fact: FactId,
    issuer: Kind,
    members: bool,
    target: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let kind = names.fact_kind(fact);
    let below = kind != issuer && kind.sees(issuer);
    let fits = if members { below } else { issuer.sees(kind) };
    if fits {
        return;
    }
    let name = &names.fact_list[usize::from(fact.0)].name;
    let (of, own) = (names.kind_name(kind), names.kind_name(issuer));
    let message = format!("`{name}` is a fact of each {of}, out of reach for a {own}");
    let found = Diagnostic::new(Code::Reach, target.span.clone(), message);
    bag.push(if below {
        found.hint("add of = \"members\" to write it for every one of them")
    } else if members {
        Diagnostic::new(
            Code::Reach,
            target.span.clone(),
            format!("`{name}` is no fact of the members of a {own}"),
        )
        .hint("leave `of` out")
    } else {
        found
    });
}

/// `add` needs a counter.
pub(super) fn add_counts(fact: FactId, target: &Node, names: &Names, bag: &mut Diagnostics) {
    let fact = &names.fact_list[usize::from(fact.0)];
    if fact.count.is_none() {
        let message = format!("`{}` is no counter, so nothing can be added", fact.name);
        bag.push(
            Diagnostic::new(Code::AddNeedsCounter, target.span.clone(), message)
                .hint("turn it `on`, or give the fact a `count`"),
        );
    }
}

/// E6: an `add` takes no `for`.
pub(super) fn add_has_no_lease(fields: &Fields<'_>, bag: &mut Diagnostics) {
    if fields.has("for") {
        bag.error(Code::AddLease, fields.place("for"), "`add` takes no `for`");
    }
}

/// No step waits for itself, not even through others. Reports every way back once.
pub(super) fn no_circle(
    steps: &[Step],
    place: &dyn Fn(StepId) -> Range<usize>,
    bag: &mut Diagnostics,
) {
    // 0: not seen, 1: on the path, 2: done.
    let mut marks = vec![0u8; steps.len()];
    for root in 0..steps.len() {
        if marks[root] != 0 {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        marks[root] = 1;
        while let Some((at, edge)) = path.last_mut() {
            let Some(next) = steps[*at].after.get(*edge) else {
                marks[*at] = 2;
                path.pop();
                continue;
            };
            *edge += 1;
            let (from, next) = (*at, usize::from(next.0));
            match marks[next] {
                0 => {
                    marks[next] = 1;
                    path.push((next, 0));
                }
                1 => circle(steps, &path, next, place(id(from)), bag),
                _ => {}
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a plan has at most 512 steps"
)]
fn id(at: usize) -> StepId {
    StepId(at as u16)
}

fn circle(
    steps: &[Step],
    path: &[(usize, usize)],
    back: usize,
    span: Range<usize>,
    bag: &mut Diagnostics,
) {
    let from = path.iter().position(|(at, _)| *at == back).unwrap_or(0);
    let mut names: Vec<&str> = path[from..]
        .iter()
        .rev()
        .map(|(at, _)| steps[*at].name.as_str())
        .collect();
    names.insert(0, &steps[back].name);
    let message = format!(
        "steps wait for each other in a circle: {}",
        names.join(" before ")
    );
    bag.push(
        Diagnostic::new(Code::Cycle, span, message)
            .hint("without `after`, a step waits for the previous one of the list; `after = []` waits for none"),
    );
}

/// `until` names a step of the same kind or of an ancestor, that can still end later.
pub(super) fn until_can_free(
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
        let message = format!(
            "a {own} cannot hold a slot until `{}`, a step of each {other}",
            last.name
        );
        bag.error(Code::Until, span, message);
    } else if taker != until && precedes(until, taker, steps) {
        let message = format!(
            "`{}` has ended before `{}` takes the slot",
            last.name, step.name
        );
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
pub(super) fn transfer_has_sizes(
    tenants: Option<&Tenants>,
    transfer: Range<usize>,
    bag: &mut Diagnostics,
) {
    if tenants.is_some_and(|tenants| tenants.mailbox_size.is_none()) {
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

/// `loses` names a fact that the step's at-end writes.
pub(super) fn lost_effect_exists(
    step: &Step,
    fact: FactId,
    node: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) {
    if step.at_end.iter().any(|effect| effect.fact == fact) {
        return;
    }
    let name = &names.fact_list[usize::from(fact.0)].name;
    let message = format!(
        "at the end of `{}` nothing is written to `{name}`",
        step.name
    );
    bag.error(Code::Loses, node.span.clone(), message);
}

/// A fault that states a chance must have one.
pub(super) fn fault_has_a_chance(fault: &Fault, fields: &Fields<'_>, bag: &mut Diagnostics) {
    if fault.chance.0 <= 0.0 {
        let message = format!("`{}` has no chance to strike", fault.name);
        bag.push(
            Diagnostic::new(Code::NeverStrikes, fields.place("chance"), message)
                .hint("leave the fault out, or give it a chance"),
        );
    }
}

/// A failure must come before the latest end of the attempt (design, faults: one later than the
/// attempt's end does not strike).
pub(super) fn failure_comes_in_time(
    faults: &[Fault],
    places: &[Range<usize>],
    scenario: &Scenario,
    bag: &mut Diagnostics,
) {
    for (fault, place) in faults.iter().zip(places) {
        let FaultForm::Attempt {
            step,
            bend: Bend::Fails { after: Some(after) },
        } = &fault.form
        else {
            continue;
        };
        let (earliest, _) = support(after);
        if longest_attempt(*step, scenario, faults).is_some_and(|longest| earliest > longest) {
            let name = &scenario.steps[usize::from(step.0)].name;
            let message = format!(
                "`{}` comes later than the longest attempt of `{name}`",
                fault.name
            );
            bag.error(Code::NeverStrikes, place.clone(), message);
        }
    }
}

/// The longest an attempt can last, in microseconds; `None`: no bound.
fn longest_attempt(step: StepId, scenario: &Scenario, faults: &[Fault]) -> Option<u64> {
    let timeout = scenario.steps[usize::from(step.0)]
        .timeout
        .map(|timeout| timeout.0);
    let mut longest = match &scenario.steps[usize::from(step.0)].work {
        Work::Instant => Some(0),
        Work::Lasts(dist) => support(dist).1,
        Work::Transfer { .. } => None,
    };
    for fault in faults {
        match &fault.form {
            FaultForm::Attempt {
                step: of,
                bend: Bend::Slow(dist),
            } if *of == step => {
                longest = longest.zip(support(dist).1).map(|(a, b)| a.max(b));
            }
            FaultForm::Attempt {
                step: of,
                bend: Bend::Hangs,
            } if *of == step => longest = None,
            _ => {}
        }
    }
    match (longest, timeout) {
        (Some(longest), Some(timeout)) => Some(longest.min(timeout)),
        (longest, timeout) => longest.or(timeout),
    }
}

/// The hazard that a permission implies: `access and not P`.
pub(super) fn derived_hazard(
    permission: FactId,
    span: Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Hazard> {
    let fact = &names.fact_list[usize::from(permission.0)];
    let Some(access) = names.facts.position("access") else {
        let message = format!(
            "`{}` is a permission, but there is no fact `access`",
            fact.name
        );
        bag.push(Diagnostic::new(Code::Access, span, message).hint("add [facts.access]"));
        return None;
    };
    let access_kind = names.fact_list[access].kind;
    let kind = if fact.name == "access" {
        let message = "`access` itself cannot be a permission with missing = \"open\"";
        bag.error(Code::Access, span, message);
        return None;
    } else if fact.kind.sees(access_kind) {
        fact.kind
    } else if access_kind.sees(fact.kind) {
        access_kind
    } else {
        let message = format!(
            "`access` and `{}` belong to kinds that have nothing to do with each other",
            fact.name
        );
        bag.push(
            Diagnostic::new(Code::Access, span, message)
                .related(names.facts.span(access), "`access`"),
        );
        return None;
    };
    let access = Cond::Fact(FactId(u16::try_from(access).ok()?));
    let missing = Cond::Not(Box::new(Cond::Fact(permission)));
    Some(Hazard {
        name: format!("{} missing", fact.name),
        kind,
        when: Cond::And(vec![access, missing]),
        shows: fact.shows.clone(),
        derived: Some(permission),
    })
}

/// A user gets in by `access`, so it must be a fact that the user has.
pub(super) fn user_has_access(
    kind: Kind,
    session: bool,
    span: Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let access = names
        .facts
        .position("access")
        .map(|at| names.fact_list[at].kind);
    let own = names.kind_name(kind);
    match access {
        None if !session => bag.push(
            Diagnostic::new(
                Code::Access,
                span,
                "a user without a session reads whenever `access` is open",
            )
            .hint("add [facts.access], or give the user a session"),
        ),
        Some(access) if !kind.sees(access) => {
            let of = names.kind_name(access);
            let message =
                format!("`access` is a fact of each {of}, which a user of a {own} cannot see");
            bag.error(Code::Access, span, message);
        }
        _ => {}
    }
}

/// Something that repeats needs time between its repetitions.
pub(super) fn repetition_takes_time(every: &Dist, node: &Node, bag: &mut Diagnostics) {
    if every.shape == Shape::Constant(0) {
        bag.error(
            Code::OutOfRange,
            node.span.clone(),
            "the time between two repetitions must be more than 0",
        );
    }
}

/// A warning: nobody asks for the pool.
pub(super) fn pools_are_used(pools: &[Pool], steps: &[Step], names: &Names, bag: &mut Diagnostics) {
    let used = |at: usize| {
        steps
            .iter()
            .flat_map(|step| &step.uses)
            .any(|used| usize::from(used.pool.0) == at)
    };
    for (at, pool) in pools.iter().enumerate() {
        if !used(at) {
            let message = format!("no step uses the pool `{}`", pool.name);
            bag.error(Code::UnusedPool, names.pools.span(at), message);
        }
    }
}

/// A warning: undoing without any undo list.
pub(super) fn undo_has_lists(steps: &[Step], fields: &[Option<Fields<'_>>], bag: &mut Diagnostics) {
    let none = steps.iter().all(|step| step.undo.is_empty());
    for (step, fields) in steps.iter().zip(fields) {
        let Some(fields) = fields else { continue };
        if none && step.on_failure == OnFailure::Undo {
            let message = format!(
                "`{}` undoes on failure, but no step has an `undo` list",
                step.name
            );
            bag.error(Code::NoUndo, fields.place("on-failure"), message);
        }
        if step.undo.is_empty() && step.undo_duration.is_some() {
            let message = format!(
                "`{}` says how long its undo takes, but has no `undo` list",
                step.name
            );
            bag.error(Code::NoUndo, fields.place("undo-duration"), message);
        }
    }
}
