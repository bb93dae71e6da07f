//! What would have prevented a finding: the scenario's own knobs, each turned by itself and the schedule
//! replayed.
//!
//! The list is that of [`crate::plan::knobs`]. A change counts if the schedule is harmless under it,
//! and the nominal run stays so and comes to its end. It may be that with the change the plan does not
//! get to its end under the schedule: somebody waits for good, behind a closed gate. That is told,
//! because a plan that locks everybody out is not a fix, and stands behind the changes of which that is
//! not so. Values of the schedule that a changed distribution cannot have are moved to its nearest end.

use crate::kernel::Setup;
use crate::plan::SiteForm;
use crate::plan::knobs::{Change, Family, knobs};
use crate::search::drive::{Limits, Look, Trace, drive};
use crate::search::forced::{Forced, Forcing};
use crate::search::scope::Scope;

/// Events of all replays of one finding at most.
const EVENTS_MAX: u64 = 3_000_000;

/// A change that makes a schedule harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prevention {
    /// Which kind of knob.
    pub family: Family,
    /// What is changed, for people.
    pub words: String,
    /// The same for a file that extends the scenario.
    pub toml: String,
    /// Under the schedule the plan still comes to its end, if it did before.
    pub ends: bool,
}

/// What was tried against a finding, and what helps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prevented {
    /// Those after which the plan ends first; else in the order of the list. Of a ladder of changes
    /// the first that helps.
    pub by: Vec<Prevention>,
    /// Changes tried, by family, in order.
    pub tried: Vec<(Family, u32)>,
    /// Changes for which there was no time.
    pub untried: u32,
}

/// Replays a schedule under every single change.
#[must_use]
pub fn prevented(scope: &Scope, forcing: &Forcing, limits: Limits) -> Prevented {
    let scenario = &scope.setup.plan().scenario;
    let before = drive(&scope.setup, &mut Forced(forcing), limits, Look::NOTHING);
    let mut trial = Trial { scope, forcing, limits, finishes: before.finished, events: 0 };
    let mut prevented = Prevented::default();
    for knob in knobs(scenario) {
        for change in knob.ladder {
            if trial.events > EVENTS_MAX {
                prevented.untried += 1;
                continue;
            }
            match prevented.tried.last_mut() {
                Some((family, tried)) if *family == knob.family => *tried += 1,
                _ => prevented.tried.push((knob.family, 1)),
            }
            let Some(ends) = trial.harmless(&change) else { continue };
            let Change { words, toml, .. } = change;
            prevented.by.push(Prevention { family: knob.family, words, toml, ends });
            break;
        }
    }
    prevented.by.sort_by_key(|by| !by.ends);
    prevented
}

/// Trials under way.
struct Trial<'a> {
    scope: &'a Scope,
    forcing: &'a Forcing,
    limits: Limits,
    finishes: bool,
    events: u64,
}

impl Trial<'_> {
    /// Whether a change makes the schedule harmless and, if so, whether the plan ends under it.
    fn harmless(&mut self, change: &Change) -> Option<bool> {
        let setup = self.scope.again(change.scenario.clone());
        let there = self.run(&setup, &fitted(&setup, self.forcing));
        if !there.found.is_empty() {
            return None;
        }
        let nominal = self.run(&setup, &Forcing::default());
        let good = nominal.found.is_empty() && nominal.finished;
        good.then_some(there.finished || !self.finishes)
    }

    fn run(&mut self, setup: &Setup, forcing: &Forcing) -> Trace {
        let trace = drive(setup, &mut Forced(forcing), self.limits, Look::NOTHING);
        self.events += trace.events.len() as u64;
        trace
    }
}

/// The schedule with values that the changed distributions can have.
fn fitted(setup: &Setup, forcing: &Forcing) -> Forcing {
    let mut fitted = forcing.clone();
    for (choice, value) in &mut fitted.overrides {
        let form = setup.form(choice.site, choice.entity);
        if let SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law) = form {
            let high = law.support().high.unwrap_or(u64::MAX);
            *value = (*value).clamp(law.low(), high);
        }
    }
    fitted
}
