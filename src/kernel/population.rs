//! The population of a seed.

use crate::kernel::dice::{Dice, POPULATION, mailbox_address, tenant_address};
use crate::model::{Population, World};
use crate::plan::{Law, Plan, SiteForm, SiteId};

/// Draws the population that a seed gives: the same for all its replications, because the tenants
/// of a rollout are known before it starts.
#[must_use]
pub fn populate(plan: &Plan, seed: u64) -> World {
    let mut dice = Dice::new(seed, POPULATION);
    let law = |site: SiteId| match &plan.sites[site.index()].form {
        SiteForm::Delay(law) => law,
        _ => unreachable!("population sites hold plain values"),
    };
    let count = law(plan.mailboxes_site);
    // A plan with mailbox steps joins them per tenant, so each tenant has at least one.
    let least = u32::from(!plan.kinds[plan.mailbox().index()].steps.is_empty());
    let mut mailboxes = Vec::new();
    let mut sizes = Vec::new();
    for tenant in 0..plan.scenario.tenants.count {
        let drawn = sample(count, &mut dice, tenant_address(tenant), plan.mailboxes_site);
        let number = u32::try_from(drawn).expect("at most 10,000 mailboxes").max(least);
        mailboxes.push(number);
        if let Some(site) = plan.size_site {
            sizes.extend((0..number).map(|ordinal| {
                sample(law(site), &mut dice, mailbox_address(tenant, ordinal), site)
            }));
        }
    }
    World::new(plan, Population { mailboxes, sizes })
}

fn sample(law: &Law, dice: &mut Dice, address: u64, site: SiteId) -> u64 {
    law.sample(dice.at(address, site, 1))
}
