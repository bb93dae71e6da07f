//! Bytes and transfer rates.

use std::fmt;

use serde::Serialize;

use super::decimal::{Decimal, NUMBER, exact};
use super::time::Span;

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Bytes(pub u64);

/// A transfer rate in bytes per hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Rate(pub u64);

/// Units of data, the largest first.
const UNITS: [(&str, u64); 11] = [
    ("PiB", 1 << 50),
    ("PB", 1_000_000_000_000_000),
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// Line rates are sold in bits; here in bits per unit.
const BITS: [(&str, u64); 4] =
    [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];

impl Bytes {
    /// The largest size that can be written: 1 EiB.
    pub const MAX: Bytes = Bytes(1 << 60);

    /// Reads `"1.5 GiB"`, `"250 MB"` or `"12 B"`; what remains of a byte is dropped.
    ///
    /// ```
    /// # use cutover::units::Bytes;
    /// assert_eq!(Bytes::parse("1.5 GiB"), Ok(Bytes(1_610_612_736)));
    /// ```
    ///
    /// # Errors
    /// A phrase that says what to write instead: no unit, an unknown one, a negative or too large
    /// size (see [`Bytes::MAX`]).
    pub fn parse(text: &str) -> Result<Bytes, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a size is missing; write `250 MB` or `1.5 GiB`".to_owned());
        }
        if text.starts_with(['-', '−']) {
            return Err(format!("`{text}` is negative; a size is `0 B` or more"));
        }
        let (number, unit) = Decimal::split(text)?;
        let factor = match unit.trim() {
            "" => {
                return Err(format!(
                    "`{text}` has no unit; write `{text} B`, `{text} MB` or `{text} GiB`"
                ));
            }
            unit => find_unit(unit)?,
        };
        match u64::try_from(number.times(factor).0) {
            Ok(bytes) if bytes <= Bytes::MAX.0 => Ok(Bytes(bytes)),
            _ => Err(format!("`{text}` is larger than {}", Bytes::MAX)),
        }
    }

    /// The form that [`Bytes::parse`] reads, as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        format!("^\\s*{NUMBER}\\s*({})\\s*$", unit_names().join("|"))
    }

    /// The time these bytes take at `rate`, rounded up to a microsecond; at most [`Span::MAX`].
    ///
    /// # Panics
    /// If the rate is 0, which no scenario can say.
    #[must_use]
    pub fn transfer_time(self, rate: Rate) -> Span {
        assert!(rate.0 > 0, "a transfer needs a rate above 0");
        let micros = (u128::from(self.0) * u128::from(Span::HOUR.0)).div_ceil(u128::from(rate.0));
        let span = Span(u64::try_from(micros).unwrap_or(u64::MAX)).min(Span::MAX);
        assert!(span > Span::ZERO || self.0 == 0);
        span
    }

    /// Three significant digits in a binary unit, for tables: `"1.46 GiB"`. Not exact.
    #[must_use]
    pub fn brief(self) -> String {
        let binary = UNITS.iter().filter(|(name, _)| name.ends_with("iB") || *name == "B");
        let (name, unit) = binary.copied().find(|(_, unit)| self.0 >= *unit).unwrap_or(("B", 1));
        let value = self.0 as f64 / unit as f64;
        let places = match value {
            _ if unit == 1 => 0,
            value if value < 10.0 => 2,
            value if value < 100.0 => 1,
            _ => 0,
        };
        format!("{value:.places$} {name}")
    }
}

/// Other spellings of a unit.
const ALSO: [(&str, &str); 3] = [("KB", "kB"), ("bytes", "B"), ("byte", "B")];

fn unit_names() -> Vec<&'static str> {
    let units = UNITS.iter().map(|(name, _)| *name);
    units.chain(ALSO.iter().map(|(name, _)| *name)).collect()
}

fn find_unit(name: &str) -> Result<u64, String> {
    let name = ALSO.iter().find(|(also, _)| *also == name).map_or(name, |(_, name)| *name);
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, unit)| *unit).ok_or_else(|| {
        let known = "B, kB, MB, GB, TB, PB or KiB, MiB, GiB, TiB, PiB";
        format!("unknown unit of size `{name}`; use {known}")
    })
}

/// Exact: the largest unit that needs at most two decimals; [`Bytes::parse`] reads it back.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = UNITS
            .iter()
            .filter(|(_, unit)| self.0 >= *unit)
            .find_map(|(name, unit)| Some((name, exact(self.0, *unit, 2)?)));
        match fitting {
            Some((name, number)) => write!(f, "{number} {name}"),
            None => write!(f, "{} B", self.0),
        }
    }
}

impl Rate {
    /// Reads `"0.66 GiB/h"`, `"1 MB/s"` or `"100 Mbit/s"`; what remains of a byte per hour is
    /// dropped.
    ///
    /// # Errors
    /// A phrase that says what to write instead; a rate of 0 is refused, because a transfer at it
    /// would never end, and so is more than [`Bytes::MAX`] per hour.
    pub fn parse(text: &str) -> Result<Rate, String> {
        match Rate::parse_or_zero(text)? {
            Rate(0) => Err(format!("`{}` is less than 1 B/h", text.trim())),
            rate => Ok(rate),
        }
    }

