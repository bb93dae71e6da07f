//! `[expect]`: what the engines must answer.

use std::ops::Range;

use super::dist::{self, Quantity};
use super::names::Names;
use super::read::{self, Fields};
use super::schema;
use super::tree::{Entry, Node, Value};
use super::types::PoolId;
use crate::diagnostics::{Code, Diagnostics};

/// What a scenario expects of the engines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// `[expect.simulate]`.
    pub simulate: Option<ExpectSimulate>,
    /// Engine tables that are present but that no engine checks yet, for instance `verify`.
    pub unchecked: Vec<String>,
}

/// Measures over many runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectSimulate {
    /// The seed the measures are taken with; 1 unless said.
    pub seed: u64,
    /// Number of runs; 200 unless said.
    pub replications: u32,
    /// In the order of the file.
    pub measures: Vec<Expected>,
}

/// A measure and the closed range it must lie in.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// What is measured.
    pub measure: Measure,
    /// Least value; durations in microseconds.
    pub low: f64,
    /// Greatest value; the same as `low` if one value was stated.
    pub high: f64,
    /// Where the value stands, as an offset into all sources.
    pub span: Range<usize>,
}

/// What can be expected of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Share of runs in which somebody is exposed.
    RunsWithExposure,
    /// Tenants with a window, mean per run.
    TenantsWithWindow,
    /// Tenants who could read, mean per run.
    Viewers,
    /// Tenants whose data could be read, mean per run.
    Exposed,
    /// Expected reads inside windows, mean per run.
    ExpectedReads,
    /// Longest window of all runs (a duration).
    LongestWindow,
    /// Exposure time, mean per run (a duration).
    ExposureTime,
    /// Mean over runs of the median downtime of a tenant (a duration).
    DowntimeMedian,
    /// Largest downtime of all runs (a duration).
    DowntimeMax,
    /// Goals missed, mean per run.
    GoalsMissed,
    /// Stopped tenants, mean per run.
    Stopped,
    /// Stuck tenants, mean per run.
    Stuck,
    /// Retries, mean per run.
    Retries,
    /// When the last tenant is done, mean (a duration).
    Makespan,
    /// Expected reads in the windows of the hazard with this index, per run.
    Reads(u16),
    /// Windows of the hazard with this index, per run.
    Windows(u16),
    /// Mean wait for a pool (a duration).
    Wait(PoolId),
    /// Strikes of the fault with this index, per run.
    Faults(u16),
}

/// The measures without parameters.
const PLAIN: &[Measure] = &[
    Measure::RunsWithExposure,
    Measure::TenantsWithWindow,
    Measure::Viewers,
    Measure::Exposed,
    Measure::ExpectedReads,
    Measure::LongestWindow,
    Measure::ExposureTime,
    Measure::DowntimeMedian,
    Measure::DowntimeMax,
    Measure::GoalsMissed,
    Measure::Stopped,
    Measure::Stuck,
    Measure::Retries,
    Measure::Makespan,
];

impl Measure {
    /// The key that states it (of `reads`, `windows`, `wait`, `faults`: the table).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Measure::RunsWithExposure => "runs-with-exposure",
            Measure::TenantsWithWindow => "tenants-with-window",
            Measure::Viewers => "viewers",
            Measure::Exposed => "exposed",
            Measure::ExpectedReads => "expected-reads",
            Measure::LongestWindow => "longest-window",
            Measure::ExposureTime => "exposure-time",
            Measure::DowntimeMedian => "downtime-median",
            Measure::DowntimeMax => "downtime-max",
            Measure::GoalsMissed => "goals-missed",
            Measure::Stopped => "stopped",
            Measure::Stuck => "stuck",
            Measure::Retries => "retries",
            Measure::Makespan => "makespan",
            Measure::Reads(_) => "reads",
            Measure::Windows(_) => "windows",
            Measure::Wait(_) => "wait",
            Measure::Faults(_) => "faults",
        }
    }

    /// True if its values are microseconds.
    #[must_use]
    pub fn is_duration(self) -> bool {
        matches!(
            self,
            Measure::LongestWindow
                | Measure::ExposureTime
                | Measure::DowntimeMedian
                | Measure::DowntimeMax
                | Measure::Makespan
                | Measure::Wait(_)
        )
    }
}

