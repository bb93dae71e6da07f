//! A change as a file says it that extends the scenario.

use crate::plan::show::words::condition;
use crate::scenario::finding::quoted;
use crate::scenario::{
    Act, Cond, Dist, Effect, Join, Journal, OnFailure, Reaction, Scenario, Session, Shape, Step,
    StepId, Trigger, Use, User, WhenCut, Write,
};
use crate::units::Span;

/// The entries that make one scenario of the other; empty if they are the same in all that knobs
/// change.
pub(super) fn changes(before: &Scenario, after: &Scenario) -> String {
    let mut entries = Vec::new();
    let mut rollout = Vec::new();
    if before.rollout.at_once != after.rollout.at_once {
        rollout.extend(after.rollout.at_once.map(|most| line("at-once", &most.to_string())));
    }
    if before.rollout.journal != after.rollout.journal {
        let journal = match after.rollout.journal {
            Journal::Step => "\"step\"",
            Journal::None => "\"none\"",
        };
        rollout.push(line("journal", journal));
    }
    if !rollout.is_empty() {
        entries.push(format!("[rollout]\n{}", rollout.concat()));
    }
    for (old, new) in before.pools.iter().zip(&after.pools) {
        if old.slots != new.slots {
            let slots = line("slots", &new.slots.to_string());
            entries.push(format!("[pools.{}]\n{slots}", key(&new.name)));
        }
    }
    for (old, new) in before.steps.iter().zip(&after.steps) {
        entries.extend(entry("step", &new.name, &step(after, old, new)));
    }
    for (old, new) in before.reactions.iter().zip(&after.reactions) {
        entries.extend(entry("reaction", &new.name, &reaction(after, old, new)));
    }
    for (old, new) in before.users.iter().zip(&after.users) {
        entries.extend(entry("user", &new.name, &user(after, old, new)));
    }
    entries.join("\n")
}

fn entry(table: &str, name: &str, lines: &[String]) -> Option<String> {
    let name = line("name", &quoted(name));
    (!lines.is_empty()).then(|| format!("[[{table}]]\n{name}{}", lines.concat()))
}

fn line(key: &str, value: &str) -> String {
    format!("{key} = {value}\n")
}

/// A key that may have to be quoted.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn step(scenario: &Scenario, old: &Step, new: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    let mut put = |differs: bool, key: &str, value: &dyn Fn() -> String| {
        if differs {
            lines.push(line(key, &value()));
        }
    };
    let named = |id: &StepId| quoted(&scenario.steps[usize::from(id.0)].name);
    let cond = |of: &Option<Cond>| {
        let never = Cond::Const(true);
        quoted(&condition(scenario, of.as_ref().unwrap_or(&never)))
    };
    let list = |of: &[Effect]| effects(scenario, of);
    put(old.after != new.after, "after", &|| array(new.after.iter().map(named)));
    put(old.done_if != new.done_if, "done-if", &|| cond(&new.done_if));
    put(old.needs != new.needs, "needs", &|| cond(&new.needs));
    put(old.holds != new.holds, "holds", &|| cond(&new.holds));
    put(old.uses != new.uses, "uses", &|| uses(scenario, &new.uses));
    put(old.priority != new.priority, "priority", &|| new.priority.to_string());
    put(old.at_start != new.at_start, "at-start", &|| list(&new.at_start));
    put(old.at_end != new.at_end, "at-end", &|| list(&new.at_end));
    put(old.at_fail != new.at_fail, "at-fail", &|| list(&new.at_fail));
    put(old.undo != new.undo, "undo", &|| list(&new.undo));
    put(old.retry != new.retry, "retry", &|| match &new.retry {
        Some(retry) => format!("{{ times = {}, wait = {} }}", retry.times, dist(&retry.wait)),
        None => "{ times = 0 }".to_owned(),
    });
    put(old.timeout != new.timeout, "timeout", &|| {
        quoted(&new.timeout.expect("no knob takes a timeout away").to_string())
    });
    put(old.on_failure != new.on_failure, "on-failure", &|| quoted(on_failure(new.on_failure)));
    put(old.join != new.join, "join", &|| {
        quoted(if new.join == Join::All { "all" } else { "running" })
    });
    put(old.when_cut != new.when_cut, "when-cut", &|| quoted(when_cut(new.when_cut)));
    lines
}

pub(super) fn on_failure(word: OnFailure) -> &'static str {
    match word {
        OnFailure::Stop => "stop",
        OnFailure::Continue => "continue",
        OnFailure::Undo => "undo",
        OnFailure::HaltRollout => "halt-rollout",
    }
}

pub(super) fn when_cut(word: WhenCut) -> &'static str {
    match word {
        WhenCut::Redo => "redo",
        WhenCut::Skip => "skip",
        WhenCut::Undo => "undo",
    }
}

fn reaction(scenario: &Scenario, old: &Reaction, new: &Reaction) -> Vec<String> {
    let (old, new): (&Act, &Act) = (&old.act, &new.act);
    let mut lines = Vec::new();
    if old.condition != new.condition {
        let always = Cond::Const(true);
        let cond = condition(scenario, new.condition.as_ref().unwrap_or(&always));
        lines.push(line("while", &quoted(&cond)));
    }
    if old.trigger != new.trigger {
        lines.push(match &new.trigger {
            Trigger::After(delay) => line("after", &dist(delay)),
            Trigger::Every(delay) => line("every", &dist(delay)),
        });
    }
    if old.does != new.does {
        lines.push(line("does", &effects(scenario, &new.does)));
    }
    lines
}

