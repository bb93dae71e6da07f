//! A schedule, run as it is: what replay, shrinking and mutation stand on.
//!
//! Choices that it does not name are nominal. A choice that never comes up is no error here: while a
//! schedule shrinks, what one override led to goes with it.

use std::collections::BTreeMap;

use crate::kernel::Tie;
use crate::model::Choice;
use crate::search::strategy::{Ask, Length, Strategy};

/// What a schedule forces over the nominal run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forcing {
    /// Values.
    pub overrides: BTreeMap<Choice, u64>,
    /// Places among the events of one instant.
    pub ranks: BTreeMap<Tie, i16>,
}

impl Forcing {
    /// Number of forced choices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.overrides.len() + self.ranks.len()
    }

    /// True if nothing is forced: the nominal run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One run of a schedule.
pub struct Forced<'a>(pub &'a Forcing);

impl Strategy for Forced<'_> {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        let forced = self.0.overrides.get(&ask.choice).copied();
        forced.or(ask.nominal).unwrap_or(0)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        let forced = self.0.overrides.get(&ask.choice).copied();
        forced.or(ask.nominal).map_or(Length::Never, Length::Exactly)
    }

    fn rank(&mut self, tie: &Tie) -> i16 {
        self.0.ranks.get(tie).copied().unwrap_or(0)
    }
}

/// The same, owned.
pub(super) struct Owned(pub(super) Forcing);

impl Strategy for Owned {
    fn decide(&mut self, ask: &Ask<'_>) -> u64 {
        Forced(&self.0).decide(ask)
    }

    fn length(&mut self, ask: &Ask<'_>) -> Length {
        Forced(&self.0).length(ask)
    }

    fn rank(&mut self, tie: &Tie) -> i16 {
        Forced(&self.0).rank(tie)
    }
}
