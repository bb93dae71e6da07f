//! Random plans so small that every timing of them can be tried: all times are a few microseconds.
//!
//! A plan is a list of numbers, 0 for what it does not have, so that it shrinks to what matters. Most
//! close the gate first and open it last, because what is exposed without any fault says little.

/// What goes wrong.
mod faults;

use std::fmt::Write as _;

use proptest::prelude::*;

use faults::{push_fault, push_free};

/// One effect of a step, a reaction or a fault.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    what: u8,
    after: u8,
    lasts: u8,
    condition: u8,
    /// A chance, `late`.
    rest: u8,
}

/// One step between the first and the last.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    kind: u8,
    after: u8,
    lasts: (u8, u8),
    condition: (u8, u8),
    pool: u8,
    times: u8,
    retry: u8,
    timeout: u8,
    failure: u8,
    at_end: Vec<Effect>,
    at_other: Option<(bool, Effect)>,
    undo: u8,
    join: u8,
}

/// What bends a step, or stands free.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    way: u8,
    step: u8,
    lasts: (u8, u8),
    condition: u8,
    free: u8,
    costs: u8,
}

/// What everybody gets.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) tenants: u32,
    mailboxes: u8,
    at_once: u8,
    gate: u8,
    lease: u8,
    slots: u8,
    wave: u8,
    user: u8,
    hazard: u8,
    goal: u8,
    journal: u8,
    needs: u8,
}

/// A random small plan.
#[derive(Clone, Debug)]
pub(crate) struct Small {
    pub(crate) frame: Frame,
    steps: Vec<Step>,
    faults: Vec<Fault>,
    reactions: Vec<Fault>,
}

/// Mostly 0.
fn rarely(most: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 1 => 0..=most]
}

fn effect() -> impl Strategy<Value = Effect> {
    (0..12u8, rarely(3), rarely(3), rarely(8), rarely(2)).prop_map(
        |(what, after, lasts, condition, rest)| Effect { what, after, lasts, condition, rest },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let shape = (0..8u8, rarely(2), (0..3u8, 0..3u8), (rarely(4), 0..8u8), rarely(2), rarely(1));
    let failing = (rarely(3), rarely(4), 0..5u8, rarely(4), rarely(1));
    let other = prop_oneof![
        2 => Just(None),
        1 => (any::<bool>(), effect()).prop_map(Some),
    ];
    (shape, failing, prop::collection::vec(effect(), 0..3), other).prop_map(
        |(shape, failing, at_end, at_other)| {
            let (kind, after, lasts, condition, pool, times) = shape;
            let (retry, timeout, failure, undo, join) = failing;
            Step {
                kind,
                after,
                lasts,
                condition,
                pool,
                times,
                retry,
                timeout,
                failure,
                at_end,
                at_other,
                undo,
                join,
            }
        },
    )
}

fn fault(ways: u8) -> impl Strategy<Value = Fault> {
    (0..ways, 0..5u8, (0..3u8, 0..3u8), 0..8u8, 0..6u8, rarely(1)).prop_map(
        |(way, step, lasts, condition, free, costs)| Fault {
            way,
            step,
            lasts,
            condition,
            free,
            costs,
        },
    )
}

/// Random small plans.
pub(crate) fn small() -> impl Strategy<Value = Small> {
    let population = (1..3u32, rarely(1), rarely(1), 0..8u8, rarely(4), rarely(1));
    let watched = (rarely(2), rarely(4), rarely(2), rarely(1), rarely(1), rarely(4));
    let frame = (population, watched).prop_map(|(population, watched)| {
        let (tenants, mailboxes, at_once, gate, lease, slots) = population;
        let (wave, user, hazard, goal, journal, needs) = watched;
        Frame {
            tenants,
            mailboxes,
            at_once,
            gate,
            lease,
            slots,
            wave,
            user,
            hazard,
            goal,
            journal,
            needs,
        }
    });
    let steps = prop::collection::vec(step(), 0..4);
    let faults = prop::collection::vec(fault(14), 0..5);
    let reactions = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(fault(6), 1..2),
    ];
    (frame, steps, faults, reactions).prop_map(|(frame, steps, faults, reactions)| Small {
        frame,
        steps,
        faults,
        reactions,
    })
}

/// The same, all of which close the gate with a lease, which is what most margins are about.
pub(crate) fn leased() -> impl Strategy<Value = Small> {
    small().prop_map(|mut plan| {
        let Frame { gate, lease, .. } = &mut plan.frame;
        (*gate, *lease) = (1 + *gate % 4, 1 + *lease);
        plan
    })
}

/// The same, all of which close the gate and have a goal after it.
pub(crate) fn with_goal() -> impl Strategy<Value = Small> {
    small().prop_map(|mut plan| {
        let Frame { gate, goal, .. } = &mut plan.frame;
        (*gate, *goal) = (1 + *gate % 7, 1 + u8::from(*gate > 3));
        plan
    })
}

/// Of a tenant, the first few of a mailbox too.
const CONDITIONS: [&str; 9] = [
    "true",
    "access",
    "not p",
    "p",
    "not access",
    "not g",
    "g or p",
    "any(mailbox: m)",
    "all(mailbox: m)",
];

