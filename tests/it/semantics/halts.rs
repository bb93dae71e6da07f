use cutover::kernel::Stop;
use cutover::model::{By, Outcome as End};
use cutover::monitor::StopReason;

use crate::lab::{NEVER, Run, run, seconds, stopped, with_tenants};

/// Tenant 1 is broken after 10 s; the next tenants start every 4 s.
const BROKEN: &str = "
    [rollout]
    pace = '4s'
    [facts.broken]
    [[step]]
    name = 'move'
    duration = '10s'
    at-end = [{ on = 'broken' }]
    [[step]]
    name = 'check'
    duration = '10s'";

fn broken(text: &str) -> Run {
    run(&with_tenants(8, &format!("{BROKEN}\n{text}")))
}

/// From when until when the rollout was halted.
fn halts(run: &Run) -> Vec<(u64, Option<u64>)> {
    let halts = run.outcome.course.halts.iter();
    halts.map(|halt| (seconds(halt.at), halt.until.map(seconds))).collect()
}

fn started(run: &Run) -> Vec<u64> {
    (1..=8).flat_map(|tenant| run.started(&format!("tenant {tenant}"))).collect()
}

const WATCH: &str = "
    [[reaction]]
    name = 'watch'
    each = 'rollout'
    while = 'any(tenant: broken)'
    after = '5s'
    halts = true";

/// It is noticed 5 s later; who is in progress goes on, and the run ends there.
#[test]
fn a_reaction_halts_the_rollout() {
    let run = broken(WATCH);
    assert_eq!(halts(&run), [(15, None)]);
    assert_eq!(run.outcome.course.halts[0].by, By::Act(0));
    assert_eq!(started(&run), [0, 4, 8, 12]);
    assert_eq!(run.ended("check", "tenant 4"), Some((32, End::Succeeded)));
    assert_eq!(run.outcome.stop, Stop::Halted);
    assert_eq!(run.outcome.course.never_started, 4);
    assert_eq!(run.stuck(), []);
    assert_eq!(run.outcome.makespan, None);
    assert_eq!(run.changes("halted", "rollout"), [(15, true)]);
}

/// What comes again and again does not keep a halted rollout going.
#[test]
fn a_halted_rollout_ends_although_faults_go_on() {
    let run = broken(&format!(
        "{WATCH}
        [[fault]]
        name = 'noise'
        every = '7s'
        forces = {{ on = 'broken', for = '1s' }}"
    ));
    assert_eq!(run.outcome.stop, Stop::Halted);
    assert_eq!(seconds(run.outcome.end), 32);
}

/// Started again after a minute: `halted` is a fact of the rollout.
#[test]
fn a_reaction_resumes_the_rollout() {
    let run = broken(&format!(
        "{WATCH}
        [[reaction]]
        name = 'go on'
        each = 'rollout'
        while = 'halted'
        after = '60s'
        resumes = true"
    ));
    assert_eq!(halts(&run), [(15, Some(75))]);
    // The pace was open again at 16 s.
    assert_eq!(started(&run), [0, 4, 8, 12, 75, 79, 83, 87]);
    assert_eq!(run.makespan(), 107);
}

/// A halt of what is halted, and a resumption of what is not, change nothing.
#[test]
fn halts_do_not_add_up() {
    let run = broken(
        "
        [[reaction]]
        name = 'each tenant halts'
        while = 'broken'
        after = '1s'
        halts = true
        [[reaction]]
        name = 'go on'
        each = 'rollout'
        every = '13s'
        resumes = true",
    );
    // Broken at 10, 14, 18, 22 s (and so on) and noticed 1 s later; tried again at 13, 26, 39 s.
    assert_eq!(halts(&run)[..2], [(11, Some(13)), (15, Some(26))]);
    assert_eq!(started(&run)[..5], [0, 4, 8, 13, 26]);
}

/// `on-failure = "halt-rollout"` is the same halt: seen by conditions, and resumed.
#[test]
fn a_step_halts_the_rollout() {
    let text = "
        [rollout]
        pace = '3s'
        [[step]]
        name = 'move'
        duration = '5s'
        on-failure = 'halt-rollout'
        [[fault]]
        name = 'broken'
        step = 'move'
        fails = true
        [[reaction]]
        name = 'go on'
        each = 'rollout'
        while = 'halted'
        after = '20s'
        resumes = true";
    let run = run(&with_tenants(3, text));
    // The second one fails at 8 s, when the rollout is halted already; the third at 30 s.
    assert_eq!(halts(&run), [(5, Some(25)), (30, Some(50))]);
    assert_eq!(run.outcome.course.halts[0].by, By::Step(0));
    assert_eq!(run.outcome.course.halts[0].entity, run.entity("tenant 1"));
    assert_eq!(run.outcome.stop, Stop::Finished);
}

/// A fault may halt the rollout, too.
#[test]
fn a_fault_halts_the_rollout() {
    let run = broken(
        "
        [[fault]]
        name = 'somebody pulls the plug'
        each = 'rollout'
        after = '6s'
        halts = true",
    );
    assert_eq!(started(&run), [0, 4]);
    assert_eq!(run.struck(), [6]);
}

/// The soak of a wave goes by while the rollout is halted.
#[test]
fn a_wave_soaks_while_the_rollout_is_halted() {
    let run = run(&with_tenants(
        2,
        "
        [[wave]]
        name = 'canary'
        take = 1
        soak = '30s'
        [[step]]
        name = 'move'
        duration = '10s'
        [[reaction]]
        name = 'halt'
        each = 'rollout'
        after = '20s'
        halts = true
        [[reaction]]
        name = 'go on'
        each = 'rollout'
        while = 'halted'
        after = '25s'
        resumes = true",
    ));
    assert_eq!(seconds(run.outcome.course.waves[1].started.expect("it comes")), 40);
    assert_eq!(run.started("tenant 2"), [45]);
}

