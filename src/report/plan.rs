//! The report of `cutover plan` for programs.

use serde::Serialize;

use crate::plan::{Plan, SiteForm};
use crate::report::FORMAT;
use crate::scenario::Windows;

/// What `cutover plan --format json` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "plan".
    pub command: &'static str,
    /// The version that compiled it.
    pub version: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of the plan, hexadecimal.
    pub fingerprint: String,
    /// Tenants.
    pub tenants: u32,
    /// Tenants that have moved already.
    pub migrated: u32,
    /// Steps in plan order.
    pub steps: Vec<StepData>,
    /// Pools.
    pub pools: Vec<String>,
    /// Faults.
    pub faults: Vec<String>,
    /// Hazards, derived ones first.
    pub hazards: Vec<String>,
    /// Goals.
    pub goals: Vec<String>,
    /// Draw sites, by which findings address choices.
    pub sites: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepData {
    /// Its name.
    pub name: String,
    /// Kind of its entities.
    pub each: String,
    /// Steps it waits for.
    pub after: Vec<String>,
    /// Pools it takes slots of.
    pub uses: Vec<String>,
    /// Windows inside which its attempts start; none: at any time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
}

/// The report of a plan.
#[must_use]
pub fn plan_report(plan: &Plan) -> PlanReport {
    let scenario = &plan.scenario;
    let steps = plan.steps.iter().zip(&scenario.steps).map(|(step, written)| StepData {
        name: written.name.clone(),
        each: plan.kinds[step.kind.index()].name.clone(),
        after: step.after.iter().map(|&id| scenario.steps[usize::from(id)].name.clone()).collect(),
        uses: written
            .uses
            .iter()
            .map(|used| scenario.pools[usize::from(used.pool.0)].name.clone())
            .collect(),
        windows: written.windows.iter().flat_map(|windows| listed(plan, windows)).collect(),
    });
    let live = plan.sites.iter().filter(|site| !matches!(site.form, SiteForm::Unused));
    PlanReport {
        format: FORMAT,
        command: "plan",
        version: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name.clone(),
        fingerprint: format!("{:016x}", plan.fingerprint),
        tenants: scenario.tenants.count,
        migrated: scenario.tenants.migrated,
        steps: steps.collect(),
        pools: scenario.pools.iter().map(|pool| pool.name.clone()).collect(),
        faults: scenario.faults.iter().map(|fault| fault.name.clone()).collect(),
        hazards: scenario.hazards.iter().map(|hazard| hazard.name.clone()).collect(),
        goals: scenario.goals.iter().map(|goal| goal.name.clone()).collect(),
        sites: live.map(|site| site.name.clone()).collect(),
    }
}

fn listed(plan: &Plan, windows: &Windows) -> Vec<String> {
    plan.scenario.calendar(windows).windows.iter().map(ToString::to_string).collect()
}
