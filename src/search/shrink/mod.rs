//! From a schedule that exposes somebody to the few choices that it takes.
//!
//! Deterministic, to a fixpoint: what was decided after the exposure goes; what is not about the
//! exposed tenant goes; then delta debugging by groups, coarse before fine (*hierarchical delta
//! debugging*, Misherghi and Su, ICSE 2006, over Zeller and Hildebrandt's *ddmin*, TSE 2002): by wave, by
//! tenant, by mailbox, by step or fault, by choice, so that few tenants are left first; then fewer
//! choices by other values (see `fewer`); then each value, and pairs of them together, to the smallest
//! deviation from nominal that still fails. Only the same cause counts: the same hazard, seen by the
//! same user, opened by the same kind of event, with no other faults. Another one that turns up on the
//! way is kept for itself.

mod ddmin;
mod fewer;
mod values;

use std::collections::BTreeSet;

use crate::kernel::{Setup, Tie};
use crate::model::{Choice, Entity};
use crate::plan::{KindId, KindPlan};
use crate::scenario::Partition;
use crate::search::drive::{Found, Limits, Look, Trace, drive};
use crate::search::forced::{Forced, Forcing};

pub use values::{Bound, Threshold};

/// Replays of one shrinking at most.
pub const REPLAYS_MAX: u32 = 1_000;

/// What is kept of an exposure while its schedule shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// By index in the plan.
    pub hazard: u16,
    /// Inside this user's session, or live.
    pub user: Option<u16>,
    /// The kind of event that opened it.
    pub opener: Option<(crate::model::TimerKind, u16)>,
}

impl Signature {
    /// Of an exposure.
    #[must_use]
    pub fn of(found: &Found) -> Signature {
        Signature { hazard: found.hazard, user: found.user, opener: found.opener }
    }
}

/// A forced choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Value(Choice),
    Rank(Tie),
}

impl Unit {
    fn entity(&self) -> Entity {
        match self {
            Unit::Value(choice) => choice.entity,
            Unit::Rank(tie) => tie.entity,
        }
    }
}

/// A schedule that takes nothing that it does not need.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What is left.
    pub forcing: Forcing,
    /// What it leads to.
    pub found: Found,
    /// From where on, and up to where, the values that are left expose.
    pub thresholds: Vec<Threshold>,
    /// Replays it took.
    pub replays: u32,
    /// The bound on replays ended it: it may not be minimal.
    pub cut_short: bool,
}

/// One shrinking under way.
struct Shrinker<'a> {
    setup: &'a Setup,
    limits: Limits,
    signature: Signature,
    faults: Vec<u16>,
    replays: u32,
    forcing: Forcing,
    found: Found,
    others: &'a mut Vec<(Forcing, Found)>,
}

/// Shrinks a schedule that leads to `found`; what else turns up is added to `others`. `None`: the
/// schedule does not lead there when it is run as it stands.
pub fn shrink(
    setup: &Setup,
    forcing: Forcing,
    found: &Found,
    others: &mut Vec<(Forcing, Found)>,
) -> Option<Shrunk> {
    // As long as the run took to get there, and a margin for what gets slower on the way. What else
    // is exposed before does not end it: a session may begin long after the gate has opened.
    let events = found.events.saturating_mul(4).saturating_add(400);
    let limits = Limits { events, after: 1, of: Some(Signature::of(found)) };
    let mut shrinker = Shrinker {
        setup,
        limits,
        signature: Signature::of(found),
        faults: found.faults.clone(),
        replays: 0,
        found: found.clone(),
        forcing: Forcing::default(),
        others,
    };
    shrinker.found = shrinker.run(&forcing, Look::NOTHING).ok()?;
    shrinker.forcing = forcing;
    shrinker.truncate();
    shrinker.slice();
    loop {
        let before = shrinker.forcing.clone();
        shrinker.reduce();
        shrinker.thin();
        while !shrinker.spent() && shrinker.fewer() {
            shrinker.reduce();
            shrinker.thin();
        }
        shrinker.lessen();
        shrinker.lessen_pairs();
        shrinker.thin();
        if shrinker.forcing == before || shrinker.spent() {
            break;
        }
    }
    let cut_short = shrinker.spent();
    let thresholds = shrinker.thresholds();
    let Shrinker { forcing, found, replays, .. } = shrinker;
    Some(Shrunk { forcing, found, thresholds, replays, cut_short })
}

