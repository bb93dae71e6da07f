//! Probabilities and shares.

use std::fmt;

use serde::Serialize;

use super::decimal::{Decimal, NUMBER};

/// A probability in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Ratio(pub f64);

impl Ratio {
    /// `value` if it lies in [0, 1].
    #[must_use]
    pub fn new(value: f64) -> Option<Ratio> {
        (0.0..=1.0).contains(&value).then_some(Ratio(value))
    }

    /// Reads `"0.03"`, `"1e-6"`, `"0.3 %"` or `"3/1000"`, correctly rounded.
    ///
    /// ```
    /// # use cutover::units::Ratio;
    /// assert_eq!(Ratio::parse("0.3 %"), Ratio::parse("3/1000"));
    /// ```
    ///
    /// # Errors
    /// A phrase without a full stop if it is no number or lies outside [0, 1].
    pub fn parse(text: &str) -> Result<Ratio, String> {
        let text = text.trim();
        let outside = || format!("`{text}` is not a probability; it lies between 0 and 1");
        let value = if let Some((part, whole)) = text.split_once('/') {
            let (part, whole) = (whole_number(part)?, whole_number(whole)?);
            if whole == 0 {
                return Err(format!("`{text}` divides by 0"));
            }
            part as f64 / whole as f64
        } else if let Some(percent) = text.strip_suffix('%') {
            let (number, rest) = Decimal::split(percent.trim())?;
            if !rest.is_empty() {
                return Err(format!("`{text}` is not a number of percent; write `0.3 %`"));
            }
            // Through text, because the standard library rounds decimal text correctly.
            let scaled = format!("{}e-{}", number.digits, number.scale + 2);
            scaled.parse().expect("digits and an exponent are a number")
        } else {
            plain(text)?
        };
        Ratio::new(value).ok_or_else(outside)
    }

    /// The form that [`Ratio::parse`] reads, as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        let plain = r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?";
        format!(r"^\s*({plain}|{NUMBER}\s*%|[0-9]+\s*/\s*0*[1-9][0-9]*)\s*$")
    }

    /// Whether a draw strikes: true for the lowest p·2^64 of all draws, so with probability p to
    /// within 2^-64; always for p = 1, never for p = 0, and for one draw at least if p > 0.
    #[must_use]
    pub fn strikes(self, draw: u64) -> bool {
        assert!((0.0..=1.0).contains(&self.0));
        if self.0 >= 1.0 {
            return true;
        }
        draw < self.threshold()
    }

    /// How many of the 2^64 draws strike; `u64::MAX` stands for all of them.
    #[must_use]
    pub fn threshold(self) -> u64 {
        // 2^64 times an f64 only moves its exponent; the cast then drops what is finer than a draw.
        let draws = (self.0 * 18_446_744_073_709_551_616.0) as u64;
        if self.0 > 0.0 { draws.max(1) } else { 0 }
    }

    /// What the nominal run takes: it strikes iff p ≥ 0.5.
    #[must_use]
    pub fn nominal(self) -> bool {
        self.0 >= 0.5
    }
}

fn whole_number(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let number: u64 =
        text.parse().map_err(|_| format!("`{text}` is not a whole number; write `3/1000`"))?;
    // Beyond 2^53 the quotient would be rounded twice.
    if number > 1 << 53 {
        return Err(format!("`{text}` is too large; write a decimal number"));
    }
    Ok(number)
}

fn plain(text: &str) -> Result<f64, String> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+');
    match text.parse() {
        Ok(value) if text.chars().all(known) => Ok(value),
        _ => Err(format!("`{text}` is not a probability; write `0.03`, `0.3 %` or `3/1000`")),
    }
}

/// The shortest decimal that reads back as the same value.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn probabilities_are_read() {
        for (text, value) in [
            ("0.3 %", 0.003),
            ("0.3%", 0.003),
            ("3/1000", 0.003),
            ("0.03", 0.03),
            ("1e-6", 1e-6),
            ("100 %", 1.0),
            ("0", 0.0),
            ("1", 1.0),
        ] {
            assert_eq!(Ratio::parse(text), Ok(Ratio(value)));
        }
        for bad in
            ["", "x", "nan", "inf", "-0.1", "1.01", "101 %", "1/0", "3/2", "a/b", "% 3", "3 x %"]
        {
            assert!(Ratio::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_chance_strikes_the_lowest_draws() {
        assert!(Ratio(1.0).strikes(u64::MAX));
        assert!(!Ratio(0.0).strikes(0));
        assert!(Ratio(1e-30).strikes(0) && !Ratio(1e-30).strikes(1));
        assert!(Ratio(0.5).strikes((1 << 63) - 1) && !Ratio(0.5).strikes(1 << 63));
        assert!(Ratio(0.25).strikes((1 << 62) - 1) && !Ratio(0.25).strikes(1 << 62));
        assert!(Ratio(0.5).nominal() && !Ratio(0.499).nominal());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in 0.0f64..=1.0) {
            prop_assert_eq!(Ratio::parse(&Ratio(value).to_string()), Ok(Ratio(value)));
        }

        #[test]
        fn any_text_is_answered(text in "[-0-9. e/%]{0,30}") {
            let _ = Ratio::parse(&text);
        }
    }
}
