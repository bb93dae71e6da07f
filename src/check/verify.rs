//! `[expect.verify]` against a proof.

use crate::scenario::{ExpectVerify, Scenario};
use crate::units::Span;
use crate::verify::{Answer, Options, Progress, Verdict, exact, verify};

/// A proof that `check` runs may use so much memory; one that needs more is no expectation.
const MEMORY: u64 = 2 << 30;

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
pub(super) fn verified(scenario: &Scenario, expect: &ExpectVerify, tenants: u32) -> Vec<VerifyRow> {
    let seed = scenario.expect.simulate.as_ref().map_or(1, |expect| expect.seed);
    let setup = match exact(scenario, tenants, seed) {
        Ok(setup) => setup,
        Err(why) => {
            let expected = tenants.to_string();
            return vec![VerifyRow { key: "tenants", expected, got: why, met: false }];
        }
    };
    let options = Options { faults: usize::from(expect.faults), longest: expect.longest.is_some() };
    let verdict = verify(&setup, options, &mut |progress: &Progress| progress.memory < MEMORY);
    let mut rows = Vec::new();
    let mut row = |key, expected: String, got: String| {
        let met = expected == got;
        rows.push(VerifyRow { key, expected, got, met });
    };
    if !verdict.bugs.is_empty() {
        row("verdict", "schedules that replay".to_owned(), "one that does not".to_owned());
    }
    if let Some(safe) = expect.safe {
        let expected = if safe { Answer::Safe } else { Answer::Exposed };
        row("verdict", expected.word().to_owned(), verdict.answer.word().to_owned());
    }
    if let Some(sets) = &expect.fault_sets {
        row("fault-sets", written(scenario, sets), written(scenario, &sets_of(&verdict)));
    }
    if let Some(longest) = expect.longest {
        row("longest-window", length(Some(longest)), length(longest_of(&verdict)));
    }
    rows
}

/// Each set once, whichever hazard it opens; nothing is said about sets that are only possible.
fn sets_of(verdict: &Verdict) -> Vec<Vec<u16>> {
    let mut sets: Vec<Vec<u16>> = verdict.found.iter().map(|found| found.faults.clone()).collect();
    sets.sort_unstable();
    sets.dedup();
    sets
}

/// The longest of all sets; `None` if there is none, or one is not known to its end.
fn longest_of(verdict: &Verdict) -> Option<Option<u64>> {
    let mut longest = Some(0);
    for found in &verdict.found {
        let length = found.longest.as_ref().filter(|length| length.complete)?.length;
        longest = longest.zip(length).map(|(known, new)| known.max(new.0));
    }
    (!verdict.found.is_empty()).then_some(longest)
}

fn length(longest: Option<Option<u64>>) -> String {
    match longest {
        None => "not known".to_owned(),
        Some(None) => "unbounded".to_owned(),
        Some(Some(micros)) => Span(micros).to_string(),
    }
}

fn written(scenario: &Scenario, sets: &[Vec<u16>]) -> String {
    let name = |fault: &u16| scenario.faults[usize::from(*fault)].name.as_str();
    let set = |set: &Vec<u16>| {
        let names: Vec<&str> = set.iter().map(name).collect();
        format!("[{}]", names.join(", "))
    };
    format!("[{}]", sets.iter().map(set).collect::<Vec<_>>().join(", "))
}
