//! Rules about what is expected of margins.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostics};
use crate::scenario::names::unknown;
use crate::scenario::sites;
use crate::scenario::types::{Scenario, Work};

/// Where an expected margin names its bound and its goal.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct MarginPlace {
    pub(in crate::scenario) of: Range<usize>,
    /// That of the bound, where there is no goal.
    pub(in crate::scenario) goal: Range<usize>,
}

/// Margins are those of durations, delays and leases that there are, about goals that there are. `places`:
/// where each is named.
pub(in crate::scenario) fn margins_have_bounds(
    scenario: &Scenario,
    places: &[MarginPlace],
    bag: &mut Diagnostics,
) {
    let Some(expect) = &scenario.expect.verify else { return };
    if expect.margins.is_empty() {
        return;
    }
    let names = bounds(scenario);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let goals: Vec<&str> = scenario.goals.iter().map(|goal| goal.name.as_str()).collect();
    for (margin, place) in expect.margins.iter().zip(places) {
        if let Some(goal) = &margin.goal
            && !goals.contains(&goal.as_str())
        {
            bag.push(unknown(Code::UnknownName, "goal", goal, place.goal.clone(), &goals));
        }
        if !known.contains(&margin.of.as_str()) {
            let what = "duration, delay or lease";
            bag.push(unknown(Code::UnknownName, what, &margin.of, place.of.clone(), &known));
        }
    }
}

/// What bounds are called: sites with a delay, each by class where classes may have their own, and
/// steps.
fn bounds(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in &scenario.steps {
        let timed = !matches!(step.work, Work::Instant);
        names.extend(timed.then(|| step.name.clone()));
        let transfers = matches!(step.work, Work::Transfer { .. } | Work::TransferByClass { .. });
        names
            .extend(transfers.then(|| format!("{} / {}", step.name, sites::environment::TRANSFER)));
        names.extend(step.timeout.map(|_| format!("{} / timeout", step.name)));
    }
    let apart = ["user ", "tenants / ", "rollout / order"];
    let decided = [" / chance", " / rate", " / cut", " / undo cut"];
    let delays = sites::sites(scenario).into_iter().filter(|site| {
        let other = apart.iter().any(|start| site.starts_with(start));
        !other && !decided.iter().any(|end| site.ends_with(end))
    });
    names.extend(delays);
    let classes = scenario.classes.iter().map(|class| class.name.as_str());
    let classes: Vec<&str> = classes.chain(["no class"]).collect();
    if classes.len() > 1 {
        let own =
            names.iter().flat_map(|name| classes.iter().map(move |of| format!("{name} ({of})")));
        names.extend(own.collect::<Vec<String>>());
    }
    names
}
