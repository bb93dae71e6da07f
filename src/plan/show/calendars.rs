//! Calendars, and who keeps to them.

use super::words::grouped;
use super::{Page, Plan};
use crate::scenario::{Calendar, Scenario, Windows};

/// All named calendars.
pub(super) fn calendars(page: &mut Page, scenario: &Scenario) {
    if scenario.calendars.is_empty() {
        return;
    }
    page.head("calendars");
    for calendar in &scenario.calendars {
        let mut lines: Vec<String> = calendar.windows.iter().map(ToString::to_string).collect();
        if lines.is_empty() {
            lines.push("always".to_owned());
        }
        if !calendar.except.is_empty() {
            lines.push(format!("except {}", listed(&calendar.except)));
        }
        page.rows(&calendar.name, &lines);
    }
}

/// "inside Fri 20:00 - Mon 06:00 (52 times up to the horizon)".
pub(super) fn inside(plan: &Plan, windows: &Windows, calendar: Option<u16>) -> String {
    let name = named(&plan.scenario, windows);
    let times = calendar.map_or(0, |calendar| {
        plan.calendars[usize::from(calendar)].boundaries.len().div_ceil(2) as u64
    });
    let plural = if times == 1 { "time" } else { "times" };
    format!("inside {name} ({} {plural} up to the horizon)", grouped(times))
}

/// The name of a calendar, or the windows themselves.
pub(super) fn named(scenario: &Scenario, windows: &Windows) -> String {
    let named: Calendar = scenario.calendar(windows);
    if named.name.is_empty() { listed(&named.windows) } else { named.name }
}

fn listed<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ")
}
