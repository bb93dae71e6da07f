//! One run in which a strategy decides.
//!
//! The model is the kernel's, its clock is another: a timer is pending with the interval of instants
//! in which it may fire, and a strategy chooses among those that may fire next.
//!
//! # The zone beside the run
//!
//! Of every pending timer the run keeps the earliest and the latest instant. Let L be the least
//! latest instant. A timer may fire next iff its earliest instant is at most L, at any instant
//! between that and L: nobody is late then, and every other timer keeps at least its latest
//! instant. Whoever fires moves the earliest instants of all others up to its own. Calendars, dates
//! and goals have fixed instants and their places at them (T3): before a boundary at c everything else
//! fires by c − 1; what fires after a goal at g does so from g + 1 on.
//!
//! The instant is chosen with the timer, so that times are concrete throughout. A difference bound
//! matrix would keep them open until the end; it decides exactly which *orders* are possible, at
//! the price of O(n²) an event. Nothing is lost here: the delays of timers are independent, so each
//! schedule of integer delays within the supports is reached by exactly one sequence of choices
//! (which timer, which instant), and each sequence is such a schedule. What a matrix would decide by
//! looking ahead, strategies reach by choosing instants at either end of what is allowed, or between.

mod desk;
mod ranks;
mod states;

use std::collections::BTreeMap;

use crate::kernel::{Setup, Tie};
use crate::model::{Choice, Entity, Happening, State, Timer, TimerKind};
use crate::search::coverage::Coverage;
use crate::search::distance::{Near, Tracker};
use crate::search::shrink::Signature;
use crate::search::strategy::{Ready, Strategy, in_order};
use crate::units::Instant;
use desk::{Desk, Pending};
use ranks::{Stand, ranks};

/// A choice as it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Which.
    pub choice: Choice,
    /// What; `None`: it did not come about.
    pub value: Option<u64>,
    /// What the nominal run would have made.
    pub nominal: Option<u64>,
    /// During which event.
    pub event: u32,
}

/// An event as it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// When, in microseconds.
    pub at: u64,
    /// What.
    pub timer: Timer,
    /// The choice that decided when, by index.
    pub made: Option<u32>,
    /// The event that armed it, by index; its own for the first.
    pub parent: u32,
    /// More than one timer could have been next.
    pub contested: bool,
}

/// Several events of which any could have been next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tied {
    /// The one that was, by index.
    pub event: u32,
    /// All of them, in the order in which they fire where nobody decides.
    pub ready: Vec<Ready>,
}

/// A hazard that held for a positive time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// By index in the plan.
    pub hazard: u16,
    /// Inside this user's session (index in the plan's users), or live.
    pub user: Option<u16>,
    /// Whose.
    pub entity: Entity,
    /// What opened it.
    pub opener: Option<(TimerKind, u16)>,
    /// Costly faults that had struck by then.
    pub faults: Vec<u16>,
    /// Since when, in microseconds.
    pub from: u64,
    /// Events before it was open for a microsecond.
    pub events: u32,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All is done, or nothing is left to happen.
    Over,
    /// The horizon.
    Horizon,
    /// As many events as it may have.
    Limit,
}

/// What one run came to.
#[derive(Clone, Debug)]
pub struct Trace {
    /// In the order they were asked.
    pub choices: Vec<Made>,
    /// In order; the first sets everything going and has no timer of its own.
    pub events: Vec<Fired>,
    /// Where several events could have been next, if that was asked for.
    pub tied: Vec<Tied>,
    /// Places among events of one instant that are not as scheduled.
    pub ranks: BTreeMap<Tie, i16>,
    /// Hazards that held, in order.
    pub found: Vec<Found>,
    /// When a hazard was one fact away from holding.
    pub near: Vec<Near>,
    /// Facts that were set: event, fact, whose, value.
    pub set: Vec<(u32, u16, Entity, bool)>,
    /// Where it stood after each event, if that was asked for and can be told (see `Limits`).
    pub states: Vec<Option<u64>>,
    /// What was exercised.
    pub coverage: Coverage,
    /// Every step that takes part had ended.
    pub finished: bool,
    /// Why it ended.
    pub end: End,
}

