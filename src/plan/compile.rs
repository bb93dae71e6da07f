//! `Scenario` to `Plan`: total on a valid scenario.

use std::sync::Arc;

use super::classes;
use super::cond::Conditions;
use super::fingerprint;
use super::index16;
use super::sites::SiteTable;
use super::{
    ActPlan, BendPlan, Cond, CutPlan, EffectPlan, FactPlan, FaultPlan, GoalPlan, HazardPlan,
    KindId, KindPlan, Law, Plan, PoolPlan, SiteForm, SiteId, SlowsPlan, StepPlan, UsePlan, watch,
    waves,
};
use crate::scenario::{
    self, Act, Effect, FaultForm, Kind, Renamable, Scenario, Step, Trigger, Work,
};

impl Plan {
    /// Compiles a valid scenario.
    #[must_use]
    pub fn compile(scenario: &Scenario) -> Plan {
        let kind = |kind: Kind| kind_id(scenario, kind);
        let kinds = kinds(scenario);
        let facts = facts(scenario, &kinds);
        let classes = classes::compile(scenario, kinds[kind(Kind::Tenant).index()].facts.len());
        let conditions =
            Conditions { facts: &facts, classes: &classes, quantifiers: Vec::new(), kind: &kind };
        let sites = SiteTable::new(scenario);
        let mut compiler = Compiler { scenario, sites, conditions };
        let steps = compiler.steps(&kinds);
        let faults = compiler.faults();
        let acts = compiler.acts();
        let hazards = compiler.hazards();
        let users = compiler.users(&hazards);
        let readers = compiler.readers(&users);
        let goals = compiler.goals();
        let order_site = compiler.sites.rank("rollout / order");
        let pace = scenario.rollout.pace.as_ref();
        let pace = pace.map(|pace| compiler.sites.delay("rollout / pace", pace));
        let waves = waves::compile(scenario, &mut compiler.sites);
        let (mailboxes_site, size_site) = compiler.population();
        let class_site = compiler.sites.rank("tenants / class");
        let quantifiers = compiler.conditions.quantifiers;
        let sites = compiler.sites.sites;
        let mut plan = Plan {
            scenario: Arc::new(scenario.clone()),
            pools: pools(scenario),
            links: Vec::new(),
            paths: Vec::new(),
            at_once: scenario.rollout.at_once.unwrap_or(u32::MAX),
            order: scenario.rollout.order,
            pace,
            windows: None,
            waves,
            halted: waves::halted(scenario),
            calendars: Vec::new(),
            horizon: scenario.rollout.horizon,
            journal: scenario.rollout.journal,
            crash_kinds: Vec::new(),
            fingerprint: fingerprint::of(scenario),
            access: access(scenario),
            watchers: Vec::new(),
            kinds,
            facts,
            classes,
            steps,
            acts,
            faults,
            users,
            profiles: Vec::new(),
            readers,
            hazards,
            goals,
            quantifiers,
            sites,
            focal: None,
            order_site,
            mailboxes_site,
            size_site,
            class_site,
        };
        plan.link();
        plan.lay_links(scenario, &kind);
        plan.count();
        plan.keep_calendars();
        plan.steps.iter_mut().for_each(StepPlan::classify);
        watch::compile(&mut plan);
        plan.fold_migrated();
        plan
    }

    /// Fills what mirrors other lists: successors, `until`, faults and goals of a step.
    fn link(&mut self) {
        for step in 0..self.steps.len() {
            let me = index16(step);
            for before in self.steps[step].after.clone() {
                self.steps[usize::from(before)].before.push(me);
            }
            let untils: Vec<u16> =
                self.steps[step].uses.iter().filter_map(|used| used.until).collect();
            for until in untils {
                let frees = &mut self.steps[usize::from(until)].frees;
                if !frees.contains(&me) {
                    frees.push(me);
                }
            }
        }
        for (index, fault) in (0u16..).zip(&self.faults) {
            if let Some((step, _)) = fault.bend {
                self.steps[usize::from(step)].faults.push(index);
            }
            if let Some((step, _)) = fault.undo_bend {
                self.steps[usize::from(step)].undo_faults.push(index);
            }
        }
        for (index, goal) in (0u16..).zip(&self.goals) {
            self.steps[usize::from(goal.of)].goals.push(index);
        }
        let tenant = self.tenant();
        let kinds: Vec<KindId> = self.steps.iter().map(|step| step.kind).collect();
        let mut priorities: Vec<i32> = self.steps.iter().map(|step| step.priority).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        for step in &mut self.steps {
            let within = step.after.iter().any(|&after| kinds[usize::from(after)] >= tenant);
            step.starts = step.kind >= tenant && !within;
            let class = priorities.iter().position(|&other| other == step.priority);
            step.class = index16(class.expect("every priority is listed"));
        }
        for kind in &mut self.kinds {
            let starts = |step: &&u16| self.steps[usize::from(**step)].starts;
            kind.starters = kind.steps.iter().filter(starts).copied().collect();
        }
        self.crash_kinds = self.kinds_that_crash();
    }

