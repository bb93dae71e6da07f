//! What was exercised in any run, and what in none: a fault that can never strike, a condition that
//! is always true, a step that nobody reaches is mostly a mistake of the scenario.

use std::collections::BTreeSet;

use crate::kernel::Setup;
use crate::model::{Entity, Failure, Happening, Outcome, State, Timer, TimerKind};
use crate::plan::{Cond, EffectPlan, KindId, Plan, SiteForm, SiteId, StepPlan};
use crate::scenario::OnFailure;

/// Something that can be exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// A step is attempted.
    Step(u16),
    /// A fault strikes.
    Fault(u16),
    /// A reaction fires.
    Reaction(u16),
    /// A user with sessions connects.
    Connects(u16),
    /// The effects of a list are issued.
    Effects(u16, List),
    /// An effect with a chance lands, or does not.
    Chance(SiteId, bool),
    /// The `when` of a step is false: it is skipped.
    When(u16),
    /// Its `done-if` is true.
    DoneIf(u16),
    /// Its `holds` breaks.
    Holds(u16),
    /// Its attempt runs into the timeout.
    Timeout(u16),
    /// A failed attempt is tried again.
    Retry(u16),
    /// It fails for good.
    Fails(u16),
    /// A goal is judged.
    Goal(u16),
    /// The `if` of an effect is true, or false: of a step's list, by number of the effect.
    If(u16, List, u16, bool),
    /// The same of a reaction or a free-standing fault, by index of the act.
    ActIf(u16, u16, bool),
}

/// A list of effects of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// `at-start`.
    AtStart,
    /// `at-end`.
    AtEnd,
    /// `at-fail`.
    AtFail,
    /// `undo`.
    Undo,
}

/// The probes of a plan that were met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    chances: Vec<bool>,
    met: BTreeSet<Probe>,
}

impl Coverage {
    /// Nothing is met yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Coverage {
        let chances = plan.sites.iter().map(|site| matches!(site.form, SiteForm::Chance(_)));
        Coverage { chances: chances.collect(), met: BTreeSet::new() }
    }

    pub(super) fn decided(&mut self, site: SiteId, value: u64) {
        if self.chances[site.index()] {
            self.met.insert(Probe::Chance(site, value == 1));
        }
    }

    pub(super) fn note(&mut self, happening: &Happening) {
        let (first, second) = match *happening {
            Happening::Attempt { step, .. } => (Probe::Step(step), None),
            Happening::Struck { fault, .. } => (Probe::Fault(fault), None),
            Happening::Reacted { reaction, .. } => (Probe::Reaction(reaction), None),
            Happening::Session { user, open: true, .. } => (Probe::Connects(user), None),
            Happening::AttemptEnded { step, .. } => (Probe::Effects(step, List::AtEnd), None),
            Happening::AttemptFailed { step, why, retried, .. } => {
                if retried {
                    self.met.insert(Probe::Retry(step));
                }
                let why = match why {
                    Failure::Timeout => Some(Probe::Timeout(step)),
                    Failure::Holds => Some(Probe::Holds(step)),
                    Failure::Fault(_) => None,
                };
                (Probe::Effects(step, List::AtFail), why)
            }
            Happening::StepEnded { step, outcome: Outcome::Skipped, .. } => {
                (Probe::When(step), None)
            }
            Happening::StepEnded { step, outcome: Outcome::Done, .. } => {
                (Probe::DoneIf(step), None)
            }
            Happening::StepEnded { step, outcome: Outcome::Failed, .. } => {
                (Probe::Fails(step), None)
            }
            Happening::StepEnded { step, .. } => (Probe::Effects(step, List::AtEnd), None),
            Happening::Undone { step, .. } => (Probe::Effects(step, List::Undo), None),
            Happening::Goal { goal, .. } => (Probe::Goal(goal), None),
            _ => return,
        };
        self.met.insert(first);
        self.met.extend(second);
    }

    /// The conditions of the effects that this timer may issue, as they are before it fires: they
    /// are decided at issue (E1), before anything that is issued with them has landed.
    pub(super) fn conditions(&self, setup: &Setup, state: &State, timer: Timer) -> Vec<Probe> {
        let plan = setup.plan();
        let mut found = Vec::new();
        let mut look = |effects: &[EffectPlan], of: &dyn Fn(u16, bool) -> Probe| {
            let conditional = (0u16..).zip(effects).filter(|(_, effect)| effect.is_conditional());
            for (number, effect) in conditional {
                let mut ask = |kind: KindId, entity: Entity| {
                    let holds = setup.rules.holds(state, &effect.condition, kind, entity);
                    found.push(of(number, holds));
                };
                let own = setup.world().kind(timer.entity);
                if effect.members {
                    let kind = plan.facts[usize::from(effect.fact)].kind;
                    setup.world().descendants(own, timer.entity, kind, &mut |each| ask(kind, each));
                } else {
                    ask(own, timer.entity);
                }
            }
        };
        let which = timer.which;
        if timer.kind == TimerKind::Act {
            look(&plan.acts[usize::from(which)].does, &|number, holds| {
                Probe::ActIf(which, number, holds)
            });
        }
        let list = match timer.kind {
            TimerKind::Start => List::AtStart,
            TimerKind::End => List::AtEnd,
            TimerKind::Broken | TimerKind::Timeout | TimerKind::Fail => List::AtFail,
            TimerKind::Undo => List::Undo,
            _ => return found,
        };
        let bent = |fault: u16| plan.faults[usize::from(fault)].bend.as_ref().map(|bend| bend.0);
        let step = if timer.kind == TimerKind::Fail { bent(which) } else { Some(which) };
        if let Some(step) = step {
            let effects = plan.steps[usize::from(step)].list(list);
            look(effects, &|number, holds| Probe::If(step, list, number, holds));
        }
        found
    }

    /// A timer fired: what it asked was asked.
    pub(super) fn asked(&mut self, conditions: Vec<Probe>) {
        self.met.extend(conditions);
    }

    /// Adds what another run met.
    pub fn add(&mut self, other: &Coverage) {
        for probe in &other.met {
            if !self.met.contains(probe) {
                self.met.insert(*probe);
            }
        }
    }

    /// The probes of a plan that no run met, in plan order.
    #[must_use]
    pub fn missed(&self, plan: &Plan) -> Vec<Probe> {
        probes(plan).into_iter().filter(|probe| !self.met.contains(probe)).collect()
    }

    /// Number of probes met and of all.
    #[must_use]
    pub fn count(&self, plan: &Plan) -> (usize, usize) {
        let all = probes(plan);
        (all.iter().filter(|probe| self.met.contains(probe)).count(), all.len())
    }
}

