//! How busy users are, as a step function of the time since the start, and its exact integral.
//!
//! Reads are a Poisson process whose rate is multiplied by the factor. Connections are a renewal
//! process in operational time (Çınlar, "Introduction to Stochastic Processes", 1975, section 4.7): the
//! time that is drawn runs as fast as the factor says, so that with a factor of 2 half of it passes on
//! the clock, and with 0 none of it ever does.

use super::{Plan, index16};
use crate::scenario::{Busy, Factor, Profile, Scenario, Start};
use crate::units::Instant;

/// Millionths of a factor of 1.
const ONE: u128 = 1_000_000;

/// The factor of one user over a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfilePlan {
    /// In order of time; the first begins at 0, the last goes on for ever.
    stretches: Vec<Stretch>,
}

/// A time in which the factor stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    /// Begins so many microseconds after the start.
    from: u64,
    /// In millionths.
    factor: u32,
    /// The integral up to its beginning, in millionths of microseconds.
    before: u128,
}

impl ProfilePlan {
    /// From the beginnings of stretches, the first at 0, and the factors from there on.
    fn new(factors: impl Iterator<Item = (u64, Factor)>) -> ProfilePlan {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (from, Factor(factor)) in factors {
            let Some(last) = stretches.last() else {
                stretches.push(Stretch { from, factor, before: 0 });
                continue;
            };
            if last.factor != factor {
                stretches.push(Stretch { from, factor, before: last.until(from) });
            }
        }
        ProfilePlan { stretches }
    }

    /// The integral of the factor from the start to an instant, in millionths of microseconds.
    #[must_use]
    pub fn total(&self, until: Instant) -> u128 {
        let after = self.stretches.partition_point(|stretch| stretch.from <= until.0);
        self.stretches[after - 1].until(until.0)
    }

    /// Microseconds on the clock from an instant on in which so many microseconds of operational time
    /// pass: the least number of them. None pass while the factor is 0, so that a time of 0 ends as
    /// soon as it is more. `None`: they never pass.
    #[must_use]
    pub fn delay(&self, since: Instant, time: u64) -> Option<u64> {
        let target = self.total(since) + u128::from(time) * ONE;
        let at = if time == 0 {
            let first = self.stretches.partition_point(|stretch| stretch.from <= since.0) - 1;
            let busy = self.stretches[first..].iter().find(|stretch| stretch.factor > 0)?;
            busy.from.max(since.0)
        } else {
            // The last that begins before the target is reached.
            let after = self.stretches.partition_point(|stretch| stretch.before < target);
            self.stretches[after - 1].reaches(target)?
        };
        Some(at.saturating_sub(since.0))
    }

    /// The least time on the clock in which so much operational time can pass, in microseconds.
    #[must_use]
    pub fn least(&self, time: u64) -> u64 {
        let most = self.stretches.iter().map(|stretch| stretch.factor).max().unwrap_or(0);
        let least = (u128::from(time) * ONE).div_ceil(u128::from(most.max(1)));
        u64::try_from(least).unwrap_or(u64::MAX)
    }
}

impl Stretch {
    fn until(&self, at: u64) -> u128 {
        self.before + u128::from(self.factor) * u128::from(at - self.from)
    }

    /// The first instant at which the integral is so great, if it goes on for long enough.
    fn reaches(&self, target: u128) -> Option<u64> {
        let lacks = target - self.before;
        let factor = (self.factor > 0).then_some(u128::from(self.factor))?;
        let after = u64::try_from(lacks.div_ceil(factor)).unwrap_or(u64::MAX);
        Some(self.from.saturating_add(after))
    }
}

impl Plan {
    /// The profile of a user, by index in `users`.
    #[must_use]
    pub fn profile_of(&self, user: u16) -> Option<&ProfilePlan> {
        let number = self.users.get(usize::from(user))?.profile?;
        Some(&self.profiles[usize::from(number)])
    }

