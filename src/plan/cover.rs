//! Distributions without an end, cut at a quantile (design, "Distributions").
//!
//! A proof about all values of an unbounded duration often has but one answer: it may take for ever. Cut
//! at a quantile it has a better one, which is wrong only where some draw lies beyond its cut. The
//! chance of that is bounded by the sum over all draws that concern one tenant (Boole's inequality),
//! so it holds whatever depends on what.
//!
//! **What is cut.** Draws of steps and of their effects: durations, rates, retry waits, delays, leases,
//! also where a fault bends the step; and the sizes of mailboxes. Not those of users, reactions and
//! free-standing faults, of which nothing says how many there are.
//!
//! **How many draws.** A step is tried at most `times × (1 + retries)` times, twice that if a fault
//! repeats it, for each of the tenant's mailboxes if it is theirs. The number of mailboxes has a quantile
//! of its own, for which half of the chance is kept.

use super::{BendPlan, EffectPlan, Law, Plan, SiteForm, SiteId, StepPlan};
use crate::plan::law::Support;

/// A site cut at a quantile.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Where.
    pub site: SiteId,
    /// No value below it is looked at: microseconds, bytes, or bytes per hour.
    pub low: Option<u64>,
    /// No value above it.
    pub high: Option<u64>,
    /// A draw lies beyond with at most this chance.
    pub chance: f64,
    /// At most so many draws concern one tenant.
    pub draws: u64,
}

/// What is cut of a plan, and how likely a tenant is to have a draw beyond.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cover {
    /// In the order of the sites.
    pub cuts: Vec<Cut>,
    /// The number of mailboxes that is not exceeded, and the chance that it is, if there is one.
    pub mailboxes: Option<(u64, f64)>,
    /// At most this chance that a tenant has a draw beyond its cut.
    pub per_tenant: f64,
}

impl Plan {
    /// Cuts unbounded draws so that all of a tenant's lie inside but for a chance of `coverage`, which
    /// lies in (0, 1). `sizes`: sizes of mailboxes are draws, too. Nothing is cut if the orchestrator may
    /// crash: then nothing bounds the number of attempts.
    #[must_use]
    pub fn cover(&self, coverage: f64, sizes: bool) -> (Plan, Cover) {
        let mut plan = self.clone();
        if !self.crash_kinds.is_empty() {
            return (plan, Cover::default());
        }
        let (mailboxes, exceeded) = self.mailboxes_within(coverage / 2.0);
        let sites: Vec<(SiteId, u64)> = self
            .draws(mailboxes, sizes)
            .into_iter()
            .filter(|(site, _)| laws(&self.sites[site.index()].form).iter().any(Unit::endless))
            .collect();
        let total: u64 = sites.iter().map(|(_, draws)| draws).sum();
        if total == 0 {
            return (plan, Cover::default());
        }
        let each = (coverage - exceeded) / total as f64;
        let cuts: Vec<Cut> = sites
            .into_iter()
            .map(|(site, draws)| cut(&mut plan.sites[site.index()].form, site, draws, each))
            .collect();
        let beyond: f64 = cuts.iter().map(|cut| cut.chance * cut.draws as f64).sum();
        let mailboxes = (exceeded > 0.0).then_some((mailboxes, exceeded));
        (plan, Cover { cuts, mailboxes, per_tenant: (beyond + exceeded).min(1.0) })
    }

    /// Whether a site is that of mailbox sizes.
    #[must_use]
    pub fn is_size(&self, site: SiteId) -> bool {
        self.size_site == Some(site)
    }

    /// A number of mailboxes that a tenant exceeds with at most this chance, and that chance.
    fn mailboxes_within(&self, chance: f64) -> (u64, f64) {
        let all = self.tenants_there_are();
        let most = all.iter().map(|&(class, migrated)| self.mailboxes_of(class, migrated).1);
        let most = u64::from(most.max().unwrap_or(0));
        let laws = laws(&self.sites[self.mailboxes_site.index()].form);
        if self.scenario.inventory.is_some() {
            return (most, 0.0);
        }
        let within = laws.iter().map(|law| law.quantile_upper(chance)).max().unwrap_or(most);
        if within >= most {
            return (most, 0.0);
        }
        let exceeded = laws.iter().map(|law| law.exceeds(within)).fold(0.0, f64::max);
        (within, exceeded)
    }

