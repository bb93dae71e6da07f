//! Users, reactions, faults, hazards and goals.

use super::Page;
use super::calendars::named;
use super::steps::bent;
use super::words::{Measured, condition, dist, effect, kind, percent, shows};
use crate::scenario::{Act, Busy, FaultForm, RollBack, Scenario, Starts, Steers, Trigger, User};
use crate::units::Span;

/// Who connects and reads.
pub(super) fn people(page: &mut Page, scenario: &Scenario) {
    if scenario.users.is_empty() {
        return;
    }
    page.head("users");
    for (index, user) in (0u16..).zip(&scenario.users) {
        let mut lines = user_lines(scenario, user);
        if let Some(profile) = scenario.profiles.iter().find(|profile| profile.user == index) {
            let inside = |busy: &Busy| {
                format!("as often x {} inside {}", busy.factor, named(scenario, &busy.windows))
            };
            lines.extend(profile.busy.iter().map(inside));
            lines.push(format!("as often x {} at all other times", profile.otherwise));
        }
        page.rows(&user.name, &lines);
    }
}

fn user_lines(scenario: &Scenario, user: &User) -> Vec<String> {
    let mut lines = vec![format!("one in each {}", kind(scenario, user.kind))];
    if let Some(session) = &user.session {
        let while_ = condition(scenario, &session.connects_while);
        let every = dist(&session.connects_every, Measured::Time);
        lines.push(format!("connects while {while_}: after {every}"));
        lines.push(format!("a session lasts {}", dist(&session.lasts, Measured::Time)));
        if !session.keeps.is_empty() {
            let facts = session.keeps.iter();
            let names: Vec<&str> =
                facts.map(|fact| scenario.facts[usize::from(fact.0)].name.as_str()).collect();
            lines.push(format!("keeps what it saw at connect of {}", names.join(", ")));
        }
        if let Some(cond) = &session.ends_when {
            lines.push(format!("ends at once when {}", condition(scenario, cond)));
        }
    } else {
        lines.push("without sessions: reads whenever access is open".to_owned());
    }
    if let Some(gap) = user.read_gap {
        lines.push(format!("reads {}", rate(gap)));
    }
    lines
}

/// "6 times an hour", or the time between two reads where that is no whole number.
fn rate(gap: Span) -> String {
    if gap.0 > 0 && gap <= Span::HOUR && Span::HOUR.0.is_multiple_of(gap.0) {
        return format!("{} times an hour", Span::HOUR.0 / gap.0);
    }
    format!("every {} on average", gap.brief())
}

fn act_lines(scenario: &Scenario, act: &Act, lines: &mut Vec<String>) {
    let when = match &act.condition {
        Some(cond) => format!("while {}", condition(scenario, cond)),
        None => "always".to_owned(),
    };
    lines.push(match &act.trigger {
        Trigger::After(after) => format!("{when}: once, after {}", dist(after, Measured::Time)),
        Trigger::Every(every) => {
            format!("{when}: again and again, after {}", dist(every, Measured::Time))
        }
    });
    lines.extend(act.does.iter().map(|e| format!("then: {}", effect(scenario, e))));
    if let Some(force) = &act.forces {
        let fact = &scenario.facts[usize::from(force.fact.0)].name;
        let value = if force.on { "on" } else { "off" };
        let lasts = dist(&force.lasts, Measured::Time);
        lines.push(format!("then: {fact} is forced {value} for {lasts}"));
    }
    if let Some(takes) = &act.takes {
        let pool = &scenario.pools[usize::from(takes.pool.0)].name;
        let lasts = dist(&takes.lasts, Measured::Time);
        lines.push(format!("then: {} slots of {pool} are out of service for {lasts}", takes.slots));
    }
    if let Some(crash) = &act.crashes {
        let restart = dist(&crash.restart, Measured::Time);
        lines.push(format!("then: it crashes and is up again after {restart}"));
    }
    if let Some(slows) = &act.slows {
        let link = &scenario.links[usize::from(slows.link.0)].name;
        let lasts = dist(&slows.lasts, Measured::Time);
        lines.push(match slows.to.0 {
            0 => format!("then: {link} carries nothing for {lasts}"),
            _ => format!("then: {link} carries only {} for {lasts}", slows.to),
        });
    }
    steer_lines(act.steers, lines);
}

/// What an act does to the rollout as a whole.
fn steer_lines(steers: Steers, lines: &mut Vec<String>) {
    match steers.starts {
        Some(Starts::Halt) => lines.push("then: the rollout halts, no tenant starts".to_owned()),
        Some(Starts::Resume) => lines.push("then: the rollout resumes".to_owned()),
        None => {}
    }
    let whom = match steers.rolls_back {
        Some(RollBack::InProgress) => "its tenants in progress",
        Some(RollBack::Started) => "its tenants that have started",
        None => return,
    };
    lines.push(format!("then: {whom} are rolled back"));
}

/// Reactions and faults.
pub(super) fn trouble(page: &mut Page, scenario: &Scenario) {
    if !scenario.reactions.is_empty() {
        page.head("reactions");
    }
    for reaction in &scenario.reactions {
        let mut lines = vec![format!("of each {}", kind(scenario, reaction.kind))];
        act_lines(scenario, &reaction.act, &mut lines);
        page.rows(&reaction.name, &lines);
    }
    if !scenario.faults.is_empty() {
        page.head("faults");
    }
    for fault in &scenario.faults {
        let mut lines = Vec::new();
        let ordinary = if fault.cost == 0 { ", ordinary misbehaviour (cost 0)" } else { "" };
        match &fault.form {
            FaultForm::Attempt { step, bend } => {
                let step = &scenario.steps[usize::from(step.0)].name;
                let chance = percent(fault.chance);
                lines.push(format!("an attempt of {step}, with probability {chance}{ordinary}"));
                lines.push(bent(scenario, bend));
            }
            FaultForm::Undo { step, bend } => {
                let step = &scenario.steps[usize::from(step.0)].name;
                let chance = percent(fault.chance);
                lines.push(format!("an undo of {step}, with probability {chance}{ordinary}"));
                lines.push(bent(scenario, bend));
            }
            FaultForm::Free { kind: of, act } => {
                let chance = match fault.chance.0 {
                    chance if chance < 1.0 => {
                        format!(", with probability {}", percent(fault.chance))
                    }
                    _ => String::new(),
                };
                lines.push(format!("strikes each {}{chance}{ordinary}", kind(scenario, *of)));
                act_lines(scenario, act, &mut lines);
            }
        }
        page.rows(&fault.name, &lines);
    }
}

/// Hazards and goals.
pub(super) fn judged(page: &mut Page, scenario: &Scenario) {
    if !scenario.hazards.is_empty() {
        page.head("hazards");
    }
    for hazard in &scenario.hazards {
        let derived = if hazard.derived.is_some() { " (derived)" } else { "" };
        let when = condition(scenario, &hazard.when);
        let lines = [
            format!("each {}, while {when}{derived}", kind(scenario, hazard.kind)),
            format!("shows {}", shows(scenario, &hazard.shows)),
        ];
        page.rows(&hazard.name, &lines);
    }
    if !scenario.goals.is_empty() {
        page.head("goals");
    }
    for goal in &scenario.goals {
        let step = &scenario.steps[usize::from(goal.of.0)].name;
        let lines = [
            condition(scenario, &goal.when),
            format!("{} after {step} has succeeded", goal.within),
        ];
        page.rows(&goal.name, &lines);
    }
}
