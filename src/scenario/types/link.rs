//! Links: bandwidth that transfers share.

use super::{Dist, Kind, Quotas};
use crate::units::Rate;

/// Index of a link in [`super::Scenario::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u16);

/// Bandwidth, shared max-min fairly by the transfers that run over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// As written, a plain name.
    pub name: String,
    /// All that it carries together; more than 0.
    pub rate: Rate,
    /// `Kind::Rollout`: one link for all; else: one per entity of that kind.
    pub kind: Kind,
    /// Bytes that it carries in an hour, in a day.
    pub quotas: Quotas,
}

/// A link that carries less for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Slows {
    /// Of the same kind as the act.
    pub link: LinkId,
    /// Less than the link's own rate; 0: an outage.
    pub to: Rate,
    /// For how long.
    pub lasts: Dist,
}
