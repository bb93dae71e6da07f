//! Rules of calendars and windows.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::calendars::{Used, resolved};
use crate::scenario::names::Names;
use crate::scenario::quotas;
use crate::scenario::read::Fields;
use crate::scenario::start::Start;
use crate::scenario::types::{Calendar, CalendarId, Rollout, Step, Windows, Work};
use crate::units::Span;

/// Windows are computed week by week, so a plan with windows ends within a century.
const HORIZON_MAX: Span = Span(100 * 366 * Span::DAY.0);

/// Windows and quotas need a start to be counted from; windows open at least once.
pub(in crate::scenario) fn calendar_is_known(
    used: &[Used<'_>],
    rollout: &Rollout,
    fields: &Fields<'_>,
    calendars: &[Calendar],
    bag: &mut Diagnostics,
) {
    if let Some(first) = quotas::first(fields) {
        on_the_calendar("quotas", &first.span, rollout, fields, bag);
    }
    let Some(first) = used.first() else { return };
    let Some(start) = on_the_calendar("windows", &first.span, rollout, fields, bag) else { return };
    for used in used {
        let calendar = resolved(used.windows, calendars);
        if start.open(&calendar, rollout.horizon).is_empty() {
            let message = "these windows do not open before the horizon";
            bag.error(Code::NeverOpen, used.span.clone(), message);
        }
    }
}

/// The start, if there is one and what needs it (`what`) can be computed up to the horizon.
fn on_the_calendar<'r>(
    what: &str,
    span: &Range<usize>,
    rollout: &'r Rollout,
    fields: &Fields<'_>,
    bag: &mut Diagnostics,
) -> Option<&'r Start> {
    if rollout.start.is_none() {
        let stated = fields.get("rollout").and_then(|node| node.as_table()?.get("start"));
        if stated.is_none() {
            let message = format!("{what} need the rollout's start on the calendar");
            bag.push(
                Diagnostic::new(Code::NoStart, span.clone(), message)
                    .hint("state [rollout] start = \"2016-11-25T20:00[Europe/Berlin]\""),
            );
        }
    } else if rollout.horizon > HORIZON_MAX {
        let message = format!("with {what}, a rollout's horizon is at most 100 years");
        bag.error(Code::OutOfRange, span.clone(), message);
        return None;
    }
    rollout.start.as_ref()
}

/// What fits is judged by a duration, and against a window.
pub(in crate::scenario) fn fits_in_windows(
    steps: &[Step],
    fields: &[Option<Fields<'_>>],
    bag: &mut Diagnostics,
) {
    for (step, fields) in steps.iter().zip(fields) {
        let Some(fields) = fields.as_ref().filter(|_| step.fits) else { continue };
        if !fields.has("windows") {
            let message = format!("`{}` has no windows that anything could fit into", step.name);
            bag.error(Code::Fits, fields.place("fits"), message);
        } else if matches!(step.work, Work::Transfer { .. }) && fields.has("transfer") {
            let message = format!("how long `{}` takes depends on its size", step.name);
            bag.push(
                Diagnostic::new(Code::Fits, fields.place("fits"), message)
                    .related(fields.place("transfer"), "its transfer"),
            );
        }
    }
}

/// A warning: nobody keeps to the calendar.
pub(in crate::scenario) fn calendars_are_used(
    used: &[Used<'_>],
    names: &Names,
    bag: &mut Diagnostics,
) {
    let named: Vec<CalendarId> = used
        .iter()
        .filter_map(|used| match used.windows {
            Windows::Named(id) => Some(*id),
            Windows::Here(_) => None,
        })
        .collect();
    for (at, name) in names.calendars.names().iter().enumerate() {
        if !named.iter().any(|id| usize::from(id.0) == at) {
            let message = format!("nothing keeps to the calendar `{name}`");
            bag.error(Code::UnusedCalendar, names.calendars.span(at), message);
        }
    }
}
