//! The symbolic clock: it keeps the interval of every delay instead of drawing it, and answers each
//! yes or no, and each number, from a script.
//!
//! A transition asks its questions in a fixed order. The first run of it answers each with its first
//! answer and notes how many there are; [`Script::next`] then counts through all of them, as an odometer
//! does, and the transition is run once for each list of answers.

use crate::model::{Choice, Clock, Delay, Entity, Happening, Rules, Timer, TimerKind};
use crate::plan::SiteForm;
use crate::scenario::Period;
use crate::units::{Bytes, Rate};
use crate::verify::dbm::NONE;
use crate::verify::faults::{FaultSet, Sites};

/// Answers to the questions of one transition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// Answer and number of possible answers, each from 0.
    answers: Vec<(u16, u16)>,
}

impl Script {
    /// These answers.
    pub(super) fn of(answers: &[u16]) -> Script {
        Script { answers: answers.iter().map(|&answer| (answer, answer + 1)).collect() }
    }

    /// The next list of answers; false if all have been given.
    pub(super) fn next(&mut self) -> bool {
        while let Some((answer, count)) = self.answers.pop() {
            if answer + 1 < count {
                self.answers.push((answer + 1, count));
                return true;
            }
        }
        false
    }

    /// The answers.
    pub(super) fn answers(&self) -> Box<[u16]> {
        self.answers.iter().map(|(answer, _)| *answer).collect()
    }
}

/// A timer that a transition armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Armed {
    pub(super) timer: Timer,
    /// It fires so long after that at the least.
    pub(super) low: i64,
    /// And at the most; [`NONE`]: no bound.
    pub(super) high: i64,
    /// Where the delay is decided, if it is.
    pub(super) choice: Option<Choice>,
    /// Others on its links decide.
    pub(super) shared: bool,
}

/// What the model is lent for one transition.
pub(super) struct Symbolic<'a> {
    rules: &'a Rules,
    sites: &'a Sites,
    /// The instant of the transition, where it is known: at the start and at calendars.
    instant: u64,
    script: &'a mut Script,
    asked: usize,
    /// In the order of arming.
    pub(super) armed: Vec<Armed>,
    /// What happened, in order.
    pub(super) notes: Vec<Happening>,
    /// Answers, with the question, as a schedule forces them.
    pub(super) decided: Vec<(Choice, u64)>,
    /// Faults that strike and cost.
    pub(super) faults: FaultSet,
}