impl Trace {
    /// The choices that are not nominal.
    #[must_use]
    pub fn overrides(&self) -> BTreeMap<Choice, u64> {
        let other = self.choices.iter().filter(|made| made.value != made.nominal);
        other.filter_map(|made| Some((made.choice, made.value?))).collect()
    }
}

/// How far a run goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Events in all.
    pub events: u32,
    /// Events after the first hazard that held.
    pub after: u32,
    /// Only of this kind; `None`: of any.
    pub of: Option<Signature>,
}

/// What is looked at on the way, beside what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// When hazards were near.
    pub near: bool,
    /// Where it stands after each event.
    pub states: bool,
    /// Where several events could have been next.
    pub ties: bool,
}

impl Look {
    /// At nothing else.
    pub const NOTHING: Look = Look { near: false, states: false, ties: false };
    /// At hazards that were near.
    pub const NEAR: Look = Look { near: true, states: false, ties: false };
}

/// A hazard that holds.
struct Open {
    found: Found,
    told: bool,
}

/// One run under way.
struct Run<'a> {
    desk: Desk<'a>,
    state: State,
    limits: Limits,
    events: Vec<Fired>,
    stands: Vec<Stand>,
    open: Vec<Open>,
    found: Vec<Found>,
    struck: Vec<u16>,
    tracker: Option<Tracker>,
    states: Option<Vec<Option<u64>>>,
    tied: Option<Vec<Tied>>,
    set: Vec<(u32, u16, Entity, bool)>,
    ready: Vec<Ready>,
    at_once: u32,
}

/// Events of one instant, beyond which a run turns in a circle (T4).
const INSTANT_MAX: u32 = 5_000;

/// Runs once.
pub fn drive(setup: &Setup, strategy: &mut dyn Strategy, limits: Limits, look: Look) -> Trace {
    let desk = Desk {
        setup,
        strategy,
        pending: Vec::new(),
        moving: BTreeMap::new(),
        links: setup.links(),
        choices: Vec::new(),
        notes: Vec::new(),
        scheduled: BTreeMap::new(),
        coverage: Coverage::new(setup.plan()),
        now: 0,
        event: 0,
        ids: 0,
    };
    let state = setup.rules.initial(None);
    let tracker = look.near.then(|| Tracker::new(&setup.rules, &state));
    let mut run = Run {
        desk,
        state,
        limits,
        events: Vec::new(),
        stands: Vec::new(),
        open: Vec::new(),
        found: Vec::new(),
        struck: Vec::new(),
        tracker,
        states: look.states.then(Vec::new),
        tied: look.ties.then(Vec::new),
        set: Vec::new(),
        ready: Vec::new(),
        at_once: 0,
    };
    run.begin();
    let end = loop {
        if let Some(end) = run.step() {
            break end;
        }
    };
    run.finish(end)
}

