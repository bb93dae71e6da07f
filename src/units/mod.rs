//! Numbers with meaning: time, bytes, rates, ratios.
//!
//! In: nothing. Out: plain integers with names, and their text forms. Next: `diagnostics`.

mod amount;
mod ratio;
mod time;

pub use amount::{Bytes, Rate};
pub use ratio::Ratio;
pub use time::{Instant, Span};
