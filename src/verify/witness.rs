//! A path made concrete: a schedule that the kernel replays.
//!
//! The times of a path are a system of differences with whole bounds, so every value inside the canonical
//! bounds of one difference is part of a solution (methods of simple temporal networks: Dechter, Meiri
//! and Pearl, "Temporal constraint networks", 1991). Delays are fixed one after the other, in the order
//! of arming, each as near to its nominal value as the ones before it leave room for.
//!
//! At one instant the kernel lets timers fire in the order of arming. Where the path has another order,
//! the later one is put at least 1 µs later if the bounds allow it; otherwise the schedule ranks the
//! events of that instant.

use std::collections::BTreeMap;

use crate::kernel::{Schedule, Setup, Sim, Tie};
use crate::model::TimerKind::{Calendar, Date, Goal, Join, Pace, Wait};
use crate::model::{Choice, Entity, Happening, Timer, TimerKind};
use crate::monitor::{Miss, Misses, Watch, Window};
use crate::plan::{Law, SiteForm};
use crate::units::{Bytes, Instant, Rate, Span};
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::explore::Explorer;
use crate::verify::node::Opening;
use crate::verify::trace::{Life, Trace, must};

/// Why the kernel may not be able to follow a path that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// No rate in whole bytes per hour gives a transfer exactly that long.
    Rate,
    /// A transfer's length follows from who else is on its links.
    Link,
    /// A profile keeps a user from connecting exactly then.
    Profile,
    /// One choice has two values: a retry wait that a crash begins anew lasts as long as before.
    Twice,
    /// Only the coarse focal run has it, in which windows are open at any time and retries are not
    /// counted.
    Coarse,
}

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// Time passes while the hazard holds at its end.
    Open(Opening),
    /// The same, and its window opens at this instant, which is the earliest.
    OpenAt(Opening, i64),
    /// The window is this long.
    Lasts(Opening, i64),
    /// Its last event is the deadline of a goal that does not hold for somebody.
    Missed(u16, Entity),
}

/// A path with concrete times, as a schedule over the nominal run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Forced choices: those that are not nominal.
    pub overrides: BTreeMap<Choice, u64>,
    /// Who goes first, at instants at which the order of scheduling is not that of the path.
    pub ranks: BTreeMap<Tie, i16>,
    /// When the window opens at the earliest, on this path; of a goal, the deadline.
    pub earliest: u64,
    /// When it opens, or the deadline, in this schedule.
    pub from: u64,
    /// How far the end that was moved has to reach on this path, if one was: no delay there is longer
    /// (for a lower end: shorter) in this schedule, and no other has less.
    pub stretch: Option<u64>,
    /// Why the kernel may not follow.
    pub doubts: Vec<Doubt>,
    /// The window as the kernel has it; `None`: it does not come about there.
    pub window: Option<Window>,
    /// The goal as the kernel has it missed, if the witness is of one.
    pub missed: Option<Miss>,
}

/// Makes the path to a node concrete, and replays it.
pub(super) fn witness(setup: &Setup, explorer: &Explorer<'_>, node: u32, aim: Aim) -> Witness {
    let mut trace = Trace::to(explorer, node);
    let mut system = trace.system();
    let opened = match aim {
        Aim::Open(opening) | Aim::OpenAt(opening, _) => {
            for life in trace.waiting() {
                must(system.and(trace.last(), life.variable, -1));
            }
            let opened = trace.opens(opening);
            if let Aim::OpenAt(_, at) = aim {
                must(system.and(opened, 0, at));
            }
            opened
        }
        Aim::Missed(..) => trace.last(),
        Aim::Lasts(_, length) => {
            let opened = trace.opened.expect("its length was measured");
            must(system.and(opened, trace.last(), -length));
            opened
        }
    };
    let earliest = micros(system.least(opened));
    let stretch = explorer.stretch.and_then(|end| trace.stretch(setup, &mut system, end));
    let mut inverted = untie(&trace, &mut system);
    let mut builder = Builder { setup, system, overrides: BTreeMap::new(), doubts: Vec::new() };
    for step in &trace.steps {
        for &(choice, value) in &step.decided {
            builder.decided(choice, value);
        }
    }
    for life in &trace.lives {
        builder.fix(life);
    }
    let Builder { system, overrides, mut doubts, .. } = builder;
    inverted.retain(|&(event, other)| system.bound(event, other) == 0);
    let instants: Vec<i64> = inverted.iter().map(|&(event, _)| system.least(event)).collect();
    let ranks = trace.ranks(setup, &system, &instants);
    let from = micros(system.least(opened));
    let end = micros(system.least(trace.last()));
    doubts.sort_unstable();
    doubts.dedup();
    let schedule = Schedule { overrides, ranks, ..Schedule::nominal() };
    let (window, missed) = replayed(setup, &schedule, (from, end), aim);
    let Schedule { overrides, ranks, .. } = schedule;
    let witness = Witness { overrides, ranks, earliest, from, stretch, doubts, window, missed };
    match explorer.exact {
        Some(exact) if witness.confirmed() => witness.refined(exact, aim),
        _ => witness,
    }
}

