//! A naive second engine: every whole microsecond and every order of events at one instant, state by
//! state, with nothing of `verify` in it.
//!
//! It shares the transition relation with the prover and the kernel, and says all else anew: a pending
//! timer has the least and the greatest time left; either one of those that may fire does, or all get
//! one microsecond older. What is possible is a plain graph, in which nothing includes anything else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cutover::kernel::Setup;
use cutover::model::{
    Choice, Clock, Delay, Entity, Happening, Phase, Rules, State, Timer, TimerKind,
};
use cutover::plan::{SiteForm, SiteId};
use cutover::scenario::Period;
use cutover::units::Rate;

/// A hazard that holds: live or in the session of a user, for whom.
pub(crate) type Opening = (u16, Option<u16>, Entity);

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// States by what can still matter of them.
    Portraits,
    /// States with their whole history, and when they are reached: up to this instant.
    Everything(u64),
    /// As portraits, and when they are reached: up to this instant.
    Instants(u64),
}

/// Where a delay comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A site of the plan.
    Site(SiteId),
    /// The timeout of a step, which has none.
    Timeout(u16),
}

/// A delay that takes from `low` to `high`, each time anew, whatever the plan says; `None`: for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Other {
    pub(crate) source: Source,
    pub(crate) low: u64,
    pub(crate) high: Option<u64>,
}

/// How far it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At most so many faults.
    pub(crate) faults: u32,
    /// With more states than this it gives up.
    pub(crate) states: usize,
    /// Nobody waits longer for pools.
    pub(crate) wait: Option<u64>,
    pub(crate) telling: Telling,
    pub(crate) other: Option<Other>,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) to: usize,
    /// Hazards that began to hold in it.
    pub(crate) opened: Vec<Opening>,
}

/// One state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vertex {
    /// Faults that cost and have struck, as bits.
    pub(crate) faults: u64,
    pub(crate) open: BTreeSet<Opening>,
    pub(crate) events: Vec<Edge>,
    /// One microsecond later, if time may pass.
    pub(crate) tick: Option<usize>,
}

/// Everything that is possible.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) begins: Vec<Edge>,
    pub(crate) vertices: Vec<Vertex>,
    /// Goals that are missed with faults, as bits.
    pub(crate) missed: BTreeSet<(u16, u64)>,
    /// Where delays came from.
    pub(crate) sources: BTreeSet<Source>,
}

/// A pending timer with the least and the greatest time left.
#[derive(Clone, Copy, Debug)]
struct Pending {
    timer: Timer,
    low: u64,
    high: Option<u64>,
}

#[derive(Clone, Debug)]
struct Node {
    state: State,
    pending: Vec<Pending>,
    open: BTreeSet<Opening>,
    faults: u64,
    now: u64,
    /// Requests for pools, with how long each has waited; kept only if that has a limit.
    waits: BTreeMap<(u16, Entity), u64>,
}

/// Lends the model every answer in turn.
struct Every<'a> {
    rules: &'a Rules,
    costs: &'a BTreeMap<u16, u16>,
    now: u64,
    other: Option<Other>,
    /// Answers so far, each with how many there are.
    script: &'a mut Vec<(u64, u64)>,
    asked: usize,
    armed: Vec<Pending>,
    sources: Vec<Source>,
    notes: Vec<Happening>,
    faults: u64,
}

impl Every<'_> {
    fn answer(&mut self, count: u64) -> u64 {
        if self.asked == self.script.len() {
            self.script.push((0, count));
        }
        self.asked += 1;
        self.script[self.asked - 1].0
    }

    fn form(&self, choice: Choice) -> &SiteForm {
        let world = &self.rules.world;
        self.rules.plan.form(choice.site, |plan| world.class(plan, choice.entity))
    }
}

impl Clock for Every<'_> {
    fn arm(&mut self, timer: Timer, delay: Delay) {
        let (low, high) = match delay {
            Delay::Now => (0, Some(0)),
            Delay::Fixed(delay) => (delay, Some(delay)),
            Delay::Until(at) => (at - self.now, Some(at - self.now)),
            Delay::At(choice) => match self.form(choice) {
                SiteForm::Delay(law) => (law.support().low, law.support().high),
                // Who might connect may stay away.
                SiteForm::Connect(law) => (law.support().low, None),
                _ => panic!("no such plans are drawn"),
            },
            Delay::Transfer { .. } => panic!("no such plans are drawn"),
        };
        let source = match delay {
            Delay::At(choice) => Some(Source::Site(choice.site)),
            Delay::Fixed(_) if timer.kind == TimerKind::Timeout => {
                Some(Source::Timeout(timer.which))
            }
            _ => None,
        };
        self.sources.extend(source);
        let other = self.other.filter(|other| Some(other.source) == source);
        let (low, high) = other.map_or((low, high), |other| (other.low, other.high));
        self.armed.push(Pending { timer, low, high });
    }

    fn release(&mut self, _: u16, _: Entity, _: u32) {}

    fn set_rate(&mut self, _: u16, _: Entity, _: Rate) {}

    fn renew(&mut self, _: u16, _: Period) {}

    fn decide(&mut self, choice: Choice) -> bool {
        let fault = self.costs.get(&choice.site.0).copied();
        let (SiteForm::Chance(chance) | SiteForm::Strikes(chance)) = self.form(choice) else {
            panic!("only chances are decided");
        };
        let yes = match chance.0 {
            never if never <= 0.0 => false,
            certain if certain >= 1.0 && fault.is_none() => true,
            _ => self.answer(2) == 1,
        };
        if let Some(fault) = fault.filter(|_| yes) {
            self.faults |= 1 << fault;
        }
        yes
    }

    fn count(&mut self, choice: Choice) -> u64 {
        let SiteForm::Count(most) = *self.form(choice) else { panic!("only counts are counted") };
        self.answer(u64::from(most) + 1)
    }

    fn note(&mut self, happening: Happening) {
        self.notes.push(happening);
    }
}

