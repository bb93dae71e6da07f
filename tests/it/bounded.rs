//! A run that ends soon, whatever the scenario says. The fuzz target is built from this file, too.

use std::sync::Arc;

use cutover::diagnostics::{Colour, render};
use cutover::kernel::{Schedule, Setup, Sim, Stop};
use cutover::monitor::Watch;
use cutover::plan::Plan;
use cutover::scenario::{Scenario, Shape, load_str};

/// Enough for every step of a few tenants to fail and be tried again.
const EVENTS: u32 = 5_000;
/// Entities of a population: enough to differ, few enough for thousands of runs.
const TENANTS: u32 = 20;
const MAILBOXES: u64 = 10_000;

/// Loads, compiles and runs a text; true if it was a scenario.
pub(crate) fn answer(text: &str) -> bool {
    match load_str("bounded.toml", text) {
        Ok(loaded) => {
            run(loaded.scenario);
            true
        }
        Err(failure) => {
            assert!(!render(&failure.diagnostics, &failure.sources, Colour::Never).is_empty());
            false
        }
    }
}

/// Two runs of at most [`EVENTS`] events with a small population.
fn run(mut scenario: Scenario) {
    let each = match scenario.tenants.mailboxes.shape {
        Shape::Constant(count) => count.max(1),
        // A drawn number may be as large as any.
        _ => MAILBOXES / 4,
    };
    let most = u32::try_from(MAILBOXES / each).unwrap_or(1).clamp(1, TENANTS);
    scenario.tenants.count = scenario.tenants.count.min(most);
    scenario.tenants.migrated = scenario.tenants.migrated.min(scenario.tenants.count);
    let setup = Setup::new(Arc::new(Plan::compile(&scenario)), 1);
    for schedule in [Schedule::nominal(), Schedule::sampled(0)] {
        let mut sim = Sim::new(&setup, schedule);
        let mut watch = Watch::new(&sim);
        let stop = (0..EVENTS).find_map(|_| sim.step(&mut watch));
        let _ = watch.finish(&sim, stop.unwrap_or(Stop::Events));
    }
}
