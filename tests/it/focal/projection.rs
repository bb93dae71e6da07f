//! Soundness: whatever happens to one tenant in a full run happens in the focal run too, once what
//! the others did to it is forced: waits, writes, joins, counts, the start.

use std::collections::{BTreeMap, BTreeSet};

use cutover::kernel::{Monitor, Schedule, Setup, Sim, Stop};
use cutover::model::{Choice, Entity, Happening, Timer};
use cutover::plan::{Input, KindId, Plan, Scope};
use cutover::scenario::Write;
use cutover::units::Instant;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::stories::{story, text};
use crate::lab::{load, run_with, setup};
use crate::plans;

/// Longer than any run.
const NEVER: u64 = 1 << 60;

/// Whom the focal run is about, and who stands for whom in it.
struct Focus {
    tenant: u32,
    /// By entity of the full run.
    stands: BTreeMap<Entity, Entity>,
}

impl Focus {
    fn new(full: &Setup, focal: &Setup, tenant: u32) -> Focus {
        let (plan, world) = (full.plan(), full.world());
        let entity = world.entity(plan.tenant(), tenant);
        let mut stands = BTreeMap::new();
        for kind in (0..plan.mailbox().0).map(KindId) {
            let of = world.ancestor(plan.tenant(), entity, kind);
            stands.insert(of, focal.world().entity(kind, 0));
        }
        world.descendants(plan.tenant(), entity, plan.mailbox(), &mut |mailbox| {
            let (place, _) = world.place(mailbox);
            stands.insert(mailbox, focal.world().entity(plan.mailbox(), place));
        });
        Focus { tenant, stands }
    }
}

/// An effect in flight, in the order of issue.
struct Flying {
    own: bool,
    fact: u16,
    lands: u64,
    write: Write,
}

/// What the others do to the focal tenant in a full run.
struct Others<'a> {
    focus: &'a Focus,
    full: &'a Setup,
    focal: &'a Setup,
    overrides: BTreeMap<Choice, u64>,
    /// Site of an effect's delay: what it does.
    delayed: BTreeMap<u16, (u16, Write)>,
    flying: Vec<Flying>,
    /// By step and entity: requests so far, and when the pending one was made.
    requests: BTreeMap<(u16, Entity), (u32, Option<u64>)>,
    /// By step and entity: when the own part of a join was over.
    own_parts: BTreeMap<(u16, Entity), u64>,
    joined: BTreeSet<(u16, Entity)>,
    blocked: BTreeSet<(u16, Entity)>,
    /// By input: value, times it has changed, when.
    counts: BTreeMap<usize, (u64, u32, u64)>,
    log: Vec<(u64, Happening)>,
    now: u64,
}

struct Seen(Vec<Happening>);

impl Monitor for Seen {
    fn event(&mut self, _: &Sim, _: Option<Timer>, happenings: &[Happening]) {
        self.0 = happenings.to_vec();
    }
}

impl<'a> Others<'a> {
    fn watch(focus: &'a Focus, full: &'a Setup, focal: &'a Setup, replication: u32) -> Others<'a> {
        let mut others = Others {
            focus,
            full,
            focal,
            overrides: BTreeMap::new(),
            delayed: delayed(full.plan()),
            flying: Vec::new(),
            requests: BTreeMap::new(),
            own_parts: BTreeMap::new(),
            joined: BTreeSet::new(),
            blocked: BTreeSet::new(),
            counts: BTreeMap::new(),
            log: Vec::new(),
            now: 0,
        };
        let mut sim = Sim::new(full, Schedule::sampled(replication));
        let mut stop: Option<Stop> = None;
        while stop.is_none() {
            let mut seen = Seen(Vec::new());
            sim.record_choices();
            stop = sim.step(&mut seen);
            others.now = sim.now().0;
            for (choice, value) in sim.take_choices() {
                others.choose(choice, value);
            }
            others.happen(&seen.0);
            others.join(&sim);
            others.count(&sim);
        }
        others.never(&sim);
        others.write();
        others
    }

    fn own(&self, entity: Entity) -> Option<Entity> {
        self.focus.stands.get(&entity).copied()
    }

    fn force(&mut self, site: &str, entity: Entity, occurrence: u32, value: u64) {
        let site = self.focal.plan().site(site).unwrap_or_else(|| panic!("no site {site}"));
        self.overrides.insert(Choice { site, entity, occurrence }, value);
    }

    fn start_is_a_choice(&self) -> bool {
        self.focal.plan().site("rollout / tenant starts").is_some()
    }

    fn step_name(&self, step: u16) -> &'a str {
        &self.full.plan().scenario.steps[usize::from(step)].name
    }