    /// Compiles the profiles of users.
    pub(super) fn lay_profiles(&mut self, scenario: &Scenario, start: &Start) {
        for profile in &scenario.profiles {
            let number = Some(index16(self.profiles.len()));
            self.profiles.push(compile(scenario, start, profile));
            for user in self.users.iter_mut().filter(|user| user.user == profile.user) {
                user.profile = number;
            }
            for reader in self.readers.iter_mut().filter(|reader| reader.user == profile.user) {
                reader.profile = number;
            }
        }
    }
}

fn compile(scenario: &Scenario, start: &Start, profile: &Profile) -> ProfilePlan {
    let horizon = scenario.rollout.horizon;
    let open = |busy: &Busy| (start.open(&scenario.calendar(&busy.windows), horizon), busy.factor);
    let entries: Vec<(Vec<(u64, u64)>, Factor)> = profile.busy.iter().map(open).collect();
    let ends = entries.iter().flat_map(|(open, _)| open).flat_map(|&(from, to)| [from, to]);
    let mut cuts: Vec<u64> = ends.filter(|&at| at <= horizon.0).collect();
    cuts.push(0);
    cuts.sort_unstable();
    cuts.dedup();
    let inside = |open: &[(u64, u64)], at: u64| {
        let begun = open.partition_point(|&(from, _)| from <= at);
        begun > 0 && at < open[begun - 1].1
    };
    let factor = |at: u64| {
        let first = entries.iter().find(|(open, _)| inside(open, at));
        first.map_or(profile.otherwise, |&(_, factor)| factor)
    };
    ProfilePlan::new(cuts.into_iter().map(|at| (at, factor(at))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(factors: &[(u64, u32)]) -> ProfilePlan {
        ProfilePlan::new(factors.iter().map(|&(from, factor)| (from, Factor(factor))))
    }

    #[test]
    fn operational_time_passes_as_fast_as_the_factor_says() {
        // Nothing until 10, then twice as fast, from 20 on at a third.
        let profile = profile(&[(0, 0), (10, 2_000_000), (20, 333_333)]);
        let total = |at| profile.total(Instant(at));
        assert_eq!((total(10), total(15), total(20)), (0, 10_000_000, 20_000_000));
        assert_eq!(total(23), 20_999_999);
        let delay = |since, time| profile.delay(Instant(since), time);
        // A time of 0 waits for the factor to be more than 0, and no longer.
        assert_eq!((delay(3, 0), delay(10, 0), delay(12, 0)), (Some(7), Some(0), Some(0)));
        assert_eq!((delay(3, 1), delay(3, 2), delay(3, 3)), (Some(8), Some(8), Some(9)));
        assert_eq!((delay(15, 10), delay(15, 11)), (Some(5), Some(5 + 4)));
        assert_eq!((profile.least(10), profile.least(11)), (5, 6));
    }

    #[test]
    fn what_never_passes_never_ends() {
        let profile = profile(&[(0, 1_000_000), (5, 0)]);
        // It has passed at the very end of the stretch.
        assert_eq!(profile.delay(Instant(0), 5), Some(5));
        assert_eq!(profile.delay(Instant(0), 6), None);
        assert_eq!(profile.delay(Instant(7), 0), None);
        assert_eq!(profile.least(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_delay_is_the_least_in_which_the_time_passes() {
        let profile = profile(&[(0, 700_000), (7, 0), (11, 1_300_000), (30, 1), (40, 999_999_999)]);
        for since in 0..50 {
            for time in 1..60 {
                let delay = profile.delay(Instant(since), time).expect("it goes on for ever");
                let passed =
                    |delay| profile.total(Instant(since + delay)) - profile.total(Instant(since));
                let wanted = u128::from(time) * ONE;
                assert!(passed(delay) >= wanted && passed(delay - 1) < wanted, "{since} {time}");
                assert!(delay >= profile.least(time));
            }
        }
    }
}
