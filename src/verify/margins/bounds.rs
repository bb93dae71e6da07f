//! The bounds that a proof rests on, and plans in which some of them are moved.

use crate::plan::{ActPlan, BendPlan, EffectPlan, KindId, Law, Plan, Site, SiteForm, SiteId};
use crate::scenario::sites::environment;
use crate::units::Span;
use crate::verify::stretch::Stretch;

/// What lies between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// How long an attempt of a step takes.
    Duration,
    /// How long a transfer takes, whatever its size and its rate.
    Transfer,
    /// The bound on an attempt.
    Timeout,
    /// The time before another attempt.
    RetryWait,
    /// How long the undo of a step takes.
    Undo,
    /// The time from the issue of an effect until it lands.
    Landing,
    /// The lease on a fact, by index.
    Lease(u16),
    /// The time until a reaction or a free-standing fault fires.
    Trigger,
    /// How long something is forced, taken, slowed or down.
    Outage,
    /// The time between two starts of tenants, or between waves.
    Pace,
    /// How long a fault lets an attempt last.
    Bend,
}

/// An interval that the plan assumes.
#[derive(Clone, Debug)]
pub struct Bound {
    /// By which schedules and expectations address it: its site's name, with its class if classes
    /// have intervals of their own.
    pub name: String,
    /// What it is.
    pub what: What,
    /// The least value, in microseconds.
    pub low: u64,
    /// The greatest; `None`: it has none.
    pub high: Option<u64>,
    /// Its distribution; `None`: the plan draws no such value.
    pub law: Option<Law>,
    /// By index of [`Plan::classes`]: those of no other class have it.
    pub class: Option<usize>,
    /// Whose delay it is, if each of them has one such delay unless something is tried again.
    pub each: Option<KindId>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// A site of the plan.
    Site(SiteId),
    /// A step's transfer, which is a site of focal runs alone.
    Transfer(u16),
    /// A step's timeout, which has no site before it is moved.
    Timeout(u16),
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The least value.
    Lower,
    /// The greatest value.
    Upper,
}

/// An end of a bound moved to a value, in microseconds; `None`: to infinity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move<'a> {
    pub(super) bound: &'a Bound,
    pub(super) end: End,
    pub(super) to: Option<u64>,
}

impl Bound {
    /// The end as the plan assumes it.
    #[must_use]
    pub fn assumed(&self, end: End) -> Option<u64> {
        match end {
            End::Lower => Some(self.low),
            End::Upper => self.high,
        }
    }

    /// The end that one expects to matter: leases too short, all else too long.
    #[must_use]
    pub fn critical(&self) -> End {
        if matches!(self.what, What::Lease(_)) { End::Lower } else { End::Upper }
    }

    /// The share of its draws beyond a value: above it for an upper end, below it for a lower one.
    #[must_use]
    pub fn beyond(&self, end: End, value: u64) -> Option<f64> {
        let law = self.law.as_ref()?;
        Some(match end {
            End::Upper => law.exceeds(value),
            End::Lower if value == 0 => 0.0,
            End::Lower => law.draws_within(0, value - 1).map_or(0.0, |draws| {
                // 2^64 draws; the range starts at 0.
                (*draws.end() as f64 + 1.0) / 18_446_744_073_709_551_616.0
            }),
        })
    }

    /// Whether a name means it: its own, or that of the step whose duration or transfer it is.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let main = matches!(self.what, What::Duration | What::Transfer);
        let step =
            || self.name.rsplit_once(" / ").map(|(step, rest)| (step, rest.split_once(" (")));
        self.name == name
            || main
                && step().is_some_and(|(step, class)| match class {
                    None => step == name,
                    Some((_, class)) => {
                        name.strip_prefix(step).and_then(|rest| rest.strip_prefix(" ("))
                            == Some(class)
                    }
                })
    }
}

