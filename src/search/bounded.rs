//! `bounded`: the nominal run with at most k other choices, all of them.
//!
//! Delay bounding (Emmi, Qadeer and Rakamarić, *Delay-bounded scheduling*, POPL 2011) with the
//! iteration of context bounding (Musuvathi and Qadeer, PLDI 2007): most bugs need few deviations
//! from what a fixed scheduler does, here one or two values that are not nominal. A schedule is a
//! list of deviations, each later than the one before: the number of a choice in the order of asking and
//! a value of its menu, or the number of an event and which of those tied at its instant goes first
//! instead (a *delay* of all before it, in the words of the paper). The odometer turns the last
//! deviation through all values and all ties of its parent's run, then goes to the next parent; so every
//! level is finished, its size known before it begins, and its percentage true. Choices and ties that
//! only come up in a run with deviations are counted when that run has been made, one level before
//! they deviate themselves.
//!
//! Ties are choices only where events conflict: one that commutes with the event whose turn it is may
//! as well come after it (see `conflicts`).
//!
//! **What is left out.** Deviations are listed in the order of the run, so no set of them is made twice.
//! Two more reductions leave out what another run shows (as sleep sets and state caching do for
//! orders: Godefroid, *Partial-order methods*, LNCS 1032, 1996). Where tenants cannot race at all, the
//! deviations of a run are all one tenant's: what a tenant is exposed to does not depend on another's.
//! And where a run, after its last deviation, comes to a state in which an earlier run with as few
//! deviations was, too (the same portrait, pending timers, faults and open hazards, by a hash of 64
//! bits), what may deviate from there on deviates from the earlier one.
//!
//! **What a finished level says.** No exposure with at most k deviations from nominal, over these
//! choices and values and these ties. It says nothing about values between.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::model::Entity;
use crate::plan::{KindId, Plan};
use crate::search::choices::Menus;
use crate::search::conflicts::Conflicts;
use crate::search::drive::{End, Made, Trace};
use crate::search::strategy::{Ask, Length, Pick, Planner, Ready, Strategy, first, in_order};

/// Deviations at most.
const LEVELS: usize = 3;
/// States that are known at most.
const STATES_MAX: usize = 2_000_000;
/// Parents that are kept; with more the next level is not begun.
const PARENTS_MAX: usize = 400_000;

/// What is not as in the nominal run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deviation {
    /// The choice of this number in the order of asking takes the value at this place of its menu.
    Value(u32, u16),
    /// As the event of this number, the alternative at this place fires.
    Tie(u32, u16),
}

/// A run that was made, whose choices after its last deviation can deviate next.
#[derive(Clone, Debug)]
struct Parent {
    deviations: Vec<Deviation>,
    /// Events after the last deviation, and how many may fire instead.
    ties: Vec<(u32, u16)>,
    /// The first choice after the last deviation.
    first: u32,
    /// By choice, from that one on: values other than its nominal one.
    values: Vec<u16>,
    children: u64,
}

impl Parent {
    /// How far the wheel of this number turns; `None`: there are no more. Values come before ties.
    fn turns(&self, wheel: usize) -> Option<u16> {
        let tie = || Some(self.ties.get(wheel - self.values.len())?.1);
        self.values.get(wheel).copied().or_else(tie)
    }

    /// The deviation at a place of a wheel.
    fn deviation(&self, wheel: usize, place: u16) -> Deviation {
        match wheel.checked_sub(self.values.len()) {
            Some(tie) => Deviation::Tie(self.ties[tie].0, place),
            None => {
                let behind = u32::try_from(wheel).expect("fewer than 2^32 choices");
                Deviation::Value(self.first + behind, place)
            }
        }
    }
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
    /// Ties of the nominal run that may deviate, and the orders they may take instead.
    pub ties: (u64, u64),
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
    conflicts: Arc<Conflicts>,
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
    ties: (u64, u64),
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
            conflicts: Arc::new(Conflicts::new(setup)),
            level: 0,
            parents: Vec::new(),
            next: Vec::new(),
            at: (0, 0, 0),
            size: 1,
            planned: 0,
            made: 0,
            points: (0, 0),
            ties: (0, 0),
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
        let conflicts = Arc::new(Conflicts::all());
        Bounded { conflicts, known: None, apart: false, ..Bounded::new(setup, menus) }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let over = self.made == self.size;
        Progress {
            finished: self.level + usize::from(over),
            level: (self.size, self.made),
            points: self.points,
            ties: self.ties,
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

    /// The tenant whose deviation it is; `None`: not one's alone.
    fn tenant(&self, entity: Entity) -> Option<Entity> {
        let (plan, world) = (self.setup.plan(), self.setup.world());
        let kind = world.kind(entity);
        let below = self.apart && plan.sees(kind, plan.tenant());
        below.then(|| world.ancestor(kind, entity, plan.tenant()))
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
            let Some(most) = parent.turns(self.at.1) else {
                self.at = (self.at.0 + 1, 0, 0);
                continue;
            };
            if self.at.2 == most {
                self.at = (self.at.0, self.at.1 + 1, 0);
                continue;
            }
            let mut deviations = parent.deviations.clone();
            deviations.push(parent.deviation(self.at.1, self.at.2));
            self.at.2 += 1;
            return Some(deviations);
        }
    }

