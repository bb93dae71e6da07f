//! Margins as data: how far each assumption can be moved.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::plan::Plan;
use crate::report::verify::{SetData, set};
use crate::report::verify_any::sentence;
use crate::report::words::Names;
use crate::verify::{Base, Bound, Cures, End, Margin, Margins, Proved, Region, What};

/// All margins of a plan. Times are microseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarginsData {
    /// The goal that they are about: "exposed" then means that somebody misses it; `null`: the hazards.
    pub goal: Option<String>,
    /// With so many faults allowed, beside those that cost nothing.
    pub faults: usize,
    /// "safe", "exposed" or "unknown": before anything is moved. "safe" means that nothing but the known
    /// fault sets exposes anybody, "exposed" that it takes no fault.
    pub base: &'static str,
    /// For any number of tenants: as long as nobody waits longer for pools; `null`: however long
    /// anybody waits.
    pub wait_us: Option<u64>,
    /// What is waited for.
    pub pools: Vec<String>,
    /// Why one tenant cannot stand for all; while there is a reason, there are no margins.
    pub gaps: Vec<String>,
    /// Both ends of each bound.
    pub ends: Vec<MarginData>,
    /// The safe region of two of them, if it was asked for.
    pub region: Option<RegionData>,
    /// Single changes of the plan that make it safe, if it is not.
    pub changes: Option<CuresData>,
    /// Schedules that should replay and do not: a bug of cutover.
    pub bugs: Vec<SetData>,
    /// States kept.
    pub states: u64,
    /// Transitions computed.
    pub transitions: u64,
}

/// How far one end can be moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarginData {
    /// The name of the bound, as `[expect.verify] margins` has it.
    pub name: String,
    /// "duration", "transfer", "timeout", "retry wait", "undo", "landing", "lease", "trigger",
    /// "outage", "pace" or "bend" (of a fault).
    pub what: &'static str,
    /// The fact, if it is a lease.
    pub fact: Option<String>,
    /// "upper" or "lower".
    pub end: &'static str,
    /// As the plan assumes it; `null`: without a bound.
    pub assumed_us: Option<u64>,
    /// "any": however far it is moved; "up-to"; "nowhere": it alone does not make the plan safe;
    /// "unknown": the budget ended first.
    pub proved: &'static str,
    /// Up to where nothing new is possible (with "unknown": at least so far).
    pub proved_us: Option<u64>,
    /// The first value at which somebody is exposed; replayed by the simulator.
    pub exposed_from_us: Option<u64>,
    /// The first exposed value is 1 µs beyond the last proved one.
    pub exact: bool,
    /// How far the end can be moved out; negative: how far it has to be moved in.
    pub margin_us: Option<i64>,
    /// The share of draws beyond what is proved; `null`: nothing is drawn.
    pub beyond: Option<f64>,
    /// Each of these draws one such value, unless something is tried again.
    pub each: Option<String>,
    /// A schedule at the first exposed value.
    pub witness: Option<SetData>,
}

/// The safe region of two ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionData {
    /// The first end.
    pub first: SideData,
    /// The second.
    pub second: SideData,
    /// The border, exact at these values of the first end; between them it is no nearer than the
    /// stair through them.
    pub corners: Vec<CornerData>,
    /// The budget was enough for all of them.
    pub complete: bool,
}

/// Single changes of the plan's own knobs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CuresData {
    /// Those with which nothing is possible any more with so many faults, each proved; of a ladder
    /// of changes the mildest.
    pub by: Vec<CureData>,
    /// Changes that were tried.
    pub tried: u32,
    /// Changes for which there was no time.
    pub untried: u32,
}

/// A change that makes the plan safe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CureData {
    /// In words.
    pub change: String,
    /// The lines of a file that extends the scenario.
    pub toml: String,
    /// For any number of tenants: as long as nobody waits longer for pools; `null`: however long
    /// anybody waits.
    pub wait_us: Option<u64>,
}

/// One side of a region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideData {
    /// The name of the bound.
    pub name: String,
    /// "upper" or "lower".
    pub end: &'static str,
    /// As the plan assumes it; `null`: without a bound.
    pub assumed_us: Option<u64>,
}

/// A point of the border.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CornerData {
    /// The first end; `null`: infinity.
    pub first_us: Option<u64>,
    /// For the second end: "any", "up-to", "nowhere" or "unknown".
    pub proved: &'static str,
    /// Up to where it is proved.
    pub second_us: Option<u64>,
    /// The first value at which somebody is exposed; replayed by the simulator.
    pub exposed_from_us: Option<u64>,
}

