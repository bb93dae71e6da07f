//! A binary heap from which any member can be taken, not only the first: each member's place is
//! kept in a table by its number, so that a transfer that fails leaves nothing behind.

/// Smallest key first. A member is known by its number, and its place in the heap is `places[number]`:
/// a member is in one heap of those that share the table.
#[derive(Clone, Debug)]
pub(super) struct Heap<K> {
    entries: Vec<(K, u32)>,
}

impl<K> Default for Heap<K> {
    fn default() -> Self {
        Heap { entries: Vec::new() }
    }
}

impl<K: Ord + Copy> Heap<K> {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The smallest key and whose it is.
    #[inline]
    pub(super) fn first(&self) -> Option<(K, u32)> {
        self.entries.first().copied()
    }

    pub(super) fn insert(&mut self, key: K, member: u32, places: &mut [u32]) {
        self.entries.push((key, member));
        self.rise(self.entries.len() - 1, places);
    }

    /// Takes a member out and returns its key.
    pub(super) fn remove(&mut self, member: u32, places: &mut [u32]) -> K {
        let place = places[member as usize] as usize;
        let (key, known) = self.entries.swap_remove(place);
        debug_assert_eq!(known, member, "each member is at its place");
        if place < self.entries.len() {
            self.settle(place, places);
        }
        key
    }

    /// Gives a member another key.
    pub(super) fn rekey(&mut self, key: K, member: u32, places: &mut [u32]) {
        let place = places[member as usize] as usize;
        self.entries[place].0 = key;
        self.settle(place, places);
    }

    /// Changes all keys in a way that keeps their order.
    pub(super) fn shift(&mut self, change: impl Fn(K) -> K) {
        for (key, _) in &mut self.entries {
            *key = change(*key);
        }
    }

    /// Moves whoever is at a place to where it belongs.
    fn settle(&mut self, place: usize, places: &mut [u32]) {
        if place > 0 && self.entries[place].0 < self.entries[(place - 1) / 2].0 {
            self.rise(place, places);
        } else {
            self.sink(place, places);
        }
    }

    fn rise(&mut self, mut place: usize, places: &mut [u32]) {
        let entry = self.entries[place];
        while place > 0 {
            let parent = (place - 1) / 2;
            if entry.0 >= self.entries[parent].0 {
                break;
            }
            self.put(place, self.entries[parent], places);
            place = parent;
        }
        self.put(place, entry, places);
    }

    fn sink(&mut self, mut place: usize, places: &mut [u32]) {
        let entry = self.entries[place];
        loop {
            let left = 2 * place + 1;
            if left >= self.entries.len() {
                break;
            }
            // Added up instead of branched on, because nobody can predict which child is less.
            let right = (left + 1).min(self.entries.len() - 1);
            let least = left + usize::from(self.entries[right].0 < self.entries[left].0);
            if self.entries[least].0 >= entry.0 {
                break;
            }
            self.put(place, self.entries[least], places);
            place = least;
        }
        self.put(place, entry, places);
    }

    fn put(&mut self, place: usize, entry: (K, u32), places: &mut [u32]) {
        self.entries[place] = entry;
        places[entry.1 as usize] = u32::try_from(place).expect("fewer than 2^32 members");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Inserts and removals in any order agree with a sorted list.
        #[test]
        fn any_member_can_leave(ops in proptest::collection::vec((0..16u32, 0..9u64), 1..200)) {
            let (mut heap, mut places) = (Heap::default(), vec![0; 16]);
            let mut known: Vec<(u64, u32)> = Vec::new();
            for (member, key) in ops {
                if let Some(at) = known.iter().position(|&(_, other)| other == member) {
                    if key == 0 {
                        known[at].0 = 4;
                        heap.rekey(4, member, &mut places);
                        continue;
                    }
                    prop_assert_eq!(heap.remove(member, &mut places), known.remove(at).0);
                } else {
                    heap.insert(key, member, &mut places);
                    known.push((key, member));
                }
                let least = known.iter().map(|&(key, _)| key).min();
                prop_assert_eq!(heap.first().map(|(key, _)| key), least);
                prop_assert_eq!((heap.len(), heap.is_empty()), (known.len(), known.is_empty()));
            }
        }
    }
}
