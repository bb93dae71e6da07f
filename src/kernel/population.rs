//! The population of a seed.

use crate::kernel::dice::{Dice, POPULATION, mailbox_address, tenant_address};
use crate::model::{Population, World};
use crate::plan::{Plan, SiteForm, SiteId};
use crate::scenario::{Inventory, ListedSizes, ListedTenant};

/// Draws the population that a seed gives: the same for all its replications, because the tenants
/// of a rollout are known before it starts. What an inventory states is not drawn.
#[must_use]
pub fn populate(plan: &Plan, seed: u64) -> World {
    let listed = plan.scenario.inventory.as_deref();
    let mut draws = Draws { plan, dice: Dice::new(seed, POPULATION) };
    // A plan with mailbox steps joins them per tenant, so each tenant has at least one.
    let least = u32::from(!plan.kinds[plan.mailbox().index()].steps.is_empty());
    let sized = plan.size_site.is_some() || listed.is_some_and(Inventory::has_sizes);
    let mut population = Population { mailboxes: Vec::new(), sizes: Vec::new(), classes: vec![] };
    for tenant in 0..plan.scenario.tenants.count {
        let listed = listed.map(|listed| &listed.tenants[tenant as usize]);
        let class = draws.class(tenant, listed);
        let number = match listed.and_then(|listed| listed.mailboxes) {
            Some(number) => number,
            None => draws.mailboxes(tenant, class).max(least),
        };
        population.mailboxes.push(number);
        if !plan.classes.is_empty() {
            population.classes.push(u8::try_from(class).expect("at most 64 classes"));
        }
        if sized {
            draws.sizes(tenant, class, number, listed, &mut population.sizes);
        }
    }
    World::new(plan, population)
}

/// The population of a focal run: the focal tenant with its mailboxes, all of nominal size.
pub(super) fn focal(plan: &Plan) -> World {
    let focal = plan.focal.as_ref().expect("the plan of a focal run");
    let number = focal.scope.mailboxes;
    let class = u8::try_from(focal.scope.class).expect("at most 64 classes");
    World::new(
        plan,
        Population {
            mailboxes: vec![number],
            sizes: focal.size.map_or_else(Vec::new, |size| vec![size; number as usize]),
            classes: if plan.classes.is_empty() { Vec::new() } else { vec![class] },
        },
    )
}

struct Draws<'a> {
    plan: &'a Plan,
    dice: Dice,
}

impl Draws<'_> {
    /// The class of a tenant: an index of the plan's classes, or their number for none.
    fn class(&mut self, tenant: u32, listed: Option<&ListedTenant>) -> usize {
        let none = self.plan.classes.len();
        if let Some(class) = listed.and_then(|listed| listed.class) {
            return usize::from(class.0);
        }
        match self.plan.class_site {
            Some(site) => self.plan.dealt(self.dice.at(tenant_address(tenant), site, 1)),
            None => none,
        }
    }

    fn mailboxes(&mut self, tenant: u32, class: usize) -> u32 {
        let drawn = self.value(self.plan.mailboxes_site, tenant_address(tenant), class);
        u32::try_from(drawn).expect("at most 10,000 mailboxes")
    }

    /// Bytes of each mailbox of a tenant. What a tenant has in all is spread evenly.
    fn sizes(
        &mut self,
        tenant: u32,
        class: usize,
        number: u32,
        listed: Option<&ListedTenant>,
        sizes: &mut Vec<u64>,
    ) {
        let total = match listed.map(|listed| &listed.sizes) {
            Some(ListedSizes::Total(total)) => Some(*total),
            _ => None,
        };
        for ordinal in 0..number {
            let stated = match (total, listed.map(|listed| &listed.sizes)) {
                (Some(total), _) => {
                    let (each, rest) = (total / u64::from(number), total % u64::from(number));
                    Some(each + u64::from(u64::from(ordinal) < rest))
                }
                (None, Some(ListedSizes::Each(each))) => each[ordinal as usize],
                _ => None,
            };
            sizes.push(stated.unwrap_or_else(|| {
                let site = self.plan.size_site.expect("sizes that are not listed are drawn");
                self.value(site, mailbox_address(tenant, ordinal), class)
            }));
        }
    }

    fn value(&mut self, site: SiteId, address: u64, class: usize) -> u64 {
        match self.plan.form(site, |_| class) {
            SiteForm::Delay(law) => law.sample(self.dice.at(address, site, 1)),
            _ => unreachable!("population sites hold plain values"),
        }
    }
}
