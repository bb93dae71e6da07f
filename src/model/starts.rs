//! Which tenant starts next: waves, dates, `at-once`, `pace`, windows and halts.
//!
//! Waves come in order. A wave's turn comes when the wave before it has ended (enough of its tenants
//! are through: ended, stopped or rolled back) and has soaked, and its date has come. Of those whose
//! turn has come the first in the order of starts starts, unless its wave is full or its own date has
//! not come: then it is passed over, and starts as soon as it may. Without waves all tenants are one.

use std::collections::BTreeSet;

use crate::model::rules::{Rules, Turn};
use crate::model::world::{Entity, World};
use crate::model::{Choice, Clock, Delay, Happening, Phase, State, Timer, TimerKind};
use crate::plan::KindId;

/// Who has started and who may.
#[derive(Clone, Debug, Default)]
pub(super) struct Letting {
    /// The order of starts, if it is not the world's.
    pub(super) order: Option<Vec<u32>>,
    pub(super) waves: Vec<WaveSlot>,
    /// Waves before this one have nobody left to start.
    first: usize,
    /// Tenants started.
    pub(super) started: u32,
    pub(super) in_progress: u32,
    pub(super) pace_open: bool,
    /// Tenants are being started just now.
    starting: bool,
    pub(super) halted: bool,
    /// Dates that have come, and the last of them in microseconds.
    dates: usize,
    date: u64,
    /// Date and place in the order of tenants that were passed over because of it.
    parked: BTreeSet<(u64, u32)>,
    /// Steps of tenants that have not started, and of their mailboxes.
    pub(super) waiting_steps: u64,
}

/// Where a wave stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WaveSlot {
    /// The next place in the order to be looked at.
    next: u32,
    /// Places that were passed over and whose date has come since.
    due: BTreeSet<u32>,
    in_progress: u32,
    through: u32,
    /// The wave before it has ended and soaked.
    soaked: bool,
    /// Its tenants may start.
    pub(super) open: bool,
    /// It has ended, and the next wave has been told.
    ended: bool,
}

impl Letting {
    pub(super) fn new(world: &World) -> Letting {
        let slot = |wave| WaveSlot { next: world.places(wave).start, ..WaveSlot::default() };
        let waves = (0..world.waves()).map(slot).collect();
        Letting { waves, pace_open: true, ..Letting::default() }
    }

    /// What of it can still matter, for the portrait of a state.
    pub(super) fn paint(&self, words: &mut Vec<u32>) {
        let flags = u32::from(self.pace_open) | u32::from(self.halted) << 1;
        let number = |count: usize| u32::try_from(count).expect("fewer than 2^32 tenants");
        words.extend([flags, number(self.first), self.started, self.in_progress]);
        words.push(number(self.dates));
        for wave in &self.waves {
            let flags = [wave.soaked, wave.open, wave.ended];
            words.extend(flags.map(u32::from));
            words.extend([wave.next, wave.in_progress, wave.through, number(wave.due.len())]);
            words.extend(&wave.due);
        }
        // Their dates follow from the population.
        words.push(number(self.parked.len()));
        words.extend(self.parked.iter().map(|&(_, place)| place));
    }
}

impl State {
    /// True if no tenant starts because the rollout is halted.
    #[must_use]
    pub fn halted(&self) -> bool {
        self.letting.halted
    }

    /// Tenants that have started.
    #[must_use]
    pub fn started(&self) -> u32 {
        self.letting.started
    }
}

impl Rules {
    /// True if a tenant, by index, has started.
    #[must_use]
    pub fn has_started(&self, state: &State, tenant: u32) -> bool {
        state.tenants[tenant as usize].started
    }

    /// True if a halted rollout has come to its end: whoever has started is through or has stopped,
    /// and no step of a group or of the rollout can go on either.
    #[must_use]
    pub fn over_after_halt(&self, state: &State) -> bool {
        // In a focal run the others may change something at any time.
        let others = !self.environment().inputs().is_empty();
        if !state.letting.halted || state.busy() || others {
            return false;
        }
        let mut open = 0;
        for (index, step) in (0u16..).zip(&self.plan.steps) {
            if step.kind >= self.plan.tenant() {
                continue;
            }
            for entity in self.world.all(step.kind) {
                let instance = &state.instances[self.instance(index, entity)];
                let cut = instance.flags & crate::model::state::flag::CUT != 0;
                match instance.phase {
                    phase if phase.ended() || cut => {}
                    Phase::Blocked if instance.pending > 0 => open += 1,
                    _ => return false,
                }
            }
        }
        state.open_steps == state.letting.waiting_steps + open
    }
}