impl Witness {
    /// The kernel has what it is a witness of.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.window.is_some() || self.missed.is_some()
    }

    /// The same schedule in the focal run itself, which has no choices of the coarse run: it need not
    /// have the window, or the deadline, at the same instants, but for those that were asked for.
    fn refined(mut self, exact: &Setup, aim: Aim) -> Witness {
        let sites = exact.plan().sites.len();
        let mut overrides = self.overrides.clone();
        overrides.retain(|choice, _| choice.site.index() < sites);
        let schedule = Schedule { overrides, ranks: self.ranks.clone(), ..Schedule::nominal() };
        let end = self.window.as_ref().map_or(self.from, |window| window.to.0);
        let windows = |opening| run(exact, &schedule, end, opening).into_iter();
        (self.window, self.missed) = match aim {
            Aim::Open(opening) => (windows(opening).next(), None),
            Aim::OpenAt(opening, at) => {
                (windows(opening).find(|window| window.from.0 == micros(at)), None)
            }
            Aim::Lasts(opening, length) => {
                (windows(opening).find(|window| window.length().0 == micros(length)), None)
            }
            Aim::Missed(goal, entity) => {
                (None, misses(exact, &schedule, self.from, (goal, entity)).into_iter().next())
            }
        };
        let window = self.window.as_ref().map(|window| window.from);
        match window.or(self.missed.as_ref().map(|missed| missed.at)) {
            Some(from) => {
                self.from = from.0;
                self.earliest = self.earliest.min(self.from);
                self.overrides = schedule.overrides;
            }
            // A reduced plan that is no coarse one has the same runs.
            None if exact.plan().focal.is_some() => self.doubts.push(Doubt::Coarse),
            None => {}
        }
        self
    }
}

impl Trace {
    /// The event at which a hazard that holds at the end began to, for the last time.
    fn opens(&self, opening: Opening) -> usize {
        let begins = |note: &Happening| match *note {
            Happening::Hazard { hazard, user, entity, open: true } => {
                Opening { hazard, user, entity } == opening
            }
            _ => false,
        };
        let last = self.steps.iter().rposition(|step| step.notes.iter().any(begins));
        last.expect("a hazard that holds has begun")
    }

    /// Ranks for the events of these instants: in the order of the path, before all that is not on it.
    fn ranks(&self, setup: &Setup, system: &Dbm, instants: &[i64]) -> BTreeMap<Tie, i16> {
        let mut scheduled: BTreeMap<(TimerKind, u16, Entity), u32> = BTreeMap::new();
        let mut ranks = BTreeMap::new();
        for life in &self.lives {
            if life.fired.is_none() && stays_away(setup, life) {
                // Nominally it does not come about, so nothing was scheduled.
                continue;
            }
            let Timer { kind, which, entity, .. } = life.armed.timer;
            let occurrence = scheduled.entry((kind, which, entity)).or_default();
            *occurrence += 1;
            let at = system.least(life.variable);
            let rank = match life.fired {
                Some(event) => {
                    let after = (event..=self.last()).filter(|&other| system.least(other) == at);
                    -i16::try_from(after.count()).expect("few events at one instant")
                }
                // Something on the path was faster than what others would have let happen at once.
                None if follows(kind) => 1,
                None => continue,
            };
            if Tie::is_free(kind) && instants.contains(&at) {
                let tie = Tie { kind, which, entity, occurrence: *occurrence };
                ranks.insert(tie, rank);
            }
        }
        ranks
    }
}

