//! Margins: how far one assumption can be moved until somebody is exposed.
//!
//! In: a plan that is proved, or exposed, under its assumptions. Out: for each end of each duration,
//! delay and lease, "proved up to A, exposed from B". Next: `check`, `report`.
//!
//! All other assumptions stay as they are. Moving an end out only adds behaviours, so there is one
//! value up to which nothing new is possible: one-sided parameters have a single critical value
//! (methods 1.5; reachability of parametric timed automata is undecidable in general). It is sought on
//! whole microseconds, and exact where B = A + 1 µs; B always has a schedule that the kernel has
//! replayed with that very bound. A constant is first widened to an interval out of which every
//! occurrence has a value of its own. If somebody is exposed without any fault already, ends are moved
//! in instead, until nobody is: margins are then negative.
//!
//! A goal has margins in the same way: what is exposed above is then whoever misses it.
//!
//! *Nothing new* means: no fault set that has none of the known ones in it. With no faults allowed that
//! is "nobody is exposed"; with K of them "no fewer faults are enough".

mod bounds;
mod cure;
mod probe;
mod region;

mod seek;

pub use bounds::{Bound, End, What};
pub use cure::{Cure, Cures, Over, cures};
pub use probe::Shown;
pub use region::{Corner, Region, region};

use bounds::Move;
use probe::{Ground, Prober, Seen, Sets};
use seek::{Turn, assumed, harm, seek, value};

use crate::kernel::Setup;
use crate::plan::{Gap, Law, Plan};
use crate::units::Span;
use crate::verify::explore::{GoOn, Progress};
use crate::verify::prove::Question;

/// What margins are taken of.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// A rollout of any number of tenants, populated for a seed.
    Any(&'a Plan, u64),
    /// A rollout of exactly these tenants.
    Exact(&'a Setup),
}

/// How the plan stands before anything is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing but the fault sets that are known.
    Safe,
    /// Somebody is exposed without any fault.
    Exposed,
    /// Neither is known: nothing can be said about margins.
    Unknown,
}

/// Up to where nothing new is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// However far the end is moved.
    Any,
    /// So far, in microseconds, and nothing is known to be longer.
    UpTo(u64),
    /// At no value of it: it alone does not make the plan safe.
    Nowhere,
    /// The budget ended first; so far at least, if at all.
    AtLeast(Option<u64>),
}

/// The margin of one end.
#[derive(Clone, Debug)]
pub struct Margin {
    /// By index in [`Margins::bounds`].
    pub bound: usize,
    /// Which end of it.
    pub end: End,
    /// Up to where nothing new is possible.
    pub proved: Proved,
    /// The first value, in microseconds, at which somebody is exposed, with its schedule.
    pub exposed: Option<(u64, Box<Shown>)>,
}

/// All margins.
#[derive(Clone, Debug)]
pub struct Margins {
    /// The goal that they are about, by index in the plan: "exposed" then means that somebody misses it.
    /// `None`: the hazards.
    pub goal: Option<u16>,
    /// With so many faults allowed, beside those that cost nothing.
    pub faults: usize,
    /// For any number of tenants: as long as nobody waits longer for pools; `None`: however long.
    pub wait: Option<Span>,
    /// How the plan stands.
    pub base: Base,
    /// Why one tenant cannot stand for all; while there is a reason, there are no margins.
    pub gaps: Vec<Gap>,
    /// What is assumed.
    pub bounds: Vec<Bound>,
    /// Both ends of each bound, in their order, the upper end first; empty if the base is unknown.
    pub margins: Vec<Margin>,
    /// Schedules that should replay and do not: bugs of ours.
    pub bugs: Vec<Shown>,
    /// States kept and transitions computed over all explorations.
    pub progress: Progress,
}

/// The margin of every end, with at most so many faults that cost: until somebody is exposed. `go_on` is
/// asked now and then.
#[must_use]
pub fn margins(of: Of<'_>, faults: usize, go_on: GoOn<'_>) -> Margins {
    taken(of, Question::Hazards, faults, go_on)
}

/// The same about one goal, by index in the plan: until somebody misses it.
#[must_use]
pub fn margins_goal(of: Of<'_>, goal: u16, faults: usize, go_on: GoOn<'_>) -> Margins {
    Margins { goal: Some(goal), ..taken(of, Question::Goal(goal), faults, go_on) }
}

