//! Admission: who enters when (S4).
//!
//! Invariant between events: no waiting request fits. So an event that frees nothing need look at
//! new requests only; one that frees slots looks at the lines that need them.

use std::collections::VecDeque;

use crate::model::rules::Turn;
use crate::model::slots::{Line, Request};
use crate::model::state::flag;
use crate::model::steps::At;
use crate::model::world::Entity;
use crate::model::{Admission, Clock, Happening, Instance, Phase};
use crate::plan::StepPlan;

/// Bit of an outage's stamp beside its slots: it keeps no finished run going.
const UNCOUNTED: u32 = 1 << 31;

/// The places in `uses` of the slots that a step does not hold.
fn wants(plan: &StepPlan, instance: &Instance) -> u16 {
    !instance.held & ((1u32 << plan.uses.len()) - 1) as u16
}

impl<'a, C: Clock> Turn<'a, C> {
    /// Lets ready steps ask and pools admit, until nothing more enters in this event.
    #[inline(always)]
    pub(super) fn admit(&mut self) {
        loop {
            let mut next = 0;
            // Considering one step may make further ones ready: skipped steps end at once.
            while next < self.state.scratch.ready.len() {
                let (step, entity) = self.state.scratch.ready[next];
                next += 1;
                self.consider(self.at(step, entity));
            }
            self.state.scratch.ready.clear();
            if !self.state.scratch.asked.is_empty() {
                self.answer();
            }
            if let Some((class, request)) = self.state.scratch.waited.pop() {
                self.answer_waited(class, request);
            }
            if !self.state.scratch.freed.is_empty() {
                self.scan();
            }
            // A step that ended when it was looked at again may have freed what it held.
            if self.state.scratch.ready.is_empty() && self.state.scratch.freed.is_empty() {
                return;
            }
        }
    }

    /// A step asks for the slots it does not hold yet; without pools it enters at once.
    pub(super) fn request(&mut self, at: At<'a>) {
        let At { step, entity, row, plan } = at;
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        if plan.uses.len() == instance.held.count_ones() as usize {
            return self.enter(at);
        }
        instance.phase = Phase::Queued;
        let wants = wants(plan, instance);
        match self.rules.environment().admission(step) {
            Admission::Queues => {
                self.state.requests += 1;
                let request = Request { number: self.state.requests, entity, step, stamp };
                self.state.scratch.asked.push((plan.class, request));
            }
            Admission::After(site) => self.wait_outside(site, step, entity, stamp),
        }
        self.clock.note(Happening::Queued { step, entity, wants });
    }

    /// New requests enter if they fit and nothing was freed; otherwise they queue.
    fn answer(&mut self) {
        let mut asked = std::mem::take(&mut self.state.scratch.asked);
        let freed = !self.state.scratch.freed.is_empty();
        if asked.len() > 1 {
            asked.sort_unstable_by_key(|(class, request)| (*class, request.number));
        }
        for (class, request) in asked.drain(..) {
            if !freed && self.fits(&request) {
                self.take(&request);
            } else {
                self.enqueue(class, request, freed);
            }
        }
        self.state.scratch.asked = asked;
    }

    /// A request that others have let through enters if those in the run leave it the slots.
    fn answer_waited(&mut self, class: u16, request: Request) {
        if self.fits(&request) {
            self.reconsider(&request);
        } else {
            self.enqueue(class, request, false);
        }
    }

    /// Puts a request into the line for its pools. If slots were freed in this event, it takes part
    /// in the scan that follows, whichever pools it needs.
    fn enqueue(&mut self, class: u16, request: Request, freed: bool) {
        let mut pools = std::mem::take(&mut self.state.scratch.pools);
        pools.extend(self.rules.lacks(self.state, request.step, request.entity));
        if freed {
            self.state.scratch.freed.extend(&pools);
        }
        let number = self.line(class, &pools);
        pools.clear();
        self.state.scratch.pools = pools;
        let line = &mut self.state.lines[number as usize];
        line.requests.push_back(request);
        if line.requests.len() == 1 {
            for &pool in &line.pools {
                self.state.pools[pool as usize].lines.push(number);
            }
        }
    }