/// The next list of answers, as an odometer counts; false if all have been given.
fn next(script: &mut Vec<(u64, u64)>) -> bool {
    while let Some((answer, count)) = script.pop() {
        if answer + 1 < count {
            script.push((answer + 1, count));
            return true;
        }
    }
    false
}

struct Explorer<'a> {
    rules: &'a Rules,
    limits: Limits,
    /// Faults that cost by the site at which each is decided.
    costs: BTreeMap<u16, u16>,
    /// Instants count even where nothing happens at a date.
    timed: bool,
    numbers: BTreeMap<Vec<u32>, usize>,
    histories: BTreeMap<String, usize>,
    graph: Graph,
    queue: VecDeque<(usize, Node)>,
}

/// All that is possible within the limits; `None` if that is too much.
pub(crate) fn explore(setup: &Setup, limits: Limits) -> Option<Graph> {
    let rules = &*setup.rules;
    let plan = &rules.plan;
    let mut costs = BTreeMap::new();
    for (index, fault) in (0u16..).zip(&plan.faults) {
        let acts = plan.acts.iter().filter_map(|act| act.fault);
        let sites = acts.filter(|&(owner, _)| owner == index).filter_map(|(_, site)| site);
        for site in sites.chain(fault.chance).filter(|_| fault.cost > 0) {
            costs.insert(site.0, index);
        }
    }
    let mut explorer = Explorer {
        rules,
        limits,
        costs,
        timed: limits.telling != Telling::Portraits,
        numbers: BTreeMap::new(),
        histories: BTreeMap::new(),
        graph: Graph::default(),
        queue: VecDeque::new(),
    };
    explorer.begin();
    while let Some((id, node)) = explorer.queue.pop_front() {
        if explorer.graph.vertices.len() > limits.states {
            return None;
        }
        explorer.visit(id, &node);
    }
    Some(explorer.graph)
}

