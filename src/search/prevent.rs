//! What would have prevented a finding: single changes of the scenario's own knobs, each tried.
//!
//! The list is short and fixed: a longer lease, none at all; waiting for the permissions before
//! access is given; sessions that end with access; one reaction less; the orchestrator's journal;
//! one tenant at a time; joins that wait for stopped members, too; late landings that are dropped.
//! A change counts if the schedule is harmless under it, the nominal run stays so, and the plan
//! still comes to its end where it did before.

use crate::kernel::Setup;
use crate::scenario::{Cond, Dist, Effect, FactId, Join, Journal, Missing, Scenario, Shape, Write};
use crate::search::drive::{Limits, Trace, drive};
use crate::search::forced::{Forced, Forcing};
use crate::search::scope::Scope;
use crate::units::Span;

/// A change of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knob {
    /// The lease on a fact, set by a step, lasts at least so long.
    LongerLease {
        /// By index.
        step: u16,
        /// By index.
        fact: u16,
        /// The least of the lengths tried that is enough.
        least: Span,
    },
    /// The same without a lease.
    NoLease {
        /// By index.
        step: u16,
        /// By index.
        fact: u16,
    },
    /// A step that gives access waits for the permissions, and keeps to them while it runs.
    Needs {
        /// By index.
        step: u16,
    },
    /// A user's sessions end when access does.
    SessionsEnd {
        /// By index in the scenario.
        user: u16,
    },
    /// A reaction is left out.
    Without {
        /// By index in the scenario.
        reaction: u16,
    },
    /// A reaction fires only while the permissions are there.
    ReactionAsks {
        /// By index in the scenario.
        reaction: u16,
    },
    /// The orchestrator keeps a journal.
    Journal,
    /// One tenant at a time.
    OneAtATime,
    /// A step waits for stopped members, too.
    JoinAll {
        /// By index.
        step: u16,
    },
    /// No landing of a step overrides a later write.
    NotLate {
        /// By index.
        step: u16,
    },
}

/// The changes that make a schedule harmless, in the order of the list.
#[must_use]
pub fn prevented(scope: &Scope, forcing: &Forcing, limits: Limits) -> Vec<Knob> {
    let scenario = &scope.setup.plan().scenario;
    let finishes = run(&scope.setup, forcing, limits).finished;
    let harmless = |changed: Scenario| {
        let setup = scope.again(changed);
        let (there, nominal) =
            (run(&setup, forcing, limits), run(&setup, &Forcing::default(), limits));
        there.found.is_empty()
            && nominal.found.is_empty()
            && nominal.finished
            && (there.finished || !finishes)
    };
    let mut knobs = leases(scenario, &harmless);
    let others = conditions(scenario).into_iter().chain(rest(scenario));
    knobs.extend(others.filter(|(_, changed)| harmless(changed.clone())).map(|(knob, _)| knob));
    knobs
}

fn run(setup: &Setup, forcing: &Forcing, limits: Limits) -> Trace {
    drive(setup, &mut Forced(forcing), limits, false)
}

fn index(index: usize) -> u16 {
    u16::try_from(index).expect("lists of a scenario are short")
}

/// Leases on effects of steps: the least doubling that is enough, and none at all.
fn leases(scenario: &Scenario, harmless: &dyn Fn(Scenario) -> bool) -> Vec<Knob> {
    const DOUBLINGS: u32 = 6;
    let mut knobs = Vec::new();
    for (number, step) in scenario.steps.iter().enumerate() {
        for (list, place, effect) in effects(step) {
            let Some(lease) = &effect.lasts else { continue };
            let high = crate::plan::Law::compile(lease).quantile(1.0);
            let (step, fact) = (index(number), effect.fact.0);
            let with = |lasts: Option<u64>| {
                let mut changed = scenario.clone();
                let steps = &mut changed.steps[number];
                let effects = match list {
                    0 => &mut steps.at_start,
                    1 => &mut steps.at_end,
                    _ => &mut steps.at_fail,
                };
                effects[place].lasts = lasts.map(constant);
                changed
            };
            let longer = (1..=DOUBLINGS).map(|times| high.saturating_mul(1 << times));
            if let Some(least) = longer.into_iter().find(|&lease| harmless(with(Some(lease)))) {
                knobs.push(Knob::LongerLease { step, fact, least: Span(least) });
            }
            if harmless(with(None)) {
                knobs.push(Knob::NoLease { step, fact });
            }
        }
    }
    knobs
}

/// A lease of one length.
fn constant(value: u64) -> Dist {
    Dist { shape: Shape::Constant(value), between: None }
}

