//! `[expect.verify]` against a proof.

use crate::plan::Plan;
use crate::scenario::{ExpectVerify, Scenario};
use crate::units::Span;
use crate::verify::{
    Answer, Found, Options, Overall, Progress, Verdict, Waits, exact, overall, overall_goal,
    verify, verify_goal,
};

/// A proof that `check` runs may use so much memory; one that needs more is no expectation.
pub(super) const MEMORY: u64 = 2 << 30;

/// One expectation of a proof, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyRow {
    /// The key below `[expect.verify]`.
    pub key: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was proved.
    pub got: String,
    /// They are the same.
    pub met: bool,
}

/// Proves what is expected.
pub(super) fn verified(scenario: &Scenario, expect: &ExpectVerify) -> Vec<VerifyRow> {
    let mut rows = answered(scenario, expect);
    rows.extend(super::margins::rows(scenario, expect));
    rows
}

/// What is said about the answer.
fn answered(scenario: &Scenario, expect: &ExpectVerify) -> Vec<VerifyRow> {
    let asked = [expect.safe.is_some(), expect.fault_sets.is_some(), expect.longest.is_some()];
    let hazards = asked.contains(&true) || expect.wait.is_some();
    let goals = expect.goal_fault_sets.is_some() || expect.goal_wait.is_some();
    if !hazards && !goals {
        return Vec::new();
    }
    let seed = scenario.expect.simulate.as_ref().map_or(1, |expect| expect.seed);
    let setup = match expect.tenants.map(|tenants| exact(scenario, tenants, seed)).transpose() {
        Ok(setup) => setup,
        Err(why) => {
            let expected = expect.tenants.map_or(String::new(), |tenants| tenants.to_string());
            return vec![VerifyRow { key: "tenants", expected, got: why, met: false }];
        }
    };
    let (faults, longest) = (usize::from(expect.faults), expect.longest.is_some());
    let options = Options { faults, longest, ..Options::default() };
    let mut go_on = |progress: &Progress| progress.memory < MEMORY;
    let mut setup = setup;
    let mut plan =
        setup.as_ref().map_or_else(|| Plan::compile(scenario), |setup| setup.plan().clone());
    if let Some(coverage) = expect.coverage {
        plan = plan.cover(coverage, setup.is_none()).0;
        setup = setup.map(|setup| setup.with(plan.clone()));
    }
    let mut rows = Vec::new();
    if hazards {
        let proved = match &setup {
            Some(setup) => Proved::of(verify(setup, options, &mut go_on)),
            None => Proved::overall(overall(&plan, seed, options, &mut go_on)),
        };
        rows.extend(proved.rows(scenario, expect));
    }
    if goals {
        let all = 0..u16::try_from(plan.goals.len()).expect("few goals");
        let proved = all.map(|goal| match &setup {
            Some(setup) => Proved::of(verify_goal(setup, goal, options, &mut go_on)),
            None => Proved::overall(overall_goal(&plan, goal, seed, options, &mut go_on)),
        });
        rows.extend(goal_rows(scenario, expect, &proved.collect::<Vec<Proved>>()));
    }
    rows
}

/// All goals together: their sets, and the least wait with which all of them hold.
fn goal_rows(scenario: &Scenario, expect: &ExpectVerify, goals: &[Proved]) -> Vec<VerifyRow> {
    let mut rows = Vec::new();
    let mut row = |key, expected: String, got: String| {
        let met = expected == got;
        rows.push(VerifyRow { key, expected, got, met });
    };
    if goals.iter().any(|goal| goal.bugs) {
        row("goals", "schedules that replay".to_owned(), "one that does not".to_owned());
    }
    if let Some(sets) = &expect.goal_fault_sets {
        let more = if goals.iter().all(|goal| goal.whole) { "" } else { ", and perhaps more" };
        let found: Vec<Found> = goals.iter().flat_map(|goal| goal.found.clone()).collect();
        let got = written(scenario, &sets_of(&found));
        row("goal-fault-sets", written(scenario, sets), format!("{got}{more}"));
    }
    if let Some(wait) = expect.goal_wait {
        // Without a bound is longer than any.
        let length_of = |waits: &Option<Waits>| match waits {
            Some(Waits::AtMost(wait) | Waits::AtLeast(wait)) => wait.0,
            Some(Waits::Any) | None => u64::MAX,
        };
        let least = goals.iter().map(|goal| goal.wait).min_by_key(length_of).flatten();
        row("goal-wait", length(Some(wait)), said(least));
    }
    rows
}