    /// The line for these pools, most often the one that was asked for before.
    fn line(&mut self, class: u16, pools: &[u32]) -> u32 {
        let last = self.state.scratch.line;
        let lines = &mut self.state.lines;
        if lines.get(last as usize).is_some_and(|line| line.class == class && line.pools == pools) {
            return last;
        }
        let key = (class, pools.to_vec());
        let number = *self.state.line_numbers.entry(key).or_insert_with_key(|key| {
            lines.push(Line { class, pools: key.1.clone(), requests: VecDeque::new() });
            u32::try_from(lines.len() - 1).expect("fewer than 2^32 lines")
        });
        self.state.scratch.line = number;
        number
    }

    /// Lets the first request that fits enter, by class and then in request order, until none fits.
    /// Slots only get fewer meanwhile, so this is the scan of S4: whoever was passed over would
    /// not fit later in it either.
    fn scan(&mut self) {
        let mut freed = std::mem::take(&mut self.state.scratch.freed);
        let mut lines = std::mem::take(&mut self.state.scratch.lines);
        for pool in freed.drain(..) {
            lines.extend(&self.state.pools[pool as usize].lines);
        }
        if lines.len() > 1 {
            lines.sort_unstable();
            lines.dedup();
        }
        loop {
            let mut first: Option<(u16, u64, u32)> = None;
            for &number in &lines {
                let Some(request) = self.head(number) else { continue };
                let key = (self.state.lines[number as usize].class, request.number, number);
                if first.is_none_or(|other| key < other) {
                    first = Some(key);
                }
            }
            let Some((_, _, number)) = first else { break };
            let request = self.leave_line(number).expect("a line with a head is not empty");
            self.reconsider(&request);
        }
        lines.clear();
        self.state.scratch.lines = lines;
        // A step that ended in the scan may have freed slots itself: they are offered next.
        if self.state.scratch.freed.is_empty() {
            self.state.scratch.freed = freed;
        }
    }

    /// The first request of a line that still counts, if its pools have slots for it.
    fn head(&mut self, number: u32) -> Option<Request> {
        let line = &self.state.lines[number as usize];
        if line.pools.iter().any(|&pool| !self.state.pools[pool as usize].admits()) {
            return None;
        }
        loop {
            let request = *self.state.lines[number as usize].requests.front()?;
            let row = self.rules.instance(request.step, request.entity);
            let instance = &self.state.instances[row];
            if instance.stamp == request.stamp && instance.phase == Phase::Queued {
                return Some(request);
            }
            self.leave_line(number);
        }
    }

    /// Takes the first request out of its line.
    fn leave_line(&mut self, number: u32) -> Option<Request> {
        let line = &mut self.state.lines[number as usize];
        let request = line.requests.pop_front();
        if line.requests.is_empty() {
            for &pool in &line.pools {
                self.state.pools[pool as usize].lines.retain(|&other| other != number);
            }
        }
        request
    }

    /// A request that waited is looked at again before it enters (S2).
    fn reconsider(&mut self, request: &Request) {
        let plan = &self.plan.steps[usize::from(request.step)];
        let unchanged = plan.when.is_none() && plan.done_if.is_none();
        let Request { step, entity, .. } = *request;
        if unchanged || self.still_wanted(step, entity) {
            self.take(request);
        } else {
            let wants = self.wants(step, entity);
            self.clock.note(Happening::Withdrawn { step, entity, wants });
        }
    }

    /// True if every pool that the request needs has a free slot, and its quotas an admission left.
    fn fits(&self, request: &Request) -> bool {
        let mut lacks = self.rules.lacks(self.state, request.step, request.entity);
        lacks.all(|pool| self.state.pools[pool as usize].admits())
    }

    /// The places in `uses` of the slots that a step does not hold.
    pub(super) fn wants(&self, step: u16, entity: Entity) -> u16 {
        let At { row, plan, .. } = self.at(step, entity);
        wants(plan, &self.state.instances[row])
    }

    fn take(&mut self, request: &Request) {
        let at @ At { step, entity, row, plan } = self.at(request.step, request.entity);
        // A stamp of its own, so that the request's entry in its line is void.
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        let wants = wants(plan, instance);
        for (place, used) in plan.uses.iter().enumerate() {
            if wants >> place & 1 == 0 {
                continue;
            }
            self.state.instances[row].held |= u16::from(used.until.is_some()) << place;
            let pool = self.rules.pool(used.pool, plan.kind, entity);
            self.state.pools[pool as usize].admit();
            self.clock.note(Happening::Slots { pool, change: 1 });
        }
        self.clock.note(Happening::Admitted { step, entity, wants });
        self.enter(at);
    }

