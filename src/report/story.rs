//! A timeline in words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kernel::Setup;
use crate::model::{Entity, Failure, Happening, Outcome, Source};
use crate::monitor::{Moment, Window};
use crate::report::course::halted_by;
use crate::report::words::Names;
use crate::units::Instant;

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineData {
    /// When.
    pub at_us: u64,
    /// The same in local time, if the rollout has a start on the calendar (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_local: Option<String>,
    /// For whom.
    pub who: String,
    /// What, in words.
    pub what: String,
    /// It begins or ends the window that is told about; without a window, a goal is missed.
    pub edge: bool,
    /// It stands in the short form, too: that leaves out what other mailboxes of the tenant do,
    /// but for the first that begins a step and the last that ends it.
    #[serde(skip)]
    pub short: bool,
}

/// The moments in words; what only concerns queues is left out.
#[must_use]
pub fn story(setup: &Setup, moments: &[Moment], window: Option<&Window>) -> Vec<LineData> {
    let names = Names::new(setup.plan());
    let world = setup.world();
    let mine = |entity: Entity| {
        world.kind(entity) < setup.plan().mailbox()
            || window.is_none_or(|window| window.entity == entity)
    };
    let marks = marks(moments, &mine);
    let start = setup.plan().scenario.rollout.start.as_ref();
    let line = |(index, moment): (usize, &Moment)| {
        let (entity, mut what) = words(&names, &moment.what)?;
        let mark = marks.get(&index);
        if let Some(mark) = mark {
            what.push_str(mark);
        }
        let edge = match window {
            Some(window) => edge(window, moment),
            None => matches!(moment.what, Happening::Goal { met: false, .. }),
        };
        let short = mine(entity) || mark.is_some();
        let who = world.name(setup.plan(), entity);
        let at_local = start.map(|start| start.rfc3339(moment.at));
        Some(LineData { at_us: moment.at.0, at_local, who, what, edge, short })
    };
    moments.iter().enumerate().filter_map(line).collect()
}

/// By moment: the first attempt and the last end of each step over the other mailboxes.
fn marks(moments: &[Moment], mine: &dyn Fn(Entity) -> bool) -> BTreeMap<usize, &'static str> {
    let mut first: BTreeMap<u16, usize> = BTreeMap::new();
    let mut last: BTreeMap<u16, usize> = BTreeMap::new();
    for (index, moment) in moments.iter().enumerate() {
        match moment.what {
            Happening::Attempt { step, entity, .. } if !mine(entity) => {
                first.entry(step).or_insert(index);
            }
            Happening::StepEnded { step, entity, .. } if !mine(entity) => {
                last.insert(step, index);
            }
            _ => {}
        }
    }
    let first = first.into_values().map(|index| (index, " (the first mailbox)"));
    first.chain(last.into_values().map(|index| (index, " (the last mailbox)"))).collect()
}

fn edge(window: &Window, moment: &Moment) -> bool {
    let Happening::Hazard { hazard, user, entity, open } = moment.what else { return false };
    let at: Instant = if open { window.from } else { window.to };
    (hazard, user, entity, moment.at) == (window.cause.hazard, window.user, window.entity, at)
}

/// What happens to steps and tenants.
fn words(names: &Names<'_>, what: &Happening) -> Option<(Entity, String)> {
    Some(match *what {
        Happening::TenantStarted(entity) => (entity, "starts".to_owned()),
        Happening::TenantEnded(entity) => (entity, "is done".to_owned()),
        Happening::RolledBack(entity) => (entity, "is rolled back".to_owned()),
        Happening::Stopped { entity, step: Some(step) } => {
            (entity, format!("stops: {} failed for good", names.step(step)))
        }
        Happening::Stopped { entity, step: None } => {
            (entity, "stops: it waits for one that stopped".to_owned())
        }
        Happening::Attempt { step, entity, number: 1 } => {
            (entity, format!("{} begins", names.step(step)))
        }
        Happening::Attempt { step, entity, number } => {
            (entity, format!("{} begins, attempt {number}", names.step(step)))
        }
        Happening::AttemptFailed { step, entity, why, retried } => {
            let why = match why {
                Failure::Fault(fault) => names.fault(fault),
                Failure::Timeout => "its timeout",
                Failure::Holds => "its `holds` broke",
            };
            let next = if retried { "; it is tried again" } else { "" };
            (entity, format!("{} fails: {why}{next}", names.step(step)))
        }
        Happening::StepEnded { step, entity, outcome } => {
            let how = match outcome {
                Outcome::Succeeded => "succeeds",
                Outcome::Done => "is done already",
                Outcome::Skipped => "is skipped",
                Outcome::Failed => "fails for good",
            };
            (entity, format!("{} {how}", names.step(step)))
        }
        _ => return seen(names, what),
    })
}

