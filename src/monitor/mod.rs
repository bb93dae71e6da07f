//! Watching a run: windows of exposure, measures, the timeline.
//!
//! In: events of a [`crate::kernel::Sim`]. Out: an [`Outcome`] per run, or a [`Timeline`] of one tenant. Next: the
//! engines.

mod course;
mod measures;
mod misses;
mod outcome;
mod timeline;
mod windows;

pub use course::{Course, Halted, WaveTimes};
pub use measures::PoolUse;
pub use misses::{Miss, Misses};
pub use outcome::{Missed, Outcome, StopReason, Stopped, Watch, each_exposure, exposure_time};
pub use timeline::{Moment, Timeline};
pub use windows::{Cause, Opener, Window};
