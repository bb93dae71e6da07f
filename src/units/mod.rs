//! Numbers with meaning: time, bytes, rates, ratios.
//!
//! In: nothing. Out: plain integers with names, and their text forms. Next: `statistics`.

mod amount;
mod decimal;
mod ratio;
mod time;

pub use amount::{Bytes, Rate};
pub use ratio::Ratio;
pub use time::{Instant, Span, parse_read_rate, read_rate_pattern};