/// Every duration, delay and lease that a proof with faults of these costs rests on. Transfers are
/// those of the focal runs `focal`; without one they are left out.
pub(super) fn bounds(plan: &Plan, classes: &[usize], focal: &[&Plan], faults: bool) -> Vec<Bound> {
    let mut list = List { plan, each: None, classes, bounds: Vec::new() };
    for (index, step) in (0u16..).zip(&plan.steps) {
        let name = plan.scenario.steps[usize::from(index)].name.as_str();
        list.each = (step.times == 1).then_some(step.kind);
        list.site(step.duration, What::Duration);
        list.transfer(index, name, focal);
        list.site(step.retry_wait, What::RetryWait);
        if let Some(Span(timeout)) = step.timeout {
            list.bounds.push(Bound {
                each: None,
                name: format!("{name} / timeout"),
                what: What::Timeout,
                low: timeout,
                high: Some(timeout),
                law: None,
                class: None,
                place: Place::Timeout(index),
            });
        }
        for effects in [&step.at_start, &step.at_end, &step.at_fail, &step.undo] {
            list.effects(effects);
        }
        list.site(step.undo_duration, What::Undo);
    }
    list.each = None;
    for act in &plan.acts {
        let strikes = act.fault.is_none_or(|(fault, _)| plan.faults[usize::from(fault)].cost == 0);
        if strikes || faults {
            list.act(act);
        }
    }
    for fault in plan.faults.iter().filter(|fault| fault.cost == 0 || faults) {
        for (_, bend) in fault.bend.iter().chain(&fault.undo_bend) {
            match bend {
                BendPlan::Slow(site) => list.site(Some(*site), What::Bend),
                BendPlan::Fails(site) => list.site(*site, What::Bend),
                _ => {}
            }
        }
    }
    list.site(plan.pace, What::Pace);
    for wave in &plan.waves {
        list.site(wave.pace, What::Pace);
        list.site(wave.soak, What::Pace);
    }
    list.bounds
}

struct List<'a> {
    plan: &'a Plan,
    /// See [`Bound::each`].
    each: Option<KindId>,
    /// Those that there are tenants of.
    classes: &'a [usize],
    bounds: Vec<Bound>,
}

