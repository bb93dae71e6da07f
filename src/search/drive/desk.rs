//! The clock of a run: timers pending in intervals, choices asked and written down.

use std::collections::BTreeMap;

use super::Made;
use crate::kernel::{Links, Setup, Start, Tie};
use crate::model::{Choice, Clock, Delay, Entity, Happening, Timer, TimerKind};
use crate::plan::{Law, ProfilePlan, SiteForm};
use crate::scenario::Period;
use crate::search::coverage::Coverage;
use crate::search::strategy::{Ask, Length, Strategy};
use crate::units::{Bytes, Instant, Rate};

/// A timer that is pending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) timer: Timer,
    pub(super) id: u64,
    pub(super) tie: Tie,
    pub(super) place: u64,
    pub(super) armed: u64,
    pub(super) earliest: u64,
    pub(super) latest: u64,
    pub(super) made: Option<u32>,
    pub(super) parent: u32,
}

impl Pending {
    /// When it fires, in the schedule that this run is written down as, if it was still pending at
    /// `over` and did not fire: as late as need be, and nominally if that is late enough.
    pub(super) fn settled(&self, over: u64, choices: &mut [Made]) -> u64 {
        let Some(made) = self.made.filter(|_| self.earliest < self.latest) else {
            return self.latest;
        };
        let made = &mut choices[made as usize];
        let least = (over - self.armed).saturating_add(1);
        let most = self.latest - self.armed;
        let value = made.nominal.unwrap_or(0).max(least).min(most);
        made.value = Some(value);
        self.armed + value
    }
}

/// Class of a timer among those of one instant, above its rank.
fn place(timer: Timer, rank: i16) -> u64 {
    let rank = u64::from((i32::from(rank) + 32_768).unsigned_abs());
    match timer.kind {
        TimerKind::Calendar => u64::from(timer.which),
        TimerKind::Date => 1 << 16,
        TimerKind::Goal => 2 << 32 | rank,
        _ => 1 << 32 | rank,
    }
}

/// The clock of one run.
pub(super) struct Desk<'a> {
    pub(super) setup: &'a Setup,
    pub(super) strategy: &'a mut dyn Strategy,
    pub(super) pending: Vec<Pending>,
    /// Transfers on links, by number.
    pub(super) moving: BTreeMap<u64, Pending>,
    pub(super) links: Links,
    pub(super) choices: Vec<Made>,
    pub(super) notes: Vec<Happening>,
    pub(super) scheduled: BTreeMap<(TimerKind, u16, Entity), u32>,
    pub(super) coverage: Coverage,
    pub(super) now: u64,
    pub(super) event: u32,
    pub(super) ids: u64,
}

impl<'a> Desk<'a> {
    fn make(&mut self, choice: Choice, value: Option<u64>, nominal: Option<u64>) -> u32 {
        self.choices.push(Made { choice, value, nominal, event: self.event });
        u32::try_from(self.choices.len() - 1).expect("fewer than 2^32 choices")
    }

    /// The interval of a delay at a law, and the number of the choice.
    fn length(
        &mut self,
        choice: Choice,
        law: &Law,
        connects: bool,
    ) -> Option<(u64, u64, Option<u32>)> {
        if let Some(constant) = law.as_constant().filter(|_| !connects) {
            return Some((constant, constant, None));
        }
        let nominal = (!connects).then(|| law.median());
        let number = self.choices.len();
        let form = self.setup.form(choice.site, choice.entity);
        match self.strategy.length(&Ask { choice, form, nominal, number }) {
            Length::Never => {
                self.make(choice, nominal, nominal);
                nominal.map(|value| (value, value, None))
            }
            Length::Exactly(value) => {
                let made = self.make(choice, Some(value), nominal);
                Some((value, value, Some(made)))
            }
            Length::Within(low, high) => {
                let made = self.make(choice, Some(low), nominal);
                Some((low, high, Some(made)))
            }
        }
    }

    fn rate(&mut self, choice: Choice, law: &Law) -> Rate {
        let value = match self.length(choice, law, false) {
            Some((value, _, _)) => value,
            None => law.median(),
        };
        Rate(value.max(1))
    }

    fn arm_at(&mut self, timer: Timer, (low, high): (u64, u64), made: Option<u32>) {
        let pending = self.enlist(timer, made);
        let at = |delay: u64| self.now.saturating_add(delay);
        self.pending.push(Pending { earliest: at(low), latest: at(high), ..pending });
    }