/// Puts events that the kernel would order otherwise 1 µs apart, where that is possible; the pairs
/// (event, variable of the timer that the kernel would let fire first) that are left.
fn untie(trace: &Trace, system: &mut Dbm) -> Vec<(usize, usize)> {
    let mut left = Vec::new();
    for event in 1..=trace.last() {
        let (place, next) = trace.firing(event);
        for (other, life) in trace.lives.iter().enumerate() {
            if other >= place && !follows(life.armed.timer.kind) {
                continue;
            }
            let pending = trace.pending(event).any(|pending| pending.variable == life.variable);
            if pending && !settled(next, life) && !system.and(event, life.variable, -1) {
                left.push((event, life.variable));
            }
        }
    }
    left
}

/// What others let happen at once goes before all that was scheduled.
fn follows(kind: TimerKind) -> bool {
    matches!(kind, Wait | Join | Pace)
}

/// True if a timer does not come about unless it is forced to.
fn stays_away(setup: &Setup, life: &Life) -> bool {
    life.armed.choice.is_some_and(|choice| {
        let form = setup.form(choice.site, choice.entity);
        matches!(form, SiteForm::Connect(_) | SiteForm::Outside { nominal: None, .. })
    })
}

/// True if the kinds of two timers settle their order at one instant: the path keeps it, too.
fn settled(one: &Life, other: &Life) -> bool {
    let (one, other) = (one.armed.timer.kind, other.armed.timer.kind);
    [Calendar, Date].iter().any(|kind| [one, other].contains(kind))
        || (one == Goal) != (other == Goal)
}

fn micros(time: i64) -> u64 {
    u64::try_from(time).expect("nothing happens before the beginning")
}

struct Builder<'a> {
    setup: &'a Setup,
    system: Dbm,
    overrides: BTreeMap<Choice, u64>,
    doubts: Vec<Doubt>,
}

impl Builder<'_> {
    fn force(&mut self, choice: Choice, value: u64) {
        let known = self.overrides.insert(choice, value);
        if known.is_some_and(|known| known != value) {
            self.doubts.push(Doubt::Twice);
        }
    }

    fn decided(&mut self, choice: Choice, value: u64) {
        let nominal = match self.setup.form(choice.site, choice.entity) {
            SiteForm::Chance(chance) => u64::from(chance.nominal()),
            _ => 0,
        };
        if value != nominal {
            self.force(choice, value);
        }
    }

    /// Fixes a delay.
    fn fix(&mut self, life: &Life) {
        if life.armed.shared {
            self.doubts.push(Doubt::Link);
            let least = -self.system.bound(life.event, life.variable);
            must(self.system.and(life.variable, life.event, least));
        }
        let Some(choice) = life.armed.choice else { return };
        let (low, high) = (
            -self.system.bound(life.event, life.variable),
            self.system.bound(life.variable, life.event),
        );
        let nearest = |wanted: u64| i64::try_from(wanted).unwrap_or(NONE).clamp(low, high);
        let (delay, value, nominal) = match self.setup.form(choice.site, choice.entity) {
            // It does not come about by itself, so it needs no value.
            _ if life.fired.is_none() && stays_away(self.setup, life) => return,
            SiteForm::Outside { low, nominal, .. } => {
                let delay = nearest(nominal.unwrap_or(*low));
                (delay, micros(delay), *nominal)
            }
            SiteForm::Connect(law) => {
                let (delay, value) = self.connection(life, law, (low, high));
                (delay, value, None)
            }
            SiteForm::Delay(law) => {
                let delay = nearest(law.median());
                (delay, micros(delay), Some(law.median()))
            }
            SiteForm::Rate(law) => {
                let size = Bytes(self.setup.world().size(choice.entity));
                let wanted = nearest(size.transfer_time(Rate(law.median())).0);
                let (delay, rate) = self.rate(size, wanted, (low, high), law.median());
                (delay, rate, Some(law.median()))
            }
            _ => unreachable!("no timer is armed at such a site"),
        };
        if nominal != Some(value) {
            self.force(choice, value);
        }
        must(self.system.and(life.variable, life.event, delay));
        must(self.system.and(life.event, life.variable, -delay));
    }

    /// When a user connects, inside these bounds, and what is then drawn: operational time, where it has
    /// a profile.
    fn connection(&mut self, life: &Life, law: &Law, (low, high): (i64, i64)) -> (i64, u64) {
        let plan = self.setup.plan();
        let nearest = |wanted: u64| i64::try_from(wanted).unwrap_or(NONE).clamp(low, high);
        let Some(profile) = plan.profile_of(life.armed.timer.which) else {
            let delay = nearest(law.median());
            return (delay, micros(delay));
        };
        // All delays up to here are fixed, and so is when this one begins.
        let since = Instant(micros(self.system.least(life.event)));
        let wanted = nearest(profile.delay(since, law.median()).unwrap_or(u64::MAX));
        let until = Instant(since.0.saturating_add(micros(wanted)));
        let passed = (profile.total(until) - profile.total(since)) / 1_000_000;
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let support = law.support();
        for value in [passed, passed.saturating_add(1)] {
            let delay = profile.delay(since, value).and_then(|delay| i64::try_from(delay).ok());
            let Some(delay) = delay.filter(|delay| (low..=high).contains(delay)) else { continue };
            if value >= support.low && support.high.is_none_or(|most| value <= most) {
                return (delay, value);
            }
        }
        self.doubts.push(Doubt::Profile);
        (wanted, law.median())
    }

    /// A rate for a transfer that takes about so long, inside these bounds.
    fn rate(
        &mut self,
        size: Bytes,
        wanted: i64,
        (low, high): (i64, i64),
        nominal: u64,
    ) -> (i64, u64) {
        let time = |rate: u64| i64::try_from(size.transfer_time(Rate(rate)).0).unwrap_or(NONE);
        if time(nominal) == wanted {
            return (wanted, nominal);
        }
        for time_wanted in [wanted, high] {
            // The slowest rate that takes no longer.
            let work = u128::from(size.0) * u128::from(Span::HOUR.0);
            let most = u128::from(micros(time_wanted).max(1));
            let rate = u64::try_from(work.div_ceil(most)).unwrap_or(u64::MAX).max(1);
            if time_wanted != NONE && (low..=high).contains(&time(rate)) {
                return (time(rate), rate);
            }
        }
        self.doubts.push(Doubt::Rate);
        (wanted, nominal)
    }
}

