//! Calendars: when something may start, how many slots there are, how busy users are.

use std::fmt;

use jiff::civil::Date;

/// Index of a calendar in [`super::Scenario::calendars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarId(pub u16);

/// Weekly windows and days on which they are closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// As written, a plain name; empty for windows written where they are used.
    pub name: String,
    /// Open in their union; none at all: always.
    pub windows: Vec<Weekly>,
    /// Blackout dates and holidays.
    pub except: Vec<Days>,
}

/// The windows that a step, a shift or the rollout keeps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Those of a calendar.
    Named(CalendarId),
    /// Written on the spot, at least one.
    Here(Vec<Weekly>),
}

/// One window of the week, by the wall clock of the rollout's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekly {
    /// It begins so many minutes after Monday 00:00; if daily, after each midnight.
    pub from: u16,
    /// It ends when the clock shows so many minutes more, 1 to a week (a daily one: to a day).
    pub length: u16,
    /// It begins anew every day.
    pub daily: bool,
}

/// Local days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

/// Another number of slots while a calendar is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// While these are open.
    pub windows: Windows,
    /// So many slots; 0: nobody enters.
    pub slots: u32,
}

/// How busy a user is, by the calendar: it reads and connects so much more or less often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Index in [`super::Scenario::users`].
    pub user: u16,
    /// The first whose windows are open counts.
    pub busy: Vec<Busy>,
    /// Outside all of them.
    pub otherwise: Factor,
}

/// A factor while windows are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// While these are open.
    pub windows: Windows,
    /// As often as the user says, times this.
    pub factor: Factor,
}

/// A factor in millionths, 0 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor(pub u32);

impl Factor {
    /// Changes nothing.
    pub const ONE: Factor = Factor(1_000_000);
    const MAX: f64 = 1000.0;

    /// A number that is a whole number of millionths and no greater than 1,000.
    pub(in crate::scenario) fn exactly(number: f64) -> Option<Factor> {
        if !(0.0..=Factor::MAX).contains(&number) {
            return None;
        }
        let factor = Factor((number * 1e6).round() as u32);
        (factor.number().total_cmp(&(number + 0.0)).is_eq()).then_some(factor)
    }

    fn number(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// As it is written: "0.25".
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// A stretch of the local clock for which a quota holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// Begins whenever the clock shows or skips a full hour.
    Hour,
    /// Begins with every date.
    Day,
}

impl Period {
    /// Both, as [`Quotas`] has them.
    pub const ALL: [Period; 2] = [Period::Hour, Period::Day];
}

/// How much may be used up in each [`Period`], by its number; `None`: any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas(pub [Option<u64>; 2]);

impl Quotas {
    /// That of one sort of period.
    #[must_use]
    pub fn of(self, period: Period) -> Option<u64> {
        self.0[period as usize]
    }

    /// True if there is none.
    #[must_use]
    pub fn none(self) -> bool {
        self == Quotas::default()
    }
}

/// Minutes of a day.
pub(in crate::scenario) const DAY: u16 = 24 * 60;
/// Minutes of a week.
pub(in crate::scenario) const WEEK: u16 = 7 * DAY;
/// Days as windows name them, Monday first.
pub(in crate::scenario) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Weekly {
    /// The form that a window is written in, as a regular expression: for tools that know forms but
    /// do not compare the two ends.
    #[must_use]
    pub fn pattern() -> String {
        let day = DAYS.map(|day| {
            let either =
                |c: char| format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase());
            day.chars().map(either).collect::<String>()
        });
        let (day, time) = (day.join("|"), "([0-9]|[01][0-9]|2[0-4]):[0-5][0-9]");
        let moment = format!(r"({day})\s+{time}");
        format!(r"^\s*({moment}\s*-\s*{moment}|{time}\s*-\s*{time})\s*$")
    }
}

impl Days {
    /// The form that days are written in, as a regular expression.
    #[must_use]
    pub fn pattern() -> &'static str {
        r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*( - \s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*)?$"
    }
}

/// As it is written: "Fri 20:00 - Mon 06:00".
impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.from + self.length;
        let (day, clock) = (|minutes: u16| DAYS[usize::from(minutes / DAY % 7)], clock);
        if self.daily {
            return write!(f, "{} - {}", clock(self.from), clock(end));
        }
        // The end of Sunday is 24:00, not the beginning of the Monday before it.
        let (last, at) = match end % DAY {
            0 => (end - 1, "24:00".to_owned()),
            _ => (end, clock(end)),
        };
        write!(f, "{} {} - {} {at}", day(self.from), clock(self.from), day(last))
    }
}

/// "06:00"; the end of a day is 24:00.
fn clock(minutes: u16) -> String {
    let of_day = if minutes == DAY { DAY } else { minutes % DAY };
    format!("{:02}:{:02}", of_day / 60, of_day % 60)
}

/// "2016-12-24", or "2016-12-24 - 2016-12-27".
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return write!(f, "{}", self.from);
        }
        write!(f, "{} - {}", self.from, self.to)
    }
}
