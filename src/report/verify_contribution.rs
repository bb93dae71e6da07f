//! The report of `cutover verify`: what each set of faults accounts for, predicted.

use serde::Serialize;

use crate::report::verify::VerifyReport;
use crate::report::words::{number, percent, time};
use crate::simulate::Contribution;
use crate::statistics::round9;

/// What a set of faults accounts for, predicted to the first order: by simulated rollouts in which no
/// other fault strikes, and these more often than they do, weighted by their chances.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContributionData {
    /// "first-order".
    pub predicted: &'static str,
    /// Its part of the exposure time of all sets; `null` if no run shows any.
    pub share: Option<f64>,
    /// Exposure time, mean per rollout.
    pub exposure_us: f64,
    /// That mean, with 95 % confidence; `null` if all runs are alike.
    pub interval_us: Option<[f64; 2]>,
    /// Tenants with a window, mean per rollout.
    pub tenants: f64,
    /// Simulated runs.
    pub runs: u32,
}

impl VerifyReport {
    /// Adds to each set what it accounts for.
    #[must_use]
    pub fn with_contributions(mut self, shares: &[Option<Contribution>]) -> VerifyReport {
        let total: f64 = shares.iter().flatten().map(|share| share.exposure).sum();
        for (set, share) in self.fault_sets.iter_mut().zip(shares) {
            set.contribution = share.map(|share| ContributionData {
                predicted: "first-order",
                share: (total > 0.0).then(|| round9(share.exposure / total)),
                exposure_us: round9(share.exposure),
                interval_us: share.interval.map(|one| [round9(one.low.max(0.0)), round9(one.high)]),
                tenants: round9(share.tenants),
                runs: share.runs,
            });
        }
        self
    }
}

impl ContributionData {
    /// In words.
    pub(super) fn sentence(&self) -> String {
        let Some(share) = self.share.filter(|_| self.exposure_us > 0.0) else {
            return format!("predicted, first order: no exposure in {} simulated runs", self.runs);
        };
        format!(
            "predicted, first order: {} of the exposure time of all sets: {} of {} tenants a rollout ({} \
             runs)",
            percent(share),
            time(self.exposure_us),
            number(self.tenants),
            self.runs
        )
    }
}
