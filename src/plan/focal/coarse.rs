//! A focal run in which a proof tells less apart.
//!
//! Every run of the focal plan is a run of its coarse one, which may do more. Left out is:
//!
//! * **Calendars.** A step with windows starts at any instant once it is ready, and so does the tenant.
//!   A step for which that is not all that windows do (it is tried several times, or looks at
//!   conditions as it becomes ready) keeps them, and pools keep their shifts.
//! * **Counts of retries.** A step with more than [`RETRIES`] of them may be tried again, or not, after
//!   every failure.
//! * **Sessions** of all mailboxes but one: they change nothing, and mailboxes are alike, so nothing is
//!   lost.
//! * **Goals**, which change nothing either; but a run does not end with its tenant, because the
//!   others' go on. Where it is about a goal, that one is kept, and no session is.

use std::sync::Arc;

use super::FocalPlan;
use crate::plan::{BendPlan, Plan, SiteForm, SiteId, StepPlan};
use crate::scenario::sites::environment;
use crate::units::Ratio;

/// So many retries are counted.
const RETRIES: u16 = 3;

/// What a coarse run does not tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coarse {
    /// By step: site of whether it is given up, if its retries are not counted.
    pub gives_up: Vec<Option<SiteId>>,
    /// Steps whose windows are open at any instant.
    pub windows: Vec<u16>,
    /// The rollout's windows are.
    pub starts: bool,
}

impl Plan {
    /// The coarse plan of a focal run's plan, about hazards or about a goal. Its own sites come after all
    /// others.
    ///
    /// # Panics
    /// If it is no plan of a focal run.
    #[must_use]
    pub fn coarse(&self, goal: Option<u16>) -> Plan {
        let mut plan = self.clone();
        let mut focal = FocalPlan::clone(self.focal.as_ref().expect("the plan of a focal run"));
        let starts = plan.windows.take().is_some();
        let mut coarse = Coarse { gives_up: Vec::new(), windows: Vec::new(), starts };
        for step in 0..plan.steps.len() {
            let name = plan.scenario.steps[step].name.clone();
            if plan.steps[step].windows.is_some() && plan.enters_once(&plan.steps[step]) {
                let site = format!("{name} / {}", environment::WINDOW);
                if focal.joins[step].is_none() {
                    focal.joins[step] = Some(plan.outside(&site, Some(0), None));
                }
                plan.steps[step].windows = None;
                plan.steps[step].unhindered = false;
                coarse.windows.push(super::index16(step));
            }
            let many = plan.steps[step].retries > RETRIES;
            coarse.gives_up.push(many.then(|| {
                let site = format!("{name} / {}", environment::GIVES_UP);
                plan.add_site(site, SiteForm::Strikes(Ratio(0.0)))
            }));
        }
        match goal {
            Some(goal) => plan.judge_only(goal),
            None => plan.steps.iter_mut().for_each(|step| step.goals.clear()),
        }
        plan.stop_calendars();
        focal.coarse = Some(coarse);
        plan.focal = Some(Arc::new(focal));
        plan
    }

    /// It enters when its windows let it, once, and they have no other say.
    fn enters_once(&self, step: &StepPlan) -> bool {
        let tried_once = step.retries == 0 && step.times == 1 && self.crash_kinds.is_empty();
        let repeats = |&fault: &u16| {
            let bend = &self.faults[usize::from(fault)].bend;
            matches!(bend, Some((_, BendPlan::Repeats)))
        };
        let repeated = step.faults.iter().any(repeats);
        tried_once && !repeated && step.when.is_none() && step.done_if.is_none()
    }

    /// Calendars that nothing keeps to any more have no boundaries.
    fn stop_calendars(&mut self) {
        let steps = &self.steps;
        for (index, calendar) in (0u16..).zip(&mut self.calendars) {
            let kept = steps.iter().any(|step| step.windows == Some(index));
            if !kept && calendar.pools.is_empty() && calendar.renews.is_none() {
                calendar.boundaries.clear();
            }
        }
    }
}
