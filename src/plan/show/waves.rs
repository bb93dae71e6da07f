//! Waves in words.

use super::Page;
use super::words::{Measured, dist, percent};
use crate::scenario::{Kind, Most, Partition, Scenario, Take, Wave};
use crate::units::Span;

/// The waves, in order.
pub(super) fn waves(page: &mut Page, scenario: &Scenario) {
    if scenario.waves.is_empty() {
        return;
    }
    page.head("waves");
    for wave in &scenario.waves {
        page.rows(&wave.name, &lines(scenario, wave));
    }
    if scenario.waves.last().is_none_or(|wave| !wave.take.everybody()) {
        page.rows("rest", &["those whom no other takes, if there are any".to_owned()]);
    }
}

fn lines(scenario: &Scenario, wave: &Wave) -> Vec<String> {
    let mut lines = vec![taken(scenario, &wave.take)];
    if let Some(limit) = wave.at_once {
        lines.push(format!("at most {limit} of them in progress"));
    }
    if let Some(pace) = &wave.pace {
        lines.push(format!("between two starts: {}", dist(pace, Measured::Time)));
    }
    if wave.not_before > Span(0) {
        lines.push(format!("starts no sooner than {} after the rollout", wave.not_before));
    }
    if wave.enough.0 < 1.0 {
        lines.push(format!("has ended when {} of them are through", percent(wave.enough)));
    }
    if let Some(soak) = &wave.soak {
        lines.push(format!("then soaks for {}", dist(soak, Measured::Time)));
    }
    lines
}

fn taken(scenario: &Scenario, take: &Take) -> String {
    let mut whose = Vec::new();
    if !take.classes.is_empty() {
        let names = take.classes.iter().map(|class| &scenario.classes[usize::from(class.0)].name);
        let names: Vec<&str> = names.map(String::as_str).collect();
        whose.push(format!("of the class {}", names.join(" or ")));
    }
    for (kind, groups) in &take.groups {
        let group = &scenario.groups[usize::from(*kind)];
        let listed = scenario.inventory.as_deref().filter(|_| group.by == Partition::Column);
        let name = |at: &u32| match listed {
            Some(listed) => listed.groups[usize::from(*kind)][*at as usize].clone(),
            None => (at + 1).to_string(),
        };
        let names: Vec<String> = groups.iter().map(name).collect();
        let word = super::words::kind(scenario, Kind::Group(*kind));
        whose.push(format!("of {word} {}", names.join(" or ")));
    }
    let whose = whose.join(" and ");
    let whom = if whose.is_empty() { "tenants".to_owned() } else { format!("tenants {whose}") };
    match take.most {
        Most::All if take.everybody() => "all who are left".to_owned(),
        Most::All => format!("all {whom} who are left"),
        Most::Count(most) => format!("the first {most} {whom} who are left"),
        Most::Share(share) => format!("the first {} of all {whom} who are left", percent(share)),
    }
}
