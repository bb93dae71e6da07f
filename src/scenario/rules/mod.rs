//! What must hold beyond the shape of the file: one named function for each rule.
//!
//! In: typed parts and where they stand. Out: problems. Next: the scenario is complete.

mod crash;
mod calendars;
mod effects;
mod faults;
mod links;
mod margins;
mod people;
mod population;
mod repetitions;
mod steps;
mod waves;

pub(super) use calendars::*;
pub(super) use crash::*;
pub(super) use effects::*;
pub(super) use faults::*;
pub(super) use links::*;
pub(super) use margins::*;
pub(super) use people::*;
pub(super) use population::*;
pub(super) use repetitions::*;
pub(super) use steps::*;
pub(super) use waves::*;
