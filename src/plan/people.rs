//! Users, compiled.

use super::compile::Compiler;
use super::{Cond, HazardPlan, KindId, Law, SiteForm, SiteId, index16};
use crate::scenario::{Dist, Shape, User};
use crate::units::{Ratio, Span};

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
    /// By index in [`super::Plan::profiles`]: how fast the time until it connects passes. Its path
    /// never sleeps, because the renewal theorem is about rates that stay the same.
    pub profile: Option<u16>,
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
    /// Mean time between two reads, at a factor of 1.
    pub gap: Span,
    /// By index in [`super::Plan::profiles`].
    pub profile: Option<u16>,
    /// Site of its reads.
    pub site: SiteId,
}

impl Compiler<'_> {
    pub(super) fn users(&mut self, hazards: &[HazardPlan]) -> Vec<UserPlan> {
        let users = (0u16..).zip(&self.scenario.users);
        users.filter_map(|(index, user)| self.user(index, user, hazards)).collect()
    }

    fn user(&mut self, index: u16, user: &User, hazards: &[HazardPlan]) -> Option<UserPlan> {
        let session = user.session.as_ref()?;
        let kind = self.kind(user.kind);
        let name = |what: &str| format!("user {} / {what}", user.name);
        let every = Law::compile(&session.connects_every);
        let lasts = Law::compile(&session.lasts);
        let (gap, length) = (every.mean(), lasts.mean());
        // The renewal theorem: the long-run share of time inside a session.
        let share = if gap + length > 0.0 { length / (gap + length) } else { 1.0 };
        let residual = SiteForm::Delay(lasts.residual());
        let gap_left = SiteForm::Connect(every.residual());
        let derived = self.scenario.hazards.iter().map(|hazard| hazard.derived.is_some());
        let copies = (0u16..).zip(hazards).zip(derived);
        let copies = copies.filter(|((_, hazard), _)| hazard.kind <= kind);
        let copied = |derived| if derived { Copied::Frozen } else { Copied::Live };
        Some(UserPlan {
            user: index,
            kind,
            connects: self.conditions.compile(&session.connects_while, kind),
            ends_when: self.cond(session.ends_when.as_ref(), kind).unwrap_or(Cond::Const(false)),
            keeps: session.keeps.iter().map(|fact| fact.0).collect(),
            every: self.sites.set(&name("connects"), SiteForm::Connect(every)),
            lasts: self.sites.set(&name("lasts"), SiteForm::Delay(lasts)),
            connected: self.sites.strikes(&name("connected"), Ratio(share)),
            residual: self.sites.set(&name("residual"), residual),
            gap: self.sites.set(&name("gap"), gap_left),
            copies: copies.map(|((hazard, _), derived)| (hazard, copied(derived))).collect(),
            profile: None,
        })
    }

    pub(super) fn readers(&mut self, sessions: &[UserPlan]) -> Vec<ReaderPlan> {
        let scenario = self.scenario;
        let compile = |(index, user): (u16, &User)| {
            let gap = user.read_gap?;
            let dist = Dist { shape: Shape::Exponential { mean: gap.0 }, between: None };
            let session = sessions.iter().position(|session| session.user == index);
            Some(ReaderPlan {
                user: index,
                kind: self.kind(user.kind),
                session: session.map(index16),
                gap,
                profile: None,
                site: self.sites.delay(&format!("user {} / reads", user.name), &dist),
            })
        };
        (0u16..).zip(&scenario.users).filter_map(compile).collect()
    }
}
