//! Mean and variance of a stream, and the digits that are shown.

/// Count, sum, mean and variance of values in the order they are pushed.
///
/// The order is part of the result's bits, so replications are pushed in their own order, whoever
/// ran them. The sum carries a compensation (Neumaier, ZAMM 54, 1974); squared deviations are
/// updated as by Welford, Technometrics 4 (1962), 419-420, which does not cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    sum: f64,
    lost: f64,
    running_mean: f64,
    squares: f64,
}

impl Moments {
    /// Adds one finite value.
    pub fn push(&mut self, value: f64) {
        assert!(value.is_finite());
        self.count += 1;
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
        let delta = value - self.running_mean;
        self.running_mean += delta / self.count as f64;
        self.squares += delta * (value - self.running_mean);
        assert!(self.squares >= 0.0);
    }

    /// How many values were pushed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum + self.lost
    }

    /// Their mean; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum() / self.count as f64)
    }

    /// The unbiased sample variance (divisor n − 1); `None` below two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The square root of [`Moments::variance`].
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

impl Extend<f64> for Moments {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

/// The value with 9 significant digits, as every derived statistic is reported (design, section
/// 4). What is not finite is left alone.
#[must_use]
pub fn round9(value: f64) -> f64 {
    if !value.is_finite() {
        return value;
    }
    // Through text, because the standard library's decimal conversions round correctly.
    let rounded: f64 = format!("{value:.8e}").parse().expect("a formatted number is a number");
    assert!((rounded - value).abs() <= 1e-8 * value.abs());
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_cancel() {
        let mut moments = Moments::default();
        assert_eq!((moments.mean(), moments.variance()), (None, None));
        moments.extend([1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert_eq!(moments.mean(), Some(1e9 + 10.0));
        assert_eq!(moments.variance(), Some(30.0));
        assert_eq!(moments.count(), 4);
        let mut moments = Moments::default();
        moments.extend([1e16, 1.0, -1e16]);
        assert_eq!(moments.sum().to_bits(), 1f64.to_bits());
    }

    #[test]
    fn nine_digits() {
        assert_eq!(round9(1.0 / 3.0).to_string(), "0.333333333");
        assert_eq!(round9(-123_456_789_123.0).to_string(), "-123456789000");
        assert_eq!(round9(0.0).to_string(), "0");
        assert!(round9(f64::NAN).is_nan());
    }
}
