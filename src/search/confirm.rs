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

/// Why a schedule that exposed somebody in a run of the search is no finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unconfirmed {
    /// Run as it stands, over the nominal run, it does not lead there.
    Vanished,
    /// The whole rollout has no such choice, or no such value of it.
    Refused,
    /// The whole rollout never asks for one of its choices.
    Unmet,
    /// Two replays differ.
    Unsteady,
    /// It exposes somebody among the tenants of the scope alone.
    Elsewhere,
}

impl Unconfirmed {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Unconfirmed::Vanished => "did not expose anybody when run as written",
            Unconfirmed::Refused => "have choices or values that the whole rollout refuses",
            Unconfirmed::Unmet => "have choices that the whole rollout never makes",
            Unconfirmed::Unsteady => "differ when they are replayed twice",
            Unconfirmed::Elsewhere => {
                "exposed somebody among these tenants alone and not in the whole rollout"
            }
        }
    }
}

/// Replays a schedule of a scope on the whole rollout, strictly and twice.
///
/// # Errors
/// Why it is no finding.
pub fn confirm(scope: &Scope, forcing: &Forcing, found: &Found) -> Result<Confirmed, Unconfirmed> {
    let overrides = named(scope, forcing);
    let run = || replay(&scope.whole, None, &overrides, None).map_err(|_| Unconfirmed::Refused);
    let (once, twice) = (run()?, run()?);
    if once.outcome.digest != twice.outcome.digest {
        return Err(Unconfirmed::Unsteady);
    }
    if !once.unused.is_empty() {
        return Err(Unconfirmed::Unmet);
    }
    let entity = scope.entity(found.entity);
    let mine = |window: &&Window| {
        window.cause.hazard == found.hazard && window.user == found.user && window.entity == entity
    };
    let windows = once.outcome.windows.iter().filter(mine);
    let window = windows.min_by_key(|window| window.from.0.abs_diff(found.from));
    let window = window.ok_or(Unconfirmed::Elsewhere)?.clone();
    let (events, digest) = (once.outcome.events, once.outcome.digest);
    Ok(Confirmed { window, overrides, events, digest })
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
