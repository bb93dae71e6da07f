//! Focal runs: one tenant, everybody else as choices.

/// Waits, writes, joins and starts with answers worked out by hand.
mod by_hand;

/// A full run, looked at from one tenant, is a focal run.
mod projection;

/// What there is to compare.
mod stories;

use cutover::kernel::Setup;
use cutover::plan::{Plan, Scope};

use crate::lab::load;

/// The focal run of a scenario's first scope, in which waits have no bound.
fn focal(text: &str) -> Setup {
    let plan = Plan::compile(&load(text).scenario);
    let scope = plan.scopes(None)[0];
    Setup::focal(&plan, scope, 1)
}

/// The scopes of a scenario.
fn scopes(text: &str) -> Vec<Scope> {
    Plan::compile(&load(text).scenario).scopes(None)
}
