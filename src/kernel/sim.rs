//! One run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::clock::Sampled;
use crate::kernel::dice::{Addresses, Dice};
use crate::kernel::links::{Links, Roads};
use crate::kernel::population::{focal, populate};
use crate::kernel::queue::{Entry, EventQueue};
use crate::kernel::schedule::{Base, Schedule};
use crate::kernel::ties::{Tie, Ties};
use crate::model::{Choice, Entity, Happening, Rules, State, Timer, TimerKind, World};
use crate::plan::{KindId, Plan, Scope, SiteForm, SiteId};
use crate::units::Instant;

/// The same activity may start so often at one instant (T4).
const LIVELOCK: usize = 1000;
/// No run has more events: some minutes' worth, and 100 events for each of 4,000,000 tenants.
const EVENTS_MAX: u64 = 1 << 29;

/// A plan, a population and a seed: what all replications share.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The rules over plan and population.
    pub rules: Arc<Rules>,
    /// The seed of population and draws.
    pub seed: u64,
    addresses: Arc<Addresses>,
    roads: Arc<Roads>,
}

impl Setup {
    /// Draws the population of a seed.
    #[must_use]
    pub fn new(plan: Arc<Plan>, seed: u64) -> Setup {
        let world = populate(&plan, seed);
        Setup::of(plan, world, seed)
    }

    /// A population that is not drawn.
    #[must_use]
    pub fn of(plan: Arc<Plan>, world: World, seed: u64) -> Setup {
        let world = Arc::new(world);
        let addresses = Arc::new(Addresses::new(&plan, &world));
        let roads = Arc::new(Roads::new(&plan, &world));
        Setup { rules: Arc::new(Rules::new(plan, world)), seed, addresses, roads }
    }

    /// A focal run: one tenant with its mailboxes and groups, everybody else as choices. Draws are
    /// those of `seed`; what others do is never drawn, and nominally nothing.
    #[must_use]
    pub fn focal(plan: &Plan, scope: Scope, seed: u64) -> Setup {
        let plan = Arc::new(plan.focal(scope));
        let world = Arc::new(focal(&plan));
        let addresses = Arc::new(Addresses::new(&plan, &world));
        let roads = Arc::new(Roads::new(&plan, &world));
        Setup { rules: Arc::new(Rules::new(plan, world)), seed, addresses, roads }
    }

    /// The same focal run, coarser, about hazards or about a goal: see [`Plan::coarse`].
    ///
    /// # Panics
    /// If it is no focal run.
    #[must_use]
    pub fn coarse(&self, goal: Option<u16>) -> Setup {
        self.with(self.plan().coarse(goal))
    }

    /// The same population with a plan that differs in nothing that it is made of.
    #[must_use]
    pub fn with(&self, plan: Plan) -> Setup {
        Setup::of(Arc::new(plan), self.world().clone(), self.seed)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.rules.plan
    }

    /// What is decided at a site for an entity, of whatever class it is.
    #[must_use]
    pub fn form(&self, site: SiteId, entity: Entity) -> &SiteForm {
        self.plan().form(site, |plan| self.world().class(plan, entity))
    }

    /// All links, with nothing under way on them.
    #[must_use]
    pub fn links(&self) -> Links {
        Links::new(Arc::clone(&self.roads))
    }

    /// The entities' parts of draw addresses.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The population.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.rules.world
    }
}

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

    /// Whether it wants to see [`Happening::Attempt`] and [`Happening::AttemptEnded`], the most
    /// frequent of all, and events in which nothing else happens.
    fn follows_attempts(&self) -> bool {
        true
    }
}

impl Monitor for () {
    fn event(&mut self, _: &Sim, _: Option<Timer>, _: &[Happening]) {}

    fn follows_attempts(&self) -> bool {
        false
    }
}

/// Whose timer fired: what starts again and again is told by it.
type Owner = (TimerKind, u16, Entity);

/// One run under way. A clone is a snapshot.
#[derive(Clone, Debug)]
pub struct Sim {
    setup: Setup,
    schedule: Arc<Schedule>,
    state: State,
    queue: EventQueue,
    links: Links,
    dice: Dice,
    now: Instant,
    order: u64,
    events: u64,
    digest: u64,
    begun: bool,
    /// What fired at the present instant: the only one so far, then all; beyond a thousand, how
    /// often each did.
    alone: Option<Owner>,
    instant: Vec<Owner>,
    repeats: BTreeMap<Owner, usize>,
    notes: Vec<Happening>,
    choices: Option<Vec<(Choice, u64)>>,
    ties: Option<Box<Ties>>,
    /// Every value is drawn and nobody keeps it: what most runs are, and what is quick.
    plain: bool,
}

