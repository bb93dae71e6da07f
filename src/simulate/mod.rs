//! Many replications of a rollout, and what they say together.
//!
//! In: a plan, a seed, how many replications or how precise. Out: a [`Campaign`]: one [`Record`] per
//! replication, in order, and their [`Summary`]; [`Finding`]s that replay. Next: `check`.
//!
//! The unit of inference is the replication: tenants of one run share pools and groups, so they are
//! not independent (design, section 5).
//!
//! **What a quiet result does not mean.** Replications show what is likely. That none of them
//! exposed anyone bounds the probability; it does not say that no order of events can.

mod campaign;
mod course;
mod exposure;
mod finding;
mod full;
mod reads;
mod record;
mod contribution;
mod replay;
mod summary;
mod ties;
mod twice;
mod waits;

pub use campaign::{Campaign, Options, Stopping, simulate};
pub use contribution::{Contribution, predicted_contribution};
pub use course::{CourseSummary, HaltRow, WaveSummary};
pub use exposure::{Exposed, Exposure};
pub use finding::{Finding, OverrideName, Site, at, find, name_choice, schedule};
pub use full::{Attempt, Others, Reached, Shown, Trial, try_in_full};
pub use reads::Reads;
pub use record::{End, Halt, ROWS_MAX, Record, Row};
pub use replay::{Forced, Misfit, Replay, replay, resolve};
pub use summary::{CauseRow, Estimate, PoolSummary, Quantile, Share, Summary};
pub use ties::{find_order, is_order, name_order};
pub use twice::{Difference, Doubled, Side, twice};
pub use waits::{Beyond, waits_beyond};
