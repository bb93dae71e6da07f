//! Windows: maximal half-open intervals in which a hazard holds (T3, U1), each with its cause.

use std::collections::BTreeMap;

use crate::kernel::Sim;
use crate::model::{Entity, Happening, Phase, Timer, TimerKind};
use crate::plan::KindId;
use crate::scenario::FactId;
use crate::units::{Instant, Span};

/// The event that opened a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opener {
    /// It held from the start.
    Start,
    /// A lease on this fact ran out.
    Expiry(u16),
    /// An effect on this fact landed after its delay.
    Landing(u16),
    /// An attempt of this step began, ended or failed.
    Step(u16),
    /// A rollback issued the undo list of this step.
    Undo(u16),
    /// A reaction or free-standing fault fired (index in the plan's acts).
    Act(u16),
    /// A value forced on this fact began or ended.
    Force(u16),
    /// This user connected (index in the plan's users).
    Connect(u16),
    /// Something else.
    Other,
}

/// What made a window: what opened it, what was under way, what had gone wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The hazard, by index in the plan.
    pub hazard: u16,
    /// The event that opened it.
    pub opener: Opener,
    /// Of a session's window that opened as its user connected: what had made the hazard hold by then.
    pub live: Option<Opener>,
    /// Steps of the tenant, its mailboxes and its groups under way at that moment.
    pub running: Vec<u16>,
    /// Nothing was under way, but a write to the hazard's permission was still on its way.
    pub landing: bool,
    /// Faults that had struck the tenant, its mailboxes, its groups or the rollout; ordinary
    /// misbehaviour (`cost = 0`) left out.
    pub faults: Vec<u16>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Why.
    pub cause: Cause,
    /// Inside this user's session (index in the plan's users), or live.
    pub user: Option<u16>,
    /// Whose: the hazard's entity, or the user's.
    pub entity: Entity,
    /// The tenants concerned: one, or all of a group or the rollout.
    pub tenant: Option<u32>,
    /// First instant.
    pub from: Instant,
    /// First instant after it; the horizon if it never closed.
    pub to: Instant,
    /// It was open when the run ended.
    pub open_ended: bool,
}

impl Window {
    /// Its length.
    #[must_use]
    pub fn length(&self) -> Span {
        self.to.since(self.from)
    }
}

type Key = (u16, Option<u16>, Entity);

/// Collects windows.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    windows: Vec<Window>,
    /// The newest window of each key, and whether it is open.
    newest: BTreeMap<Key, (usize, bool)>,
    struck: Struck,
}

/// Costly faults so far, in order, with whom they struck.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck(Vec<(Entity, u16)>);

impl Struck {
    pub(super) fn note(&mut self, sim: &Sim, happening: &Happening) {
        if let Happening::Struck { fault, entity } = *happening
            && sim.rules().plan.faults[usize::from(fault)].cost > 0
        {
            self.0.push((entity, fault));
        }
    }

    /// Those that bear on an entity, each once.
    pub(super) fn concerning(&self, sim: &Sim, kind: KindId, entity: Entity) -> Vec<u16> {
        let related = |other: Entity| {
            let of = sim.rules().world.kind(other);
            concerns(sim, kind, entity, of, other)
        };
        let faults = self.0.iter().filter(|(other, _)| related(*other));
        let mut faults: Vec<u16> = faults.map(|(_, fault)| *fault).collect();
        faults.sort_unstable();
        faults.dedup();
        faults
    }
}

impl Windows {
    pub(super) fn note(&mut self, sim: &Sim, timer: Option<Timer>, happening: &Happening) {
        self.struck.note(sim, happening);
        if let Happening::Hazard { hazard, user, entity, open } = *happening {
            let key = (hazard, user, entity);
            if open { self.open(sim, timer, key) } else { self.close(key, sim.now()) }
        }
    }

    /// A window that closed at this very instant goes on: nothing of it was ever closed.
    fn open(&mut self, sim: &Sim, timer: Option<Timer>, key: Key) {
        let now = sim.now();
        if let Some((index, open)) = self.newest.get_mut(&key)
            && self.windows[*index].to == now
        {
            *open = true;
            return;
        }
        let (hazard, user, entity) = key;
        let rules = sim.rules();
        let kind = rules.world.kind(entity);
        let tenant = (kind >= rules.plan.tenant()).then(|| {
            let tenant = rules.world.ancestor(kind, entity, rules.plan.tenant());
            rules.world.index(rules.plan.tenant(), tenant)
        });
        let opener = opener(sim, timer);
        let connected = matches!(opener, Opener::Connect(_));
        let running = running(sim, kind, entity);
        let cause = Cause {
            hazard,
            opener,
            live: connected.then(|| self.live(sim, hazard, kind, entity)).flatten(),
            landing: running.is_empty() && landing(sim, hazard, kind, entity),
            running,
            faults: self.struck.concerning(sim, kind, entity),
        };
        let window = Window { cause, user, entity, tenant, from: now, to: now, open_ended: true };
        self.newest.insert(key, (self.windows.len(), true));
        self.windows.push(window);
    }

