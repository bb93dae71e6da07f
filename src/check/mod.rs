//! Scenarios and findings held against what they are expected to do.
//!
//! In: a loaded scenario, or a finding. Out: a [`Row`] for each expectation, a [`Rerun`] of the
//! finding; and the text of a scenario with its expectations brought up to date. Next: `report`.
//!
//! **What a green result does not mean.** An expectation holds on its own seed and number of
//! replications. It pins a behaviour; it proves nothing about other orders of events.

mod finding;
mod full;
mod margins;
mod scenario;
mod search;
mod update;
mod verify;

pub use finding::{Rerun, Unfit, harms, missed_of, overrides, rerun, rerun_on, window_of};
pub use full::{InFull, in_full};
pub use scenario::{Checked, Row, check};
pub use search::SearchRow;
pub use update::{is_scenario, update};
pub use verify::VerifyRow;
