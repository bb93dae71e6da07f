//! Which tenants there are, and how many of a tenant's mailboxes a focal run needs.
//!
//! **Identical mailboxes.** The mailboxes of a tenant have the same steps, users and faults. A run
//! with some of them, as they were in the full run, is that run for whoever is left, if three
//! things are kept:
//!
//! * what the others write to the tenant or above, and for how many of them a condition holds:
//!   inputs, as with other tenants (`inputs`);
//! * the instant at which a step that waits for all mailboxes becomes ready: it is the end of the
//!   last, so one mailbox that is the last (or that stops, and blocks the step for good) is enough
//!   for each step of mailboxes that somebody waits for;
//! * the mailbox that a hazard is about.
//!
//! So 1 + J mailboxes are enough, J the number of joined mailbox steps. One "last to end" does
//! for all J if it may be another mailbox each time: between two joins all mailboxes have done the
//! same steps, and are alike but for their facts, sessions and sizes. If no step and no reaction of
//! mailboxes looks at a mailbox's facts, which of them goes on as the last changes nothing for the
//! tenant, and a mailbox made of the last of each segment is one that the rules allow.

use std::collections::BTreeSet;

use crate::plan::{Cond, KindId, Law, Plan, SiteForm};
use crate::scenario::{Inventory, ListedSizes, ListedTenant};
use crate::units::{Bytes, Rate};

/// How long a transfer takes.
pub(super) fn time(size: u64, rate: u64) -> u64 {
    Bytes(size).transfer_time(Rate(rate.max(1))).0
}

impl Plan {
    /// Class and status of the tenants that there are.
    pub(in crate::plan) fn tenants_there_are(&self) -> Vec<(usize, bool)> {
        let none = self.classes.len();
        let classless = none == 0 || self.scenario.classless();
        let mut all: Vec<(usize, bool)> = match self.scenario.inventory.as_deref() {
            Some(listed) => {
                let drawn = |tenant: &ListedTenant| match (tenant.class, self.class_site) {
                    (Some(class), _) => vec![usize::from(class.0)],
                    (None, Some(_)) => (0..none + usize::from(classless)).collect(),
                    (None, None) => vec![none],
                };
                let status = |tenant: &ListedTenant| {
                    let migrated = tenant.migrated;
                    drawn(tenant).into_iter().map(move |class| (class, migrated))
                };
                listed.tenants.iter().flat_map(status).collect()
            }
            None => {
                let tenants = &self.scenario.tenants;
                let classes = 0..none + usize::from(classless);
                let moved =
                    [(tenants.migrated > 0, true), (tenants.migrated < tenants.count, false)];
                let there = moved.into_iter().filter(|(there, _)| *there);
                there
                    .flat_map(|(_, moved)| classes.clone().map(move |class| (class, moved)))
                    .collect()
            }
        };
        // Those that move first: they are what the plan is about.
        all.sort_by_key(|&(class, migrated)| (migrated, class));
        all.dedup();
        all
    }

    /// The fewest and the most mailboxes of a tenant.
    pub(in crate::plan) fn mailboxes_of(&self, class: usize, migrated: bool) -> (u32, u32) {
        let least = u32::from(!self.kinds[self.mailbox().index()].steps.is_empty());
        let number = |count: u64| u32::try_from(count).expect("at most 10,000 mailboxes");
        let drawn = || {
            let support = self.law(self.mailboxes_site, class).support();
            let high = support.high.unwrap_or(u64::from(u32::MAX)).min(10_000);
            (number(support.low).max(least), number(high).max(least))
        };
        let Some(listed) = self.scenario.inventory.as_deref() else { return drawn() };
        let of = |tenant: &ListedTenant| match tenant.mailboxes {
            Some(count) => (count, count),
            None => drawn(),
        };
        let ranges = self.listed(listed, class, migrated).map(of);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_else(drawn)
    }

    fn law(&self, site: super::SiteId, class: usize) -> &Law {
        match self.form(site, |_| class) {
            SiteForm::Delay(law) => law,
            _ => unreachable!("population sites hold plain values"),
        }
    }

