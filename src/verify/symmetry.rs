//! Which tenants are alike, and states up to exchanging them.
//!
//! Tenants are alike if they have the same class, groups and mailboxes and either move or have moved.
//! In a plan in which nothing that concerns several of them at once lets them ask for slots in one
//! event, exchanging two of them in a state gives a state with the exchanged future. Otherwise the
//! order of the list decides who asks first, and no two are exchanged.
//!
//! A state is brought into a form in which alike tenants stand sorted: by what their part of the
//! portrait says, then by the bounds of their timers. Timers move with their tenants. Where bounds tie,
//! equal states may keep different forms; that costs states, never an answer.

use std::collections::BTreeMap;

use crate::model::{Part, Portrait, Rules};
use crate::plan::{EffectPlan, KindId, Plan, QuantifierPlan};
use crate::units::Span;
use crate::verify::dbm::Dbm;

/// What states are compared by: parts by number, the shared one first, tenants sorted.
pub(super) type Key = Box<[u32]>;

/// At most so many orders of equal tenants are tried.
const VIEWS: usize = 8;

/// A state brought into its form.
#[derive(Clone, Debug)]
pub(super) struct Arranged {
    pub(super) key: Key,
    /// Its timers, by index in the list that was given.
    pub(super) order: Vec<usize>,
    /// Orders, as places in `order`, in which it is the same state; its own first.
    pub(super) views: Vec<Vec<usize>>,
    /// Tenants that nothing but bounds tells apart.
    pub(super) equals: Equals,
}

/// Sets of tenants that nothing but bounds tells apart: of each the places of its timers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Equals(Vec<Vec<Vec<usize>>>);

impl Equals {
    /// By place, whether a timer stands for nothing new: exchanging its tenant with an equal one before
    /// it leaves every bound as it is, so what follows if it fires is what follows if the other's does.
    pub(super) fn doubles(&self, zone: &Dbm) -> Vec<bool> {
        let mut doubles = vec![false; zone.len() - 1];
        for pair in self.0.iter().flat_map(|blocks| blocks.windows(2)) {
            let mut exchanged: Vec<usize> = (0..zone.len()).collect();
            for (&a, &b) in pair[0].iter().zip(&pair[1]) {
                exchanged.swap(a + 1, b + 1);
            }
            if zone.is_the_same(&exchanged) {
                pair[1].iter().for_each(|&place| doubles[place] = true);
            }
        }
        doubles
    }
}

/// Sorts tenants, and numbers the parts of portraits as they come.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {
    /// By tenant: equal iff alike.
    alike: Vec<u32>,
    /// Why no two tenants are exchanged, if the plan is the reason.
    pub(super) because: Option<&'static str>,
    parts: BTreeMap<Box<[u32]>, u32>,
    words: usize,
}

impl Symmetry {
    /// For a plan and its population.
    pub(super) fn new(rules: &Rules) -> Symmetry {
        let because = obstacle(&rules.plan);
        let alike = match because {
            Some(_) => (0..rules.world.count(rules.plan.tenant())).collect(),
            None => alike(rules),
        };
        Symmetry { alike, because, parts: BTreeMap::new(), words: 0 }
    }

    /// Sets of alike tenants.
    pub(super) fn classes(&self) -> usize {
        let mut classes = self.alike.clone();
        classes.sort_unstable();
        classes.dedup();
        classes.len()
    }

    /// What a state is compared by. `zone` has a variable for each timer, behind the reference.
    pub(super) fn arrange(&mut self, portrait: Portrait, zone: &Dbm) -> Arranged {
        let mut key = Vec::with_capacity(1 + portrait.tenants.len());
        key.push(self.number(portrait.shared.words));
        let mut order = portrait.shared.timers;
        // Leases stand behind attempts, and say best who began first.
        let bounds = |timers: &[usize]| -> Vec<(i64, i64)> {
            let timers = timers.iter().rev();
            timers.map(|timer| (zone.most(timer + 1), zone.least(timer + 1))).collect()
        };
        let mut tenants = Vec::with_capacity(portrait.tenants.len());
        for (tenant, Part { words, timers }) in portrait.tenants.into_iter().enumerate() {
            tenants.push((self.alike[tenant], self.number(words), bounds(&timers), timers));
        }
        if self.because.is_none() {
            tenants.sort_by(|one, other| (one.0, one.1, &one.2).cmp(&(other.0, other.1, &other.2)));
        }
        // Places in `order` of the timers of tenants that nothing but bounds tells apart.
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        let mut swaps = Vec::new();
        let mut before = None;
        for (alike, part, _, timers) in tenants {
            key.push(part);
            if before != Some((alike, part)) || self.because.is_some() {
                swaps.push(std::mem::take(&mut blocks));
            }
            before = Some((alike, part));
            blocks.push((order.len()..order.len() + timers.len()).collect());
            order.extend(timers);
        }
        swaps.push(blocks);
        swaps.retain(|blocks| blocks.len() > 1 && !blocks[0].is_empty());
        let views = views(order.len(), &swaps);
        Arranged { key: key.into(), views, order, equals: Equals(swaps) }
    }

