//! Rules about what happens again and again.

use std::ops::Range;

use super::population::mean;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::types::{Dist, FaultForm, Scenario, Trigger};
use crate::units::Span;

/// Firings of one entity's timer until the horizon, from which on it is a slip of the unit: a run
/// breaks off at some hundred million events, and takes minutes until then.
const FIRINGS_MAX: f64 = 1e8;

/// A warning: what one entity repeats so often that the run may never reach its horizon. `places`:
/// where reactions, faults and users say how often.
pub(in crate::scenario) fn repetitions_end(
    scenario: &Scenario,
    places: &[Vec<Range<usize>>; 3],
    bag: &mut Diagnostics,
) {
    let Scenario { reactions, faults, users, .. } = scenario;
    let horizon = scenario.rollout.horizon;
    let reactions = reactions.iter().map(|it| (it.name.as_str(), every(&it.act.trigger)));
    let faults = faults.iter().map(|it| match &it.form {
        FaultForm::Free { act, .. } => (it.name.as_str(), every(&act.trigger)),
        _ => (it.name.as_str(), None),
    });
    let users = users.iter().map(|it| {
        let session = it.session.as_ref();
        (it.name.as_str(), session.map(|session| &session.connects_every))
    });
    for (entry, place) in reactions.zip(&places[0]).chain(faults.zip(&places[1])) {
        may_end(horizon, entry, place, "fires", bag);
    }
    for (entry, place) in users.zip(&places[2]) {
        may_end(horizon, entry, place, "connects", bag);
    }
}

fn every(trigger: &Trigger) -> Option<&Dist> {
    match trigger {
        Trigger::Every(every) => Some(every),
        Trigger::After(_) => None,
    }
}

fn may_end(
    horizon: Span,
    (name, every): (&str, Option<&Dist>),
    place: &Range<usize>,
    does: &str,
    bag: &mut Diagnostics,
) {
    let Some(every) = every else { return };
    let gap = mean(every, u64::MAX).max(1.0);
    let firings = horizon.0 as f64 / gap;
    if firings < FIRINGS_MAX {
        return;
    }
    let message = format!(
        "`{name}` {does} about every {}, {firings:.0e} times until the horizon of {}",
        Span(gap as u64).brief(),
        horizon.brief(),
    );
    bag.push(
        Diagnostic::new(Code::TooOften, place.clone(), message)
            .hint("a run breaks off at 2^29 events; is the unit right?"),
    );
}
