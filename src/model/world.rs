//! The population of a run: who there is and who belongs to whom. Immutable, shared by all
//! replications of a seed.

use crate::model::order::{self, Starts};
use crate::plan::{KindId, Plan};
use crate::scenario::{Inventory, Partition};

/// An entity of any kind, numbered through: the rollout, the groups kind by kind, the tenants, the
/// mailboxes tenant by tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity(pub u32);

impl Entity {
    /// As an index of a table with one row per entity.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a seed decides about the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// Mailboxes of each tenant.
    pub mailboxes: Vec<u32>,
    /// Bytes of each mailbox, tenant by tenant; empty if the scenario states no sizes.
    pub sizes: Vec<u64>,
    /// Class of each tenant, the number of classes for none; empty if the scenario has none.
    pub classes: Vec<u8>,
}

/// Which tenants have moved already.
#[derive(Clone, Debug)]
enum Moved {
    /// The first so many: what a generated population says, and what needs no look-up.
    First(u32),
    /// By tenant.
    Listed(Vec<bool>),
}

impl Moved {
    #[inline]
    fn has(&self, tenant: u32) -> bool {
        match self {
            Moved::First(count) => tenant < *count,
            Moved::Listed(moved) => moved[tenant as usize],
        }
    }
}

/// Who there is.
#[derive(Clone, Debug)]
pub struct World {
    /// First entity of each kind, and one past the last.
    pub(super) bases: Vec<u32>,
    pub(super) tenant: KindId,
    /// Group index of each tenant, group kind by group kind.
    groups: Vec<Vec<u32>>,
    /// Tenants of each group, group kind by group kind, in order.
    members: Vec<Vec<Vec<u32>>>,
    /// Per group kind and group: some tenant of it moves.
    moving_groups: Vec<Vec<bool>>,
    /// First mailbox (index within its kind) of each tenant, and one past the last.
    pub(super) mailboxes: Vec<u32>,
    /// Tenant of each mailbox.
    owners: Vec<u32>,
    /// Bytes of each mailbox.
    sizes: Vec<u64>,
    moved: Moved,
    /// Class of each tenant; empty if there are none.
    classes: Vec<u8>,
    /// In which order they start.
    pub(super) starts: Starts,
}

impl World {
    /// Lays out the population.
    ///
    /// # Panics
    /// If the population does not fit the plan, or has more than 2^32 - 1 entities.
    #[must_use]
    pub fn new(plan: &Plan, population: Population) -> World {
        let count = plan.scenario.tenants.count;
        assert_eq!(population.mailboxes.len(), count as usize, "one mailbox count per tenant");
        let mut mailboxes = vec![0u32];
        let mut owners = Vec::new();
        for (tenant, &number) in (0..count).zip(&population.mailboxes) {
            owners.extend(std::iter::repeat_n(tenant, number as usize));
            mailboxes.push(u32::try_from(owners.len()).expect("fewer than 2^32 mailboxes"));
        }
        assert!(population.sizes.is_empty() || population.sizes.len() == owners.len());
        assert!(population.classes.is_empty() || population.classes.len() == count as usize);
        let inventory = plan.scenario.inventory.as_deref();
        let partitions = plan.kinds.iter().filter_map(|kind| kind.partition).enumerate();
        let mut groups: Vec<Vec<u32>> =
            partitions.map(|(kind, by)| deal(by, kind, count, inventory)).collect();
        let moved = match inventory {
            None => Moved::First(plan.scenario.tenants.migrated),
            Some(listed) => Moved::Listed(listed.tenants.iter().map(|t| t.migrated).collect()),
        };
        let size = |tenant: u32| {
            let own = mailboxes[tenant as usize] as usize..mailboxes[tenant as usize + 1] as usize;
            match population.sizes.get(own.clone()) {
                Some(sizes) if !population.sizes.is_empty() => sizes.iter().sum(),
                _ => own.len() as u64,
            }
        };
        let starts = Starts::of(&order::Facts {
            plan,
            classes: &population.classes,
            groups: &groups,
            size: &size,
            moved: &|tenant| moved.has(tenant),
        });
        if let Some(kind) = plan.wave_kind() {
            groups[kind.index() - 1] = starts.waves.clone();
        }
        let waves = |index: usize| plan.wave_kind().is_some_and(|kind| kind.index() == index + 1);
        let count_of = |index: usize| if waves(index) { starts.groups } else { 0 };
        let members: Vec<Vec<Vec<u32>>> =
            groups.iter().enumerate().map(|(at, group)| members(group, count_of(at))).collect();
        let moves = |group: &Vec<u32>| group.iter().any(|&tenant| !moved.has(tenant));
        let outside = |kind: usize| plan.focal.as_ref().is_some_and(|f| f.scope.group_moves(kind));
        let moving_groups = (0..).zip(&members);
        let moving_groups = moving_groups
            .map(|(kind, groups)| groups.iter().map(|g| moves(g) || outside(kind)).collect())
            .collect();
        let mut world = World {
            bases: Vec::new(),
            tenant: plan.tenant(),
            groups,
            members,
            mailboxes,
            owners,
            sizes: population.sizes,
            moving_groups,
            moved,
            classes: population.classes,
            starts,
        };
        world.number();
        world
    }

