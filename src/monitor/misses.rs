//! Goals that did not hold at their deadline, each with what stood in their way.

use crate::kernel::{Monitor, Sim};
use crate::model::{Entity, Happening, Phase, Timer};
use crate::monitor::windows::{Struck, in_phase};
use crate::units::Instant;

/// A goal missed, and what its tenant was at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// By index in the plan.
    pub goal: u16,
    /// For whom.
    pub entity: Entity,
    /// The deadline.
    pub at: Instant,
    /// Steps of the tenant, its mailboxes and its groups under way then.
    pub running: Vec<u16>,
    /// Those that wait for pools, or for what they need.
    pub waiting: Vec<u16>,
    /// Those that have failed.
    pub failed: Vec<u16>,
    /// Faults that had struck the tenant, its mailboxes, its groups or the rollout; ordinary
    /// misbehaviour (`cost = 0`) left out.
    pub faults: Vec<u16>,
}

/// The monitor that collects them. The model judges (`model`, "goal"); this only looks around.
#[derive(Clone, Debug, Default)]
pub struct Misses {
    /// In order.
    pub list: Vec<Miss>,
    struck: Struck,
}

impl Monitor for Misses {
    fn event(&mut self, sim: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        for happening in happenings {
            self.struck.note(sim, happening);
            let Happening::Goal { goal, entity, met: false } = *happening else { continue };
            let kind = sim.rules().world.kind(entity);
            let steps = |is: &dyn Fn(Phase) -> bool| in_phase(sim, kind, entity, is);
            self.list.push(Miss {
                goal,
                entity,
                at: sim.now(),
                running: steps(&|phase| {
                    matches!(phase, Phase::Starting | Phase::Running | Phase::RetryWait)
                }),
                waiting: steps(&|phase| matches!(phase, Phase::Waiting | Phase::Queued)),
                failed: steps(&|phase| phase == Phase::Failed),
                faults: self.struck.concerning(sim, kind, entity),
            });
        }
    }

    fn follows_all(&self) -> bool {
        false
    }
}
