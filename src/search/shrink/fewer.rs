//! Fewer choices by other values.
//!
//! A schedule of which no choice can be left out may still have more than it takes: each of them does
//! a part of what one could do alone, or keeps another in step. Fewer come before nearer to nominal
//! (the order of MacIver and Donaldson, *Test-case reduction via test-case generation*, ECOOP 2020), so
//! values are moved to the ends of their supports, whether or not they are put back later, and runs
//! with fewer choices that just miss the hazard are aimed at it. And a delay goes if another one that
//! was set to fit it is moved by as much.

use super::{Shrinker, Unit};
use crate::model::Choice;
use crate::plan::{Law, SiteForm};
use crate::search::aim::{Aim, First, gap};
use crate::search::drive::{Look, Trace, drive};
use crate::search::forced::{Forced, Forcing};

/// With more choices only all of them together are moved to their ends.
const EACH_MAX: usize = 10;
/// Near misses of one run that are aimed at, nearest first.
const MISSES: usize = 6;
/// Choices of others that are tried in the place of those that are forced.
const OTHERS_MAX: usize = 6;
/// Replays of one attempt to aim.
const SHOTS_MAX: u32 = 120;

impl Shrinker<'_> {
    /// One pass; true if there are fewer choices now.
    pub(super) fn fewer(&mut self) -> bool {
        let before = self.forcing.len();
        before > 1 && (self.follow() || self.take_aim() || self.widen() || self.swap())
    }

    /// A delay as in the nominal run, and another one moved by as much: what had to meet still does,
    /// earlier or later than before.
    fn follow(&mut self) -> bool {
        let choices: Vec<Choice> = self.forcing.overrides.keys().copied().collect();
        if choices.len() > EACH_MAX {
            return false;
        }
        let law = |choice: Choice| match self.setup.form(choice.site, choice.entity) {
            SiteForm::Delay(law) => Some(law),
            _ => None,
        };
        let mut tries = Vec::new();
        for &gone in &choices {
            let Some(nominal) = law(gone).map(Law::median) else { continue };
            let value = self.forcing.overrides[&gone];
            for &moved in choices.iter().filter(|&&other| other != gone) {
                let Some(law) = law(moved) else { continue };
                let fits = (self.forcing.overrides[&moved] + nominal).checked_sub(value);
                let Some(fits) = fits.filter(|&fits| law.contains(fits)) else { continue };
                let mut forcing = self.forcing.clone();
                forcing.overrides.remove(&gone);
                forcing.overrides.insert(moved, fits);
                tries.push(forcing);
            }
        }
        tries.into_iter().any(|forcing| self.accept(forcing))
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

    /// What one entity's delay does, another's at the same site may do better: with that one at the end
    /// of its support, too, others may not be needed.
    fn swap(&mut self) -> bool {
        let forced: Vec<(Choice, u64)> =
            self.forcing.overrides.iter().map(|(&choice, &value)| (choice, value)).collect();
        if forced.len() > EACH_MAX {
            return false;
        }
        let far = self.units().iter().any(|unit| !self.concerns(unit.entity()));
        // The nominal run: what another one does comes up there, if not before this exposure.
        let none = Forcing::default();
        let trace = drive(self.setup, &mut Forced(&none), self.limits, Look::NOTHING);
        self.replays += 1;
        let others = trace.choices.iter().filter(|made| {
            let free = !self.forcing.overrides.contains_key(&made.choice);
            free && (far || self.concerns(made.choice.entity))
        });
        let ends = others.filter_map(|made| {
            let like = forced.iter().find(|(choice, _)| choice.site == made.choice.site)?;
            Some((made.choice, self.end(like.0, like.1)?))
        });
        let ends: Vec<(Choice, u64)> = ends.take(OTHERS_MAX).collect();
        ends.into_iter().any(|end| self.without_some(&[end]))
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
        let shots = misses.into_iter().map(|(_, near, event)| {
            let aims = [First::Farthest, First::Nearest];
            let aims = aims.map(|first| Aim { setup: self.setup, first });
            let shots = aims.into_iter().flat_map(|aim| aim.shots(&trace, &near, event));
            shots.collect::<Vec<_>>()
        });
        let shots: Vec<_> = shots.filter(|shots| !shots.is_empty()).take(MISSES).collect();
        for shot in shots.concat() {
            if self.replays >= until {
                return false;
            }
            let shot = self.deviating(shot, &trace);
            if shot.len() < self.forcing.len() && self.accept(shot) {
                return true;
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
