//! `[expect.simulate]` against simulated values.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::plan::Plan;
use crate::scenario::{Expected, Measure, Scenario};
use crate::simulate::{Options, Stopping, simulate};
use crate::statistics::round9;
use crate::units::Span;

use super::search::{SearchRow, searched};
use super::verify::{VerifyRow, verified};

/// One expectation and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The keys below `[expect.simulate]`: `makespan`, or `wait` and the pool's name.
    pub path: Vec<String>,
    /// Least value expected; durations in microseconds.
    pub low: f64,
    /// Greatest value expected.
    pub high: f64,
    /// What was simulated; `None` if there was nothing to measure.
    pub got: Option<f64>,
    /// The values are microseconds.
    pub duration: bool,
    /// It lies inside.
    pub met: bool,
}

/// A scenario held against its expectations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// One for each measure, in the order of the file.
    pub rows: Vec<Row>,
    /// Tables that no engine checks yet.
    pub unchecked: Vec<String>,
    /// What was expected of `verify`, and what it answered.
    pub verified: Vec<VerifyRow>,
    /// What was expected of `search`, and what it found.
    pub searched: Vec<SearchRow>,
    /// Seed and replications, if anything was simulated.
    pub run: Option<(u64, u32)>,
}

/// Runs what `[expect]` asks for, on its own seed and number of replications.
#[must_use]
pub fn check(scenario: &Scenario, progress: &(dyn Fn(u32) + Sync)) -> Checked {
    let mut checked =
        Checked { unchecked: scenario.expect.unchecked.clone(), ..Checked::default() };
    if let Some(expect) = &scenario.expect.verify {
        checked.verified = verified(scenario, expect);
    }
    if let Some(expect) = &scenario.expect.search {
        checked.searched = searched(scenario, expect);
    }
    let Some(expect) = &scenario.expect.simulate else { return checked };
    if expect.measures.is_empty() {
        return checked;
    }
    let plan = Arc::new(Plan::compile(scenario));
    let setup = Setup::new(plan, expect.seed);
    let stopping = Stopping::Replications(expect.replications);
    let campaign = simulate(&setup, Options { stopping, ..Options::default() }, progress);
    let row = |expected: &Expected| {
        let got = campaign.summary.measure(expected.measure).map(round9);
        let (low, high) = (expected.low, expected.high);
        Row {
            path: path(scenario, expected.measure),
            low,
            high,
            got,
            duration: expected.measure.is_duration(),
            met: got.is_some_and(|got| inside(got, low, high, expected.measure.is_duration())),
        }
    };
    checked.rows = expect.measures.iter().map(row).collect();
    checked.run = Some((expect.seed, expect.replications));
    checked
}

/// Inside up to what rounding to a microsecond, or to 9 digits, does.
fn inside(got: f64, low: f64, high: f64, duration: bool) -> bool {
    let slack = |end: f64| if duration { 0.5 + 1e-8 * end.abs() } else { 1e-8 * end.abs() };
    low - slack(low) <= got && got <= high + slack(high)
}

/// Where a measure stands below `[expect.simulate]`.
fn path(scenario: &Scenario, measure: Measure) -> Vec<String> {
    let name = match measure {
        Measure::Reads(hazard) | Measure::Windows(hazard) => {
            Some(&scenario.hazards[usize::from(hazard)].name)
        }
        Measure::Wait(pool) => Some(&scenario.pools[usize::from(pool.0)].name),
        Measure::Faults(fault) => Some(&scenario.faults[usize::from(fault)].name),
        _ => None,
    };
    std::iter::once(measure.name().to_owned()).chain(name.cloned()).collect()
}

impl Row {
    /// The measure for people: "wait: moves".
    #[must_use]
    pub fn name(&self) -> String {
        self.path.join(": ")
    }

    /// What was expected, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        // One value is written once.
        if self.low.to_bits() == self.high.to_bits() {
            return self.value(self.low);
        }
        format!("{} to {}", self.value(self.low), self.value(self.high))
    }

    /// What came of it, in words.
    #[must_use]
    pub fn got(&self) -> String {
        self.got.map_or_else(|| "nothing to measure".to_owned(), |got| self.value(got))
    }

    fn value(&self, value: f64) -> String {
        if self.duration { exact(value).to_string() } else { round9(value).to_string() }
    }
}

/// Microseconds as a time.
pub(super) fn exact(micros: f64) -> Span {
    Span(micros.max(0.0).round() as u64)
}
