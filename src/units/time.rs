//! Points in time and lengths of time, in whole microseconds.

use std::fmt;
use std::ops::Add;

use serde::Serialize;

use super::decimal::{Decimal, NUMBER, exact};

/// Microseconds since the rollout's start (design T1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Instant(pub u64);

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span(pub u64);

/// The spellings of a unit and its length; the longest unit first.
const UNITS: [(&[&str], Span); 7] = [
    (&["w", "week", "weeks"], Span::WEEK),
    (&["d", "day", "days"], Span::DAY),
    (&["h", "hour", "hours"], Span::HOUR),
    (&["m", "min", "minute", "minutes"], Span::MINUTE),
    (&["s", "sec", "second", "seconds"], Span::SECOND),
    (&["ms"], Span::MILLISECOND),
    (&["us", "µs", "μs"], Span::MICROSECOND),
];

impl Span {
    /// No time.
    pub const ZERO: Span = Span(0);
    /// The resolution of the simulation.
    pub const MICROSECOND: Span = Span(1);
    /// 10^3 µs.
    pub const MILLISECOND: Span = Span(1_000);
    /// 10^6 µs.
    pub const SECOND: Span = Span(1_000_000);
    /// 60 s.
    pub const MINUTE: Span = Span(60 * Span::SECOND.0);
    /// 60 m.
    pub const HOUR: Span = Span(60 * Span::MINUTE.0);
    /// 24 h: calendar days exist only where windows are computed.
    pub const DAY: Span = Span(24 * Span::HOUR.0);
    /// 7 d.
    pub const WEEK: Span = Span(7 * Span::DAY.0);
    /// The longest span that can be written, 1,000 years of 365.25 days: far beyond any rollout,
    /// and short enough that hundreds of them add up without overflow.
    pub const MAX: Span = Span(365_250 * Span::DAY.0);

