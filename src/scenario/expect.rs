//! `[expect]`: what the engines must answer.

use std::ops::Range;

use super::dist::{self, Quantity};
use super::margins::{self, ExpectMargin};
use super::names::Names;
use super::read::{self, Fields};
use super::schema;
use super::tree::{Entry, Node, Value};
use super::types::PoolId;
use super::words;
use crate::diagnostics::{Code, Diagnostics};

/// What a scenario expects of the engines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// `[expect.simulate]`.
    pub simulate: Option<ExpectSimulate>,
    /// `[expect.verify]`.
    pub verify: Option<ExpectVerify>,
    /// `[expect.search]`.
    pub search: Option<ExpectSearch>,
    /// Engine tables, or keys of them, that are present but that no engine checks yet.
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

/// What is expected of a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectVerify {
    /// For a rollout of exactly so many tenants; `None`: for any number.
    pub tenants: Option<u32>,
    /// Sets of at most so many faults; 2 unless said.
    pub faults: u16,
    /// Distributions without an end are cut so that a tenant has a draw beyond with this chance.
    pub coverage: Option<f64>,
    /// True: safe; false: exposed.
    pub safe: Option<bool>,
    /// Minimal sets of faults that expose somebody, by index, each in order, the list in order.
    pub fault_sets: Option<Vec<Vec<u16>>>,
    /// The longest window over these sets, in microseconds; `None` inside: it need not end.
    pub longest: Option<Option<u64>>,
    /// For any number of tenants: as long as nobody waits longer for pools, in microseconds; `None`
    /// inside: however long anybody waits.
    pub wait: Option<Option<u64>>,
    /// Minimal sets of faults that miss a goal, over all goals, written as those of the hazards.
    pub goal_fault_sets: Option<Vec<Vec<u16>>>,
    /// As `wait`, for the goals: the least over all.
    pub goal_wait: Option<Option<u64>>,
    /// How far bounds can be moved, in the order of the file.
    pub margins: Vec<ExpectMargin>,
    /// They are taken with so many faults allowed, beside those that cost nothing; none unless said.
    pub margin_faults: u16,
}

/// What is expected of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectSearch {
    /// Of population and strategies; 1 unless said.
    pub seed: u64,
    /// Within so many runs; 1,000 unless said.
    pub runs: u64,
    /// True: it exposes somebody; false: nobody.
    pub exposes: Option<bool>,
    /// Minimal sets of faults that its findings take, by index, each in order, the list in order.
    pub fault_sets: Option<Vec<Vec<u16>>>,
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
    /// Share of runs in which the rollout was halted.
    RunsHalted,
    /// Tenants that a halt kept from starting, mean per run.
    NeverStarted,
    /// Rollbacks done, mean per run.
    RolledBack,
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
    /// How long the wave with this index takes, mean of the runs in which it ends (a duration).
    Wave(u16),
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
    Measure::RunsHalted,
    Measure::NeverStarted,
    Measure::RolledBack,
    Measure::Makespan,
];

impl Measure {
    /// The key that states it (of `reads`, `windows`, `wait`, `faults`, `waves`: the table).
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
            Measure::RunsHalted => "runs-halted",
            Measure::NeverStarted => "never-started",
            Measure::RolledBack => "rolled-back",
            Measure::Makespan => "makespan",
            Measure::Reads(_) => "reads",
            Measure::Windows(_) => "windows",
            Measure::Wait(_) => "wait",
            Measure::Faults(_) => "faults",
            Measure::Wave(_) => "waves",
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
                | Measure::Wave(_)
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
    if let Some(node) = fields.get("verify") {
        expect.verify = verify(node, names, bag);
    }
    expect.search = fields.get("search").and_then(|node| search(node, names, bag));
    for engine in ["estimate", "capacity"] {
        let Some(node) = fields.get(engine) else {
            continue;
        };
        expect.unchecked.push(engine.to_owned());
        let _ = read::table(node, &format!("[expect.{engine}]"), bag);
    }
    expect
}

/// Reads `[expect.verify]`.
fn verify(node: &Node, names: &Names, bag: &mut Diagnostics) -> Option<ExpectVerify> {
    let fields = Fields::open(node, &schema::EXPECT_VERIFY, bag)?;
    let margins = fields.get("margins").map(|node| margins::expected(node, bag));
    let among = fields.get("margin-faults");
    let among = among.map_or(Some(0), |node| read::whole_u32(node, 0..=16, bag));
    let tenants = fields.get("tenants").map(|node| read::whole_u32(node, 1..=100_000, bag));
    let faults = fields.get("faults").map_or(Some(2), |node| read::whole_u32(node, 0..=16, bag));
    let coverage = fields.get("coverage").and_then(|node| coverage(node, bag));
    let safe = fields.get("verdict").map(|node| verdict(node, bag));
    let sets = fields.get("fault-sets").map(|node| fault_sets(node, names, bag));
    let longest = fields.get("longest-window").map(|node| longest(node, bag));
    let goal_sets = fields.get("goal-fault-sets").map(|node| fault_sets(node, names, bag));
    let mut waits = ["wait", "goal-wait"].map(|key| {
        let node = fields.get(key)?;
        if tenants.is_some() {
            let text = "with `tenants`, the others are there: nobody's wait is assumed";
            bag.error(Code::Expectation, node.span.clone(), text);
        }
        self::longest(node, bag)
    });
    let few = |faults| u16::try_from(faults).expect("at most 16");
    Some(ExpectVerify {
        tenants: tenants.flatten(),
        faults: few(faults?),
        coverage,
        safe: safe.flatten(),
        fault_sets: sets,
        longest: longest.flatten(),
        wait: waits[0].take(),
        goal_fault_sets: goal_sets,
        goal_wait: waits[1].take(),
        margins: margins.unwrap_or_default(),
        margin_faults: few(among?),
    })
}

