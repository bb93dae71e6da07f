//! Effects, compiled.

use crate::plan::{Cond, KindId, SiteId};
use crate::scenario::Write;

/// One write, compiled.
#[derive(Clone, Debug)]
pub struct EffectPlan {
    /// On, off or add.
    pub write: Write,
    /// The fact written.
    pub fact: u16,
    /// Delay until it lands.
    pub after: Option<SiteId>,
    /// Lease from landing.
    pub lasts: Option<SiteId>,
    /// Decided at issue.
    pub condition: Cond,
    /// Goes to all descendants of the fact's kind.
    pub members: bool,
    /// Lands with this chance.
    pub chance: Option<SiteId>,
    /// Lands even behind a later write.
    pub late: bool,
    /// Kind of the fact's entities.
    pub holder: KindId,
    /// Nothing is decided at issue: it has no condition and no chance.
    pub sure: bool,
}
