//! Which events race: what each kind of event may write and read, worked out from the plan once.

use crate::kernel::Setup;
use crate::model::{Timer, TimerKind};
use crate::plan::{Cond, EffectPlan, Plan};

/// Facts that a class of events writes and reads, by fact.
#[derive(Clone, Debug, Default)]
struct Footprint {
    writes: Vec<bool>,
    reads: Vec<bool>,
}

/// The footprints of a plan.
#[derive(Clone, Debug)]
pub struct Races {
    steps: Vec<Footprint>,
    acts: Vec<Footprint>,
    users: Vec<Footprint>,
    facts: Vec<Footprint>,
}

impl Races {
    /// Works out what events of a plan touch.
    #[must_use]
    pub fn new(plan: &Plan) -> Races {
        let empty = || {
            let none = vec![false; plan.facts.len()];
            Footprint { writes: none.clone(), reads: none }
        };
        let step = |step: &crate::plan::StepPlan| {
            let mut print = empty();
            for effects in [&step.at_start, &step.at_end, &step.at_fail, &step.undo] {
                write(plan, effects, &mut print);
            }
            let conds = [&step.when, &step.done_if, &step.needs, &step.holds];
            conds.into_iter().flatten().for_each(|cond| read(plan, cond, &mut print));
            print
        };
        let act = |act: &crate::plan::ActPlan| {
            let mut print = empty();
            write(plan, &act.does, &mut print);
            if let Some((fact, ..)) = act.forces {
                print.writes[usize::from(fact)] = true;
            }
            read(plan, &act.condition, &mut print);
            print
        };
        let user = |user: &crate::plan::UserPlan| {
            let mut print = empty();
            read(plan, &user.connects, &mut print);
            read(plan, &user.ends_when, &mut print);
            for &fact in &user.keeps {
                print.reads[usize::from(fact)] = true;
            }
            print
        };
        let fact = |index: usize| {
            let mut print = empty();
            print.writes[index] = true;
            print
        };
        Races {
            steps: plan.steps.iter().map(step).collect(),
            acts: plan.acts.iter().map(act).collect(),
            users: plan.users.iter().map(user).collect(),
            facts: (0..plan.facts.len()).map(fact).collect(),
        }
    }

    fn print(&self, plan: &Plan, timer: &Timer) -> Option<&Footprint> {
        let which = usize::from(timer.which);
        match timer.kind {
            TimerKind::Act | TimerKind::Restart => self.acts.get(which),
            TimerKind::Connect | TimerKind::Disconnect => self.users.get(which),
            TimerKind::Landing | TimerKind::Expiry | TimerKind::Unforce => self.facts.get(which),
            TimerKind::Fail | TimerKind::UndoFail => {
                let fault = &plan.faults[which];
                let (step, _) = fault.bend.or(fault.undo_bend)?;
                self.steps.get(usize::from(step))
            }
            TimerKind::Pace
            | TimerKind::Restore
            | TimerKind::Unslow
            | TimerKind::Calendar
            | TimerKind::Date
            | TimerKind::Goal => None,
            _ => self.steps.get(which),
        }
    }

    /// Whether the order of two events may matter.
    #[must_use]
    pub fn race(&self, setup: &Setup, a: &Timer, b: &Timer) -> bool {
        let (plan, world) = (setup.plan(), setup.world());
        let (Some(one), Some(two)) = (self.print(plan, a), self.print(plan, b)) else {
            // Slots, links and starts: whoever waits for them is not known here.
            return true;
        };
        let (kind, other) = (world.kind(a.entity), world.kind(b.entity));
        let tenant = plan.tenant();
        let apart = plan.sees(kind, tenant)
            && plan.sees(other, tenant)
            && world.ancestor(kind, a.entity, tenant) != world.ancestor(other, b.entity, tenant);
        let touch = |a: &Footprint, b: &Footprint| {
            let other = b.reads.iter().zip(&b.writes).map(|(read, write)| read | write);
            a.writes.iter().zip(other).any(|(write, touched)| *write && touched)
        };
        let shared = || plan.facts.iter().any(|fact| fact.kind < tenant);
        (!apart || shared()) && (touch(one, two) || touch(two, one))
    }
}

fn write(plan: &Plan, effects: &[EffectPlan], print: &mut Footprint) {
    for effect in effects {
        print.writes[usize::from(effect.fact)] = true;
        read(plan, &effect.condition, print);
    }
}

fn read(plan: &Plan, cond: &Cond, print: &mut Footprint) {
    let mut counted = Vec::new();
    let mut mark = |level, mask: u64| {
        for (fact, read) in plan.facts.iter().zip(&mut print.reads) {
            *read |= fact.kind == level && mask >> fact.bit & 1 == 1;
        }
    };
    cond.visit(&mut mark, &mut |quantifier| counted.push(quantifier));
    for quantifier in counted {
        let inner = &plan.quantifiers[usize::from(quantifier)].cond;
        inner.visit(&mut mark, &mut |_| {});
    }
}
