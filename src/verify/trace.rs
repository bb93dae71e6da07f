//! The path to a node, run again from the beginning, and its times as a system of differences.

use crate::model::{Choice, Happening, Rules, State, Timer};
use crate::verify::clock::{Armed, Script, Symbolic};
use crate::verify::dbm::{Dbm, NONE};
use crate::verify::explore::{Explorer, boundary};
use crate::verify::faults::Sites;
use crate::verify::node::{Measured, lead};

/// One event of a path.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What it armed, in order.
    pub(super) armed: Vec<Armed>,
    /// What was decided, in order.
    pub(super) decided: Vec<(Choice, u64)>,
    pub(super) notes: Vec<Happening>,
}

/// A timer of a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) armed: Armed,
    /// The event that armed it.
    pub(super) event: usize,
    /// The event that it was.
    pub(super) fired: Option<usize>,
    /// The last event before or at which it could have fired, if it did not.
    until: usize,
    /// Its variable in the system.
    pub(super) variable: usize,
}

/// A path.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// The beginning first.
    pub(super) steps: Vec<Step>,
    /// In the order of arming, which is the order in which the kernel lets timers of one instant fire.
    pub(super) lives: Vec<Life>,
    /// The event at which the window that is measured opened, if one is.
    pub(super) opened: Option<usize>,
    /// Events at the instant of the one before: a window that has closed goes on only then.
    joined: Vec<usize>,
}

impl Trace {
    /// The path to a node.
    pub(super) fn to(explorer: &Explorer<'_>, node: u32) -> Trace {
        let mut path = vec![node];
        while let Some(parent) = explorer.nodes[path[path.len() - 1] as usize].parent {
            path.push(parent);
        }
        path.reverse();
        let is_measured = |id: &u32| explorer.nodes[*id as usize].measured != Measured::Nothing;
        let opened = path.iter().position(is_measured);
        let closed = |event: &usize| {
            let before = &explorer.nodes[path[event - 1] as usize];
            matches!(before.measured, Measured::Closed(_))
        };
        let joined = (1..path.len()).filter(closed).collect();
        let mut trace = Trace { steps: Vec::new(), lives: Vec::new(), opened, joined };
        let (rules, sites) = (explorer.rules, explorer.sites);
        let mut state = rules.initial(None);
        for (event, &id) in path.iter().enumerate() {
            let node = &explorer.nodes[id as usize];
            let fired = node.fired.map(|pending| pending.timer);
            let step = step(rules, sites, &mut state, fired, &node.answers);
            if let Some(pending) = node.fired {
                let born = trace.lives.iter().position(|life| life.event == pending.event as usize);
                let life = born.expect("it was armed on the path") + usize::from(pending.place);
                trace.lives[life].fired = Some(event);
            }
            for &armed in &step.armed {
                trace.lives.push(Life {
                    armed,
                    event,
                    fired: None,
                    until: usize::MAX,
                    variable: 0,
                });
            }
            trace.steps.push(step);
            for life in &mut trace.lives {
                let pending = life.fired.is_none() && life.until == usize::MAX;
                if pending && !rules.live(&state, life.armed.timer) {
                    life.until = event;
                }
            }
        }
        trace
    }

    /// Events after the beginning.
    pub(super) fn last(&self) -> usize {
        self.steps.len() - 1
    }

    /// Times that lead along the path: variable k is the instant of event k, the beginning is the
    /// reference; further ones are when timers that did not fire on the path would have.
    pub(super) fn system(&mut self) -> Dbm {
        let mut system = Dbm::new();
        for event in 1..=self.last() {
            system.push(0, NONE);
            must(system.and(event - 1, event, 0));
        }
        for life in &mut self.lives {
            life.variable = life.fired.unwrap_or_else(|| {
                system.push(0, NONE);
                system.len() - 1
            });
            let Armed { low, high, .. } = life.armed;
            must(system.and(life.event, life.variable, -low));
            must(system.and(life.variable, life.event, high));
        }
        for &event in &self.joined {
            must(system.and(event, event - 1, 0));
        }
        for event in 1..=self.last() {
            let next = self.timer(event);
            for life in self.pending(event) {
                must(system.and(event, life.variable, lead(next, life.armed.timer)));
            }
        }
        system
    }

    /// The timer that an event after the beginning is.
    pub(super) fn timer(&self, event: usize) -> Timer {
        self.firing(event).1.armed.timer
    }

    /// The timer of an event with its place in the order of arming.
    pub(super) fn firing(&self, event: usize) -> (usize, &Life) {
        let mut lives = self.lives.iter().enumerate();
        lives.find(|(_, life)| life.fired == Some(event)).expect("each event is a timer's")
    }

    /// Timers that could have been an event, but were not.
    pub(super) fn pending(&self, event: usize) -> impl Iterator<Item = &Life> {
        self.lives.iter().filter(move |life| {
            life.event < event
                && life.until >= event
                && life.fired.is_none_or(|fired| fired > event)
        })
    }

    /// Timers that are pending at the end.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Life> {
        self.lives.iter().filter(|life| life.fired.is_none() && life.until == usize::MAX)
    }
}

/// The zones on the path are not empty, so neither is the system that they project.
#[track_caller]
pub(super) fn must(left: bool) {
    assert!(left, "a symbolic path has times");
}

fn step(
    rules: &Rules,
    sites: &Sites,
    state: &mut State,
    fired: Option<Timer>,
    answers: &[u16],
) -> Step {
    let mut script = Script::of(answers);
    let instant = fired.map_or(0, |timer| boundary(rules, state, timer));
    let mut clock = Symbolic::new(rules, sites, instant, &mut script);
    match fired {
        None => rules.begin(state, &mut clock),
        Some(timer) => must(rules.fire(state, timer, &mut clock)),
    }
    Step { armed: clock.armed, decided: clock.decided, notes: clock.notes }
}
