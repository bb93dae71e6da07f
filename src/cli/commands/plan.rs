//! `cutover plan`.

use crate::cli::args::{Global, PlanArgs};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::plan::Plan;
use crate::report::{json, plan_report};

/// The compiled plan as text, graph or JSON.
pub(in crate::cli) fn run(
    args: &PlanArgs,
    global: &Global,
    console: &Console,
) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    let plan = Plan::compile(&loaded.scenario);
    let text = match (args.dot, console.json()) {
        (true, _) => plan.dot(),
        (false, true) => json(&plan_report(&plan)),
        (false, false) => plan.text(),
    };
    super::keep(global, "plan.json", &json(&plan_report(&plan)))?;
    super::keep(global, "plan.dot", &plan.dot())?;
    console.result(&text)?;
    Ok(Exit::Answered)
}
