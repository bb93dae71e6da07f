//! How much of the exposure a set of faults accounts for, predicted by simulation.
//!
//! The rollout is run with these faults alone; ordinary misbehaviour (`cost = 0`) stays. A fault with a
//! small chance strikes so seldom that few runs would show it, so its chance is raised to [`OFTEN`] and
//! what comes of it weighted by the ratio of the chances. That is exact to the first order of the
//! chances: a second strike within one tenant is weighted as the first, and whom the raised chance
//! slows is slowed more often than in the rollout itself. Free-standing faults strike at their own
//! rates.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::kernel::{Schedule, Setup, Sim};
use crate::monitor::{Watch, Window, exposure_time};
use crate::plan::{Cond, Plan, SiteForm};
use crate::statistics::{Interval, Moments, mean_t};
use crate::units::Ratio;

/// A fault's chance at an attempt is raised to this, if it is smaller.
const OFTEN: f64 = 0.05;
/// About so many events are simulated for each set.
const EVENTS: u64 = 1_000_000;
/// Least and greatest number of runs.
const RUNS: (u64, u64) = (8, 200);

/// What a set of faults accounts for, in a rollout in which no other strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Runs.
    pub runs: u32,
    /// Tenants with a window, mean per rollout.
    pub tenants: f64,
    /// Exposure time, in microseconds, mean per rollout.
    pub exposure: f64,
    /// Of that mean, with 95 % confidence (Student); `None` if all runs are alike.
    pub interval: Option<Interval>,
}

/// Predicts the windows of one hazard with exactly these faults, by index in the plan.
#[must_use]
pub fn predicted_contribution(setup: &Setup, hazard: u16, faults: &[u16]) -> Contribution {
    let mut plan = setup.plan().clone();
    let weight = allow_only(&mut plan, faults);
    let setup = Setup::of(Arc::new(plan), setup.world().clone(), setup.seed);
    let run = |replication: u32| {
        let mut sim = Sim::new(&setup, Schedule::sampled(replication));
        let outcome = Watch::new(&sim).run(&mut sim);
        let windows = outcome.windows.into_iter();
        let mut mine: Vec<Window> =
            windows.filter(|window| window.cause.hazard == hazard).collect();
        mine.sort_by_key(|window| window.tenant);
        let tenants: Vec<f64> = mine
            .chunk_by(|one, next| one.tenant == next.tenant)
            .map(|windows| exposure_time(windows.iter()).0 as f64)
            .collect();
        (tenants.len() as f64, tenants.iter().sum::<f64>(), outcome.events)
    };
    let first = run(0);
    let runs = (EVENTS / first.2.max(1)).clamp(RUNS.0, RUNS.1);
    let runs = u32::try_from(runs).expect("at most 200");
    let mut all: Vec<(f64, f64, u64)> = (1..runs).into_par_iter().map(run).collect();
    all.insert(0, first);
    let (mut tenants, mut exposure) = (Moments::default(), Moments::default());
    for (exposed, time, _) in all {
        tenants.push(weight * exposed);
        exposure.push(weight * time);
    }
    let mean = exposure.mean().unwrap_or(0.0);
    let interval = exposure.deviation().and_then(|sd| mean_t(mean, sd, u64::from(runs), 0.05));
    Contribution { runs, tenants: tenants.mean().unwrap_or(0.0), exposure: mean, interval }
}

/// Leaves out all faults that cost but these, and raises the chances of these: the weight of what
/// comes of it.
fn allow_only(plan: &mut Plan, faults: &[u16]) -> f64 {
    let mut weight = 1.0;
    let costly: Vec<u16> =
        (0u16..).zip(&plan.faults).filter(|(_, fault)| fault.cost > 0).map(|(f, _)| f).collect();
    for fault in costly {
        let site = plan.faults[usize::from(fault)].chance;
        let form = site.map(|site| &mut plan.sites[site.index()].form);
        match (faults.contains(&fault), form) {
            (true, Some(SiteForm::Strikes(chance))) if chance.0 > 0.0 => {
                let often = chance.0.max(OFTEN);
                weight *= chance.0 / often;
                *chance = Ratio(often);
            }
            (true, _) => {}
            (false, Some(form)) => *form = SiteForm::Strikes(Ratio(0.0)),
            (false, None) => forbid(plan, fault),
        }
    }
    weight
}

/// A fault without a chance never strikes.
fn forbid(plan: &mut Plan, fault: u16) {
    for step in &mut plan.steps {
        step.faults.retain(|&other| other != fault);
        step.undo_faults.retain(|&other| other != fault);
    }
    for act in &mut plan.acts {
        if act.fault.is_some_and(|(other, _)| other == fault) {
            act.condition = Cond::Const(false);
        }
    }
}
