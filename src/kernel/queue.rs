//! Pending events, earliest first.

use crate::model::Timer;
use crate::units::Instant;

/// A pending event: when, in which order at that instant, what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// When it fires.
    pub time: Instant,
    /// Its place among events of the same instant: the order of scheduling (T3).
    pub order: u64,
    /// What fires.
    pub timer: Timer,
}

impl Entry {
    fn before(&self, other: &Entry) -> bool {
        (self.time, self.order) < (other.time, other.order)
    }
}

/// A 4-ary heap on (time, order). Its root may be a hole: most events arm a successor, which then
/// takes the root's place and sinks, instead of one element sinking and another rising.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: Vec<Entry>,
    hole: bool,
}

const ARITY: usize = 4;

impl EventQueue {
    /// Adds an event.
    #[inline(always)]
    pub fn push(&mut self, entry: Entry) {
        if self.hole {
            self.hole = false;
            self.heap[0] = entry;
            self.sink(0);
        } else {
            self.heap.push(entry);
            self.rise(self.heap.len() - 1);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.heap.clear();
        self.hole = false;
    }

    /// When the earliest event fires.
    pub fn head(&mut self) -> Option<Instant> {
        self.fill();
        self.heap.first().map(|entry| entry.time)
    }

    /// Takes the earliest event.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Entry> {
        self.fill();
        let first = *self.heap.first()?;
        self.hole = true;
        Some(first)
    }

    /// Number of pending events, void ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len() - usize::from(self.hole)
    }

    /// True if nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All pending events, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.heap.iter().skip(usize::from(self.hole))
    }

    /// Removes the root that `pop` has handed out and nothing has replaced.
    fn fill(&mut self) {
        if self.hole {
            self.hole = false;
            self.heap.swap_remove(0);
            if !self.heap.is_empty() {
                self.sink(0);
            }
        }
    }

    fn rise(&mut self, mut place: usize) {
        let entry = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if !entry.before(&self.heap[parent]) {
                break;
            }
            self.heap[place] = self.heap[parent];
            place = parent;
        }
        self.heap[place] = entry;
    }

    fn sink(&mut self, mut place: usize) {
        let entry = self.heap[place];
        loop {
            let first = place * ARITY + 1;
            if first >= self.heap.len() {
                break;
            }
            let last = (first + ARITY).min(self.heap.len());
            let mut least = first;
            for child in first + 1..last {
                if self.heap[child].before(&self.heap[least]) {
                    least = child;
                }
            }
            if !self.heap[least].before(&entry) {
                break;
            }
            self.heap[place] = self.heap[least];
            place = least;
        }
        self.heap[place] = entry;
    }
}