fn condition(kind: &str, number: u8) -> &'static str {
    match kind {
        "rollout" => {
            ["true", "not r", "all(tenant: g)", "any(tenant: not p)"][usize::from(number % 4)]
        }
        "mailbox" if number > 6 => ["m", "not m"][usize::from(number % 2)],
        _ => CONDITIONS[usize::from(number)],
    }
}

/// What effects write.
const WRITES: [(&str, &str); 12] = [
    ("off", "p"),
    ("on", "p"),
    ("on", "g"),
    ("off", "access"),
    ("on", "g"),
    ("off", "n"),
    ("add", "n"),
    ("on", "m"),
    ("off", "p"),
    ("on", "p"),
    ("on", "r"),
    ("on", "access"),
];

/// `{ .. }`, and the fact that it writes.
fn written(kind: &str, effect: &Effect) -> (String, &'static str) {
    let (write, fact) = WRITES[usize::from(effect.what)];
    let own = match kind {
        "rollout" => fact == "r",
        "tenant" => fact != "m",
        _ => true,
    };
    let mut text = format!("{{ {write} = '{fact}'");
    if !own {
        text.push_str(", of = 'members'");
    }
    match effect.after {
        0 => {}
        1 => text.push_str(", after = '1us'"),
        high => _ = write!(text, ", after = {{ uniform = ['0us', '{}us'] }}", high - 1),
    }
    if effect.lasts > 0 && write != "add" {
        let _ = write!(text, ", for = '{}us'", effect.lasts);
    }
    let seen_by = match (own, fact) {
        (true, _) => kind,
        (false, "m") => "mailbox",
        _ => "tenant",
    };
    if effect.condition > 0 {
        let _ = write!(text, ", if = \"{}\"", condition(seen_by, effect.condition));
    }
    match effect.rest {
        0 => {}
        1 => text.push_str(", chance = 0.5"),
        _ => text.push_str(", late = true"),
    }
    text.push_str(" }");
    (text, fact)
}

/// A list in which no fact stands twice.
fn list(kind: &str, effects: &[Effect]) -> String {
    let (mut facts, mut texts) = (Vec::new(), Vec::new());
    for effect in effects {
        let (text, fact) = written(kind, effect);
        if !facts.contains(&fact) {
            facts.push(fact);
            texts.push(text);
        }
    }
    format!("[{}]", texts.join(", "))
}

fn between((low, width): (u8, u8)) -> String {
    match width {
        0 => format!("'{low}us'"),
        _ => format!("{{ uniform = ['{low}us', '{}us'] }}", low + width),
    }
}

/// The kind of a step, by its number.
fn kind(step: &Step) -> &'static str {
    ["tenant", "tenant", "tenant", "tenant", "tenant", "mailbox", "mailbox", "rollout"]
        [usize::from(step.kind)]
}

/// Whether the permission is restored twice before the gate is opened.
fn twice(frame: &Frame) -> bool {
    matches!(frame.gate, 1 | 2)
}

/// The plan as a scenario; the loader may refuse it.
pub(crate) fn text(plan: &Small) -> String {
    let Small { frame, steps, faults, reactions } = plan;
    let mut text = String::new();
    if frame.gate > 0 {
        let lease = match frame.lease {
            0 => String::new(),
            most => format!(", for = '{}us'", 2 * most),
        };
        let off = if frame.gate < 6 { ", { off = 'p' }" } else { "" };
        let _ =
            write!(text, "[[step]]\nname = 'close'\nat-end = [{{ off = 'access'{lease} }}{off}]\n");
    }
    for (index, step) in steps.iter().enumerate() {
        push_step(&mut text, index, step, steps);
    }
    if frame.gate > 0 {
        push_opening(&mut text, frame);
    }
    for (index, reaction) in reactions.iter().enumerate() {
        let _ = write!(text, "[[reaction]]\nname = 'reaction {index}'\n");
        push_free(&mut text, reaction, "tenant");
    }
    for (index, fault) in faults.iter().enumerate() {
        push_fault(&mut text, index, fault, plan);
    }
    push_watched(&mut text, frame);
    // A fact of the rollout keeps tenants from being exchanged, so it is there only if it is needed.
    let shared = if text.contains("'r'") || text.contains("not r") {
        "r = { each = 'rollout' }\n"
    } else {
        ""
    };
    head(frame, shared) + &text
}

/// Population, facts, pools, waves.
fn head(frame: &Frame, shared: &str) -> String {
    let mut text = format!(
        "name = 'small'
[rollout]
horizon = '200us'
{}{}
[tenants]
count = {}
mailboxes = {}
[facts]
access = {{ initially = 'on' }}
p = {{ missing = 'open' }}
g = {{ initially = 'off' }}
n = {{ count = 2, missing = 'open' }}
m = {{ each = 'mailbox' }}
{shared}[pools]
q = {{ slots = {} }}
",
        if frame.at_once > 0 { "at-once = 1\n" } else { "" },
        if frame.journal > 0 { "journal = 'none'" } else { "" },
        frame.tenants,
        1 + frame.mailboxes,
        1 + frame.slots,
    );
    if frame.wave > 0 && frame.tenants > 1 {
        let date = if frame.wave > 1 { "not-before = '3us'\n" } else { "" };
        let _ = write!(
            text,
            "[[wave]]\nname = 'one'\ntake = 1\nsoak = '1us'\n[[wave]]\nname = 'rest'\n{date}"
        );
    }
    text
}

