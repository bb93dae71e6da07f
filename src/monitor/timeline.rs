//! The story of one tenant in one run.

use crate::kernel::{Monitor, Sim};
use crate::model::{Entity, Happening, Timer};
use crate::units::Instant;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Instant,
    /// What.
    pub what: Happening,
}

/// Keeps what happens to one tenant, its mailboxes, its groups and the rollout.
#[derive(Clone, Debug)]
pub struct Timeline {
    tenant: Entity,
    /// In order.
    pub moments: Vec<Moment>,
}

impl Timeline {
    /// Watches a tenant.
    #[must_use]
    pub fn new(tenant: Entity) -> Timeline {
        Timeline { tenant, moments: Vec::new() }
    }
}

impl Monitor for Timeline {
    fn event(&mut self, sim: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        for &what in happenings {
            let Some(entity) = whose(&what) else { continue };
            let (plan, world) = (&sim.rules().plan, &sim.rules().world);
            let (kind, tenant) = (world.kind(entity), plan.tenant());
            let mine = if plan.sees(kind, tenant) {
                world.ancestor(kind, entity, tenant) == self.tenant
            } else {
                world.ancestor(tenant, self.tenant, kind) == entity
            };
            if mine {
                self.moments.push(Moment { at: sim.now(), what });
            }
        }
    }
}

/// Whom a happening concerns; slots concern nobody.
fn whose(happening: &Happening) -> Option<Entity> {
    match *happening {
        Happening::TenantStarted(entity)
        | Happening::TenantEnded(entity)
        | Happening::RolledBack(entity)
        | Happening::Stopped { entity, .. }
        | Happening::Blocked { entity, .. }
        | Happening::Queued { entity, .. }
        | Happening::Withdrawn { entity, .. }
        | Happening::Admitted { entity, .. }
        | Happening::Attempt { entity, .. }
        | Happening::AttemptEnded { entity, .. }
        | Happening::AttemptFailed { entity, .. }
        | Happening::StepEnded { entity, .. }
        | Happening::Struck { entity, .. }
        | Happening::Reacted { entity, .. }
        | Happening::Changed { entity, .. }
        | Happening::Hazard { entity, .. }
        | Happening::Session { entity, .. }
        | Happening::Goal { entity, .. }
        | Happening::Undone { entity, .. }
        | Happening::RollbackFailed { entity, .. }
        | Happening::Crashed { entity, .. }
        | Happening::Restarted { entity, .. }
        | Happening::Cut { entity, .. }
        | Happening::Orphaned { entity, .. }
        | Happening::WaveStarted(entity)
        | Happening::WaveEnded(entity) => Some(entity),
        // Whatever halts the rollout, it concerns everybody.
        Happening::Halted { .. } | Happening::Resumed { .. } => Some(Entity(0)),
        Happening::Slots { .. } => None,
    }
}