impl Shrinker<'_> {
    fn spent(&self) -> bool {
        self.replays >= REPLAYS_MAX
    }

    /// Runs a schedule: what it leads to, if that has the same cause, or else the run.
    fn run(&mut self, forcing: &Forcing, look: Look) -> Result<Found, Box<Trace>> {
        self.replays += 1;
        let trace = drive(self.setup, &mut Forced(forcing), self.limits, look);
        let same = |found: &&Found| {
            Signature::of(found) == self.signature
                && found.faults.iter().all(|fault| self.faults.contains(fault))
        };
        if let Some(found) = trace.found.iter().find(same) {
            return Ok(found.clone());
        }
        if let Some(other) = trace.found.first() {
            self.others.push((forcing.clone(), other.clone()));
        }
        Err(Box::new(trace))
    }

    /// Takes a schedule if it leads to the same.
    fn accept(&mut self, forcing: Forcing) -> bool {
        if self.spent() {
            return false;
        }
        let Ok(found) = self.run(&forcing, Look::NOTHING) else { return false };
        self.faults.clone_from(&found.faults);
        (self.forcing, self.found) = (forcing, found);
        true
    }

    fn units(&self) -> Vec<Unit> {
        let values = self.forcing.overrides.keys().copied().map(Unit::Value);
        values.chain(self.forcing.ranks.keys().copied().map(Unit::Rank)).collect()
    }

    /// The schedule with these choices forced alone.
    fn only(&self, units: &[Unit]) -> Forcing {
        let mut forcing = Forcing::default();
        for unit in units {
            match unit {
                Unit::Value(choice) => {
                    forcing.overrides.insert(*choice, self.forcing.overrides[choice]);
                }
                Unit::Rank(tie) => {
                    forcing.ranks.insert(*tie, self.forcing.ranks[tie]);
                }
            }
        }
        forcing
    }

    /// What was decided after the exposure, or never asked, is not what it takes.
    fn truncate(&mut self) {
        let until = self.found.events;
        let trace = drive(self.setup, &mut Forced(&self.forcing), self.limits, Look::NOTHING);
        let asked = trace.choices.iter().filter(|made| made.event <= until);
        let asked: BTreeSet<Choice> = asked.map(|made| made.choice).collect();
        let mut forcing = self.forcing.clone();
        forcing.overrides.retain(|choice, _| asked.contains(choice));
        if forcing.len() < self.forcing.len() {
            self.accept(forcing);
        }
        let mut forcing = self.forcing.clone();
        forcing.ranks.clear();
        if forcing.len() < self.forcing.len() {
            self.accept(forcing);
        }
    }

    /// What concerns the exposed tenant, its groups and the rollout.
    fn slice(&mut self) {
        let units: Vec<Unit> =
            self.units().into_iter().filter(|unit| self.concerns(unit.entity())).collect();
        if units.len() < self.forcing.len() {
            let forcing = self.only(&units);
            self.accept(forcing);
        }
    }

    fn concerns(&self, other: Entity) -> bool {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let tenant = plan.tenant();
        let (kind, of) = (world.kind(self.found.entity), world.kind(other));
        if !plan.sees(kind, tenant) || !plan.sees(of, tenant) {
            return true;
        }
        world.ancestor(kind, self.found.entity, tenant) == world.ancestor(of, other, tenant)
    }

    /// Delta debugging, coarse before fine.
    fn reduce(&mut self) {
        for level in 0..5 {
            let mut groups: Vec<(Vec<u64>, Vec<Unit>)> = Vec::new();
            for unit in self.units() {
                let key = self.key(&unit, level);
                match groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, units)) => units.push(unit),
                    None => groups.push((key, vec![unit])),
                }
            }
            let groups: Vec<Vec<Unit>> = groups.into_iter().map(|(_, units)| units).collect();
            ddmin::ddmin(groups, &mut |kept| {
                let forcing = self.only(&kept.concat());
                self.accept(forcing)
            });
        }
    }

    /// What holds choices together at a level: wave, tenant, entity, step or fault, nothing.
    fn key(&self, unit: &Unit, level: u32) -> Vec<u64> {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let entity = unit.entity();
        let kind = world.kind(entity);
        let tenant = match plan.sees(kind, plan.tenant()) {
            true => world.ancestor(kind, entity, plan.tenant()),
            false => entity,
        };
        let mut key = vec![u64::from(self.wave(tenant).0)];
        if level > 0 {
            key.push(u64::from(tenant.0));
        }
        if level > 1 {
            key.push(u64::from(entity.0));
        }
        let (owner, exact) = match unit {
            Unit::Value(choice) => {
                let name = &plan.sites[choice.site.index()].name;
                let owner = name.split(" / ").next().unwrap_or_default();
                let of = |name: &str| name.split(" / ").next() == Some(owner);
                let first = plan.sites.iter().position(|site| of(&site.name)).unwrap_or(0);
                (first as u64, [u64::from(choice.site.0), u64::from(choice.occurrence)])
            }
            Unit::Rank(tie) => {
                let owner = (tie.kind as u64) << 16 | u64::from(tie.which);
                (1 << 32 | owner, [owner, u64::from(tie.occurrence)])
            }
        };
        if level > 2 {
            key.push(owner);
        }
        if level > 3 {
            key.extend(exact);
        }
        key
    }

    /// The wave of a tenant; without waves, and of others, it stands for itself.
    fn wave(&self, tenant: Entity) -> Entity {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let waves = |kind: &KindPlan| kind.partition == Some(Partition::Waves);
        let wave = plan.kinds.iter().position(waves);
        match wave.and_then(|wave| u8::try_from(wave).ok()).map(KindId) {
            Some(wave) if world.kind(tenant) == plan.tenant() => {
                world.ancestor(plan.tenant(), tenant, wave)
            }
            _ => tenant,
        }
    }

    /// Removes single choices until none can go: the result is minimal.
    fn thin(&mut self) {
        let mut place = 0;
        while place < self.forcing.len() && !self.spent() {
            let mut units = self.units();
            units.remove(place);
            let forcing = self.only(&units);
            place = if self.accept(forcing) { 0 } else { place + 1 };
        }
    }
}