    /// Reads `"8h 15m"`, `"1.5d"`, `"250 ms"`; units are `us ms s m h d w` and their usual long
    /// forms, the larger first. Decimals are exact.
    ///
    /// ```
    /// # use cutover::units::Span;
    /// assert_eq!(Span::parse("8h 15m"), Ok(Span(29_700_000_000)));
    /// ```
    ///
    /// # Errors
    /// A phrase that says what to write instead: no unit, an unknown one, a negative or too long
    /// span (see [`Span::MAX`]), or one finer than 1 µs.
    pub fn parse(text: &str) -> Result<Span, String> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err("a duration is missing; write `30s`, `30m` or `30h`".to_owned());
        }
        if rest.starts_with(['-', '−']) {
            return Err(format!("`{rest}` is negative; a duration is `0s` or longer"));
        }
        let mut total = Span::ZERO;
        let mut previous = UNITS.len();
        let mut first = true;
        while !rest.is_empty() {
            let (number, after) = Decimal::split(rest)?;
            let written = rest[..rest.len() - after.len()].trim();
            let (name, after) = split_word(after);
            if let Some(sign) =
                after.chars().next().filter(|c| name.is_empty() && !c.is_ascii_digit())
            {
                let text = text.trim();
                return Err(format!(
                    "`{sign}` means nothing in `{text}`; write `8h 15m` or `8.25h`"
                ));
            }
            if name.is_empty() {
                return Err(format!(
                    "`{written}` has no unit; write `{written}s`, `{written}m` or `{written}h`"
                ));
            }
            let unit = find_unit(name)?;
            if !first && unit <= previous {
                return Err(format!(
                    "`{name}` is out of order in `{}`; write larger units first, each once",
                    text.trim()
                ));
            }
            total = total.plus_part(number, UNITS[unit].1, text.trim())?;
            (previous, first, rest) = (unit, false, after);
        }
        assert!(total <= Span::MAX);
        Ok(total)
    }

    fn plus_part(self, number: Decimal, unit: Span, text: &str) -> Result<Span, String> {
        let (micros, whole) = number.times(unit.0);
        if !whole {
            return Err(format!("`{text}` is finer than 1 us, the smallest step of time"));
        }
        u64::try_from(micros)
            .ok()
            .and_then(|micros| self.checked_add(Span(micros)))
            .filter(|sum| *sum <= Span::MAX)
            .ok_or_else(|| format!("`{text}` is longer than 1000 years"))
    }

    /// The form that [`Span::parse`] reads, as a regular expression: for tools that know forms but
    /// no limits.
    #[must_use]
    pub fn pattern() -> String {
        let part =
            |(names, _): &(&[&str], Span)| format!("({NUMBER}\\s*({})\\s*)?", names.join("|"));
        let parts: String = UNITS.iter().map(part).collect();
        format!("^\\s*(?=[0-9]){parts}$")
    }

    /// The sum, or `None` if it does not fit 64 bits.
    #[must_use]
    pub fn checked_add(self, other: Span) -> Option<Span> {
        self.0.checked_add(other.0).map(Span)
    }

    /// The sum, or the greatest value if it does not fit 64 bits.
    #[must_use]
    pub fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// Seconds, for statistics; exact below 2^53 µs (285 years).
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The two most significant units, rounded, for tables: `"8 h 15 m"`, `"5 d 3 h"`,
    /// `"23.4 weeks"`. Not exact; `Display` is.
    #[must_use]
    pub fn brief(self) -> String {
        let (us, ms, s) = (Span::MICROSECOND.0, Span::MILLISECOND.0, Span::SECOND.0);
        let (m, h, d) = (Span::MINUTE.0, Span::HOUR.0, Span::DAY.0);
        if self.0 == 0 {
            return "0 s".to_owned();
        }
        // Each row: below this length, round to this grain and write these two units.
        let rows = [
            (ms, us, us, us, ["us", "us"]),
            (s, ms, ms, ms, ["ms", "ms"]),
            (m, s / 10, s, s / 10, ["s", "s"]),
            (h, s, m, s, ["m", "s"]),
            (2 * d, m, h, m, ["h", "m"]),
            (14 * d, h, d, h, ["d", "h"]),
        ];
        for (below, grain, big, small, [big_name, small_name]) in rows {
            // Rounding may reach the next row: 59 m 59.9 s is 1 h.
            let rounded = (self.0.saturating_add(grain / 2)) / grain * grain;
            if rounded >= below {
                continue;
            }
            let (whole, part) = (rounded / big, rounded % big / small);
            return match part {
                0 => format!("{whole} {big_name}"),
                _ if big_name == small_name => format!("{whole}.{part} {big_name}"),
                _ => format!("{whole} {big_name} {part} {small_name}"),
            };
        }
        let tenths =
            (u128::from(self.0) * 10 + u128::from(Span::WEEK.0) / 2) / u128::from(Span::WEEK.0);
        format!("{}.{} weeks", tenths / 10, tenths % 10)
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

fn find_unit(name: &str) -> Result<usize, String> {
    UNITS
        .iter()
        .position(|(names, _)| names.contains(&name))
        .ok_or_else(|| format!("unknown unit of time `{name}`; use us, ms, s, m, h, d or w"))
}

/// Exact, and read back by [`Span::parse`] as the same value (up to [`Span::MAX`]).
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = |value: u64, unit: Span| {
            exact(value, unit.0, 6).expect("whole microseconds need 6 decimals at most")
        };
        if self.0 == 0 {
            return f.write_str("0 s");
        }
        if *self < Span::MILLISECOND {
            return write!(f, "{} us", self.0);
        }
        if *self < Span::SECOND {
            return write!(f, "{} ms", decimals(self.0, Span::MILLISECOND));
        }
        // Up to two days people count hours: "36 h", not "1 d 12 h".
        let day = if *self >= Span(2 * Span::DAY.0) { Span::DAY.0 } else { u64::MAX };
        let days = self.0 / day;
        let hours = self.0 % day / Span::HOUR.0;
        let minutes = self.0 % Span::HOUR.0 / Span::MINUTE.0;
        let micros = self.0 % Span::MINUTE.0;
        let mut space = "";
        for (count, name) in [(days, "d"), (hours, "h"), (minutes, "m")] {
            if count > 0 {
                write!(f, "{space}{count} {name}")?;
                space = " ";
            }
        }
        if micros > 0 {
            write!(f, "{space}{} s", decimals(micros, Span::SECOND))?;
        }
        Ok(())
    }
}

impl Instant {
    /// The rollout's start.
    pub const START: Instant = Instant(0);

    /// The time from `earlier` to `self`.
    ///
    /// # Panics
    /// If `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Instant) -> Span {
        assert!(earlier <= self, "{earlier} is later than {self}");
        Span(self.0 - earlier.0)
    }
}

/// Panics if the sum does not fit 64 bits: [`Span::MAX`] makes that a bug, not an input.
impl Add<Span> for Instant {
    type Output = Instant;

    fn add(self, span: Span) -> Instant {
        let sum = self.0.checked_add(span.0);
        Instant(sum.expect("an instant fits 64 bits"))
    }
}

/// The time since the rollout's start, exact, as a [`Span`] is written.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

/// Reads a rate of events, `"6 / h"` or `"1 / 10m"`, as the mean time between two of them,
/// rounded to the nearest microsecond.
///
/// # Errors
/// A phrase without a full stop: no `/`, a rate of 0, or more than one event a microsecond.
pub fn parse_read_rate(text: &str) -> Result<Span, String> {
    let text = text.trim();
    let Some((count, per)) = text.split_once('/') else {
        return Err(format!("`{text}` is not a rate; write `6 / h`"));
    };
    let (number, rest) = Decimal::split(count.trim())?;
    if !rest.trim().is_empty() {
        return Err(format!("`{}` is not a number of reads; write `6 / h`", count.trim()));
    }
    if number.digits == 0 {
        return Err(format!("`{text}` is a rate of 0; leave `reads` out instead"));
    }
    let per = match find_unit(per.trim()) {
        Ok(unit) => UNITS[unit].1,
        Err(unknown) if per.trim().starts_with(|c: char| c.is_alphabetic()) => return Err(unknown),
        Err(_) => Span::parse(per)?,
    };
    let twice = 2 * u128::from(per.0) * 10u128.pow(number.scale) / number.digits;
    match u64::try_from(twice.div_ceil(2)).ok() {
        Some(gap) if gap > 0 && Span(gap) <= Span::MAX => Ok(Span(gap)),
        Some(0) => Err(format!("`{text}` is more than one read a microsecond")),
        _ => Err(format!("`{text}` is less than one read in 1000 years")),
    }
}

