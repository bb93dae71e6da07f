//! Runs of the kernel, followed through what the prover has explored.
//!
//! In: runs of a rollout. Out: where one leaves what was explored, which is a bug of ours. After each
//! event some node that was kept must have the discrete state of the run, a zone with the instants at
//! which its timers are going to fire, and no fault that has not struck. That one check is about matrices,
//! successors, subsumption, the accounting of faults and the exchange of tenants at once.

use crate::kernel::{Schedule, Setup, Sim};
use crate::model::Timer;
use crate::verify::arrive::seen;
use crate::verify::dbm::Dbm;
use crate::verify::explore::{Explorer, GoOn, Scope};
use crate::verify::faults::{FaultSet, Sites};
use crate::verify::prove::Question;
use crate::verify::symmetry::Arranged;

/// A run that is somewhere where the prover has never been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// By index in the list of schedules.
    pub schedule: usize,
    /// Events of the run so far, this one included; 0: the beginning.
    pub event: u64,
    /// Its timer; `None`: the beginning.
    pub timer: Option<Timer>,
}

/// How runs were followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Events after which some node included the run.
    pub events: u64,
    /// At most one for each schedule.
    pub strays: Vec<Stray>,
}

/// Explores a rollout with sets of at most `faults` faults, then follows the runs of these schedules
/// event by event, each until it is over, until more faults have struck, or until nothing could be
/// learnt any more because those that have struck are known to expose. `None`: told to stop.
///
/// Schedules have to be drawn ones: what a nominal run leaves out, the prover does not. Of runs whose
/// transfers share links the ends of transfers are not looked at, so they are not to be followed. With
/// more than two tenants that are alike, not all their orders are tried.
#[must_use]
pub fn follow(
    setup: &Setup,
    faults: usize,
    schedules: &[Schedule],
    go_on: GoOn<'_>,
) -> Option<Followed> {
    let sites = Sites::new(setup.plan());
    let mut explorer = Explorer::new(setup, &sites, Scope::of(Question::Hazards, faults));
    if !explorer.run(go_on) {
        return None;
    }
    let mut followed = Followed::default();
    for (index, schedule) in schedules.iter().enumerate() {
        let mut run = Run { sim: Sim::new(setup, schedule.clone()), struck: FaultSet::default() };
        let mut fired = None;
        while run.step(&sites, &mut fired) {
            let struck = run.struck;
            if struck.len() > faults || explorer.needless(&struck) {
                break;
            }
            if !explorer.has(&run) {
                let event = run.sim.events();
                followed.strays.push(Stray { schedule: index, event, timer: fired });
                break;
            }
            followed.events += 1;
        }
    }
    Some(followed)
}

struct Run {
    sim: Sim,
    struck: FaultSet,
}

impl Run {
    /// Goes on to the next event; false if there is none.
    fn step(&mut self, sites: &Sites, fired: &mut Option<Timer>) -> bool {
        let rules = self.sim.rules();
        let begun = self.sim.has_begun();
        if begun && rules.over(self.sim.state()) {
            // The prover goes no further either.
            return false;
        }
        let before = self.sim.events();
        let mut last = Last(None);
        self.sim.record_choices();
        loop {
            if self.sim.step(&mut last).is_some() {
                return false;
            }
            if !begun || self.sim.events() > before {
                break;
            }
        }
        *fired = last.0;
        for (choice, value) in self.sim.take_choices() {
            let fault = sites.fault(choice.site).filter(|&fault| sites.costs(fault));
            if let Some(fault) = fault.filter(|_| value == 1) {
                self.struck.insert(fault);
            }
        }
        true
    }
}

/// The timer of the last event.
struct Last(Option<Timer>);

impl crate::kernel::Monitor for Last {
    fn event(&mut self, _: &Sim, timer: Option<Timer>, _: &[crate::model::Happening]) {
        self.0 = timer;
    }
}

impl Explorer<'_> {
    /// True if a node that was kept includes where a run is.
    fn has(&mut self, run: &Run) -> bool {
        let (state, now) = (run.sim.state(), run.sim.now());
        let (mut timers, mut point) = (Vec::new(), Dbm::new());
        // Of timers that can stand for each other, the prover has the one that was armed first in front.
        let mut pending = run.sim.pending();
        pending.retain(|(timer, _)| self.rules.live(state, *timer));
        for (timer, at) in pending {
            let left = i64::try_from(at.since(now).0).unwrap_or(i64::MAX);
            timers.push(timer);
            point.push(left, left);
        }
        let portrait = self.rules.portrait(state, &timers);
        let Arranged { key, order, views, .. } = self.symmetry.arrange(portrait, &point);
        let Some(&group) = self.groups.get(&key) else { return false };
        let variables: Vec<usize> =
            std::iter::once(0).chain(order.iter().map(|timer| timer + 1)).collect();
        let points = seen(&point.seen_in(&variables), &views);
        self.passed[group as usize].iter().any(|&id| {
            let node = &self.nodes[id as usize];
            node.faults.within(&run.struck) && points.iter().any(|point| node.zone.includes(point))
        })
    }
}
