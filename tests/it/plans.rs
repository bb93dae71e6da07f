//! Random small plans as text: all kinds of entities, pools, failures, faults, conditions.

use std::fmt::Write as _;

use proptest::prelude::*;

/// A choice for each thing that a step may state. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) struct StepChoice {
    kind: u8,
    after: u8,
    lasts: (u64, u64),
    pools: u8,
    until: u8,
    priority: i8,
    times: u8,
    retry: u8,
    timeout: u8,
    on_failure: u8,
    conditions: (u8, u8),
    effect: u8,
    fault: u8,
}

/// A random plan.
#[derive(Clone, Debug)]
pub(crate) struct PlanChoice {
    tenants: u32,
    migrated: u32,
    mailboxes: u32,
    at_once: u32,
    slots: (u32, u32, u32),
    steps: Vec<StepChoice>,
    outage: bool,
    pause: bool,
}

fn step() -> impl Strategy<Value = StepChoice> {
    let shape = (0..8u8, 0..6u8, (0..5u64, 0..4u64), 0..8u8, 0..4u8, -1..2i8);
    let failing = (0..6u8, 0..6u8, 0..6u8, 0..6u8, (0..12u8, 0..4u8), 0..8u8, 0..10u8);
    (shape, failing).prop_map(|(shape, failing)| {
        let (kind, after, lasts, pools, until, priority) = shape;
        let (times, retry, timeout, on_failure, conditions, effect, fault) = failing;
        StepChoice {
            kind,
            after,
            lasts,
            pools,
            until,
            priority,
            times,
            retry,
            timeout,
            on_failure,
            conditions,
            effect,
            fault,
        }
    })
}

/// Random plans.
pub(crate) fn plan() -> impl Strategy<Value = PlanChoice> {
    let population = (1..7u32, 0..3u32, 1..4u32, 1..5u32);
    let slots = (1..4u32, 1..3u32, 1..3u32);
    let steps = proptest::collection::vec(step(), 1..8);
    (population, slots, steps, any::<bool>(), any::<bool>()).prop_map(
        |((tenants, migrated, mailboxes, at_once), slots, steps, outage, pause)| PlanChoice {
            tenants,
            migrated: migrated.min(tenants - 1),
            mailboxes,
            at_once,
            slots,
            steps,
            outage,
            pause,
        },
    )
}

const KINDS: [&str; 8] =
    ["tenant", "tenant", "tenant", "mailbox", "mailbox", "wave", "rollout", "tenant"];

/// The plan as a scenario that the loader takes.
pub(crate) fn text(plan: &PlanChoice) -> String {
    let PlanChoice { tenants, migrated, mailboxes, at_once, slots: (p, q, w), .. } = plan;
    let mut text = format!(
        "name = 'random'
[rollout]
at-once = {at_once}
horizon = '2h'
[tenants]
count = {tenants}
migrated = {migrated}
mailboxes = {mailboxes}
[groups.wave]
tenants = 2
[facts.f]
initially = 'on'
[facts.g]
[facts.n]
count = 2
[facts.r]
each = 'rollout'
[pools]
p = {{ slots = {p} }}
q = {{ slots = {q} }}
w = {{ slots = {w}, each = 'wave' }}
"
    );
    let before = precedences(&plan.steps);
    for (index, choice) in plan.steps.iter().enumerate() {
        push_step(&mut text, index, choice, &plan.steps, &before);
    }
    for (index, choice) in plan.steps.iter().enumerate() {
        let bend = match choice.fault {
            0 => "fails = true",
            1 => "repeats = true",
            2 => "skips = true",
            3 => "slow = '9s'",
            4 => "hangs = true",
            _ => continue,
        };
        let _ = write!(
            text,
            "[[fault]]\nname = 'fault {index}'\nstep = 's{index}'\n{bend}\nchance = 0.3\n"
        );
    }
    if plan.outage {
        text.push_str(
            "[[fault]]\nname = 'outage'\neach = 'rollout'\nwhile = 'not r'\nafter = '3s'\n\
             takes = { pool = 'p', for = '5s' }\n",
        );
    }
    if plan.pause {
        text.push_str(
            "[[reaction]]\nname = 'pause'\nwhile = 'f'\nafter = '4s'\n\
             forces = { off = 'f', for = '3s' }\n",
        );
    }
    text
}

