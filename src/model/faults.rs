//! Faults on attempts: which strike at the start, and what they do to the end.

use crate::model::rules::Turn;
use crate::model::state::flag;
use crate::model::steps::At;
use crate::model::world::Entity;
use crate::model::{Choice, Clock, Delay, Failure, Happening, Timer, TimerKind};
use crate::plan::{BendPlan, SiteId, StepPlan};

/// Which faults strike one attempt, decided at its start.
#[derive(Clone, Copy, Default)]
pub(super) struct Strikes {
    pub(super) skips: bool,
    pub(super) hangs: bool,
    pub(super) slow: Option<SiteId>,
}

impl<'a, C: Clock> Turn<'a, C> {
    /// Asks for every fault on the step whether it strikes this attempt.
    pub(super) fn strike(
        &mut self,
        plan: &StepPlan,
        entity: Entity,
        row: usize,
        number: u32,
        stamp: u32,
    ) -> Strikes {
        let mut strikes = Strikes::default();
        let mut failing = Vec::new();
        for &fault in &plan.faults {
            let chance = self.plan.faults[usize::from(fault)].chance;
            let choice = |site| Choice { site, entity, occurrence: number };
            if !chance.is_none_or(|site| self.clock.decide(choice(site))) {
                continue;
            }
            let (_, bend) = self.plan.faults[usize::from(fault)].bend.expect("it bends a step");
            match bend {
                BendPlan::Slow(site) => strikes.slow = Some(site),
                BendPlan::Hangs => strikes.hangs = true,
                BendPlan::Skips => strikes.skips = true,
                BendPlan::Fails(Some(site)) => failing.push((fault, choice(site))),
                BendPlan::Fails(None) | BendPlan::Loses(_) | BendPlan::Repeats => {}
            }
            if matches!(bend, BendPlan::Slow(_) | BendPlan::Hangs | BendPlan::Skips) {
                self.clock.note(Happening::Struck { fault, entity });
            }
            self.state.bent.entry(row).or_default().push(fault);
            self.state.instances[row].flags |= flag::BENT;
        }
        if !strikes.skips {
            // Armed before the end, so that a failure at the very end strikes (design, section 2).
            for (fault, choice) in failing {
                let timer = Timer { kind: TimerKind::Fail, which: fault, entity, stamp };
                self.clock.arm(timer, Delay::At(choice));
            }
        }
        strikes
    }

    /// Faults that bend the running attempt, now forgotten.
    pub(super) fn unbend(&mut self, row: usize) -> Vec<u16> {
        self.state.instances[row].flags &= !flag::BENT;
        self.state.bent.remove(&row).unwrap_or_default()
    }

    pub(super) fn bend(&self, fault: u16) -> BendPlan {
        self.plan.faults[usize::from(fault)].bend.expect("it bends a step").1
    }

    /// A bent attempt reaches its end: it may fail there, lose effects, or be repeated.
    pub(super) fn end_bent_attempt(&mut self, at: At<'a>) {
        let At { step, entity, row, .. } = at;
        let bent = self.unbend(row);
        if bent.iter().any(|&fault| self.bend(fault) == BendPlan::Skips) {
            // Nothing ran, so nothing else can go wrong with it.
            self.leave(at);
            return self.succeed(at, false);
        }
        let fails = bent.iter().find(|&&fault| self.bend(fault) == BendPlan::Fails(None));
        if let Some(&fault) = fails {
            self.clock.note(Happening::Struck { fault, entity });
            return self.fail(step, entity, Failure::Fault(fault));
        }
        let number = self.leave(at);
        let repeated = self.state.instances[row].flags & flag::REPEATED != 0;
        let (mut lost, mut again) = (Vec::new(), false);
        for &fault in &bent {
            match self.bend(fault) {
                BendPlan::Loses(fact) => lost.push(fact),
                BendPlan::Repeats if !repeated => again = true,
                _ => continue,
            }
            self.clock.note(Happening::Struck { fault, entity });
        }
        self.issue(&at.plan.at_end, at.plan.kind, entity, number, &lost);
        self.succeed(at, again);
    }

    pub(super) fn fail_by_fault(&mut self, fault: u16, entity: Entity) {
        let (step, _) = self.plan.faults[usize::from(fault)].bend.expect("it bends a step");
        self.clock.note(Happening::Struck { fault, entity });
        self.fail_attempt(step, entity, Failure::Fault(fault));
    }
}