impl Rules {
    /// The instant of the date that comes next, in microseconds; 0 if none does.
    #[must_use]
    pub fn next_date(&self, state: &State) -> u64 {
        self.world.dates().get(state.letting.dates).copied().unwrap_or(0)
    }
}

impl<C: Clock> Turn<'_, C> {
    /// The first wave's turn comes with the rollout.
    pub(super) fn begin_waves(&mut self) {
        self.arm_date();
        self.state.letting.waves[0].soaked = true;
        self.open_wave(0);
    }

    /// Starts tenants as far as `at-once`, `pace`, the rollout's windows and its waves let them.
    pub(super) fn start_tenants(&mut self) {
        // A tenant without steps ends as it starts; the loop below, not recursion, starts the next.
        if std::mem::replace(&mut self.state.letting.starting, true) {
            return;
        }
        while self.may_start()
            && let Some((wave, place)) = self.next_start()
        {
            let order = self.state.letting.order.as_deref().unwrap_or(self.world.order());
            let tenant = order[place as usize];
            self.keep_pace(wave);
            self.start_tenant(tenant, wave);
        }
        self.state.letting.starting = false;
    }

    fn may_start(&self) -> bool {
        let letting = &self.state.letting;
        letting.pace_open
            && self.rules.open(self.state, self.plan.windows)
            && !letting.halted
            && !self.down(KindId::ROLLOUT, Entity(0))
            && letting.in_progress < self.plan.at_once
    }

    /// The wave and place of the tenant that starts next, if one may.
    fn next_start(&mut self) -> Option<(usize, u32)> {
        let (plan, world) = (self.plan, self.world);
        let letting = &mut self.state.letting;
        let order = letting.order.as_deref().unwrap_or(world.order());
        let mut behind = true;
        for wave in letting.first..letting.waves.len() {
            let slot = &mut letting.waves[wave];
            let places = world.places(wave);
            if !slot.open {
                return None;
            }
            // Whoever is parked may still come.
            behind &= slot.next == places.end && slot.due.is_empty() && letting.parked.is_empty();
            if behind {
                letting.first = wave + 1;
            }
            if plan.waves.get(wave).is_some_and(|plan| slot.in_progress >= plan.at_once) {
                continue;
            }
            if let Some(place) = slot.due.pop_first() {
                return Some((wave, place));
            }
            while slot.next < places.end {
                let place = slot.next;
                slot.next += 1;
                let date = world.not_before(order[place as usize]);
                if date <= letting.date {
                    return Some((wave, place));
                }
                letting.parked.insert((date, place));
            }
        }
        None
    }

    /// The time until the next start, of whichever wave.
    fn keep_pace(&mut self, wave: usize) {
        let own = self.plan.waves.get(wave).and_then(|wave| wave.pace);
        self.state.letting.started += 1;
        let occurrence = self.state.letting.started;
        let left = self.world.order().len() > occurrence as usize;
        if let Some(site) = own.or(self.plan.pace).filter(|_| left) {
            self.state.letting.pace_open = false;
            self.state.in_flight += 1;
            let entity = Entity(0);
            let timer = Timer { kind: TimerKind::Pace, which: 0, entity, stamp: 0 };
            self.clock.arm(timer, Delay::At(Choice { site, entity, occurrence }));
        }
    }

    pub(super) fn pace(&mut self) {
        self.state.in_flight -= 1;
        self.state.letting.pace_open = true;
        self.start_tenants();
    }

    fn start_tenant(&mut self, tenant: u32, wave: usize) {
        let (plan, world) = (self.plan, self.world);
        let entity = world.entity(plan.tenant(), tenant);
        let slot = &mut self.state.tenants[tenant as usize];
        slot.started = true;
        slot.in_progress = true;
        let open = slot.open;
        let letting = &mut self.state.letting;
        letting.waiting_steps -= u64::from(open);
        letting.in_progress += 1;
        letting.waves[wave].in_progress += 1;
        self.clock.note(Happening::TenantStarted(entity));
        for kind in [plan.tenant(), plan.mailbox()] {
            for &step in &plan.kinds[kind.index()].starters {
                world.descendants(plan.tenant(), entity, kind, &mut |each| {
                    self.satisfy(step, each);
                });
            }
        }
        self.close_tenant_if_done(plan.tenant(), entity);
    }

    /// A tenant is through: it leaves its place to the next.
    pub(super) fn leave_place(&mut self, tenant: usize) {
        let slot = &mut self.state.tenants[tenant];
        if !std::mem::replace(&mut slot.in_progress, false) {
            return;
        }
        let wave = self.world.wave(u32::try_from(tenant).expect("tenants fit 32 bits"));
        let letting = &mut self.state.letting;
        letting.in_progress -= 1;
        letting.waves[wave].in_progress -= 1;
        letting.waves[wave].through += 1;
        self.end_waves(wave);
        self.start_tenants();
    }

    /// Opens a wave whose turn and date have come.
    fn open_wave(&mut self, wave: usize) {
        let date = self.plan.waves.get(wave).map_or(0, |wave| wave.not_before);
        let letting = &mut self.state.letting;
        let slot = &mut letting.waves[wave];
        if slot.open || !slot.soaked || date > letting.date {
            return;
        }
        slot.open = true;
        let (plan, world) = (self.plan, self.world);
        if let Some(kind) = plan.wave_kind() {
            let entity = world.wave_entity(kind, wave);
            self.clock.note(Happening::WaveStarted(entity));
            if world.moves(kind, entity) {
                for &step in &plan.kinds[kind.index()].steps {
                    self.satisfy(step, entity);
                }
            }
        }
        self.end_waves(wave);
    }

    /// If a wave has ended, the next one's turn comes when it has soaked.
    fn end_waves(&mut self, wave: usize) {
        let (plan, world) = (self.plan, self.world);
        let Some(kind) = plan.wave_kind() else { return };
        let entity = world.wave_entity(kind, wave);
        let slot = &mut self.state.letting.waves[wave];
        let places = world.places(wave);
        if slot.open && slot.through == places.end - places.start {
            self.clock.note(Happening::WaveEnded(entity));
        }
        let slot = &mut self.state.letting.waves[wave];
        if slot.ended || !slot.open || slot.through < world.needed(wave) {
            return;
        }
        slot.ended = true;
        let next = wave + 1;
        if next == world.waves() {
            return;
        }
        if let Some(site) = plan.waves.get(wave).and_then(|wave| wave.soak) {
            let which = u16::try_from(next).expect("few waves");
            let timer = Timer { kind: TimerKind::Soak, which, entity: Entity(0), stamp: 0 };
            return self.clock.arm(timer, Delay::At(Choice { site, entity, occurrence: 1 }));
        }
        self.state.letting.waves[next].soaked = true;
        self.open_wave(next);
    }

    /// The wave before has soaked.
    pub(super) fn soaked(&mut self, wave: u16) {
        let wave = usize::from(wave);
        self.state.letting.waves[wave].soaked = true;
        self.open_wave(wave);
        self.start_tenants();
    }

    /// Nothing waits for a date but what starts then, so it keeps no run going.
    fn arm_date(&mut self) {
        if let Some(&at) = self.world.dates().get(self.state.letting.dates) {
            let timer = Timer { kind: TimerKind::Date, which: 0, entity: Entity(0), stamp: 0 };
            self.clock.arm(timer, Delay::Until(at));
        }
    }

    /// A date has come: of a wave, or of tenants that were passed over.
    pub(super) fn pass_date(&mut self) {
        let letting = &mut self.state.letting;
        letting.date = self.world.dates()[letting.dates];
        letting.dates += 1;
        while let Some(&(date, place)) = letting.parked.first()
            && date <= letting.date
        {
            letting.parked.pop_first();
            let wave = (0..).find(|&wave| self.world.places(wave).contains(&place));
            letting.waves[wave.expect("every place is of a wave")].due.insert(place);
        }
        self.arm_date();
        for wave in 0..self.world.waves() {
            self.open_wave(wave);
        }
        self.start_tenants();
    }
}
