//! A proof in outline: one zone for each discrete state and set of faults.
//!
//! Instead of keeping all zones of a discrete state apart, their convex hull is kept and explored again
//! whenever it grows (Daws and Tripakis, "Model Checking of Real-Time Reachability Properties Using
//! Abstractions", TACAS 1998, section 3.2). A hull only has more points, so if no exposure is in it there
//! is none: the plan is safe, proved with as many nodes as there are discrete states. If one is, it may be
//! one that the hull alone has, and the outline says nothing: everything is then explored exactly.
//!
//! Fewer faults still come first, and a zone that a node with some of its faults has already is dropped.

use crate::verify::dbm::Dbm;
use crate::verify::explore::Explorer;
use crate::verify::faults::FaultSet;
use crate::verify::node::Body;

/// So often on average a zone may grow: in a loop it may do so by little each time.
const GROWTH: u64 = 32;
/// Before the average counts.
const AT_FIRST: u64 = 10_000;

/// How an outline stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// An exposure may be possible, or zones grew on and on: only an exact exploration tells.
    pub(super) says_nothing: bool,
    /// Times that a zone has grown.
    grown: u64,
}

impl Explorer<'_> {
    /// Adds an arrival to the node of its discrete state and faults; gives its body back if there is none
    /// yet. `zones`: its zone in every order of equal tenants.
    pub(super) fn join(
        &mut self,
        group: u32,
        zones: &[Dbm],
        faults: &FaultSet,
        body: Body,
    ) -> Option<Body> {
        let passed = &self.passed[group as usize];
        let covers = |&id: &u32| {
            let node = &self.nodes[id as usize];
            node.faults.within(faults) && zones.iter().any(|zone| node.zone.includes(zone))
        };
        if passed.iter().any(covers) {
            return None;
        }
        let same = passed.iter().copied().find(|&id| self.nodes[id as usize].faults == *faults);
        let Some(id) = same else { return Some(body) };
        let node = &mut self.nodes[id as usize];
        let nearest = zones.iter().min_by_key(|zone| node.zone.weakened(zone));
        node.zone.join(nearest.expect("there is one order at least"));
        if node.body.is_none() {
            // Which of the equal tenants is which makes no difference, so any body will do.
            node.body = Some(Box::new(body));
            self.queues[faults.len()].push_back(id);
            self.progress.waiting += 1;
        }
        let outline = self.outline.as_mut().expect("an outline is explored");
        outline.grown += 1;
        outline.says_nothing |= outline.grown > AT_FIRST + GROWTH * self.progress.states;
        None
    }
}