fn effects(step: &crate::scenario::Step) -> Vec<(u8, usize, &Effect)> {
    let lists = [&step.at_start, &step.at_end, &step.at_fail];
    let all = lists.into_iter().zip(0u8..).flat_map(|(effects, list)| {
        effects.iter().enumerate().map(move |(place, effect)| (list, place, effect))
    });
    all.collect()
}

/// The permissions that expose when they are missing, of the tenant or above.
fn permissions(scenario: &Scenario, kind: crate::scenario::Kind) -> Option<Cond> {
    let of =
        |fact: &&crate::scenario::Fact| fact.missing == Some(Missing::Open) && fact.kind == kind;
    let facts = scenario.facts.iter().enumerate().filter(|(_, fact)| of(fact));
    let mut conds: Vec<Cond> = facts.map(|(number, _)| Cond::Fact(FactId(index(number)))).collect();
    match conds.len() {
        0 => None,
        1 => conds.pop(),
        _ => Some(Cond::And(conds)),
    }
}

fn both(one: Option<&Cond>, two: &Cond) -> Cond {
    match one {
        Some(one) => Cond::And(vec![one.clone(), two.clone()]),
        None => two.clone(),
    }
}

/// Whoever gives access asks for the permissions first.
fn conditions(scenario: &Scenario) -> Vec<(Knob, Scenario)> {
    let mut all = Vec::new();
    let access = scenario.facts.iter().position(|fact| fact.name == "access");
    let Some(access) = access.map(index) else { return all };
    let opens = |effects: &[Effect]| {
        effects.iter().any(|effect| effect.fact.0 == access && effect.write == Write::On)
    };
    for (number, step) in scenario.steps.iter().enumerate() {
        let Some(asked) = permissions(scenario, step.kind) else { continue };
        if opens(&step.at_start) || opens(&step.at_end) {
            let mut changed = scenario.clone();
            let step = &mut changed.steps[number];
            step.needs = Some(both(step.needs.as_ref(), &asked));
            step.holds = Some(both(step.holds.as_ref(), &asked));
            all.push((Knob::Needs { step: index(number) }, changed));
        }
    }
    for (number, reaction) in scenario.reactions.iter().enumerate() {
        let Some(asked) = permissions(scenario, reaction.kind) else { continue };
        let forces =
            reaction.act.forces.as_ref().is_some_and(|force| force.fact.0 == access && force.on);
        if opens(&reaction.act.does) || forces {
            let mut changed = scenario.clone();
            let act = &mut changed.reactions[number].act;
            act.condition = Some(both(act.condition.as_ref(), &asked));
            all.push((Knob::ReactionAsks { reaction: index(number) }, changed));
        }
    }
    for (number, user) in scenario.users.iter().enumerate() {
        let Some(session) = &user.session else { continue };
        let gone = Cond::Not(Box::new(Cond::Fact(FactId(access))));
        let ends = match &session.ends_when {
            Some(cond) => Cond::Or(vec![cond.clone(), gone]),
            None => gone,
        };
        let mut changed = scenario.clone();
        changed.users[number].session.as_mut().expect("it has one").ends_when = Some(ends);
        all.push((Knob::SessionsEnd { user: index(number) }, changed));
    }
    all
}

fn rest(scenario: &Scenario) -> Vec<(Knob, Scenario)> {
    let mut all = Vec::new();
    let mut with = |knob: Knob, change: &dyn Fn(&mut Scenario)| {
        let mut changed = scenario.clone();
        change(&mut changed);
        all.push((knob, changed));
    };
    for number in 0..scenario.reactions.len() {
        with(Knob::Without { reaction: index(number) }, &|changed| {
            changed.reactions[number].act.condition = Some(Cond::Const(false));
        });
    }
    if scenario.rollout.journal == Journal::None && scenario.crashes() {
        with(Knob::Journal, &|changed| changed.rollout.journal = Journal::Step);
    }
    if scenario.tenants.count > 1 && scenario.rollout.at_once != Some(1) {
        with(Knob::OneAtATime, &|changed| changed.rollout.at_once = Some(1));
    }
    for (number, step) in scenario.steps.iter().enumerate() {
        if step.join == Join::Running {
            with(Knob::JoinAll { step: index(number) }, &|changed| {
                changed.steps[number].join = Join::All;
            });
        }
        if effects(step).iter().any(|(_, _, effect)| effect.late) {
            with(Knob::NotLate { step: index(number) }, &|changed| {
                let step = &mut changed.steps[number];
                for effects in [&mut step.at_start, &mut step.at_end, &mut step.at_fail] {
                    effects.iter_mut().for_each(|effect| effect.late = false);
                }
            });
        }
    }
    all
}
