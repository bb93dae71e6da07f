//! Calendars as lists of instants at which they open and close, and who keeps to them.

use super::{Plan, SiteForm, index16};
use crate::scenario::{Period, Scenario, Start, Windows};
use crate::units::{Instant, Span};

/// No nominal duration that a window can hold is longer: windows end within the horizon's century.
const LONGEST: Span = Span(100 * 366 * Span::DAY.0);

/// One calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarPlan {
    /// Microseconds since the start at which it opens and closes in turn, up to the horizon.
    pub boundaries: Vec<u64>,
    /// Steps whose attempts start only inside.
    pub steps: Vec<u16>,
    /// Pools whose slots it changes.
    pub pools: Vec<u16>,
    /// Tenants start only inside.
    pub starts: bool,
    /// Nothing is open or closed: with each boundary quotas of this period begin anew.
    pub renews: Option<Period>,
}

impl CalendarPlan {
    /// How many boundaries lie at or before an instant; it is open after an odd number of them.
    #[must_use]
    pub fn passed(&self, at: Instant) -> usize {
        self.boundaries.partition_point(|&boundary| boundary <= at.0)
    }
}

impl Plan {
    /// Compiles the windows of the rollout, the steps, the pools and the users.
    pub(super) fn keep_calendars(&mut self) {
        let scenario = std::sync::Arc::clone(&self.scenario);
        let Some(start) = &scenario.rollout.start else { return };
        let mut table = Table { scenario: &scenario, start, calendars: Vec::new() };
        if let Some(windows) = &scenario.rollout.windows {
            let calendar = table.number(windows, None);
            table.calendars[usize::from(calendar)].starts = true;
            self.windows = Some(calendar);
        }
        for (index, step) in (0u16..).zip(&scenario.steps) {
            let Some(windows) = &step.windows else { continue };
            let nominal = self.nominal(usize::from(index));
            let calendar = table.number(windows, step.fits.then_some(nominal));
            table.calendars[usize::from(calendar)].steps.push(index);
            self.steps[usize::from(index)].windows = Some(calendar);
        }
        for (index, pool) in (0u16..).zip(&scenario.pools) {
            for shift in &pool.shifts {
                let calendar = table.number(&shift.windows, None);
                let pools = &mut table.calendars[usize::from(calendar)].pools;
                if pools.last() != Some(&index) {
                    pools.push(index);
                }
                self.pools[usize::from(index)].shifts.push((calendar, shift.slots));
            }
        }
        self.calendars = table.calendars;
        self.renew_quotas(&scenario, start);
        self.lay_profiles(&scenario, start);
    }

    /// A calendar for each sort of period that a quota is for.
    fn renew_quotas(&mut self, scenario: &Scenario, start: &Start) {
        for period in Period::ALL {
            let pools = scenario.pools.iter().map(|pool| pool.quotas);
            let mut quotas = pools.chain(scenario.links.iter().map(|link| link.quotas));
            if quotas.any(|quotas| quotas.of(period).is_some()) {
                let boundaries = start.periods(period, scenario.rollout.horizon);
                let renews = Some(period);
                self.calendars.push(CalendarPlan { boundaries, renews, ..CalendarPlan::default() });
            }
        }
    }

    /// Microseconds that an attempt of a step takes in the nominal run; the longest of all classes,
    /// so that whoever starts by it is done before the window ends.
    fn nominal(&self, step: usize) -> u64 {
        let median = |form: &SiteForm| match form {
            SiteForm::Delay(law) => law.median(),
            _ => 0,
        };
        self.steps[step].duration.map_or(0, |site| match &self.sites[site.index()].form {
            SiteForm::ByClass(forms) => forms.iter().map(median).max().unwrap_or(0),
            form => median(form),
        })
    }

    /// Slots of one instance of a pool, times the microseconds for which it has them up to `until`.
    #[must_use]
    pub fn slot_time(&self, pool: usize, until: Instant) -> u128 {
        let plan = &self.pools[pool];
        let boundaries = plan.shifts.iter().flat_map(|&(calendar, _)| {
            self.calendars[usize::from(calendar)].boundaries.iter().copied()
        });
        let mut cuts: Vec<u64> = boundaries.filter(|&at| at < until.0).collect();
        cuts.extend([0, until.0]);
        cuts.sort_unstable();
        let span = |ends: &[u64]| {
            let open = |calendar: u16| {
                self.calendars[usize::from(calendar)].passed(Instant(ends[0])) % 2 == 1
            };
            u128::from(plan.slots_in(open)) * u128::from(ends[1] - ends[0])
        };
        cuts.windows(2).map(span).sum()
    }
}

impl super::PoolPlan {
    /// Admissions of one instance in a period; `u32::MAX`: any number.
    #[must_use]
    pub fn admissions(&self, period: Period) -> u32 {
        let quota = self.quotas.of(period).and_then(|quota| u32::try_from(quota).ok());
        quota.unwrap_or(u32::MAX)
    }

    /// Slots of each instance while the calendars stand as `open` says: the first open shift counts.
    #[must_use]
    pub fn slots_in(&self, open: impl Fn(u16) -> bool) -> u32 {
        let shift = self.shifts.iter().find(|&&(calendar, _)| open(calendar));
        shift.map_or(self.slots, |&(_, slots)| slots)
    }
}

/// The calendars so far.
struct Table<'a> {
    scenario: &'a Scenario,
    start: &'a Start,
    calendars: Vec<CalendarPlan>,
}

impl Table<'_> {
    /// The number of the calendar with these boundaries: those that are equal are one, so that what
    /// they change is one event.
    fn number(&mut self, windows: &Windows, nominal: Option<u64>) -> u16 {
        let boundaries = self.boundaries(windows, nominal);
        let known = self.calendars.iter().position(|other| other.boundaries == boundaries);
        let place = known.unwrap_or(self.calendars.len());
        if known.is_none() {
            self.calendars.push(CalendarPlan { boundaries, ..CalendarPlan::default() });
        }
        index16(place)
    }

    /// With a nominal duration, a window is open only as long as an attempt of it would end by its end:
    /// at the last such instant, but not 1 µs later.
    fn boundaries(&self, windows: &Windows, nominal: Option<u64>) -> Vec<u64> {
        let calendar = self.scenario.calendar(windows);
        let horizon = self.scenario.rollout.horizon;
        let shorter = nominal.unwrap_or(0).max(1) - 1;
        let open = self.start.open(&calendar, Span(horizon.0 + shorter.min(LONGEST.0)));
        let open = open.into_iter().map(|(from, to)| (from, to.saturating_sub(shorter)));
        let open = open.filter(|(from, to)| from < to);
        open.flat_map(|(from, to)| [from, to]).take_while(|&at| at <= horizon.0).collect()
    }
}