/// Reads `[expect.search]`.
fn search(node: &Node, names: &Names, bag: &mut Diagnostics) -> Option<ExpectSearch> {
    const RUNS_MAX: i64 = 10_000_000;
    let fields = Fields::open(node, &schema::EXPECT_SEARCH, bag)?;
    let whole = |key: &str, low: i64, high: i64, otherwise: u64, bag: &mut Diagnostics| {
        let stated = fields.get(key).map(|node| read::whole(node, low..=high, bag));
        stated.map_or(Some(otherwise), |read| read.map(i64::cast_unsigned))
    };
    let seed = whole("seed", 0, i64::MAX, 1, bag);
    let runs = whole("runs", 1, RUNS_MAX, 1_000, bag);
    let exposes = fields.get("verdict").map(|node| read::word(node, &words::SEARCHED, bag));
    let sets = fields.get("fault-sets").map(|node| fault_sets(node, names, bag));
    if let (Some(node), Some(Some(exposes)), Some(sets)) =
        (fields.get("fault-sets"), exposes, &sets)
        && exposes == sets.is_empty()
    {
        let word = if exposes { "exposes" } else { "harmless" };
        let text = format!("these sets do not go with the verdict `{word}`");
        bag.error(Code::Expectation, node.span.clone(), text);
    }
    Some(ExpectSearch { seed: seed?, runs: runs?, exposes: exposes.flatten(), fault_sets: sets })
}

fn coverage(node: &Node, bag: &mut Diagnostics) -> Option<f64> {
    let chance = read::number(node, bag)?;
    if (1e-12..=0.5).contains(&chance) {
        return Some(chance);
    }
    bag.error(Code::Expectation, node.span.clone(), "a chance between 1e-12 and 0.5");
    None
}

fn verdict(node: &Node, bag: &mut Diagnostics) -> Option<bool> {
    let text = read::text(node, bag)?;
    match text.text.as_str() {
        "safe" => Some(true),
        "exposed" => Some(false),
        _ => {
            bag.error(Code::Expectation, node.span.clone(), "a verdict is `safe` or `exposed`");
            None
        }
    }
}

fn longest(node: &Node, bag: &mut Diagnostics) -> Option<Option<u64>> {
    if matches!(&node.value, Value::String(text) if text.text == "unbounded") {
        return Some(None);
    }
    dist::quantity(node, Quantity::Duration, bag).map(Some)
}

/// Lists of fault names, as sorted lists of indices.
fn fault_sets(node: &Node, names: &Names, bag: &mut Diagnostics) -> Vec<Vec<u16>> {
    let mut sets = Vec::new();
    for set in read::list(node, "lists of fault names", bag).unwrap_or_default() {
        let mut faults = Vec::new();
        for name in read::list(set, "fault names", bag).unwrap_or_default() {
            let Some(text) = read::text(name, bag) else { continue };
            match names.faults.position(&text.text).and_then(|at| u16::try_from(at).ok()) {
                Some(at) => faults.push(at),
                None => {
                    let span = name.span.clone();
                    bag.push(names.faults.unknown(Code::UnknownName, "fault", &text.text, span));
                }
            }
        }
        faults.sort_unstable();
        sets.push(faults);
    }
    sets.sort_unstable();
    sets
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
        } else if ["reads", "windows", "wait", "faults", "waves"].contains(&entry.key.as_str()) {
            by_name(entry, names, &mut measures, bag);
        }
    }
    Some(ExpectSimulate { seed: seed?.cast_unsigned(), replications: replications?, measures })
}

/// `reads`, `windows`, `wait`, `faults`, `waves`: one measure for each name.
fn by_name(table: &Entry, names: &Names, measures: &mut Vec<Expected>, bag: &mut Diagnostics) {
    let Some(entries) = read::table(&table.node, &format!("`{}`, by name", table.key), bag) else {
        return;
    };
    let (index, code, what) = match table.key.as_str() {
        "wait" => (&names.pools, Code::UnknownPool, "pool"),
        "faults" => (&names.faults, Code::UnknownName, "fault"),
        "waves" => (&names.waves, Code::UnknownName, "wave"),
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
            "waves" => Measure::Wave(at),
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
    } else if matches!(measure, Measure::RunsWithExposure | Measure::RunsHalted) && high > 1.0 {
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
