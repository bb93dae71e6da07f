//! The search itself: runs in batches, exposures shrunk, confirmed, grouped by cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kernel::Setup;
use crate::monitor::{Cause, Opener};
use crate::plan::Plan;
use crate::search::bounded::Progress;
use crate::search::choices::Menus;
use crate::search::confirm::{Confirmed, Unconfirmed, confirm};
use crate::search::coverage::Coverage;
use crate::search::drive::{Found, Limits, Look, drive};
use crate::search::forced::{Forced, Forcing};
use crate::search::portfolio::{Method, Portfolio, Turn};
use crate::search::prevent::{Prevented, prevented};
use crate::search::scope::Scope;
use crate::search::shrink::{Bound, Shrunk, Signature, shrink};
use crate::simulate::{OverrideName, name_choice};

/// When a search ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// After so many runs: the same bytes each time.
    Runs(u64),
    /// When the outside says so.
    Outside,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// When it ends.
    pub budget: Budget,
    /// Which strategies take part.
    pub methods: Vec<Method>,
    /// Faults that never strike, by index.
    pub off: BTreeSet<u16>,
    /// Faults that no run leaves out, by index.
    pub on: BTreeSet<u16>,
    /// It is over with the first finding.
    pub first: bool,
    /// Causes that are known already: of these nothing is shrunk or reported again.
    pub known: Vec<CauseKey>,
}

/// What makes two exposures the same finding.
pub type CauseKey = (u16, Option<u16>, Opener, Vec<u16>);

/// What only the outside can do.
pub trait Outside: Sync {
    /// Microseconds on some clock; shown, and nothing depends on it.
    fn clock(&self) -> u64;
    /// The budget has ended.
    fn over(&self) -> bool;
    /// A finding, the moment it is confirmed.
    fn found(&self, finding: &Finding);
    /// How far the search is.
    fn progress(&self, standing: &Standing);
}

/// How far a search is.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Runs made.
    pub runs: u64,
    /// Their events.
    pub events: u64,
    /// Distinct orders of events.
    pub orders: u64,
    /// Runs that led to each cause, in the order in which they were found.
    pub hits: Vec<u64>,
    /// The enumeration.
    pub bounded: Progress,
}

/// Runs of which the strategy leaves faults out at random, by whether one of them was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swarm {
    /// Runs in which it might strike, and those of them that exposed somebody.
    pub on: (u64, u64),
    /// Runs that left it out, and those of them that exposed somebody.
    pub off: (u64, u64),
}

impl Swarm {
    fn add(&mut self, out: bool, exposing: bool) {
        let side = if out { &mut self.off } else { &mut self.on };
        side.0 += 1;
        side.1 += u64::from(exposing);
    }
}

/// An exposure that a strict replay has shown twice, and what it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The window, what is forced, and the run's digest.
    pub confirmed: Confirmed,
    /// The first run that led to it, counted from 1.
    pub run: u64,
    /// Whose run that was.
    pub method: Method,
    /// Forced choices before shrinking, and replays that shrinking took.
    pub shrunk: (usize, u32),
    /// The bound on replays ended shrinking: something may be left that is not needed.
    pub cut_short: bool,
    /// Which values expose: name, occurrence and value of the choice, then the bound's ends.
    pub thresholds: Vec<NamedThreshold>,
    /// Single changes that make the schedule harmless.
    pub prevented: Prevented,
    /// Runs that led to the same, as far as that was looked at.
    pub hits: u64,
}

/// A threshold by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedThreshold {
    /// The choice, and its value in the finding.
    pub choice: OverrideName,
    /// The least value that exposes, unless all smaller ones do.
    pub least: Option<String>,
    /// The greatest value that exposes, unless all greater ones do.
    pub most: Option<String>,
}

/// What one strategy did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its runs.
    pub runs: u64,
    /// Their events.
    pub events: u64,
    /// Those that exposed somebody.
    pub exposing: u64,
    /// Causes that it was the first to meet.
    pub causes: u64,
    /// Microseconds; shown, and nothing depends on it.
    pub micros: u64,
}

