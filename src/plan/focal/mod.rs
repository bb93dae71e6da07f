//! The plan of a focal run: one tenant with its mailboxes and groups, everybody else as choices
//! (design, section 3, "one environment").
//!
//! In: a [`Plan`] and a [`Scope`]. Out: the same plan over one tenant, with sites for whatever the
//! others decide. Every run of a rollout, looked at from one of its tenants, is a run of one of the
//! [`Plan::scopes`]; what such a run may do beyond that errs towards "unsafe":
//!
//! * **Waits.** Pools belong to groups or to the rollout, so everybody's requests meet there. A
//!   request of the focal tenant is answered after a wait of its own, at most `wait` long, whoever
//!   causes it; then it enters if the slots that the focal entities hold, outages and shifts leave
//!   one, as in the full run, and else waits on for these.
//! * **Writes.** A fact that somebody outside can write may be written at any instant, before or
//!   after what is in flight (E2), and be forced if somebody outside can force it. The number of
//!   others for whom a counted condition holds may change at any instant.
//! * **Joins.** A step of a group or of the rollout waits for members outside: it is ready at any
//!   instant after the focal part of what it waits for has ended.
//! * **Starts.** The tenant starts at any instant at which the rollout's windows are open.
//! * **Transfers** take between the least size over the greatest rate and the greatest size over
//!   the least rate, or for ever if they share a link, of which others may leave nothing; each
//!   attempt anew.
//! * **Groups** of a tenant that has moved take part or do not: a scope for each.
//! * **Mailboxes**: see `mailboxes`.

mod coarse;
mod inputs;
mod mailboxes;

pub use coarse::Coarse;

use std::sync::Arc;

use super::{KindId, Law, Plan, Site, SiteForm, SiteId, index16};
use crate::scenario::finding::ScopeLine;
use crate::scenario::sites::environment;
use crate::scenario::{Order, Partition, Renamable, present};
use crate::units::Span;

/// Which tenant a focal run is about, and how long others may keep it waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Index of its class; the number of classes for none.
    pub class: usize,
    /// It has moved already.
    pub migrated: bool,
    /// By group kind, as bits: its group takes part, because some tenant of it moves.
    pub moving_groups: u8,
    /// Mailboxes that are part of the run.
    pub mailboxes: u32,
    /// The longest wait for pools; `None`: without bound.
    pub wait: Option<Span>,
}

impl Scope {
    /// By names, as findings state it.
    #[must_use]
    pub fn line(&self, plan: &Plan) -> ScopeLine {
        let kinds = plan.scenario.groups.iter().enumerate();
        let moving = kinds.filter(|(kind, _)| self.group_moves(*kind));
        ScopeLine {
            class: plan.scenario.classes.get(self.class).map(|class| class.name.clone()),
            migrated: self.migrated,
            moving: moving.map(|(_, group)| group.name.clone()).collect(),
            mailboxes: self.mailboxes,
            wait: self.wait,
        }
    }

    /// The scope that a finding states.
    ///
    /// # Errors
    /// The class or the kind of groups that the plan does not have.
    pub fn of(plan: &Plan, line: &ScopeLine) -> Result<Scope, String> {
        let scenario = &plan.scenario;
        let place = |class: &String| {
            let place = scenario.classes.iter().position(|known| known.name == *class);
            place.ok_or_else(|| format!("there is no class `{class}`"))
        };
        let class = line.class.as_ref().map_or(Ok(scenario.classes.len()), place)?;
        let mut moving_groups = 0;
        for kind in &line.moving {
            let kind = present(&scenario.renames, Renamable::Group, kind);
            let place = scenario.groups.iter().position(|group| group.name == kind);
            moving_groups |= 1 << place.ok_or_else(|| format!("there are no groups `{kind}`"))?;
        }
        let ScopeLine { migrated, mailboxes, wait, .. } = *line;
        Ok(Scope { class, migrated, moving_groups, mailboxes, wait })
    }

    /// Whether the group of a kind takes part; kinds counted from the first group kind.
    #[must_use]
    pub fn group_moves(&self, kind: usize) -> bool {
        self.moving_groups >> kind & 1 == 1
    }
}

/// What a focal run asks of the environment.
#[derive(Clone, Debug)]
pub struct FocalPlan {
    /// Whose run it is.
    pub scope: Scope,
    /// There are mailboxes beside those of the run.
    pub more_mailboxes: bool,
    /// Bytes of each mailbox in the nominal run, if mailboxes have sizes.
    pub size: Option<u64>,
    /// Site of the tenant's start; `None`: at 0, because nothing else has a time.
    pub start: Option<SiteId>,
    /// By step: site of the wait for its pools, if it uses some.
    pub waits: Vec<Option<SiteId>>,
    /// By step: site of how much later than the focal part the others' part of its join ends.
    pub joins: Vec<Option<SiteId>>,
    /// What others change.
    pub inputs: Vec<InputPlan>,
    /// What the run leaves out unsoundly: nothing is proved by it while there is any.
    pub gaps: Vec<Gap>,
    /// What a proof does not tell apart; `None`: nothing.
    pub coarse: Option<Coarse>,
}

