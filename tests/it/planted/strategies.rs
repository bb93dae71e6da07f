use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use cutover::search::{Budget, Finding, Hunt, Method, Options, Outside, Standing, search};

use super::{all, folder, seeded};

/// Runs after which a strategy has missed a bug.
const CAP: u64 = 2000;
/// Runs on a cured plan, in which nothing must be found.
const CURED: u64 = 500;

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

pub(super) fn hunt(name: &str, methods: &[Method], seed: u64, runs: u64) -> Hunt {
    let options = Options {
        budget: Budget::Runs(runs),
        methods: methods.to_vec(),
        off: BTreeSet::new(),
        on: BTreeSet::new(),
        first: true,
        known: Vec::new(),
    };
    search(&seeded(name, seed), &options, &Nobody)
}

/// The run that met the bug, by seed; those that missed it are left out. In order.
fn fares(name: &str, methods: &[Method], seeds: u64) -> Vec<u64> {
    let first = |seed| {
        let hunt = hunt(name, methods, seed, CAP);
        hunt.findings.iter().map(|finding| finding.run).min()
    };
    let mut runs: Vec<u64> = (1..=seeds).filter_map(first).collect();
    runs.sort_unstable();
    runs
}

/// The lower of the two in the middle.
fn median(sorted: &[u64]) -> Option<u64> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// Findings on the cured plan.
fn false_positives(name: &str, methods: &[Method], seeds: u64, runs: u64) -> usize {
    let cured = format!("{name}-cured");
    let found = |seed| {
        let hunt = hunt(&cured, methods, seed, runs);
        hunt.findings.len() + hunt.unconfirmed.len()
    };
    (1..=seeds).map(found).sum()
}

#[test]
fn the_portfolio_finds_all_planted_bugs_and_none_in_their_cures() {
    for bug in all() {
        let runs = fares(&bug.name, &Method::ALL, 2);
        assert_eq!(runs.len(), 2, "{} {runs:?}", bug.name);
        assert_eq!(false_positives(&bug.name, &Method::ALL, 1, 100), 0, "{}", bug.name);
    }
}

/// Concurrency testers need a median of 29 runs (URW) or 145 (PCT) on their toy of this kind.
#[test]
fn the_long_race_is_found_in_few_runs() {
    let runs = fares("long-race", &Method::ALL, 10);
    assert_eq!(runs.len(), 10, "{runs:?}");
    assert!(median(&runs).is_some_and(|median| median <= 20), "{runs:?}");
}

/// Where the table stands in the list of the planted bugs.
const MARKS: [&str; 2] = ["<!-- made by a command -->\n", "<!-- end -->\n"];

/// Writes the table into `tests/planted/README.md`:
/// `cargo test --release --test it planted::strategies -- --ignored`.
#[test]
#[ignore = "half a minute; writes tests/planted/README.md; the suite runs a part of it"]
fn the_table_of_strategies() {
    const SEEDS: u64 = 10;
    let mut columns: Vec<(&str, Vec<Method>)> = vec![("portfolio", Method::ALL.to_vec())];
    columns.extend(Method::ALL.map(|method| (method.name(), vec![method])));
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut table = format!("| plan | {} |\n|---|", names.join(" | "));
    table += &"---|".repeat(columns.len());
    table.push('\n');
    let mut complete = vec![0; columns.len()];
    let mut wrong = vec![0; columns.len()];
    let bugs = all();
    for bug in &bugs {
        write!(table, "| {} |", bug.name).expect("a String takes everything");
        for (column, (_, methods)) in columns.iter().enumerate() {
            let runs = fares(&bug.name, methods, SEEDS);
            complete[column] += u32::from(runs.len() as u64 == SEEDS);
            wrong[column] += false_positives(&bug.name, methods, SEEDS, CURED);
            let cell = match (runs.len(), median(&runs)) {
                (10, Some(median)) => format!(" {median} |"),
                (found, Some(median)) => format!(" {found}/{SEEDS}: {median} |"),
                (_, None) => " - |".to_owned(),
            };
            table += &cell;
        }
        table.push('\n');
    }
    let cells = |figures: Vec<String>| format!(" {} |\n", figures.join(" | "));
    let all_found = complete.iter().map(|found| format!("**{found}/{}**", bugs.len())).collect();
    table += "| **found by every seed** |";
    table += &cells(all_found);
    table += "| **false positives** |";
    table += &cells(wrong.iter().map(|number| format!("**{number}**")).collect());
    let file = folder().join("README.md");
    let text = fs::read_to_string(&file).expect("there");
    let (before, rest) = text.split_once(MARKS[0]).expect("the mark is there");
    let (_, after) = rest.split_once(MARKS[1]).expect("the mark is there");
    let text = format!("{before}{}\n{table}\n{}{after}", MARKS[0], MARKS[1]);
    fs::write(&file, text).expect("writable");
    assert_eq!(wrong[0], 0, "false positives of the portfolio");
    assert_eq!(complete[0] as usize, bugs.len(), "what the portfolio finds with every seed");
}