    /// How far the wheels behind the last deviation of a run turn.
    fn wheels(&mut self, deviations: Vec<Deviation>, trace: &Trace) -> Parent {
        let choice = |number: u32| &trace.choices[number as usize];
        let event = |deviation: &Deviation| match *deviation {
            Deviation::Value(number, _) => choice(number).event,
            Deviation::Tie(event, _) => event,
        };
        let entity = |deviation: &Deviation| match *deviation {
            Deviation::Value(number, _) => choice(number).choice.entity,
            Deviation::Tie(event, _) => trace.events[event as usize].timer.entity,
        };
        let last = deviations.last().map_or(0, event);
        let first = match deviations.last() {
            None => 0,
            Some(Deviation::Value(number, _)) => *number as usize + 1,
            Some(Deviation::Tie(..)) => trace.choices.partition_point(|made| made.event < last),
        };
        let until = self.joins(trace, last);
        let tenant = deviations.iter().find_map(|deviation| self.tenant(entity(deviation)));
        let mut left_out = 0;
        let mut kept = |number: usize, event: u32, entity: Entity| {
            let elsewhere = self.tenant(entity).zip(tenant).is_some_and(|(own, of)| own != of);
            if event > until || elsewhere {
                left_out += number as u64;
                return 0;
            }
            u16::try_from(number).expect("menus are short, and so are ties")
        };
        let mut ties = Vec::new();
        for tied in trace.tied.iter().filter(|tied| tied.event > last) {
            let places = self.conflicts.alternatives(&self.setup, &tied.ready);
            let Some(&place) = places.first() else { continue };
            let most = kept(places.len(), tied.event, tied.ready[place].timer.entity);
            ties.extend((most > 0).then_some((tied.event, most)));
        }
        let values = trace.choices.iter().skip(first).map(|made| {
            let others = self.others(made);
            kept(others, made.event, made.choice.entity)
        });
        let values: Vec<u16> = values.collect();
        self.left_out += left_out;
        let turns = ties.iter().map(|(_, most)| most).chain(&values);
        let children = turns.map(|&most| u64::from(most)).sum();
        let first = u32::try_from(first).expect("fewer than 2^32 choices");
        Parent { deviations, ties, first, values, children }
    }

    /// Values that a choice may take instead.
    fn others(&self, made: &Made) -> usize {
        let form = self.setup.form(made.choice.site, made.choice.entity);
        let ask = Ask { choice: made.choice, form, nominal: made.nominal, number: 0 };
        others(&self.setup, &self.menus, &ask).count()
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
        let conflicts = Arc::clone(&self.conflicts);
        Some(Box::new(Deviating { setup, menus, conflicts, deviations, events: 0 }))
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
        let parent = self.wheels(deviations, trace);
        if self.level == 0 {
            let turning = |mosts: &mut dyn Iterator<Item = u16>| {
                mosts
                    .filter(|&most| most > 0)
                    .fold((0, 0), |(points, all), most| (points + 1, all + u64::from(most)))
            };
            self.points = turning(&mut parent.values.iter().copied());
            self.ties = turning(&mut parent.ties.iter().map(|&(_, most)| most));
        }
        if self.next.len() == PARENTS_MAX {
            self.too_many = true;
            return;
        }
        self.next.push(parent);
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
    conflicts: Arc<Conflicts>,
    deviations: Vec<Deviation>,
    /// That have fired.
    events: u32,
}

impl Deviating {
    fn value(&self, ask: &Ask<'_>) -> Option<u64> {
        let deviation = self.deviations.iter().find_map(|deviation| match *deviation {
            Deviation::Value(number, place) if number as usize == ask.number => Some(place),
            _ => None,
        });
        match deviation {
            Some(place) => others(&self.setup, &self.menus, ask).nth(usize::from(place)),
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

    fn next(&mut self, ready: &[Ready]) -> Pick {
        let deviation = self.deviations.iter().find_map(|deviation| match *deviation {
            Deviation::Tie(event, place) if event == self.events + 1 => Some(place),
            _ => None,
        });
        let another = deviation.and_then(|place| {
            let tied = in_order(ready);
            let places = self.conflicts.alternatives(&self.setup, &tied);
            let id = tied[*places.get(usize::from(place))?].id;
            ready.iter().position(|ready| ready.id == id)
        });
        another.map_or_else(|| first(ready), |index| Pick { index, at: ready[index].earliest })
    }

    fn fired(&mut self, _: &Ready, _: &[Ready]) {
        self.events += 1;
    }
}