impl<'a> Symbolic<'a> {
    /// For one transition by `timer`, or for the beginning.
    pub(super) fn new(
        rules: &'a Rules,
        sites: &'a Sites,
        instant: u64,
        script: &'a mut Script,
    ) -> Symbolic<'a> {
        let (armed, notes, decided) = (Vec::new(), Vec::new(), Vec::new());
        let faults = FaultSet::default();
        Symbolic { rules, sites, instant, script, asked: 0, armed, notes, decided, faults }
    }

    fn form(&self, choice: Choice) -> &'a SiteForm {
        let world = &self.rules.world;
        self.rules.plan.form(choice.site, |plan| world.class(plan, choice.entity))
    }

    /// One of so many answers.
    fn answer(&mut self, count: u16) -> u16 {
        if self.asked == self.script.answers.len() {
            self.script.answers.push((0, count));
        }
        let answer = &mut self.script.answers[self.asked];
        answer.1 = answer.1.max(count);
        self.asked += 1;
        answer.0
    }

    /// The closed interval of a delay.
    fn interval(&self, choice: Choice, timer: Timer) -> (i64, i64) {
        let micros = |micros: u64| i64::try_from(micros).unwrap_or(NONE);
        match self.form(choice) {
            SiteForm::Delay(law) => {
                let support = law.support();
                (micros(support.low), support.high.map_or(NONE, micros))
            }
            // A user need not come at all: the nominal run leaves connections out.
            SiteForm::Connect(law) => {
                let (plan, low) = (&self.rules.plan, law.support().low);
                // With a profile it is not sooner than at the greatest factor.
                let least = plan.profile_of(timer.which).map(|profile| profile.least(low));
                (micros(least.unwrap_or(low)), NONE)
            }
            SiteForm::Outside { low, high, .. } => (micros(*low), high.map_or(NONE, micros)),
            SiteForm::Rate(law) => {
                let (size, support) = (Bytes(self.rules.world.size(choice.entity)), law.support());
                let time = |rate: u64| micros(size.transfer_time(Rate(rate)).0);
                let slowest = if support.low == 0 { NONE } else { time(support.low) };
                // Without a fastest rate it may take no time at all.
                (support.high.map_or(0, time), slowest)
            }
            _ => unreachable!("no timer is armed at such a site"),
        }
    }

    /// The least time that a transfer over links takes: alone on all of them, at its greatest cap.
    fn shared(&self, path: u16, cap: Option<Choice>, entity: Entity) -> i64 {
        let plan = &self.rules.plan;
        let links = plan.paths[usize::from(path)].links.iter();
        let rates = links.map(|&link| plan.links[usize::from(link)].rate.0);
        let cap = cap.and_then(|choice| match self.form(choice) {
            SiteForm::Rate(law) => law.support().high,
            _ => None,
        });
        let most = rates.chain(cap).min().unwrap_or(u64::MAX).max(1);
        let bytes = Bytes(self.rules.world.size(entity));
        i64::try_from(bytes.transfer_time(Rate(most)).0).unwrap_or(NONE)
    }
}

impl Clock for Symbolic<'_> {
    fn arm(&mut self, timer: Timer, delay: Delay) {
        let fixed = |micros: u64| i64::try_from(micros).unwrap_or(NONE);
        let (low, high, choice) = match delay {
            Delay::Now => (0, 0, None),
            Delay::Fixed(micros) => (fixed(micros), fixed(micros), None),
            Delay::Until(at) => {
                debug_assert!(matches!(timer.kind, TimerKind::Calendar | TimerKind::Date));
                (fixed(at - self.instant), fixed(at - self.instant), None)
            }
            Delay::At(choice) => {
                let (low, high) = self.interval(choice, timer);
                (low, high, Some(choice))
            }
            Delay::Transfer { path, cap, .. } => (self.shared(path, cap, timer.entity), NONE, None),
        };
        let shared = matches!(delay, Delay::Transfer { .. });
        self.armed.push(Armed { timer, low, high, choice, shared });
    }

    /// How others use a link is not followed: a transfer may take any time from that at full rate on.
    fn release(&mut self, _: u16, _: Entity, _: u32) {}

    fn set_rate(&mut self, _: u16, _: Entity, _: Rate) {}

    fn renew(&mut self, _: u16, _: Period) {}

    fn decide(&mut self, choice: Choice) -> bool {
        let (SiteForm::Chance(chance) | SiteForm::Strikes(chance)) = self.form(choice) else {
            unreachable!("only chances are decided");
        };
        let fault = self.sites.fault(choice.site);
        let costs = fault.is_some_and(|fault| self.sites.costs(fault));
        // What others of a focal run decide has no chance, and is open all the same.
        let others = fault.is_none() && self.rules.plan.focal.is_some();
        let yes = if chance.0 <= 0.0 && !others {
            false
        } else if chance.0 >= 1.0 && !costs {
            true
        } else {
            self.answer(2) == 1
        };
        if yes && costs {
            self.faults.insert(fault.expect("only faults cost"));
        }
        self.decided.push((choice, u64::from(yes)));
        yes
    }

    fn count(&mut self, choice: Choice) -> u64 {
        let SiteForm::Count(most) = self.form(choice) else {
            unreachable!("only counts are counted");
        };
        let answer = u64::from(self.answer(most + 1));
        self.decided.push((choice, answer));
        answer
    }

    fn note(&mut self, happening: Happening) {
        self.notes.push(happening);
    }
}
