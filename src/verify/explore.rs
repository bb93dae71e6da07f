//! The explorer: breadth first, by the number of faults that cost.
//!
//! A node is dropped only for one of the same discrete state with an including zone *and* an included
//! set of faults; one that was queued when such a node came is skipped. Exposures are looked for when a
//! node's turn comes, so all with fewer faults are known by then. Before, an outline (`outline`) is tried
//! in the same way: it keeps one node for each discrete state and set of faults.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::kernel::Setup;
use crate::model::{Entity, Rules, State, Timer, TimerKind};
use crate::verify::arrive::{Before, Event, From};
use crate::verify::clock::{Script, Symbolic};
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::earliest::Earliest;
use crate::verify::faults::{FaultSet, Sites};
use crate::verify::node::{Body, Measured, Node, Opening, lead};
use crate::verify::outline::Outline;
use crate::verify::prove::{Property, Question};
use crate::verify::stretch::Stretch;
use crate::verify::symmetry::{Key, Symmetry};
use crate::verify::witness::{Aim, Witness, witness};

/// Nodes expanded between two looks at the budget.
const LOOK: u64 = 64;
/// So many paths with one set of faults are tried for a schedule that the kernel follows.
const TRIES: u32 = 32;

/// How far an exploration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Progress {
    /// States kept so far.
    pub states: u64,
    /// Transitions computed so far.
    pub transitions: u64,
    /// States that wait for their turn.
    pub waiting: u64,
    /// Events on the way to the present state.
    pub depth: u32,
    /// Faults on the way to it.
    pub faults: usize,
    /// About so many bytes are used.
    pub memory: u64,
}

impl Progress {
    /// Adds what another exploration has cost.
    pub(super) fn add(&mut self, other: Progress) {
        self.states += other.states;
        self.transitions += other.transitions;
    }
}

/// Asked now and then whether to go on.
pub type GoOn<'a> = &'a mut dyn FnMut(&Progress) -> bool;

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// What is looked for.
    pub(super) question: Question,
    /// At most so many faults.
    pub(super) most: usize,
    /// Only these faults, if they are named; then windows are measured instead of looked for.
    pub(super) measure: Option<FaultSet>,
    /// What is measured is when they open at the earliest, not how long they last.
    pub(super) soonest: bool,
}

impl Scope {
    /// All with at most so many faults.
    pub(super) fn of(question: Question, most: usize) -> Scope {
        Scope { question, most, measure: None, soonest: false }
    }
}

/// A window, or a missed goal, that is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exposure {
    /// What does not hold: a window that is open while time may pass, or a goal at its deadline.
    pub(super) property: Property,
    /// In whose session.
    pub(super) user: Option<u16>,
    /// For whom.
    pub(super) entity: Entity,
    /// Faults on the way.
    pub(super) faults: FaultSet,
    /// A schedule that leads to it.
    pub(super) witness: Witness,
    /// Paths with these faults for which a schedule was tried.
    tried: u32,
}

/// The longest window of a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Longest {
    pub(super) opening: Opening,
    /// [`NONE`]: it need not end.
    pub(super) length: i64,
    /// Where it has closed, or need not end.
    pub(super) node: u32,
}

impl Exposure {
    /// The kernel has it.
    pub(super) fn confirmed(&self) -> bool {
        self.witness.confirmed()
    }
}

/// One exploration.
pub(super) struct Explorer<'a> {
    pub(super) setup: &'a Setup,
    /// The focal run whose coarse one is explored.
    pub(super) exact: Option<&'a Setup>,
    /// The end whose bound schedules keep as close as they can.
    pub(super) stretch: Option<Stretch>,
    pub(super) rules: &'a Rules,
    pub(super) sites: &'a Sites,
    pub(super) symmetry: Symmetry,
    pub(super) scope: Scope,
    pub(super) nodes: Vec<Node>,
    /// Numbers of discrete states.
    pub(super) groups: BTreeMap<Key, u32>,
    /// Nodes of each discrete state that no other includes.
    pub(super) passed: Vec<Vec<u32>>,
    /// By number of faults.
    pub(super) queues: Vec<VecDeque<u32>>,
    /// At most one for each hazard and minimal set.
    pub(super) exposures: Vec<Exposure>,
    /// By hazard.
    pub(super) longest: BTreeMap<u16, Longest>,
    /// If that is measured: states that wait, by the least time since the beginning.
    pub(super) soonest: BTreeSet<(i64, u32)>,
    /// By hazard.
    pub(super) earliest: BTreeMap<u16, Earliest>,
    pub(super) progress: Progress,
    /// Bytes of nodes, and of one state.
    pub(super) stored: usize,
    state_bytes: u64,
    /// All with at most so many faults have been explored, if any level is complete.
    pub(super) complete: Option<usize>,
    /// If an outline is explored, how it stands.
    pub(super) outline: Option<Outline>,
}

