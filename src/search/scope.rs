//! Which tenants a run has.
//!
//! Tenants that share no fact, group or pool cannot race, so searching a rollout of thousands for an
//! order of events would only dilute it: the number of actors and steps that the strategies count is
//! that of one conflict group. A scope is a plan of its own over few tenants: those that start
//! first, with their own sizes and classes. What is found in it is replayed on the whole rollout,
//! where all others are nominal, before anybody sees it.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::{Entity, Population, World};
use crate::plan::{KindId, Plan};
use crate::scenario::{Inventory, Partition, Scenario};

/// Rollouts of at most so many tenants are searched as they are.
const SMALL: u32 = 5;
/// Tenants of a scope where tenants may race for something.
const RACING: usize = 2;
/// Pairs of tenants that are looked at for one that the scope can show.
const PAIRS_MAX: usize = 4_096;

/// A few tenants of a rollout.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Plan and population of the scope.
    pub setup: Setup,
    /// The whole rollout.
    pub whole: Setup,
    /// Tenants of the rollout, by index in the scope.
    tenants: Vec<u32>,
    /// The scope is the rollout.
    pub all: bool,
}

impl Scope {
    /// The scope of a rollout that is searched.
    #[must_use]
    pub fn of(whole: &Setup) -> Scope {
        let (plan, world) = (whole.plan(), whole.world());
        let count = world.count(plan.tenant());
        let everyone = || Scope {
            setup: whole.clone(),
            whole: whole.clone(),
            tenants: (0..count).collect(),
            all: true,
        };
        if count <= SMALL || reaches(plan, KindId::ROLLOUT) {
            return everyone();
        }
        let Some(tenants) = chosen(plan, world) else { return everyone() };
        let setup = smaller(whole, &tenants);
        Scope { setup, whole: whole.clone(), tenants, all: false }
    }

    /// The entity of the whole rollout that an entity of the scope stands for.
    #[must_use]
    pub fn entity(&self, entity: Entity) -> Entity {
        if self.all {
            return entity;
        }
        let (plan, small, world) = (self.setup.plan(), self.setup.world(), self.whole.world());
        let kind = small.kind(entity);
        if kind == KindId::ROLLOUT {
            return entity;
        }
        let index = small.index(kind, entity);
        if kind == plan.tenant() {
            return world.entity(kind, self.tenants[index as usize]);
        }
        if kind == plan.mailbox() {
            let (place, tenant) = small.place(entity);
            let tenant = world.entity(plan.tenant(), self.tenants[tenant as usize]);
            let mut all = Vec::new();
            world.descendants(plan.tenant(), tenant, kind, &mut |mailbox| all.push(mailbox));
            return all[place as usize];
        }
        let member = small.members(kind, index).first().copied().unwrap_or(0);
        let tenant = world.entity(plan.tenant(), self.tenants[member as usize]);
        world.ancestor(plan.tenant(), tenant, kind)
    }

    /// The scope with a scenario that was changed; its sites keep their numbers, so that schedules
    /// go on meaning the same.
    #[must_use]
    pub fn again(&self, scenario: Scenario) -> Setup {
        let mut scenario = scenario;
        let old = self.setup.plan();
        scenario.base_sites = old.sites.iter().map(|site| site.name.clone()).collect();
        let plan = Arc::new(Plan::compile(&scenario));
        let world = World::new(&plan, population(old, self.setup.world(), None));
        Setup::of(plan, world, self.setup.seed)
    }

    /// Tenants in the scope.
    #[must_use]
    pub fn tenants(&self) -> usize {
        self.tenants.len()
    }
}

/// Whether something of this kind joins its tenants or acts on all of them.
fn reaches(plan: &Plan, kind: KindId) -> bool {
    let members = |effects: &[crate::plan::EffectPlan]| effects.iter().any(|effect| effect.members);
    let steps = plan.steps.iter().any(|step| step.kind == kind);
    steps
        || plan.quantifiers.iter().any(|quantifier| quantifier.at == kind)
        || plan.acts.iter().any(|act| act.kind == kind && members(&act.does))
}

/// The tenants of a scope, in the order of the list; `None`: all are needed.
fn chosen(plan: &Plan, world: &World) -> Option<Vec<u32>> {
    if plan.scenario.groups.iter().any(|group| group.by == Partition::Waves) {
        return None;
    }
    let mut tenants = starting_first(plan, world);
    let mut joined = None;
    for kind in (1..plan.tenant().0).map(KindId) {
        if reaches(plan, kind) {
            // Groups of two kinds cross; whoever needs both needs everybody.
            if joined.replace(kind).is_some() {
                return None;
            }
        }
    }
    if let Some(kind) = joined {
        let tenant = world.entity(plan.tenant(), *tenants.first()?);
        let group = world.index(kind, world.ancestor(plan.tenant(), tenant, kind));
        tenants = world.members(kind, group).to_vec();
    }
    tenants.sort_unstable();
    // Those that have moved stand first in a list that is generated.
    tenants.sort_by_key(|&tenant| !world.migrated(tenant));
    faithful(plan, world, &tenants).then_some(tenants)
}

