//! One run.

use crate::kernel::clock::Sampled;
use crate::kernel::dice::Dice;
use crate::kernel::livelock::Repeats;
use crate::kernel::queue::Entry;
use crate::kernel::schedule::{Base, Schedule};
use crate::kernel::setup::Setup;
use crate::kernel::ties::Tie;
use crate::model::{Choice, Happening, Rules, State, Timer, TimerKind};
use crate::plan::KindId;
use crate::units::Instant;

/// No run has more events: some minutes' worth, and 100 events for each of 4,000,000 tenants.
const EVENTS_MAX: u64 = 1 << 29;
/// The digest of no event.
const DIGEST: u64 = 0x243f_6a88_85a3_08d3;

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All steps ended and nothing with an end of its own is pending.
    Finished,
    /// Steps are unfinished and no event is left.
    Stuck,
    /// The rollout is halted: whoever has started is through, and nobody else will start.
    Halted,
    /// The horizon cut it off.
    Horizon,
    /// The same activity started more than 1,000 times at one instant (T4): its timer.
    Livelock(Timer),
    /// The bound on events was reached.
    Events,
}

/// What a run shows to whoever watches, after every event.
pub trait Monitor {
    /// One event has happened.
    fn event(&mut self, sim: &Sim, timer: Option<Timer>, happenings: &[Happening]);

    /// Whether it wants to see everything. Otherwise the most frequent happenings are left out
    /// ([`crate::model::Clock::follows_all`]), and events in which nothing else happens.
    fn follows_all(&self) -> bool {
        true
    }
}

impl Monitor for () {
    fn event(&mut self, _: &Sim, _: Option<Timer>, _: &[Happening]) {}

    fn follows_all(&self) -> bool {
        false
    }
}

/// What one turn of the loop came to.
enum Turn {
    /// Nothing that a monitor wants to see.
    Quiet,
    /// An event for the monitor.
    Event(Option<Timer>),
    /// The run is over.
    Over(Stop),
}

/// One run under way. A clone is a snapshot.
#[derive(Clone, Debug)]
pub struct Sim {
    setup: Setup,
    state: State,
    clock: Sampled,
    horizon: Instant,
    events: u64,
    digest: u64,
    begun: bool,
    /// When a step ended last, and how many had ended by then.
    last_end: Instant,
    ends: u32,
    repeats: Repeats,
    /// Whose timer fired too often at one instant.
    livelock: Option<Timer>,
}

impl Sim {
    /// A run at time 0 in which nothing has happened.
    #[must_use]
    pub fn new(setup: &Setup, schedule: Schedule) -> Sim {
        let mut dice = Dice::new(setup.seed, replication(&schedule));
        let order = order(setup, &schedule, &mut dice);
        Sim {
            state: setup.rules.initial(order),
            clock: Sampled::new(setup, schedule, dice),
            horizon: Instant(setup.plan().horizon.0),
            setup: setup.clone(),
            events: 0,
            digest: DIGEST,
            begun: false,
            last_end: Instant(0),
            ends: 0,
            repeats: Repeats::new(),
            livelock: None,
        }
    }

    /// Another run of the same setup in the memory of one that is over: as [`Self::new`], but no
    /// page is asked for anew.
    pub fn restart(&mut self, schedule: Schedule) {
        self.clock.dice.turn_to(replication(&schedule));
        let order = order(&self.setup, &schedule, &mut self.clock.dice);
        self.setup.rules.initial_in(&mut self.state, order);
        self.clock.restart(&self.setup, schedule);
        self.events = 0;
        self.digest = DIGEST;
        self.begun = false;
        self.last_end = Instant(0);
        self.ends = 0;
        self.repeats = Repeats::new();
        self.livelock = None;
    }

    /// Keeps every choice with its value from now on; see [`Self::take_choices`].
    pub fn record_choices(&mut self) {
        self.clock.choices = Some(Vec::new());
        self.clock.plain = false;
    }

