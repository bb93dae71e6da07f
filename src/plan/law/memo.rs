//! Tables that were made lately.
//!
//! Engines compile a plan again and again with one number changed: a margin bisects, a search tries
//! what would have prevented a finding. Nearly all of such a compilation is tables of quantiles that are
//! the same as before, so the last ones are kept. A law depends on its distribution alone, so who made
//! it, and when, is not seen in any result.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::Law;
use crate::scenario::Dist;

/// Tables kept; more than the distributions of a large plan.
const KEPT: usize = 128;

static MADE: Mutex<VecDeque<(Dist, Law)>> = Mutex::new(VecDeque::new());

/// The law of a distribution: a known one, or one that is made now.
pub(super) fn known_or(dist: &Dist, make: impl FnOnce() -> Law) -> Law {
    // A thread that panicked did so while it made a law, without the lock.
    let made = || MADE.lock().expect("nobody panics with it");
    let known = made().iter().find(|(known, _)| known == dist).map(|(_, law)| law.clone());
    if let Some(law) = known {
        return law;
    }
    let law = make();
    let mut made = made();
    if made.len() == KEPT {
        made.pop_front();
    }
    made.push_back((dist.clone(), law.clone()));
    law
}