/// Reads `[expect]`.
pub(super) fn expect(node: &Node, names: &Names, bag: &mut Diagnostics) -> Expect {
    let mut expect = Expect::default();
    let Some(fields) = Fields::open(node, &schema::EXPECT, bag) else {
        return expect;
    };
    expect.simulate = fields.get("simulate").and_then(|node| simulate(node, names, bag));
    if let Some(verify) = fields.get("verify") {
        let _ = Fields::open(verify, &schema::EXPECT_VERIFY, bag);
    }
    for engine in ["verify", "search", "estimate", "capacity"] {
        let Some(node) = fields.get(engine) else {
            continue;
        };
        expect.unchecked.push(engine.to_owned());
        let Some(table) = read::table(node, &format!("[expect.{engine}]"), bag) else {
            continue;
        };
        for entry in &table.entries {
            unchecked_value(entry, names, bag);
        }
    }
    expect
}

/// Fault names are checked even where no engine is there yet, so that a renamed fault is noticed.
fn unchecked_value(entry: &Entry, names: &Names, bag: &mut Diagnostics) {
    match entry.key.as_str() {
        "fault-sets" | "goal-fault-sets" => {
            for set in read::list(&entry.node, "lists of fault names", bag).unwrap_or_default() {
                for name in read::list(set, "fault names", bag).unwrap_or_default() {
                    let Some(text) = read::text(name, bag) else {
                        continue;
                    };
                    if names.faults.position(&text.text).is_none() {
                        let span = name.span.clone();
                        bag.push(names.faults.unknown(
                            Code::UnknownName,
                            "fault",
                            &text.text,
                            span,
                        ));
                    }
                }
            }
        }
        "verdict" => {
            read::text(&entry.node, bag);
        }
        _ => {}
    }
}

fn simulate(node: &Node, names: &Names, bag: &mut Diagnostics) -> Option<ExpectSimulate> {
    let fields = Fields::open(node, &schema::EXPECT_SIMULATE, bag)?;
    let seed = if fields.has("seed") { fields.whole("seed", bag) } else { Some(1) };
    let replications =
        if fields.has("replications") { fields.whole_u32("replications", bag) } else { Some(200) };
    let mut measures = Vec::new();
    for entry in &read::table(node, "[expect.simulate]", bag)?.entries {
        if let Some(measure) = PLAIN.iter().find(|measure| measure.name() == entry.key) {
            measures.extend(expected(*measure, &entry.node, bag));
        } else if ["reads", "windows", "wait", "faults"].contains(&entry.key.as_str()) {
            by_name(entry, names, &mut measures, bag);
        }
    }
    Some(ExpectSimulate { seed: seed?.cast_unsigned(), replications: replications?, measures })
}

/// `reads`, `windows`, `wait`, `faults`: one measure for each name.
fn by_name(table: &Entry, names: &Names, measures: &mut Vec<Expected>, bag: &mut Diagnostics) {
    let Some(entries) = read::table(&table.node, &format!("`{}`, by name", table.key), bag) else {
        return;
    };
    let (index, code, what) = match table.key.as_str() {
        "wait" => (&names.pools, Code::UnknownPool, "pool"),
        "faults" => (&names.faults, Code::UnknownName, "fault"),
        _ => (&names.hazards, Code::UnknownName, "hazard"),
    };
    for entry in &entries.entries {
        let Some(at) = index.position(&entry.key).and_then(|at| u16::try_from(at).ok()) else {
            bag.push(index.unknown(code, what, &entry.key, entry.key_span.clone()));
            continue;
        };
        let measure = match table.key.as_str() {
            "reads" => Measure::Reads(at),
            "windows" => Measure::Windows(at),
            "wait" => Measure::Wait(PoolId(at)),
            _ => Measure::Faults(at),
        };
        measures.extend(expected(measure, &entry.node, bag));
    }
}

/// One value, or `[low, high]`.
fn expected(measure: Measure, node: &Node, bag: &mut Diagnostics) -> Option<Expected> {
    let (low, high) = match &node.value {
        Value::Array(items) => {
            let [low, high] = items.as_slice() else {
                bag.error(Code::Expectation, node.span.clone(), "a range is written [low, high]");
                return None;
            };
            let (low, high) = (value(measure, low, bag), value(measure, high, bag));
            (low?, high?)
        }
        _ => {
            let value = value(measure, node, bag)?;
            (value, value)
        }
    };
    let problem = if low > high {
        "this range is empty: its first value is the larger one"
    } else if measure == Measure::RunsWithExposure && high > 1.0 {
        "a share lies between 0 and 1"
    } else {
        return Some(Expected { measure, low, high, span: node.span.clone() });
    };
    bag.error(Code::Expectation, node.span.clone(), problem);
    None
}

fn value(measure: Measure, node: &Node, bag: &mut Diagnostics) -> Option<f64> {
    if measure.is_duration() {
        return dist::quantity(node, Quantity::Duration, bag).map(|micros| micros as f64);
    }
    read::number(node, bag)
}