impl Sim {
    /// A run at time 0 in which nothing has happened.
    #[must_use]
    pub fn new(setup: &Setup, schedule: Schedule) -> Sim {
        let replication = match schedule.base {
            Base::Sampled { replication } => replication,
            Base::Nominal => 0,
        };
        let mut dice = Dice::new(setup.seed, replication);
        let order = match schedule.base {
            Base::Sampled { .. } => shuffled(setup, &mut dice),
            Base::Nominal => None,
        };
        Sim {
            plain: schedule.overrides.is_empty() && schedule.base != Base::Nominal,
            state: setup.rules.initial(order),
            setup: setup.clone(),
            ties: (!schedule.ranks.is_empty()).then(Box::default),
            schedule: Arc::new(schedule),
            queue: EventQueue::default(),
            links: Links::new(Arc::clone(&setup.roads)),
            dice,
            now: Instant(0),
            order: 0,
            events: 0,
            digest: 0x243f_6a88_85a3_08d3,
            begun: false,
            alone: None,
            instant: Vec::new(),
            repeats: BTreeMap::new(),
            notes: Vec::new(),
            choices: None,
        }
    }

    /// Keeps every choice with its value from now on; see [`Self::take_choices`].
    pub fn record_choices(&mut self) {
        self.choices = Some(Vec::new());
        self.plain = false;
    }

    /// The choices made since [`Self::record_choices`], in the order they were made.
    pub fn take_choices(&mut self) -> Vec<(Choice, u64)> {
        self.choices.take().unwrap_or_default()
    }

    /// Whether an event was scheduled that the schedule gives a rank.
    #[must_use]
    pub fn met(&self, tie: &Tie) -> bool {
        self.ties.as_ref().is_some_and(|ties| ties.met(tie))
    }

    /// Runs to the end.
    pub fn run(&mut self, monitor: &mut impl Monitor) -> Stop {
        loop {
            if let Some(stop) = self.step(monitor) {
                return stop;
            }
        }
    }

    /// Pops the next event, advances the clock, applies the event, lets the monitor look. Returns
    /// why the run is over, if it is.
    pub fn step(&mut self, monitor: &mut impl Monitor) -> Option<Stop> {
        let settled = self.state.finished() && !self.state.busy() && !self.state.unsettled();
        if self.begun && settled && !self.others_go_on() {
            return Some(Stop::Finished);
        }
        if self.state.halted() && self.halted_for_good() {
            return Some(Stop::Halted);
        }
        self.notes.clear();
        if !self.begun {
            self.begun = true;
            self.fire(None, monitor.follows_attempts());
            self.show(None, monitor);
            return None;
        }
        let Some(entry) = self.next() else {
            // A transfer under way whose end cannot even be told lies beyond every horizon.
            if !self.links.idle() {
                return Some(Stop::Horizon);
            }
            // Whatever is unsettled stays so: nothing is left that could change it.
            return Some(if self.state.finished() && !self.state.busy() {
                Stop::Finished
            } else if self.setup.rules.over_after_halt(&self.state) {
                Stop::Halted
            } else {
                Stop::Stuck
            });
        };
        if entry.time > Instant(self.setup.plan().horizon.0) {
            let live = self.setup.rules.live(&self.state, entry.timer);
            return live.then_some(Stop::Horizon);
        }
        debug_assert!(entry.time >= self.now, "time never runs backwards");
        if entry.time > self.now {
            self.forget_instant();
        }
        // A void timer does nothing, and does not even advance the clock that is shown.
        let before = std::mem::replace(&mut self.now, entry.time);
        if !self.fire(Some(entry.timer), monitor.follows_attempts()) {
            self.now = before;
            return None;
        }
        self.events += 1;
        self.trace(entry.timer);
        self.show(Some(entry.timer), monitor);
        if self.events >= EVENTS_MAX {
            return Some(Stop::Events);
        }
        self.livelock(entry.timer).then_some(Stop::Livelock(entry.timer))
    }

    /// Nothing is left to happen that a halt does not keep from happening.
    #[cold]
    fn halted_for_good(&self) -> bool {
        let rules = &self.setup.rules;
        !self.state.unsettled() && !rules.plan.resumes() && rules.over_after_halt(&self.state)
    }

