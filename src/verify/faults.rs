//! Sets of faults.
//!
//! A set says *which* faults may strike, not how often: one that is in it strikes any number of times
//! without further cost.

use crate::plan::{Plan, SiteId};

/// Words of a set: a scenario has at most 512 faults.
const WORDS: usize = 8;

/// Which faults that cost have struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FaultSet([u64; WORDS]);

impl FaultSet {
    /// Adds one.
    pub(super) fn insert(&mut self, fault: u16) {
        self.0[usize::from(fault) / 64] |= 1 << (fault % 64);
    }

    /// Those of either.
    pub(super) fn union(self, other: FaultSet) -> FaultSet {
        FaultSet(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// True if all of these are in the other.
    pub(super) fn within(&self, other: &FaultSet) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// In order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        let most = u16::try_from(64 * WORDS).expect("a constant");
        (0..most).filter(|&fault| self.0[usize::from(fault) / 64] >> (fault % 64) & 1 == 1)
    }
}

/// Which fault is decided at which site.
#[derive(Clone, Debug)]
pub(super) struct Sites {
    faults: Vec<Option<u16>>,
    costs: Vec<bool>,
}

impl Sites {
    /// Those of a plan.
    pub(super) fn new(plan: &Plan) -> Sites {
        let mut faults = vec![None; plan.sites.len()];
        for (index, fault) in (0u16..).zip(&plan.faults) {
            if let Some(site) = fault.chance {
                faults[site.index()] = Some(index);
            }
        }
        for (index, site) in plan.acts.iter().filter_map(|act| act.fault) {
            if let Some(site) = site {
                faults[site.index()] = Some(index);
            }
        }
        Sites { faults, costs: plan.faults.iter().map(|fault| fault.cost > 0).collect() }
    }

    /// The fault whose strike is decided at a site.
    pub(super) fn fault(&self, site: SiteId) -> Option<u16> {
        self.faults[site.index()]
    }

    /// False for ordinary misbehaviour.
    pub(super) fn costs(&self, fault: u16) -> bool {
        self.costs[usize::from(fault)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_ordered_by_inclusion() {
        let of = |faults: &[u16]| {
            let mut set = FaultSet::default();
            faults.iter().for_each(|&fault| set.insert(fault));
            set
        };
        let (small, large) = (of(&[3, 511]), of(&[3, 64, 511]));
        assert!(small.within(&large) && !large.within(&small) && small.within(&small));
        assert_eq!(small.union(of(&[64])), large);
        assert_eq!((large.len(), large.iter().collect::<Vec<_>>()), (3, vec![3, 64, 511]));
        assert!(FaultSet::default().within(&small));
    }
}
