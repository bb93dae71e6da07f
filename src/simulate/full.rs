//! A witness of a focal run, tried in the full rollout.
//!
//! In: a full run's setup, a focal run's setup, and a schedule of the focal run that exposes its
//! tenant. Out: whether a small, fixed list of full runs shows the same hazard for a tenant of that
//! class, and the schedule of the first that does. In a full run nobody can say "others keep it
//! waiting": others must really do so. So the focal tenant's own choices are forced on one tenant, and
//! the others are either nominal or as slow as the plan lets them be.
//!
//! **What "not reached" does not mean.** The list is short. That none of its runs shows the hazard
//! leaves open whether some run of the full rollout does.

use std::collections::BTreeMap;

use crate::kernel::{Base, Schedule, Setup, Sim};
use crate::model::{Choice, Entity};
use crate::monitor::{Missed, Outcome, Watch, Window};
use crate::plan::{KindId, SiteForm};
use crate::units::{Instant, Span};

/// More overrides than any attempt needs to bear; beyond them others are nominal.
const OVERRIDES_MAX: usize = 200_000;
/// Of an unbounded distribution, the value that this share of draws exceeds stands for its longest.
const BEYOND: f64 = 1e-3;

/// What the others do in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing but the nominal.
    Nominal,
    /// Every step of theirs takes its longest.
    Slow,
}

/// One run that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who took the focal tenant's part.
    pub tenant: u32,
    /// What the others did.
    pub others: Others,
}

/// A full run that shows the hazard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// How.
    pub attempt: Attempt,
    /// What it forces.
    pub schedule: Schedule,
    /// What it shows.
    pub shown: Shown,
}

/// What a run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A window.
    Window(Window),
    /// A goal that does not hold at its deadline.
    Missed(Missed),
}

impl Shown {
    /// When the window opens, or the deadline.
    #[must_use]
    pub fn at(&self) -> Instant {
        match self {
            Shown::Window(window) => window.from,
            Shown::Missed(missed) => missed.at,
        }
    }
}

/// What came of trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// In this order.
    pub tried: Vec<Attempt>,
    /// The last of them, if it shows the hazard.
    pub reached: Option<Reached>,
}

/// Tries the schedule of a focal run, which shows what is like `like`, in the full rollout.
/// `go_on` is asked before each run.
#[must_use]
pub fn try_in_full(
    full: &Setup,
    focal: &Setup,
    schedule: &Schedule,
    like: &Shown,
    go_on: &mut dyn FnMut() -> bool,
) -> Trial {
    let mut trial = Trial { tried: Vec::new(), reached: None };
    for tenant in candidates(full, focal) {
        for others in [Others::Nominal, Others::Slow] {
            if !go_on() {
                return trial;
            }
            let attempt = Attempt { tenant, others };
            let forced = Part { full, focal, tenant }.schedule(schedule, others);
            trial.tried.push(attempt);
            let mut sim = Sim::new(full, forced.clone());
            let outcome = Watch::new(&sim).run(&mut sim);
            let part = Part { full, focal, tenant };
            if let Some(shown) = part.shown(outcome, like) {
                trial.reached = Some(Reached { attempt, schedule: forced, shown });
                return trial;
            }
        }
    }
    trial
}

/// Tenants that can take the focal one's part, by index: the last to start, who waits longest, the
/// first, and one in the middle.
fn candidates(full: &Setup, focal: &Setup) -> Vec<u32> {
    let scope = focal.plan().focal.as_ref().expect("the setup of a focal run").scope;
    let (plan, world) = (full.plan(), full.world());
    let like = |tenant: &u32| {
        let entity = world.entity(plan.tenant(), *tenant);
        world.class(plan, entity) == scope.class
            && world.migrated(*tenant) == scope.migrated
            && world.mailbox_count(*tenant) >= scope.mailboxes
    };
    let all = 0..world.count(plan.tenant());
    let tenants: Vec<u32> = match scope.migrated {
        true => all.filter(like).collect(),
        false => world.order().iter().copied().filter(like).collect(),
    };
    let places = [tenants.len().saturating_sub(1), 0, tenants.len() / 2];
    let mut candidates: Vec<u32> = Vec::new();
    for tenant in places.into_iter().filter_map(|place| tenants.get(place)) {
        if !candidates.contains(tenant) {
            candidates.push(*tenant);
        }
    }
    candidates
}

/// A tenant of a full run in the part of the focal one.
#[derive(Clone, Copy)]
struct Part<'a> {
    full: &'a Setup,
    focal: &'a Setup,
    tenant: u32,
}

