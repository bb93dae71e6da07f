//! The order of events at one instant, as ranks that the sampled clock obeys.

use std::collections::BTreeMap;

use crate::kernel::Tie;

/// An event or what would have been one, for the order at its instant.
pub(super) struct Stand {
    pub(super) at: u64,
    pub(super) id: u64,
    pub(super) tie: Tie,
    /// By index; `u32::MAX`: it never fired.
    pub(super) event: u32,
}

/// The ranks that make the sampled clock fire the events of each instant in this order.
pub(super) fn ranks(mut stands: Vec<Stand>) -> BTreeMap<Tie, i16> {
    stands.retain(|stand| Tie::is_free(stand.tie.kind));
    stands.sort_unstable_by_key(|stand| (stand.at, stand.id));
    let mut ranks = BTreeMap::new();
    for group in stands.chunk_by(|a, b| a.at == b.at) {
        if group.len() < 2 || group.iter().all(|stand| stand.event == u32::MAX) {
            continue;
        }
        if group.is_sorted_by_key(|stand| stand.event) {
            continue;
        }
        let mut order: Vec<&Stand> = group.iter().collect();
        order.sort_by_key(|stand| (stand.event, stand.id));
        let fired = order.iter().filter(|stand| stand.event < u32::MAX).count();
        // As many as can keep their places; those in front of them go down, those behind up.
        let kept = order.chunk_by(|a, b| a.id < b.id).map(<[&Stand]>::len);
        let (_, first, last) = kept.fold((0, 0, 0), |(place, first, last), length| {
            let longest = length > last - first;
            if longest {
                (place + length, place, place + length)
            } else {
                (place + length, first, last)
            }
        });
        for (place, stand) in order.iter().enumerate() {
            let rank = match place {
                place if place < first => -to_rank(first - place),
                place if place < last => continue,
                place => to_rank(place.min(fired) + 1 - last.min(fired)),
            };
            ranks.insert(stand.tie, rank);
        }
    }
    ranks
}

fn to_rank(places: usize) -> i16 {
    i16::try_from(places).unwrap_or(i16::MAX)
}
