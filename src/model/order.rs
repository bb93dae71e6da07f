//! Who starts when, as far as that is known before a run: waves, priorities, dates.

use std::cmp::Reverse;

use crate::model::world::{Entity, World};
use crate::plan::{KindId, Plan, part};
use crate::scenario::{Inventory, Most, Order, Take};

/// The order of starts of a population.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts {
    /// Tenants that move, in the order they start (before shuffling).
    pub(super) order: Vec<u32>,
    /// By wave: one past the place of its last tenant in the order. Without waves there is one of
    /// all tenants; behind those of the scenario one of the rest, if any are left.
    pub(super) ends: Vec<u32>,
    /// By wave: how many of its tenants are through when it has ended.
    pub(super) needed: Vec<u32>,
    /// Wave of each tenant, those that have moved in one of their own; empty without waves.
    pub(super) waves: Vec<u32>,
    /// Groups of the kind `wave`, if there is one.
    pub(super) groups: usize,
    /// Priority of each tenant; empty if all are alike.
    priorities: Vec<i32>,
    /// By tenant, in microseconds since the start; empty if nobody waits for a date.
    not_before: Vec<u64>,
    /// All instants after 0 before which something does not start, each once, in order.
    pub(super) dates: Vec<u64>,
}

/// What the order of starts follows from.
pub(super) struct Facts<'a> {
    pub(super) plan: &'a Plan,
    /// Class of each tenant; empty if there are none.
    pub(super) classes: &'a [u8],
    /// Group of each tenant, by group kind.
    pub(super) groups: &'a [Vec<u32>],
    /// Size of a tenant by index.
    pub(super) size: &'a dyn Fn(u32) -> u64,
    pub(super) moved: &'a dyn Fn(u32) -> bool,
}

impl Starts {
    pub(super) fn of(facts: &Facts<'_>) -> Starts {
        let count = facts.plan.scenario.tenants.count;
        let mut starts = Starts::default();
        starts.set_dates(facts, count);
        let all = 0..count;
        let mut order: Vec<u32> = all.filter(|&tenant| !(facts.moved)(tenant)).collect();
        let size = |tenant: &u32| (facts.size)(*tenant);
        match facts.plan.order {
            Order::Listed | Order::Shuffled => {}
            Order::SmallestFirst => order.sort_by_key(size),
            Order::LargestFirst => order.sort_by_key(|tenant| Reverse(size(tenant))),
        }
        order.sort_by_key(|&tenant| Reverse(starts.priority(tenant)));
        starts.take(facts, &order);
        order.sort_by_key(|&tenant| starts.wave(tenant));
        starts.order = order;
        starts
    }

    fn set_dates(&mut self, facts: &Facts<'_>, count: u32) {
        let listed: Option<&Inventory> = facts.plan.scenario.inventory.as_deref();
        let classes = &facts.plan.scenario.classes;
        let said = |tenant: u32| {
            let tenant = tenant as usize;
            let class =
                facts.classes.get(tenant).and_then(|&class| classes.get(usize::from(class)));
            let listed = listed.map(|listed| &listed.tenants[tenant]);
            let own = listed.and_then(|listed| listed.priority);
            let priority = own.or(class.map(|class| class.priority)).unwrap_or(0);
            let own = listed.and_then(|listed| listed.not_before);
            let date = own.or(class.map(|class| class.not_before)).map_or(0, |span| span.0);
            (priority, date)
        };
        let (priorities, dates): (Vec<i32>, Vec<u64>) = (0..count).map(said).unzip();
        self.dates.extend(facts.plan.waves.iter().map(|wave| wave.not_before));
        if dates.iter().any(|&date| date > 0) {
            self.dates.extend(&dates);
            self.not_before = dates;
        }
        if priorities.iter().any(|&priority| priority != 0) {
            self.priorities = priorities;
        }
        self.dates.retain(|&date| date > 0);
        self.dates.sort_unstable();
        self.dates.dedup();
    }