    fn choose(&mut self, choice: Choice, value: u64) {
        if let Some(entity) = self.own(choice.entity) {
            self.overrides.insert(Choice { entity, ..choice }, value);
        }
        let Some(&(fact, write)) = self.delayed.get(&choice.site.0) else { return };
        let (plan, world) = (self.full.plan(), self.full.world());
        let of = plan.facts[usize::from(fact)].kind;
        if of >= plan.tenant() {
            return;
        }
        let target = world.ancestor(world.kind(choice.entity), choice.entity, of);
        if self.own(target).is_some() {
            let own = self.own(choice.entity).is_some();
            self.flying.push(Flying { own, fact, lands: self.now + value, write });
        }
    }

    fn happen(&mut self, happenings: &[Happening]) {
        let mut ended = BTreeSet::new();
        for &happening in happenings {
            self.log.push((self.now, happening));
            match happening {
                Happening::TenantStarted(tenant)
                    if self.own(tenant).is_some() && self.start_is_a_choice() =>
                {
                    self.force("rollout / tenant starts", Entity(0), 1, self.now);
                }
                Happening::StepEnded { step, entity, .. } => {
                    ended.insert((step, entity));
                }
                Happening::Blocked { step, entity } => {
                    self.blocked.insert((step, entity));
                    let site = format!("{} / blocked", self.step_name(step));
                    let known = self.focal.plan().site(&site).is_some();
                    if let Some(own) = self.own(entity).filter(|_| known) {
                        self.force(&site, own, 1, self.now);
                    }
                }
                Happening::Queued { step, entity, .. } => {
                    let request = self.requests.entry((step, entity)).or_default();
                    *request = (request.0 + 1, Some(self.now));
                }
                Happening::Admitted { step, entity, .. } => {
                    self.answer(step, entity, Some(self.now));
                }
                Happening::Withdrawn { step, entity, .. } => {
                    // Looked at again when its turn had come, or taken out of the queue before.
                    let turn = ended.contains(&(step, entity)).then_some(self.now);
                    self.answer(step, entity, turn);
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, step: u16, entity: Entity, at: Option<u64>) {
        let request = self.requests.get_mut(&(step, entity)).expect("it asked");
        let (number, Some(since)) = (request.0, request.1.take()) else { return };
        if let Some(own) = self.own(entity) {
            let wait = at.map_or(NEVER, |at| at - since);
            self.force(&format!("{} / wait", self.step_name(step)), own, number, wait);
        }
    }

    /// When the own part of each join is over, and when all of it.
    fn join(&mut self, sim: &Sim) {
        let (plan, rules) = (self.full.plan(), sim.rules());
        for (index, step) in (0u16..).zip(&plan.steps) {
            let site = format!("{} / starts", self.step_name(index));
            if step.kind >= plan.tenant() || self.focal.plan().site(&site).is_none() {
                continue;
            }
            for entity in self.focus.stands.keys().copied().collect::<Vec<Entity>>() {
                let key = (index, entity);
                if rules.world.kind(entity) != step.kind || self.joined.contains(&key) {
                    continue;
                }
                if self.own_part_is_over(sim, index, entity) {
                    self.own_parts.entry(key).or_insert(self.now);
                }
                let standing = rules.standing(sim.state(), index, entity);
                if let (Some(&own), 0) = (self.own_parts.get(&key), standing.pending)
                    && !self.blocked.contains(&key)
                {
                    self.joined.insert(key);
                    let entity = self.own(entity).expect("it is part of the run");
                    self.force(&site, entity, 1, self.now - own);
                }
            }
        }
    }

    fn own_part_is_over(&self, sim: &Sim, step: u16, entity: Entity) -> bool {
        let (plan, rules) = (self.full.plan(), sim.rules());
        let kind = plan.steps[usize::from(step)].kind;
        let running = plan.steps[usize::from(step)].join_running;
        let mut over = true;
        for &after in &plan.steps[usize::from(step)].after {
            let of = plan.steps[usize::from(after)].kind;
            rules.world.related(kind, entity, of, &mut |other| {
                let ended = rules.standing(sim.state(), after, other).phase.ended();
                let left =
                    rules.stopped(sim.state(), other) || self.blocked.contains(&(after, other));
                let counts = self.own(other).is_some();
                over &= !counts || ended || (running && left && other != entity);
            });
        }
        over
    }

    /// Joins that never come about.
    fn never(&mut self, sim: &Sim) {
        let plan = self.full.plan();
        for (index, step) in (0u16..).zip(&plan.steps) {
            let site = format!("{} / starts", self.step_name(index));
            if self.focal.plan().site(&site).is_none() {
                continue;
            }
            for (&entity, &own) in &self.focus.stands.clone() {
                let mine = sim.rules().world.kind(entity) == step.kind;
                if mine && !self.joined.contains(&(index, entity)) {
                    self.force(&site, own, 1, NEVER);
                }
            }
        }
        for ((step, entity), (_, since)) in self.requests.clone() {
            if since.is_some() {
                self.answer(step, entity, None);
            }
        }
        let started = self.log.iter().any(|(_, what)| {
            matches!(*what, Happening::TenantStarted(tenant) if self.own(tenant).is_some())
        });
        if !started && self.start_is_a_choice() {
            self.force("rollout / tenant starts", Entity(0), 1, NEVER);
        }
    }

    /// How many others the quantifiers count, as far as anybody can tell.
    fn count(&mut self, sim: &Sim) {
        let focal = self.focal.plan().focal.clone().expect("a focal run");
        let (plan, world) = (self.full.plan(), self.full.world());
        for (index, input) in focal.inputs.iter().enumerate() {
            let Input::Count { quantifier, values } = &input.what else { continue };
            let counted = &plan.quantifiers[usize::from(*quantifier)];
            let tenant = world.entity(plan.tenant(), self.focus.tenant);
            let counter = world.ancestor(plan.tenant(), tenant, counted.at);
            let (mut others, mut all) = (0u32, true);
            world.descendants(counted.at, counter, counted.over, &mut |other| {
                if self.own(other).is_none() {
                    let holds = counted.cond.on_word(sim.state().facts_of(other));
                    others += u32::from(holds);
                    all &= holds;
                }
            });
            let tells_all = values.iter().any(|value| !value.1);
            let known = values.iter().filter(|value| value.0 <= others);
            let known = known.filter(|value| !tells_all || value.1 == all).max();
            let value = values.iter().position(|value| Some(value) == known);
            let value = value.expect("every count is like one of the values") as u64;
            let entity = self.own(counter).expect("it is part of the run");
            let site = |site: cutover::plan::SiteId| Choice { site, entity, occurrence: 1 };
            let now = self.now;
            match self.counts.get_mut(&index) {
                None => {
                    self.overrides.insert(site(input.first.expect("a count begins")), value);
                    self.counts.insert(index, (value, 0, 0));
                }
                Some((old, number, since)) if *old != value => {
                    *number += 1;
                    let at = |site| Choice { site, entity, occurrence: *number };
                    self.overrides.insert(at(input.when), now - *since);
                    self.overrides.insert(at(input.to.expect("it has values")), value);
                    (*old, *since) = (value, now);
                }
                Some(_) => {}
            }
        }
    }

    /// Writes of others that land (E2), each before or behind the own ones in flight.
    fn write(&mut self) {
        let facts: BTreeSet<u16> = self.flying.iter().map(|flying| flying.fact).collect();
        for fact in facts {
            let name = &self.full.plan().scenario.facts[usize::from(fact)].name;
            let of = self.full.plan().facts[usize::from(fact)].kind;
            let entity = self.focal.world().entity(of, 0);
            let mut landings: Vec<usize> = (0..self.flying.len()).collect();
            landings.retain(|&number| self.flying[number].fact == fact);
            landings.retain(|&number| self.flying[number].lands <= self.now);
            landings.sort_by_key(|&number| (self.flying[number].lands, number));
            let (mut newest, mut flips, mut since, mut asked) = (None, 0, 0, 0);
            for number in landings {
                let flying = &self.flying[number];
                let at = flying.lands;
                if newest.is_some_and(|newest| number < newest) {
                    continue;
                }
                if flying.own {
                    newest = Some(number);
                    continue;
                }
                let on = u64::from(flying.write == Write::On);
                let mine = self.flying.iter().enumerate().filter(|(other, mine)| {
                    let newer = newest.is_none_or(|newest| *other > newest);
                    mine.own && mine.fact == fact && mine.lands > at && newer
                });
                let behind: Vec<bool> = mine.map(|(other, _)| other < number).collect();
                flips += 1;
                self.force(&format!("fact {name} / flip"), entity, flips, at - since);
                self.force(&format!("fact {name} / flip to"), entity, flips, on);
                for behind in behind {
                    asked += 1;
                    if !behind {
                        break;
                    }
                    self.force(&format!("fact {name} / flip passes"), entity, asked, 1);
                }
                (newest, since) = (Some(number), at);
            }
        }
    }
}

/// What each delayed effect does, by the site of its delay.
fn delayed(plan: &Plan) -> BTreeMap<u16, (u16, Write)> {
    let steps = plan.steps.iter().flat_map(|step| {
        [&step.at_start, &step.at_end, &step.at_fail, &step.undo].into_iter().flatten()
    });
    let effects = steps.chain(plan.acts.iter().flat_map(|act| &act.does));
    let delayed = |effect: &cutover::plan::EffectPlan| {
        effect.after.map(|site| (site.0, (effect.fact, effect.write)))
    };
    effects.filter_map(delayed).collect()
}

/// Compares a full run with the focal run that its projection forces; how many lines they have.
fn compare(text: &str, tenant: u32, replication: u32) -> Result<usize, String> {
    let full = setup(text, 1);
    let plan = Plan::compile(&load(text).scenario);
    let scope = Scope {
        class: 0,
        migrated: full.world().migrated(tenant),
        moving_groups: {
            let entity = full.world().entity(plan.tenant(), tenant);
            let wave = full.world().ancestor(plan.tenant(), entity, KindId(1));
            u8::from(full.world().moves(KindId(1), wave))
        },
        mailboxes: full.world().mailbox_count(tenant),
        wait: None,
    };
    let focal = Setup::focal(&plan, scope, 1);
    let focus = Focus::new(&full, &focal, tenant);
    let others = Others::watch(&focus, &full, &focal, replication);
    let schedule = Schedule { overrides: others.overrides.clone(), ..Schedule::nominal() };
    let run = run_with(&focal, schedule);
    let own = |entity: Entity| others.own(entity);
    let log = others.log.iter().copied();
    let expected = story(&focal.rules, log, &own, others.now);
    let log = run.log.iter().map(|&(Instant(at), happening)| (at, happening));
    let got = story(&focal.rules, log, &Some, others.now);
    if let Some(place) = (0..expected.len().max(got.len())).find(|&i| expected.get(i) != got.get(i))
    {
        return Err(format!(
            "tenant {} of replication {replication}: {:?} became {:?}\n{:#?}\n{text}",
            tenant + 1,
            expected.get(place),
            got.get(place),
            &expected[..place.min(expected.len())],
        ));
    }
    Ok(got.len())
}

#[test]
fn a_full_run_seen_from_one_tenant_is_a_focal_run() {
    let rng_seed = RngSeed::Fixed(1);
    let config = Config { rng_seed, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let (mut wrong, mut lines) = (Vec::new(), 0);
    for which in 0..300 {
        let plan = plans::plan().new_tree(&mut runner).expect("nothing is rejected").current();
        let text = text(&plan);
        let tenants = load(&text).scenario.tenants.count;
        for replication in 0..2 {
            match compare(&text, which % tenants, replication) {
                Ok(same) => lines += same,
                Err(difference) => wrong.push(difference),
            }
        }
    }
    wrong.sort_by_key(String::len);
    let few: Vec<&str> = wrong.iter().take(4).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), few.join("\n\n"));
    assert!(lines > 10_000, "{lines} lines are too few to tell");
}