    fn number(&mut self) {
        let mut counts = vec![1];
        counts.extend(self.members.iter().map(Vec::len));
        counts.push(self.mailboxes.len() - 1);
        counts.push(self.owners.len());
        let mut next = 0u32;
        self.bases.push(0);
        for count in counts {
            let count = u32::try_from(count).expect("fewer than 2^32 entities");
            next = next.checked_add(count).expect("fewer than 2^32 entities");
            self.bases.push(next);
        }
    }

    /// Number of entities of a kind.
    #[must_use]
    pub fn count(&self, kind: KindId) -> u32 {
        self.bases[kind.index() + 1] - self.bases[kind.index()]
    }

    /// Number of all entities.
    #[must_use]
    pub fn entities(&self) -> usize {
        self.bases[self.bases.len() - 1] as usize
    }

    /// Kind of the mailboxes.
    pub(super) fn mailbox(&self) -> KindId {
        KindId(self.tenant.0 + 1)
    }

    /// The entity of a kind with this index.
    #[must_use]
    pub fn entity(&self, kind: KindId, index: u32) -> Entity {
        debug_assert!(index < self.count(kind));
        Entity(self.bases[kind.index()] + index)
    }

    /// The first entity of a kind, or where it would be.
    pub(super) fn first(&self, kind: KindId) -> Entity {
        Entity(self.bases[kind.index()])
    }

    /// All entities of a kind.
    pub fn all(&self, kind: KindId) -> impl Iterator<Item = Entity> + use<> {
        (self.bases[kind.index()]..self.bases[kind.index() + 1]).map(Entity)
    }

    /// Kind of an entity.
    #[must_use]
    pub fn kind(&self, entity: Entity) -> KindId {
        let above = self.bases[1..].partition_point(|&base| base <= entity.0);
        KindId(u8::try_from(above).expect("few kinds"))
    }

    /// Index of an entity within its kind.
    #[must_use]
    pub fn index(&self, kind: KindId, entity: Entity) -> u32 {
        entity.0 - self.bases[kind.index()]
    }

    /// The ancestor of kind `to` of an entity of kind `from`, or itself.
    #[inline(always)]
    #[must_use]
    pub fn ancestor(&self, from: KindId, entity: Entity, to: KindId) -> Entity {
        if from == to { entity } else { self.other_ancestor(from, entity, to) }
    }

    fn other_ancestor(&self, from: KindId, entity: Entity, to: KindId) -> Entity {
        if to == KindId::ROLLOUT {
            return Entity(0);
        }
        let mut index = self.index(from, entity);
        if from > self.tenant {
            index = self.owners[index as usize];
            if to == self.tenant {
                return self.entity(to, index);
            }
        }
        self.entity(to, self.groups[to.index() - 1][index as usize])
    }

    /// Calls `f` for the descendants of kind `to` of an entity of kind `from`, or itself, in order.
    pub fn descendants(&self, from: KindId, entity: Entity, to: KindId, f: &mut dyn FnMut(Entity)) {
        if from == to {
            return f(entity);
        }
        if from == KindId::ROLLOUT {
            return self.all(to).for_each(f);
        }
        let index = self.index(from, entity) as usize;
        if from == self.tenant {
            return self.mailboxes_of(index).for_each(f);
        }
        for &tenant in &self.members[from.index() - 1][index] {
            if to == self.tenant {
                f(self.entity(to, tenant));
            } else {
                self.mailboxes_of(tenant as usize).for_each(&mut *f);
            }
        }
    }

    fn mailboxes_of(&self, tenant: usize) -> impl Iterator<Item = Entity> + use<> {
        let base = self.bases[self.mailbox().index()];
        (base + self.mailboxes[tenant]..base + self.mailboxes[tenant + 1]).map(Entity)
    }