/// Of those that start at once the ones with nearly two mailboxes: one, or two if tenants may race;
/// in the order of starting. Two are of groups that the scope can show: a scope has groups of the
/// same sizes as the rollout, so its first tenants share one if they are cut from the list in blocks.
fn starting_first(plan: &Plan, world: &World) -> Vec<u32> {
    let at_once = usize::try_from(plan.at_once).unwrap_or(usize::MAX);
    let together = if plan.pace.is_some() { 1 } else { at_once };
    let first = world.order().iter().copied().take(together.min(256));
    let mut first: Vec<(usize, u32)> = first.enumerate().collect();
    // At least two mailboxes show what one of them does to the other.
    first.sort_by_key(|&(place, tenant)| {
        let mailboxes = world.mailbox_count(tenant);
        (mailboxes.abs_diff(2), place)
    });
    let shares = plan.facts.iter().any(|fact| fact.kind < plan.tenant())
        || !plan.pools.is_empty()
        || plan.acts.iter().any(|act| act.kind < plan.tenant());
    let all = if shares { RACING } else { 1 };
    let fits = |(one, other): &(usize, usize)| {
        let mut pair = [first[*one].1, first[*other].1];
        pair.sort_unstable();
        faithful(plan, world, &pair)
    };
    let pairs = (0..first.len()).flat_map(|one| (one + 1..first.len()).map(move |two| (one, two)));
    match pairs.take(PAIRS_MAX).find(fits).filter(|_| all > 1) {
        Some((one, two)) => first = vec![first[one], first[two]],
        None => first.truncate(all),
    }
    first.sort_unstable();
    first.into_iter().map(|(_, tenant)| tenant).collect()
}

/// Whether tenants that share a group in the scope share it in the rollout, and the other way round.
fn faithful(plan: &Plan, world: &World, tenants: &[u32]) -> bool {
    let scenario = &plan.scenario;
    let group = |kind: KindId, tenant: u32| {
        world.ancestor(plan.tenant(), world.entity(plan.tenant(), tenant), kind)
    };
    (1..plan.tenant().0).map(KindId).all(|kind| {
        let small = |index: usize| match scenario.groups[kind.index() - 1].by {
            Partition::Blocks(size) => u32::try_from(index).unwrap_or(u32::MAX) / size,
            Partition::Dealt(count) => u32::try_from(index).unwrap_or(u32::MAX) % count,
            // Whose turn comes when depends on everybody: `chosen` asks for all.
            Partition::Column | Partition::Waves => group(kind, tenants[index]).0,
        };
        (0..tenants.len()).all(|a| {
            (0..a).all(|b| {
                (small(a) == small(b)) == (group(kind, tenants[a]) == group(kind, tenants[b]))
            })
        })
    })
}

/// The same scenario over these tenants alone.
fn smaller(whole: &Setup, tenants: &[u32]) -> Setup {
    let (plan, world) = (whole.plan(), whole.world());
    let mut scenario = (*plan.scenario).clone();
    let count = |number: usize| u32::try_from(number).expect("fewer than all tenants");
    scenario.tenants.count = count(tenants.len());
    let moved = tenants.iter().filter(|&&tenant| world.migrated(tenant)).count();
    scenario.tenants.migrated = count(moved);
    if let Some(listed) = scenario.inventory.as_deref() {
        scenario.inventory = Some(Arc::new(part(listed, tenants)));
    }
    let population = population(plan, world, Some(tenants));
    let plan = Arc::new(Plan::compile(&scenario));
    let world = World::new(&plan, population);
    Setup::of(plan, world, whole.seed)
}

/// What a population is like: of these tenants, or of all.
fn population(plan: &Plan, world: &World, tenants: Option<&[u32]>) -> Population {
    let mut population = Population { mailboxes: vec![], sizes: vec![], classes: vec![] };
    let listed = plan.scenario.inventory.as_deref();
    let sized = plan.size_site.is_some() || listed.is_some_and(Inventory::has_sizes);
    let all: Vec<u32> = (0..world.count(plan.tenant())).collect();
    for &tenant in tenants.unwrap_or(&all) {
        let entity = world.entity(plan.tenant(), tenant);
        population.mailboxes.push(world.mailbox_count(tenant));
        if !plan.classes.is_empty() {
            let class = world.class(plan, entity);
            population.classes.push(u8::try_from(class).expect("at most 64 classes"));
        }
        if sized {
            world.descendants(plan.tenant(), entity, plan.mailbox(), &mut |mailbox| {
                population.sizes.push(world.size(mailbox));
            });
        }
    }
    population
}

/// A list without the others.
fn part(listed: &Inventory, tenants: &[u32]) -> Inventory {
    let mut part = listed.clone();
    part.tenants = tenants.iter().map(|&tenant| listed.tenants[tenant as usize].clone()).collect();
    let mut by_name: Vec<u32> = (0..).take(tenants.len()).collect();
    by_name.sort_by(|a, b| part.tenants[*a as usize].name.cmp(&part.tenants[*b as usize].name));
    part.by_name = by_name;
    part
}
