//! What a proof says about one goal.

use crate::verify::focal::Overall;
use crate::verify::prove::{Found, Verdict};

/// The answer about a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoalAnswer {
    /// No timing, no order of events at one instant, and none of the allowed faults misses it.
    Met,
    /// It takes a fault that costs, but with one, or several, some schedule misses it.
    MissedWithFaults,
    /// Some schedule without any such fault misses it: the plan fails its goal.
    Missed,
    /// A budget or limit ended the search before it was known which of these, or the only schedules
    /// found are unconfirmed.
    Inconclusive,
}

impl GoalAnswer {
    /// As reports write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            GoalAnswer::Met => "met",
            GoalAnswer::MissedWithFaults => "missed-with-faults",
            GoalAnswer::Missed => "missed",
            GoalAnswer::Inconclusive => "inconclusive",
        }
    }

    fn of(found: &[&Found], open: bool, open_without_faults: bool) -> GoalAnswer {
        if found.iter().any(|found| found.faults.is_empty()) {
            GoalAnswer::Missed
        } else if open_without_faults || (found.is_empty() && open) {
            GoalAnswer::Inconclusive
        } else if found.is_empty() {
            GoalAnswer::Met
        } else {
            GoalAnswer::MissedWithFaults
        }
    }
}

impl Verdict {
    /// Of an exploration about a goal.
    #[must_use]
    pub fn goal_answer(&self) -> GoalAnswer {
        let doubtful: Vec<&Found> = self.possible.iter().chain(&self.bugs).collect();
        let open = self.complete != Some(self.faults) || !doubtful.is_empty();
        let faultless = doubtful.iter().any(|found| found.faults.is_empty());
        let found: Vec<&Found> = self.found.iter().collect();
        GoalAnswer::of(&found, open, self.complete.is_none() || faultless)
    }
}

impl Overall {
    /// Of explorations about a goal, as long as nobody waits longer than they say.
    #[must_use]
    pub fn goal_answer(&self) -> GoalAnswer {
        let mut doubtful = self.possible.iter().chain(&self.bugs);
        let faultless = doubtful.any(|set| set.found.faults.is_empty());
        let found: Vec<&Found> = self.found.iter().map(|set| &set.found).collect();
        let unknown = self.complete.is_none() || faultless || !self.gaps.is_empty();
        GoalAnswer::of(&found, !self.all_sets(), unknown)
    }
}