/// Two steps with undo lists, each 10 s long, undone in 2 s.
const UNDONE: &str = "
    [rollout]
    pace = '6s'
    [facts]
    a = {}
    b = {}
    [[step]]
    name = 'a'
    duration = '10s'
    at-end = [{ on = 'a' }]
    undo = [{ off = 'a' }]
    undo-duration = '2s'
    [[step]]
    name = 'b'
    duration = '10s'
    at-end = [{ on = 'b' }]
    undo = [{ off = 'b' }]
    undo-duration = '2s'";

fn undone(text: &str) -> Run {
    run(&with_tenants(4, &format!("{UNDONE}\n{text}")))
}

const BACK: &str = "
    [[reaction]]
    name = 'back'
    each = 'rollout'
    after = '25s'
    halts = true
    rolls-back";

/// Tenants start at 0, 6, 12 and 18 s, and at 25 s the first has ended. The others' attempts end
/// first, at 26, 32 and 28 s; what has ended is undone, the last step first.
#[test]
fn tenants_in_progress_are_rolled_back_when_their_attempts_have_ended() {
    let run = undone(&format!("{BACK} = 'in-progress'"));
    assert_eq!(run.changes("b", "tenant 1"), [(20, true)]);
    assert_eq!(run.changes("b", "tenant 2"), [(26, true), (28, false)]);
    assert_eq!(run.changes("a", "tenant 2"), [(16, true), (30, false)]);
    assert_eq!(run.changes("b", "tenant 3"), [(32, true), (34, false)]);
    assert_eq!(run.changes("a", "tenant 3"), [(22, true), (36, false)]);
    // Its second step does not begin any more.
    assert_eq!(run.changes("a", "tenant 4"), [(28, true), (30, false)]);
    assert_eq!(run.begun("b", "tenant 4"), NEVER);
    assert_eq!(run.outcome.course.rolled_back, 3);
    assert!(!stopped(&run, "tenant 1") && stopped(&run, "tenant 2"));
    assert_eq!(run.outcome.stop, Stop::Finished, "nobody is left");
}

/// "started": the first one, too, at once.
#[test]
fn tenants_that_have_ended_are_rolled_back() {
    let run = undone(&format!("{BACK} = 'started'"));
    assert_eq!(run.changes("b", "tenant 1"), [(20, true), (27, false)]);
    assert_eq!(run.changes("a", "tenant 1"), [(10, true), (29, false)]);
    assert_eq!(run.outcome.course.rolled_back, 4);
}

/// Of a wave only its own tenants; one that failed on the way is taken back with them.
#[test]
fn a_wave_is_rolled_back() {
    let run = undone(
        "
        [[wave]]
        name = 'canary'
        take = 2
        enough = '50 %'
        [[fault]]
        name = 'broken'
        step = 'b'
        fails = true
        [[reaction]]
        name = 'back'
        each = 'wave'
        while = 'any(tenant: a)'
        after = '25s'
        rolls-back = 'started'",
    );
    // The first fails at 20 s and is through: the rest starts 6 s after the second at the earliest,
    // so at 20 s. The canary's reaction fires at 35 s, when both have failed.
    assert_eq!(run.started("tenant 3"), [20]);
    assert_eq!(run.changes("a", "tenant 1"), [(10, true), (39, false)]);
    assert_eq!(run.changes("a", "tenant 2"), [(16, true), (39, false)]);
    // The rest's own fires 25 s after its first tenant has come so far: at 55 s.
    assert_eq!(run.changes("a", "tenant 3"), [(30, true), (59, false)]);
}

/// Nothing to undo: they only stop.
#[test]
fn a_rollback_without_undo_lists_stops_tenants() {
    let run = broken(
        "
        [[reaction]]
        name = 'back'
        each = 'rollout'
        after = '5s'
        halts = true
        rolls-back = 'in-progress'",
    );
    assert_eq!(run.begun("check", "tenant 1"), NEVER);
    assert_eq!(run.ended("move", "tenant 2"), Some((14, End::Succeeded)));
    assert_eq!(run.outcome.course.rolled_back, 2);
    assert_eq!(run.outcome.course.never_started, 6);
    assert_eq!(run.outcome.stop, Stop::Halted);
}

/// A crash without a journal forgets a rollback that waits for an attempt to end; with one it begins
/// when the orchestrator is up again.
#[test]
fn a_crash_before_a_rollback_begins() {
    let crashed = |journal: &str| {
        let text = UNDONE.replace("[rollout]", &format!("[rollout]\njournal = '{journal}'"));
        run(&with_tenants(
            1,
            &format!(
                "{text}
                [[reaction]]
                name = 'back'
                each = 'rollout'
                after = '15s'
                rolls-back = 'in-progress'
                [[fault]]
                name = 'crash'
                each = 'rollout'
                after = '17s'
                crashes = {{ restart = '8s' }}"
            ),
        ))
    };
    let kept = crashed("step");
    // The cut attempt has failed, and is undone first.
    assert_eq!(kept.changes("a", "tenant 1"), [(10, true), (29, false)]);
    assert_eq!(kept.outcome.course.rolled_back, 1);
    let lost = crashed("none");
    assert_eq!(lost.changes("a", "tenant 1"), [(10, true)]);
    assert_eq!(lost.outcome.stopped[0].reason, StopReason::RollbackFailed);
}
