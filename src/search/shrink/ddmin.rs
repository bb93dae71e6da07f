//! `ddmin` (Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input*, TSE 2002).

/// The smallest part of a list found by halving, thirding and so on: a chunk that fails alone, or
/// all but a chunk. `fails` is told what would be kept, and keeps it if it says yes.
pub(super) fn ddmin<T: Clone>(mut all: Vec<T>, fails: &mut dyn FnMut(&[T]) -> bool) {
    if all.is_empty() || fails(&[]) {
        return;
    }
    let mut parts = 2;
    while all.len() >= 2 {
        let size = all.len().div_ceil(parts);
        let chunks: Vec<Vec<T>> = all.chunks(size).map(<[T]>::to_vec).collect();
        if let Some(chunk) = chunks.iter().find(|chunk| fails(chunk)) {
            all.clone_from(chunk);
            parts = 2;
            continue;
        }
        let without = |index: usize| -> Vec<T> {
            let others = chunks.iter().enumerate().filter(|(other, _)| *other != index);
            others.flat_map(|(_, chunk)| chunk.clone()).collect()
        };
        // With two chunks the complement of one is the other.
        let found =
            (0..chunks.len()).filter(|_| chunks.len() > 2).map(without).find(|kept| fails(kept));
        if let Some(kept) = found {
            all = kept;
            parts = (parts - 1).max(2);
        } else if parts < all.len() {
            parts = (parts * 2).min(all.len());
        } else {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_left() {
        for needed in [vec![3], vec![0, 199], vec![5, 6, 7, 100], vec![]] {
            let mut kept: Vec<u32> = (0..200).collect();
            let mut calls = 0;
            ddmin(kept.clone(), &mut |part| {
                calls += 1;
                let fails = needed.iter().all(|each| part.contains(each));
                if fails {
                    kept = part.to_vec();
                }
                fails
            });
            assert_eq!(kept, needed);
            assert!(calls < 200, "{calls} calls");
        }
    }
}
