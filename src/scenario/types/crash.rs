//! Crashes of the orchestrator, and what it remembers of what they cut (S8).

use super::{Dist, FaultForm, Scenario};

/// What the orchestrator remembers after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Which steps have ended, which attempt ran, retry counts and rollback lists.
    Step,
    /// Nothing of the tenants in progress: their plans start again.
    None,
}

/// What follows when a crash cut an attempt of a step, by the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenCut {
    /// Another attempt.
    Redo,
    /// The attempt counts as made; after the last one the step ends as skipped.
    Skip,
    /// The step's `undo` list, then another attempt.
    Undo,
}

/// The orchestrator, a worker or a job dies, by the kind of the fault that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Crash {
    /// How long until it is up again.
    pub restart: Dist,
}

impl Scenario {
    /// True if a fault crashes the orchestrator, a worker or a job.
    #[must_use]
    pub fn crashes(&self) -> bool {
        let crashes = |form: &FaultForm| match form {
            FaultForm::Free { act, .. } => act.crashes.is_some(),
            FaultForm::Attempt { .. } | FaultForm::Undo { .. } => false,
        };
        self.faults.iter().any(|fault| crashes(&fault.form))
    }
}
