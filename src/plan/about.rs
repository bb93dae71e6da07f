//! A plan narrowed to one question: whether a goal is met.

use std::collections::BTreeSet;

use super::{CalendarPlan, Cond, Plan, SiteForm};

impl Plan {
    /// The same plan with one goal, and without sessions, which change nothing that a goal could look
    /// at. A run of it may end sooner, but never before that goal's last deadline, unless a crash makes
    /// somebody begin again: then it is the plan itself.
    #[must_use]
    pub fn about(&self, goal: u16) -> Plan {
        let mut plan = self.clone();
        if self.crash_kinds.is_empty() {
            plan.judge_only(goal);
        }
        plan
    }

    /// Leaves out all goals but one, and every session.
    pub(super) fn judge_only(&mut self, goal: u16) {
        for step in &mut self.steps {
            step.goals.retain(|&of| of == goal);
        }
        for user in &mut self.users {
            user.connects = Cond::Const(false);
        }
    }

    /// The same plan with one more boundary of each of its calendars, right after the horizon: nothing is
    /// known of windows from there on. `None` if there is no calendar to keep to.
    #[must_use]
    pub fn past_the_horizon(&self) -> Option<Plan> {
        let kept = |calendar: &CalendarPlan| !calendar.boundaries.is_empty();
        self.calendars.iter().any(kept).then(|| {
            let mut plan = self.clone();
            for calendar in plan.calendars.iter_mut().filter(|calendar| kept(calendar)) {
                calendar.boundaries.push(self.horizon.0.saturating_add(1));
            }
            plan
        })
    }

    /// In the plan of a focal run: others may keep these steps waiting for pools without bound.
    pub fn wait_for_ever(&mut self, steps: &BTreeSet<u16>) {
        let Some(focal) = self.focal.clone() else { return };
        for &step in steps {
            let Some(site) = focal.waits[usize::from(step)] else { continue };
            if let SiteForm::Outside { high, .. } = &mut self.sites[site.index()].form {
                *high = None;
            }
        }
    }
}
