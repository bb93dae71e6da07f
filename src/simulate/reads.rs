//! Reads inside windows (U2): the expectation given the session path, and a sample.

use std::collections::BTreeMap;

use crate::kernel::Sim;
use crate::model::{Choice, Entity};
use crate::monitor::{Window, each_exposure, exposure_time};
use crate::plan::{Plan, ReaderPlan};
use crate::units::Instant;

/// Reads of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    /// Expected reads inside the windows of each hazard, by index in the plan. A read that sees two
    /// hazards counts for each.
    pub by_hazard: Vec<f64>,
    /// Expected reads in all: the union of the windows, so that no read counts twice.
    pub expected: f64,
    /// Sampled reads.
    pub sampled: u64,
}

/// The largest mean that one draw is turned into a Poisson count for; above it the mean is split.
const PIECE: f64 = 200.0;

impl Reads {
    /// Reads inside the windows of a run.
    #[must_use]
    pub fn of(sim: &mut Sim, windows: &[Window]) -> Reads {
        let setup = sim.setup().clone();
        let plan = setup.plan();
        let mut reads = Reads { by_hazard: vec![0.0; plan.hazards.len()], ..Reads::default() };
        for reader in &plan.readers {
            let mut mine: BTreeMap<Entity, Vec<&Window>> = BTreeMap::new();
            for window in windows.iter().filter(|window| window.user == reader.session) {
                each_reader(sim, plan, reader, window, &mut |entity| {
                    mine.entry(entity).or_default().push(window);
                });
            }
            for (entity, windows) in mine {
                for window in &windows {
                    let hazard = usize::from(window.cause.hazard);
                    reads.by_hazard[hazard] += mean(plan, reader, &[window]);
                }
                let mean = mean(plan, reader, &windows);
                reads.expected += mean;
                reads.sampled += sample(sim, reader, entity, mean);
            }
        }
        reads
    }

    /// The probability that anybody reads at all: 1 − exp(−∫rate).
    #[must_use]
    pub fn any(&self) -> f64 {
        -libm::expm1(-self.expected)
    }
}

/// Mean number of reads while at least one of the windows is open: the integral of the rate.
fn mean(plan: &Plan, reader: &ReaderPlan, windows: &[&Window]) -> f64 {
    let windows = windows.iter().copied();
    let Some(profile) = reader.profile else {
        return exposure_time(windows).as_secs_f64() / reader.gap.as_secs_f64();
    };
    let profile = &plan.profiles[usize::from(profile)];
    let total = |at: Instant| profile.total(at);
    let mut time = 0;
    each_exposure(windows, &mut |from, to| time += total(to) - total(from));
    // Millionths of microseconds.
    time as f64 / 1e12 / reader.gap.as_secs_f64()
}

/// Calls `f` for the entities whose reads fall into a window: those of the reader's kind at, below
/// or above the window's entity.
fn each_reader(
    sim: &Sim,
    plan: &Plan,
    reader: &ReaderPlan,
    window: &Window,
    f: &mut dyn FnMut(Entity),
) {
    let world = &sim.rules().world;
    let kind = world.kind(window.entity);
    if plan.sees(kind, reader.kind) {
        f(world.ancestor(kind, window.entity, reader.kind));
    } else {
        world.descendants(kind, window.entity, reader.kind, f);
    }
}

/// A Poisson count by inversion, one draw for each piece of the mean.
fn sample(sim: &mut Sim, reader: &ReaderPlan, entity: Entity, mean: f64) -> u64 {
    let mut left = mean;
    let mut occurrence = 0;
    let mut count = 0;
    while left > 0.0 {
        let piece = left.min(PIECE);
        left -= piece;
        occurrence += 1;
        let draw = sim.draw(Choice { site: reader.site, entity, occurrence });
        count += poisson(draw, piece);
        if occurrence == 1000 {
            break;
        }
    }
    count
}

/// The smallest count whose cumulative probability reaches the draw.
fn poisson(draw: u64, mean: f64) -> u64 {
    let u = (draw >> 11) as f64 / (1u64 << 53) as f64;
    let mut probability = libm::exp(-mean);
    let mut cumulative = probability;
    let mut count = 0u64;
    // Beyond mean + 40 deviations no double-precision draw can lie.
    let most = mean + 40.0 * mean.sqrt() + 40.0;
    while cumulative <= u && (count as f64) < most {
        count += 1;
        probability *= mean / count as f64;
        cumulative += probability;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::poisson;

    #[test]
    fn counts_follow_the_cumulative_probabilities() {
        // P(N = 0) = e^-1 = 0.3679, P(N <= 1) = 0.7358, P(N <= 2) = 0.9197.
        let at = |u: f64| poisson((u * 18_446_744_073_709_551_616.0) as u64, 1.0);
        assert_eq!((at(0.3678), at(0.368)), (0, 1));
        assert_eq!((at(0.7357), at(0.7359)), (1, 2));
        assert_eq!((at(0.9196), at(0.9198)), (2, 3));
        assert_eq!(poisson(0, 200.0), 0);
    }

    #[test]
    fn the_mean_of_counts_over_equally_spaced_draws_is_the_mean() {
        let n = 10_000u64;
        let total: u64 = (0..n).map(|i| poisson(i * (u64::MAX / n) + (1 << 50), 7.5)).sum();
        assert!((total as f64 / n as f64 - 7.5).abs() < 0.01, "{total}");
    }
}
