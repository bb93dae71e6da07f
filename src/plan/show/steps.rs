//! Steps in plan order.

use super::calendars::inside;
use super::words::{Measured, by_class, condition, dist, effect, grouped, kind, links};
use super::{Page, Plan};
use crate::scenario::{
    Bend, Effect, FaultForm, Join, Kind, LinkId, OnFailure, Scenario, Step, WhenCut, Work,
};

/// All steps, each with everything that is not the default.
pub(super) fn steps(page: &mut Page, plan: &Plan) {
    let scenario = &*plan.scenario;
    if scenario.steps.is_empty() {
        return;
    }
    page.head("steps");
    for (index, step) in scenario.steps.iter().enumerate() {
        let mut lines = vec![head(scenario, step)];
        conditions(scenario, step, &mut lines);
        if let Some(windows) = &step.windows {
            let when = inside(plan, windows, plan.steps[index].windows);
            lines.push(format!("attempts start only {when}"));
            if step.fits {
                lines.push("and only if the median of its duration ends by then".to_owned());
            }
        }
        work(scenario, step, &mut lines);
        for (when, effects) in
            [("start", &step.at_start), ("end", &step.at_end), ("failure", &step.at_fail)]
        {
            lines.extend(effects.iter().map(|e| format!("at {when}: {}", effect(scenario, e))));
        }
        failure(scenario, step, &mut lines);
        faults(scenario, index, &mut lines);
        page.rows(&format!("{:>2} {}", index + 1, step.name), &lines);
    }
}

fn head(scenario: &Scenario, step: &Step) -> String {
    let mut text = format!("each {}", kind(scenario, step.kind));
    if step.times > 1 {
        text.push_str(&format!(", {} times", step.times));
    }
    if step.after.is_empty() {
        text.push_str(match step.kind {
            Kind::Tenant | Kind::Mailbox => ", after nothing: starts with its tenant",
            Kind::Rollout | Kind::Group(_) => ", after nothing: starts with the rollout",
        });
    } else {
        let before = step.after.iter().map(|id| scenario.steps[usize::from(id.0)].name.as_str());
        text.push_str(&format!(", after {}", before.collect::<Vec<_>>().join(", ")));
    }
    if step.join == Join::Running {
        text.push_str(" (stopped ones are not waited for)");
    }
    text
}

fn conditions(scenario: &Scenario, step: &Step, lines: &mut Vec<String>) {
    let rows = [
        ("only when", &step.when),
        ("done if", &step.done_if),
        ("needs", &step.needs),
        ("holds while it runs", &step.holds),
    ];
    for (word, cond) in rows {
        if let Some(cond) = cond {
            lines.push(format!("{word}: {}", condition(scenario, cond)));
        }
    }
    if !step.uses.is_empty() {
        let uses = step.uses.iter().map(|used| {
            let pool = &scenario.pools[usize::from(used.pool.0)].name;
            match used.until {
                Some(until) => {
                    format!(
                        "{pool} (until {} has ended)",
                        scenario.steps[usize::from(until.0)].name
                    )
                }
                None => pool.clone(),
            }
        });
        lines.push(format!("takes a slot of {}", uses.collect::<Vec<_>>().join(", ")));
    }
    if step.priority != 0 {
        lines.push(format!("priority {}", step.priority));
    }
}

fn work(scenario: &Scenario, step: &Step, lines: &mut Vec<String>) {
    match &step.work {
        Work::Instant => lines.push("takes no time".to_owned()),
        Work::Lasts(duration) => lines.push(format!("takes {}", dist(duration, Measured::Time))),
        Work::LastsByClass(dists) => {
            for (class, duration) in by_class(scenario, dists, Measured::Time) {
                lines.push(format!("takes {duration} ({class})"));
            }
        }
        Work::TransferByClass { rates, over } => {
            for (class, rate) in by_class(scenario, rates, Measured::Rate) {
                lines.push(format!("{} ({class})", moves(scenario, step, over, Some(rate))));
            }
        }
        Work::Transfer { rate, over } => {
            let rate = rate.as_ref().map(|rate| dist(rate, Measured::Rate));
            lines.push(moves(scenario, step, over, rate));
        }
    }
    if let Some(timeout) = step.timeout {
        lines.push(format!("an attempt fails after {timeout}"));
    }
}

/// A transfer: what it moves, over which links, at which rate.
fn moves(scenario: &Scenario, step: &Step, over: &[LinkId], rate: Option<String>) -> String {
    let of = match step.kind {
        Kind::Mailbox => "the mailbox's size".to_owned(),
        other => format!("the size of all mailboxes of the {}", kind(scenario, other)),
    };
    match (over, rate) {
        ([], rate) => format!("moves {of} at {}", rate.unwrap_or_default()),
        (_, None) => format!("moves {of} over {}", links(scenario, over)),
        (_, Some(rate)) => format!("moves {of} over {}, at most at {rate}", links(scenario, over)),
    }
}

fn failure(scenario: &Scenario, step: &Step, lines: &mut Vec<String>) {
    if let Some(retry) = &step.retry {
        let times = grouped(u64::from(retry.times));
        let wait = dist(&retry.wait, Measured::Time);
        lines.push(format!("after a failure: up to {times} more attempts, {wait} apart"));
    }
    let last = match step.on_failure {
        OnFailure::Stop => None,
        OnFailure::Continue => Some("the plan goes on as if it had succeeded"),
        OnFailure::Undo => Some("ended steps are undone, latest first"),
        OnFailure::HaltRollout => Some("no further tenant starts"),
    };
    lines.extend(last.map(|what| format!("if it fails for good: {what}")));
    let undo = |e: &Effect| format!("undone by: {}", effect(scenario, e));
    lines.extend(step.undo.iter().map(undo));
    if let Some(duration) = &step.undo_duration {
        lines.push(format!("its undo takes {}", dist(duration, Measured::Time)));
    }
    if step.remote {
        lines.push("remote: its attempts go on when the orchestrator dies".to_owned());
    }
    let cut = match step.when_cut {
        WhenCut::Redo => None,
        WhenCut::Skip => Some("an attempt that a crash cut counts as made"),
        WhenCut::Undo => Some("an attempt that a crash cut is undone, then made again"),
    };
    lines.extend(cut.map(str::to_owned));
}

fn faults(scenario: &Scenario, step: usize, lines: &mut Vec<String>) {
    let struck = scenario.faults.iter().filter_map(|fault| match &fault.form {
        FaultForm::Attempt { step: of, bend } if usize::from(of.0) == step => {
            Some(("may go wrong", fault, bend))
        }
        FaultForm::Undo { step: of, bend } if usize::from(of.0) == step => {
            Some(("its undo may go wrong", fault, bend))
        }
        _ => None,
    });
    for (what, fault, bend) in struck {
        lines.push(format!("{what}: {} ({})", fault.name, bent(scenario, bend)));
    }
}

/// What a fault does to an attempt.
pub(super) fn bent(scenario: &Scenario, bend: &Bend) -> String {
    match bend {
        Bend::Slow(duration) => format!("takes {}", dist(duration, Measured::Time)),
        Bend::Fails { after: Some(after) } => {
            format!("fails after {}", dist(after, Measured::Time))
        }
        Bend::Fails { after: None } => "fails at its end".to_owned(),
        Bend::Hangs => "never ends".to_owned(),
        Bend::Loses(fact) => {
            let name = &scenario.facts[usize::from(fact.0)].name;
            format!("reports success, but its effect on {name} is lost")
        }
        Bend::Repeats => "runs once more, effects included".to_owned(),
        Bend::Skips => "reports success without having run".to_owned(),
    }
}
