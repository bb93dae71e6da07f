//! `guided`: aims at hazards that were nearly met.
//!
//! Feedback as in coverage-guided fuzzing (Zalewski's AFL; for interleavings Wen et al., *Controlled
//! concurrency testing via periodical scheduling*, ICSE 2022, and Wolff et al., *Greybox fuzzing for
//! concurrency testing*, ASPLOS 2024), with a distance as in search-based testing (McMinn 2004). A
//! run shows intervals in which a hazard was one fact away from holding, and events that set this
//! fact at another time. Such a pair is aimed at: the event is moved into the interval, or the
//! interval is stretched until it meets the event, by the delays on the way to either that the two
//! do not share. Runs that came closer than any before, and runs with a new ordered pair of events,
//! are kept and mutated.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::TimerKind;
use crate::plan::{Law, SiteForm};
use crate::search::choices::{Dealer, Dice, Menus};
use crate::search::distance::{Literal, Near};
use crate::search::drive::{Made, Trace};
use crate::search::forced::{Forcing, Owned};
use crate::search::strategy::{Ask, Length, Planner, Strategy};

/// Schedules kept for mutation.
const KEPT: usize = 256;
/// Aims that wait to be tried.
const WAITING: usize = 512;

/// A kind of event.
type Class = (TimerKind, u16);

/// What is aimed at: the hazard's missing fact, what began the interval, what sets the fact.
type Target = (u16, Literal, Class, Class);

/// A schedule that was worth keeping, and the choices that it met.
#[derive(Clone, Debug)]
struct Kept {
    forcing: Forcing,
    choices: Vec<Made>,
}

/// The feedback loop.
#[derive(Clone, Debug)]
pub struct Guided {
    setup: Setup,
    menus: Arc<Menus>,
    seed: u64,
    aims: VecDeque<Forcing>,
    /// How near each target was, in microseconds.
    nearest: BTreeMap<Target, u64>,
    pairs: BTreeSet<(Class, Class)>,
    kept: Vec<Kept>,
}