impl<'a> Explorer<'a> {
    /// Nothing explored yet.
    pub(super) fn new(setup: &'a Setup, sites: &'a Sites, scope: Scope) -> Explorer<'a> {
        let rules = &*setup.rules;
        Explorer {
            setup,
            exact: None,
            stretch: None,
            rules,
            sites,
            symmetry: Symmetry::new(rules),
            scope,
            nodes: Vec::new(),
            groups: BTreeMap::new(),
            passed: Vec::new(),
            queues: vec![VecDeque::new(); scope.most + 1],
            exposures: Vec::new(),
            longest: BTreeMap::new(),
            soonest: BTreeSet::new(),
            earliest: BTreeMap::new(),
            progress: Progress::default(),
            stored: 0,
            state_bytes: rules.initial(None).bytes(),
            complete: None,
            outline: None,
        }
    }

    /// Tenants are exchanged, and all are alike.
    pub(super) fn symmetric(&self) -> bool {
        self.symmetry.classes() <= 1
    }

    /// Explores everything, level by level; false if it was told to stop, or an outline said nothing.
    pub(super) fn run(&mut self, go_on: GoOn<'_>) -> bool {
        self.begin();
        let mut turns = 0u64;
        for level in 0..self.queues.len() {
            while let Some(node) = self.queues[level].pop_front() {
                self.progress.waiting -= 1;
                self.visit(node);
                if self.outline.is_some_and(|outline| outline.says_nothing) {
                    return false;
                }
                turns += 1;
                if turns.is_multiple_of(LOOK) {
                    self.progress.faults = level;
                    self.progress.depth = self.nodes[node as usize].depth;
                    if !go_on(&self.progress) {
                        return false;
                    }
                }
            }
            self.complete = Some(level);
        }
        true
    }

    pub(super) fn begin(&mut self) {
        let (mut zone, mut measured) = (Dbm::new(), Measured::Nothing);
        if self.scope.soonest {
            zone.push(0, 0);
            measured = Measured::Elapsed;
        }
        let mut script = Script::default();
        loop {
            let mut state = self.rules.initial(None);
            let mut clock = Symbolic::new(self.rules, self.sites, 0, &mut script);
            self.rules.begin(&mut state, &mut clock);
            let before = Before { timers: &[], open: &[] };
            let from =
                From { parent: None, fired: None, depth: 0, faults: FaultSet::default(), measured };
            let (armed, notes, faults) = (clock.armed, clock.notes, clock.faults);
            let event = Event { armed, notes, faults, state };
            self.arrive(&from, &before, &zone, event, script.answers());
            if !script.next() {
                return;
            }
        }
    }

    pub(super) fn visit(&mut self, id: u32) {
        let node = &mut self.nodes[id as usize];
        let Some(body) = node.body.take() else { return };
        if node.dropped {
            return;
        }
        let (faults, measured) = (node.faults, node.measured);
        let patience = node.patience(body.timers.len());
        match measured {
            Measured::Nothing if self.scope.measure.is_none() => {
                if self.needless(&faults) {
                    return;
                }
                if patience >= 1 {
                    self.expose(id, faults, &body.open);
                }
                if self.needless(&faults) {
                    return;
                }
            }
            Measured::Elapsed => self.opens_early(id, &body),
            Measured::Open(opening) if patience == NONE => self.measured(opening, NONE, id),
            _ => {}
        }
        if self.rules.over(&body.state) || self.nothing_is_due(&body) {
            return;
        }
        let doubles = body.equals.doubles(&self.nodes[id as usize].zone);
        for place in (0..body.timers.len()).filter(|&place| !doubles[place]) {
            self.successors(id, &body, place);
        }
    }

    /// True if nothing new can be learnt with these faults: for every hazard, or for the goal, a subset
    /// is known.
    pub(super) fn needless(&self, faults: &FaultSet) -> bool {
        let hazards = self.rules.plan.hazards.len();
        match self.scope.question {
            Question::Hazards => {
                (0..hazards).all(|hazard| self.known(Property::Hazard(hazard as u16), faults))
            }
            Question::Goal(goal) => self.known(Property::Goal(goal), faults),
        }
    }

    pub(super) fn known(&self, property: Property, faults: &FaultSet) -> bool {
        let same = self.exposures.iter().filter(|exposure| exposure.property == property);
        same.into_iter().any(|exposure| exposure.confirmed() && exposure.faults.within(faults))
    }

    /// Time may pass while these hazards hold.
    fn expose(&mut self, node: u32, faults: FaultSet, open: &[Opening]) {
        if self.scope.question != Question::Hazards {
            return;
        }
        for &opening in open {
            let Opening { hazard, user, entity } = opening;
            let property = Property::Hazard(hazard);
            self.confirm(node, faults, (property, user, entity), Aim::Open(opening));
        }
    }

    /// Looks for a schedule, unless a subset of the faults is known to do. What the kernel does not
    /// confirm prunes nothing; other paths with the same faults are then tried, but not for ever.
    pub(super) fn confirm(
        &mut self,
        node: u32,
        faults: FaultSet,
        (property, user, entity): (Property, Option<u16>, Entity),
        aim: Aim,
    ) {
        if let Some(outline) = &mut self.outline {
            outline.says_nothing = true;
            return;
        }
        if self.known(property, &faults) {
            return;
        }
        let same = |exposure: &Exposure| exposure.property == property && exposure.faults == faults;
        let before = self.exposures.iter().position(same);
        let tried = before.map_or(0, |before| self.exposures[before].tried) + 1;
        if tried > TRIES {
            return;
        }
        let witness = witness(self.setup, self, node, aim);
        let exposure = Exposure { property, user, entity, faults, witness, tried };
        match before {
            None => self.exposures.push(exposure),
            Some(before) if exposure.confirmed() => self.exposures[before] = exposure,
            Some(before) => self.exposures[before].tried = tried,
        }
    }

    pub(super) fn measured(&mut self, opening: Opening, length: i64, node: u32) {
        let longest = Longest { opening, length, node };
        let known = self.longest.entry(opening.hazard).or_insert(longest);
        if length > known.length {
            *known = longest;
        }
    }

    /// About so many bytes: nodes, their zones, parts of states, and whole states of those that wait.
    pub(super) fn memory(&self) -> u64 {
        let waiting = self.progress.waiting * self.state_bytes;
        (self.stored + 4 * self.symmetry.words()) as u64 + waiting
    }

    /// All that follows if this timer fires next.
    fn successors(&mut self, id: u32, body: &Body, place: usize) {
        let node = &self.nodes[id as usize];
        let next = body.timers[place];
        let instant = boundary(self.rules, &body.state, next.timer);
        if instant > self.rules.plan.horizon.0 {
            // Windows are not known from here on. What is open now need not end as far as they say.
            if let Measured::Open(opening) = node.measured {
                self.measured(opening, NONE, id);
            }
            return;
        }
        let mut zone = node.zone.clone();
        let mut leads = vec![NONE; zone.len()];
        for (other, pending) in body.timers.iter().enumerate() {
            leads[other + 1] = if other == place { 0 } else { lead(next.timer, pending.timer) };
        }
        if matches!(node.measured, Measured::Closed(_)) {
            // A window that has closed goes on only at the same instant.
            leads[0] = 0;
        }
        if !zone.first(place + 1, &leads) {
            return;
        }
        let from = From {
            parent: Some(id),
            fired: Some(next),
            depth: node.depth + 1,
            faults: node.faults,
            measured: node.measured,
        };
        let mut others: Vec<usize> = (1..zone.len()).filter(|&other| other != place + 1).collect();
        others.insert(0, place + 1);
        let zone = zone.seen_in(&others);
        let mut timers = body.timers.clone();
        timers.remove(place);
        let mut script = Script::default();
        loop {
            let mut state = body.state.clone();
            let mut clock = Symbolic::new(self.rules, self.sites, instant, &mut script);
            let live = self.rules.fire(&mut state, next.timer, &mut clock);
            debug_assert!(live, "void timers have no variable");
            let (armed, notes, faults) = (clock.armed, clock.notes, clock.faults);
            let event = Event { armed, notes, faults, state };
            let before = Before { timers: &timers, open: &body.open };
            self.arrive(&from, &before, &zone, event, script.answers());
            if !script.next() {
                return;
            }
        }
    }
}

/// The instant of a calendar's next boundary or of the next date, if its timer fires: the only instants
/// that are known, and the only ones that are needed.
pub(super) fn boundary(rules: &Rules, state: &State, timer: Timer) -> u64 {
    match timer.kind {
        TimerKind::Calendar => rules.next_boundary(state, timer.which),
        TimerKind::Date => rules.next_date(state),
        _ => 0,
    }
}