impl Tally {
    fn add(&mut self, turn: &Turn, causes: u64) {
        self.runs += 1;
        self.events += turn.trace.events.len() as u64;
        self.exposing += u64::from(!turn.trace.found.is_empty());
        self.causes += causes;
        self.micros += turn.micros;
    }
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// By cause: those that need no fault first, then by the number of forced choices.
    pub findings: Vec<Finding>,
    /// By strategy.
    pub tallies: BTreeMap<Method, Tally>,
    /// Runs in all.
    pub runs: u64,
    /// Events in all.
    pub events: u64,
    /// Distinct schedules, told apart by the order of their events.
    pub orders: u64,
    /// What was exercised.
    pub coverage: Coverage,
    /// The enumeration.
    pub progress: Progress,
    /// Actors and contested steps, n and k, of the conflict group.
    pub size: (u64, u64),
    /// Distinct ordered pairs of kinds of events.
    pub pairs: usize,
    /// Tenants of the scope, and whether they are all.
    pub scope: (usize, bool),
    /// Schedules that exposed somebody and are no findings, by what became of them.
    pub unconfirmed: BTreeMap<Unconfirmed, u64>,
    /// How often runs with and without each fault exposed somebody, by fault.
    pub swarm: Vec<Swarm>,
    /// Known causes that were met again, each counted once.
    pub met_again: u64,
    /// Every schedule that the strategies can make has been made.
    pub exhausted: bool,
    /// The budget on runs was used up.
    pub completed: bool,
}

/// Causes that are shrunk at most: with more, the plan's mistakes are elsewhere than in its details.
const CAUSES_MAX: usize = 40;
/// Exposures of one signature that are shrunk at most, and found to be known causes.
const REPEATS_MAX: u32 = 12;
/// Exposures whose shrinking is put off because they turned up in another's.
const ASIDE_MAX: usize = 64;

struct Search<'a> {
    scope: Scope,
    limits: Limits,
    outside: &'a dyn Outside,
    options: &'a Options,
    findings: Vec<(CauseKey, Signature, Finding)>,
    /// By signature: shrinkings that led to known causes.
    repeats: BTreeMap<Signature, u32>,
    /// With the run that led there, and whose it was.
    aside: Vec<(Forcing, Found, u64, Method)>,
    unconfirmed: BTreeMap<Unconfirmed, u64>,
    met_again: Vec<CauseKey>,
}

/// Searches a rollout for orders of events that expose somebody.
pub fn search(whole: &Setup, options: &Options, outside: &dyn Outside) -> Hunt {
    let scope = Scope::of(whole);
    let setup = scope.setup.clone();
    let menus = Arc::new(Menus::new(setup.plan(), &options.off, &options.on));
    let limits = limits(&setup);
    let mut portfolio = Portfolio::new(&setup, &menus, whole.seed, &options.methods, limits);
    let mut search = Search {
        scope,
        limits,
        outside,
        options,
        findings: Vec::new(),
        repeats: BTreeMap::new(),
        aside: Vec::new(),
        unconfirmed: BTreeMap::new(),
        met_again: Vec::new(),
    };
    let mut swarm = vec![Swarm::default(); setup.plan().faults.len()];
    let mut coverage = Coverage::new(setup.plan());
    let mut tallies: BTreeMap<Method, Tally> = BTreeMap::new();
    let mut orders = BTreeSet::new();
    let (mut runs, mut events, mut exhausted) = (0, 0, false);
    let most = match options.budget {
        Budget::Runs(runs) => runs,
        Budget::Outside => u64::MAX,
    };
    while runs < most && !outside.over() && (!options.first || search.findings.is_empty()) {
        let turns = portfolio.batch(&setup, most - runs, &|| outside.clock());
        if turns.is_empty() {
            exhausted = true;
            break;
        }
        for turn in &turns {
            runs += 1;
            events += turn.trace.events.len() as u64;
            coverage.add(&turn.trace.coverage);
            orders.insert(order(turn));
            let causes = search.look(turn);
            for (family, &out) in swarm.iter_mut().zip(&turn.left_out) {
                family.add(out, !turn.trace.found.is_empty());
            }
            tallies.entry(turn.method).or_default().add(turn, causes);
        }
        outside.progress(&Standing {
            runs,
            events,
            orders: orders.len() as u64,
            hits: search.findings.iter().map(|(.., finding)| finding.hits).collect(),
            bounded: portfolio.progress(),
        });
    }
    search.rest();
    Hunt {
        findings: sorted(search.findings),
        tallies,
        runs,
        events,
        orders: orders.len() as u64,
        coverage,
        progress: portfolio.progress(),
        size: portfolio.size(),
        pairs: portfolio.pairs(),
        scope: (search.scope.tenants(), search.scope.all),
        unconfirmed: search.unconfirmed,
        swarm,
        met_again: search.met_again.len() as u64,
        exhausted: exhausted || portfolio.exhausted(),
        completed: runs >= most,
    }
}

