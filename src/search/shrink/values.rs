//! Values nearer to nominal, and the thresholds at which they stop exposing.

use super::Shrinker;
use crate::model::Choice;
use crate::plan::{Law, SiteForm};
use crate::search::drive::{Look, drive};
use crate::search::forced::{Forced, Forcing};

/// Where a value stops exposing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Every value that it can have exposes.
    Any,
    /// From this value on; the next smaller one is harmless.
    AtLeast(u64),
    /// Up to this value; the next greater one is harmless.
    AtMost(u64),
    /// From the first up to the second; the neighbours of both are harmless.
    Between(u64, u64),
}

/// The values of one choice that expose, all others as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Which choice.
    pub choice: Choice,
    /// Its value in the shrunk schedule.
    pub value: u64,
    /// Which values expose.
    pub bound: Bound,
}

/// With more choices no pairs are moved.
const PAIRED: usize = 5;
/// Choices that are looked at for a threshold at most.
const EXPLAINED: usize = 12;

impl Shrinker<'_> {
    /// Moves every value as near to nominal as it still fails, by binary search: the result fails,
    /// and one unit nearer it does not.
    pub(super) fn lessen(&mut self) {
        let choices: Vec<Choice> = self.forcing.overrides.keys().copied().collect();
        for choice in choices {
            let Some(&value) = self.forcing.overrides.get(&choice) else { continue };
            let nominal = match self.setup.form(choice.site, choice.entity) {
                SiteForm::Delay(law) | SiteForm::Rate(law) => law.median(),
                SiteForm::Connect(law) => law.low(),
                SiteForm::Count(_) => 0,
                _ => continue,
            };
            if nominal == value {
                continue;
            }
            let nearest = self.nearest(choice, nominal, value);
            if nearest != value {
                let mut forcing = self.forcing.clone();
                forcing.overrides.insert(choice, nearest);
                self.accept(forcing);
            }
        }
    }

    /// Moves two values nearer to nominal by the same time, where neither moves alone: what has to
    /// happen together may do so earlier.
    pub(super) fn lessen_pairs(&mut self) {
        let choices: Vec<Choice> = self.forcing.overrides.keys().copied().collect();
        if choices.len() > PAIRED {
            return;
        }
        for (place, &one) in choices.iter().enumerate() {
            for &two in &choices[..place] {
                self.lessen_pair(one, two);
            }
        }
    }

    fn lessen_pair(&mut self, one: Choice, two: Choice) {
        let room = |choice: Choice| {
            let value = self.forcing.overrides.get(&choice).copied()?;
            match self.setup.form(choice.site, choice.entity) {
                SiteForm::Delay(law) if value != law.median() => Some((value, law.median())),
                _ => None,
            }
        };
        let (Some(a), Some(b)) = (room(one), room(two)) else { return };
        let moved = |(value, nominal): (u64, u64), by: u64| {
            if value > nominal { value - by } else { value + by }
        };
        let most = a.0.abs_diff(a.1).min(b.0.abs_diff(b.1));
        let mut both = |by: u64| {
            let mut forcing = self.forcing.clone();
            forcing.overrides.extend([(one, moved(a, by)), (two, moved(b, by))]);
            self.run(&forcing, Look::NOTHING).is_ok().then_some(forcing)
        };
        // Values are where the next microsecond is harmless, so mostly they do not move at all.
        let Some(mut best) = both(1) else { return };
        let (mut fails, mut harmless) = (1, most + 1);
        while harmless - fails > 1 {
            let middle = fails.midpoint(harmless);
            match both(middle) {
                Some(forcing) => (best, fails) = (forcing, middle),
                None => harmless = middle,
            }
        }
        self.accept(best);
    }

    /// The value nearest to `harmless` that fails, between it and one that does.
    fn nearest(&mut self, choice: Choice, harmless: u64, failing: u64) -> u64 {
        let (mut harmless, mut failing) = (harmless, failing);
        if self.fails(choice, harmless) {
            return harmless;
        }
        while harmless.abs_diff(failing) > 1 && !self.spent() {
            let middle = harmless.midpoint(failing);
            if self.fails(choice, middle) {
                failing = middle;
            } else {
                harmless = middle;
            }
        }
        failing
    }

    fn fails(&mut self, choice: Choice, value: u64) -> bool {
        let mut forcing = self.forcing.clone();
        forcing.overrides.insert(choice, value);
        self.run(&forcing, Look::NOTHING).is_ok()
    }

    /// The thresholds of what is left, and of what the faults that are left decide.
    pub(super) fn thresholds(&mut self) -> Vec<Threshold> {
        let trace = drive(self.setup, &mut Forced(&self.forcing), self.limits, Look::NOTHING);
        let asked = trace.choices.iter().filter(|made| made.event <= self.found.events);
        let plan = self.setup.plan();
        let explains = |choice: Choice, forcing: &Forcing| {
            let name = &plan.sites[choice.site.index()].name;
            forcing.overrides.contains_key(&choice)
                || name.starts_with("fault ")
                || name.ends_with(" / duration")
        };
        let asked = asked.filter(|made| explains(made.choice, &self.forcing));
        let mut all: Vec<(bool, Choice, u64)> = Vec::new();
        for made in asked {
            let forced = self.forcing.overrides.contains_key(&made.choice);
            all.extend(made.value.map(|value| (!forced, made.choice, value)));
        }
        // What is forced comes first.
        all.sort_by_key(|(free, choice, _)| (*free, *choice));
        all.truncate(EXPLAINED);
        // Finding them does not count as shrinking.
        let before = self.replays;
        self.replays = 0;
        let found = all.into_iter().filter_map(|(_, choice, value)| self.threshold(choice, value));
        let found = found.collect();
        self.replays += before;
        found
    }

    fn threshold(&mut self, choice: Choice, value: u64) -> Option<Threshold> {
        let setup = self.setup;
        let law: &Law = match setup.form(choice.site, choice.entity) {
            SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law) => law,
            _ => return None,
        };
        let low = law.low();
        let high = law.support().high.unwrap_or_else(|| law.quantile_upper(1e-9)).max(value);
        let least = if low < value { self.nearest(choice, low, value) } else { low };
        let most = if high > value { self.nearest(choice, high, value) } else { high };
        let bound = match (least == low, most == high) {
            (true, true) => Bound::Any,
            (false, true) => Bound::AtLeast(least),
            (true, false) => Bound::AtMost(most),
            (false, false) => Bound::Between(least, most),
        };
        // What is nominal and does not matter is not worth a word.
        let worth = self.forcing.overrides.contains_key(&choice) || bound != Bound::Any;
        worth.then_some(Threshold { choice, value, bound })
    }
}
