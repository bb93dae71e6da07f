//! Results as plain, versioned data, and that data as text, JSON, CSV or JUnit XML: one file a
//! format.
//!
//! In: a [`crate::simulate::Campaign`], a replay, a check. Out: strings. Next: `cli`.
//!
//! Nothing here prints, and nothing here measures: a figure that two formats show is computed once.

mod check;
mod course;
mod data;
mod exposures;
mod finding;
mod json;
mod json_schema;
mod junit;
mod margins;
mod margins_text;
mod plan;
mod prevented;
mod proved;
mod reference;
mod replay;
mod search;
mod search_odds;
mod search_text;
mod simulate;
mod story;
#[cfg(test)]
mod tests;
mod text;
mod twice;
mod unfinished;
mod verify;
mod verify_any;
mod verify_covered;
mod verify_goals;
mod verify_contribution;
mod verify_text;
mod words;

pub use check::{CheckReport, Counts, ExpectationData, FileData, State};
pub use course::{CourseData, HaltCauseData, WaveData};
pub use data::*;
pub use exposures::exposures;
pub use finding::{finding_file, misfit_line, misfit_lines};
pub use json::json;
pub use json_schema::json_schema;
pub use junit::junit;
pub use margins::{CornerData, CureData, CuresData, MarginData, MarginsData, RegionData, SideData};
pub use plan::{PlanReport, StepData, plan_report};
pub use prevented::{ChangeData, PreventedData, TriedData};
pub use proved::proved_file;
pub use reference::reference;
pub use replay::{Compared, NotNominal, ReplayReport, ReplayedMiss, ReplayedWindow};
pub use search::{
    CoverageData, EnumeratedData, FoundData, SearchReport, SearchedData, StrategyData, search_file,
};
pub use search_odds::{OddsData, SwarmData, UnconfirmedData};
pub use search_text::search_text;
pub use simulate::simulate_report;
pub use story::{LineData, story};
pub use text::{Paint, simulate_text};
pub use twice::{DifferenceData, DoubledData, TwiceReport};
pub use verify::{
    EarliestData, ForcedData, LongestData, ScopeData, SetData, VerifyReport, WitnessData,
};
pub use verify_any::{AnyNumberData, FullData, PredictedData, WaitsData};
pub use verify_contribution::ContributionData;
pub use verify_covered::{BoundData, CoveredData};
pub use verify_goals::GoalVerdictData;

/// The version of the JSON formats; raised when a key changes its meaning or goes.
pub const FORMAT: u32 = 1;
