//! Single changes of the plan that make it safe, each proved.
//!
//! The list is that of [`crate::plan::knobs`], which `search` replays findings under. A change counts
//! if nothing is possible with it any more, with so many faults, and its nominal run comes to its end: a
//! plan that locks everybody out is not a fix.

use std::sync::Arc;

use crate::kernel::{Schedule, Setup, Sim, Stop};
use crate::plan::Plan;
use crate::plan::knobs::{Change, Family, knobs};
use crate::scenario::Scenario;
use crate::units::Span;
use crate::verify::explore::{GoOn, Progress};
use crate::verify::margins::probe::{Ground, Prober};
use crate::verify::prove::{Question, exact};

/// What changes are tried on.
#[derive(Clone, Copy, Debug)]
pub enum Over {
    /// A rollout of any number of tenants, populated for a seed.
    Any(u64),
    /// One of exactly so many tenants, and the seed.
    Exact(u32, u64),
}

/// A change that makes a plan safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    /// Which kind of knob.
    pub family: Family,
    /// What is changed, for people.
    pub words: String,
    /// The same for a file that extends the scenario.
    pub toml: String,
    /// For any number of tenants: as long as nobody waits longer for pools; `None`: however long.
    pub wait: Option<Span>,
}

/// What was tried, and what helps.
#[derive(Clone, Debug, Default)]
pub struct Cures {
    /// In the order of the list; of a ladder of changes the mildest that helps. Those that hold
    /// however long anybody waits come first.
    pub by: Vec<Cure>,
    /// Changes that were tried.
    pub tried: u32,
    /// Changes for which there was no time.
    pub untried: u32,
    /// States kept and transitions computed over all explorations.
    pub progress: Progress,
}

/// Every single change of the plan's own knobs that makes it safe with at most so many faults.
#[must_use]
pub fn cures(scenario: &Scenario, over: Over, faults: usize, go_on: GoOn<'_>) -> Cures {
    let mut cures = Cures::default();
    let mut over_budget = false;
    for knob in knobs(scenario) {
        for Change { words, toml, scenario } in knob.ladder {
            if over_budget {
                cures.untried += 1;
                continue;
            }
            cures.tried += 1;
            match proved(&scenario, over, faults, &mut cures.progress, go_on) {
                Tried::Safe(wait) => {
                    cures.by.push(Cure { family: knob.family, words, toml, wait });
                    break;
                }
                Tried::Not => {}
                Tried::Stopped => over_budget = true,
            }
        }
    }
    cures.by.sort_by_key(|cure| cure.wait.is_some());
    cures
}

enum Tried {
    Safe(Option<Span>),
    Not,
    Stopped,
}

/// Whether a changed scenario is safe: with any waits, or else with none.
fn proved(
    scenario: &Scenario,
    over: Over,
    faults: usize,
    progress: &mut Progress,
    go_on: GoOn<'_>,
) -> Tried {
    let (ground, seed) = match over {
        Over::Any(seed) => {
            (Ground::Any { plan: Box::new(Plan::compile(scenario)), seed, wait: None }, seed)
        }
        Over::Exact(tenants, seed) => match exact(scenario, tenants, seed) {
            Ok(setup) => (Ground::Exact(setup), seed),
            Err(_) => return Tried::Not,
        },
    };
    let mut prober = Prober::new(ground, Question::Hazards, faults, go_on);
    if !prober.gaps().is_empty() {
        return Tried::Not;
    }
    let mut tried = Tried::Not;
    for wait in [None, Some(Span(0))] {
        if wait.is_some() {
            if !prober.waits() {
                break;
            }
            prober.wait_at_most(wait);
        }
        match prober.sets() {
            None => tried = Tried::Stopped,
            Some((replayed, possible)) if replayed.is_empty() && possible.is_empty() => {
                tried = Tried::Safe(wait);
            }
            Some(_) => continue,
        }
        break;
    }
    progress.states += prober.progress.states;
    progress.transitions += prober.progress.transitions;
    match tried {
        Tried::Safe(_) if !ends(scenario, seed) => Tried::Not,
        tried => tried,
    }
}

/// The nominal run of the whole rollout comes to its end.
fn ends(scenario: &Scenario, seed: u64) -> bool {
    let setup = Setup::new(Arc::new(Plan::compile(scenario)), seed);
    Sim::new(&setup, Schedule::nominal()).run(&mut ()) == Stop::Finished
}
