//! Nothing is shown that the sampled clock does not show, too.

use crate::kernel::Tie;
use crate::model::Choice;
use crate::monitor::Window;
use crate::search::drive::Found;
use crate::search::forced::Forcing;
use crate::search::scope::Scope;
use crate::simulate::{OverrideName, name_choice, name_order, replay};

/// An exposure that a strict replay of the whole rollout has shown twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// The window.
    pub window: Window,
    /// What is forced over the nominal run, by name.
    pub overrides: Vec<OverrideName>,
    /// Events of the run.
    pub events: u64,
    /// Hash over all of them.
    pub digest: u64,
}

/// Replays a schedule of a scope on the whole rollout, strictly and twice; `None`: it leads nowhere
/// there, or not twice to the same.
#[must_use]
pub fn confirm(scope: &Scope, forcing: &Forcing, found: &Found) -> Option<Confirmed> {
    let overrides = named(scope, forcing);
    let once = replay(&scope.whole, None, &overrides, None).ok()?;
    let twice = replay(&scope.whole, None, &overrides, None).ok()?;
    if once.outcome.digest != twice.outcome.digest || !once.unused.is_empty() {
        return None;
    }
    let entity = scope.entity(found.entity);
    let mine = |window: &&Window| {
        window.cause.hazard == found.hazard && window.user == found.user && window.entity == entity
    };
    let windows = once.outcome.windows.iter().filter(mine);
    let window = windows.min_by_key(|window| window.from.0.abs_diff(found.from))?.clone();
    let (events, digest) = (once.outcome.events, once.outcome.digest);
    Some(Confirmed { window, overrides, events, digest })
}

/// What a schedule forces, by the names of the whole rollout.
fn named(scope: &Scope, forcing: &Forcing) -> Vec<OverrideName> {
    let whole = &scope.whole;
    let values = forcing.overrides.iter().filter_map(|(choice, &value)| {
        let choice = Choice { entity: scope.entity(choice.entity), ..*choice };
        name_choice(whole, choice, value)
    });
    let ranks = forcing.ranks.iter().map(|(tie, rank)| {
        let entity = scope.entity(tie.entity);
        OverrideName {
            entity: whole.world().name(whole.plan(), entity),
            site: name_order(whole.plan(), &Tie { entity, ..*tie }),
            occurrence: tie.occurrence,
            value: rank.to_string(),
        }
    });
    values.chain(ranks).collect()
}
