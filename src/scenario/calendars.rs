//! `[calendars]`, and windows and shifts wherever they are used.

use std::ops::Range;

use jiff::civil::Date;

use super::names::{Names, plain_name};
use super::population::by_name;
use super::profiles::{self, Stated};
use super::read::{self, Fields};
use super::schema;
use super::start::Start;
use super::tree::{Node, Value};
use super::types::{
    Calendar, CalendarId, DAY, DAYS, Days, Pool, Rollout, Scenario, Shift, Step, WEEK, Weekly,
    Windows,
};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Windows or excepted days of one calendar, shifts of one pool, entries of one profile: each is
/// computed for every week.
pub(super) const ENTRIES_MAX: usize = 64;
/// Calendars of a scenario.
const CALENDARS_MAX: usize = 512;
const WINDOW: &str =
    "write a window as \"Fri 20:00 - Mon 06:00\", or \"22:00 - 06:00\" for every day";

pub(super) fn calendars(
    fields: &Fields<'_>,
    names: &mut Names,
    bag: &mut Diagnostics,
) -> Vec<Calendar> {
    let entries = by_name(fields, "calendars", bag);
    if let Some(first) = entries.get(CALENDARS_MAX) {
        let message = format!("more than {CALENDARS_MAX} calendars");
        bag.error(Code::TooMany, first.key_span.clone(), message);
    }
    let mut calendars = Vec::new();
    for entry in entries.iter().take(CALENDARS_MAX) {
        plain_name("calendar", &entry.key, &entry.key_span, bag);
        names.calendars.add("calendar", &entry.key, entry.key_span.clone(), bag);
        let calendar = calendar(&entry.key, &entry.node, bag);
        calendars.push(Calendar { name: entry.key.clone(), ..calendar.unwrap_or_default() });
    }
    calendars
}

fn calendar(name: &str, node: &Node, bag: &mut Diagnostics) -> Option<Calendar> {
    let fields = Fields::open(node, &schema::CALENDAR, bag)?;
    if !fields.has("windows") && !fields.has("except") {
        let message = format!("the calendar `{name}` has neither `windows` nor `except`");
        bag.error(Code::MissingKey, fields.span.clone(), message);
    }
    let windows = fields.get("windows").map(|node| weeklies(node, bag)).unwrap_or_default();
    let except = fields.get("except").map(|node| excepted(node, bag)).unwrap_or_default();
    Some(Calendar { name: String::new(), windows, except })
}

/// `windows` of a step, a shift or the rollout: the name of a calendar, or a list. An empty list is
/// no limit: it takes a base's windows away.
pub(super) fn windows(
    fields: &Fields<'_>,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Windows> {
    let node = fields.get("windows")?;
    let Value::String(text) = &node.value else {
        let windows = weeklies(node, bag);
        return (!windows.is_empty()).then_some(Windows::Here(windows));
    };
    if text.text.contains(':') {
        let message = "one window alone is a list, too";
        bag.push(
            Diagnostic::new(Code::WrongType, node.span.clone(), message)
                .hint("write windows = [\"…\"]; a string is the name of a calendar"),
        );
        return None;
    }
    let at = names.calendar(&text.text, &node.span, bag)?;
    Some(Windows::Named(at))
}

fn weeklies(node: &Node, bag: &mut Diagnostics) -> Vec<Weekly> {
    entries(node, "windows", bag, |text| {
        weekly(text).map_err(|reason| (Code::BadWindow, reason, WINDOW))
    })
}

fn excepted(node: &Node, bag: &mut Diagnostics) -> Vec<Days> {
    let hint = "write a date as \"2016-12-24\", or both ends of several days as \"2016-12-24 - 2016-12-27\"";
    entries(node, "dates", bag, |text| days(text).map_err(|reason| (Code::BadDate, reason, hint)))
}