impl Part<'_> {
    /// Who does in the full run what an entity does in the focal one.
    fn player(&self, entity: Entity) -> Option<Entity> {
        let (plan, world) = (self.full.plan(), self.full.world());
        let tenant = world.entity(plan.tenant(), self.tenant);
        let kind = self.focal.world().kind(entity);
        if kind != plan.mailbox() {
            return Some(world.ancestor(plan.tenant(), tenant, kind));
        }
        let (place, _) = self.focal.world().place(entity);
        let mut mailboxes = Vec::new();
        world.descendants(plan.tenant(), tenant, kind, &mut |mailbox| mailboxes.push(mailbox));
        mailboxes.get(place as usize).copied()
    }

    fn schedule(&self, witness: &Schedule, others: Others) -> Schedule {
        let mut schedule = Schedule::free(Base::Nominal);
        if others == Others::Slow {
            schedule.overrides = self.slow();
        }
        for (&choice, &value) in &witness.overrides {
            let Some(entity) = self.player(choice.entity) else { continue };
            if let Some((site, value)) = self.translate(choice, entity, value) {
                schedule.overrides.insert(Choice { site, entity, ..choice }, value);
            }
        }
        schedule
    }

    /// The same choice in the full run; what others decide has none, but a transfer that takes so
    /// long has a rate.
    fn translate(
        &self,
        choice: Choice,
        entity: Entity,
        value: u64,
    ) -> Option<(crate::plan::SiteId, u64)> {
        let (full, focal) = (self.full.plan(), self.focal.plan());
        if choice.site.index() < full.sites.len() {
            return Some((choice.site, value));
        }
        let steps = full.steps.iter().zip(&focal.steps);
        let mut transfers = steps.filter(|(_, step)| step.duration == Some(choice.site));
        let site = transfers.next()?.0.duration?;
        let SiteForm::Rate(law) = self.full.form(site, entity) else { return None };
        let bytes = u128::from(self.full.world().size(entity)) * u128::from(Span::HOUR.0);
        let rate = u64::try_from(bytes / u128::from(value.max(1))).unwrap_or(u64::MAX);
        let support = law.support();
        Some((site, rate.clamp(support.low, support.high.unwrap_or(u64::MAX))))
    }

    /// The longest of everything that tenants and mailboxes of others do.
    fn slow(&self) -> BTreeMap<Choice, u64> {
        let (plan, world) = (self.full.plan(), self.full.world());
        let own = world.entity(plan.tenant(), self.tenant);
        let mut overrides = BTreeMap::new();
        let steps = plan.steps.iter().filter(|step| step.kind >= plan.tenant());
        for (step, site) in steps.filter_map(|step| Some((step, step.duration?))) {
            for entity in world.all(step.kind) {
                let other = world.ancestor(step.kind, entity, plan.tenant()) != own;
                if !other || !world.moves(step.kind, entity) {
                    continue;
                }
                let longest = match self.full.form(site, entity) {
                    SiteForm::Delay(law) => {
                        law.support().high.unwrap_or_else(|| law.quantile_upper(BEYOND))
                    }
                    SiteForm::Rate(law) => law.support().low,
                    _ => continue,
                };
                for occurrence in 1..=u32::from(step.times) {
                    if overrides.len() == OVERRIDES_MAX {
                        return overrides;
                    }
                    overrides.insert(Choice { site, entity, occurrence }, longest);
                }
            }
        }
        overrides
    }

    /// What is like it in a full run.
    fn shown(&self, outcome: Outcome, like: &Shown) -> Option<Shown> {
        match like {
            Shown::Window(like) => {
                let mut windows = outcome.windows.into_iter();
                windows.find(|window| self.is_like(window, like)).map(Shown::Window)
            }
            Shown::Missed(like) => {
                let same = |missed: &Missed| {
                    missed.goal == like.goal && self.plays(missed.entity, like.entity)
                };
                outcome.missed.into_iter().find(same).map(Shown::Missed)
            }
        }
    }

    /// The same hazard in the same kind of session, of whoever takes the part.
    fn is_like(&self, window: &Window, like: &Window) -> bool {
        let plays = self.plays(window.entity, like.entity);
        window.cause.hazard == like.cause.hazard && window.user == like.user && plays
    }

    /// It takes the part of an entity of the focal run, or is a mailbox of the same tenant.
    fn plays(&self, entity: Entity, focal: Entity) -> bool {
        let (plan, world) = (self.full.plan(), self.full.world());
        let kind: KindId = self.focal.world().kind(focal);
        let own = self.player(focal) == Some(entity);
        // Any mailbox of the tenant may be the one.
        let sibling = kind == plan.mailbox() && world.kind(entity) == kind && {
            let tenant = world.ancestor(kind, entity, plan.tenant());
            world.index(plan.tenant(), tenant) == self.tenant
        };
        own || sibling
    }
}
