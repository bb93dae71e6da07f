//! How far an end has to be moved for a path to be possible: its threshold.
//!
//! A path is possible up to some bound p of one end iff its system of differences has a solution in which
//! no delay there passes p. The least such p of a path is what the next exploration begins below
//! (discrete Newton over paths; methods 1.5, after the threshold of a parametric negative cycle). With
//! whole bounds it is a whole number, and is found on whole numbers.

use crate::kernel::Setup;
use crate::plan::{SiteForm, SiteId};
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::trace::{Life, Trace, must};

/// An end of the interval of a site that the environment decides: only such sites are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) site: SiteId,
    /// The upper end: the greatest delay is made as small as it can be; else the least as great.
    pub(super) upper: bool,
}

impl Trace {
    /// Leaves only the solutions that need the least of an end, and says how much that is; `None`: the
    /// path does not pass the site, or any value will do.
    pub(super) fn stretch(&self, setup: &Setup, system: &mut Dbm, end: Stretch) -> Option<u64> {
        let moved = |life: &&Life| {
            life.armed.choice.is_some_and(|choice| {
                let form = setup.form(choice.site, choice.entity);
                choice.site == end.site && matches!(form, SiteForm::Outside { .. })
            })
        };
        let lives: Vec<&Life> = self.lives.iter().filter(moved).collect();
        let within = |system: &mut Dbm, bound: i64| {
            lives.iter().all(|life| match end.upper {
                true => system.and(life.variable, life.event, bound),
                false => system.and(life.event, life.variable, -bound),
            })
        };
        // What one of them needs by itself; together they may need more.
        let alone = lives.iter().map(|life| match end.upper {
            true => -system.bound(life.event, life.variable),
            false => system.bound(life.variable, life.event),
        });
        let alone = if end.upper { alone.max() } else { alone.min() };
        let alone = alone.filter(|&bound| bound != NONE)?;
        let away = |by: i64| if end.upper { alone + by } else { alone - by };
        let mut enough = 0;
        while !within(&mut system.clone(), away(enough)) {
            enough = 2 * enough + 1;
        }
        let mut short = if enough == 0 { 0 } else { enough / 2 };
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            if within(&mut system.clone(), away(middle)) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        must(within(system, away(enough)));
        Some(u64::try_from(away(enough)).expect("delays are not negative"))
    }
}
