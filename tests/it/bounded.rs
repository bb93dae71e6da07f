//! A run that ends soon, whatever the scenario says. The fuzz target is built from this file, too.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use cutover::diagnostics::{Colour, render};
use cutover::kernel::{Schedule, Setup, Sim, Stop};
use cutover::monitor::Watch;
use cutover::plan::Plan;
use cutover::scenario::{Scenario, Shape, load};

/// Enough for every step of a few tenants to fail and be tried again.
const EVENTS: u32 = 5_000;
/// Entities of a population: enough to differ, few enough for thousands of runs.
const TENANTS: u32 = 20;
const MAILBOXES: u64 = 10_000;

/// In an input, what follows this line is the inventory; to TOML it is a comment.
const INVENTORY_FOLLOWS: &str = "\n#inventory\n";
/// The inventory of inputs that have none.
const INVENTORY: &str = "tenant;class;database;status;mailboxes;size GiB\n\
                         Contoso;legacy;DB01;moved;3;1,5\n\
                         Fabrikam;;DB02;;;\n";

/// Loads, compiles and runs a text; true if it was a scenario.
pub(crate) fn answer(text: &str) -> bool {
    let (scenario, inventory) = text.split_once(INVENTORY_FOLLOWS).unwrap_or((text, INVENTORY));
    let read = |path: &Path| match path.extension().is_some_and(|ending| ending == "csv") {
        true => Ok(inventory.as_bytes().to_vec()),
        false if path == Path::new("bounded.toml") => Ok(scenario.as_bytes().to_vec()),
        false => Err(ErrorKind::NotFound.into()),
    };
    match load(Path::new("bounded.toml"), &read) {
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

/// Makes a generated population small; false if a listed one is too large.
fn shrink(scenario: &mut Scenario) -> bool {
    let classes = scenario.classes.iter().filter_map(|class| class.mailboxes.as_ref());
    let each = classes.chain([&scenario.tenants.mailboxes]).map(|dist| match dist.shape {
        Shape::Constant(count) => count.max(1),
        // A drawn number may be as large as any.
        _ => MAILBOXES / 4,
    });
    let most = u32::try_from(MAILBOXES / each.max().unwrap_or(1)).unwrap_or(1).clamp(1, TENANTS);
    if let Some(inventory) = &scenario.inventory {
        let known = inventory.tenants.iter().map(|tenant| tenant.mailboxes.map_or(0, u64::from));
        return scenario.tenants.count <= most && known.sum::<u64>() <= MAILBOXES;
    }
    scenario.tenants.count = scenario.tenants.count.min(most);
    scenario.tenants.migrated = scenario.tenants.migrated.min(scenario.tenants.count);
    true
}

/// Two runs of at most [`EVENTS`] events with a small population.
fn run(mut scenario: Scenario) {
    if !shrink(&mut scenario) {
        return;
    }
    let setup = Setup::new(Arc::new(Plan::compile(&scenario)), 1);
    for schedule in [Schedule::nominal(), Schedule::sampled(0)] {
        let mut sim = Sim::new(&setup, schedule);
        let mut watch = Watch::new(&sim);
        let stop = (0..EVENTS).find_map(|_| sim.step(&mut watch));
        let _ = watch.finish(&sim, stop.unwrap_or(Stop::Events));
    }
}