/// For each step the one it waits for, if any.
fn predecessor(index: usize, choice: &StepChoice) -> Option<usize> {
    match choice.after {
        0 => None,
        1 if index > 1 => Some(index - 2),
        _ => index.checked_sub(1),
    }
}

/// `before[i]` holds the steps that have ended when step i is ready.
fn precedences(steps: &[StepChoice]) -> Vec<Vec<usize>> {
    let mut before: Vec<Vec<usize>> = Vec::new();
    for (index, choice) in steps.iter().enumerate() {
        let mut mine = Vec::new();
        if let Some(previous) = predecessor(index, choice) {
            mine.clone_from(&before[previous]);
            mine.push(previous);
        }
        before.push(mine);
    }
    before
}

fn push_step(
    text: &mut String,
    index: usize,
    choice: &StepChoice,
    steps: &[StepChoice],
    before: &[Vec<usize>],
) {
    let kind = KINDS[usize::from(choice.kind)];
    let after = predecessor(index, choice).map_or("[]".to_owned(), |at| format!("'s{at}'"));
    let (low, width) = choice.lasts;
    let high = low + width;
    let _ = write!(
        text,
        "[[step]]\nname = 's{index}'\neach = '{kind}'\nafter = {after}\n\
         duration = {{ uniform = ['{low}s', '{high}s'] }}\npriority = {}\ntimes = {}\n",
        choice.priority,
        1 + choice.times / 4,
    );
    push_pools(text, index, choice, steps, before);
    if choice.retry > 3 {
        let _ = writeln!(text, "retry = {{ times = {}, wait = '2s' }}", choice.retry - 3);
    }
    if choice.timeout > 2 {
        let _ = writeln!(text, "timeout = '{}s'", choice.timeout);
    }
    let policy = ["stop", "stop", "continue", "undo", "halt-rollout", "continue"];
    let _ = writeln!(text, "on-failure = '{}'", policy[usize::from(choice.on_failure)]);
    if choice.conditions.1 == 0 {
        text.push_str("join = 'running'\n");
    }
    let own = kind == "tenant" || kind == "mailbox";
    let (condition, fact) = (choice.conditions.0, if own { "f" } else { "not r" });
    match condition {
        0 => _ = writeln!(text, "when = '{fact}'"),
        1 => _ = writeln!(text, "done-if = 'not ({fact})'"),
        2 | 3 => _ = writeln!(text, "needs = '{fact}'"),
        4 => _ = writeln!(text, "holds = '{fact}'"),
        _ => {}
    }
    if own {
        let effect = match choice.effect {
            0 => "at-end = [{ off = 'f', for = '4s' }, { add = 'n' }]\nundo = [{ on = 'f' }]\n",
            1 => "at-start = [{ on = 'g', after = '2s' }]\nat-fail = [{ off = 'g' }]\n",
            2 => "at-end = [{ on = 'f' }]\nundo = [{ off = 'n' }]\nundo-duration = '2s'\n",
            3 => "at-end = [{ on = 'r', after = '3s' }]\n",
            _ => "",
        };
        text.push_str(effect);
    }
}

/// Slots are held only until steps that come later whatever happens.
fn push_pools(
    text: &mut String,
    index: usize,
    choice: &StepChoice,
    steps: &[StepChoice],
    before: &[Vec<usize>],
) {
    let kind = KINDS[usize::from(choice.kind)];
    let later = (index + 1..steps.len()).find(|&later| {
        before[later].contains(&index) && KINDS[usize::from(steps[later].kind)] == kind
    });
    let mut uses = Vec::new();
    for (bit, pool) in ["p", "q", "w"].iter().enumerate() {
        if choice.pools >> bit & 1 == 0 || (*pool == "w" && kind == "rollout") {
            continue;
        }
        match later {
            Some(later) if choice.until == u8::try_from(bit).expect("three pools") => {
                uses.push(format!("{{ pool = '{pool}', until = 's{later}' }}"));
            }
            _ => uses.push(format!("'{pool}'")),
        }
    }
    let _ = writeln!(text, "uses = [{}]", uses.join(", "));
}
