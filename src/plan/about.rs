//! A plan narrowed to one question: whether a goal is met.

use std::collections::BTreeSet;

use super::{Cond, Plan, SiteForm};

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
