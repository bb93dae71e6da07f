//! What an event leads to: the new node, unless a known one includes it.

use crate::model::{Happening, Portrait, Rules, State, Timer};
use crate::verify::clock::Armed;
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::earliest::elapsed;
use crate::verify::explore::Explorer;
use crate::verify::faults::FaultSet;
use crate::verify::node::{Body, Measured, Node, Opening, Pending, hazards};
use crate::verify::symmetry::{Arranged, Equals};

/// Where a transition comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct From {
    pub(super) parent: Option<u32>,
    pub(super) fired: Option<Pending>,
    /// Of the new node.
    pub(super) depth: u32,
    pub(super) faults: FaultSet,
    pub(super) measured: Measured,
}

/// What was there before the event, in the order of the zone's variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    pub(super) timers: &'a [Pending],
    pub(super) open: &'a [Opening],
}

/// What the event did.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) armed: Vec<Armed>,
    pub(super) notes: Vec<Happening>,
    pub(super) faults: FaultSet,
    pub(super) state: State,
}

impl Explorer<'_> {
    /// Adds what an event leads to. `zone` is seen from the event; behind the timers of `before` it has
    /// the instant of the opening of the window that is measured, if one is.
    pub(super) fn arrive(
        &mut self,
        from: &From,
        before: &Before<'_>,
        zone: &Dbm,
        event: Event,
        answers: Box<[u16]>,
    ) {
        self.progress.transitions += 1;
        let faults = from.faults.union(event.faults);
        let allowed = self.scope.measure.is_none_or(|set| faults.within(&set));
        if faults.len() > self.scope.most || !allowed {
            return;
        }
        if self.scope.measure.is_none() && self.needless(&faults) {
            return;
        }
        self.look_for_misses(from, zone, &event, faults, &answers);
        let (open, opened) = hazards(before.open, &event.notes);
        let marked = from.measured != Measured::Nothing;
        let (timers, zone) = pending(self.rules, before, zone, &event, from.depth, marked);
        let measured = match from.measured {
            Measured::Nothing => Measured::Nothing,
            Measured::Elapsed => Measured::Elapsed,
            Measured::Open(one) | Measured::Closed(one) => standing(one, &open),
        };
        let body = Body { state: event.state, timers, open, equals: Equals::default() };
        if self.scope.measure.is_some() && measured == Measured::Nothing {
            for &opening in &opened {
                let mut zone = zone.clone();
                zone.push(0, 0);
                let measured = standing(opening, &body.open);
                self.add(from, faults, measured, body.clone(), &zone, answers.clone());
            }
        }
        self.add(from, faults, measured, body, &zone, answers);
    }

    fn add(
        &mut self,
        from: &From,
        faults: FaultSet,
        measured: Measured,
        mut body: Body,
        zone: &Dbm,
        answers: Box<[u16]>,
    ) {
        let timers: Vec<Timer> = body.timers.iter().map(|pending| pending.timer).collect();
        let mut portrait = self.rules.portrait(&body.state, &timers);
        mark(self.rules, &mut portrait, measured);
        let Arranged { key, order, views, equals } = self.symmetry.arrange(portrait, zone);
        let variables: Vec<usize> = std::iter::once(0)
            .chain(order.iter().map(|timer| timer + 1))
            .chain(timers.len() + 1..zone.len())
            .collect();
        let mut zone = zone.seen_in(&variables);
        if !matches!(measured, Measured::Closed(_)) {
            // What is true at an event stays true until the next one, so a later instant is the same
            // node: more is included.
            zone.up(timers.len());
        }
        if measured == Measured::Elapsed {
            zone.open_below(zone.len() - 1);
        }
        body.equals = equals;
        body.timers = order.iter().map(|&timer| body.timers[timer]).collect();
        let next = u32::try_from(self.groups.len()).expect("fewer than 2^32 states");
        let group = *self.groups.entry(key).or_insert(next);
        if group == next {
            self.passed.push(Vec::new());
        }
        if let (Measured::Open(opening), Some(parent)) = (measured, from.parent)
            && self.accelerate(parent, group, opening, &mut zone)
        {
            // What is run through for ever need not close at last.
            self.measured(opening, NONE, parent);
        }
        let seen = seen(&zone, &views);
        if self.outline.is_some() {
            let Some(back) = self.join(group, &seen, &faults, body) else { return };
            body = back;
        }
        if self.included(group, &seen, &faults) {
            return;
        }
        self.keep(Node {
            parent: from.parent,
            depth: from.depth,
            fired: from.fired,
            answers,
            faults,
            measured,
            zone,
            group,
            dropped: false,
            body: Some(Box::new(body)),
        });
    }

    /// Adds a node, which waits for its turn.
    fn keep(&mut self, node: Node) {
        let id = u32::try_from(self.nodes.len()).expect("fewer than 2^32 states");
        let Node { zone, faults, measured, .. } = &node;
        self.passed[node.group as usize].push(id);
        match *measured {
            Measured::Elapsed => {
                self.soonest.insert((elapsed(zone), id));
            }
            _ => self.queues[faults.len()].push_back(id),
        }
        self.progress.states += 1;
        self.progress.waiting += 1;
        self.stored += size_of::<Node>() + 8 * zone.words();
        self.progress.memory = self.memory();
        if let Measured::Closed(opening) = *measured {
            self.measured(opening, zone.bound(0, zone.len() - 1), id);
        }
        self.nodes.push(node);
    }

    /// True if a known node of the same discrete state includes this one; those that this one includes
    /// are dropped.
    fn included(&mut self, group: u32, zones: &[Dbm], faults: &FaultSet) -> bool {
        let nodes = &mut self.nodes;
        let passed = &mut self.passed[group as usize];
        let covers = |id: &u32| {
            let node = &nodes[*id as usize];
            node.faults.within(faults) && zones.iter().any(|zone| node.zone.includes(zone))
        };
        if passed.iter().any(covers) {
            return true;
        }
        passed.retain(|&id| {
            let node = &mut nodes[id as usize];
            let covered =
                faults.within(&node.faults) && zones.iter().any(|zone| zone.includes(&node.zone));
            if covered {
                node.dropped = true;
                node.body = None;
            }
            !covered
        });
        false
    }

    /// A window that goes on while a loop is run through has no greatest length: if the zone at the end
    /// of the loop, but for the window's age, includes the one at its beginning, then every point of that
    /// has a past of any number of turns, each of which makes the window older. True if it is so.
    fn accelerate(&self, parent: u32, group: u32, opening: Opening, zone: &mut Dbm) -> bool {
        let marker = zone.len() - 1;
        let rest: Vec<usize> = (0..marker).collect();
        let mine = zone.seen_in(&rest);
        let mut next = Some(parent);
        while let Some(id) = next {
            let node = &self.nodes[id as usize];
            // It may have closed and opened again at one instant.
            if ![Measured::Open(opening), Measured::Closed(opening)].contains(&node.measured) {
                return false;
            }
            let older = node.group == group && node.zone.bound(0, marker) < zone.bound(0, marker);
            if older && mine.includes(&node.zone.seen_in(&rest)) {
                zone.open_below(marker);
                return true;
            }
            next = node.parent;
        }
        false
    }
}

