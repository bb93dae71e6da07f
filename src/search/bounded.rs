//! `bounded`: the nominal run with at most k other choices, all of them.
//!
//! Delay bounding (Emmi, Qadeer and Rakamarić, *Delay-bounded scheduling*, POPL 2011) with the
//! iteration of context bounding (Musuvathi and Qadeer, PLDI 2007): most bugs need few deviations
//! from what a fixed scheduler does, here one or two values that are not nominal. A schedule is a
//! list of deviations, each the number of a choice in the order of asking, a value of its menu, and
//! all later than the one before. The odometer turns the last deviation through all choices of its
//! parent's run and all their values, then goes to the next parent; so every level is finished, its
//! size known before it begins, and its percentage true.
//!
//! **What is left out.** Deviations are listed in the order of asking, so no set of them is made twice.
//! Two more reductions leave out what another run shows (as sleep sets and state caching do for
//! orders: Godefroid, *Partial-order methods*, LNCS 1032, 1996). Where tenants cannot race at all, the
//! deviations of a run are all one tenant's: what a tenant is exposed to does not depend on another's.
//! And where a run, after its last deviation, comes to a state in which an earlier run with as few
//! deviations was, too (the same portrait, pending timers, faults and open hazards, by a hash of 64
//! bits), what may deviate from there on deviates from the earlier one.
//!
//! **What a finished level says.** No exposure with at most k deviations from nominal, over these
//! choices and values; ties stay in scheduled order here. It says nothing about values between.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::Entity;
use crate::plan::{KindId, Plan};
use crate::search::choices::Menus;
use crate::search::drive::{End, Made, Trace};
use crate::search::strategy::{Ask, Length, Planner, Strategy};

/// Deviations at most.
const LEVELS: usize = 3;
/// States that are known at most.
const STATES_MAX: usize = 2_000_000;
/// Parents that are kept; with more the next level is not begun.
const PARENTS_MAX: usize = 400_000;

/// The choice of this number in the order of asking takes the value at this place of its menu.
type Deviation = (u32, u16);

/// A run that was made, whose choices after its last deviation can deviate next.
#[derive(Clone, Debug)]
struct Parent {
    deviations: Vec<Deviation>,
    /// By choice, from the one after the last deviation on: values other than its nominal one.
    wheels: Vec<u16>,
    children: u64,
}

/// How far the enumeration is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Levels finished: all runs with fewer deviations than this have been made.
    pub finished: usize,
    /// Runs of the level under way, and those of them made.
    pub level: (u64, u64),
    /// Choices of the nominal run that may deviate, and their values.
    pub points: (u64, u64),
    /// The level under way is the last that is tried.
    pub exhausted: bool,
    /// Schedules that are not made because others show the same.
    pub left_out: u64,
}

/// The enumeration.
#[derive(Clone, Debug)]
pub struct Bounded {
    setup: Setup,
    menus: Arc<Menus>,
    level: usize,
    parents: Vec<Parent>,
    next: Vec<Parent>,
    /// The odometer: parent, wheel, value.
    at: (usize, usize, u16),
    /// Runs of this level: all, planned, made.
    size: u64,
    planned: u64,
    made: u64,
    points: (u64, u64),
    too_many: bool,
    /// States that runs were in after their last deviation; `None`: nothing is left out.
    known: Option<BTreeSet<u64>>,
    /// No two tenants can race.
    apart: bool,
    left_out: u64,
    /// Deviations of runs under way, in order.
    under_way: std::collections::VecDeque<Vec<Deviation>>,
}

impl Bounded {
    /// Nothing enumerated yet.
    #[must_use]
    pub fn new(setup: &Setup, menus: &Arc<Menus>) -> Bounded {
        Bounded {
            setup: setup.clone(),
            menus: Arc::clone(menus),
            level: 0,
            parents: Vec::new(),
            next: Vec::new(),
            at: (0, 0, 0),
            size: 1,
            planned: 0,
            made: 0,
            points: (0, 0),
            too_many: false,
            known: Some(BTreeSet::new()),
            apart: apart(setup.plan()),
            left_out: 0,
            under_way: std::collections::VecDeque::new(),
        }
    }

    /// The same, and nothing is left out: what the reductions are tested against.
    #[must_use]
    pub fn in_full(setup: &Setup, menus: &Arc<Menus>) -> Bounded {
        Bounded { known: None, apart: false, ..Bounded::new(setup, menus) }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let over = self.made == self.size;
        Progress {
            finished: self.level + usize::from(over),
            level: (self.size, self.made),
            points: self.points,
            exhausted: over && (self.level == LEVELS || self.children() == 0),
            left_out: self.left_out,
        }
    }

    /// The event after which a run goes on like an earlier one; the states before it are known then.
    fn joins(&mut self, trace: &Trace, last: u32) -> u32 {
        let Some(known) = &mut self.known else { return u32::MAX };
        if trace.end != End::Over {
            return u32::MAX;
        }
        let states = || (0u32..).zip(&trace.states).filter(|(event, _)| *event > last);
        let states = || states().filter_map(|(event, state)| Some((event, (*state)?)));
        let joins = states().find(|(_, state)| known.contains(state));
        let until = joins.map_or(u32::MAX, |(event, _)| event);
        if known.len() < STATES_MAX {
            known.extend(states().take_while(|(event, _)| *event < until).map(|(_, state)| state));
        }
        until
    }

    /// The tenant whose deviations a run has; `None`: not one's alone.
    fn tenant(&self, made: &Made) -> Option<Entity> {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let kind = world.kind(made.choice.entity);
        let below = self.apart && plan.sees(kind, plan.tenant());
        below.then(|| world.ancestor(kind, made.choice.entity, plan.tenant()))
    }