    /// Tenants of an inventory that may be of a class.
    fn listed<'a>(
        &self,
        listed: &'a Inventory,
        class: usize,
        migrated: bool,
    ) -> impl Iterator<Item = &'a ListedTenant> {
        let (none, dealt) = (self.classes.len(), self.class_site.is_some());
        listed.tenants.iter().filter(move |tenant| {
            let own = tenant.class.map(|class| usize::from(class.0));
            tenant.migrated == migrated
                && match own {
                    Some(own) => own == class,
                    None => dealt || class == none,
                }
        })
    }

    /// Least, nominal and greatest size of one mailbox, in bytes; `None` if they have none.
    pub(super) fn sizes_of(&self, class: usize, migrated: bool) -> Option<(u64, u64, Option<u64>)> {
        let drawn = self.size_site.map(|site| {
            let law = self.law(site, class);
            (law.support().low, law.median(), law.support().high)
        });
        let Some(listed) = self.scenario.inventory.as_deref().filter(|l| l.has_sizes()) else {
            return drawn;
        };
        let mut sizes: Vec<u64> = Vec::new();
        let mut some_drawn = false;
        for tenant in self.listed(listed, class, migrated) {
            match &tenant.sizes {
                ListedSizes::Drawn => some_drawn = true,
                ListedSizes::Total(total) => {
                    let number = u64::from(tenant.mailboxes.unwrap_or(1).max(1));
                    sizes.extend([total / number, total.div_ceil(number)]);
                }
                ListedSizes::Each(each) => {
                    some_drawn |= each.iter().any(Option::is_none);
                    sizes.extend(each.iter().flatten());
                }
            }
        }
        sizes.sort_unstable();
        let stated = sizes
            .first()
            .zip(sizes.last())
            .map(|(&least, &most)| (least, sizes[sizes.len() / 2], Some(most)));
        match (stated, drawn.filter(|_| some_drawn)) {
            (Some(a), Some(b)) => {
                let most = a.2.zip(b.2).map(|(a, b)| a.max(b));
                Some((a.0.min(b.0), a.1, most))
            }
            (stated, drawn) => stated.or(drawn).or(Some((0, 0, Some(0)))),
        }
    }

    /// How many mailboxes of a tenant make a difference to any one of them and to the tenant.
    pub(super) fn mailboxes_that_matter(&self) -> u32 {
        let joined = self.joined_by_others();
        let one_for_all = self.mailboxes_forget() && self.segments_are_apart(&joined);
        let last = if one_for_all { joined.len().min(1) } else { joined.len() };
        1 + u32::try_from(last).expect("few steps")
    }

    /// Steps of mailboxes that a step of another kind waits for.
    fn joined_by_others(&self) -> Vec<u16> {
        let mailbox = self.mailbox();
        let other = |&before: &u16| self.steps[usize::from(before)].kind != mailbox;
        let joined = (0u16..)
            .zip(&self.steps)
            .filter(|(_, step)| step.kind == mailbox && step.before.iter().any(other));
        joined.map(|(step, _)| step).collect()
    }

    /// No step or reaction of mailboxes looks at what a mailbox's facts are, none is looked at in
    /// sum, and no join goes on without mailboxes that have stopped.
    fn mailboxes_forget(&self) -> bool {
        let mailbox = self.mailbox();
        let looks = |cond: &Cond| {
            let mut found = false;
            cond.visit(&mut |level, _| found |= level == mailbox, &mut |_| {});
            found
        };
        let steps = self.steps.iter().flat_map(|step| {
            [&step.when, &step.done_if, &step.needs, &step.holds].into_iter().flatten()
        });
        let acts = self.acts.iter().filter(|act| act.kind == mailbox).map(|act| &act.condition);
        let lists = self.steps.iter().flat_map(|step| {
            step.at_start.iter().chain(&step.at_end).chain(&step.at_fail).chain(&step.undo)
        });
        let effects = lists.chain(self.acts.iter().flat_map(|act| &act.does));
        // An effect on a mailbox's own facts changes nothing that anybody looks at.
        let upwards = effects.filter(|effect| self.facts[usize::from(effect.fact)].kind != mailbox);
        let mut conds = steps.chain(acts).chain(upwards.map(|effect| &effect.condition));
        !conds.any(looks) && !self.steps.iter().any(|step| step.join_running)
    }

    /// Each step of mailboxes lies in the segment of at most one of the joined ones: what leads up
    /// to it since the tenant last waited for all.
    fn segments_are_apart(&self, joined: &[u16]) -> bool {
        let mut taken: BTreeSet<u16> = BTreeSet::new();
        joined.iter().all(|&step| self.segment(step).into_iter().all(|one| taken.insert(one)))
    }

    fn segment(&self, step: u16) -> BTreeSet<u16> {
        let mailbox: KindId = self.mailbox();
        let kind = |step: &u16| self.steps[usize::from(*step)].kind;
        let mut before = self.leading_to(step);
        let syncs: Vec<u16> = before.iter().copied().filter(|one| kind(one) != mailbox).collect();
        let waited_for: BTreeSet<u16> =
            syncs.into_iter().flat_map(|sync| self.leading_to(sync)).collect();
        before.insert(step);
        before.retain(|one| kind(one) == mailbox && !waited_for.contains(one));
        before
    }

    /// Everything that has ended when a step is ready.
    fn leading_to(&self, step: u16) -> BTreeSet<u16> {
        let mut found = BTreeSet::new();
        let mut open = self.steps[usize::from(step)].after.clone();
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(&self.steps[usize::from(next)].after);
            }
        }
        found
    }
}
