//! Aiming: a run that nearly met a hazard, moved so that it does.
//!
//! A run shows intervals in which a hazard was one fact away from holding, and events that set this
//! fact at another time. The event is moved into the interval, or the interval is stretched until it
//! meets the event, by the delays on the way to either that the two do not share. `guided` searches
//! so, and shrinking looks so for a schedule with fewer choices.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::Setup;
use crate::model::Choice;
use crate::plan::{Law, SiteForm};
use crate::search::distance::Near;
use crate::search::drive::{Made, Trace};
use crate::search::forced::Forcing;

/// Which delays of a way are moved first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Those next to the event.
    Nearest,
    /// Those that can be moved farthest, so that few are.
    Farthest,
}

/// How a run is moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aim<'a> {
    pub(super) setup: &'a Setup,
    pub(super) first: First,
}

/// By how much an event of a trace is too early or too late for an interval.
pub(super) fn gap(trace: &Trace, near: &Near, event: u32) -> u64 {
    let at = trace.events[event as usize].at;
    near.from.0.saturating_sub(at).max(at.saturating_sub(near.to.0 - 1))
}

impl Aim<'_> {
    /// Schedules that would let the event happen inside the interval.
    pub(super) fn shots(self, trace: &Trace, near: &Near, event: u32) -> Vec<Forcing> {
        let at = trace.events[event as usize].at;
        let (from, to) = (near.from.0, near.to.0);
        let base = Forcing { overrides: trace.overrides(), ranks: BTreeMap::new() };
        let mut begins = ancestors(trace, near.from.1);
        if at >= to && !near.open {
            // What delays the end of the interval, too, brings the event no nearer to it.
            begins.extend(ancestors(trace, near.to.1));
        }
        let mut shots = Vec::new();
        for target in [from + (to - from) / 2, from + 1, to - 1] {
            let mut forcing = base.clone();
            if self.shift(trace, (event, &begins), at, target, &mut forcing) {
                shots.push(forcing);
            }
        }
        let own = ancestors(trace, event);
        if at >= to && !near.open {
            for target in [at + 1, u64::MAX] {
                let mut forcing = base.clone();
                if self.shift(trace, (near.to.1, &own), to, target, &mut forcing) {
                    shots.push(forcing);
                }
            }
        } else if at < from {
            let mut forcing = base.clone();
            if self.shift(trace, (near.from.1, &own), from, at.saturating_sub(1), &mut forcing) {
                shots.push(forcing);
            }
        }
        shots
    }

    /// Moves an event from one instant to another, as far as the delays on the way to it allow that
    /// `fixed` does not hold; false if none of them moves.
    fn shift(
        self,
        trace: &Trace,
        (event, fixed): (u32, &BTreeSet<u32>),
        from: u64,
        to: u64,
        forcing: &mut Forcing,
    ) -> bool {
        let (mut way, mut event) = (Vec::new(), event);
        while event != 0 {
            let fired = trace.events[event as usize];
            if let Some(made) = fired.made.filter(|_| !fixed.contains(&event)) {
                let made = trace.choices[made as usize];
                way.extend(self.ends(&made, from <= to));
            }
            event = fired.parent;
        }
        if self.first == First::Farthest {
            way.sort_by_key(|&(_, value, end)| std::cmp::Reverse(u64::abs_diff(value, end)));
        }
        let (mut now, mut moved) = (from, false);
        for (choice, value, end) in way {
            if now == to {
                break;
            }
            let step = u64::abs_diff(now, to).min(u64::abs_diff(value, end));
            let (new, then) =
                if from <= to { (value + step, now + step) } else { (value - step, now - step) };
            forcing.overrides.insert(choice, new);
            moved |= step > 0;
            now = then;
        }
        moved
    }

    /// A delay that was made, and how far it can grow or shrink.
    fn ends(self, made: &Made, grow: bool) -> Option<(Choice, u64, u64)> {
        let law: &Law = match self.setup.form(made.choice.site, made.choice.entity) {
            SiteForm::Delay(law) | SiteForm::Connect(law) => law,
            _ => return None,
        };
        let value = made.value?;
        let high = || law.support().high.unwrap_or_else(|| law.quantile_upper(1e-9));
        let end = if grow { high().max(value) } else { law.low().min(value) };
        Some((made.choice, value, end))
    }
}

/// The events that led to one, itself included.
fn ancestors(trace: &Trace, event: u32) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    let mut event = event;
    while all.insert(event) {
        event = trace.events[event as usize].parent;
    }
    all
}
