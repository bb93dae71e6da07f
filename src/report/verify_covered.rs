//! The report of `cutover verify --coverage`: what holds while no draw lies beyond its cut.

use serde::Serialize;

use crate::plan::{Cover, Cut, Plan, SiteForm};
use crate::report::verify::VerifyReport;
use crate::report::words::number;
use crate::statistics::round9;
use crate::units::{Bytes, Rate, Span};

/// The answer with unbounded distributions of steps and their effects cut at a quantile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoveredData {
    /// At most this chance that a tenant has a draw beyond its cut; then the answer says nothing of it.
    pub per_tenant: f64,
    /// At most this chance that some tenant of the rollout has.
    pub rollout: f64,
    /// What was cut.
    pub bounds: Vec<BoundData>,
    /// The number of mailboxes of a tenant up to which it holds, if it may have more.
    pub mailboxes: Option<u64>,
    /// The answer.
    pub answer: Box<VerifyReport>,
}

/// A distribution cut at a quantile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundData {
    /// The site's name.
    pub site: String,
    /// No longer, larger or slower than this.
    pub bound: String,
    /// A draw lies beyond with at most this chance.
    pub chance: f64,
    /// At most so many draws concern one tenant.
    pub draws: u64,
}

impl VerifyReport {
    /// Adds what holds with a plan cut so.
    #[must_use]
    pub fn with_coverage(self, full: &Plan, cover: &Cover, answer: VerifyReport) -> VerifyReport {
        let mut answer = answer;
        let bounds: Vec<BoundData> = cover.cuts.iter().map(|cut| bound(full, cut)).collect();
        for BoundData { site, bound, chance, draws } in &bounds {
            let (chance, draws) = (number(*chance), *draws);
            answer.assumptions.push(format!(
                "{site} is cut at {bound}, which a draw exceeds with a chance of {chance}, and a tenant \
                 has at most {draws} of them"
            ));
        }
        let moving = full.scenario.tenants.count - full.scenario.tenants.migrated;
        let covered = CoveredData {
            per_tenant: round9(cover.per_tenant),
            rollout: round9((cover.per_tenant * f64::from(moving)).min(1.0)),
            bounds,
            mailboxes: cover.mailboxes.map(|(most, _)| most),
            answer: Box::new(answer),
        };
        VerifyReport { covered: Some(covered), ..self }
    }
}

fn bound(plan: &Plan, cut: &Cut) -> BoundData {
    let site = &plan.sites[cut.site.index()];
    let bound = match (cut.low, cut.high) {
        (Some(low), _) => Rate(low).to_string(),
        (None, Some(high)) if plan.is_size(cut.site) => Bytes(high).to_string(),
        (None, Some(high)) => Span(high).to_string(),
        (None, None) => "its ends".to_owned(),
    };
    debug_assert!(!matches!(site.form, SiteForm::Unused), "what is cut is drawn");
    BoundData { site: site.name.clone(), bound, chance: round9(cut.chance), draws: cut.draws }
}