    /// True if others will yet change something in a focal run, because the schedule says so.
    fn others_go_on(&self) -> bool {
        let flip = |entry: &Entry| entry.timer.kind == TimerKind::Flip;
        if self.setup.rules.environment().coarse() {
            return !self.queue.is_empty();
        }
        self.setup.plan().focal.is_some() && self.queue.iter().any(flip)
    }

    /// The earliest pending event. Transfers that end before or with it join the queue first.
    #[inline]
    fn next(&mut self) -> Option<Entry> {
        while !self.links.idle() {
            let head = self.queue.head();
            let Some(end) = self.links.next(head) else { break };
            let mut last = None;
            let mut several = head == Some(end);
            self.links.finish(end, &mut |entry| {
                if let Some(other) = last.replace(entry) {
                    several = true;
                    self.queue.push(other);
                }
            });
            // Mostly one ends, and nothing else happens at that instant.
            if !several && last.is_some() {
                return last;
            }
            last.into_iter().for_each(|entry| self.queue.push(entry));
            if several {
                break;
            }
            // Only a budget was used up: whoever is left ends later.
        }
        self.queue.pop()
    }

    /// Hands one timer to the model; false if it was void.
    #[inline(never)]
    fn fire(&mut self, timer: Option<Timer>, follows: bool) -> bool {
        let rules = &*self.setup.rules;
        let mut clock = Sampled {
            plan: &rules.plan,
            world: &rules.world,
            addresses: &self.setup.addresses,
            schedule: &self.schedule,
            queue: &mut self.queue,
            links: &mut self.links,
            dice: &mut self.dice,
            notes: &mut self.notes,
            choices: self.choices.as_mut(),
            order: &mut self.order,
            ties: self.ties.as_deref_mut(),
            now: self.now,
            plain: self.plain,
            follows,
        };
        match timer {
            Some(timer) => rules.fire(&mut self.state, timer, &mut clock),
            None => {
                rules.begin(&mut self.state, &mut clock);
                true
            }
        }
    }

    #[inline(always)]
    fn show(&mut self, timer: Option<Timer>, monitor: &mut impl Monitor) {
        if self.notes.is_empty() {
            if monitor.follows_attempts() {
                monitor.event(self, timer, &[]);
            }
            return;
        }
        let notes = std::mem::take(&mut self.notes);
        monitor.event(self, timer, &notes);
        self.notes = notes;
    }

    /// Folds an event into the digest: two multiplications, so that every run can afford it.
    #[inline(always)]
    fn trace(&mut self, timer: Timer) {
        let what = (timer.kind as u64) << 56 | u64::from(timer.which) << 40;
        let event = (what ^ u64::from(timer.entity.0)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (self.digest ^ self.now.0).wrapping_mul(0xc4ce_b9fe_1a85_ec53) ^ event;
        self.digest = mixed ^ mixed >> 29;
    }

    /// Counts what starts at one instant (T4). Landings and the like start nothing again: they come
    /// from many entities to one fact, one pool, the rollout.
    #[inline(always)]
    fn livelock(&mut self, timer: Timer) -> bool {
        use TimerKind::{Landing, Pace, Restore, Soak, Unforce, Unslow};
        if matches!(timer.kind, Landing | Unforce | Restore | Unslow | Pace | Soak) {
            return false;
        }
        let owner = (timer.kind, timer.which, timer.entity);
        match self.alone {
            // Most instants see one event only.
            None => {
                self.alone = Some(owner);
                false
            }
            Some(first) => self.repeated(first, owner),
        }
    }

    fn repeated(&mut self, first: Owner, owner: Owner) -> bool {
        if self.instant.is_empty() {
            self.instant.push(first);
        }
        if self.instant.len() < LIVELOCK {
            self.instant.push(owner);
            return false;
        }
        if self.repeats.is_empty() {
            for &owner in &self.instant {
                *self.repeats.entry(owner).or_default() += 1;
            }
        }
        let count = self.repeats.entry(owner).or_default();
        *count += 1;
        *count > LIVELOCK
    }

    #[inline(always)]
    fn forget_instant(&mut self) {
        self.alone = None;
        if !self.instant.is_empty() {
            self.instant.clear();
            self.repeats.clear();
        }
    }

    /// Where the clock stands.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
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
        let mut entries: Vec<&Entry> = self.queue.iter().collect();
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
        self.dice.draw(&self.setup.addresses, choice)
    }
}

/// The order of tenant starts, drawn where the scenario shuffles it.
fn shuffled(setup: &Setup, dice: &mut Dice) -> Option<Vec<u32>> {
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
