//! Nodes of the zone graph.
//!
//! A node is a discrete state with a zone over the instants at which its pending timers fire, seen from
//! the instant of its last event. This is a *state class* (Berthomieu and Diaz, "Modeling and
//! Verification of Time Dependent Systems Using Time Petri Nets", IEEE TSE 17(3), 1991), and not
//! the zone of a timed automaton's clocks: a variable says when a timer will fire, not how long ago it
//! was armed. Three things follow. The bounds of a delay enter the zone as the timer is armed and need
//! not be remembered. An event is a change of the reference: "this one comes first", then all
//! differences are seen from it. And zones of a bounded system are finitely many without
//! extrapolation (their theorem 2), so loops (renewed leases, retries, watchdogs) come to an end. A void
//! timer has no variable.

use crate::model::{Entity, Happening, State, Timer, TimerKind};
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::faults::FaultSet;
use crate::verify::symmetry::Equals;

/// A hazard that holds: live, or inside a user's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    pub(super) hazard: u16,
    pub(super) user: Option<u16>,
    pub(super) entity: Entity,
}

/// A pending timer, with the event on the node's path that armed it and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) timer: Timer,
    /// Events before it on the path; 0: the beginning.
    pub(super) event: u32,
    /// Its place among what that event armed.
    pub(super) place: u16,
}

/// Whether a time is being measured: then the zone has one more variable, the instant of its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measured {
    /// No.
    Nothing,
    /// The time since the run began.
    Elapsed,
    /// The length of a window: it is open.
    Open(Opening),
    /// It has closed at this very instant, and goes on if it opens again before time passes.
    Closed(Opening),
}

/// What is needed of a node until its successors are known.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) state: State,
    /// In the order of the zone's variables, behind the reference.
    pub(super) timers: Vec<Pending>,
    /// Hazards that hold, in order.
    pub(super) open: Vec<Opening>,
    /// Tenants that may be exchanged, by the places of their timers.
    pub(super) equals: Equals,
}

/// A node.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// `None` for the beginning.
    pub(super) parent: Option<u32>,
    /// Events before it.
    pub(super) depth: u32,
    /// The timer that led to it; `None` for the beginning.
    pub(super) fired: Option<Pending>,
    /// Answers of the transition that led to it.
    pub(super) answers: Box<[u16]>,
    /// Faults that cost and have struck.
    pub(super) faults: FaultSet,
    pub(super) measured: Measured,
    pub(super) zone: Dbm,
    /// Number of its discrete state.
    pub(super) group: u32,
    /// A node that includes it has come since.
    pub(super) dropped: bool,
    /// Until it is expanded.
    pub(super) body: Option<Box<Body>>,
}

impl Node {
    /// The longest time until something must happen; [`NONE`] if nothing must. A canonical matrix
    /// admits every timer at its greatest value at once up to the least of these.
    pub(super) fn patience(&self, timers: usize) -> i64 {
        (1..=timers).map(|timer| self.zone.most(timer)).min().unwrap_or(NONE)
    }
}

/// Who comes first of two timers at one instant (T3): calendars in their order, dates, then all else in any
/// order, then goals.
fn rank(timer: Timer) -> (u8, u16) {
    match timer.kind {
        TimerKind::Calendar => (0, timer.which),
        TimerKind::Date => (0, u16::MAX),
        TimerKind::Goal => (2, 0),
        _ => (1, 0),
    }
}

/// By how much a timer may come after another and still be the next event: 0, or −1 µs if the other
/// comes first at the same instant.
pub(super) fn lead(next: Timer, other: Timer) -> i64 {
    if rank(other) < rank(next) { -1 } else { 0 }
}

/// The hazards that hold after an event, and those that began to hold in it.
pub(super) fn hazards(before: &[Opening], notes: &[Happening]) -> (Vec<Opening>, Vec<Opening>) {
    let (mut open, mut opened) = (before.to_vec(), Vec::new());
    for note in notes {
        let Happening::Hazard { hazard, user, entity, open: begins } = *note else { continue };
        let opening = Opening { hazard, user, entity };
        match (begins, open.binary_search(&opening)) {
            (true, Err(place)) => {
                open.insert(place, opening);
                opened.push(opening);
            }
            (false, Ok(place)) => {
                open.remove(place);
            }
            _ => debug_assert!(false, "a hazard begins and ceases in turn"),
        }
    }
    opened.sort_unstable();
    opened.dedup();
    (open, opened)
}