/// What strikes, changes and can be seen.
fn seen(names: &Names<'_>, what: &Happening) -> Option<(Entity, String)> {
    Some(match *what {
        Happening::Struck { fault, entity } => {
            (entity, format!("fault strikes: {}", names.fault(fault)))
        }
        Happening::Reacted { reaction, entity } => {
            (entity, format!("reaction: {}", names.reaction(reaction)))
        }
        Happening::Changed { fact, entity, on, source } => {
            let value = if on { "on" } else { "off" };
            let why = match source {
                Source::Write => "",
                Source::Expiry => ", its lease ran out",
                Source::Force => ", forced or released",
            };
            (entity, format!("{} {value}{why}", names.fact(fact)))
        }
        Happening::Hazard { hazard, user, entity, open } => {
            let inside = user.map(|user| format!(" ({}'s session)", names.user(user)));
            let inside = inside.unwrap_or_default();
            let word = if open { "EXPOSED" } else { "no longer exposed" };
            (entity, format!("{word}: {}{inside}", names.hazard(hazard)))
        }
        Happening::Session { user, entity, open } => {
            let word = if open { "connects" } else { "disconnects" };
            (entity, format!("{} {word}", names.user(user)))
        }
        Happening::Goal { goal, entity, met } => {
            let word = if met { "is met" } else { "IS MISSED" };
            (entity, format!("goal {word}: {}", names.goal(goal)))
        }
        _ => return course(names, what),
    })
}

/// The course of the rollout.
fn course(names: &Names<'_>, what: &Happening) -> Option<(Entity, String)> {
    Some(match *what {
        Happening::Halted { by, .. } => {
            let (by, _) = halted_by(names, by);
            (Entity(0), format!("halted by {by}: no further tenant starts"))
        }
        Happening::Resumed { act, .. } => {
            (Entity(0), format!("resumed by {}: tenants start again", names.act(act)))
        }
        Happening::WaveStarted(wave) => (wave, "its turn has come".to_owned()),
        Happening::WaveEnded(wave) => (wave, "all its tenants are through".to_owned()),
        _ => return crashed(names, what),
    })
}

/// Crashes, what they cut, and what is taken back.
fn crashed(names: &Names<'_>, what: &Happening) -> Option<(Entity, String)> {
    Some(match *what {
        Happening::Crashed { entity, .. } => {
            (entity, "crashes: nothing of it starts until it is up again".to_owned())
        }
        Happening::Restarted { entity, .. } => (entity, "is up again".to_owned()),
        Happening::Cut { step, entity, landed, undo } => {
            let plan = &names.plan.steps[usize::from(step)];
            let (of, effects) =
                if undo { ("the undo of ", &plan.undo) } else { ("", &plan.at_end) };
            let landed = match effects.len() {
                0 => String::new(),
                count => format!(", {landed} of its {count} effects landed"),
            };
            (entity, format!("{of}{} is cut{landed}", names.step(step)))
        }
        Happening::Orphaned { step, entity } => {
            let step = names.step(step);
            (entity, format!("{step} runs on, but nobody knows of it any more"))
        }
        Happening::Undone { step, entity } => (entity, format!("{} is undone", names.step(step))),
        Happening::RollbackFailed { entity, step } => {
            (entity, format!("its rollback fails: {} is not undone", names.step(step)))
        }
        // A success is told by the step's end; queues and slots do not show what anybody could see.
        _ => return None,
    })
}
