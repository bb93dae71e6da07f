//! Users, compiled.

use super::{Cond, KindId, SiteId};
use crate::units::Span;

/// A user that keeps sessions.
#[derive(Clone, Debug)]
pub struct UserPlan {
    /// Its index among the scenario's users.
    pub user: u16,
    /// Kind of its entities.
    pub kind: KindId,
    /// Connects only while this holds.
    pub connects: Cond,
    /// Ends the session at once.
    pub ends_when: Cond,
    /// Frozen at connect.
    pub keeps: Vec<u16>,
    /// Time until the next connection.
    pub every: SiteId,
    /// Length of a session.
    pub lasts: SiteId,
    /// Whether a path that starts is inside a session.
    pub connected: SiteId,
    /// Rest of the session it is then in.
    pub residual: SiteId,
    /// Rest of the time until it connects, if it is in none.
    pub gap: SiteId,
    /// Hazards it may see, by index in [`super::Plan::hazards`]: derived ones as a copy of its own (U1),
    /// written ones as they stand live.
    pub copies: Vec<(u16, Copied)>,
}

/// How a hazard holds inside a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// With `access` true and kept facts frozen at connect.
    Frozen,
    /// As it stands.
    Live,
}

/// A user that reads.
#[derive(Clone, Copy, Debug)]
pub struct ReaderPlan {
    /// Its index among the scenario's users.
    pub user: u16,
    /// Kind of its entities.
    pub kind: KindId,
    /// Its index in [`super::Plan::users`], if it reads inside sessions only.
    pub session: Option<u16>,
    /// Mean time between two reads.
    pub gap: Span,
    /// Site of its reads.
    pub site: SiteId,
}