    /// Every wave takes its tenants of those that are left, in the order of starts.
    fn take(&mut self, facts: &Facts<'_>, order: &[u32]) {
        let count = |tenants: usize| u32::try_from(tenants).expect("tenants fit 32 bits");
        let waves = &facts.plan.scenario.waves;
        if waves.is_empty() {
            self.ends = vec![count(order.len())];
            self.needed = self.ends.clone();
            return;
        }
        let mut left: Vec<u32> = order.to_vec();
        self.waves = vec![u32::MAX; facts.plan.scenario.tenants.count as usize];
        for (index, wave) in waves.iter().enumerate() {
            let fit = |tenant: &u32| fits(facts, &wave.take, *tenant);
            let most = match wave.take.most {
                Most::All => u32::MAX,
                Most::Count(most) => most,
                Most::Share(share) => part(share, count(order.iter().filter(|t| fit(t)).count())),
            };
            let (mut taken, wave) = (0, count(index));
            left.retain(|tenant| {
                let takes = taken < most && fit(tenant);
                if takes {
                    taken += 1;
                    self.waves[*tenant as usize] = wave;
                }
                !takes
            });
            self.add_wave(facts.plan.waves[index].needed(taken), taken);
        }
        if !left.is_empty() {
            left.iter().for_each(|&tenant| self.waves[tenant as usize] = count(waves.len()));
            self.add_wave(count(left.len()), count(left.len()));
        }
        self.groups = self.ends.len();
        // Whoever has moved belongs to a wave that never comes.
        let before = count(self.groups);
        for wave in self.waves.iter_mut().filter(|wave| **wave == u32::MAX) {
            *wave = before;
            self.groups = before as usize + 1;
        }
    }

    fn add_wave(&mut self, needed: u32, taken: u32) {
        self.ends.push(self.ends.last().copied().unwrap_or(0) + taken);
        self.needed.push(needed);
    }

    fn priority(&self, tenant: u32) -> i32 {
        self.priorities.get(tenant as usize).copied().unwrap_or(0)
    }

    pub(super) fn wave(&self, tenant: u32) -> usize {
        self.waves.get(tenant as usize).map_or(0, |&wave| wave as usize)
    }
}

fn fits(facts: &Facts<'_>, take: &Take, tenant: u32) -> bool {
    let tenant = tenant as usize;
    let class = || usize::from(facts.classes[tenant]);
    let of_class = take.classes.iter().any(|wanted| usize::from(wanted.0) == class());
    let of_groups = |(kind, wanted): &(u8, Vec<u32>)| {
        wanted.contains(&facts.groups[usize::from(*kind)][tenant])
    };
    (take.classes.is_empty() || of_class) && take.groups.iter().all(of_groups)
}

impl World {
    /// Tenants that move, by index, in the order they start.
    #[must_use]
    pub fn order(&self) -> &[u32] {
        &self.starts.order
    }

    /// What the order of starts keeps even if it is shuffled: the wave of a tenant, then its priority.
    #[must_use]
    pub fn start_key(&self, tenant: u32) -> (usize, Reverse<i32>) {
        (self.starts.wave(tenant), Reverse(self.starts.priority(tenant)))
    }

    /// The instant before which a tenant does not start, in microseconds since the start.
    #[must_use]
    pub fn not_before(&self, tenant: u32) -> u64 {
        self.starts.not_before.get(tenant as usize).copied().unwrap_or(0)
    }

    /// Waves that come, with one of those whom no wave of the scenario takes; 1 without waves.
    #[must_use]
    pub fn waves(&self) -> usize {
        self.starts.ends.len()
    }

    /// The wave of a tenant that moves, counted from 0.
    #[must_use]
    pub fn wave(&self, tenant: u32) -> usize {
        self.starts.wave(tenant)
    }

    /// Places of a wave's tenants in the order of starts.
    #[must_use]
    pub fn places(&self, wave: usize) -> std::ops::Range<u32> {
        let from = if wave == 0 { 0 } else { self.starts.ends[wave - 1] };
        from..self.starts.ends[wave]
    }

    /// How many of a wave's tenants are through when it has ended.
    pub(super) fn needed(&self, wave: usize) -> u32 {
        self.starts.needed[wave]
    }

    /// Instants after 0 at which something may start that could not before, each once, in order.
    pub(super) fn dates(&self) -> &[u64] {
        &self.starts.dates
    }

    /// The wave as an entity of the kind `wave`.
    pub(super) fn wave_entity(&self, kind: KindId, wave: usize) -> Entity {
        self.entity(kind, u32::try_from(wave).expect("few waves"))
    }
}