impl StepPlan {
    fn list(&self, list: List) -> &[EffectPlan] {
        match list {
            List::AtStart => &self.at_start,
            List::AtEnd => &self.at_end,
            List::AtFail => &self.at_fail,
            List::Undo => &self.undo,
        }
    }
}

impl EffectPlan {
    fn is_conditional(&self) -> bool {
        !matches!(self.condition, Cond::Const(_))
    }
}

/// The effects of a list that have an `if`, by number.
fn conditional(effects: &[EffectPlan]) -> Vec<u16> {
    let numbered = (0u16..).zip(effects);
    numbered.filter(|(_, effect)| effect.is_conditional()).map(|(number, _)| number).collect()
}

/// Everything in a plan that can be exercised.
fn probes(plan: &Plan) -> Vec<Probe> {
    let mut probes = Vec::new();
    let chances = |effects: &[EffectPlan], probes: &mut Vec<Probe>| {
        for site in effects.iter().filter_map(|effect| effect.chance) {
            probes.extend([Probe::Chance(site, true), Probe::Chance(site, false)]);
        }
    };
    for (index, step) in (0u16..).zip(&plan.steps) {
        let mut add = |exists: bool, probe: Probe| probes.extend(exists.then_some(probe));
        add(true, Probe::Step(index));
        add(!step.at_end.is_empty(), Probe::Effects(index, List::AtEnd));
        add(!step.at_fail.is_empty(), Probe::Effects(index, List::AtFail));
        add(!step.undo.is_empty(), Probe::Effects(index, List::Undo));
        add(step.when.is_some(), Probe::When(index));
        add(step.done_if.is_some(), Probe::DoneIf(index));
        add(step.holds.is_some(), Probe::Holds(index));
        add(step.timeout.is_some(), Probe::Timeout(index));
        add(step.retries > 0, Probe::Retry(index));
        add(step.on_failure != OnFailure::Stop, Probe::Fails(index));
        for list in [List::AtStart, List::AtEnd, List::AtFail, List::Undo] {
            let effects = step.list(list);
            chances(effects, &mut probes);
            for number in conditional(effects) {
                probes.extend([true, false].map(|holds| Probe::If(index, list, number, holds)));
            }
        }
    }
    let count = |length: usize| 0..u16::try_from(length).expect("lists are short");
    probes.extend(count(plan.faults.len()).map(Probe::Fault));
    probes.extend(count(plan.scenario.reactions.len()).map(Probe::Reaction));
    for (index, act) in (0u16..).zip(&plan.acts) {
        chances(&act.does, &mut probes);
        for number in conditional(&act.does) {
            probes.extend([true, false].map(|holds| Probe::ActIf(index, number, holds)));
        }
    }
    probes.extend(count(plan.users.len()).map(Probe::Connects));
    probes.extend(count(plan.goals.len()).map(Probe::Goal));
    probes
}
