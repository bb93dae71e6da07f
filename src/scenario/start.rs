//! The rollout's start on the calendar, and what follows from it: the only place that computes with
//! time zones (design T1). Everything after it counts microseconds since the start.
//!
//! **The clock on the wall.** A window begins and ends when the local clock reaches its times. A time
//! that the clock skips (daylight saving begins) is reached at the jump; one that it shows twice
//! (daylight saving ends) is reached the first time. So `Sat 22:00 - Sun 06:00` lasts 7 h on the night
//! an hour short and 9 h on the night an hour long.

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{AmbiguousOffset, Disambiguation, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use super::read::shortened;
use super::types::{Calendar, DAY, Days, Period, WEEK};
use crate::units::{Instant, Span};

/// Years in which a rollout may start: with horizon and durations all dates stay below 9999.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

/// A rollout's start in its time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Start(ZonedDateTime);

impl Start {
    /// Reads `"2016-11-25T20:00[Europe/Berlin]"`. The time zones are those compiled in.
    ///
    /// # Errors
    /// A phrase that says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Start, String> {
        let parser = DateTimeParser::new().disambiguation(Disambiguation::Reject);
        let zones = TimeZoneDatabase::bundled();
        let start = parser.parse_zoned_datetime_with(&zones, text).map_err(|e| e.to_string())?;
        if !YEARS.contains(&start.year()) {
            return Err(format!("a rollout starts between {} and {}", YEARS.start(), YEARS.end()));
        }
        if start.timestamp().subsec_nanosecond() % 1000 != 0 {
            return Err("a start is a whole number of microseconds".to_owned());
        }
        Ok(Start(start))
    }

    /// The form that a start is written in, as a regular expression: for tools that know forms but
    /// no time zones.
    #[must_use]
    pub fn pattern() -> &'static str {
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}(:?[0-9]{2}){0,2}.*\[.+\]$"
    }

    /// The form of a local time or day without a zone, likewise.
    #[must_use]
    pub fn date_pattern() -> &'static str {
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"
    }

    /// The name of its time zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.0.time_zone().iana_name().unwrap_or("local time")
    }

    fn at(&self, instant: Instant) -> ZonedDateTime {
        let micros = i64::try_from(instant.0).unwrap_or(i64::MAX);
        let timestamp = self.0.timestamp().saturating_add(SignedDuration::from_micros(micros));
        let timestamp = timestamp.unwrap_or(Timestamp::MAX);
        timestamp.to_zoned_datetime(self.0.time_zone().clone())
    }

    /// An instant of a run as RFC 3339 writes it in local time: `2016-11-26T04:00:00+01:00`.
    #[must_use]
    pub fn rfc3339(&self, instant: Instant) -> String {
        let at = self.at(instant);
        at.timestamp().display_with_offset(at.offset()).to_string()
    }

    /// An instant of a run as people read it: `Sat 2016-11-26 04:00:00`.
    #[must_use]
    pub fn local(&self, instant: Instant) -> String {
        self.at(instant).strftime("%a %Y-%m-%d %H:%M:%S").to_string()
    }

    /// The local date so long before the start, as in `2016-11-12`.
    #[must_use]
    pub fn date_before(&self, ago: Span) -> String {
        let micros = i64::try_from(ago.0).unwrap_or(i64::MAX);
        let timestamp = self.0.timestamp().saturating_sub(SignedDuration::from_micros(micros));
        let timestamp = timestamp.unwrap_or(Timestamp::MIN);
        timestamp.to_zoned_datetime(self.0.time_zone().clone()).strftime("%F").to_string()
    }

    /// How long it is from the start until the local clock reaches "2016-12-03T20:00", or the midnight
    /// at which "2016-12-03" begins; nothing if that is over.
    ///
    /// # Errors
    /// A phrase that says what is wrong.
    pub(super) fn until(&self, text: &str) -> Result<Span, String> {
        Ok(Span(self.micros(local(text)?).max(0).cast_unsigned()))
    }

    /// How long before the start the local clock reached such a time; `None`: not before it.
    ///
    /// # Errors
    /// A phrase that says what is wrong.
    pub(super) fn since(&self, text: &str) -> Result<Option<Span>, String> {
        let at = self.micros(local(text)?);
        Ok((at <= 0).then_some(Span(at.unsigned_abs())))
    }

    /// When a calendar is open: half-open intervals in microseconds since the start, sorted and apart.
    /// All of them that begin by `until` are there; the last may end earlier than the calendar
    /// closes only if that is after `until`.
    #[must_use]
    pub fn open(&self, calendar: &Calendar, until: Span) -> Vec<(u64, u64)> {
        let until = i64::try_from(until.0).unwrap_or(i64::MAX);
        let mut open = match calendar.windows.as_slice() {
            [] => vec![(0, i64::MAX)],
            _ => self.weekly(calendar, until),
        };
        merge(&mut open);
        let cut = |days: &Days| {
            let after = days.to.tomorrow().unwrap_or(Date::MAX);
            (self.micros(days.from.at(0, 0, 0, 0)), self.micros(after.at(0, 0, 0, 0)))
        };
        let mut closed: Vec<(i64, i64)> = calendar.except.iter().map(cut).collect();
        merge(&mut closed);
        let open = without(&open, &closed).into_iter();
        let open = open.filter(|&(from, to)| to > 0 && from <= until);
        open.map(|(from, to)| (from.max(0).cast_unsigned(), to.cast_unsigned())).collect()
    }

    /// When hours or days of the local clock begin, in microseconds since the start: after 0, up to
    /// `until`. A day begins when the clock reaches its midnight; an hour whenever the clock shows or
    /// skips a full hour, so that one that it shows twice is two.
    #[must_use]
    pub fn periods(&self, period: Period, until: Span) -> Vec<u64> {
        let until = i64::try_from(until.0).unwrap_or(i64::MAX);
        let (mut begins, mut at, mut date) = (Vec::new(), 0, self.0.date());
        loop {
            at = match period {
                Period::Hour => self.next_hour(at),
                Period::Day => {
                    date = plus(date, 1);
                    self.micros(date.at(0, 0, 0, 0))
                }
            };
            if at > until {
                return begins;
            }
            // A zone that moved over the date line has skipped a day.
            if at > 0 && begins.last() != Some(&at.cast_unsigned()) {
                begins.push(at.cast_unsigned());
            }
        }
    }

    /// When the local clock shows or skips a full hour next after so many microseconds since the start.
    fn next_hour(&self, at: i64) -> i64 {
        const HOUR: i64 = Span::HOUR.0.cast_signed();
        let zone = self.0.time_zone();
        let now = self.at(Instant(at.cast_unsigned()));
        let jump = zone
            .following(now.timestamp())
            .next()
            .map(|jump| jump.timestamp().as_microsecond() - self.0.timestamp().as_microsecond());
        let next = at + HOUR - into_hour(&now);
        let Some(jump) = jump.filter(|&jump| jump < next) else { return next };
        let after = self.at(Instant(jump.cast_unsigned()));
        let ahead = i64::from(after.offset().seconds() - now.offset().seconds()) * 1_000_000;
        let skips = into_hour(&now) + (jump - at) + ahead >= HOUR;
        if skips || into_hour(&after) == 0 { jump } else { self.next_hour(jump) }
    }

    /// Every window that begins in the weeks from before the start to `until`.
    fn weekly(&self, calendar: &Calendar, until: i64) -> Vec<(i64, i64)> {
        let mut open = Vec::new();
        let date = self.0.date();
        let since_monday = i64::from(date.weekday().to_monday_zero_offset());
        // A window of the week before may still be open.
        let mut week = plus(date, -since_monday - 7);
        while self.micros(week.at(0, 0, 0, 0)) <= until {
            for window in &calendar.windows {
                let times = if window.daily { 7 } else { 1 };
                for day in 0..times {
                    let from = window.from + day * DAY;
                    let ends = [from, from + window.length].map(|at| self.micros(clock(week, at)));
                    // Both ends may lie in the hour that the clock skips.
                    if ends[0] < ends[1] {
                        open.push((ends[0], ends[1]));
                    }
                }
            }
            week = plus(week, i64::from(WEEK / DAY));
        }
        open
    }

    /// Microseconds from the start until the local clock reaches a time; negative before it.
    fn micros(&self, local: DateTime) -> i64 {
        let zone = self.0.time_zone();
        reached(zone, local).as_microsecond() - self.0.timestamp().as_microsecond()
    }
}