/// Something that others change at instants of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPlan {
    /// What.
    pub what: Input,
    /// Kind of its one entity in the run.
    pub kind: KindId,
    /// Site of the time until it changes next; nominally never.
    pub when: SiteId,
    /// Site of what it is before anything happens, if that is not the plan's to say.
    pub first: Option<SiteId>,
    /// Site of what it becomes.
    pub to: Option<SiteId>,
    /// Site of whether an effect in flight counts as issued before the change, oldest first.
    pub passes: Option<SiteId>,
}

/// What others change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A write to a fact: on (1) or off (0).
    Write(u16),
    /// One more for a counter.
    Add(u16),
    /// A fact is forced off (0) or on (1), or no longer (2).
    Force(u16),
    /// A member outside stops, and blocks a step of the group or of the rollout for good. Only where
    /// a step that joins the running ones goes on then; elsewhere it is as if the step never started.
    Block(u16),
    /// For how many others a quantifier's condition holds, and whether for all of them.
    Count {
        /// By index in `Plan::quantifiers`.
        quantifier: u16,
        /// What can be told apart: the value chosen is an index.
        values: Vec<(u32, bool)>,
    },
}

/// A construct for which one tenant with few of its mailboxes cannot stand for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// A tenant's rollback undoes this step for each of its mailboxes in turn.
    UndoOfMailboxes(u16),
    /// A crash without a journal lets mailboxes end a step again, and another may be the last.
    ForgottenMailboxes,
    /// Others resume the rollout, halt it where a condition reads that, or roll the tenant back.
    Steered,
    /// A step of a wave starts with the wave's turn, which others bring about.
    StepsOfWaves,
}

