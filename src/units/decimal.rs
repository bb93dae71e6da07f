//! Decimal numbers as people write them, kept exact.

/// A non-negative decimal number: `digits` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) digits: u128,
    /// Digits after the point; the last of them is not 0.
    pub(super) scale: u32,
}

/// More significant digits than this are refused, so that no product overflows: 10^20 (2^67) times
/// the largest unit (a pebibyte, 2^50) or the longest span (2^55 µs) stays under 2^128.
const DIGITS_MAX: usize = 20;

/// What [`Decimal::split`] takes, as a regular expression.
pub(super) const NUMBER: &str = "[0-9]+(\\.[0-9]+)?";

impl Decimal {
    /// Splits a leading number off `text`: `"1.5 GiB"` gives 1.5 and `" GiB"`.
    ///
    /// # Errors
    /// A phrase without a full stop if `text` does not start with a digit, or has too many.
    pub(super) fn split(text: &str) -> Result<(Decimal, &str), String> {
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.is_empty() {
            return Err(format!("`{}` is not a number", text.trim()));
        }
        if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
            return Err(format!("`{number}` is not a number; write it as in `1.5`"));
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
            return Err(format!("`{number}` has more than {DIGITS_MAX} digits"));
        }
        let digits = digits.bytes().fold(0u128, |sum, b| sum * 10 + u128::from(b - b'0'));
        Ok((Decimal { digits, scale: fraction.len() as u32 }, rest))
    }

    /// This number times `unit`, rounded down, and whether nothing was lost.
    pub(super) fn times(self, unit: u64) -> (u128, bool) {
        assert!(unit < 1 << 50 || unit.is_power_of_two());
        let product = self.digits * u128::from(unit);
        let divisor = 10u128.pow(self.scale);
        (product / divisor, product.is_multiple_of(divisor))
    }
}

/// Formats `value` / `unit` with the decimals it needs, at most `places`; `None` if it needs more.
pub(super) fn exact(value: u64, unit: u64, places: u32) -> Option<String> {
    assert!(unit > 0);
    let scale = 10u128.pow(places);
    let scaled = u128::from(value) * scale;
    if !scaled.is_multiple_of(u128::from(unit)) {
        return None;
    }
    let scaled = scaled / u128::from(unit);
    let (whole, fraction) = (scaled / scale, scaled % scale);
    if fraction == 0 {
        return Some(whole.to_string());
    }
    let fraction = format!("{fraction:0width$}", width = places as usize);
    Some(format!("{whole}.{}", fraction.trim_end_matches('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let (number, rest) = Decimal::split("0012.3400 GiB").unwrap();
        assert_eq!((number, rest), (Decimal { digits: 1234, scale: 2 }, " GiB"));
        assert_eq!(number.times(100), (1234, true));
        assert_eq!(number.times(10), (123, false));
        assert_eq!(exact(1_500, 1_000, 3).unwrap(), "1.5");
        assert_eq!(exact(1_000, 3_000, 3), None);
        for bad in ["", "x", ".5", "1.", "1.2.3", "123456789012345678901"] {
            assert!(Decimal::split(bad).is_err(), "{bad}");
        }
    }
}