    /// Sites of steps, and how many draws of each concern one tenant.
    fn draws(&self, mailboxes: u64, sizes: bool) -> Vec<(SiteId, u64)> {
        let mut draws = Vec::new();
        for (index, step) in (0u16..).zip(&self.steps) {
            self.draws_of(index, step, mailboxes, &mut draws);
        }
        if let Some(site) = self.size_site.filter(|_| sizes) {
            draws.push((site, mailboxes));
        }
        draws.sort_unstable();
        // Who shares a site adds its draws.
        draws.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        draws.retain(|(_, draws)| *draws > 0);
        draws
    }

    fn draws_of(
        &self,
        index: u16,
        step: &StepPlan,
        mailboxes: u64,
        draws: &mut Vec<(SiteId, u64)>,
    ) {
        let bends = self.faults.iter().filter_map(|fault| fault.bend);
        let mine: Vec<BendPlan> =
            bends.filter(|(of, _)| *of == index).map(|(_, bend)| bend).collect();
        let again = if mine.contains(&BendPlan::Repeats) { 2 } else { 1 };
        let entities = if step.kind == self.mailbox() { mailboxes } else { 1 };
        let attempts = again * u64::from(step.times) * (1 + u64::from(step.retries)) * entities;
        draws.extend(step.duration.map(|site| (site, attempts)));
        draws.extend(step.retry_wait.map(|site| (site, attempts)));
        draws.extend(step.undo_duration.map(|site| (site, entities)));
        let undone = self.faults.iter().filter_map(|fault| fault.undo_bend);
        let undone = undone.filter(|(of, _)| *of == index).map(|(_, bend)| (bend, entities));
        for (bend, times) in mine.into_iter().map(|bend| (bend, attempts)).chain(undone) {
            if let BendPlan::Slow(site) | BendPlan::Fails(Some(site)) = bend {
                draws.push((site, times));
            }
        }
        let lists = [
            (&step.at_start, attempts),
            (&step.at_end, attempts),
            (&step.at_fail, attempts),
            (&step.undo, entities),
        ];
        for (effects, times) in lists {
            for effect in effects {
                let times = times * self.receivers(effect, mailboxes);
                draws.extend(effect.after.map(|site| (site, times)));
                draws.extend(effect.lasts.map(|site| (site, times)));
            }
        }
    }

    /// How many entities of one tenant an effect reaches.
    fn receivers(&self, effect: &EffectPlan, mailboxes: u64) -> u64 {
        let of = self.facts[usize::from(effect.fact)].kind;
        if effect.members && of == self.mailbox() { mailboxes } else { 1 }
    }
}

/// The laws of a form: several if it is by class.
fn laws(form: &SiteForm) -> Vec<Unit<'_>> {
    match form {
        SiteForm::Delay(law) => vec![Unit { law, rate: false }],
        SiteForm::Rate(law) => vec![Unit { law, rate: true }],
        SiteForm::ByClass(forms) => forms.iter().flat_map(laws).collect(),
        _ => Vec::new(),
    }
}

/// A law, and whether small values are the long ones.
struct Unit<'a> {
    law: &'a Law,
    rate: bool,
}

impl std::ops::Deref for Unit<'_> {
    type Target = Law;

    fn deref(&self) -> &Law {
        self.law
    }
}

impl Unit<'_> {
    /// Its time may be for ever.
    fn endless(&self) -> bool {
        let Support { low, high } = self.law.support();
        if self.rate { low <= 1 && self.law.as_constant().is_none() } else { high.is_none() }
    }
}

/// Cuts every law of a form.
fn cut(form: &mut SiteForm, site: SiteId, draws: u64, chance: f64) -> Cut {
    let mut total = Cut { site, low: None, high: None, chance: 0.0, draws };
    let endless = laws(form).iter().any(Unit::endless);
    match form {
        SiteForm::Delay(law) if endless => {
            let high = law.quantile_upper(chance);
            total.high = Some(high);
            total.chance = law.exceeds(high);
            *law = law.cut(law.low(), high);
        }
        SiteForm::Rate(law) if endless => {
            let low = law.quantile(chance).max(1);
            let high = law.support().high;
            total.low = Some(low);
            total.chance = 1.0 - law.exceeds(low - 1);
            *law = law.cut(low, high.unwrap_or(Law::CAP));
        }
        SiteForm::ByClass(forms) => {
            for form in forms {
                let each = cut(form, site, draws, chance);
                total.low = total.low.into_iter().chain(each.low).min();
                total.high = total.high.max(each.high);
                total.chance = total.chance.max(each.chance);
            }
        }
        _ => {}
    }
    total
}
