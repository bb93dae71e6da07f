//! Who could read, and whose data (design, section 2: viewers and exposed are two counts).

use std::collections::BTreeSet;

use serde::Serialize;

use crate::kernel::Sim;
use crate::model::World;
use crate::monitor::{Outcome, Window};
use crate::plan::{KindId, Plan};
use crate::scenario::Whose;
use crate::units::Instant;

/// A number of tenants or records known up to bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// On the new system by then: moved before the run, or ended in it.
    pub min: u64,
    /// All that the hazard shows.
    pub max: u64,
}

/// Who could read what in one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    /// Tenants with a window of their own, by index.
    pub with_window: BTreeSet<u32>,
    /// Tenants somebody of whom could read in one.
    pub viewers: BTreeSet<u32>,
    /// Tenants whose data could be read.
    pub exposed: Exposed,
    /// Their mailboxes, as an approximate number of records.
    pub records: Exposed,
}

/// A set of tenants that grows by single tenants and by "all others".
#[derive(Clone, Debug, Default)]
struct Tenants {
    all_but: Option<BTreeSet<u32>>,
    listed: BTreeSet<u32>,
}

impl Tenants {
    fn add_all_but(&mut self, viewer: u32) {
        match &mut self.all_but {
            None => self.all_but = Some(BTreeSet::from([viewer])),
            Some(but) if but.contains(&viewer) => {}
            // Two viewers see each other, too.
            Some(but) => but.clear(),
        }
    }

    fn contains(&self, tenant: u32) -> bool {
        self.all_but.as_ref().is_some_and(|but| !but.contains(&tenant))
            || self.listed.contains(&tenant)
    }

    fn is_empty(&self) -> bool {
        self.all_but.is_none() && self.listed.is_empty()
    }
}

impl Exposure {
    /// Who could read what in a run.
    #[must_use]
    pub fn of(sim: &Sim, outcome: &Outcome) -> Exposure {
        let (plan, world) = (&sim.rules().plan, &sim.rules().world);
        let mut exposure = Exposure::default();
        let mut shown = Tenants::default();
        let mut last = Instant(0);
        for window in &outcome.windows {
            each_tenant(plan, world, window, &mut |tenant| {
                exposure.with_window.insert(tenant);
                if readable(plan, window) {
                    exposure.viewers.insert(tenant);
                    show(plan, world, window, tenant, &mut shown);
                    last = last.max(window.to);
                }
            });
        }
        (exposure.exposed, exposure.records) = count(plan, world, outcome, &shown, last);
        exposure
    }

    /// Whose data one window shows to whoever has it: tenants and records.
    #[must_use]
    pub fn of_window(sim: &Sim, outcome: &Outcome, window: &Window) -> (Exposed, Exposed) {
        let (plan, world) = (&sim.rules().plan, &sim.rules().world);
        let mut shown = Tenants::default();
        each_tenant(plan, world, window, &mut |tenant| {
            show(plan, world, window, tenant, &mut shown);
        });
        count(plan, world, outcome, &shown, window.to)
    }
}

/// True if somebody can read inside the window: it is a session's, or there is a user that needs
/// none; a scenario without users counts every window.
fn readable(plan: &Plan, window: &Window) -> bool {
    let users = &plan.scenario.users;
    window.user.is_some() || users.is_empty() || users.iter().any(|user| user.session.is_none())
}

/// The tenants whose people have a window: its own, or those of its group or of the rollout.
pub(super) fn each_tenant(plan: &Plan, world: &World, window: &Window, f: &mut dyn FnMut(u32)) {
    let tenant = plan.tenant();
    match window.tenant {
        Some(index) => f(index),
        None => {
            let kind: KindId = world.kind(window.entity);
            world.descendants(
                kind,
                window.entity,
                tenant,
                &mut |each| f(world.index(tenant, each)),
            );
        }
    }
}

fn show(plan: &Plan, world: &World, window: &Window, viewer: u32, shown: &mut Tenants) {
    match plan.hazards[usize::from(window.cause.hazard)].shows.whose {
        Whose::All => shown.add_all_but(viewer),
        Whose::Own => {
            shown.listed.insert(viewer);
        }
        Whose::Group(group) => {
            let kind = KindId(group + 1);
            let entity = world.entity(plan.tenant(), viewer);
            let holder = world.ancestor(plan.tenant(), entity, kind);
            let members = world.members(kind, world.index(kind, holder));
            shown.listed.extend(members.iter().filter(|&&member| member != viewer));
        }
    }
}

fn count(
    plan: &Plan,
    world: &World,
    outcome: &Outcome,
    shown: &Tenants,
    by: Instant,
) -> (Exposed, Exposed) {
    let (mut tenants, mut records) = (Exposed::default(), Exposed::default());
    if shown.is_empty() {
        return (tenants, records);
    }
    let mut moved = vec![false; world.count(plan.tenant()) as usize];
    for &(tenant, at) in &outcome.ended {
        moved[tenant as usize] = at <= by;
    }
    for tenant in (0..world.count(plan.tenant())).filter(|&tenant| shown.contains(tenant)) {
        let mailboxes = u64::from(world.mailbox_count(tenant));
        tenants.max += 1;
        records.max += mailboxes;
        if world.migrated(tenant) || moved[tenant as usize] {
            tenants.min += 1;
            records.min += mailboxes;
        }
    }
    (tenants, records)
}
