//! What all replications of a run share.

use std::sync::Arc;

use crate::kernel::dice::Addresses;
use crate::kernel::links::{Links, Roads};
use crate::kernel::population::{focal, populate};
use crate::model::{Entity, Rules, World};
use crate::plan::{Plan, Scope, SiteForm, SiteId};

/// A plan, a population and a seed: what all replications share.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The rules over plan and population.
    pub rules: Arc<Rules>,
    /// The seed of population and draws.
    pub seed: u64,
    pub(super) addresses: Arc<Addresses>,
    pub(super) roads: Arc<Roads>,
}

impl Setup {
    /// Draws the population of a seed.
    #[must_use]
    pub fn new(plan: Arc<Plan>, seed: u64) -> Setup {
        let world = populate(&plan, seed);
        Setup::of(plan, world, seed)
    }

    /// A population that is not drawn.
    #[must_use]
    pub fn of(plan: Arc<Plan>, world: World, seed: u64) -> Setup {
        let world = Arc::new(world);
        let addresses = Arc::new(Addresses::new(&plan, &world));
        let roads = Arc::new(Roads::new(&plan, &world));
        Setup { rules: Arc::new(Rules::new(plan, world)), seed, addresses, roads }
    }

    /// A focal run: one tenant with its mailboxes and groups, everybody else as choices. Draws are
    /// those of `seed`; what others do is never drawn, and nominally nothing.
    #[must_use]
    pub fn focal(plan: &Plan, scope: Scope, seed: u64) -> Setup {
        let plan = Arc::new(plan.focal(scope));
        let world = Arc::new(focal(&plan));
        let addresses = Arc::new(Addresses::new(&plan, &world));
        let roads = Arc::new(Roads::new(&plan, &world));
        Setup { rules: Arc::new(Rules::new(plan, world)), seed, addresses, roads }
    }

    /// The same focal run, coarser, about hazards or about a goal: see [`Plan::coarse`].
    ///
    /// # Panics
    /// If it is no focal run.
    #[must_use]
    pub fn coarse(&self, goal: Option<u16>) -> Setup {
        self.with(self.plan().coarse(goal))
    }

    /// The same population with a plan that differs in nothing that it is made of.
    #[must_use]
    pub fn with(&self, plan: Plan) -> Setup {
        Setup::of(Arc::new(plan), self.world().clone(), self.seed)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.rules.plan
    }

    /// What is decided at a site for an entity, of whatever class it is.
    #[must_use]
    pub fn form(&self, site: SiteId, entity: Entity) -> &SiteForm {
        self.plan().form(site, |plan| self.world().class(plan, entity))
    }

    /// All links, with nothing under way on them.
    #[must_use]
    pub fn links(&self) -> Links {
        Links::new(Arc::clone(&self.roads))
    }

    /// The entities' parts of draw addresses.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The population.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.rules.world
    }
}