fn user(scenario: &Scenario, old: &User, new: &User) -> Vec<String> {
    let (Some(before), Some(after)) = (&old.session, &new.session) else { return Vec::new() };
    let mut lines = Vec::new();
    if before.connects_while != after.connects_while {
        let cond = quoted(&condition(scenario, &after.connects_while));
        let every = dist(&after.connects_every);
        lines.push(line("connects", &format!("{{ while = {cond}, every = {every} }}")));
    }
    if before.keeps != after.keeps || before.ends_when != after.ends_when {
        lines.push(line("session", &session(scenario, after)));
    }
    lines
}

fn session(scenario: &Scenario, session: &Session) -> String {
    let mut parts = vec![format!("lasts = {}", dist(&session.lasts))];
    let keeps = session.keeps.iter().map(|fact| fact_name(scenario, fact.0));
    parts.push(format!("keeps = {}", array(keeps)));
    if let Some(cond) = &session.ends_when {
        parts.push(format!("ends-when = {}", quoted(&condition(scenario, cond))));
    }
    table(&parts)
}

fn uses(scenario: &Scenario, uses: &[Use]) -> String {
    let one = |used: &Use| {
        let pool = quoted(&scenario.pools[usize::from(used.pool.0)].name);
        match used.until {
            None => pool,
            Some(until) => {
                let until = quoted(&scenario.steps[usize::from(until.0)].name);
                format!("{{ pool = {pool}, until = {until} }}")
            }
        }
    };
    array(uses.iter().map(one))
}

fn effects(scenario: &Scenario, effects: &[Effect]) -> String {
    array(effects.iter().map(|each| effect(scenario, each)))
}

fn effect(scenario: &Scenario, effect: &Effect) -> String {
    let write = match effect.write {
        Write::On => "on",
        Write::Off => "off",
        Write::Add => "add",
    };
    let mut parts = vec![format!("{write} = {}", fact_name(scenario, effect.fact.0))];
    parts.extend(effect.after.as_ref().map(|delay| format!("after = {}", dist(delay))));
    parts.extend(effect.lasts.as_ref().map(|lasts| format!("for = {}", dist(lasts))));
    let cond = effect.condition.as_ref().map(|cond| quoted(&condition(scenario, cond)));
    parts.extend(cond.map(|cond| format!("if = {cond}")));
    parts.extend(effect.members.then(|| "of = \"members\"".to_owned()));
    parts.extend(effect.chance.map(|chance| format!("chance = {}", number(chance.0))));
    parts.extend(effect.late.then(|| "late = true".to_owned()));
    table(&parts)
}

fn fact_name(scenario: &Scenario, fact: u16) -> String {
    quoted(&scenario.facts[usize::from(fact)].name)
}

fn table(parts: &[String]) -> String {
    format!("{{ {} }}", parts.join(", "))
}

fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// A float as TOML has it, and so that it is read back as the same.
fn number(value: f64) -> String {
    format!("{value:?}")
}

/// A distribution of durations.
fn dist(of: &Dist) -> String {
    let span = |value: u64| quoted(&Span(value).to_string());
    let list = |values: &[u64]| array(values.iter().map(|&value| span(value)));
    let pair = |family: &str, [(a, x), (b, y)]: [(&str, u64); 2]| {
        format!("{family} = {{ {a} = {}, {b} = {} }}", span(x), span(y))
    };
    let shape = match &of.shape {
        Shape::Constant(value) if of.between.is_none() => return span(*value),
        // Conditioned on an interval around it, which is no condition.
        Shape::Constant(value) => format!("uniform = {}", list(&[*value, *value])),
        Shape::Uniform { low, high } => format!("uniform = {}", list(&[*low, *high])),
        Shape::Triangular { low, mode, high } => {
            format!("triangular = {}", list(&[*low, *mode, *high]))
        }
        Shape::Pert { low, mode, high } => format!("pert = {}", list(&[*low, *mode, *high])),
        Shape::Exponential { mean } => format!("exponential = {}", span(*mean)),
        Shape::Lognormal { median, p95 } => pair("lognormal", [("median", *median), ("p95", *p95)]),
        Shape::Gamma { mean, sd } => pair("gamma", [("mean", *mean), ("sd", *sd)]),
        Shape::Weibull { median, p95 } => pair("weibull", [("median", *median), ("p95", *p95)]),
        Shape::Pareto { min, p95 } => pair("pareto", [("min", *min), ("p95", *p95)]),
        Shape::Empirical(values) => format!("empirical = {}", list(values)),
        Shape::Mixture(parts) => {
            let part = |(weight, of): &(f64, Dist)| {
                format!("{{ weight = {}, of = {} }}", number(*weight), dist(of))
            };
            format!("mixture = {}", array(parts.iter().map(part)))
        }
    };
    let mut parts = vec![shape];
    parts.extend(of.between.map(|(low, high)| format!("between = {}", list(&[low, high]))));
    table(&parts)
}
