//! The shape of a rollout: waves, and what halts, resumes and rolls back.

use super::{Act, ClassId, Dist, FaultForm, OnFailure, Scenario};
use crate::units::{Ratio, Span};

/// A wave of tenants: they start when its turn has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Unique among the waves.
    pub name: String,
    /// Who belongs to it.
    pub take: Take,
    /// Its tenants in progress at once, besides the rollout's own limit; `None`: no limit.
    pub at_once: Option<u32>,
    /// Time between two tenant starts, instead of the rollout's.
    pub pace: Option<Dist>,
    /// The next wave starts no sooner than so long after this one has ended.
    pub soak: Option<Dist>,
    /// It has ended once so large a share of its tenants is through; in (0, 1].
    pub enough: Ratio,
    /// It starts no sooner than so long after the rollout's start.
    pub not_before: Span,
}

/// Who belongs to a wave, of those that no wave before it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Tenants of one of these classes; empty: of any or none.
    pub classes: Vec<ClassId>,
    /// Tenants of one of these groups of each of these kinds (index in `groups`).
    pub groups: Vec<(u8, Vec<u32>)>,
    /// How many of them, in the order of starts.
    pub most: Most,
}

/// How many tenants a wave takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Most {
    /// All of them.
    All,
    /// So many.
    Count(u32),
    /// A share of all that move and fit, rounded up; in (0, 1].
    Share(Ratio),
}

impl Take {
    /// True if nobody is left for the waves after it.
    #[must_use]
    pub fn everybody(&self) -> bool {
        self.classes.is_empty() && self.groups.is_empty() && self.most == Most::All
    }
}

/// What an act does to the rollout as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steers {
    /// Whether further tenants start.
    pub starts: Option<Starts>,
    /// Which tenants of its entity it rolls back.
    pub rolls_back: Option<RollBack>,
}

impl Steers {
    /// True if it does anything.
    #[must_use]
    pub fn any(self) -> bool {
        self != Steers::default()
    }
}

impl Scenario {
    /// True if something can halt the rollout.
    #[must_use]
    pub fn halts(&self) -> bool {
        let halts = |act: &Act| act.steers.starts == Some(Starts::Halt);
        let free = |form: &FaultForm| match form {
            FaultForm::Free { act, .. } => halts(act),
            FaultForm::Attempt { .. } | FaultForm::Undo { .. } => false,
        };
        self.reactions.iter().any(|reaction| halts(&reaction.act))
            || self.faults.iter().any(|fault| free(&fault.form))
            || self.steps.iter().any(|step| step.on_failure == OnFailure::HaltRollout)
    }
}

/// Whether further tenants start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starts {
    /// From now on no tenant starts.
    Halt,
    /// They start again.
    Resume,
}

/// Which tenants are rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollBack {
    /// Those in progress.
    InProgress,
    /// Those in progress and those that have ended in this run.
    Started,
}
