//! From a finding to its file.

use crate::kernel::Setup;
use crate::monitor::{Miss, Window};
use crate::report::words::Names;
use crate::scenario::finding::{
    BaseLine, CauseLine, FORMAT, FindingFile, MissedLine, Must, OverrideLine, WindowLine,
};
use crate::simulate::{Finding, Misfit, OverrideName};

/// The file of a finding; `files` are the scenario's, as they were loaded.
#[must_use]
pub fn finding_file(
    setup: &Setup,
    finding: &Finding,
    found_by: &str,
    files: &[(String, String)],
) -> FindingFile {
    let (plan, world) = (setup.plan(), setup.world());
    let names = Names::new(plan);
    let window = &finding.window;
    FindingFile {
        version: FORMAT,
        title: names.sentence(world, window, &finding.overrides),
        must: Must::Exposes,
        found_by: found_by.to_owned(),
        cutover_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: finding.seed,
        base: BaseLine::Replication(finding.replication),
        scope: plan.focal.as_ref().map(|focal| focal.scope.line(plan)),
        overrides: finding.overrides.iter().map(line).collect(),
        window: Some(window_line(setup, window)),
        missed: None,
        cause: cause_line(setup, window),
        events: finding.events,
        digest: finding.digest,
        files: files.to_vec(),
    }
}

/// The window of a finding, as its file tells it.
pub(super) fn window_line(setup: &Setup, window: &Window) -> WindowLine {
    let (plan, world) = (setup.plan(), setup.world());
    let names = Names::new(plan);
    WindowLine {
        hazard: names.hazard(window.cause.hazard).to_owned(),
        entity: world.name(plan, window.entity),
        user: window.user.map(|user| names.user(user).to_owned()),
        from: window.from,
        to: window.to,
        open_ended: window.open_ended,
    }
}

/// What made it, likewise.
pub(super) fn cause_line(setup: &Setup, window: &Window) -> CauseLine {
    let names = Names::new(setup.plan());
    CauseLine {
        opener: Names::plain(setup.plan()).opener(&window.cause),
        running: names.steps(&window.cause.running),
        faults: names.faults(&window.cause.faults),
    }
}

/// The missed goal of a finding, likewise.
pub(super) fn missed_line(setup: &Setup, missed: &Miss) -> MissedLine {
    let (plan, world) = (setup.plan(), setup.world());
    MissedLine {
        goal: Names::new(plan).goal(missed.goal).to_owned(),
        entity: world.name(plan, missed.entity),
        at: missed.at,
    }
}

/// What stood in its way, likewise.
pub(super) fn missed_cause(setup: &Setup, missed: &Miss) -> CauseLine {
    let names = Names::new(setup.plan());
    CauseLine {
        opener: format!("the deadline of {} came", names.goal(missed.goal)),
        running: names.steps(&missed.running),
        faults: names.faults(&missed.faults),
    }
}

/// A forced choice, likewise.
pub(super) fn line(forced: &OverrideName) -> OverrideLine {
    OverrideLine {
        entity: forced.entity.clone(),
        site: forced.site.clone(),
        occurrence: forced.occurrence,
        value: forced.value.clone(),
    }
}

/// An override that no longer fits: which, and why.
#[must_use]
pub fn misfit_line(misfit: &Misfit) -> String {
    let line = &misfit.line;
    format!(
        "override \"{}: {} #{} = {}\" no longer fits: {}",
        line.entity, line.site, line.occurrence, line.value, misfit.why
    )
}

/// One line for each reason: an entity or site that is gone takes all its overrides with it.
#[must_use]
pub fn misfit_lines(misfits: &[Misfit]) -> Vec<String> {
    let mut lines = Vec::new();
    for same in misfits.chunk_by(|a, b| a.why == b.why) {
        let more = match same.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more for the same reason)"),
        };
        lines.push(misfit_line(&same[0]) + &more);
    }
    lines
}