impl Plan {
    /// Every scope that the population has a tenant for, with waits up to `wait`.
    #[must_use]
    pub fn scopes(&self, wait: Option<Span>) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for (class, migrated) in self.tenants_there_are() {
            let (least, most) = self.mailboxes_of(class, migrated);
            let enough = most.min(self.mailboxes_that_matter());
            // A group with a tenant that moves takes part; at most 8 kinds of groups.
            let all = ((1u16 << (self.kinds.len() - 3)) - 1).to_le_bytes()[0];
            for moving_groups in if migrated { 0..=all } else { all..=all } {
                for mailboxes in least.min(enough)..=enough {
                    scopes.push(Scope { class, migrated, moving_groups, mailboxes, wait });
                }
            }
        }
        scopes
    }

    /// The plan of a focal run. Sites of the environment come after all others, so that the others
    /// keep their numbers.
    ///
    /// # Panics
    /// If it is the plan of a focal run already.
    #[must_use]
    pub fn focal(&self, scope: Scope) -> Plan {
        assert!(self.focal.is_none(), "a focal run has one focal tenant");
        let mut plan = self.clone();
        plan.narrow(scope);
        let enough = self.mailboxes_that_matter();
        let (_, most) = self.mailboxes_of(scope.class, scope.migrated);
        // With fewer mailboxes than matter it is about tenants that have no others.
        let more_mailboxes = most > scope.mailboxes && scope.mailboxes >= enough;
        let all_mailboxes = if more_mailboxes { most } else { scope.mailboxes };
        let sizes = self.sizes_of(scope.class, scope.migrated);
        let names = |step: usize| plan.scenario.steps[step].name.clone();
        let names: Vec<String> = (0..plan.steps.len()).map(names).collect();
        if let Some((least, size, most)) = sizes {
            for (step, name) in names.iter().enumerate() {
                plan.bound_transfer(step, name, scope, all_mailboxes, (least, size, most));
            }
        }
        let longest = scope.wait.map(|wait| wait.0);
        let (mut waits, mut joins) = (Vec::new(), Vec::new());
        for (step, name) in names.iter().enumerate() {
            let pools = !plan.steps[step].uses.is_empty();
            let joined = plan.joins_outside(step);
            let owner = |what: &str| format!("{name} / {what}");
            waits.push(pools.then(|| plan.outside(&owner(environment::WAIT), Some(0), longest)));
            joins.push(joined.then(|| plan.outside(&owner(environment::STARTS), Some(0), None)));
        }
        for (step, joined) in plan.steps.iter_mut().zip(&joins) {
            step.unhindered &= joined.is_none();
        }
        let mut inputs = plan.add_inputs(scope, more_mailboxes);
        inputs.extend(plan.add_blocks(&names, &joins));
        let start = plan.start_matters(&inputs);
        let start = start.then(|| plan.outside(environment::TENANT_STARTS, Some(0), None));
        let mut gaps = plan.gaps(more_mailboxes);
        gaps.extend(self.course_gaps());
        let size = sizes.map(|(_, size, _)| size);
        let coarse = None;
        let focal =
            FocalPlan { scope, more_mailboxes, size, start, waits, joins, inputs, gaps, coarse };
        plan.focal = Some(Arc::new(focal));
        plan
    }

    /// One tenant, and one group of each kind.
    fn narrow(&mut self, scope: Scope) {
        let scenario = Arc::make_mut(&mut self.scenario);
        scenario.tenants.count = 1;
        scenario.tenants.migrated = u32::from(scope.migrated);
        scenario.inventory = None;
        // What waves decide is when a tenant starts.
        scenario.waves = Vec::new();
        self.waves = Vec::new();
        for group in &mut scenario.groups {
            group.by = Partition::Blocks(1);
        }
        for kind in &mut self.kinds {
            kind.partition = kind.partition.map(|_| Partition::Blocks(1));
        }
        scenario.rollout.order = Order::Listed;
        self.order = Order::Listed;
        self.order_site = None;
        self.pace = None;
    }

    /// Adds a site at which others decide on a time.
    fn outside(&mut self, name: &str, nominal: Option<u64>, high: Option<u64>) -> SiteId {
        self.add_site(name.to_owned(), SiteForm::Outside { low: 0, nominal, high })
    }

    fn add_site(&mut self, name: String, form: SiteForm) -> SiteId {
        debug_assert!(self.sites.iter().all(|site| site.name != name), "`{name}` is there already");
        self.sites.push(Site { name, form });
        SiteId(index16(self.sites.len() - 1))
    }

    /// A transfer becomes a duration.
    fn bound_transfer(
        &mut self,
        step: usize,
        name: &str,
        scope: Scope,
        all_mailboxes: u32,
        (least, size, most): (u64, u64, Option<u64>),
    ) {
        let (site, path) = (self.steps[step].duration, self.steps[step].path);
        let law = site.and_then(|site| match self.form(site, |_| scope.class) {
            SiteForm::Rate(law) => Some(law),
            _ => None,
        });
        if law.is_none() && path.is_none() {
            return;
        }
        let links = path.iter().flat_map(|&path| &self.paths[usize::from(path)].links);
        let widest = links.map(|&link| self.links[usize::from(link)].rate.0).min();
        let lesser = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
        let fast = lesser(widest, law.and_then(|law| law.support().high));
        let middle = lesser(widest, law.map(Law::median)).expect("it has a rate or a link");
        // Nothing says how little of a link the others leave.
        let slow = law.filter(|_| path.is_none()).map(|law| law.support().low.max(1));
        let (kind, number) = (self.steps[step].kind, u64::from(scope.mailboxes));
        // Of a tenant or a group it is the size of all its mailboxes, whoever is part of the run.
        let (least, size, most) = match kind {
            _ if kind == self.mailbox() => (least, size, most),
            _ => {
                let all = (kind == self.tenant()).then_some(u64::from(all_mailboxes));
                let most = most.zip(all).map(|(most, all)| most.saturating_mul(all));
                (least.saturating_mul(number), size.saturating_mul(number), most)
            }
        };
        let time = |size: u64, rate: u64| mailboxes::time(size, rate);
        let low = fast.map_or(0, |fast| time(least, fast));
        let nominal = time(size, middle);
        let high = most.zip(slow).map(|(most, slow)| time(most, slow));
        let name = format!("{name} / {}", environment::TRANSFER);
        let form = SiteForm::Outside { low, nominal: Some(nominal), high };
        self.steps[step].duration = Some(self.add_site(name, form));
        self.steps[step].path = None;
    }

    /// Whether a step of a group or of the rollout waits for somebody outside.
    fn joins_outside(&self, step: usize) -> bool {
        let plan = &self.steps[step];
        let other = |&after: &u16| {
            let kind = self.steps[usize::from(after)].kind;
            kind != plan.kind && kind != KindId::ROLLOUT
        };
        plan.kind < self.tenant() && plan.after.iter().any(other)
    }

    /// Whether it makes a difference when the tenant starts: something else has a time of its own.
    fn start_matters(&self, inputs: &[InputPlan]) -> bool {
        let above = |step: &super::StepPlan| step.kind < self.tenant();
        !inputs.is_empty()
            || !self.calendars.is_empty()
            || !self.acts.is_empty()
            || !self.users.is_empty()
            || self.steps.iter().any(above)
    }

    /// Constructs that a run with few of the mailboxes does not cover.
    fn gaps(&self, more_mailboxes: bool) -> Vec<Gap> {
        if !more_mailboxes {
            return Vec::new();
        }
        let undo = |step: &super::StepPlan| step.on_failure == crate::scenario::OnFailure::Undo;
        let rolls_back = self.steps.iter().any(|step| step.kind == self.tenant() && undo(step));
        let of_mailboxes = (0u16..)
            .zip(&self.steps)
            .filter(|(_, step)| rolls_back && step.kind == self.mailbox() && !step.undo.is_empty());
        let mut gaps: Vec<Gap> = of_mailboxes.map(|(step, _)| Gap::UndoOfMailboxes(step)).collect();
        let forgets = self.journal == crate::scenario::Journal::None;
        if forgets && !self.crash_kinds.is_empty() {
            gaps.push(Gap::ForgottenMailboxes);
        }
        gaps
    }
}