fn taken(of: Of<'_>, question: Question, faults: usize, go_on: GoOn<'_>) -> Margins {
    let mut asked = Asked::new(of, question, faults, go_on);
    let ends: Vec<(usize, End)> = (0..asked.bounds.len())
        .flat_map(|bound| [(bound, End::Upper), (bound, End::Lower)])
        .collect();
    let margins = match asked.base {
        Base::Safe => asked.outwards(&ends),
        Base::Exposed => ends.iter().map(|&(bound, end)| asked.inwards(bound, end)).collect(),
        Base::Unknown => Vec::new(),
    };
    asked.wait_for_ever(&margins);
    let Asked { prober, bounds, wait, base, gaps } = asked;
    let Prober { faults, bugs, progress, .. } = prober;
    Margins { goal: None, faults, wait, base, gaps, bounds, margins, bugs, progress }
}

/// What has been asked, and where it stands.
struct Asked<'a> {
    prober: Prober<'a>,
    bounds: Vec<Bound>,
    wait: Option<Span>,
    base: Base,
    gaps: Vec<Gap>,
}

impl<'a> Asked<'a> {
    fn new(of: Of<'_>, question: Question, faults: usize, go_on: GoOn<'a>) -> Asked<'a> {
        let ground = match of {
            Of::Any(plan, seed) => Ground::Any { plan: Box::new(plan.clone()), seed, wait: None },
            Of::Exact(setup) => Ground::Exact(setup.clone()),
        };
        let prober = Prober::new(ground, question, faults, go_on);
        let (gaps, classes) = (prober.gaps(), prober.classes());
        let mut asked = Asked { prober, bounds: Vec::new(), wait: None, base: Base::Unknown, gaps };
        if asked.gaps.is_empty() {
            asked.settle();
        }
        // Faults have a say only if they are allowed.
        let faults = asked.prober.faults > 0;
        let plans = asked.prober.plans();
        let plan = match of {
            Of::Any(plan, _) => plan,
            Of::Exact(setup) => setup.plan(),
        };
        asked.bounds = bounds::bounds(plan, &classes, &plans, faults);
        asked
    }

    /// How the plan stands, and with which waits. If waiting makes a difference, nobody waits: the slack
    /// is then for durations to take, and a wait costs its own length of it.
    fn settle(&mut self) {
        let Some((mut replayed, mut possible)) = self.prober.sets() else { return };
        if self.prober.waits() && !(replayed.is_empty() && possible.is_empty()) {
            self.prober.wait_at_most(Some(Span(0)));
            let Some((without, open)) = self.prober.sets() else { return };
            let same = without == replayed && open == possible && !takes_none(&replayed);
            match same {
                true => self.prober.wait_at_most(None),
                false => self.wait = Some(Span(0)),
            }
            (replayed, possible) = (without, open);
        }
        if takes_none(&replayed) {
            (self.base, self.prober.faults) = (Base::Exposed, 0);
        } else if possible.is_empty() {
            (self.base, self.prober.base) = (Base::Safe, replayed);
        }
    }

    fn probe(&mut self, (bound, end): (usize, End), at: i64) -> Seen {
        let to = value(end, at);
        self.prober.probe(&[Move { bound: &self.bounds[bound], end, to }])
    }

    /// Ends of a safe plan, moved out.
    fn outwards(&mut self, ends: &[(usize, End)]) -> Vec<Margin> {
        let (likely, other): (Vec<_>, Vec<_>) =
            ends.iter().partition(|(bound, end)| self.bounds[*bound].critical() == *end);
        let mut margins: Vec<Margin> =
            likely.into_iter().map(|(bound, end)| self.outward(bound, end)).collect();
        margins.extend(self.together(&other));
        margins.sort_by_key(|margin| (margin.bound, margin.end == End::Lower));
        margins
    }

    /// Many ends that are expected not to matter: if nothing is possible with all of them moved as far
    /// as there is, nothing is with one of them.
    fn together(&mut self, ends: &[(usize, End)]) -> Vec<Margin> {
        if let &[(bound, end)] = ends {
            return vec![self.outward(bound, end)];
        }
        let moves: Vec<Move<'_>> = ends
            .iter()
            .map(|&(bound, end)| Move { bound: &self.bounds[bound], end, to: furthest(end) })
            .collect();
        match self.prober.probe(&moves) {
            Seen::Clean => {
                let any = |&(bound, end): &(usize, End)| Margin::of(bound, end, Proved::Any);
                ends.iter().map(any).collect()
            }
            _ => {
                let (one, other) = ends.split_at(ends.len() / 2);
                [self.together(one), self.together(other)].concat()
            }
        }
    }

    fn outward(&mut self, bound: usize, end: End) -> Margin {
        let (from, furthest) = (assumed(&self.bounds[bound], end), harm(end, furthest(end)));
        if from == furthest {
            return Margin::of(bound, end, Proved::Any);
        }
        let path = match self.probe((bound, end), furthest) {
            Seen::Clean => return Margin::of(bound, end, Proved::Any),
            Seen::Stopped => return Margin::of(bound, end, Proved::AtLeast(value(end, from))),
            Seen::Exposed(shown) => shown.found.witness.stretch,
            Seen::Possible(needs) => needs,
        };
        let path = path.map(|to| harm(end, Some(to)));
        let turn = seek(end, (from, furthest), path, &mut |at| self.probe((bound, end), at));
        Margin::turned(bound, end, turn)
    }

    /// An end of an exposed plan, moved in: up to the other end, and then with it.
    fn inwards(&mut self, bound: usize, end: End) -> Margin {
        let of = &self.bounds[bound];
        let other = match end {
            End::Upper => Some(of.low),
            End::Lower => of.high,
        };
        let nearest = if end == End::Upper { 0 } else { Law::CAP };
        let mut bad = assumed(of, end);
        for to in [other, Some(nearest)].into_iter().flatten() {
            let least = harm(end, Some(to));
            if least >= bad {
                continue;
            }
            match self.probe((bound, end), least) {
                Seen::Clean => {
                    let mut probe = |at| self.probe((bound, end), at);
                    let turn = seek(end, (least, bad), Some(bad), &mut probe);
                    return Margin::turned(bound, end, turn);
                }
                Seen::Stopped => return Margin::of(bound, end, Proved::AtLeast(None)),
                Seen::Exposed(_) | Seen::Possible(_) => bad = least,
            }
        }
        Margin::of(bound, end, Proved::Nowhere)
    }

    /// Margins of an exposed plan that were taken without waits hold with any, if all of them do.
    fn wait_for_ever(&mut self, margins: &[Margin]) {
        if self.base != Base::Exposed || self.wait.is_none() {
            return;
        }
        self.prober.wait_at_most(None);
        let holds = margins.iter().all(|margin| match margin.proved {
            Proved::UpTo(to) => {
                let at = harm(margin.end, Some(to));
                matches!(self.probe((margin.bound, margin.end), at), Seen::Clean)
            }
            Proved::Nowhere => true,
            Proved::Any | Proved::AtLeast(_) => false,
        });
        if holds {
            self.wait = None;
        }
    }
}