/// A list of texts, each read by `parse`.
fn entries<T>(
    node: &Node,
    what: &str,
    bag: &mut Diagnostics,
    parse: impl Fn(&str) -> Result<T, (Code, String, &'static str)>,
) -> Vec<T> {
    let items = read::list(node, what, bag).unwrap_or_default();
    if let Some(item) = items.get(ENTRIES_MAX) {
        bag.error(Code::TooMany, item.span.clone(), format!("more than {ENTRIES_MAX} {what}"));
    }
    let mut parsed = Vec::new();
    for item in items.iter().take(ENTRIES_MAX) {
        let Some(text) = read::text(item, bag) else { continue };
        match parse(&text.text) {
            Ok(value) => parsed.push(value),
            Err((code, reason, hint)) => {
                bag.push(Diagnostic::new(code, item.span.clone(), reason).hint(hint));
            }
        }
    }
    parsed
}

/// "Fri 20:00 - Mon 06:00", or "22:00 - 06:00".
fn weekly(text: &str) -> Result<Weekly, String> {
    let shown = read::shortened(text);
    let (from, to) =
        text.split_once('-').ok_or_else(|| format!("`{shown}` is no window: it has no `-`"))?;
    let ((first, from), (last, to)) = (moment(from)?, moment(to)?);
    if from == DAY {
        return Err("a window begins before 24:00; write 00:00 of the next day".to_owned());
    }
    let (from, to, daily) = match (first, last) {
        (Some(first), Some(last)) => (first * DAY + from, last * DAY + to, false),
        (None, None) => (from, to, true),
        _ => return Err(format!("`{shown}` names a day at one end only")),
    };
    let around = if daily { DAY } else { WEEK };
    if from == to {
        return Err(format!("`{shown}` ends where it begins"));
    }
    let length = if to > from { to - from } else { to + around - from };
    Ok(Weekly { from, length, daily })
}

/// A day of the week, if there is one, and minutes after its midnight.
fn moment(text: &str) -> Result<(Option<u16>, u16), String> {
    let mut words = text.split_whitespace();
    let (first, second) = (words.next(), words.next());
    let (day, time) = match (first, second, words.next()) {
        (Some(time), None, None) => (None, time),
        (Some(day), Some(time), None) => (Some(day), time),
        _ => return Err(format!("`{}` is no time of a week", read::shortened(text.trim()))),
    };
    let known = |day: &str| {
        let at = DAYS.iter().position(|name| day.eq_ignore_ascii_case(name));
        let at = at.and_then(|at| u16::try_from(at).ok());
        at.ok_or_else(|| format!("`{}` is no day; write Mon, Tue, …, Sun", read::shortened(day)))
    };
    let day = day.map(known).transpose()?;
    let minutes = minutes(time)
        .ok_or_else(|| format!("`{}` is no time of day, 00:00 to 24:00", read::shortened(time)))?;
    Ok((day, minutes))
}

fn minutes(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let digits = |text: &str, most: usize| {
        let plain = !text.is_empty() && text.len() <= most;
        let plain = plain && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|_| minutes.len() == 2)?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= DAY).then_some(time)
}

/// "2016-12-24", or "2016-12-24 - 2016-12-27".
fn days(text: &str) -> Result<Days, String> {
    let date = |text: &str| {
        let text = text.trim();
        let date = text.parse::<Date>().ok().filter(|_| text.len() == "2016-12-24".len());
        date.ok_or_else(|| format!("`{}` is no date", read::shortened(text)))
    };
    let (from, to) = text.split_once(" - ").unwrap_or((text, text));
    let (from, to) = (date(from)?, date(to)?);
    if to < from {
        return Err(format!("`{to}` comes before `{from}`"));
    }
    Ok(Days { from, to })
}

/// `start` of the rollout.
pub(super) fn start(fields: &Fields<'_>, bag: &mut Diagnostics) -> Option<Start> {
    let node = fields.get("start")?;
    let start = Start::parse(&read::text(node, bag)?.text);
    let told = |reason: String| {
        bag.push(
            Diagnostic::new(Code::BadDate, node.span.clone(), reason)
                .hint("write a local time and its zone: \"2016-11-25T20:00[Europe/Berlin]\""),
        );
    };
    start.map_err(told).ok()
}

/// `shifts` of a pool. The first whose windows are open counts.
pub(super) fn shifts(fields: &Fields<'_>, names: &Names, bag: &mut Diagnostics) -> Vec<Shift> {
    let Some(node) = fields.get("shifts") else { return Vec::new() };
    let items = read::list(node, "tables { windows, slots }", bag).unwrap_or_default();
    if let Some(item) = items.get(ENTRIES_MAX) {
        bag.error(Code::TooMany, item.span.clone(), format!("more than {ENTRIES_MAX} shifts"));
    }
    let shift = |item: &Node| {
        let fields = Fields::open(item, &schema::SHIFT, bag)?;
        let windows = windows(&fields, names, bag);
        let slots = fields.whole_u32("slots", bag);
        if windows.is_none() && fields.get("windows").is_some_and(is_empty) {
            let message = "a shift without windows never begins";
            bag.error(Code::NeverOpen, fields.place("windows"), message);
        }
        Some(Shift { windows: windows?, slots: slots? })
    };
    items.iter().take(ENTRIES_MAX).filter_map(shift).collect()
}

pub(super) fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::Array(items) if items.is_empty())
}

/// Windows that are used, with their place.
pub(super) struct Used<'a> {
    pub(super) windows: &'a Windows,
    pub(super) span: Range<usize>,
}

