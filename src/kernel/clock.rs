//! The sampled clock: it draws each delay when a timer is armed.

use std::sync::Arc;

use crate::kernel::dice::{Addresses, Dice};
use crate::kernel::links::{Links, Start};
use crate::kernel::queue::{Entry, EventQueue};
use crate::kernel::schedule::{Base, Schedule};
use crate::kernel::setup::Setup;
use crate::kernel::ties::Ties;
use crate::model::{Choice, Clock, Delay, Entity, Happening, Timer, TimerKind, World};
use crate::plan::{Plan, SiteForm};
use crate::scenario::Period;
use crate::units::{Bytes, Instant, Rate};

/// Bit that puts goals behind everything else at their instant.
const LAST: u64 = 1 << 63;
/// Dates come behind all calendars of their instant.
const DATES: u64 = 1 << 16;
/// Bit of everything but calendars, which so come first, in their own order.
const SCHEDULED: u64 = 1 << 62;
/// Bit of what others let happen at once in a focal run: it is as if it were part of the event before.
const AT_ONCE: u64 = 1 << 60;
/// Rank 0, in the 16 bits below: ranks from -32,768 to 32,767 fit, and 2^46 events behind each.
const MIDDLE: u64 = 1 << 61;
/// Where a rank stands.
const RANK: u32 = 46;

/// The clock of one run: what is pending, what is drawn, what is forced.
#[derive(Clone, Debug)]
pub(super) struct Sampled {
    plan: Arc<Plan>,
    world: Arc<World>,
    addresses: Arc<Addresses>,
    pub(super) schedule: Arc<Schedule>,
    pub(super) queue: EventQueue,
    pub(super) links: Links,
    pub(super) dice: Dice,
    /// What has happened in the event under way.
    pub(super) notes: Vec<Happening>,
    /// Every choice with its value, if somebody wants to know.
    pub(super) choices: Option<Vec<(Choice, u64)>>,
    /// Events scheduled so far.
    order: u64,
    /// Only in runs whose schedule has ranks.
    pub(super) ties: Option<Box<Ties>>,
    pub(super) now: Instant,
    /// Every value is drawn and nobody keeps it: what most runs are, and what is quick.
    pub(super) plain: bool,
    /// Neither ranks nor others have a say in the order of events.
    in_order: bool,
    /// Somebody wants to know of everything.
    pub(super) follows: bool,
}

impl Sampled {
    /// At time 0, nothing pending.
    pub(super) fn new(setup: &Setup, schedule: Schedule, dice: Dice) -> Sampled {
        let mut clock = Sampled {
            plan: Arc::clone(&setup.rules.plan),
            world: Arc::clone(&setup.rules.world),
            addresses: Arc::clone(&setup.addresses),
            schedule: Arc::new(Schedule::nominal()),
            queue: EventQueue::default(),
            links: setup.links(),
            dice,
            notes: Vec::new(),
            choices: None,
            order: 0,
            ties: None,
            now: Instant(0),
            plain: false,
            in_order: false,
            follows: true,
        };
        clock.follow(schedule);
        clock
    }

    /// Back to time 0, with another schedule, in the same memory.
    pub(super) fn restart(&mut self, setup: &Setup, schedule: Schedule) {
        self.queue.clear();
        self.notes.clear();
        self.links = setup.links();
        self.choices = None;
        self.order = 0;
        self.now = Instant(0);
        self.follow(schedule);
    }

    fn follow(&mut self, schedule: Schedule) {
        self.ties = (!schedule.ranks.is_empty()).then(Box::default);
        self.in_order = self.ties.is_none() && self.plan.focal.is_none();
        self.plain = schedule.overrides.is_empty() && schedule.base != Base::Nominal;
        self.schedule = Arc::new(schedule);
    }

