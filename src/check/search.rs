//! `[expect.search]` against a search.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kernel::Setup;
use crate::plan::Plan;
use crate::scenario::{ExpectSearch, Scenario};
use crate::search::{Budget, Finding, Hunt, Method, Options, Outside, Standing, search};

use super::verify::written;

/// One expectation of a search, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRow {
    /// The key below `[expect.search]`.
    pub key: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub got: String,
    /// They are the same.
    pub met: bool,
}

/// Nobody looks on.
struct Nobody;

impl Outside for Nobody {
    fn clock(&self) -> u64 {
        0
    }

    fn over(&self) -> bool {
        false
    }

    fn found(&self, _: &Finding) {}

    fn progress(&self, _: &Standing) {}
}

/// Searches for what is expected, with all strategies.
pub(super) fn searched(scenario: &Scenario, expect: &ExpectSearch) -> Vec<SearchRow> {
    let setup = Setup::new(Arc::new(Plan::compile(scenario)), expect.seed);
    let options = Options {
        budget: Budget::Runs(expect.runs),
        methods: Method::ALL.to_vec(),
        off: BTreeSet::new(),
        on: BTreeSet::new(),
        // One finding tells whether there is any; for the sets all are needed.
        first: expect.fault_sets.is_none(),
        known: Vec::new(),
    };
    let hunt = search(&setup, &options, &Nobody);
    let mut rows = Vec::new();
    let mut row = |key, expected: String, got: String| {
        let met = expected == got;
        rows.push(SearchRow { key, expected, got, met });
    };
    if let Some(exposes) = expect.exposes {
        let word = |exposes: bool| if exposes { "exposes" } else { "harmless" }.to_owned();
        row("verdict", word(exposes), word(!hunt.findings.is_empty()));
    }
    if let Some(sets) = &expect.fault_sets {
        row("fault-sets", written(scenario, sets), written(scenario, &minimal(&hunt)));
    }
    rows
}

/// The sets of faults of the findings, without those that hold a smaller one.
fn minimal(hunt: &Hunt) -> Vec<Vec<u16>> {
    let all: BTreeSet<Vec<u16>> =
        hunt.findings.iter().map(|finding| finding.confirmed.window.cause.faults.clone()).collect();
    let holds = |set: &Vec<u16>| {
        let smaller = |other: &&Vec<u16>| *other != set && other.iter().all(|of| set.contains(of));
        all.iter().any(|other| smaller(&other))
    };
    all.iter().filter(|set| !holds(set)).cloned().collect()
}
