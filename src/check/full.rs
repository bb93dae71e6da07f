//! A verdict about focal runs, held against the full rollout.

use crate::kernel::{Schedule, Setup};
use crate::monitor::{Miss, Missed};
use crate::simulate::{Beyond, Shown, Trial, try_in_full, waits_beyond};
use crate::verify::{Overall, Waits};

/// What full rollouts say about a verdict for any number of tenants.
#[derive(Clone, Debug, PartialEq)]
pub struct InFull {
    /// For each of [`Overall::found`], its witness tried; `None`: there was no time.
    pub trials: Vec<Option<Trial>>,
    /// How often somebody waits longer than the verdict allows, if it says how long.
    pub beyond: Option<Beyond>,
}

/// Tries every witness in the full rollout, and runs that `replications` times to see how long people
/// wait. `go_on` is asked before each run of a witness.
#[must_use]
pub fn in_full(
    full: &Setup,
    overall: &Overall,
    replications: u32,
    go_on: &mut dyn FnMut() -> bool,
) -> InFull {
    let mut trials = Vec::new();
    for set in &overall.found {
        let witness = &set.found.witness;
        let (overrides, ranks) = (witness.overrides.clone(), witness.ranks.clone());
        let schedule = Schedule { overrides, ranks, ..Schedule::nominal() };
        let window = witness.window.clone().map(Shown::Window);
        let missed = witness.missed.as_ref().map(|missed| {
            let Miss { goal, entity, at, .. } = *missed;
            Shown::Missed(Missed { goal, entity, at })
        });
        let shown = window.or(missed).expect("what was found is confirmed");
        let focal = &overall.parts[set.part].setup;
        let trial = go_on().then(|| try_in_full(full, focal, &schedule, &shown, go_on));
        trials.push(trial);
    }
    let beyond = match overall.waits {
        Waits::AtMost(wait) | Waits::AtLeast(wait) => {
            Some(waits_beyond(full, &overall.waiting, wait, replications))
        }
        Waits::Any => None,
    };
    InFull { trials, beyond }
}