impl Run<'_> {
    fn begin(&mut self) {
        let timer = Timer { kind: TimerKind::Pace, which: 0, entity: Entity(0), stamp: 0 };
        let first = Fired { at: 0, timer, made: None, parent: 0, contested: false };
        self.events.push(first);
        self.desk.setup.rules.begin(&mut self.state, &mut self.desk);
        self.look(None);
    }

    /// One event; `Some`: the run is over.
    fn step(&mut self) -> Option<End> {
        if self.state.finished() && !self.state.busy() && !self.state.unsettled() {
            return Some(End::Over);
        }
        let events = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        let looked_for = |found: &&Found| {
            self.limits.of.is_none_or(|signature| signature == Signature::of(found))
        };
        let first = self.found.iter().find(looked_for).map_or(u32::MAX, |found| found.events);
        if events >= self.limits.events || events >= first.saturating_add(self.limits.after) {
            return Some(End::Limit);
        }
        self.drop_void();
        let horizon = self.desk.setup.plan().horizon.0;
        let links = self.offer(horizon);
        let Some(pick) = self.pick(links) else {
            let none = self.desk.pending.is_empty() && self.desk.moving.is_empty();
            return Some(if none { End::Over } else { End::Horizon });
        };
        if let Some((ready, at)) = pick {
            self.fire(ready, at);
            if self.at_once > INSTANT_MAX {
                return Some(End::Limit);
            }
        }
        None
    }

    /// Pending timers that no longer count are settled: they never fire.
    fn drop_void(&mut self) {
        let (rules, state, desk) = (&self.desk.setup.rules, &self.state, &mut self.desk);
        let mut index = 0;
        while index < desk.pending.len() {
            if rules.live(state, desk.pending[index].timer) {
                index += 1;
                continue;
            }
            let gone = desk.pending.swap_remove(index);
            let at = gone.settled(desk.now, &mut desk.choices);
            self.stands.push(Stand { at, id: gone.id, tie: gone.tie, event: u32::MAX });
        }
    }

    /// Lists what may fire next; when a transfer over links ends, if that bounds it.
    fn offer(&mut self, horizon: u64) -> Option<u64> {
        let desk = &mut self.desk;
        let link = match desk.links.idle() {
            true => None,
            false => desk.links.next(None).map(|end| end.0),
        };
        let (mut calendar, mut date, mut goal) = (u64::MAX, u64::MAX, u64::MAX);
        let mut most = link.unwrap_or(u64::MAX);
        for pending in &desk.pending {
            match pending.timer.kind {
                TimerKind::Calendar => calendar = calendar.min(pending.latest),
                TimerKind::Date => date = date.min(pending.latest),
                TimerKind::Goal => goal = goal.min(pending.latest),
                _ => most = most.min(pending.latest),
            }
        }
        let first = calendar.min(date);
        let until = most.min(goal).min(first.saturating_sub(1)).min(horizon);
        self.ready.clear();
        for pending in &desk.pending {
            let earliest = pending.earliest.max(desk.now);
            let latest = match pending.timer.kind {
                TimerKind::Calendar if calendar <= most.min(goal).min(date) => {
                    calendar.min(horizon)
                }
                TimerKind::Date if date <= most.min(goal) && date < calendar => date.min(horizon),
                TimerKind::Goal if goal < most && goal < first => goal.min(horizon),
                TimerKind::Calendar | TimerKind::Date | TimerKind::Goal => continue,
                _ => until.min(pending.latest),
            };
            if earliest <= latest {
                let (timer, id, place) = (pending.timer, pending.id, pending.place);
                self.ready.push(Ready { timer, id, earliest, latest, place });
            }
        }
        link.filter(|&end| end <= until.min(horizon))
    }

    /// Asks who is next. `None`: nobody; `Some(None)`: transfers have ended, ask again.
    #[expect(
        clippy::option_option,
        reason = "nobody is next, and somebody after a transfer's end, differ"
    )]
    fn pick(&mut self, link: Option<u64>) -> Option<Option<(Ready, u64)>> {
        let fixed = |ready: &Ready| ready.earliest == ready.latest;
        let picked = match self.ready.as_slice() {
            [] => None,
            [only] if fixed(only) => Some((*only, only.earliest)),
            several => {
                let pick = self.desk.strategy.next(several);
                let ready = several[pick.index];
                debug_assert!(ready.earliest <= pick.at && pick.at <= ready.latest);
                Some((ready, pick.at.clamp(ready.earliest, ready.latest)))
            }
        };
        match (picked, link) {
            // What fires at the very end of a transfer may do so before or after it.
            (Some((_, at)), Some(end)) if end <= at => self.end_transfers(end),
            (None, Some(end)) => self.end_transfers(end),
            (None, None) => return None,
            (Some(picked), _) => return Some(Some(picked)),
        }
        Some(None)
    }

    fn end_transfers(&mut self, end: u64) {
        let desk = &mut self.desk;
        desk.now = end;
        let (moving, pending) = (&mut desk.moving, &mut desk.pending);
        desk.links.finish(Instant(end), &mut |entry| {
            let known = moving.remove(&entry.order).expect("it was started");
            pending.push(Pending { earliest: end, latest: end, ..known });
        });
    }

    fn fire(&mut self, ready: Ready, at: u64) {
        let desk = &mut self.desk;
        self.at_once = if at > desk.now { 0 } else { self.at_once + 1 };
        let place = desk.pending.iter().position(|pending| pending.id == ready.id);
        let fired = desk.pending.swap_remove(place.expect("what is ready is pending"));
        for open in self.open.iter_mut().filter(|open| !open.told && open.found.from < at) {
            open.told = true;
            open.found.events = desk.event;
            self.found.push(open.found.clone());
        }
        desk.now = at;
        if let Some(made) = fired.made {
            desk.choices[made as usize].value = Some(at - fired.armed);
        }
        if fired.timer.kind == TimerKind::Goal {
            for pending in desk.pending.iter_mut().filter(|pending| pending.latest > at) {
                pending.earliest = pending.earliest.max(at + 1);
            }
        }
        let asked = desk.coverage.conditions(desk.setup, &self.state, fired.timer);
        let contested = self.ready.len() > 1;
        desk.event += 1;
        if let Some(tied) = self.tied.as_mut().filter(|_| contested) {
            tied.push(Tied { event: desk.event, ready: in_order(&self.ready) });
        }
        let Pending { timer, made, parent, id, tie, .. } = fired;
        self.stands.push(Stand { at, id, tie, event: desk.event });
        self.events.push(Fired { at, timer, made, parent, contested });
        desk.strategy.fired(&ready, &self.ready);
        if desk.setup.rules.fire(&mut self.state, timer, desk) {
            desk.coverage.asked(asked);
        }
        self.look(Some(timer));
    }

    /// What the event has shown.
    fn look(&mut self, timer: Option<Timer>) {
        let notes = std::mem::take(&mut self.desk.notes);
        let plan = self.desk.setup.plan();
        let mut changed = false;
        for happening in &notes {
            self.desk.coverage.note(happening);
            match *happening {
                Happening::Struck { fault, .. } if plan.faults[usize::from(fault)].cost > 0 => {
                    if let Err(place) = self.struck.binary_search(&fault) {
                        self.struck.insert(place, fault);
                    }
                }
                Happening::Changed { fact, entity, on, .. } => {
                    changed = true;
                    self.set.push((self.desk.event, fact, entity, on));
                }
                Happening::Hazard { hazard, user, entity, open } => {
                    self.hazard((hazard, user, entity), open, timer);
                }
                _ => {}
            }
        }
        if self.states.is_some() {
            let state = self.digest();
            self.states.iter_mut().for_each(|states| states.push(state));
        }
        if changed && let Some(tracker) = &mut self.tracker {
            let rules = &self.desk.setup.rules;
            tracker.look(rules, &self.state, &notes, (self.desk.now, self.desk.event));
        }
        self.desk.notes = notes;
        self.desk.notes.clear();
    }

    fn hazard(&mut self, key: (u16, Option<u16>, Entity), open: bool, timer: Option<Timer>) {
        let (hazard, user, entity) = key;
        if !open {
            let same = |open: &Open| (open.found.hazard, open.found.user, open.found.entity) == key;
            self.open.retain(|open| !same(open));
            return;
        }
        let found = Found {
            hazard,
            user,
            entity,
            opener: timer.map(|timer| (timer.kind, timer.which)),
            faults: self.struck.clone(),
            from: self.desk.now,
            events: u32::MAX,
        };
        self.open.push(Open { found, told: false });
    }

    fn finish(mut self, end: End) -> Trace {
        let desk = &mut self.desk;
        // What holds at the end of a run stays so, unless it was broken off.
        for open in self.open.iter_mut().filter(|open| !open.told) {
            if end != End::Limit || open.found.from < desk.now {
                open.found.events = desk.event;
                self.found.push(open.found.clone());
            }
        }
        for pending in std::mem::take(&mut desk.pending) {
            let at = pending.settled(desk.now, &mut desk.choices);
            let (id, tie) = (pending.id, pending.tie);
            self.stands.push(Stand { at, id, tie, event: u32::MAX });
        }
        let near = self.tracker.map(|tracker| tracker.finish(desk.now, desk.event));
        Trace {
            choices: self.desk.choices,
            events: self.events,
            tied: self.tied.unwrap_or_default(),
            ranks: ranks(self.stands),
            found: self.found,
            near: near.unwrap_or_default(),
            set: self.set,
            states: self.states.unwrap_or_default(),
            coverage: self.desk.coverage,
            finished: self.state.finished(),
            end,
        }
    }
}