/// A zone in all orders of equal tenants, its own first. Behind its timers may stand one more variable.
pub(super) fn seen(zone: &Dbm, views: &[Vec<usize>]) -> Vec<Dbm> {
    let view = |view: &Vec<usize>| {
        let timers = view.iter().map(|place| place + 1);
        let order: Vec<usize> =
            std::iter::once(0).chain(timers).chain(view.len() + 1..zone.len()).collect();
        zone.seen_in(&order)
    };
    views.iter().map(view).collect()
}

/// A window that is measured: does it stay open?
fn standing(opening: Opening, open: &[Opening]) -> Measured {
    match open.binary_search(&opening) {
        Ok(_) => Measured::Open(opening),
        Err(_) => Measured::Closed(opening),
    }
}

/// The timers that are pending after an event, and the zone over them.
fn pending(
    rules: &Rules,
    before: &Before<'_>,
    zone: &Dbm,
    event: &Event,
    depth: u32,
    marked: bool,
) -> (Vec<Pending>, Dbm) {
    let live = |timer: Timer| rules.live(&event.state, timer);
    let (mut timers, mut kept) = (Vec::new(), vec![0]);
    for (index, &pending) in before.timers.iter().enumerate() {
        if live(pending.timer) {
            timers.push(pending);
            kept.push(index + 1);
        }
    }
    let marker = kept.len();
    if marked {
        kept.push(zone.len() - 1);
    }
    let mut zone = zone.seen_in(&kept);
    for (place, armed) in (0u16..).zip(&event.armed) {
        if live(armed.timer) {
            timers.push(Pending { timer: armed.timer, event: depth, place });
            zone.push(armed.low, armed.high);
        }
    }
    if marked && marker + 1 < zone.len() {
        let order: Vec<usize> = (0..marker).chain(marker + 1..zone.len()).chain([marker]).collect();
        zone = zone.seen_in(&order);
    }
    (timers, zone)
}

/// A window that is measured tells its entity from others.
fn mark(rules: &Rules, portrait: &mut Portrait, measured: Measured) {
    let (opening, tag) = match measured {
        Measured::Nothing | Measured::Elapsed => return,
        Measured::Open(opening) => (opening, 1),
        Measured::Closed(opening) => (opening, 2),
    };
    let (plan, world) = (&rules.plan, &rules.world);
    let kind = world.kind(opening.entity);
    let user = opening.user.map_or(0, |user| 1 + u32::from(user));
    let mut words = vec![tag, u32::from(opening.hazard), user];
    if kind < plan.tenant() {
        words.push(opening.entity.0);
        portrait.shared.words.extend(words);
        return;
    }
    let tenant = world.ancestor(kind, opening.entity, plan.tenant());
    if kind == plan.mailbox() {
        words.push(world.place(opening.entity).0);
    }
    let index = world.index(plan.tenant(), tenant) as usize;
    portrait.tenants[index].words.extend(words);
}