    /// As [`Rate::parse`], but `"0 B/h"` is a rate too: of a link that is down.
    ///
    /// # Errors
    /// As there; a rate above 0 but below 1 B/h is refused here too.
    pub fn parse_or_zero(text: &str) -> Result<Rate, String> {
        let text = text.trim();
        if text.starts_with(['-', '−']) {
            return Err(format!("`{text}` is negative; a rate is above 0"));
        }
        let Some((amount, per)) = text.split_once('/') else {
            return Err(format!("`{text}` is not a rate; write `0.66 GiB/h` or `1 MB/s`"));
        };
        let (number, unit) = Decimal::split(amount.trim())?;
        let unit = unit.trim();
        let bits = BITS.iter().find(|(name, _)| *name == unit);
        let (factor, parts) = match bits {
            Some((_, bits)) => (*bits, 8),
            None if unit.is_empty() => {
                return Err(format!(
                    "`{text}` has no unit of size; write `{}GiB/h`",
                    amount.trim()
                ));
            }
            None => (find_unit(unit)?, 1),
        };
        let (times, over) = per_hour(per.trim())?;
        // Rounded down once, at the end: digits * factor * times / (10^scale * over * parts).
        let product = number.digits.checked_mul(u128::from(factor) * times);
        let divisor = 10u128.pow(number.scale) * over * parts;
        match product.map(|product| product / divisor) {
            Some(0) if number.digits == 0 => Ok(Rate(0)),
            Some(0) => Err(format!("`{text}` is less than 1 B/h")),
            Some(rate) if rate <= u128::from(Bytes::MAX.0) => Ok(Rate(rate as u64)),
            _ => Err(format!("`{text}` is faster than {}/h", Bytes::MAX)),
        }
    }

    /// The form that [`Rate::parse`] reads, as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        let bits = BITS.iter().map(|(name, _)| *name);
        let units: Vec<&str> = unit_names().into_iter().chain(bits).collect();
        let times: Vec<&str> = PER.iter().map(|(name, _)| *name).collect();
        format!("^\\s*{NUMBER}\\s*({})\\s*/\\s*({})\\s*$", units.join("|"), times.join("|"))
    }

    /// Three significant digits, for tables: `"676 MiB/h"`. Not exact.
    #[must_use]
    pub fn brief(self) -> String {
        format!("{}/h", Bytes(self.0).brief())
    }
}

/// How often a unit of time fits an hour, as a fraction.
const PER: [(&str, (u128, u128)); 5] =
    [("s", (3_600, 1)), ("m", (60, 1)), ("min", (60, 1)), ("h", (1, 1)), ("d", (1, 24))];

fn per_hour(name: &str) -> Result<(u128, u128), String> {
    let known = PER.iter().find(|(known, _)| *known == name).map(|(_, times)| *times);
    known.ok_or_else(|| format!("unknown time `{name}` in a rate; use /s, /m, /h or /d"))
}

/// Exact, per hour; [`Rate::parse`] reads it back.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/h", Bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes, written, brief) in [
            ("1.5 GiB", 1_610_612_736, "1.5 GiB", "1.50 GiB"),
            ("250 MB", 250_000_000, "250 MB", "238 MiB"),
            ("12B", 12, "12 B", "12 B"),
            ("0 B", 0, "0 B", "0 B"),
            ("0.3333 B", 0, "0 B", "0 B"),
            ("1 KB", 1_000, "1 kB", "1000 B"),
            ("1234567 B", 1_234_567, "1234567 B", "1.18 MiB"),
        ] {
            assert_eq!(Bytes::parse(text), Ok(Bytes(bytes)));
            assert_eq!(Bytes(bytes).to_string(), written);
            assert_eq!(Bytes(bytes).brief(), brief);
        }
        assert_eq!(
            Bytes::parse("12"),
            Err("`12` has no unit; write `12 B`, `12 MB` or `12 GiB`".to_owned())
        );
        for bad in ["", "-1 B", "1 GX", "x", "1025 PiB", "99999999999999999999 PiB"] {
            assert!(Bytes::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_per_hour() {
        for (text, rate, written) in [
            ("0.66 GiB/h", 708_669_603, "708669603 B/h"),
            ("1 MB/s", 3_600_000_000, "3.6 GB/h"),
            ("100 Mbit/s", 45_000_000_000, "45 GB/h"),
            ("24 B / d", 1, "1 B/h"),
        ] {
            assert_eq!(Rate::parse(text), Ok(Rate(rate)));
            assert_eq!(Rate(rate).to_string(), written);
        }
        for bad in ["", "1 GiB", "0 GiB/h", "-1 B/h", "1/h", "1 GiB/y", "1000 PiB/s", "23 B/d"] {
            assert!(Rate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn transfers_round_up() {
        assert_eq!(Bytes(1).transfer_time(Rate(3_600_000_000)), Span(1));
        assert_eq!(Bytes(0).transfer_time(Rate(1)), Span(0));
        assert_eq!(Bytes(10).transfer_time(Rate(3)), Span(12_000_000_000));
        assert_eq!(Bytes(1).transfer_time(Rate(7)), Span(514_285_715));
        assert_eq!(Bytes::MAX.transfer_time(Rate(1)), Span::MAX);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits in 0u32..60, seed in any::<u64>()) {
            let bytes = Bytes(seed >> (63 - bits));
            prop_assert_eq!(Bytes::parse(&bytes.to_string()), Ok(bytes));
            let rate = Rate(bytes.0.max(1));
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }

        #[test]
        fn any_text_is_answered(text in "[-0-9. a-zA-Z/%]{0,30}") {
            let _ = (Bytes::parse(&text), Rate::parse(&text));
        }
    }
}
