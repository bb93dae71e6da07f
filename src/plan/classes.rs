//! Classes of tenants: bits of the tenant's word that nothing writes, and a law for each class at
//! one site, so that the model needs no rule for them.

use super::{KindId, Law, Plan, SiteForm, SiteId};
use crate::scenario::{ByClass, Class, Dist, Scenario};
use crate::units::Ratio;

/// One class, compiled.
#[derive(Clone, Debug)]
pub struct ClassPlan {
    /// Its bit in the word of a tenant, above those of the facts.
    pub bit: u8,
    /// Draws below this share, and above that of the class before, belong to it; `None`: the
    /// inventory says who does.
    pub below: Option<Ratio>,
}

/// The classes, with as many facts of a tenant before them.
pub(super) fn compile(scenario: &Scenario, facts: usize) -> Vec<ClassPlan> {
    let shares: f64 = scenario.classes.iter().filter_map(|class| class.share).map(|s| s.0).sum();
    let mut sum = 0.0;
    let compile = |(index, class): (usize, &Class)| {
        let below = class.share.map(|share| {
            sum += share.0;
            // Shares that add up to 1 but for rounding leave nobody out.
            let all = (shares - 1.0).abs() < 1e-9 && (sum - 1.0).abs() < 1e-9;
            Ratio(if all { 1.0 } else { sum.min(1.0) })
        });
        let bit = u8::try_from(facts + index).expect("64 facts and classes");
        ClassPlan { bit, below }
    };
    scenario.classes.iter().enumerate().map(compile).collect()
}

/// One law for all, or one for each class if some class has its own.
pub(super) fn overridden<'a>(
    scenario: &'a Scenario,
    common: Option<&'a Dist>,
    own: impl Fn(&'a Class) -> Option<&'a Dist>,
) -> Option<SiteForm> {
    if scenario.classes.iter().all(|class| own(class).is_none()) {
        return common.map(|dist| SiteForm::Delay(Law::compile(dist)));
    }
    // Without a class and without a law for all there is nothing to draw.
    let delay = |dist: Option<&Dist>| {
        let law = dist.map_or_else(|| Law::constant(0), Law::compile);
        SiteForm::Delay(law)
    };
    let classes = scenario.classes.iter().map(|class| delay(own(class).or(common)));
    Some(SiteForm::ByClass(classes.chain([delay(common)]).collect()))
}

/// A law for each class.
pub(super) fn by_class(dists: &ByClass, form: fn(Law) -> SiteForm) -> SiteForm {
    SiteForm::ByClass(dists.0.iter().map(|dist| form(Law::compile(dist))).collect())
}

impl Plan {
    /// What is decided at a site for an entity of a class (see `World::class`).
    #[must_use]
    #[inline(always)]
    pub fn form(&self, site: SiteId, class: impl FnOnce(&Plan) -> usize) -> &SiteForm {
        match &self.sites[site.index()].form {
            SiteForm::ByClass(forms) => &forms[class(self)],
            form => form,
        }
    }

    /// The bit that says in a tenant's word which class it is of.
    #[must_use]
    pub fn class_word(&self, kind: KindId, class: usize) -> u64 {
        let class = self.classes.get(class).filter(|_| kind == self.tenant());
        class.map_or(0, |class| 1 << class.bit)
    }

    /// The class a draw falls to: an index of `classes`, or their number for none.
    #[must_use]
    pub(crate) fn dealt(&self, draw: u64) -> usize {
        let falls = |class: &ClassPlan| class.below.is_some_and(|below| below.strikes(draw));
        self.classes.iter().position(falls).unwrap_or(self.classes.len())
    }
}
