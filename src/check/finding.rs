//! A finding run again, on its own scenario or on another.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::kernel::{Setup, Stop};
use crate::monitor::{Miss, Window};
use crate::plan::{Plan, Scope};
use crate::scenario::finding::{BaseLine, FindingFile, Must};
use crate::scenario::{self, Failure, Renamable, Scenario, present};
use crate::simulate::{Misfit, OverrideName, Replay, replay};

/// A finding run again.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// Plan and population.
    pub setup: Setup,
    /// The run.
    pub replay: Replay,
    /// It does what the finding says it must.
    pub does: bool,
    /// False if the run was broken off before it could tell: it has done no harm yet.
    pub decided: bool,
    /// The run has the finding's digest.
    pub same: bool,
}

/// Why a finding cannot be run.
#[derive(Clone, Debug)]
pub enum Unfit {
    /// The embedded scenario has problems.
    Scenario(Box<Failure>),
    /// Overrides for which the scenario has no place.
    Overrides(Vec<Misfit>),
}

/// Runs a finding on the scenario it embeds.
///
/// # Errors
/// The embedded scenario is refused, or an override does not fit it.
pub fn rerun(file: &FindingFile) -> Result<Rerun, Unfit> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let read = |path: &Path| {
        let embedded = file.files.iter().find(|(name, _)| Path::new(name) == path);
        embedded.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(missing)
    };
    let name = file.files.first().map_or("", |(name, _)| name.as_str());
    let loaded = scenario::load(Path::new(name), &read);
    let loaded = loaded.map_err(|failure| Unfit::Scenario(Box::new(failure)))?;
    rerun_on(file, &loaded.scenario).map_err(Unfit::Overrides)
}

/// Runs a finding on a scenario.
///
/// # Errors
/// The overrides that do not fit it.
pub fn rerun_on(file: &FindingFile, scenario: &Scenario) -> Result<Rerun, Vec<Misfit>> {
    let plan = Plan::compile(scenario);
    let setup = match &file.scope {
        None => Setup::new(Arc::new(plan), file.seed),
        Some(line) => {
            let scope = Scope::of(&plan, line).map_err(|why| vec![no_scope(why)])?;
            Setup::focal(&plan, scope, file.seed)
        }
    };
    let replication = match file.base {
        BaseLine::Nominal => None,
        BaseLine::Replication(number) => Some(number),
    };
    let tenant = tenant(&setup, file);
    let replay = replay(&setup, replication, &overrides(file), tenant)?;
    let harms = harms_as_it_must(&setup, file, &replay);
    let does = harms == (file.must != Must::Harmless);
    let broken_off = matches!(replay.outcome.stop, Stop::Events | Stop::Livelock(_));
    let same = replay.outcome.digest == file.digest;
    Ok(Rerun { setup, replay, does, decided: harms || !broken_off, same })
}

/// A scope for which a scenario has no tenant, told as the start of the tenant.
fn no_scope(why: String) -> Misfit {
    let line = OverrideName {
        entity: "rollout".to_owned(),
        site: "scope".to_owned(),
        occurrence: 1,
        value: "focal".to_owned(),
    };
    Misfit { line, why }
}

/// The forced choices by name.
#[must_use]
pub fn overrides(file: &FindingFile) -> Vec<OverrideName> {
    let lines = file.overrides.iter().map(|line| OverrideName {
        entity: line.entity.clone(),
        site: line.site.clone(),
        occurrence: line.occurrence,
        value: line.value.clone(),
    });
    lines.collect()
}

/// The tenant whose story is told: that of the window or of the missed goal, or the first of its group.
fn tenant(setup: &Setup, file: &FindingFile) -> Option<u32> {
    let (plan, world) = (setup.plan(), setup.world());
    let window = file.window.as_ref().map(|window| &window.entity);
    let entity = window.or(file.missed.as_ref().map(|missed| &missed.entity))?;
    let entity = world.find(plan, entity)?;
    let kind = world.kind(entity);
    if plan.sees(kind, plan.tenant()) {
        let tenant = world.ancestor(kind, entity, plan.tenant());
        return Some(world.index(plan.tenant(), tenant));
    }
    let mut first = None;
    world.descendants(kind, entity, plan.tenant(), &mut |tenant| {
        first.get_or_insert(world.index(plan.tenant(), tenant));
    });
    first
}

/// The window that a finding speaks of, in a run: the nearest in time of the same hazard, entity
/// and user.
#[must_use]
pub fn window_of<'a>(setup: &Setup, file: &FindingFile, replay: &'a Replay) -> Option<&'a Window> {
    let line = file.window.as_ref()?;
    let plan = setup.plan();
    let entity = setup.world().find(plan, &line.entity)?;
    let user = |user: u16| {
        let user = plan.users[usize::from(user)].user;
        plan.scenario.users[usize::from(user)].name.as_str()
    };
    // The plan may have renamed them since.
    let renames = &plan.scenario.renames;
    let wanted = present(renames, Renamable::Hazard, &line.hazard);
    let wanted_user = line.user.as_deref().map(|user| present(renames, Renamable::User, user));
    let same = replay.outcome.windows.iter().filter(|window| {
        let hazard = &plan.scenario.hazards[usize::from(window.cause.hazard)].name;
        window.entity == entity && *hazard == wanted && window.user.map(user) == wanted_user
    });
    same.min_by_key(|window| window.from.0.abs_diff(line.from.0))
}

/// The missed goal that a finding speaks of, in a run: the nearest in time of the same goal and entity.
#[must_use]
pub fn missed_of<'a>(setup: &Setup, file: &FindingFile, replay: &'a Replay) -> Option<&'a Miss> {
    let line = file.missed.as_ref()?;
    let plan = setup.plan();
    let entity = setup.world().find(plan, &line.entity)?;
    let wanted = present(&plan.scenario.renames, Renamable::Goal, &line.goal);
    let same = replay.misses.iter().filter(|miss| {
        let goal = &plan.scenario.goals[usize::from(miss.goal)].name;
        miss.entity == entity && *goal == wanted
    });
    same.min_by_key(|miss| miss.at.0.abs_diff(line.at.0))
}

/// Whether a run does what a finding is about, for anybody: exposes, or misses its goal.
#[must_use]
pub fn harms(setup: &Setup, file: &FindingFile, replay: &Replay) -> bool {
    match file.missed {
        Some(_) => missed_of(setup, file, replay).is_some(),
        None => !replay.outcome.windows.is_empty(),
    }
}

/// The same; where the finding must expose, by its own window alone.
fn harms_as_it_must(setup: &Setup, file: &FindingFile, replay: &Replay) -> bool {
    match (file.must, &file.window) {
        (Must::Exposes, Some(_)) => window_of(setup, file, replay).is_some(),
        (Must::Misses, _) if file.missed.is_none() => !replay.misses.is_empty(),
        _ => harms(setup, file, replay),
    }
}