impl Explorer<'_> {
    fn begin(&mut self) {
        let nothing = Node {
            state: self.rules.initial(None),
            pending: Vec::new(),
            open: BTreeSet::new(),
            faults: 0,
            now: 0,
            waits: BTreeMap::new(),
        };
        self.graph.begins = self.events(&nothing, None);
    }

    fn visit(&mut self, id: usize, node: &Node) {
        let later = node.pending.iter().all(|pending| pending.high != Some(0));
        let end = match self.limits.telling {
            Telling::Portraits => u64::MAX,
            Telling::Everything(end) | Telling::Instants(end) => end,
        };
        let waits = self.limits.wait;
        let patient = waits.is_none_or(|most| node.waits.values().all(|&wait| wait < most));
        if self.rules.over(&node.state) {
            // Time may pass; nothing else that matters happens.
            self.graph.vertices[id].tick = later.then_some(id);
            return;
        }
        if later && patient && node.now < end {
            let mut node = node.clone();
            node.now += 1;
            for pending in &mut node.pending {
                pending.low = pending.low.saturating_sub(1);
                pending.high = pending.high.map(|high| high - 1);
            }
            node.waits.values_mut().for_each(|wait| *wait += 1);
            let next = self.number(node);
            self.graph.vertices[id].tick = Some(next);
        }
        let mut events = Vec::new();
        for place in 0..node.pending.len() {
            if let Some(ready) = fired(node, place) {
                let timer = node.pending[place].timer;
                events.extend(self.events(&ready, Some(timer)));
            }
        }
        self.graph.vertices[id].events = events;
    }

    /// All that one timer, or the beginning, leads to.
    fn events(&mut self, before: &Node, timer: Option<Timer>) -> Vec<Edge> {
        let (mut edges, mut script) = (Vec::new(), Vec::new());
        loop {
            let mut node = before.clone();
            let mut clock = Every {
                rules: self.rules,
                costs: &self.costs,
                now: node.now,
                other: self.limits.other,
                script: &mut script,
                asked: 0,
                armed: Vec::new(),
                sources: Vec::new(),
                notes: Vec::new(),
                faults: node.faults,
            };
            match timer {
                None => self.rules.begin(&mut node.state, &mut clock),
                Some(timer) => assert!(self.rules.fire(&mut node.state, timer, &mut clock)),
            }
            let Every { armed, sources, notes, faults, .. } = clock;
            node.faults = faults;
            node.pending.extend(armed);
            let rules = self.rules;
            node.pending.retain(|pending| rules.live(&node.state, pending.timer));
            if faults.count_ones() <= self.limits.faults {
                self.graph.sources.extend(sources);
                for note in &notes {
                    if let Happening::Goal { goal, met: false, .. } = *note {
                        self.graph.missed.insert((goal, faults));
                    }
                }
                let opened = self.note(&mut node, &notes);
                edges.push(Edge { to: self.number(node), opened });
            }
            if !next(&mut script) {
                return edges;
            }
        }
    }

    /// Hazards and requests as the notes say.
    fn note(&self, node: &mut Node, notes: &[Happening]) -> Vec<Opening> {
        let mut opened = Vec::new();
        for note in notes {
            match *note {
                Happening::Hazard { hazard, user, entity, open: true } => {
                    node.open.insert((hazard, user, entity));
                    opened.push((hazard, user, entity));
                }
                Happening::Hazard { hazard, user, entity, open: false } => {
                    node.open.remove(&(hazard, user, entity));
                }
                Happening::Queued { step, entity, .. } if self.limits.wait.is_some() => {
                    node.waits.insert((step, entity), 0);
                }
                _ => {}
            }
        }
        let (rules, state) = (self.rules, &node.state);
        let queued = |step, entity| rules.standing(state, step, entity).phase == Phase::Queued;
        node.waits.retain(|&(step, entity), _| queued(step, entity));
        opened
    }

    /// The number of a state, which is new or known.
    fn number(&mut self, node: Node) -> usize {
        let next = self.graph.vertices.len();
        let id = match self.limits.telling {
            Telling::Everything(_) => {
                let waits = &node.waits;
                let Node { state, pending, faults, now, .. } = &node;
                let history = format!("{state:?} {pending:?} {faults} {now} {waits:?}");
                *self.histories.entry(history).or_insert(next)
            }
            _ => *self.numbers.entry(self.key(&node)).or_insert(next),
        };
        if id == next {
            let (faults, open) = (node.faults, node.open.clone());
            self.graph.vertices.push(Vertex { faults, open, ..Vertex::default() });
            self.queue.push_back((id, node));
        }
        id
    }

    fn key(&self, node: &Node) -> Vec<u32> {
        let low32 = |wide: u64| u32::try_from(wide).expect("small plans take little time");
        let timers: Vec<Timer> = node.pending.iter().map(|pending| pending.timer).collect();
        let portrait = self.rules.portrait(&node.state, &timers);
        let mut key = vec![node.faults as u32, (node.faults >> 32) as u32];
        if self.timed || timers.iter().any(|timer| timer.kind == TimerKind::Date) {
            key.push(low32(node.now));
        }
        for (&(step, entity), &wait) in &node.waits {
            key.extend([u32::from(step), entity.0, low32(wait)]);
        }
        for part in std::iter::once(&portrait.shared).chain(&portrait.tenants) {
            key.push(u32::MAX);
            key.extend(&part.words);
            for &timer in &part.timers {
                let Pending { low, high, .. } = node.pending[timer];
                key.extend([low32(low), high.map_or(u32::MAX, low32)]);
            }
        }
        key
    }
}

/// Calendars and dates come before all else at their instant, goals behind it.
fn rank(timer: Timer) -> u8 {
    match timer.kind {
        TimerKind::Calendar | TimerKind::Date => 0,
        TimerKind::Goal => 2,
        _ => 1,
    }
}

/// The state in which a timer fires now, if it may; it is not pending any more.
fn fired(node: &Node, place: usize) -> Option<Node> {
    let Pending { timer, low, .. } = node.pending[place];
    let due = |rank_of: u8| {
        node.pending.iter().any(|other| rank(other.timer) == rank_of && other.high == Some(0))
    };
    let mine = rank(timer);
    if low > 0 || (mine > 0 && due(0)) || (mine > 1 && due(1)) {
        return None;
    }
    let mut node = node.clone();
    node.pending.remove(place);
    if mine == 2 {
        // Whatever has not happened by now happens at a later instant.
        let others = node.pending.iter_mut().filter(|other| rank(other.timer) == 1);
        others.for_each(|other| other.low = other.low.max(1));
    }
    Some(node)
}

impl Graph {
    /// Hazards, each with every set of faults that exposes somebody, none of whose subsets does.
    pub(crate) fn minimal(&self) -> BTreeSet<(u16, u64)> {
        let exposed = self.vertices.iter().filter(|vertex| vertex.tick.is_some());
        let all: BTreeSet<(u16, u64)> = exposed
            .flat_map(|vertex| vertex.open.iter().map(|opening| (opening.0, vertex.faults)))
            .collect();
        minimal(&all)
    }
}

/// Those that no other of the same hazard is part of.
pub(crate) fn minimal(all: &BTreeSet<(u16, u64)>) -> BTreeSet<(u16, u64)> {
    let part = |one: &(u16, u64), of: &(u16, u64)| one.0 == of.0 && one.1 & !of.1 == 0;
    let least = all.iter().filter(|set| !all.iter().any(|one| one != *set && part(one, set)));
    least.copied().collect()
}