impl List<'_> {
    fn effects(&mut self, effects: &[EffectPlan]) {
        for effect in effects {
            self.site(effect.after, What::Landing);
            self.site(effect.lasts, What::Lease(effect.fact));
        }
    }

    fn act(&mut self, act: &ActPlan) {
        self.site(Some(act.trigger), What::Trigger);
        self.effects(&act.does);
        let outages = [
            act.forces.map(|(.., site)| site),
            act.takes.map(|(.., site)| site),
            act.slows.as_ref().map(|slows| slows.lasts),
            act.crashes,
        ];
        outages.into_iter().for_each(|site| self.site(site, What::Outage));
    }

    /// A site with one interval for all, or one for each class. Rates are no delays.
    fn site(&mut self, site: Option<SiteId>, what: What) {
        let Some(site) = site else { return };
        let Site { name, form } = &self.plan.sites[site.index()];
        match form {
            SiteForm::Delay(law) => self.add(name.clone(), what, law, None, site),
            SiteForm::ByClass(forms) => {
                for &class in self.classes {
                    let SiteForm::Delay(law) = &forms[class] else { continue };
                    let of = self.plan.scenario.classes.get(class);
                    let of = of.map_or("no class", |class| class.name.as_str());
                    self.add(format!("{name} ({of})"), what, law, Some(class), site);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: String, what: What, law: &Law, class: Option<usize>, site: SiteId) {
        let (support, place) = (law.support(), Place::Site(site));
        let law = law.as_constant().is_none().then(|| law.clone());
        let each = self.each;
        self.bounds.push(Bound {
            each,
            name,
            what,
            low: support.low,
            high: support.high,
            law,
            class,
            place,
        });
    }

    fn transfer(&mut self, step: u16, name: &str, focal: &[&Plan]) {
        let name = format!("{name} / {}", environment::TRANSFER);
        let intervals =
            focal.iter().filter_map(|plan| match plan.sites[plan.site(&name)?.index()].form {
                SiteForm::Outside { low, high, .. } => Some((low, high)),
                _ => None,
            });
        let widest = intervals.reduce(|one, other| {
            let high = one.1.zip(other.1).map(|(one, other)| one.max(other));
            (one.0.min(other.0), high)
        });
        if let Some((low, high)) = widest {
            let (what, place) = (What::Transfer, Place::Transfer(step));
            self.bounds.push(Bound {
                name,
                what,
                low,
                high,
                law: None,
                class: None,
                each: None,
                place,
            });
        }
    }
}

/// A plan with these ends moved.
///
/// A constant becomes an interval, out of which every occurrence has a value of its own: whatever the
/// constant made possible stays so, and moving an end out only adds to it. An end that is moved in,
/// beyond the other, takes that with it as far as there is: an upper end leaves all from 0 on, a lower
/// end all up to infinity.
pub(super) fn moved(plan: &Plan, moves: &[Move<'_>]) -> Plan {
    let mut plan = plan.clone();
    for each in moves {
        let Some(site) = site(&mut plan, &each.bound.place) else { continue };
        let class = each.bound.class;
        let form = match (&mut plan.sites[site.index()].form, class) {
            (SiteForm::ByClass(forms), Some(class)) => &mut forms[class],
            (form, _) => form,
        };
        let (low, nominal, high) = match form {
            SiteForm::Delay(law) => (law.support().low, law.median(), law.support().high),
            SiteForm::Outside { low, nominal, high } => (*low, nominal.unwrap_or(*low), *high),
            _ => unreachable!("only delays have bounds"),
        };
        let (low, high) = interval((low, high), each);
        let nominal = nominal.clamp(low, high.unwrap_or(u64::MAX));
        *form = SiteForm::Outside { low, nominal: Some(nominal), high };
    }
    plan
}

/// The end that schedules are to keep close, in a plan in which it is moved.
pub(super) fn stretch(plan: &Plan, end: Move<'_>) -> Option<Stretch> {
    let mut plan = plan.clone();
    let site = site(&mut plan, &end.bound.place)?;
    Some(Stretch { site, upper: end.end == End::Upper })
}

/// The site of a bound in a plan, if it has it; a timeout gets one.
fn site(plan: &mut Plan, place: &Place) -> Option<SiteId> {
    match *place {
        Place::Site(site) => Some(site),
        Place::Transfer(step) => {
            let name = &plan.scenario.steps[usize::from(step)].name;
            plan.site(&format!("{name} / {}", environment::TRANSFER))
        }
        Place::Timeout(step) => {
            let name = format!("{} / timeout", plan.scenario.steps[usize::from(step)].name);
            let (next, step) = (plan.sites.len(), &mut plan.steps[usize::from(step)]);
            let Span(timeout) = step.timeout?;
            let next = SiteId(u16::try_from(next).expect("a plan has few sites"));
            let site = *step.timeout_site.get_or_insert(next);
            if site == next {
                let form =
                    SiteForm::Outside { low: timeout, nominal: Some(timeout), high: Some(timeout) };
                plan.sites.push(Site { name, form });
            }
            Some(site)
        }
    }
}

fn interval(
    (low, high): (u64, Option<u64>),
    Move { bound, end, to }: &Move<'_>,
) -> (u64, Option<u64>) {
    // `None` is infinity, which no order of options says.
    let least = |one: Option<u64>, two: Option<u64>| one.into_iter().chain(two).min();
    match end {
        End::Upper => {
            let out = match (to, bound.high) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(to), Some(assumed)) => *to >= assumed,
            };
            let high = if out { *to } else { least(high, *to) };
            let emptied = high.is_some_and(|high| high < low);
            (if emptied { 0 } else { low }, high)
        }
        End::Lower => {
            let to = to.unwrap_or(Law::CAP);
            let low = if to <= bound.low { to } else { low.max(to) };
            let emptied = high.is_some_and(|high| high < low);
            (low, if emptied { None } else { high })
        }
    }
}