/// Somebody is exposed without a fault.
fn takes_none(sets: &Sets) -> bool {
    sets.iter().any(|(_, faults)| faults.is_empty())
}

/// As far out as an end can be.
fn furthest(end: End) -> Option<u64> {
    (end == End::Lower).then_some(0)
}

impl Margin {
    fn of(bound: usize, end: End, proved: Proved) -> Margin {
        Margin { bound, end, proved, exposed: None }
    }

    fn turned(bound: usize, end: End, turn: Turn) -> Margin {
        let proved = match (turn.complete, value(end, turn.clean)) {
            (true, Some(to)) => Proved::UpTo(to),
            (true, None) => Proved::Any,
            (false, at) => Proved::AtLeast(at),
        };
        let shown = turn.shown.and_then(|(at, shown)| Some((value(end, at)?, shown)));
        Margin { bound, end, proved, exposed: shown }
    }

    /// The first value at which somebody is exposed is the next one.
    #[must_use]
    pub fn exact(&self) -> bool {
        match (self.proved, &self.exposed) {
            (Proved::UpTo(to), Some((at, _))) => to.abs_diff(*at) == 1,
            (proved, _) => matches!(proved, Proved::Any),
        }
    }
}

impl Margins {
    /// The bound that a name means.
    #[must_use]
    pub fn called(&self, name: &str) -> Option<usize> {
        self.bounds.iter().position(|bound| bound.is_called(name))
    }
}