    /// The choices made since [`Self::record_choices`], in the order they were made.
    pub fn take_choices(&mut self) -> Vec<(Choice, u64)> {
        self.clock.choices.take().unwrap_or_default()
    }

    /// Whether an event was scheduled that the schedule gives a rank.
    #[must_use]
    pub fn met(&self, tie: &Tie) -> bool {
        self.clock.ties.as_ref().is_some_and(|ties| ties.met(tie))
    }

    /// Runs to the end.
    pub fn run(&mut self, monitor: &mut impl Monitor) -> Stop {
        self.clock.follows = monitor.follows_all();
        loop {
            match self.advance_to_news() {
                Turn::Quiet => {}
                Turn::Event(timer) => self.show(timer, monitor),
                Turn::Over(stop) => return stop,
            }
        }
    }

    /// Pops the next event, advances the clock, applies the event, lets the monitor look. Returns
    /// why the run is over, if it is.
    pub fn step(&mut self, monitor: &mut impl Monitor) -> Option<Stop> {
        self.clock.follows = monitor.follows_all();
        match self.advance() {
            Turn::Quiet => None,
            Turn::Event(timer) => {
                self.show(timer, monitor);
                None
            }
            Turn::Over(stop) => Some(stop),
        }
    }

    fn show(&mut self, timer: Option<Timer>, monitor: &mut impl Monitor) {
        let notes = std::mem::take(&mut self.clock.notes);
        monitor.event(self, timer, &notes);
        self.clock.notes = notes;
    }

    /// Goes on until there is something to show: what every run does, whatever watches it, so that
    /// there is one copy of the loop for all monitors.
    #[inline(never)]
    fn advance_to_news(&mut self) -> Turn {
        loop {
            match self.advance() {
                Turn::Quiet => {}
                turn => return turn,
            }
        }
    }

    #[inline(always)]
    fn advance(&mut self) -> Turn {
        if let Some(stop) = self.over() {
            return Turn::Over(stop);
        }
        self.clock.notes.clear();
        if !self.begun {
            self.begun = true;
            self.setup.rules.begin(&mut self.state, &mut self.clock);
            return self.noted(None);
        }
        let Some((time, timer)) = self.clock.next() else { return Turn::Over(self.ran_dry()) };
        if time > self.horizon {
            let live = self.setup.rules.live(&self.state, timer);
            return if live { Turn::Over(Stop::Horizon) } else { Turn::Quiet };
        }
        let before = self.clock.now;
        debug_assert!(time >= before, "time never runs backwards");
        self.clock.now = time;
        if !self.setup.rules.fire(&mut self.state, timer, &mut self.clock) {
            // A void timer does nothing, and does not even advance the clock that is shown.
            self.clock.now = before;
            return Turn::Quiet;
        }
        self.events += 1;
        self.trace(timer);
        if self.state.ends() != self.ends {
            self.ends = self.state.ends();
            self.last_end = time;
        }
        // Most instants see one event only.
        if time > before {
            self.repeats.first = timer;
        } else if self.repeats.too_many(timer, time) {
            self.livelock = Some(timer);
        }
        self.noted(Some(timer))
    }

    #[inline(always)]
    fn noted(&self, timer: Option<Timer>) -> Turn {
        if self.clock.notes.is_empty() && !self.clock.follows {
            Turn::Quiet
        } else {
            Turn::Event(timer)
        }
    }

    /// Why nothing more is going to happen, though events may be pending.
    #[inline(always)]
    fn over(&self) -> Option<Stop> {
        if self.events >= EVENTS_MAX {
            return Some(Stop::Events);
        }
        if let Some(timer) = self.livelock {
            return Some(Stop::Livelock(timer));
        }
        let state = &self.state;
        if state.idle() && self.finished_for_good() {
            return Some(Stop::Finished);
        }
        if state.halted() && self.halted_for_good() {
            return Some(Stop::Halted);
        }
        None
    }