/// The last steps, if the first one has closed the gate.
fn push_opening(text: &mut String, frame: &Frame) {
    let back = if frame.gate < 5 { "at-end = [{ on = 'p' }]\nduration = '1us'\n" } else { "" };
    let _ = write!(text, "[[step]]\nname = 'restore'\n{back}");
    if twice(frame) {
        text.push_str("[[step]]\nname = 'restore again'\nat-end = [{ on = 'p' }]\n");
    }
    text.push_str("[[step]]\nname = 'open'\n");
    text.push_str(match frame.needs {
        0 | 3 => "",
        1 => "needs = 'p'\n",
        2 => "holds = 'p'\nduration = '1us'\n",
        _ => "after = 'close'\nduration = { uniform = ['0us', '3us'] }\n",
    });
    text.push_str("at-end = [{ on = 'access' }]\n");
}

fn push_watched(text: &mut String, frame: &Frame) {
    if frame.user > 0 {
        let each = if frame.user > 2 { "mailbox" } else { "tenant" };
        let every = if !frame.user.is_multiple_of(2) { "'1us'" } else { "{ exponential = '3us' }" };
        let ends = if frame.user == 4 { ", ends-when = 'not access'" } else { "" };
        let _ = write!(
            text,
            "[[user]]\nname = 'u'\neach = '{each}'\nreads = '6 / h'\n\
             connects = {{ while = 'access', every = {every} }}\n\
             session = {{ lasts = {{ uniform = ['1us', '3us'] }}, keeps = ['p']{ends} }}\n"
        );
    }
    match frame.hazard {
        0 => {}
        1 => text.push_str("[[hazard]]\nname = 'h'\nwhen = 'g and not p'\n"),
        _ => text.push_str(
            "[[hazard]]\nname = 'h'\neach = 'rollout'\nwhen = 'all(tenant: access and not p)'\n",
        ),
    }
    if frame.goal > 0 && frame.gate > 0 {
        let time = 4 * frame.goal;
        let _ = write!(
            text,
            "[[goal]]\nname = 'back'\nwhen = 'access and p'\n\
             within = {{ of = 'close', time = '{time}us' }}\n",
        );
    }
}

fn push_step(text: &mut String, index: usize, step: &Step, steps: &[Step]) {
    let kind = kind(step);
    push_work(text, index, step, steps);
    let policy = ["stop", "stop", "continue", "undo", "halt-rollout"][usize::from(step.failure)];
    let _ = writeln!(text, "on-failure = '{policy}'\nat-end = {}", list(kind, &step.at_end));
    if let Some((start, effect)) = &step.at_other {
        let key = if *start { "at-start" } else { "at-fail" };
        let _ = writeln!(text, "{key} = {}", list(kind, std::slice::from_ref(effect)));
    }
    let undo = [
        "[{ on = 'p' }]",
        "[{ off = 'p' }]",
        "[{ on = 'access' }, { off = 'p' }]",
        "[{ on = 'g' }]",
    ];
    if step.undo > 0 && kind != "rollout" {
        let undo = undo[usize::from(step.undo - 1)];
        let _ = writeln!(text, "undo = {undo}\nundo-duration = '1us'");
    }
    if step.join > 0 {
        text.push_str("join = 'running'\n");
    }
}

/// When it begins, how long it lasts, how often.
fn push_work(text: &mut String, index: usize, step: &Step, steps: &[Step]) {
    let kind = kind(step);
    let _ = write!(
        text,
        "[[step]]\nname = 's{index}'\neach = '{kind}'\nduration = {}\n",
        between(step.lasts)
    );
    match step.after {
        0 => {}
        1 => text.push_str("after = []\n"),
        _ if index > 1 => _ = writeln!(text, "after = 's{}'", index - 2),
        _ => {}
    }
    let key = ["", "when", "needs", "holds", "done-if"][usize::from(step.condition.0)];
    if !key.is_empty() {
        let _ = writeln!(text, "{key} = '{}'", condition(kind, step.condition.1));
    }
    match step.pool {
        0 => {}
        2 if kind == "tenant"
            && steps
                .get(index + 1)
                .is_some_and(|next| self::kind(next) == kind && next.after == 0) =>
        {
            let _ = writeln!(text, "uses = [{{ pool = 'q', until = 's{}' }}]", index + 1);
        }
        _ => text.push_str("uses = 'q'\n"),
    }
    if step.times > 0 {
        text.push_str("times = 2\n");
    }
    if step.retry > 0 {
        let _ = writeln!(text, "retry = {{ times = 1, wait = '{}us' }}", step.retry - 1);
    }
    if step.timeout > 0 {
        let _ = writeln!(text, "timeout = '{}us'", step.timeout);
    }
}
