//! The draw sites of a plan, by name.

use std::collections::BTreeMap;

use super::{Law, Site, SiteForm, SiteId};
use crate::scenario::{self, Dist, Scenario};
use crate::units::Ratio;

/// Sites by name, filled with what is decided there as the plan is compiled.
pub(super) struct SiteTable {
    pub(super) sites: Vec<Site>,
    pub(super) by_name: BTreeMap<String, usize>,
}

impl SiteTable {
    pub(super) fn new(scenario: &Scenario) -> SiteTable {
        let names = scenario::sites::sites(scenario);
        let by_name = names.iter().cloned().zip(0..).collect();
        let site = |name| Site { name, form: SiteForm::Unused };
        SiteTable { sites: names.into_iter().map(site).collect(), by_name }
    }

    pub(super) fn set(&mut self, name: &str, form: SiteForm) -> SiteId {
        let place = *self.by_name.get(name).unwrap_or_else(|| panic!("no site named `{name}`"));
        self.sites[place].form = form;
        SiteId(index16(place))
    }

    pub(super) fn delay(&mut self, name: &str, dist: &Dist) -> SiteId {
        self.set(name, SiteForm::Delay(Law::compile(dist)))
    }

    pub(super) fn chance(&mut self, name: &str, chance: Ratio) -> SiteId {
        self.set(name, SiteForm::Chance(chance))
    }

    pub(super) fn strikes(&mut self, name: &str, chance: Ratio) -> SiteId {
        self.set(name, SiteForm::Strikes(chance))
    }

    pub(super) fn rank(&mut self, name: &str) -> Option<SiteId> {
        self.known(name, SiteForm::Rank)
    }

    /// Sets a site that not every scenario has.
    pub(super) fn known(&mut self, name: &str, form: SiteForm) -> Option<SiteId> {
        let known = self.by_name.contains_key(name);
        known.then(|| self.set(name, form))
    }
}

/// An index of a list of the scenario, as ids have it.
pub(super) fn index16(index: usize) -> u16 {
    u16::try_from(index).expect("lists of a scenario are short")
}
