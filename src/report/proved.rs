//! From a set of faults that a proof found to the file of a finding.

use std::sync::Arc;

use crate::kernel::Setup;
use crate::report::finding::{cause_line, line, missed_cause, missed_line, window_line};
use crate::report::verify::named;
use crate::report::words::Names;
use crate::scenario::finding::{BaseLine, CauseLine, FORMAT, FindingFile, Must, in_front};
use crate::simulate::replay;
use crate::units::Span;
use crate::verify::{Found, Property};

/// The file of a set; `files` are the scenario's, as they were loaded, and `tenants` is how many there are, if
/// a rollout of so many was explored. A file in front of them says what else has to be changed for the schedule
/// to do what it does: the number of tenants, and the horizon, which a proof looks beyond.
///
/// # Errors
/// Why there is none.
pub fn proved_file(
    setup: &Setup,
    found: &Found,
    tenants: Option<u32>,
    files: &[(String, String)],
) -> Result<FindingFile, String> {
    let witness = &found.witness;
    let (window, missed) = (witness.window.as_ref(), witness.missed.as_ref());
    let end = window.map(|window| window.to).or(missed.map(|missed| missed.at));
    let end = end.ok_or("the simulator does not have what it is about")?;
    let mut front = String::new();
    let plan = setup.plan();
    let horizon = Span(end.0).saturating_add(Span::DAY);
    let mut setup = setup.clone();
    if plan.horizon < horizon {
        let mut plan = plan.clone();
        plan.horizon = horizon;
        setup = Setup::of(Arc::new(plan), setup.world().clone(), setup.seed);
        front.push_str(&format!("[rollout]\nhorizon = \"{horizon}\"\n"));
    }
    if let Some(tenants) = tenants {
        front.push_str(&format!("[tenants]\ncount = {tenants}\nmigrated = 0\n"));
    }
    let overrides = named(&setup, witness);
    let again = replay(&setup, None, &overrides, None).map_err(|misfits| misfits[0].why.clone())?;
    let names = Names::new(setup.plan());
    let world = setup.world();
    let mut file = FindingFile {
        version: FORMAT,
        title: String::new(),
        must: Must::Exposes,
        found_by: "verify".to_owned(),
        cutover_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: setup.seed,
        base: BaseLine::Nominal,
        scope: setup.plan().focal.as_ref().map(|focal| focal.scope.line(setup.plan())),
        overrides: overrides.iter().map(line).collect(),
        window: None,
        missed: None,
        cause: CauseLine::default(),
        events: again.outcome.events,
        digest: again.outcome.digest,
        files: in_front(&front, files),
    };
    if let Some(window) = window {
        let same = again.outcome.windows.iter().filter(|again| {
            let hazard = Property::Hazard(again.cause.hazard);
            (hazard, again.user, again.entity) == (found.property, found.user, found.entity)
        });
        let window = same.min_by_key(|again| again.from.0.abs_diff(window.from.0));
        let window = window.ok_or("its schedule, told by names, has no such window")?;
        file.title = names.sentence(world, window, &overrides);
        file.window = Some(window_line(&setup, window));
        file.cause = cause_line(&setup, window);
    }
    if let Some(missed) = missed {
        let same = again.misses.iter().filter(|again| {
            (Property::Goal(again.goal), again.entity) == (found.property, found.entity)
        });
        let missed = same.min_by_key(|again| again.at.0.abs_diff(missed.at.0));
        let missed = missed.ok_or("its schedule, told by names, does not miss the goal")?;
        file.must = Must::Misses;
        file.title = names.missed(world, missed);
        file.missed = Some(missed_line(&setup, missed));
        file.cause = missed_cause(&setup, missed);
    }
    Ok(file)
}
