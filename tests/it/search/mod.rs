//! Search: strategies, shrinking, confirmation, on plans whose mistakes are known.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use cutover::kernel::Setup;
use cutover::plan::Plan;
use cutover::scenario;
use cutover::search::{Budget, Finding, Hunt, Method, Options, Outside, Standing, search};

/// The enumeration.
mod bounded;

/// What is found, what it takes, and that it holds.
mod findings;

/// Keeps what it is told.
#[derive(Default)]
pub(super) struct Quiet {
    pub(super) found: Mutex<Vec<Finding>>,
}

impl Outside for Quiet {
    fn clock(&self) -> u64 {
        0
    }

    fn over(&self) -> bool {
        false
    }

    fn found(&self, finding: &Finding) {
        self.found.lock().expect("nobody panics").push(finding.clone());
    }

    fn progress(&self, _: &Standing) {}
}

pub(super) fn planted(name: &str, seed: u64) -> Setup {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted").join(name);
    file(&path.with_extension("toml"), seed)
}

pub(super) fn file(path: &Path, seed: u64) -> Setup {
    let loaded = scenario::load(path, &|path: &Path| fs::read(path));
    let loaded = loaded.unwrap_or_else(|failure| panic!("{path:?}: {:#?}", failure.diagnostics));
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed)
}

pub(super) fn options(runs: u64, methods: &[Method]) -> Options {
    Options {
        budget: Budget::Runs(runs),
        methods: methods.to_vec(),
        off: BTreeSet::new(),
        on: BTreeSet::new(),
        first: false,
        known: Vec::new(),
    }
}

pub(super) fn hunt(setup: &Setup, options: &Options) -> Hunt {
    search(setup, options, &Quiet::default())
}