    /// The earliest pending event: when, what.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<(Instant, Timer)> {
        // Part by part, so that parts stay in registers.
        if self.links.idle() {
            let Entry { time, timer: Timer { kind, which, entity, stamp }, .. } =
                self.queue.pop()?;
            return Some((time, Timer { kind, which, entity, stamp }));
        }
        let Entry { time, timer: Timer { kind, which, entity, stamp }, .. } =
            self.next_of_both()?;
        Some((time, Timer { kind, which, entity, stamp }))
    }

    /// The same while bytes are under way: transfers that end before or with it join the queue first.
    #[inline(never)]
    fn next_of_both(&mut self) -> Option<Entry> {
        while !self.links.idle() {
            let head = self.queue.head();
            let Some(end) = self.links.next(head) else { break };
            let mut last = None;
            let mut several = head == Some(end);
            let queue = &mut self.queue;
            self.links.finish(end, &mut |entry| {
                if let Some(other) = last.replace(entry) {
                    several = true;
                    queue.push(other);
                }
            });
            // Mostly one ends, and nothing else happens at that instant.
            if !several && last.is_some() {
                return last;
            }
            last.into_iter().for_each(|entry| self.queue.push(entry));
            if several {
                break;
            }
            // Only a budget was used up: whoever is left ends later.
        }
        self.queue.pop()
    }

    #[inline(always)]
    fn form(&self, choice: Choice) -> &SiteForm {
        self.plan.form(choice.site, |plan| self.world.class(plan, choice.entity))
    }

    /// The value at a choice: forced, nominal or drawn. `None`: does not come about.
    fn value(&mut self, choice: Choice) -> Option<u64> {
        let forced = if self.schedule.overrides.is_empty() {
            None
        } else {
            self.schedule.overrides.get(&choice).copied()
        };
        let Sampled { plan, world, dice, addresses, .. } = self;
        let form = plan.form(choice.site, |plan| world.class(plan, choice.entity));
        let value = match (forced, form, self.schedule.base) {
            (Some(forced), ..) => forced,
            (None, SiteForm::Delay(law) | SiteForm::Rate(law), Base::Nominal) => law.median(),
            // Nobody draws what others do to a focal tenant.
            (None, SiteForm::Outside { nominal, .. }, _) => (*nominal)?,
            (None, SiteForm::Connect(_), Base::Nominal) => return None,
            (None, SiteForm::Chance(chance), Base::Nominal) => u64::from(chance.nominal()),
            (None, SiteForm::Strikes(_) | SiteForm::Count(_), Base::Nominal) => 0,
            (None, SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law), _) => {
                match law.as_constant() {
                    Some(value) => value,
                    None => law.sample(dice.draw(addresses, choice)),
                }
            }
            (None, SiteForm::Chance(chance) | SiteForm::Strikes(chance), _) => {
                u64::from(chance.strikes(dice.draw(addresses, choice)))
            }
            (None, SiteForm::Count(most), _) => {
                let draw = u128::from(dice.draw(addresses, choice));
                u64::try_from((draw * (u128::from(*most) + 1)) >> 64).expect("at most `most`")
            }
            (None, SiteForm::Rank | SiteForm::Unused | SiteForm::ByClass(_), _) => {
                unreachable!("no timer and no decision is armed at such a site")
            }
        };
        if let Some(choices) = &mut self.choices {
            choices.push((choice, value));
        }
        Some(value)
    }

    #[inline(always)]
    fn delay(&mut self, choice: Choice, timer: Timer) -> Option<u64> {
        let Sampled { plan, world, dice, addresses, .. } = self;
        if self.plain
            && let SiteForm::Delay(law) =
                plan.form(choice.site, |plan| world.class(plan, choice.entity))
        {
            return Some(match law.as_constant() {
                Some(value) => value,
                None => law.sample(dice.draw(addresses, choice)),
            });
        }
        self.decided_delay(choice, timer)
    }

    fn decided_delay(&mut self, choice: Choice, timer: Timer) -> Option<u64> {
        let value = self.value(choice)?;
        if timer.kind == TimerKind::Connect
            && let Some(profile) = self.plan.profile_of(timer.which)
        {
            return profile.delay(self.now, value);
        }
        if matches!(self.form(choice), SiteForm::Rate(_)) {
            let size = Bytes(self.world.size(choice.entity));
            // An unbounded family may draw a rate of 0, at which nothing would ever end.
            return Some(size.transfer_time(Rate(value.max(1))).0);
        }
        Some(value)
    }

    /// The place of the next event among those of its instant.
    #[inline(always)]
    fn place(&mut self, timer: Timer, delay: u64) -> u64 {
        self.order += 1;
        if self.in_order && timer.kind == TimerKind::End {
            return self.order | SCHEDULED | MIDDLE;
        }
        self.place_among(timer, delay)
    }

    fn place_among(&mut self, timer: Timer, delay: u64) -> u64 {
        let at_once = delay == 0 && self.plan.focal.is_some() && follows(timer.kind);
        let order = match timer.kind {
            TimerKind::Calendar => u64::from(timer.which),
            TimerKind::Date => DATES,
            TimerKind::Goal => self.order | SCHEDULED | LAST,
            _ if at_once => self.order | AT_ONCE,
            _ => self.order | SCHEDULED | MIDDLE,
        };
        match &mut self.ties {
            None => order,
            Some(ties) => {
                let rank = ties.rank(&self.schedule.ranks, timer);
                // With a rank it is an event among the others.
                let among =
                    if at_once && rank != 0 { self.order | SCHEDULED | MIDDLE } else { order };
                among.wrapping_add_signed(i64::from(rank) << RANK)
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, timer: Timer, delay: u64) {
        let time = Instant(self.now.0.saturating_add(delay));
        let order = self.place(timer, delay);
        self.queue.push(Entry { time, order, timer });
    }

    /// A transfer over links starts; one of no bytes ends at once.
    fn transfer(&mut self, timer: Timer, path: u16, attempt: u32, cap: Option<Choice>) {
        // Decided even where it does not matter, so that it stands in findings all the same.
        let cap = cap.and_then(|choice| self.value(choice)).map(|cap| Rate(cap.max(1)));
        let bytes = Bytes(self.world.size(timer.entity));
        if bytes.0 == 0 {
            return self.push(timer, 0);
        }
        let order = self.place(timer, u64::MAX);
        let start = Start { path, attempt, bytes, cap, timer, order };
        self.links.start(self.now, start);
    }
}

/// Whether a timer without delay is what others let happen at once.
fn follows(kind: TimerKind) -> bool {
    matches!(kind, TimerKind::Wait | TimerKind::Join | TimerKind::Pace)
}

impl Clock for Sampled {
    #[inline(always)]
    fn arm(&mut self, timer: Timer, delay: Delay) {
        let delay = match delay {
            Delay::Now => Some(0),
            Delay::Fixed(delay) => Some(delay),
            Delay::Until(at) => Some(at - self.now.0),
            Delay::At(choice) => self.delay(choice, timer),
            Delay::Transfer { path, attempt, cap } => {
                return self.transfer(timer, path, attempt, cap);
            }
        };
        let Some(delay) = delay else { return };
        self.push(timer, delay);
    }

    fn release(&mut self, path: u16, entity: Entity, attempt: u32) {
        self.links.release(self.now, path, entity, attempt);
    }

    fn set_rate(&mut self, link: u16, holder: Entity, rate: Rate) {
        let kind = self.plan.links[usize::from(link)].kind;
        self.links.set_rate(self.now, link, self.world.index(kind, holder), rate);
    }

    fn renew(&mut self, link: u16, period: Period) {
        self.links.renew(self.now, link, period);
    }

    fn decide(&mut self, choice: Choice) -> bool {
        self.value(choice) == Some(1)
    }

    fn count(&mut self, choice: Choice) -> u64 {
        self.value(choice).expect("only connections do not come about")
    }

    #[inline]
    fn note(&mut self, happening: Happening) {
        self.notes.push(happening);
    }

    #[inline]
    fn follows_all(&self) -> bool {
        self.follows
    }
}