    /// Tells each kind which quantifiers count its entities.
    fn count(&mut self) {
        for (index, quantifier) in (0u16..).zip(&self.quantifiers) {
            self.kinds[quantifier.over.index()].counted_by.push(index);
        }
    }
}

/// What lets people in; renamed, it goes on being that.
fn access(scenario: &Scenario) -> Option<u16> {
    let name = scenario::present(&scenario.renames, Renamable::Fact, "access");
    scenario.facts.iter().position(|fact| fact.name == name).map(index16)
}

fn kind_id(scenario: &Scenario, kind: Kind) -> KindId {
    let groups = u8::try_from(scenario.groups.len()).expect("at most 8 group kinds");
    match kind {
        Kind::Rollout => KindId::ROLLOUT,
        Kind::Group(group) => KindId(1 + group),
        Kind::Tenant => KindId(1 + groups),
        Kind::Mailbox => KindId(2 + groups),
    }
}

fn kinds(scenario: &Scenario) -> Vec<KindPlan> {
    let named = |name: &str| KindPlan { name: name.to_owned(), ..KindPlan::default() };
    let groups = scenario
        .groups
        .iter()
        .map(|group| KindPlan { partition: Some(group.by), ..named(&group.name) });
    let mut kinds = vec![named("rollout")];
    kinds.extend(groups);
    kinds.push(named("tenant"));
    kinds.push(named("mailbox"));
    for (index, fact) in (0u16..).zip(&scenario.facts) {
        let kind = &mut kinds[kind_id(scenario, fact.kind).index()];
        kind.initial |= u64::from(fact.initially) << kind.facts.len();
        kind.facts.push(index);
    }
    for (index, step) in (0u16..).zip(&scenario.steps) {
        kinds[kind_id(scenario, step.kind).index()].steps.push(index);
    }
    kinds
}

fn facts(scenario: &Scenario, kinds: &[KindPlan]) -> Vec<FactPlan> {
    let compile = |(index, fact): (u16, &scenario::Fact)| {
        let kind = kind_id(scenario, fact.kind);
        let place = kinds[kind.index()].facts.iter().position(|&other| other == index);
        let bit = u8::try_from(place.expect("each fact is listed by its kind")).expect("64 facts");
        let count = fact.count.unwrap_or(0);
        let missing = fact.missing;
        let settles = missing == Some(scenario::Missing::Open) || fact.name == "access";
        FactPlan { kind, bit, count, missing, settles, watchers: Vec::new() }
    };
    (0u16..).zip(&scenario.facts).map(compile).collect()
}

fn pools(scenario: &Scenario) -> Vec<PoolPlan> {
    let compile = |pool: &scenario::Pool| PoolPlan {
        slots: pool.slots,
        shifts: Vec::new(),
        quotas: pool.quotas,
        kind: kind_id(scenario, pool.kind),
    };
    scenario.pools.iter().map(compile).collect()
}

pub(super) struct Compiler<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) sites: SiteTable,
    pub(super) conditions: Conditions<'a>,
}

