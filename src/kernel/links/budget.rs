//! Quotas: what a link may carry in an hour and on a day.
//!
//! Between two changes of its component a link carries at a constant rate, so the microsecond at which
//! its budget is used up is known, and stands in the agenda beside the ends of transfers. From then on
//! the link carries nothing, until a period begins that gives it a budget again. It is the first
//! microsecond at which all bytes of the budget are through: less than a microsecond's worth more may
//! be. What is left at the end of a period is lost.

use super::lane::Lane;
use super::{Flow, NEVER, Roads, Work, end};
use crate::scenario::Period;
use crate::units::Instant;

/// What one link instance may carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    instance: u32,
    /// In each sort of period; `Work::MAX`: whatever it can.
    most: [Work; 2],
    left: [Work; 2],
    /// What it carries while something is left.
    pub(super) rate: Flow,
    /// What it has carried since.
    flow: Flow,
    since: Instant,
}

impl Budget {
    pub(super) fn new(instance: u32, most: [Work; 2], rate: Flow) -> Budget {
        Budget { instance, most, left: most, rate, flow: 0, since: Instant(0) }
    }

    fn charge(&mut self, now: Instant) {
        let done = self.flow * Work::from(now.0 - self.since.0);
        for (left, most) in self.left.iter_mut().zip(self.most) {
            if most != Work::MAX {
                *left = left.saturating_sub(done);
            }
        }
        self.since = now;
    }

    /// What the link carries at present.
    fn capacity(&self) -> Flow {
        if self.left.contains(&0) { 0 } else { self.rate }
    }

    /// When it is used up, if nothing else happens before.
    fn used_up(&self) -> Instant {
        if self.flow == 0 {
            return NEVER;
        }
        end(self.since, self.left[0].min(self.left[1]), self.flow)
    }
}

/// All budgets, by link instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Budgets {
    pub(super) list: Vec<Budget>,
    /// Per component: those whose links carry something.
    flowing: Vec<Vec<u32>>,
}

impl Budgets {
    pub(super) fn new(list: Vec<Budget>, components: usize) -> Budgets {
        let flowing = if list.is_empty() { Vec::new() } else { vec![Vec::new(); components] };
        Budgets { list, flowing }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn of(&self, instance: u32) -> Option<usize> {
        self.list.binary_search_by_key(&instance, |budget| budget.instance).ok()
    }

    /// A link instance has another rate; what it carries of it at present.
    pub(super) fn set_rate(&mut self, instance: u32, rate: Flow) -> Flow {
        let Some(at) = self.of(instance) else { return rate };
        self.list[at].rate = rate;
        self.list[at].capacity()
    }

    /// Calls `f` with each link of a component whose budget is used up just now.
    pub(super) fn use_up(&mut self, component: u32, now: Instant, mut f: impl FnMut(u32)) {
        if self.is_empty() {
            return;
        }
        for &at in &self.flowing[component as usize] {
            let budget = &mut self.list[at as usize];
            let before = budget.capacity();
            budget.charge(now);
            if before > 0 && budget.capacity() == 0 {
                f(budget.instance);
            }
        }
    }

    /// A period begins for these link instances; calls `f` with each and what it now carries.
    pub(super) fn renew(
        &mut self,
        instances: std::ops::Range<u32>,
        period: Period,
        now: Instant,
        mut f: impl FnMut(u32, Flow),
    ) {
        let first = self.list.partition_point(|budget| budget.instance < instances.start);
        let mine = self.list[first..].iter_mut();
        for budget in mine.take_while(|budget| budget.instance < instances.end) {
            let full = budget.left == budget.most && budget.flow == 0;
            budget.charge(now);
            budget.left[period as usize] = budget.most[period as usize];
            if !full {
                f(budget.instance, budget.capacity());
            }
        }
    }

    /// Takes over what the links of a component carry from now on; when the next budget is used up.
    pub(super) fn settle(
        &mut self,
        component: u32,
        now: Instant,
        (roads, used): (&Roads, &[u32]),
        lanes: &[Lane],
    ) -> Instant {
        if self.is_empty() {
            return NEVER;
        }
        let mut flowing = std::mem::take(&mut self.flowing[component as usize]);
        for at in flowing.drain(..) {
            let budget = &mut self.list[at as usize];
            budget.charge(now);
            budget.flow = 0;
        }
        for &number in used {
            let flow = lanes[number as usize].flow();
            for &instance in roads.lanes[number as usize].iter().filter(|_| flow > 0) {
                let Some(at) = self.of(instance) else { continue };
                let budget = &mut self.list[at];
                if budget.flow == 0 {
                    budget.since = now;
                    flowing.push(u32::try_from(at).expect("fewer than 2^32 links"));
                }
                budget.flow += flow;
            }
        }
        let ends = flowing.iter().map(|&at| self.list[at as usize].used_up());
        let next = ends.min().unwrap_or(NEVER);
        self.flowing[component as usize] = flowing;
        next
    }
}