/// All windows that something keeps to.
pub(super) fn used<'a>(
    fields: &Fields<'_>,
    rollout: &'a Rollout,
    pools: &'a [Pool],
    steps: &'a [Step],
    step_fields: &[Option<Fields<'_>>],
    profiles: &'a [Stated],
) -> Vec<Used<'a>> {
    let mut used = Vec::new();
    let node = fields.get("rollout").and_then(|node| node.as_table()?.get("windows"));
    if let (Some(windows), Some(node)) = (&rollout.windows, node) {
        used.push(Used { windows, span: node.span.clone() });
    }
    used_by_pools(fields, pools, &mut used);
    for (step, fields) in steps.iter().zip(step_fields) {
        if let (Some(windows), Some(fields)) = (&step.windows, fields) {
            used.push(Used { windows, span: fields.place("windows") });
        }
    }
    used.extend(profiles::used(profiles));
    used
}

fn used_by_pools<'a>(fields: &Fields<'_>, pools: &'a [Pool], used: &mut Vec<Used<'a>>) {
    let tables = fields.get("pools").and_then(Node::as_table);
    for pool in pools {
        let node = tables.and_then(|tables| tables.get(&pool.name)).and_then(Node::as_table);
        let Some(list) = node.and_then(|pool| pool.get("shifts")) else { continue };
        let Value::Array(items) = &list.value else { continue };
        // One that could not be read is not there; the whole list is then the place.
        let whole = items.len() == pool.shifts.len();
        for (at, shift) in pool.shifts.iter().enumerate() {
            let place = items[at].as_table().and_then(|table| table.get("windows"));
            let span = place.filter(|_| whole).map_or(&list.span, |node| &node.span).clone();
            used.push(Used { windows: &shift.windows, span });
        }
    }
}

impl Scenario {
    /// What a use of windows means: a named calendar, or one of its own.
    #[must_use]
    pub fn calendar(&self, windows: &Windows) -> Calendar {
        resolved(windows, &self.calendars)
    }
}

pub(super) fn resolved(windows: &Windows, calendars: &[Calendar]) -> Calendar {
    match windows {
        Windows::Named(CalendarId(at)) => calendars[usize::from(*at)].clone(),
        Windows::Here(windows) => Calendar { windows: windows.clone(), ..Calendar::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_and_written() {
        for (text, from, length, written) in [
            ("Fri 20:00 - Mon 06:00", 4 * 1440 + 1200, 58 * 60, "Fri 20:00 - Mon 06:00"),
            ("wed 22:00-THU 4:00", 2 * 1440 + 1320, 360, "Wed 22:00 - Thu 04:00"),
            ("Mon 00:00 - Sun 24:00", 0, 10_080, "Mon 00:00 - Sun 24:00"),
            ("Sun 23:00 - Mon 00:00", 6 * 1440 + 1380, 60, "Sun 23:00 - Sun 24:00"),
            ("Tue 12:00 - Tue 11:00", 1440 + 720, 10_020, "Tue 12:00 - Tue 11:00"),
            ("22:00 - 06:00", 1320, 480, "22:00 - 06:00"),
            ("00:00 - 24:00", 0, 1440, "00:00 - 24:00"),
        ] {
            let window = weekly(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!((window.from, window.length), (from, length), "{text}");
            assert_eq!(window.to_string(), written);
        }
    }

    #[test]
    fn refused_windows_teach() {
        for (text, reason) in [
            ("Fri 20:00", "`Fri 20:00` is no window: it has no `-`"),
            ("Fri 20:00 - 06:00", "`Fri 20:00 - 06:00` names a day at one end only"),
            ("Fri 20:00 - Fri 20:00", "`Fri 20:00 - Fri 20:00` ends where it begins"),
            ("Fr 20:00 - Mon 06:00", "`Fr` is no day; write Mon, Tue, …, Sun"),
            ("Fri 25:00 - Mon 06:00", "`25:00` is no time of day, 00:00 to 24:00"),
            ("Fri 20:60 - Mon 06:00", "`20:60` is no time of day, 00:00 to 24:00"),
            ("Fri 24:00 - Mon 06:00", "a window begins before 24:00; write 00:00 of the next day"),
            ("at night - Mon 06:00", "`at` is no day; write Mon, Tue, …, Sun"),
            ("- 06:00", "`` is no time of a week"),
        ] {
            assert_eq!(weekly(text), Err(reason.to_owned()));
        }
    }

    #[test]
    fn days_are_read_and_written() {
        for text in ["2016-12-24", "2016-12-24 - 2016-12-27"] {
            assert_eq!(days(text).map(|days| days.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(days("2016-12-24 - 2016-12-24").unwrap().to_string(), "2016-12-24");
        assert_eq!(
            days("2016-12-27 - 2016-12-24"),
            Err("`2016-12-24` comes before `2016-12-27`".to_owned())
        );
        for bad in ["2016-02-30", "24.12.2016", "", "2016-12-24T12:00"] {
            assert!(days(bad).is_err(), "{bad}");
        }
    }
}