impl Compiler<'_> {
    /// Sites of the numbers and of the sizes of mailboxes.
    fn population(&mut self) -> (SiteId, Option<SiteId>) {
        let scenario = self.scenario;
        let common = Some(&scenario.tenants.mailboxes);
        let form = classes::overridden(scenario, common, |class| class.mailboxes.as_ref());
        let form = form.expect("a number of mailboxes is always stated");
        let mailboxes = self.sites.set("tenants / mailboxes", form);
        let common = scenario.tenants.mailbox_size.as_ref();
        let form = classes::overridden(scenario, common, |class| class.mailbox_size.as_ref());
        (mailboxes, form.map(|form| self.sites.set("tenants / mailbox-size", form)))
    }

    pub(super) fn kind(&self, kind: Kind) -> KindId {
        kind_id(self.scenario, kind)
    }

    pub(super) fn cond(&mut self, cond: Option<&scenario::Cond>, at: KindId) -> Option<Cond> {
        cond.map(|cond| self.conditions.compile(cond, at))
    }

    fn effects(
        &mut self,
        owner: &str,
        list: &str,
        effects: &[Effect],
        at: KindId,
    ) -> Vec<EffectPlan> {
        let compile = |(number, effect): (usize, &Effect)| {
            let name = |what: &str| format!("{owner} / {list} {number} / {what}");
            // A member's condition is read in the member's own scope.
            let fact_kind = self.conditions.facts[usize::from(effect.fact.0)].kind;
            let scope = if effect.members { fact_kind } else { at };
            let condition =
                self.cond(effect.condition.as_ref(), scope).unwrap_or(Cond::Const(true));
            EffectPlan {
                holder: fact_kind,
                sure: condition == Cond::Const(true) && effect.chance.is_none(),
                condition,
                write: effect.write,
                fact: effect.fact.0,
                after: effect.after.as_ref().map(|dist| self.sites.delay(&name("after"), dist)),
                lasts: effect.lasts.as_ref().map(|dist| self.sites.delay(&name("for"), dist)),
                members: effect.members,
                chance: effect.chance.map(|chance| self.sites.chance(&name("chance"), chance)),
                late: effect.late,
            }
        };
        (1..).zip(effects).map(compile).collect()
    }

    fn steps(&mut self, kinds: &[KindPlan]) -> Vec<StepPlan> {
        let steps = &self.scenario.steps;
        (0u16..).zip(steps).map(|(index, step)| self.step(index, step, kinds)).collect()
    }

    fn step(&mut self, index: u16, step: &Step, kinds: &[KindPlan]) -> StepPlan {
        let kind = self.kind(step.kind);
        let slot = kinds[kind.index()].steps.iter().position(|&other| other == index);
        let name = |what: &str| format!("{} / {what}", step.name);
        let uses = step
            .uses
            .iter()
            .map(|used| UsePlan { pool: used.pool.0, until: used.until.map(|until| until.0) });
        let duration = match &step.work {
            Work::Instant => None,
            Work::Lasts(dist) => Some(self.sites.delay(&name("duration"), dist)),
            Work::Transfer { rate, .. } => rate.as_ref().map(|rate| {
                let law = SiteForm::Rate(Law::compile(rate));
                self.sites.set(&name("rate"), law)
            }),
            Work::LastsByClass(dists) => {
                let form = classes::by_class(dists, SiteForm::Delay);
                Some(self.sites.set(&name("duration"), form))
            }
            Work::TransferByClass { rates, .. } => {
                let form = classes::by_class(rates, SiteForm::Rate);
                Some(self.sites.set(&name("rate"), form))
            }
        };
        let retry_wait = step.retry.as_ref();
        let retry_wait = retry_wait.map(|retry| self.sites.delay(&name("retry wait"), &retry.wait));
        let undo = step.undo_duration.as_ref();
        StepPlan {
            kind,
            slot: index16(slot.expect("each step is listed by its kind")),
            times: u16::try_from(step.times).expect("`times` is at most 65,535"),
            after: step.after.iter().map(|after| after.0).collect(),
            before: Vec::new(),
            when: self.cond(step.when.as_ref(), kind),
            done_if: self.cond(step.done_if.as_ref(), kind),
            needs: self.cond(step.needs.as_ref(), kind),
            holds: self.cond(step.holds.as_ref(), kind),
            windows: None,
            uses: uses.collect(),
            frees: Vec::new(),
            priority: step.priority,
            duration,
            path: None,
            at_start: self.effects(&step.name, "at-start", &step.at_start, kind),
            at_end: self.effects(&step.name, "at-end", &step.at_end, kind),
            at_fail: self.effects(&step.name, "at-fail", &step.at_fail, kind),
            retries: step.retry.as_ref().map_or(0, |retry| {
                u16::try_from(retry.times).expect("`retry.times` is at most 65,535")
            }),
            retry_wait,
            timeout: step.timeout,
            timeout_site: None,
            on_failure: step.on_failure,
            undo: self.effects(&step.name, "undo", &step.undo, kind),
            undo_duration: undo.map(|dist| self.sites.delay(&name("undo duration"), dist)),
            join_running: step.join == scenario::Join::Running,
            starts: false,
            class: 0,
            faults: Vec::new(),
            undo_faults: Vec::new(),
            crash: CutPlan::compile(step, &mut self.sites),
            goals: Vec::new(),
            unhindered: false,
            undisturbed: false,
        }
    }

    fn faults(&mut self) -> Vec<FaultPlan> {
        let scenario = self.scenario;
        let compile = |fault: &scenario::Fault| {
            let chance_name = format!("fault {} / chance", fault.name);
            let certain = fault.chance.0 >= 1.0 && !self.sites.by_name.contains_key(&chance_name);
            let chance = (!certain).then(|| self.sites.strikes(&chance_name, fault.chance));
            let (bend, undo_bend) = match &fault.form {
                FaultForm::Attempt { step, bend } => {
                    (Some((step.0, self.bend(&fault.name, bend))), None)
                }
                FaultForm::Undo { step, bend } => {
                    (None, Some((step.0, self.bend(&fault.name, bend))))
                }
                FaultForm::Free { .. } => (None, None),
            };
            FaultPlan { cost: fault.cost, chance, bend, undo_bend }
        };
        scenario.faults.iter().map(compile).collect()
    }

    fn bend(&mut self, fault: &str, bend: &scenario::Bend) -> BendPlan {
        let name = |what: &str| format!("fault {fault} / {what}");
        match bend {
            scenario::Bend::Slow(dist) => {
                self.sites.delay(&name("slow"), dist);
            }
            scenario::Bend::Fails { after: Some(dist) } => {
                self.sites.delay(&name("after"), dist);
            }
            _ => {}
        }
        BendPlan::of(bend, |what| SiteId(index16(self.sites.by_name[&name(what)])))
    }

    fn acts(&mut self) -> Vec<ActPlan> {
        let mut acts = Vec::new();
        for (index, reaction) in (0u16..).zip(&self.scenario.reactions) {
            let owner = format!("reaction {}", reaction.name);
            let mut act = self.act(&owner, reaction.kind, &reaction.act);
            act.reaction = Some(index);
            acts.push(act);
        }
        for (index, fault) in (0u16..).zip(&self.scenario.faults) {
            if let FaultForm::Free { kind, act } = &fault.form {
                let owner = format!("fault {}", fault.name);
                let mut act = self.act(&owner, *kind, act);
                let name = format!("{owner} / chance");
                let site = self.sites.by_name.contains_key(&name);
                let site = site.then(|| self.sites.strikes(&name, fault.chance));
                act.fault = Some((index, site));
                acts.push(act);
            }
        }
        acts
    }

    fn act(&mut self, owner: &str, kind: Kind, act: &Act) -> ActPlan {
        let kind = self.kind(kind);
        let (every, trigger) = match &act.trigger {
            Trigger::After(dist) => (false, dist),
            Trigger::Every(dist) => (true, dist),
        };
        let name = |what: &str| format!("{owner} / {what}");
        let forces = act.forces.as_ref().map(|force| {
            (force.fact.0, force.on, self.sites.delay(&name("forces for"), &force.lasts))
        });
        let takes = act.takes.as_ref().map(|takes| {
            (takes.pool.0, takes.slots, self.sites.delay(&name("takes for"), &takes.lasts))
        });
        let crashes = act.crashes.as_ref();
        let crashes = crashes.map(|crash| self.sites.delay(&name("restart"), &crash.restart));
        let slows = act.slows.as_ref().map(|slows| SlowsPlan {
            link: slows.link.0,
            to: slows.to,
            lasts: self.sites.delay(&name("slows for"), &slows.lasts),
        });
        ActPlan {
            kind,
            condition: self.cond(act.condition.as_ref(), kind).unwrap_or(Cond::Const(true)),
            every,
            trigger: self.sites.delay(&name("trigger"), trigger),
            fault: None,
            does: self.effects(owner, "does", &act.does, kind),
            forces,
            takes,
            crashes,
            steers: act.steers,
            slows,
            reaction: None,
        }
    }

    fn hazards(&mut self) -> Vec<HazardPlan> {
        let scenario = self.scenario;
        let compile = |hazard: &scenario::Hazard| {
            let kind = self.kind(hazard.kind);
            let when = self.conditions.compile(&hazard.when, kind);
            HazardPlan { kind, when, shows: hazard.shows.clone() }
        };
        scenario.hazards.iter().map(compile).collect()
    }

    fn goals(&mut self) -> Vec<GoalPlan> {
        let scenario = self.scenario;
        let compile = |goal: &scenario::Goal| {
            let kind = self.kind(self.scenario.steps[usize::from(goal.of.0)].kind);
            let when = self.conditions.compile(&goal.when, kind);
            GoalPlan { of: goal.of.0, when, within: goal.within }
        };
        scenario.goals.iter().map(compile).collect()
    }
}
