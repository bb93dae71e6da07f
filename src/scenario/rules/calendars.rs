//! Rules of calendars and windows.

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::calendars::{Used, resolved};
use crate::scenario::names::Names;
use crate::scenario::read::Fields;
use crate::scenario::types::{Calendar, CalendarId, Rollout, Step, Windows, Work};
use crate::units::Span;

/// Windows are computed week by week, so a plan with windows ends within a century.
const HORIZON_MAX: Span = Span(100 * 366 * Span::DAY.0);

/// Windows need a start to be counted from, and open at least once.
pub(in crate::scenario) fn windows_open(
    used: &[Used<'_>],
    rollout: &Rollout,
    fields: &Fields<'_>,
    calendars: &[Calendar],
    bag: &mut Diagnostics,
) {
    let Some(first) = used.first() else { return };
    let Some(start) = &rollout.start else {
        let stated = fields.get("rollout").and_then(|node| node.as_table()?.get("start"));
        if stated.is_none() {
            let message = "windows need the rollout's start on the calendar";
            bag.push(
                Diagnostic::new(Code::NoStart, first.span.clone(), message)
                    .hint("state [rollout] start = \"2016-11-25T20:00[Europe/Berlin]\""),
            );
        }
        return;
    };
    if rollout.horizon > HORIZON_MAX {
        let message = "with windows, a rollout's horizon is at most 100 years";
        bag.error(Code::OutOfRange, first.span.clone(), message);
        return;
    }
    for used in used {
        let calendar = resolved(used.windows, calendars);
        if start.open(&calendar, rollout.horizon).is_empty() {
            let message = "these windows do not open before the horizon";
            bag.error(Code::NeverOpen, used.span.clone(), message);
        }
    }
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
