//! Runs that did not finish, in a sentence: how they ended, and who or what is to blame.

use crate::kernel::{Setup, Stop};
use crate::model::{Timer, TimerKind};
use crate::monitor::StopReason;
use crate::report::words::{Names, count, grouped, reason};
use crate::simulate::{Campaign, End, Record};

/// What the answer must begin with, if any run did not finish.
pub(super) fn unfinished(setup: &Setup, campaign: &Campaign) -> Option<String> {
    let names = Names::new(setup.plan());
    let ends = [
        (End::Stuck, false),
        (End::Livelock, false),
        (End::Horizon, false),
        (End::Horizon, true),
        (End::Events, false),
        (End::Events, true),
    ];
    let parts = ends.iter().filter_map(|&(end, done)| {
        let is = |record: &&Record| {
            End::from(&record.stop) == end && (record.makespan.is_some() == done || fixed(end))
        };
        let first = campaign.records.iter().find(is)?;
        let runs = campaign.records.iter().filter(is).count();
        let whose = share(runs, campaign.records.len());
        Some(format!("{whose} {}", ending(setup, &names, first, done)))
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Whether steps are left does not tell such runs apart.
fn fixed(end: End) -> bool {
    matches!(end, End::Stuck | End::Livelock)
}

/// "all 20 rollouts", "3 of 20 rollouts".
fn share(runs: usize, of: usize) -> String {
    let rollouts = count(of as u64, "rollout", "rollouts");
    match (runs == of, of) {
        (true, 1) => "the one rollout".to_owned(),
        (true, _) => format!("all {rollouts}"),
        (false, _) => format!("{} of {rollouts}", grouped(runs as u64)),
    }
}

fn ending(setup: &Setup, names: &Names<'_>, record: &Record, done: bool) -> String {
    let horizon = setup.plan().horizon.brief();
    let how = match &record.stop {
        Stop::Finished => return "finished".to_owned(),
        Stop::Stuck => "got stuck".to_owned(),
        Stop::Livelock(timer) => {
            let owner = owner(names, *timer);
            let whose = setup.world().name(setup.plan(), timer.entity);
            return format!(
                "ended in a livelock: {owner} of {whose} starts again and again at one instant"
            );
        }
        Stop::Horizon if done => {
            return format!(
                "ended every step, then went on to the horizon of {horizon}: somebody stays \
                 exposed, without access or without a permission, or something is pending"
            );
        }
        Stop::Horizon => format!("reached the horizon of {horizon} unfinished"),
        Stop::Events => "reached the limit on events".to_owned(),
    };
    match waiting(setup, names, record) {
        Some(who) => format!("{how}: {who}"),
        None => how,
    }
}

/// Who waits for what: the place and reason that hold most, of the first such run.
fn waiting(setup: &Setup, names: &Names<'_>, record: &Record) -> Option<String> {
    // Whoever waits for another's step, or for a turn, is not the one to look at.
    let secondary = |reason| matches!(reason, StopReason::Predecessor | StopReason::NotStarted);
    let most = record.stuck.iter().max_by_key(|halt| (!secondary(halt.reason), halt.count))?;
    let example = setup.world().name(setup.plan(), most.example);
    let others = match most.count {
        1 => String::new(),
        more => format!(" and of {}", count(more - 1, "other", "others")),
    };
    let step = names.mark(names.step(most.step));
    let why = reason(most.reason, &record.stop);
    Some(format!("{step} of {example}{others} {why} (replication {})", record.replication))
}

/// Whose timer it is: a reaction or fault by its own name, not by that of the step around it.
pub(super) fn owner(names: &Names<'_>, timer: Timer) -> String {
    let which = timer.which;
    let (word, name) = match timer.kind {
        TimerKind::Act => match names.plan.acts[usize::from(which)].fault {
            Some((fault, _)) => ("the fault", names.fault(fault)),
            None => ("the reaction", names.act(which)),
        },
        TimerKind::Start
        | TimerKind::End
        | TimerKind::Broken
        | TimerKind::Timeout
        | TimerKind::Retry
        | TimerKind::Wait
        | TimerKind::Join => ("the step", names.step(which)),
        TimerKind::Fail => ("the fault", names.fault(which)),
        TimerKind::Expiry => ("the lease on", names.fact(which)),
        TimerKind::Connect | TimerKind::Disconnect => ("the user", names.user(which)),
        TimerKind::Goal => ("the goal", names.goal(which)),
        TimerKind::Undo | TimerKind::UndoFail => return "a rollback".to_owned(),
        TimerKind::Pace
        | TimerKind::Landing
        | TimerKind::Unforce
        | TimerKind::Restore
        | TimerKind::Restart
        | TimerKind::Unslow
        | TimerKind::Calendar
        | TimerKind::Flip => return "an activity".to_owned(),
    };
    format!("{word} {}", names.mark(name))
}