    fn children(&self) -> u64 {
        self.next.iter().map(|parent| parent.children).sum()
    }

    /// The next level, if this one is made and the next is not too large.
    fn rise(&mut self) -> bool {
        if self.made < self.size || self.level == LEVELS || self.too_many {
            return false;
        }
        let children = self.children();
        if children == 0 {
            return false;
        }
        self.size = children;
        self.level += 1;
        self.parents = std::mem::take(&mut self.next);
        (self.at, self.planned, self.made) = ((0, 0, 0), 0, 0);
        true
    }

    /// Turns the odometer by one.
    fn turn(&mut self) -> Option<Vec<Deviation>> {
        loop {
            let parent = self.parents.get(self.at.0)?;
            let Some(&most) = parent.wheels.get(self.at.1) else {
                self.at = (self.at.0 + 1, 0, 0);
                continue;
            };
            if self.at.2 == most {
                self.at = (self.at.0, self.at.1 + 1, 0);
                continue;
            }
            let first = parent.deviations.last().map_or(0, |last| last.0 + 1);
            let choice = first + u32::try_from(self.at.1).expect("fewer than 2^32 choices");
            let mut deviations = parent.deviations.clone();
            deviations.push((choice, self.at.2));
            self.at.2 += 1;
            return Some(deviations);
        }
    }
}

impl Planner for Bounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn plan(&mut self, _: u64) -> Option<Box<dyn Strategy + Send>> {
        if self.planned == self.size && !self.rise() {
            return None;
        }
        let deviations = if self.level == 0 { Vec::new() } else { self.turn()? };
        self.planned += 1;
        self.under_way.push_back(deviations.clone());
        let (setup, menus) = (self.setup.clone(), Arc::clone(&self.menus));
        Some(Box::new(Deviating { setup, menus, deviations }))
    }

    fn learn(&mut self, trace: &Trace, mine: bool) {
        if !mine {
            return;
        }
        let deviations = self.under_way.pop_front().expect("runs are told of in order");
        self.made += 1;
        if self.level == LEVELS {
            return;
        }
        let first = deviations.last().map_or(0, |last| last.0 as usize + 1);
        let last = deviations.last().map(|last| trace.choices[last.0 as usize].event);
        let until = self.joins(trace, last.unwrap_or(0));
        let deviating = deviations.iter().map(|deviation| &trace.choices[deviation.0 as usize]);
        let tenant = deviating.filter_map(|made| self.tenant(made)).next();
        let mut left_out = 0;
        let mut wheel = |made: &Made| {
            let form = self.setup.form(made.choice.site, made.choice.entity);
            let ask = Ask { choice: made.choice, form, nominal: made.nominal, number: 0 };
            let values = others(&self.setup, &self.menus, &ask).count();
            let values = u16::try_from(values).expect("menus are short");
            let elsewhere = self.tenant(made).zip(tenant).is_some_and(|(own, of)| own != of);
            if made.event > until || elsewhere {
                left_out += u64::from(values);
                return 0;
            }
            values
        };
        let wheels: Vec<u16> = trace.choices.iter().skip(first).map(&mut wheel).collect();
        let children = wheels.iter().map(|&values| u64::from(values)).sum();
        self.left_out += left_out;
        if self.level == 0 {
            let turning = wheels.iter().filter(|&&values| values > 0).count();
            self.points = (turning as u64, children);
        }
        if self.next.len() == PARENTS_MAX {
            self.too_many = true;
            return;
        }
        self.next.push(Parent { deviations, wheels, children });
    }
}

/// Whether no tenant can be in another's way: nothing is shared but the calendar, and hazards are
/// about tenants and what is theirs.
fn apart(plan: &Plan) -> bool {
    let tenant = plan.tenant();
    let below = |kind: KindId| plan.sees(kind, tenant);
    plan.at_once == u32::MAX
        && plan.waves.is_empty()
        && plan.windows.is_none()
        && plan.pools.is_empty()
        && plan.links.is_empty()
        && plan.halted.is_none()
        && plan.facts.iter().all(|fact| below(fact.kind))
        && plan.steps.iter().all(|step| below(step.kind))
        && plan.acts.iter().all(|act| below(act.kind))
        && plan.hazards.iter().all(|hazard| below(hazard.kind))
        && plan.quantifiers.iter().all(|quantifier| below(quantifier.at))
}

/// The values of a choice that are not nominal.
fn others<'a>(
    setup: &Setup,
    menus: &'a Menus,
    ask: &Ask<'_>,
) -> impl Iterator<Item = u64> + use<'a> {
    let nominal = ask.nominal;
    let may = menus.fault(ask.choice.site).is_none_or(|fault| menus.may(fault));
    let menu: &'a [u64] = if may { menus.of(setup, ask) } else { &[] };
    menu.iter().copied().filter(move |&value| Some(value) != nominal)
}

/// One run with deviations.
struct Deviating {
    setup: Setup,
    menus: Arc<Menus>,
    deviations: Vec<Deviation>,
}

impl Deviating {
    fn value(&self, ask: &Ask<'_>) -> Option<u64> {
        let number = u32::try_from(ask.number).unwrap_or(u32::MAX);
        let deviation = self.deviations.iter().find(|(choice, _)| *choice == number);
        match deviation {
            Some(&(_, place)) => others(&self.setup, &self.menus, ask).nth(usize::from(place)),
            None => ask.nominal,
        }
    }
}

impl Strategy for Deviating {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        self.value(ask).unwrap_or(0)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        self.value(ask).map_or(Length::Never, Length::Exactly)
    }
}