    /// Calls `f` for the entities of kind `to` that share a tenant with an entity of kind `from`
    /// and take part in the plan (S3), in order; for the same kind, for the entity itself.
    pub fn related(&self, from: KindId, entity: Entity, to: KindId, f: &mut dyn FnMut(Entity)) {
        let down = from < to && (from == KindId::ROLLOUT || to >= self.tenant);
        if from == to || to == KindId::ROLLOUT || (from >= self.tenant && !down) {
            let other = self.ancestor(from, entity, to);
            return if self.moves(to, other) {
                f(other);
            };
        }
        if down {
            return self.descendants(from, entity, to, &mut |other| {
                if self.moves(to, other) {
                    f(other);
                }
            });
        }
        // Two different group kinds: the groups that some moving tenant belongs to both of.
        let index = self.index(from, entity) as usize;
        let tenants = self.members[from.index() - 1][index].iter();
        let moving = tenants.filter(|&&tenant| !self.moved.has(tenant));
        let mut others: Vec<u32> =
            moving.map(|&tenant| self.groups[to.index() - 1][tenant as usize]).collect();
        others.sort_unstable();
        others.dedup();
        others.into_iter().for_each(|other| f(self.entity(to, other)));
    }

    /// True if the entity takes part in the plan: a tenant that has not moved yet and its
    /// mailboxes, and a group with at least one such tenant.
    #[must_use]
    pub fn moves(&self, kind: KindId, entity: Entity) -> bool {
        let index = self.index(kind, entity);
        if kind == KindId::ROLLOUT {
            true
        } else if kind == self.tenant {
            !self.moved.has(index)
        } else if kind > self.tenant {
            !self.moved.has(self.owners[index as usize])
        } else {
            self.moving_groups[kind.index() - 1][index as usize]
        }
    }

    /// Bytes of a mailbox, or the sum over an entity's mailboxes; without sizes, their number.
    #[must_use]
    pub fn size(&self, entity: Entity) -> u64 {
        let kind = self.kind(entity);
        let first = self.bases[self.mailbox().index()];
        let mut sum = 0u64;
        self.descendants(kind, entity, self.mailbox(), &mut |mailbox| {
            sum += self.sizes.get((mailbox.0 - first) as usize).copied().unwrap_or(1);
        });
        sum
    }

    /// True if a tenant, by index, moved before the run.
    #[must_use]
    pub fn migrated(&self, tenant: u32) -> bool {
        self.moved.has(tenant)
    }

    /// Class of a tenant, or of a mailbox's tenant: an index of `Plan::classes`, or their number
    /// for none. Other entities have none either.
    #[must_use]
    pub fn class(&self, plan: &Plan, entity: Entity) -> usize {
        let kind = self.kind(entity);
        if self.classes.is_empty() || kind < self.tenant {
            return plan.classes.len();
        }
        let tenant = self.index(self.tenant, self.ancestor(kind, entity, self.tenant));
        usize::from(self.classes[tenant as usize])
    }

    /// Index of a mailbox among its tenant's, and the tenant's index.
    #[must_use]
    pub fn place(&self, mailbox: Entity) -> (u32, u32) {
        let index = self.index(self.mailbox(), mailbox);
        let tenant = self.owners[index as usize];
        (index - self.mailboxes[tenant as usize], tenant)
    }

    /// Mailboxes of a tenant.
    #[must_use]
    pub fn mailbox_count(&self, tenant: u32) -> u32 {
        self.mailboxes[tenant as usize + 1] - self.mailboxes[tenant as usize]
    }

    /// Tenants of a group.
    #[must_use]
    pub fn members(&self, kind: KindId, group: u32) -> &[u32] {
        &self.members[kind.index() - 1][group as usize]
    }
}

fn deal(by: Partition, kind: usize, tenants: u32, inventory: Option<&Inventory>) -> Vec<u32> {
    match by {
        Partition::Column => {
            let inventory = inventory.expect("only an inventory has columns");
            inventory.tenants.iter().map(|tenant| tenant.groups[kind]).collect()
        }
        Partition::Blocks(size) => (0..tenants).map(|tenant| tenant / size).collect(),
        Partition::Dealt(count) => (0..tenants).map(|tenant| tenant % count).collect(),
        // Dealt when the order of starts is known.
        Partition::Waves => Vec::new(),
    }
}

/// Members of each group, of at least so many.
fn members(groups: &[u32], least: usize) -> Vec<Vec<u32>> {
    let count = groups.iter().max().map_or(0, |&last| last as usize + 1).max(least);
    let mut members = vec![Vec::new(); count];
    for (tenant, &group) in (0u32..).zip(groups) {
        members[group as usize].push(tenant);
    }
    members
}
