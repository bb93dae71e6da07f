//! A tiny second interpreter of E1 to E6 and T3, written from the text of the rules: one entity, a
//! few facts, batches of writes at given seconds, forced values. It keeps whole histories and looks
//! everything up in them, because nothing here needs to be fast.

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    On,
    Off,
    Add,
}

/// One write of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) fact: usize,
    pub(crate) op: Op,
    pub(crate) after: Option<u64>,
    pub(crate) lasts: Option<u64>,
    pub(crate) late: bool,
    /// Only if this fact is on, or off.
    pub(crate) only_if: Option<(usize, bool)>,
    /// Percent; in a nominal run the write is issued from 50 on.
    pub(crate) chance: Option<u32>,
}

/// Writes that are issued together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) at: u64,
    pub(crate) writes: Vec<Write>,
}

/// A value that masks a fact for a while.
#[derive(Clone, Debug)]
pub(crate) struct Force {
    pub(crate) at: u64,
    pub(crate) fact: usize,
    pub(crate) on: bool,
    pub(crate) lasts: u64,
}

/// A boolean, or a counter with its full value.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) full: Option<u64>,
    pub(crate) initially: bool,
}

/// Everything that happens to one entity.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) facts: Vec<Fact>,
    pub(crate) forces: Vec<Force>,
    pub(crate) batches: Vec<Batch>,
}

/// Changes of visible values in their order: second, fact, value.
pub(crate) type Changes = Vec<(u64, usize, bool)>;

/// A write with its number among all issued.
#[derive(Clone, Debug)]
struct Issued {
    number: usize,
    write: Write,
}

#[derive(Clone, Debug)]
enum Event {
    Forced(usize),
    Unforced(usize),
    Batch(usize),
    Landing(Issued),
    /// The lease with this number ends.
    Expiry(usize),
}

struct Lease {
    number: usize,
    fact: usize,
    then: Op,
}

struct Play<'a> {
    story: &'a Story,
    now: u64,
    /// Second and place in the order of scheduling (T3).
    pending: Vec<(u64, usize, Event)>,
    scheduled: usize,
    issued: usize,
    leases: usize,
    /// A counter's value, or 0 and 1.
    values: Vec<u64>,
    /// Every write that landed, in order of landing.
    landed: Vec<Issued>,
    /// At most one for each fact (E3).
    running: Vec<Lease>,
    /// Forces that have begun and not ended, in order.
    masks: Vec<usize>,
    shown: Vec<bool>,
    changes: Changes,
}

/// Plays a story to its end.
pub(crate) fn play(story: &Story) -> Changes {
    let full = |fact: &Fact| fact.full.unwrap_or(1);
    let mut play = Play {
        story,
        now: 0,
        pending: Vec::new(),
        scheduled: 0,
        issued: 0,
        leases: 0,
        values: story.facts.iter().map(|f| if f.initially { full(f) } else { 0 }).collect(),
        landed: Vec::new(),
        running: Vec::new(),
        masks: Vec::new(),
        shown: story.facts.iter().map(|fact| fact.initially).collect(),
        changes: Vec::new(),
    };
    for (index, force) in story.forces.iter().enumerate() {
        play.schedule(force.at, Event::Forced(index));
    }
    for (index, batch) in story.batches.iter().enumerate() {
        play.schedule(batch.at, Event::Batch(index));
    }
    while let Some(next) = play.earliest() {
        let (at, _, event) = play.pending.remove(next);
        play.now = at;
        play.happen(event);
    }
    play.changes
}

impl Play<'_> {
    fn schedule(&mut self, delay: u64, event: Event) {
        self.pending.push((self.now + delay, self.scheduled, event));
        self.scheduled += 1;
    }

    fn earliest(&self) -> Option<usize> {
        (0..self.pending.len()).min_by_key(|&at| (self.pending[at].0, self.pending[at].1))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Forced(index) => {
                self.masks.push(index);
                self.schedule(self.story.forces[index].lasts, Event::Unforced(index));
                self.look(self.story.forces[index].fact);
            }
            Event::Unforced(index) => {
                self.masks.retain(|&other| other != index);
                self.look(self.story.forces[index].fact);
            }
            Event::Batch(index) => self.issue(&self.story.batches[index]),
            Event::Landing(issued) => self.land(issued),
            Event::Expiry(number) => {
                if let Some(at) = self.running.iter().position(|lease| lease.number == number) {
                    let lease = self.running.remove(at);
                    self.values[lease.fact] = self.after(lease.fact, lease.then);
                    self.look(lease.fact);
                }
            }
        }
    }

    /// E1: `if` and chance of the whole batch are decided first.
    fn issue(&mut self, batch: &Batch) {
        let happens = |write: &&Write| {
            write.only_if.is_none_or(|(fact, on)| self.shown[fact] == on)
                && write.chance.is_none_or(|chance| chance >= 50)
        };
        let writes: Vec<Write> = batch.writes.iter().filter(happens).cloned().collect();
        for write in writes {
            let issued = Issued { number: self.issued, write };
            self.issued += 1;
            match issued.write.after {
                Some(delay) => self.schedule(delay, Event::Landing(issued)),
                None => self.land(issued),
            }
        }
    }

    fn land(&mut self, issued: Issued) {
        let Write { fact, op, lasts, late, .. } = issued.write;
        // E2: the last writer wins; E6: an `add` yields to a later on or off only.
        let beaten = self.landed.iter().any(|other| {
            other.write.fact == fact
                && other.number > issued.number
                && (op != Op::Add || other.write.op != Op::Add)
        });
        if beaten && !late {
            return;
        }
        self.values[fact] = self.after(fact, op);
        // E3: whatever lease the fact had is over.
        self.running.retain(|lease| lease.fact != fact);
        if let Some(lasts) = lasts {
            let number = self.leases;
            self.leases += 1;
            let then = if op == Op::On { Op::Off } else { Op::On };
            self.running.push(Lease { number, fact, then });
            self.schedule(lasts, Event::Expiry(number));
        }
        self.landed.push(issued);
        self.look(fact);
    }

    /// The value of a fact after a write.
    fn after(&self, fact: usize, op: Op) -> u64 {
        let full = self.story.facts[fact].full.unwrap_or(1);
        match op {
            Op::On => full,
            Op::Off => 0,
            Op::Add => full.min(self.values[fact] + 1),
        }
    }

    /// E4: the latest mask is seen, else what was written.
    fn look(&mut self, fact: usize) {
        let mask = self.masks.iter().rev().find(|&&index| self.story.forces[index].fact == fact);
        let written = self.values[fact] == self.story.facts[fact].full.unwrap_or(1);
        let seen = mask.map_or(written, |&index| self.story.forces[index].on);
        if self.shown[fact] != seen {
            self.shown[fact] = seen;
            self.changes.push((self.now, fact, seen));
        }
    }
}