impl MarginsData {
    /// As data. `plan`: of the whole rollout.
    #[must_use]
    pub fn new(
        plan: &Plan,
        margins: &Margins,
        region: Option<&Region>,
        cures: Option<&Cures>,
    ) -> MarginsData {
        let data = |margin: &Margin| data(plan, &margins.bounds[margin.bound], margin);
        MarginsData {
            goal: margins.goal.map(|goal| Names::new(plan).goal(goal).to_owned()),
            faults: margins.faults,
            base: match margins.base {
                Base::Safe => "safe",
                Base::Exposed => "exposed",
                Base::Unknown => "unknown",
            },
            wait_us: margins.wait.map(|wait| wait.0),
            pools: waited_for(plan),
            gaps: margins.gaps.iter().map(|&gap| sentence(&Names::new(plan), gap)).collect(),
            ends: margins.margins.iter().map(data).collect(),
            region: region.map(region_data),
            changes: cures.map(changes),
            bugs: margins.bugs.iter().map(|bug| set(&bug.setup, &bug.found)).collect(),
            states: margins.progress.states,
            transitions: margins.progress.transitions,
        }
    }

    /// The budget ended before everything was known.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        let unknown = self.ends.iter().any(|end| end.proved == "unknown");
        let region = self.region.as_ref().is_some_and(|region| !region.complete);
        let changes = self.changes.as_ref().is_some_and(|changes| changes.untried > 0);
        self.base == "unknown" || unknown || region || changes || !self.bugs.is_empty()
    }
}

/// Pools that steps use.
fn waited_for(plan: &Plan) -> Vec<String> {
    let used = plan.steps.iter().flat_map(|step| step.uses.iter().map(|used| used.pool));
    let used: BTreeSet<u16> = used.collect();
    used.into_iter().map(|pool| plan.scenario.pools[usize::from(pool)].name.clone()).collect()
}

fn data(plan: &Plan, bound: &Bound, margin: &Margin) -> MarginData {
    let (end, assumed) = (margin.end, bound.assumed(margin.end));
    let (proved, proved_us) = proved(margin.proved);
    let by = |from: u64, to: u64| {
        let by = i64::try_from(from.abs_diff(to)).unwrap_or(i64::MAX);
        if (to >= from) == (end == End::Upper) { by } else { -by }
    };
    let exact = margin.exact();
    MarginData {
        name: bound.name.clone(),
        what: what(bound.what),
        fact: match bound.what {
            What::Lease(fact) => Some(plan.scenario.facts[usize::from(fact)].name.clone()),
            _ => None,
        },
        end: side(end),
        assumed_us: assumed,
        proved,
        proved_us,
        exposed_from_us: margin.exposed.as_ref().map(|(at, _)| *at),
        exact,
        margin_us: assumed.zip(proved_us).filter(|_| proved == "up-to").map(|(a, p)| by(a, p)),
        beyond: proved_us.and_then(|to| bound.beyond(end, to)),
        each: bound.each.map(|kind| plan.kinds[kind.index()].name.clone()),
        witness: margin.exposed.as_ref().map(|(_, shown)| set(&shown.setup, &shown.found)),
    }
}

fn changes(cures: &Cures) -> CuresData {
    let by = cures.by.iter().map(|cure| CureData {
        change: cure.words.clone(),
        toml: cure.toml.clone(),
        wait_us: cure.wait.map(|wait| wait.0),
    });
    CuresData { by: by.collect(), tried: cures.tried, untried: cures.untried }
}

fn region_data(region: &Region) -> RegionData {
    let side = |(bound, end): &(Bound, End)| SideData {
        name: bound.name.clone(),
        end: side(*end),
        assumed_us: bound.assumed(*end),
    };
    let corners = region.corners.iter().map(|corner| {
        let (proved, second_us) = proved(corner.second);
        let exposed_from_us = corner.exposed;
        CornerData { first_us: corner.first, proved, second_us, exposed_from_us }
    });
    RegionData {
        first: side(&region.ends[0]),
        second: side(&region.ends[1]),
        corners: corners.collect(),
        complete: region.complete,
    }
}

fn proved(proved: Proved) -> (&'static str, Option<u64>) {
    match proved {
        Proved::Any => ("any", None),
        Proved::UpTo(to) => ("up-to", Some(to)),
        Proved::Nowhere => ("nowhere", None),
        Proved::AtLeast(to) => ("unknown", to),
    }
}

fn side(end: End) -> &'static str {
    match end {
        End::Upper => "upper",
        End::Lower => "lower",
    }
}

fn what(what: What) -> &'static str {
    match what {
        What::Duration => "duration",
        What::Transfer => "transfer",
        What::Timeout => "timeout",
        What::RetryWait => "retry wait",
        What::Undo => "undo",
        What::Landing => "landing",
        What::Lease(_) => "lease",
        What::Trigger => "trigger",
        What::Outage => "outage",
        What::Pace => "pace",
        What::Bend => "bend",
    }
}