/// How long anybody may wait, in words.
fn said(waits: Option<Waits>) -> String {
    match waits {
        Some(Waits::AtMost(wait)) => length(Some(Some(wait.0))),
        Some(Waits::AtLeast(wait)) => format!("at least {wait}"),
        Some(Waits::Any) => length(Some(None)),
        None => length(None),
    }
}

/// What was proved, of so many tenants or of any number.
struct Proved {
    answer: Answer,
    found: Vec<Found>,
    /// There are no other sets.
    whole: bool,
    bugs: bool,
    wait: Option<Waits>,
}

impl Proved {
    fn of(verdict: Verdict) -> Proved {
        let whole = verdict.complete == Some(verdict.faults) && verdict.possible.is_empty();
        let bugs = !verdict.bugs.is_empty();
        let Verdict { answer, found, .. } = verdict;
        Proved { answer, found, whole, bugs, wait: None }
    }

    fn overall(overall: Overall) -> Proved {
        Proved {
            whole: overall.all_sets(),
            bugs: !overall.bugs.is_empty(),
            answer: overall.answer,
            wait: Some(overall.waits),
            found: overall.found.into_iter().map(|set| set.found).collect(),
        }
    }

    fn rows(&self, scenario: &Scenario, expect: &ExpectVerify) -> Vec<VerifyRow> {
        let mut rows = Vec::new();
        let mut row = |key, expected: String, got: String| {
            let met = expected == got;
            rows.push(VerifyRow { key, expected, got, met });
        };
        if self.bugs {
            row("verdict", "schedules that replay".to_owned(), "one that does not".to_owned());
        }
        if let Some(safe) = expect.safe {
            let expected = if safe { Answer::Safe } else { Answer::Exposed };
            row("verdict", expected.word().to_owned(), self.answer.word().to_owned());
        }
        if let Some(sets) = &expect.fault_sets {
            let more = if self.whole { "" } else { ", and perhaps more" };
            let got = written(scenario, &sets_of(&self.found));
            row("fault-sets", written(scenario, sets), format!("{got}{more}"));
        }
        if let Some(longest) = expect.longest {
            row("longest-window", length(Some(longest)), length(longest_of(&self.found)));
        }
        if let Some(wait) = expect.wait {
            row("wait", length(Some(wait)), said(self.wait));
        }
        rows
    }
}

/// Each set once, whichever hazard it opens; nothing is said about sets that are only possible.
fn sets_of(found: &[Found]) -> Vec<Vec<u16>> {
    let mut sets: Vec<Vec<u16>> = found.iter().map(|found| found.faults.clone()).collect();
    sets.sort_unstable();
    sets.dedup();
    sets
}

/// The longest of all sets; `None` if there is none, or one is not known to its end.
fn longest_of(found: &[Found]) -> Option<Option<u64>> {
    let (any, mut longest) = (!found.is_empty(), Some(0));
    for found in found {
        let length = found.longest.as_ref().filter(|length| length.complete)?.length;
        longest = longest.zip(length).map(|(known, new)| known.max(new.0));
    }
    any.then_some(longest)
}

fn length(longest: Option<Option<u64>>) -> String {
    match longest {
        None => "not known".to_owned(),
        Some(None) => "unbounded".to_owned(),
        Some(Some(micros)) => Span(micros).to_string(),
    }
}

/// Sets of faults by name.
pub(super) fn written(scenario: &Scenario, sets: &[Vec<u16>]) -> String {
    let name = |fault: &u16| scenario.faults[usize::from(*fault)].name.as_str();
    let set = |set: &Vec<u16>| {
        let names: Vec<&str> = set.iter().map(name).collect();
        format!("[{}]", names.join(", "))
    };
    format!("[{}]", sets.iter().map(set).collect::<Vec<_>>().join(", "))
}
