//! The words that keys take and what they mean: the reader and the schema share them.

use super::margins::Reach;
use super::types::{Join, Journal, Missing, OnFailure, Order, RollBack, WhenCut};

pub(super) const ORDER: [(&str, Order); 4] = [
    ("listed", Order::Listed),
    ("shuffled", Order::Shuffled),
    ("largest-first", Order::LargestFirst),
    ("smallest-first", Order::SmallestFirst),
];
pub(super) const ON_OFF: [(&str, bool); 2] = [("on", true), ("off", false)];
pub(super) const MISSING: [(&str, Missing); 2] =
    [("open", Missing::Open), ("closed", Missing::Closed)];
pub(super) const ON_FAILURE: [(&str, OnFailure); 4] = [
    ("stop", OnFailure::Stop),
    ("continue", OnFailure::Continue),
    ("undo", OnFailure::Undo),
    ("halt-rollout", OnFailure::HaltRollout),
];
pub(super) const JOIN: [(&str, Join); 2] = [("all", Join::All), ("running", Join::Running)];
pub(super) const JOURNAL: [(&str, Journal); 2] = [("step", Journal::Step), ("none", Journal::None)];
pub(super) const WHEN_CUT: [(&str, WhenCut); 3] =
    [("redo", WhenCut::Redo), ("skip", WhenCut::Skip), ("undo", WhenCut::Undo)];
pub(super) const ROLLS_BACK: [(&str, RollBack); 2] =
    [("in-progress", RollBack::InProgress), ("started", RollBack::Started)];
pub(super) const VERDICTS: [(&str, bool); 2] = [("safe", true), ("exposed", false)];
pub(super) const SEARCHED: [(&str, bool); 2] = [("exposes", true), ("harmless", false)];
/// How far a bound can be moved, where no duration says it.
pub(super) const REACH: [(&str, Reach); 2] = [("any", Reach::Any), ("none", Reach::Nowhere)];
/// What a fault bends of a step: its attempts, or (true) its undo.
pub(super) const OF: [(&str, bool); 2] = [("attempt", false), ("undo", true)];
pub(super) const MEMBERS: [(&str, bool); 1] = [("members", true)];
/// The sizes that a transfer can have.
pub(super) const SIZES: [(&str, ()); 1] = [("mailbox-size", ())];

/// The words alone.
pub(super) const fn names<T: Copy, const N: usize>(
    words: &[(&'static str, T); N],
) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = words[at].0;
        at += 1;
    }
    names
}