/// Those that need no fault first, then by the number of forced choices.
fn sorted(findings: Vec<(CauseKey, Signature, Finding)>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = findings.into_iter().map(|(.., each)| each).collect();
    findings
        .sort_by_key(|finding| (finding.faults(), finding.confirmed.overrides.len(), finding.run));
    findings
}

/// How far a run goes: some times as far as the nominal one.
fn limits(setup: &Setup) -> Limits {
    const MOST: Limits = Limits { events: 200_000, after: 0, of: None };
    let nominal = drive(setup, &mut Forced(&Forcing::default()), MOST, Look::NOTHING);
    let events = u32::try_from(nominal.events.len()).unwrap_or(u32::MAX).min(50_000);
    Limits { events: events * 4 + 1_000, after: events + 100, of: None }
}

/// A hash of the order of events of a run (FNV-1a): runs of one order differ in times alone.
fn order(turn: &Turn) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for event in &turn.trace.events {
        let timer = event.timer;
        let what =
            (timer.kind as u64) << 48 | u64::from(timer.which) << 32 | u64::from(timer.entity.0);
        hash = (hash ^ what).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
    }
    hash
}

impl Search<'_> {
    /// What a run found; the number of new causes.
    fn look(&mut self, turn: &Turn) -> u64 {
        let mut causes = 0;
        let mut seen = BTreeSet::new();
        for found in &turn.trace.found {
            if seen.insert(Signature::of(found)) && !self.known(found) {
                let ranks = turn.trace.ranks.clone();
                let forcing = Forcing { overrides: turn.trace.overrides(), ranks };
                causes += u64::from(self.examine(forcing, found, turn.number, turn.method));
            }
        }
        causes
    }

    /// Whether a finding explains an exposure: the same signature, with no fault that this has not.
    fn known(&mut self, found: &Found) -> bool {
        let signature = Signature::of(found);
        let explains = |(key, of, _): &&mut (CauseKey, Signature, Finding)| {
            *of == signature && key.3.iter().all(|fault| found.faults.contains(fault))
        };
        if let Some((.., finding)) = self.findings.iter_mut().find(explains) {
            finding.hits += 1;
            return true;
        }
        false
    }

    fn examine(&mut self, forcing: Forcing, found: &Found, run: u64, method: Method) -> bool {
        let repeats = self.repeats.entry(Signature::of(found)).or_default();
        if *repeats >= REPEATS_MAX || self.findings.len() >= CAUSES_MAX {
            return false;
        }
        *repeats += 1;
        let forced = forcing.len();
        let mut others = Vec::new();
        let shrunk = shrink(&self.scope.setup, forcing, found, &mut others);
        self.set_aside(others, run, method);
        let shrunk = shrunk.ok_or(Unconfirmed::Vanished);
        let confirmed = shrunk
            .and_then(|shrunk| Ok((confirm(&self.scope, &shrunk.forcing, &shrunk.found)?, shrunk)));
        let (confirmed, shrunk) = match confirmed {
            Ok(both) => both,
            Err(why) => {
                *self.unconfirmed.entry(why).or_default() += 1;
                return false;
            }
        };
        let key = key(&confirmed.window.cause, confirmed.window.user);
        if let Some((.., known)) = self.findings.iter_mut().find(|(other, ..)| *other == key) {
            known.hits += 1;
            return false;
        }
        if self.options.known.contains(&key) {
            if !self.met_again.contains(&key) {
                self.met_again.push(key);
            }
            return false;
        }
        let finding = Finding {
            run,
            method,
            shrunk: (forced, shrunk.replays),
            cut_short: shrunk.cut_short,
            thresholds: self.named(&shrunk),
            prevented: prevented(&self.scope, &shrunk.forcing, self.limits),
            hits: 1,
            confirmed,
        };
        self.outside.found(&finding);
        self.repeats.remove(&Signature::of(found));
        self.findings.push((key, Signature::of(&shrunk.found), finding));
        true
    }

    fn set_aside(&mut self, others: Vec<(Forcing, Found)>, run: u64, method: Method) {
        for (forcing, found) in others {
            let same = |(_, other, ..): &(Forcing, Found, u64, Method)| {
                Signature::of(other) == Signature::of(&found) && other.faults == found.faults
            };
            if self.aside.len() < ASIDE_MAX && !self.aside.iter().any(same) {
                self.aside.push((forcing, found, run, method));
            }
        }
    }

    /// What turned up while something else was shrunk.
    fn rest(&mut self) {
        let mut place = 0;
        while place < self.aside.len() {
            let (forcing, found, run, method) = self.aside[place].clone();
            if !self.known(&found) {
                self.examine(forcing, &found, run, method);
            }
            place += 1;
        }
    }

    fn named(&self, shrunk: &Shrunk) -> Vec<NamedThreshold> {
        let scope = &self.scope;
        let name = |choice: crate::model::Choice, value| {
            let choice = crate::model::Choice { entity: scope.entity(choice.entity), ..choice };
            name_choice(&scope.whole, choice, value)
        };
        let named = shrunk.thresholds.iter().filter_map(|threshold| {
            let end = |value| name(threshold.choice, value).map(|named| named.value);
            let (least, most) = match threshold.bound {
                Bound::Any => (None, None),
                Bound::AtLeast(least) => (Some(least), None),
                Bound::AtMost(most) => (None, Some(most)),
                Bound::Between(least, most) => (Some(least), Some(most)),
            };
            let choice = name(threshold.choice, threshold.value)?;
            Some(NamedThreshold { choice, least: least.and_then(end), most: most.and_then(end) })
        });
        named.collect()
    }
}

/// What makes two exposures the same finding.
#[must_use]
pub fn key(cause: &Cause, user: Option<u16>) -> CauseKey {
    (cause.hazard, user, cause.opener, cause.faults.clone())
}

impl Finding {
    /// Costly faults that it takes.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.confirmed.window.cause.faults.len()
    }

    /// What makes it one.
    #[must_use]
    pub fn key(&self) -> CauseKey {
        key(&self.confirmed.window.cause, self.confirmed.window.user)
    }

    /// A word for a file's name: the same for the same cause of the same plan's names.
    #[must_use]
    pub fn slug(&self, plan: &Plan) -> String {
        let cause = &self.confirmed.window.cause;
        let hazard = &plan.scenario.hazards[usize::from(cause.hazard)].name;
        let faults =
            cause.faults.iter().map(|&fault| &plan.scenario.faults[usize::from(fault)].name);
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let told = format!("{:?} {:?}", cause.opener, self.confirmed.window.user);
        let mut words = vec![told.as_str(), hazard.as_str()];
        words.extend(faults.map(String::as_str));
        for byte in words.join("\n").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let name: String = plan.scenario.name.chars().map(plain).take(40).collect();
        format!("{}-{:06x}", name.trim_matches('-'), hash >> 40)
    }
}
