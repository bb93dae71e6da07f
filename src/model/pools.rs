//! Admission: who enters when (S4).
//!
//! Invariant between events: no waiting request fits. So an event that frees nothing need look at
//! new requests only; one that frees slots scans the queues of the freed pools, merged in request
//! order within each priority class.

use crate::model::rules::Turn;
use crate::model::state::{PoolSlot, Request, flag};
use crate::model::world::Entity;
use crate::model::{Clock, Happening, Phase};

impl<C: Clock> Turn<'_, C> {
    /// Lets ready steps ask and pools admit, until nothing more enters in this event.
    pub(super) fn admit(&mut self) {
        loop {
            let mut next = 0;
            // Considering one step may make further ones ready: skipped steps end at once.
            while next < self.state.scratch.ready.len() {
                let (step, entity) = self.state.scratch.ready[next];
                next += 1;
                self.consider(step, entity);
            }
            self.state.scratch.ready.clear();
            if !self.state.scratch.asked.is_empty() {
                self.answer();
            }
            if !self.state.scratch.freed.is_empty() {
                self.scan();
            }
            if self.state.scratch.ready.is_empty() && self.state.scratch.freed.is_empty() {
                return;
            }
        }
    }

    /// A step asks for the slots it does not hold yet; without pools it enters at once.
    pub(super) fn request(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        let row = self.rules.instance(step, entity);
        let held = self.state.instances[row].flags & flag::HOLDS != 0;
        let needs_slots = plan.uses.iter().any(|used| !held || used.until.is_none());
        let stamp = self.state.stamp();
        let instance = &mut self.state.instances[row];
        instance.stamp = stamp;
        if !needs_slots {
            return self.enter(step, entity);
        }
        instance.phase = Phase::Queued;
        self.state.requests += 1;
        let request = Request { number: self.state.requests, entity, step, stamp };
        self.state.scratch.asked.push((plan.class, request));
        self.clock.note(Happening::Queued { step, entity });
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
                self.enqueue(class, request);
            }
        }
        self.state.scratch.asked = asked;
    }

    fn enqueue(&mut self, class: u16, request: Request) {
        self.for_pools(&request, |pools, pool| {
            let queues = &mut pools[pool].queues;
            if queues.len() <= usize::from(class) {
                queues.resize_with(usize::from(class) + 1, Default::default);
            }
            queues[usize::from(class)].push_back(request);
            true
        });
    }

    /// Scans the queues of freed pools in request order, by class first; what fits enters.
    fn scan(&mut self) {
        let mut freed = std::mem::take(&mut self.state.scratch.freed);
        freed.sort_unstable();
        freed.dedup();
        let classes = freed.iter().map(|&pool| self.state.pools[pool as usize].queues.len());
        let classes = classes.max().unwrap_or(0);
        for class in 0..classes {
            self.scan_class(&freed, class);
        }
        // A step skipped in the scan may have freed slots itself: they are scanned next.
        if self.state.scratch.freed.is_empty() {
            freed.clear();
            self.state.scratch.freed = freed;
        }
    }

    fn scan_class(&mut self, freed: &[u32], class: usize) {
        // Where each freed pool's scan stands in its own queue.
        let mut places = vec![0usize; freed.len()];
        loop {
            let mut first: Option<Request> = None;
            for (&pool, place) in freed.iter().zip(&mut places) {
                let candidate = self.candidate(pool, class, place);
                if let Some(request) = candidate
                    && first.is_none_or(|other| request.number < other.number)
                {
                    first = Some(request);
                }
            }
            let Some(request) = first else { return };
            if self.fits(&request) {
                self.reconsider(&request);
            }
            for (&pool, place) in freed.iter().zip(&mut places) {
                let queue = self.state.pools[pool as usize].queues.get(class);
                let here = queue.and_then(|queue| queue.get(*place));
                if here.is_some_and(|other| other.number == request.number) {
                    *place += 1;
                }
            }
        }
    }

    /// The next request of a pool's queue at or after `place` that still counts. None once the
    /// pool is full: whatever waits there needs it.
    fn candidate(&mut self, pool: u32, class: usize, place: &mut usize) -> Option<Request> {
        if self.state.pools[pool as usize].free <= 0 {
            return None;
        }
        loop {
            let queue = self.state.pools[pool as usize].queues.get_mut(class)?;
            let request = *queue.get(*place)?;
            let row = self.rules.instance(request.step, request.entity);
            let instance = &self.state.instances[row];
            if instance.stamp == request.stamp && instance.phase == Phase::Queued {
                return Some(request);
            }
            if *place == 0 {
                queue.pop_front();
            } else {
                *place += 1;
            }
        }
    }

    /// A request that waited is looked at again before it enters (S2).
    fn reconsider(&mut self, request: &Request) {
        let plan = &self.plan.steps[usize::from(request.step)];
        let unchanged = plan.when.is_none() && plan.done_if.is_none();
        let Request { step, entity, .. } = *request;
        if unchanged || self.still_wanted(step, entity) {
            self.take(request);
        } else {
            self.clock.note(Happening::Withdrawn { step, entity });
        }
    }

    /// True if every pool that the request needs has a free slot.
    fn fits(&mut self, request: &Request) -> bool {
        let mut fits = true;
        self.for_pools(request, |pools, pool| {
            fits &= pools[pool].free > 0;
            fits
        });
        fits
    }

    fn take(&mut self, request: &Request) {
        let Request { step, entity, .. } = *request;
        let row = self.rules.instance(step, entity);
        // A stamp of its own, so that the request's entries in the queues are void.
        let stamp = self.state.stamp();
        self.state.instances[row].stamp = stamp;
        let plan = &self.plan.steps[usize::from(step)];
        let held = self.state.instances[row].flags & flag::HOLDS != 0;
        for used in plan.uses.iter().filter(|used| !held || used.until.is_none()) {
            let pool = self.rules.pool(used.pool, plan.kind, entity);
            self.state.pools[pool as usize].free -= 1;
            self.clock.note(Happening::Slots { pool, change: 1 });
        }
        if plan.uses.iter().any(|used| used.until.is_some()) {
            self.state.instances[row].flags |= flag::HOLDS;
        }
        self.clock.note(Happening::Admitted { step, entity });
        self.enter(step, entity);
    }

    /// Calls `f` with each pool instance that a request needs, while it returns true.
    fn for_pools(&mut self, request: &Request, mut f: impl FnMut(&mut [PoolSlot], usize) -> bool) {
        let plan = &self.plan.steps[usize::from(request.step)];
        let row = self.rules.instance(request.step, request.entity);
        let held = self.state.instances[row].flags & flag::HOLDS != 0;
        for used in plan.uses.iter().filter(|used| !held || used.until.is_none()) {
            let pool = self.rules.pool(used.pool, plan.kind, request.entity);
            if !f(&mut self.state.pools, pool as usize) {
                return;
            }
        }
    }

    /// Gives back the slots of an attempt, except those held `until` a later step.
    pub(super) fn release_attempt(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        for used in plan.uses.iter().filter(|used| used.until.is_none()) {
            self.free(self.rules.pool(used.pool, plan.kind, entity), 1);
        }
    }

    /// Gives back the slots that a step holds `until` a later one.
    pub(super) fn release_held(&mut self, step: u16, entity: Entity) {
        let row = self.rules.instance(step, entity);
        if self.state.instances[row].flags & flag::HOLDS == 0 {
            return;
        }
        self.state.instances[row].flags &= !flag::HOLDS;
        let plan = &self.plan.steps[usize::from(step)];
        for used in plan.uses.iter().filter(|used| used.until.is_some()) {
            self.free(self.rules.pool(used.pool, plan.kind, entity), 1);
        }
    }

    /// Gives back what is held until `step` of `entity` has ended.
    pub(super) fn release_waiting_for(&mut self, step: u16, entity: Entity) {
        let plan = &self.plan.steps[usize::from(step)];
        for &holder in &plan.frees {
            let kind = self.plan.steps[usize::from(holder)].kind;
            let world = self.world;
            world.descendants(plan.kind, entity, kind, &mut |held| {
                if world.moves(kind, held) {
                    self.release_held(holder, held);
                }
            });
        }
    }

    fn free(&mut self, pool: u32, slots: u32) {
        self.state.pools[pool as usize].free += i64::from(slots);
        self.state.scratch.freed.push(pool);
        let change = -i32::try_from(slots).expect("few slots at once");
        self.clock.note(Happening::Slots { pool, change });
    }

    /// An outage gives its slots back.
    pub(super) fn restore(&mut self, pool: u16, holder: Entity, slots: u32) {
        let kind = self.plan.pools[usize::from(pool)].kind;
        let instance = self.rules.pool(pool, kind, holder);
        self.state.pools[instance as usize].free += i64::from(slots);
        self.state.scratch.freed.push(instance);
        self.state.in_flight -= 1;
    }

    /// An outage takes slots; running attempts keep theirs, so fewer than none may be free.
    pub(super) fn outage(&mut self, pool: u32, slots: u32) {
        self.state.pools[pool as usize].free -= i64::from(slots);
        self.state.in_flight += 1;
    }
}