    fn number(&mut self, words: Vec<u32>) -> u32 {
        if let Some(&number) = self.parts.get(&*words) {
            return number;
        }
        let number = u32::try_from(self.parts.len()).expect("fewer than 2^32 parts");
        self.words += words.len();
        self.parts.insert(words.into(), number);
        number
    }

    /// Words of memory, half as long as those of a zone.
    pub(super) fn words(&self) -> usize {
        self.words
    }
}

/// Orders of the timers that the exchange of equal tenants gives, the present one first. Not all where
/// there are many: what is missed costs states.
fn views(timers: usize, swaps: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
    let mut views = vec![(0..timers).collect::<Vec<usize>>()];
    for blocks in swaps {
        for one in 0..blocks.len() {
            for other in one + 1..blocks.len() {
                if views.len() >= VIEWS {
                    return views;
                }
                let mut view = views[0].clone();
                for (&a, &b) in blocks[one].iter().zip(&blocks[other]) {
                    view.swap(a, b);
                }
                views.push(view);
            }
        }
    }
    views
}

/// Why tenants of a plan are not exchanged.
fn obstacle(plan: &Plan) -> Option<&'static str> {
    let above = |kind: KindId| kind < plan.tenant();
    if plan.steps.iter().any(|step| above(step.kind)) {
        return Some("steps of groups or of the rollout concern several of them at once");
    }
    if plan.facts.iter().any(|fact| above(fact.kind)) {
        return Some("facts of groups or of the rollout concern several of them at once");
    }
    if !plan.calendars.is_empty() {
        return Some("windows open for several of them at once");
    }
    if !plan.waves.is_empty() {
        return Some("they start in waves");
    }
    let scenario = &plan.scenario;
    let listed = scenario.inventory.iter().flat_map(|inventory| &inventory.tenants);
    let dated = |at: Span, priority: i32| at > Span(0) || priority != 0;
    if scenario.classes.iter().any(|class| dated(class.not_before, class.priority))
        || listed
            .into_iter()
            .any(|tenant| dated(tenant.not_before.unwrap_or(Span(0)), tenant.priority.unwrap_or(0)))
    {
        return Some("some of them start first, or not before a date");
    }
    if plan.crash_kinds.iter().any(|&kind| above(kind)) {
        return Some("a crash concerns several of them at once");
    }
    let members = |effects: &[EffectPlan]| effects.iter().any(|effect| effect.members);
    if plan.acts.iter().any(|act| above(act.kind) && members(&act.does)) {
        return Some("an effect goes to several of them at once");
    }
    let counted = |quantifier: &QuantifierPlan| above(quantifier.at);
    if plan.quantifiers.iter().any(counted) {
        return Some("conditions count them");
    }
    None
}

/// Numbers tenants by what tells them apart.
fn alike(rules: &Rules) -> Vec<u32> {
    let (plan, world) = (&rules.plan, &rules.world);
    let mut known = BTreeMap::new();
    let mut alike = Vec::new();
    for tenant in world.all(plan.tenant()) {
        let groups = (1..plan.tenant().0).map(KindId);
        let groups: Vec<u32> =
            groups.map(|kind| world.ancestor(plan.tenant(), tenant, kind).0).collect();
        let mut sizes = Vec::new();
        world.descendants(plan.tenant(), tenant, plan.mailbox(), &mut |mailbox| {
            sizes.push(world.size(mailbox));
        });
        let moves = world.moves(plan.tenant(), tenant);
        let looks = (moves, world.class(plan, tenant), groups, sizes);
        let next = u32::try_from(known.len()).expect("few tenants");
        alike.push(*known.entry(looks).or_insert(next));
    }
    alike
}