    /// An attempt is over: its slots are free, except those held `until` a step that is still to
    /// end. Of an entity that has stopped no further step will end.
    #[inline(always)]
    pub(super) fn release_attempt(&mut self, at: At<'a>) {
        let At { step, entity, row, plan } = at;
        for (place, used) in plan.uses.iter().enumerate() {
            match used.until {
                None => self.free(self.rules.pool(used.pool, plan.kind, entity), 1),
                Some(until) => {
                    if self.is_cut(row) || self.is_over(until, step, entity) {
                        self.give_back(step, entity, row, place);
                    }
                }
            }
        }
    }

    /// True if `until` will not end any more for the entity of a step that holds a slot for it.
    fn is_over(&self, until: u16, step: u16, entity: Entity) -> bool {
        let kind = self.plan.steps[usize::from(step)].kind;
        let holder = self.world.ancestor(kind, entity, self.plan.steps[usize::from(until)].kind);
        let instance = &self.state.instances[self.rules.instance(until, holder)];
        instance.phase.ended() || instance.flags & flag::CUT != 0
    }

    fn give_back(&mut self, step: u16, entity: Entity, row: usize, place: usize) {
        let held = &mut self.state.instances[row].held;
        if *held >> place & 1 == 1 {
            *held &= !(1 << place);
            let plan = &self.plan.steps[usize::from(step)];
            self.free(self.rules.pool(plan.uses[place].pool, plan.kind, entity), 1);
        }
    }

    /// Gives back what a step holds: until `until` has ended, or altogether. A running attempt
    /// keeps its slots to its end; a request that loses a slot while it waits rejoins at the end,
    /// because it now needs more than its line does.
    pub(super) fn release_held(&mut self, step: u16, entity: Entity, until: Option<u16>) {
        let row = self.rules.instance(step, entity);
        let instance = &self.state.instances[row];
        if instance.held == 0 || matches!(instance.phase, Phase::Running | Phase::Starting) {
            return;
        }
        let wants = self.wants(step, entity);
        let plan = &self.plan.steps[usize::from(step)];
        for (place, used) in plan.uses.iter().enumerate() {
            if used.until.is_some() && (until.is_none() || until == used.until) {
                self.give_back(step, entity, row, place);
            }
        }
        if self.state.instances[row].phase == Phase::Queued {
            let stamp = self.state.stamp();
            let instance = &mut self.state.instances[row];
            instance.stamp = stamp;
            instance.phase = Phase::Blocked;
            self.clock.note(Happening::Withdrawn { step, entity, wants });
            self.state.scratch.ready.push((step, entity));
        }
    }

    /// Gives back what is held until `step` of `entity` has ended.
    #[inline]
    pub(super) fn release_waiting_for(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        for &holder in &plan.frees {
            let kind = self.plan.steps[usize::from(holder)].kind;
            let world = self.world;
            world.descendants(plan.kind, entity, kind, &mut |held| {
                if world.moves(kind, held) {
                    self.release_held(holder, held, Some(step));
                }
            });
        }
    }

    pub(super) fn free(&mut self, pool: u32, slots: u32) {
        self.state.pools[pool as usize].free += i64::from(slots);
        self.state.scratch.freed.push(pool);
        let change = -i32::try_from(slots).expect("few slots at once");
        self.clock.note(Happening::Slots { pool, change });
    }

    /// An outage gives its slots back.
    pub(super) fn restore(&mut self, pool: u16, holder: Entity, stamp: u32) {
        let slots = stamp & !UNCOUNTED;
        self.state.in_flight -= u64::from(stamp & UNCOUNTED == 0);
        let kind = self.plan.pools[usize::from(pool)].kind;
        let instance = self.rules.pool(pool, kind, holder);
        self.state.pools[instance as usize].free += i64::from(slots);
        self.state.scratch.freed.push(instance);
    }

    /// An outage takes slots; running attempts keep theirs, so fewer than none may be free.
    /// Returns the stamp of the timer that ends it.
    pub(super) fn outage(&mut self, pool: u32, slots: u32) -> u32 {
        self.state.pools[pool as usize].free -= i64::from(slots);
        let counted = !self.state.background;
        self.state.in_flight += u64::from(counted);
        if counted { slots } else { slots | UNCOUNTED }
    }
}
