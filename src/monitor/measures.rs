//! What a run cost: retries, faults, downtime, slots and waits.

use serde::Serialize;

use crate::kernel::Sim;
use crate::model::{Entity, Happening};
use crate::units::{Instant, Span};

/// How a pool was used, over all its instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PoolUse {
    /// Slot-microseconds in use.
    pub busy: u128,
    /// Request-microseconds spent waiting.
    pub waited: u128,
    /// Requests admitted.
    pub admitted: u64,
    /// Most slots of one instance in use at once.
    pub peak: u32,
}

/// Time-weighted count of something.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    level: i64,
    since: Instant,
    area: u128,
}

impl Level {
    fn change(&mut self, now: Instant, by: i64) {
        let level = u128::from(u64::try_from(self.level).expect("a count is never negative"));
        self.area += level * u128::from(now.since(self.since).0);
        self.since = now;
        self.level += by;
    }
}

/// Collects measures.
#[derive(Clone, Debug, Default)]
pub(super) struct Measures {
    pub(super) retries: u64,
    pub(super) strikes: Vec<u64>,
    /// Time without access so far, and since when it is off, by entity of the access fact's kind.
    downtime: Vec<(Span, Option<Instant>)>,
    first_holder: u32,
    slots: Vec<Level>,
    peaks: Vec<u32>,
    queues: Vec<Level>,
    admitted: Vec<u64>,
}

impl Measures {
    pub(super) fn new(sim: &Sim) -> Measures {
        let (plan, world) = (&sim.rules().plan, &sim.rules().world);
        let holders = plan.access.map(|access| plan.facts[usize::from(access)].kind);
        let first = holders.filter(|&kind| world.count(kind) > 0);
        Measures {
            strikes: vec![0; plan.faults.len()],
            downtime: holders
                .map_or_else(Vec::new, |kind| vec![(Span(0), None); world.count(kind) as usize]),
            first_holder: first.map_or(0, |kind| world.entity(kind, 0).0),
            slots: vec![Level::default(); sim.rules().pool_instances()],
            peaks: vec![0; sim.rules().pool_instances()],
            queues: vec![Level::default(); plan.pools.len()],
            admitted: vec![0; plan.pools.len()],
            ..Measures::default()
        }
    }

    pub(super) fn note(&mut self, sim: &Sim, happening: &Happening) {
        let now = sim.now();
        match *happening {
            Happening::AttemptFailed { retried: true, .. } => self.retries += 1,
            Happening::Struck { fault, .. } => self.strikes[usize::from(fault)] += 1,
            Happening::Changed { fact, entity, on, .. }
                if sim.rules().plan.access == Some(fact) =>
            {
                self.access(entity, on, now);
            }
            Happening::Slots { pool, change } => {
                // A request is admitted to a pool when it takes a slot: what it holds already does
                // not count again.
                if change > 0 {
                    self.admitted[usize::from(sim.rules().pool_of(pool).0)] += 1;
                }
                let level = &mut self.slots[pool as usize];
                level.change(now, i64::from(change));
                let used = u32::try_from(level.level).unwrap_or(0);
                let peak = &mut self.peaks[pool as usize];
                *peak = used.max(*peak);
            }
            Happening::Queued { step, wants, .. } => self.queue(sim, step, wants, 1),
            Happening::Withdrawn { step, wants, .. } | Happening::Admitted { step, wants, .. } => {
                self.queue(sim, step, wants, -1);
            }
            _ => {}
        }
    }

    fn queue(&mut self, sim: &Sim, step: u16, wants: u16, change: i64) {
        for (place, used) in sim.rules().plan.steps[usize::from(step)].uses.iter().enumerate() {
            if wants >> place & 1 == 0 {
                continue;
            }
            self.queues[usize::from(used.pool)].change(sim.now(), change);
        }
    }

    fn access(&mut self, entity: Entity, on: bool, now: Instant) {
        let (total, since) = &mut self.downtime[(entity.0 - self.first_holder) as usize];
        if on {
            if let Some(since) = since.take() {
                *total = total.saturating_add(now.since(since));
            }
        } else {
            since.get_or_insert(now);
        }
    }

    /// Downtime of each tenant that moved, by tenant: the longest of what has its access.
    pub(super) fn downtime(&self, sim: &Sim, end: Instant) -> Vec<Span> {
        let (plan, world) = (&sim.rules().plan, &sim.rules().world);
        let Some(access) = plan.access else { return Vec::new() };
        let kind = plan.facts[usize::from(access)].kind;
        let of = |holder: Entity| {
            let (total, since) = self.downtime[(holder.0 - self.first_holder) as usize];
            total.saturating_add(since.map_or(Span(0), |since| end.since(since)))
        };
        let all = 0..world.count(plan.tenant());
        let tenants = all.filter(|&tenant| !world.migrated(tenant));
        let tenant = |index| {
            let tenant = world.entity(plan.tenant(), index);
            if plan.sees(plan.tenant(), kind) {
                return of(world.ancestor(plan.tenant(), tenant, kind));
            }
            let mut longest = Span(0);
            world.descendants(plan.tenant(), tenant, kind, &mut |holder| {
                longest = longest.max(of(holder));
            });
            longest
        };
        tenants.map(tenant).collect()
    }

    pub(super) fn pools(&mut self, sim: &Sim, end: Instant) -> Vec<PoolUse> {
        let mut uses = vec![PoolUse::default(); self.queues.len()];
        for (pool, queue) in self.queues.iter_mut().enumerate() {
            queue.change(end, 0);
            uses[pool].waited = queue.area;
            uses[pool].admitted = self.admitted[pool];
        }
        for instance in 0..self.slots.len() {
            self.slots[instance].change(end, 0);
            let number = u32::try_from(instance).expect("few pools");
            let pool = usize::from(sim.rules().pool_of(number).0);
            uses[pool].busy += self.slots[instance].area;
            uses[pool].peak = uses[pool].peak.max(self.peaks[instance]);
        }
        uses
    }
}
