//! What crashes do to steps, compiled (S8).

use super::sites::SiteTable;
use super::{KindId, Plan, SiteForm, SiteId};
use crate::scenario::{self, WhenCut};

/// What a crash does to the attempts and to the undo of a step.
#[derive(Clone, Copy, Debug)]
pub struct CutPlan {
    /// Its attempts go on when the orchestrator dies.
    pub remote: bool,
    /// What follows a cut attempt, if there is a journal.
    pub when_cut: WhenCut,
    /// Site of how many of its at-end effects have landed when an attempt is cut.
    pub landed: Option<SiteId>,
    /// The same of its undo list.
    pub undo_landed: Option<SiteId>,
}

impl CutPlan {
    /// Sites exist only where something crashes.
    pub(super) fn compile(step: &scenario::Step, sites: &mut SiteTable) -> CutPlan {
        let mut site = |what: &str, effects: &[scenario::Effect]| {
            let most = super::index16(effects.len());
            sites.known(&format!("{} / {what}", step.name), SiteForm::Count(most))
        };
        let [cut, undo_cut] = scenario::sites::CUTS;
        CutPlan {
            remote: step.remote,
            when_cut: step.when_cut,
            landed: site(cut, &step.at_end),
            undo_landed: site(undo_cut, &step.undo),
        }
    }
}

impl Plan {
    /// The kinds whose entities crash, each once, the rollout's orchestrator first.
    pub(super) fn kinds_that_crash(&self) -> Vec<KindId> {
        let crashing = self.acts.iter().filter(|act| act.crashes.is_some());
        let mut kinds: Vec<KindId> = crashing.map(|act| act.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}
