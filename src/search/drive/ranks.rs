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
        for (place, stand) in order.iter().enumerate() {
            let rank = i16::try_from(place.min(fired)).unwrap_or(i16::MAX);
            if rank > 0 {
                ranks.insert(stand.tie, rank);
            }
        }
    }
    ranks
}