/// Reads "2016-12-03T20:00", or "2016-12-03", which is its midnight.
fn local(text: &str) -> Result<DateTime, String> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"-:T ".contains(&byte);
    let shaped = matches!(text.len(), 10 | 16 | 19) && text.bytes().all(plain);
    let local = text.parse::<DateTime>().ok().filter(|_| shaped);
    local.ok_or_else(|| format!("`{}` is no local time", shortened(text)))
}

/// The first instant at which the clock of a time zone shows a time or has skipped it.
fn reached(zone: &TimeZone, local: DateTime) -> Timestamp {
    let far = if local.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(local).unwrap_or(far)
        }
        AmbiguousOffset::Gap { after, .. } => {
            // By the new offset the skipped time lies just before the jump.
            let before = after.to_timestamp(local).unwrap_or(far);
            let jump = zone.following(before).next();
            jump.map_or(before, |jump| jump.timestamp())
        }
    }
}

/// Microseconds since the clock would last have shown a full hour.
fn into_hour(local: &ZonedDateTime) -> i64 {
    let seconds = i64::from(local.minute()) * 60 + i64::from(local.second());
    seconds * 1_000_000 + i64::from(local.subsec_nanosecond()) / 1000
}

fn plus(date: Date, days: i64) -> Date {
    date.saturating_add(SignedDuration::from_hours(24 * days))
}

/// The time on the clock so many minutes after a Monday's midnight, as if every day had 24 h.
fn clock(monday: Date, minutes: u16) -> DateTime {
    let (hour, minute) = (minutes % DAY / 60, minutes % 60);
    let narrow = |part: u16| i8::try_from(part).expect("hours and minutes are below 60");
    plus(monday, i64::from(minutes / DAY)).at(narrow(hour), narrow(minute), 0, 0)
}

/// Sorts intervals and joins those that overlap or touch.
fn merge(intervals: &mut Vec<(i64, i64)>) {
    intervals.sort_unstable();
    intervals.dedup_by(|next, last| {
        let joins = next.0 <= last.1;
        if joins {
            last.1 = last.1.max(next.1);
        }
        joins
    });
}

/// What of `open` is left outside `closed`; both are merged.
fn without(open: &[(i64, i64)], closed: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut left = Vec::new();
    for &(mut from, to) in open {
        // Those that end before it begins do nothing to it.
        let first = closed.partition_point(|&(_, until)| until <= from);
        for &(since, until) in closed[first..].iter().take_while(|&&(since, _)| since < to) {
            if from < since {
                left.push((from, since));
            }
            from = until;
        }
        if from < to {
            left.push((from, to));
        }
    }
    left
}

#[cfg(test)]
mod tests;
