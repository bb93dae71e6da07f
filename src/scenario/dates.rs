//! Instants before which something does not start: so long after the rollout's start, or a local
//! time on its calendar.

use std::ops::Range;

use super::read::{Fields, shortened};
use super::start::Start;
use super::types::Rollout;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::Span;

/// What such instants are counted from and held against.
#[derive(Clone, Copy)]
pub(super) struct Dates<'a> {
    start: Option<&'a Start>,
    /// A start is stated, even if it cannot be read.
    stated: bool,
    horizon: Span,
}

const HINT: &str = "write how long after the start, \"48h\", or a local time, \"2016-12-03T20:00\"";

impl<'a> Dates<'a> {
    /// Of the rollout that these fields of a file describe.
    pub(super) fn of(top: &Fields<'_>, rollout: &'a Rollout) -> Dates<'a> {
        let start = top.get("rollout").and_then(|node| node.as_table()?.get("start"));
        let (stated, horizon) = (start.is_some(), rollout.horizon);
        Dates { start: rollout.start.as_ref(), stated, horizon }
    }

    /// Reads an instant; one before the rollout's start is its start.
    pub(super) fn read(
        self,
        text: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<Span> {
        // Whoever writes 3.12.2016 means a date, too.
        let dated = text.as_bytes().get(4) == Some(&b'-') || text.matches('.').count() == 2;
        let read = if dated { self.start(span, bag)?.until(text) } else { Span::parse(text) };
        match read {
            Err(reason) => {
                bag.push(Diagnostic::new(Code::BadDate, span.clone(), reason).hint(HINT));
                None
            }
            Ok(at) if at > self.horizon => {
                let message = format!("`{}` is after the horizon of the rollout", shortened(text));
                bag.push(
                    Diagnostic::new(Code::AfterHorizon, span.clone(), message)
                        .hint("a run ends at [rollout] horizon, 52w unless said"),
                );
                None
            }
            Ok(at) => Some(at),
        }
    }

    /// Reads a local time before the rollout's start; how long before.
    pub(super) fn before(
        self,
        text: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<Span> {
        let read = self.start(span, bag)?.since(text).and_then(|ago| {
            ago.ok_or_else(|| format!("`{}` is after the rollout's start", shortened(text)))
        });
        let told = |reason| {
            let hint =
                "write the local time before the start at which it moved, \"2016-11-12T22:00\"";
            bag.push(Diagnostic::new(Code::BadDate, span.clone(), reason).hint(hint));
        };
        read.map_err(told).ok()
    }

    fn start(self, span: &Range<usize>, bag: &mut Diagnostics) -> Option<&'a Start> {
        if self.start.is_none() && !self.stated {
            let message = "a date needs the rollout's start on the calendar";
            bag.push(
                Diagnostic::new(Code::NoStart, span.clone(), message)
                    .hint("state [rollout] start = \"2016-11-25T20:00[Europe/Berlin]\""),
            );
        }
        self.start
    }
}