impl Guided {
    /// Nothing known yet.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>, seed: u64) -> Guided {
        Guided {
            setup: setup.clone(),
            menus: Arc::clone(menus),
            seed,
            aims: VecDeque::new(),
            nearest: BTreeMap::new(),
            pairs: BTreeSet::new(),
            kept: Vec::new(),
        }
    }

    /// Distinct ordered pairs of kinds of events, one right after the other.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    fn keep(&mut self, trace: &Trace) {
        let ranks = trace.ranks.clone();
        let forcing = Forcing { overrides: trace.overrides(), ranks };
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Kept { forcing, choices: trace.choices.clone() });
    }

    /// Takes aim at every pair that came nearer than before.
    fn aim(&mut self, trace: &Trace) -> bool {
        let mut nearer = false;
        for near in &trace.near {
            let class = |event: u32| {
                let timer = trace.events[event as usize].timer;
                (timer.kind, timer.which)
            };
            for &(event, fact, entity, on) in &trace.set {
                if (fact, entity, on) != near.missing {
                    continue;
                }
                let at = trace.events[event as usize].at;
                let gap = near.from.0.saturating_sub(at).max(at.saturating_sub(near.to.0 - 1));
                let target = (near.hazard, near.missing, class(near.from.1), class(event));
                let known = self.nearest.get(&target).copied();
                if known.is_some_and(|known| gap >= known) {
                    continue;
                }
                self.nearest.insert(target, gap);
                nearer = true;
                let shots = self.shots(trace, near, event);
                // Newer aims stand on more: they go first.
                for shot in shots.into_iter().rev() {
                    self.aims.push_front(shot);
                }
            }
        }
        self.aims.truncate(WAITING);
        nearer
    }

    /// Schedules that would let the event happen inside the interval.
    fn shots(&self, trace: &Trace, near: &Near, event: u32) -> Vec<Forcing> {
        let at = trace.events[event as usize].at;
        let (from, to) = (near.from.0, near.to.0);
        let base = Forcing { overrides: trace.overrides(), ranks: BTreeMap::new() };
        let begins = ancestors(trace, near.from.1);
        let mut shots = Vec::new();
        for target in [from + (to - from) / 2, from + 1, to - 1] {
            let mut forcing = base.clone();
            if self.shift(trace, (event, &begins), at, target, &mut forcing) {
                shots.push(forcing);
            }
        }
        let own = ancestors(trace, event);
        if at >= to && !near.open {
            for target in [at + 1, u64::MAX] {
                let mut forcing = base.clone();
                if self.shift(trace, (near.to.1, &own), to, target, &mut forcing) {
                    shots.push(forcing);
                }
            }
        } else if at < from {
            let mut forcing = base.clone();
            if self.shift(trace, (near.from.1, &own), from, at.saturating_sub(1), &mut forcing) {
                shots.push(forcing);
            }
        }
        shots
    }

    /// Moves an event from one instant to another, as far as the delays on the way to it allow that
    /// `fixed` does not hold; false if none of them moves.
    fn shift(
        &self,
        trace: &Trace,
        (event, fixed): (u32, &BTreeSet<u32>),
        from: u64,
        to: u64,
        forcing: &mut Forcing,
    ) -> bool {
        let (mut now, mut event, mut moved) = (from, event, false);
        while now != to && event != 0 {
            let fired = trace.events[event as usize];
            if let Some(made) = fired.made.filter(|_| !fixed.contains(&event)) {
                let made = trace.choices[made as usize];
                if let (Some(law), Some(value)) = (self.law(&made), made.value) {
                    let wanted = value.saturating_add(to.saturating_sub(now));
                    let wanted = wanted.saturating_sub(now.saturating_sub(to));
                    let high = law.support().high.unwrap_or_else(|| law.quantile_upper(1e-9));
                    let new = wanted.clamp(law.low(), high.max(value));
                    forcing.overrides.insert(made.choice, new);
                    moved |= new != value;
                    now = (now + new).saturating_sub(value);
                }
            }
            event = fired.parent;
        }
        moved
    }

    fn law(&self, made: &Made) -> Option<&Law> {
        match self.setup.form(made.choice.site, made.choice.entity) {
            SiteForm::Delay(law) | SiteForm::Connect(law) => Some(law),
            _ => None,
        }
    }

    /// A kept schedule with a few choices made otherwise.
    fn mutant(&self, dice: &mut Dice) -> Option<Forcing> {
        // Later ones came closer.
        let newest = self.kept.len().checked_sub(1)?;
        let back = dice.index(self.kept.len()).min(dice.index(self.kept.len()));
        let Kept { forcing, choices } = &self.kept[newest - back];
        let mut forcing = forcing.clone();
        if choices.is_empty() {
            return Some(forcing);
        }
        loop {
            let made = choices[dice.index(choices.len())];
            let form = self.setup.form(made.choice.site, made.choice.entity);
            let ask = Ask { choice: made.choice, form, nominal: made.nominal, number: 0 };
            let may = self.menus.fault(made.choice.site).is_none_or(|fault| self.menus.may(fault));
            let menu = self.menus.of(&self.setup, &ask);
            if may && !menu.is_empty() {
                if dice.one_in(4) {
                    forcing.overrides.remove(&made.choice);
                } else {
                    forcing.overrides.insert(made.choice, menu[dice.index(menu.len())]);
                }
            }
            if dice.one_in(3) {
                return Some(forcing);
            }
        }
    }
}

/// The events that led to one, itself included.
fn ancestors(trace: &Trace, event: u32) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    let mut event = event;
    while all.insert(event) {
        event = trace.events[event as usize].parent;
    }
    all
}

impl Planner for Guided {
    fn name(&self) -> &'static str {
        "guided"
    }

    fn plan(&mut self, run: u64) -> Option<Box<dyn Strategy + Send>> {
        let mut dice = Dice::new(self.seed, run);
        if let Some(aim) = self.aims.pop_front() {
            return Some(Box::new(Owned(aim)));
        }
        // Half of the runs stay fresh, or nothing new would ever be kept.
        if dice.one_in(2)
            && let Some(forcing) = self.mutant(&mut dice)
        {
            return Some(Box::new(Owned(forcing)));
        }
        let dealer = Dealer::new(&self.menus, dice);
        let (setup, menus) = (self.setup.clone(), Arc::clone(&self.menus));
        Some(Box::new(Fresh { setup, menus, dealer }))
    }

    fn learn(&mut self, trace: &Trace, _: bool) {
        let nearer = self.aim(trace);
        let mut new = false;
        for pair in trace.events.windows(2) {
            let class = |at: usize| (pair[at].timer.kind, pair[at].timer.which);
            new |= self.pairs.insert((class(0), class(1)));
        }
        if nearer || new {
            self.keep(trace);
        }
    }
}

/// A run from nothing.
struct Fresh {
    setup: Setup,
    menus: Arc<Menus>,
    dealer: Dealer,
}

impl Strategy for Fresh {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.dealer.decide(&self.menus, ask)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        self.dealer.length(&self.setup, &self.menus, ask)
    }
}
