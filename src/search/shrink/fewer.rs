//! Fewer choices by other values.
//!
//! A schedule of which no choice can be left out may still have more than it takes: each of them does
//! a part of what one could do alone, or keeps another in step. Fewer come before nearer to nominal
//! (the order of MacIver and Donaldson, *Test-case reduction via test-case generation*, ECOOP 2020), so
//! values are moved to the ends of their supports, whether or not they are put back later, and runs
//! with fewer choices that just miss the hazard are aimed at it.

use super::{Shrinker, Unit};
use crate::model::Choice;
use crate::plan::{Law, SiteForm};
use crate::search::aim::{Aim, First, gap};
use crate::search::drive::{Look, Trace};
use crate::search::forced::Forcing;

/// With more choices only all of them together are moved to their ends.
const EACH_MAX: usize = 10;
/// Near misses of one run that are aimed at, nearest first.
const MISSES: usize = 6;
/// Replays of one attempt to aim.
const SHOTS_MAX: u32 = 120;

impl Shrinker<'_> {
    /// One pass; true if there are fewer choices now.
    pub(super) fn fewer(&mut self) -> bool {
        let before = self.forcing.len();
        before > 1 && (self.take_aim() || self.widen())
    }

    /// Values at the ends of their supports may do without others.
    fn widen(&mut self) -> bool {
        let ends: Vec<(Choice, u64)> = self
            .forcing
            .overrides
            .iter()
            .filter_map(|(&choice, &value)| Some((choice, self.end(choice, value)?)))
            .filter(|&(choice, end)| self.forcing.overrides[&choice] != end)
            .collect();
        let mut tries: Vec<Vec<(Choice, u64)>> = vec![ends.clone()];
        if (2..=EACH_MAX).contains(&ends.len()) {
            tries.extend(ends.into_iter().map(|end| vec![end]));
        }
        tries.into_iter().filter(|ends| !ends.is_empty()).any(|ends| self.without_some(&ends))
    }

    /// Sets values and leaves out what is not needed then; takes it back if that is nothing.
    fn without_some(&mut self, ends: &[(Choice, u64)]) -> bool {
        let saved = (self.forcing.clone(), self.found.clone(), self.faults.clone());
        let mut forcing = self.forcing.clone();
        forcing.overrides.extend(ends.iter().copied());
        if self.accept(forcing) {
            if ends.len() > 1 {
                self.reduce();
            }
            self.thin();
            if self.forcing.len() < saved.0.len() {
                return true;
            }
        }
        (self.forcing, self.found, self.faults) = saved;
        false
    }

    /// The end of a support on the side of nominal on which a value is.
    fn end(&self, choice: Choice, value: u64) -> Option<u64> {
        let law: &Law = match self.setup.form(choice.site, choice.entity) {
            SiteForm::Delay(law) | SiteForm::Rate(law) => law,
            _ => return None,
        };
        let high = || law.support().high.unwrap_or_else(|| law.quantile_upper(1e-6));
        match value.cmp(&law.median()) {
            std::cmp::Ordering::Less => Some(law.low()),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(high().max(value)),
        }
    }

    /// Schedules with fewer choices that nearly expose, moved so that they do: nothing but what is
    /// decided without a time, then all but one choice.
    fn take_aim(&mut self) -> bool {
        let timeless = |unit: &Unit| match unit {
            Unit::Value(choice) => !matches!(
                self.setup.form(choice.site, choice.entity),
                SiteForm::Delay(_) | SiteForm::Rate(_) | SiteForm::Connect(_)
            ),
            Unit::Rank(_) => false,
        };
        let all = self.units();
        let mut bases: Vec<Vec<Unit>> = vec![all.iter().copied().filter(timeless).collect()];
        if all.len() <= EACH_MAX {
            bases.extend((0..all.len()).map(|gone| {
                let mut rest = all.clone();
                rest.remove(gone);
                rest
            }));
        }
        let until = self.replays + SHOTS_MAX;
        bases.iter().any(|base| base.len() < all.len() && self.aim_from(base, until))
    }

    fn aim_from(&mut self, base: &[Unit], until: u32) -> bool {
        let forcing = self.only(base);
        let Err(trace) = self.run(&forcing, Look::NEAR) else {
            // It exposes as it is; ordering such units is `reduce`'s.
            return self.accept(forcing);
        };
        let hazard = self.signature.hazard;
        let mut misses = Vec::new();
        for near in trace.near.iter().filter(|near| near.hazard == hazard) {
            for &(event, fact, entity, on) in &trace.set {
                if (fact, entity, on) == near.missing {
                    misses.push((gap(&trace, near, event), *near, event));
                }
            }
        }
        misses.sort_by_key(|(gap, ..)| *gap);
        misses.truncate(MISSES);
        for (_, near, event) in misses {
            for first in [First::Farthest, First::Nearest] {
                let aim = Aim { setup: self.setup, first };
                for shot in aim.shots(&trace, &near, event) {
                    if self.replays >= until {
                        return false;
                    }
                    let shot = self.deviating(shot, &trace);
                    if shot.len() < self.forcing.len() && self.accept(shot) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Without values that are nominal anyway.
    fn deviating(&self, mut forcing: Forcing, trace: &Trace) -> Forcing {
        let nominal = |choice: Choice| {
            trace.choices.iter().find(|made| made.choice == choice).and_then(|made| made.nominal)
        };
        forcing.overrides.retain(|&choice, value| nominal(choice) != Some(*value));
        forcing
    }
}