/// The form that [`parse_read_rate`] reads, as a regular expression.
#[must_use]
pub fn read_rate_pattern() -> String {
    let units: Vec<&str> = UNITS.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    let span = Span::pattern();
    let span = span.trim_start_matches('^').trim_end_matches('$');
    format!("^\\s*{NUMBER}\\s*/(\\s*({})\\s*|{span})$", units.join("|"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_are_read_exactly() {
        for (text, micros) in [
            ("8h 15m", 29_700_000_000),
            ("8 h 15 m", 29_700_000_000),
            ("8h15m", 29_700_000_000),
            ("1.5d", 129_600_000_000),
            ("250ms", 250_000),
            ("52w", 52 * 604_800_000_000),
            ("0s", 0),
            ("0.000001 s", 1),
            ("0.1 s", 100_000),
            ("3 hours 2 min", 10_920_000_000),
            ("7 µs", 7),
            ("2 m 30.5 s", 150_500_000),
            ("1.10 s", 1_100_000),
        ] {
            assert_eq!(Span::parse(text), Ok(Span(micros)), "{text}");
        }
    }

    #[test]
    fn refused_spans_teach() {
        for (text, message) in [
            ("30", "`30` has no unit; write `30s`, `30m` or `30h`"),
            ("", "a duration is missing; write `30s`, `30m` or `30h`"),
            ("-5m", "`-5m` is negative; a duration is `0s` or longer"),
            ("5 y", "unknown unit of time `y`; use us, ms, s, m, h, d or w"),
            ("0.5 us", "`0.5 us` is finer than 1 us, the smallest step of time"),
            (
                "1001 h 5000000 w",
                "`w` is out of order in `1001 h 5000000 w`; write larger units first, each once",
            ),
            ("1h 1h", "`h` is out of order in `1h 1h`; write larger units first, each once"),
            ("60000w", "`60000w` is longer than 1000 years"),
            ("99999999999999999999 w", "`99999999999999999999 w` is longer than 1000 years"),
            ("half an hour", "`half an hour` is not a number"),
            ("8h 15", "`15` has no unit; write `15s`, `15m` or `15h`"),
        ] {
            assert_eq!(Span::parse(text), Err(message.to_owned()));
        }
    }

    #[test]
    fn spans_are_written_exactly() {
        for (micros, text, brief) in [
            (0, "0 s", "0 s"),
            (7, "7 us", "7 us"),
            (250_500, "250.5 ms", "251 ms"),
            (150_500_000, "2 m 30.5 s", "2 m 31 s"),
            (900_000_000, "15 m", "15 m"),
            (29_700_000_000, "8 h 15 m", "8 h 15 m"),
            (28_738_999_999, "7 h 58 m 58.999999 s", "7 h 59 m"),
            (36 * 3_600_000_000, "36 h", "36 h"),
            (3_599_900_000, "59 m 59.9 s", "1 h"),
            (1_480 * 1_000_000, "24 m 40 s", "24 m 40 s"),
            (30_540_000, "30.54 s", "30.5 s"),
            ((17 * 24 + 3) * 3_600_000_000, "17 d 3 h", "2.4 weeks"),
            ((5 * 24 + 3) * 3_600_000_000, "5 d 3 h", "5 d 3 h"),
        ] {
            assert_eq!(Span(micros).to_string(), text);
            assert_eq!(Span(micros).brief(), brief);
        }
    }

    #[test]
    fn instants_and_rates() {
        assert_eq!((Instant(5) + Span(7)).since(Instant(2)), Span(10));
        assert_eq!(parse_read_rate("6 / h"), Ok(Span(600_000_000)));
        assert_eq!(parse_read_rate("0.5/d"), Ok(Span(2 * Span::DAY.0)));
        assert_eq!(parse_read_rate("1 / 10m"), Ok(Span(600_000_000)));
        assert_eq!(parse_read_rate("3 / s"), Ok(Span(333_333)));
        for bad in ["6", "0 / h", "6 / y", "x / h", "9999999 / us", "6 h / h", "6 / "] {
            assert!(parse_read_rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    #[should_panic(expected = "later")]
    fn time_does_not_run_backwards() {
        let _ = Instant(1).since(Instant(2));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits in 0u32..55, seed in any::<u64>()) {
            let span = Span((seed >> (63 - bits)).min(Span::MAX.0));
            prop_assert_eq!(Span::parse(&span.to_string()), Ok(span));
        }

        #[test]
        fn any_text_is_answered(text in "[-0-9. a-zµ/%]{0,12}") {
            let _ = (Span::parse(&text), parse_read_rate(&text));
        }
    }
}