/// The window, or the missed goal, of a schedule in the kernel, if it is there as it should be.
fn replayed(
    setup: &Setup,
    schedule: &Schedule,
    (from, end): (u64, u64),
    aim: Aim,
) -> (Option<Window>, Option<Miss>) {
    let (opening, length) = match aim {
        Aim::Open(opening) | Aim::OpenAt(opening, _) => (opening, None),
        Aim::Lasts(opening, length) => (opening, Some(micros(length))),
        Aim::Missed(goal, entity) => {
            let mut misses = misses(setup, schedule, end, (goal, entity)).into_iter();
            return (None, misses.find(|missed| missed.at.0 == from));
        }
    };
    let window = run(setup, schedule, end, opening).into_iter().find(|window| {
        let long = length.is_none_or(|length| window.length().0 == length);
        // It may have closed and opened again at that very instant: then it began earlier.
        window.from.0 <= from && window.to.0 > from && long
    });
    (window, None)
}

/// A focal run, or a rollout, that may last beyond `end`: for a day, or another horizon.
fn sim(setup: &Setup, schedule: &Schedule, end: u64) -> Sim {
    let mut setup = setup.clone();
    let after = Span(end).saturating_add(Span::DAY.min(setup.plan().horizon));
    if setup.plan().horizon < after {
        // Verify looks at runs of any length.
        let mut plan = setup.plan().clone();
        plan.horizon = after;
        setup = setup.with(plan);
    }
    Sim::new(&setup, schedule.clone())
}

/// The windows of a hazard in such a run.
fn run(setup: &Setup, schedule: &Schedule, end: u64, opening: Opening) -> Vec<Window> {
    let mut sim = sim(setup, schedule, end);
    let outcome = Watch::new(&sim).run(&mut sim);
    let same = |window: &Window| {
        Opening { hazard: window.cause.hazard, user: window.user, entity: window.entity } == opening
    };
    outcome.windows.into_iter().filter(same).collect()
}

/// How often a goal is missed for somebody in such a run.
fn misses(
    setup: &Setup,
    schedule: &Schedule,
    end: u64,
    (goal, entity): (u16, Entity),
) -> Vec<Miss> {
    let mut sim = sim(setup, schedule, end);
    let mut misses = Misses::default();
    sim.run(&mut misses);
    misses.list.retain(|missed| missed.goal == goal && missed.entity == entity);
    misses.list
}