    /// What opened the live window in which a user connects: it may be no longer than that instant.
    fn live(&self, sim: &Sim, hazard: u16, kind: KindId, entity: Entity) -> Option<Opener> {
        let rules = sim.rules();
        let of = rules.plan.hazards[usize::from(hazard)].kind;
        let entity = rules.world.ancestor(kind, entity, of);
        let (index, open) = self.newest.get(&(hazard, None, entity))?;
        open.then(|| self.windows[*index].cause.opener)
    }

    fn close(&mut self, key: Key, now: Instant) {
        let (index, open) = self.newest.get_mut(&key).expect("a window opens before it closes");
        *open = false;
        self.windows[*index].to = now;
    }

    /// All windows at least 1 µs long, in order of opening; those still open last to `end`.
    pub(super) fn finish(mut self, end: Instant) -> Vec<Window> {
        for (index, open) in self.newest.into_values() {
            let window = &mut self.windows[index];
            if open {
                window.to = end;
            }
        }
        for window in &mut self.windows {
            window.open_ended = window.open_ended && window.to == end;
        }
        self.windows.retain(|window| window.to > window.from);
        self.windows
    }
}

/// True if what happened to `other` bears on `entity`: the same tenant, or an ancestor of either.
fn concerns(sim: &Sim, kind: KindId, entity: Entity, of: KindId, other: Entity) -> bool {
    let rules = sim.rules();
    let (plan, world) = (&rules.plan, &rules.world);
    if plan.sees(kind, of) {
        return world.ancestor(kind, entity, of) == other;
    }
    if plan.sees(of, kind) {
        return world.ancestor(of, other, kind) == entity;
    }
    let tenant = plan.tenant();
    plan.sees(kind, tenant)
        && plan.sees(of, tenant)
        && world.ancestor(kind, entity, tenant) == world.ancestor(of, other, tenant)
}

fn opener(sim: &Sim, timer: Option<Timer>) -> Opener {
    let Some(timer) = timer else { return Opener::Start };
    let which = timer.which;
    match timer.kind {
        TimerKind::Expiry => Opener::Expiry(which),
        TimerKind::Landing => Opener::Landing(which),
        TimerKind::Start
        | TimerKind::End
        | TimerKind::Broken
        | TimerKind::Timeout
        | TimerKind::Retry
        | TimerKind::Wait
        | TimerKind::Join => Opener::Step(which),
        TimerKind::Fail => {
            let bend = sim.rules().plan.faults[usize::from(which)].bend;
            bend.map_or(Opener::Other, |(step, _)| Opener::Step(step))
        }
        TimerKind::Undo => Opener::Undo(which),
        TimerKind::Act => Opener::Act(which),
        TimerKind::Unforce => Opener::Force(which),
        TimerKind::Connect => Opener::Connect(which),
        TimerKind::Disconnect
        | TimerKind::Goal
        | TimerKind::Pace
        | TimerKind::Restart
        | TimerKind::Restore
        | TimerKind::UndoFail
        | TimerKind::Unslow
        | TimerKind::Calendar
        | TimerKind::Flip
        | TimerKind::Date
        | TimerKind::Soak
        | TimerKind::RollBack => Opener::Other,
    }
}

/// Whether a write to the permission of a hazard is on its way to somebody whom an entity concerns.
fn landing(sim: &Sim, hazard: u16, kind: KindId, entity: Entity) -> bool {
    let rules = sim.rules();
    let permission = rules.plan.scenario.hazards[usize::from(hazard)].derived;
    let Some(FactId(fact)) = permission else { return false };
    sim.pending().into_iter().any(|(timer, _)| {
        let mine = timer.kind == TimerKind::Landing && timer.which == fact;
        mine && rules.live(sim.state(), timer)
            && concerns(sim, kind, entity, rules.world.kind(timer.entity), timer.entity)
    })
}

/// Steps under way for the tenant of an entity, its mailboxes and its groups, in plan order.
fn running(sim: &Sim, kind: KindId, entity: Entity) -> Vec<u16> {
    in_phase(sim, kind, entity, &|phase| {
        matches!(phase, Phase::Starting | Phase::Running | Phase::RetryWait)
    })
}

/// Their steps in some phases, in plan order.
pub(super) fn in_phase(
    sim: &Sim,
    kind: KindId,
    entity: Entity,
    is: &dyn Fn(Phase) -> bool,
) -> Vec<u16> {
    let rules = sim.rules();
    let (plan, world) = (&rules.plan, &rules.world);
    let (top, of) = if kind > plan.tenant() {
        (world.ancestor(kind, entity, plan.tenant()), plan.tenant())
    } else {
        (entity, kind)
    };
    let active = |step: u16, each: Entity| is(rules.standing(sim.state(), step, each).phase);
    let mut running = Vec::new();
    for (index, step) in (0u16..).zip(&plan.steps) {
        let mut any = false;
        if plan.sees(of, step.kind) {
            any = active(index, world.ancestor(of, top, step.kind));
        } else if of == plan.tenant() && step.kind == plan.mailbox() {
            world.descendants(of, top, step.kind, &mut |each| any = any || active(index, each));
        }
        if any {
            running.push(index);
        }
    }
    running
}
