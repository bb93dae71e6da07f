//! `guided`: aims at hazards that were nearly met.
//!
//! Feedback as in coverage-guided fuzzing (Zalewski's AFL; for interleavings Wen et al., *Controlled
//! concurrency testing via periodical scheduling*, ICSE 2022, and Wolff et al., *Greybox fuzzing for
//! concurrency testing*, ASPLOS 2024), with a distance as in search-based testing (McMinn 2004): by
//! how much an event missed the interval in which it would have met a hazard (see `aim`). Runs that
//! came closer than any before, and runs with a new ordered pair of events, are kept and mutated.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::TimerKind;
use crate::search::aim::{Aim, First, gap};
use crate::search::choices::{Dealer, Dice, Menus};
use crate::search::distance::Literal;
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
                let gap = gap(trace, near, event);
                let target = (near.hazard, near.missing, class(near.from.1), class(event));
                let known = self.nearest.get(&target).copied();
                if known.is_some_and(|known| gap >= known) {
                    continue;
                }
                self.nearest.insert(target, gap);
                nearer = true;
                let aim = Aim { setup: &self.setup, first: First::Nearest };
                let shots = aim.shots(trace, near, event);
                // Newer aims stand on more: they go first.
                for shot in shots.into_iter().rev() {
                    self.aims.push_front(shot);
                }
            }
        }
        self.aims.truncate(WAITING);
        nearer
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

    fn left_out(&self) -> &[bool] {
        self.dealer.left_out()
    }
}