    /// A user with a profile connects after so much operational time. When it fires says nothing about
    /// which time that was, so the time is settled here and now, and no longer a choice of the event.
    fn arm_operational(
        &mut self,
        timer: Timer,
        profile: &ProfilePlan,
        time: u64,
        made: Option<u32>,
    ) {
        if let Some(made) = made {
            self.choices[made as usize].value = Some(time);
        }
        if let Some(delay) = profile.delay(Instant(self.now), time) {
            self.arm_at(timer, (delay, delay), None);
        }
    }

    fn enlist(&mut self, timer: Timer, made: Option<u32>) -> Pending {
        self.ids += 1;
        let Timer { kind, which, entity, .. } = timer;
        let occurrence = self.scheduled.entry((kind, which, entity)).or_default();
        *occurrence += 1;
        let tie = Tie { kind, which, entity, occurrence: *occurrence };
        let rank = if Tie::is_free(kind) { self.strategy.rank(&tie) } else { 0 };
        Pending {
            timer,
            id: self.ids,
            tie,
            place: place(timer, rank),
            armed: self.now,
            earliest: self.now,
            latest: self.now,
            made,
            parent: self.event,
        }
    }

    fn transfer(&mut self, timer: Timer, path: u16, attempt: u32, cap: Option<Choice>) {
        let setup = self.setup;
        let cap = cap.map(|choice| match setup.form(choice.site, choice.entity) {
            SiteForm::Rate(law) => self.rate(choice, law),
            _ => unreachable!("a cap is a rate"),
        });
        let bytes = Bytes(setup.world().size(timer.entity));
        if bytes.0 == 0 {
            return self.arm_at(timer, (0, 0), None);
        }
        let pending = self.enlist(timer, None);
        self.moving.insert(pending.id, pending);
        let start = Start { path, attempt, bytes, cap, timer, order: pending.id };
        self.links.start(Instant(self.now), start);
    }
}

impl Clock for Desk<'_> {
    fn arm(&mut self, timer: Timer, delay: Delay) {
        let setup = self.setup;
        match delay {
            Delay::Now => self.arm_at(timer, (0, 0), None),
            Delay::Fixed(delay) => self.arm_at(timer, (delay, delay), None),
            Delay::Until(at) => {
                let delay = at - self.now;
                self.arm_at(timer, (delay, delay), None);
            }
            Delay::Transfer { path, attempt, cap } => self.transfer(timer, path, attempt, cap),
            Delay::At(choice) => match setup.form(choice.site, choice.entity) {
                SiteForm::Rate(law) => {
                    let rate = self.rate(choice, law);
                    let delay = Bytes(setup.world().size(choice.entity)).transfer_time(rate).0;
                    self.arm_at(timer, (delay, delay), None);
                }
                form @ (SiteForm::Delay(law) | SiteForm::Connect(law)) => {
                    let connects = matches!(form, SiteForm::Connect(_));
                    let Some((low, high, made)) = self.length(choice, law, connects) else {
                        return;
                    };
                    match setup.plan().profile_of(timer.which).filter(|_| connects) {
                        Some(profile) => {
                            let time = law.median().clamp(low, high);
                            self.arm_operational(timer, profile, time, made);
                        }
                        None => self.arm_at(timer, (low, high), made),
                    }
                }
                _ => unreachable!("no timer is armed at a yes or no"),
            },
        }
    }

    fn release(&mut self, path: u16, entity: Entity, attempt: u32) {
        self.links.release(Instant(self.now), path, entity, attempt);
    }

    fn set_rate(&mut self, link: u16, holder: Entity, rate: Rate) {
        let kind = self.setup.plan().links[usize::from(link)].kind;
        let index = self.setup.world().index(kind, holder);
        self.links.set_rate(Instant(self.now), link, index, rate);
    }

    fn renew(&mut self, link: u16, period: Period) {
        self.links.renew(Instant(self.now), link, period);
    }

    fn decide(&mut self, choice: Choice) -> bool {
        self.count(choice) == 1
    }

    fn count(&mut self, choice: Choice) -> u64 {
        let form = self.setup.form(choice.site, choice.entity);
        let nominal = match form {
            SiteForm::Chance(chance) => u64::from(chance.nominal()),
            _ => 0,
        };
        let number = self.choices.len();
        let value = self.strategy.decide(&Ask { choice, form, nominal: Some(nominal), number });
        self.make(choice, Some(value), Some(nominal));
        self.coverage.decided(choice.site, value);
        value
    }

    fn note(&mut self, happening: Happening) {
        self.notes.push(happening);
    }
}
