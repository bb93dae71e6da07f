//! Links, the paths that transfers take over them, and what slows them.

use super::{KindId, Plan, SiteId, index16};
use crate::scenario::{self, Kind, Quotas, Scenario, Work};
use crate::units::Rate;

/// One link.
#[derive(Clone, Copy, Debug)]
pub struct LinkPlan {
    /// What each of its instances carries.
    pub rate: Rate,
    /// One instance per entity of this kind.
    pub kind: KindId,
    /// Bytes that each of them carries in an hour, in a day.
    pub quotas: Quotas,
}

/// The links that the transfers of one step take.
#[derive(Clone, Debug)]
pub struct PathPlan {
    /// Kind of the entities whose bytes are transferred.
    pub kind: KindId,
    /// By `LinkId`, at least one; of each the instance that serves the entity.
    pub links: Vec<u16>,
}

/// A link that an act slows.
#[derive(Clone, Copy, Debug)]
pub struct SlowsPlan {
    /// By `LinkId`.
    pub link: u16,
    /// What it still carries.
    pub to: Rate,
    /// Site of how long.
    pub lasts: SiteId,
}

impl Plan {
    /// Fills links and paths: one path for each step whose transfers take links, in plan order.
    pub(super) fn lay_links(&mut self, scenario: &Scenario, kind: &dyn Fn(Kind) -> KindId) {
        let links = scenario.links.iter();
        let plan = |link: &scenario::Link| LinkPlan {
            rate: link.rate,
            kind: kind(link.kind),
            quotas: link.quotas,
        };
        self.links = links.map(plan).collect();
        for (plan, step) in self.steps.iter_mut().zip(&scenario.steps) {
            if let Work::Transfer { over, .. } | Work::TransferByClass { over, .. } = &step.work
                && !over.is_empty()
            {
                plan.path = Some(index16(self.paths.len()));
                let links = over.iter().map(|link| link.0).collect();
                self.paths.push(PathPlan { kind: plan.kind, links });
            }
        }
    }
}
