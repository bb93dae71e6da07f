//! A bound on wall time, which exists only here: nothing that is computed depends on it, only how much
//! of it is.

use std::time::Duration;

use crate::units::Span;

#[expect(clippy::disallowed_types, reason = "this is the layer that has a clock")]
type Instant = std::time::Instant;

/// When to stop beginning anything new.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now, or never.
    #[must_use]
    pub(super) fn after(budget: Option<Span>) -> Deadline {
        // What overflows the clock is never reached.
        Deadline(budget.and_then(|span| Instant::now().checked_add(Duration::from_micros(span.0))))
    }

    /// It is past.
    #[must_use]
    pub(super) fn over(self) -> bool {
        self.0.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