    /// The plan has ended: nobody is exposed or in danger of it.
    #[cold]
    fn finished_for_good(&self) -> bool {
        self.begun && !self.state.unsettled() && !self.others_go_on()
    }

    /// Nothing is left to happen that a halt does not keep from happening.
    #[cold]
    fn halted_for_good(&self) -> bool {
        let rules = &self.setup.rules;
        !self.state.unsettled() && !rules.plan.resumes() && rules.over_after_halt(&self.state)
    }

    /// True if others will yet change something in a focal run, because the schedule says so.
    fn others_go_on(&self) -> bool {
        let queue = &self.clock.queue;
        let flip = |entry: &Entry| entry.timer.kind == TimerKind::Flip;
        if self.setup.rules.environment().coarse() {
            return !queue.is_empty();
        }
        self.setup.plan().focal.is_some() && queue.iter().any(flip)
    }

    /// Why no event is left.
    #[cold]
    fn ran_dry(&self) -> Stop {
        // A transfer under way whose end cannot even be told lies beyond every horizon.
        if !self.clock.links.idle() {
            return Stop::Horizon;
        }
        // Whatever is unsettled stays so: nothing is left that could change it.
        if self.state.finished() && !self.state.busy() {
            Stop::Finished
        } else if self.setup.rules.over_after_halt(&self.state) {
            Stop::Halted
        } else {
            Stop::Stuck
        }
    }

    /// Folds an event into the digest: two multiplications, so that every run can afford it.
    #[inline(always)]
    fn trace(&mut self, timer: Timer) {
        let what = (timer.kind as u64) << 56 | u64::from(timer.which) << 40;
        let event = (what ^ u64::from(timer.entity.0)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (self.digest ^ self.clock.now.0).wrapping_mul(0xc4ce_b9fe_1a85_ec53) ^ event;
        self.digest = mixed ^ mixed >> 29;
    }

    /// Where the clock stands.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now
    }

    /// When a step ended last, however that ended; the start if none has.
    #[must_use]
    pub fn last_end(&self) -> Instant {
        self.last_end
    }

    /// Whether the event at time 0 that sets everything going has happened.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Timers that are pending, void ones too, and when each is going to fire; those of one kind in the
    /// order of scheduling. The end of a transfer that shares links is not among them.
    #[must_use]
    pub fn pending(&self) -> Vec<(Timer, Instant)> {
        let mut entries: Vec<&Entry> = self.clock.queue.iter().collect();
        entries.sort_by_key(|entry| entry.order);
        entries.into_iter().map(|entry| (entry.timer, entry.time)).collect()
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// A hash over all events so far: their times, kinds and owners.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The state of plan and population.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the run shares with others of its seed.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The rules it follows.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.setup.rules
    }

    /// One draw by its address, for what is computed beside the run (sampled reads).
    pub fn draw(&mut self, choice: Choice) -> u64 {
        self.clock.dice.draw(&self.setup.addresses, choice)
    }
}

/// The replication whose draws a schedule takes where it takes any.
fn replication(schedule: &Schedule) -> u32 {
    match schedule.base {
        Base::Sampled { replication } => replication,
        Base::Nominal => 0,
    }
}

/// The order of tenant starts, drawn where the scenario shuffles it.
fn order(setup: &Setup, schedule: &Schedule, dice: &mut Dice) -> Option<Vec<u32>> {
    if schedule.base == Base::Nominal {
        return None;
    }
    let plan = setup.plan();
    let site = plan.order_site?;
    let tenant: KindId = plan.tenant();
    let world = setup.world();
    let rank = |&index: &u32| {
        let entity = world.entity(tenant, index);
        let drawn = dice.draw(&setup.addresses, Choice { site, entity, occurrence: 1 });
        (world.start_key(index), drawn, index)
    };
    let mut order = world.order().to_vec();
    order.sort_by_cached_key(rank);
    Some(order)
}
