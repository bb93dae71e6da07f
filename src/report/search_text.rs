//! A search as text: the answer, a page for each cause, what was tried.

use std::fmt::Write as _;

use crate::report::replay::timeline;
use crate::report::search::{FoundData, SearchReport, StrategyData};
use crate::report::search_odds::{pct_line, swarm_lines};
use crate::report::text::Paint;
use crate::report::words::{count, grouped, listed, percent};

/// Forced choices shown of one cause; all with `-v`.
const FORCED_SHOWN: usize = 12;
/// What was never exercised, shown in short.
const NEVER_SHOWN: usize = 12;

/// The report as text; `all`: nothing is cut short.
#[must_use]
pub fn search_text(report: &SearchReport, all: bool, paint: Paint) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        writeln!(out, "{}", text.trim_end()).expect("a String takes everything");
    };
    let good = report.findings.is_empty();
    line(&format!("{}: {}", report.scenario, paint.verdict(&report.headline, good)));
    line(
        "PREDICTED by simulation; every finding was replayed twice, strictly, on the whole rollout",
    );
    for (number, finding) in report.findings.iter().enumerate() {
        page(number + 1, finding, all, &mut line, paint);
    }
    tried(report, &mut line, paint);
    never(report, all, &mut line, paint);
    out
}

fn page(number: usize, finding: &FoundData, all: bool, line: &mut dyn FnMut(&str), paint: Paint) {
    line("");
    let kind = match finding.faults.as_slice() {
        [] if finding.forced.is_empty() => "NO FAULT: the plan is wrong on a good day".to_owned(),
        [] => "NO FAULT: it takes only what the plan allows".to_owned(),
        [one] => format!("takes the fault *{one}*"),
        faults => format!("takes the faults {}", listed(&marked(faults))),
    };
    line(&paint.head(&format!("{number}. {kind}")));
    line(&format!("  {}", finding.sentence));
    let found = format!("found in run {} by {}", grouped(finding.run), finding.method);
    let shrunk = match (finding.forced_before as u64, finding.minimal) {
        // The nominal run: there is nothing to shrink, and the next line says so.
        (0, _) => String::new(),
        (before, minimal) => format!(
            "; {} shrunk to {}, {}",
            count(before, "forced choice", "forced choices"),
            finding.forced.len(),
            if minimal { "none can be left out" } else { "shrinking was cut short" },
        ),
    };
    line(&format!("  {found}, {}{shrunk}", count(finding.hits, "run like it", "runs like it")));
    if finding.forced.is_empty() {
        line("  the nominal run does it: no fault, every delay its median");
    }
    let most = if all { usize::MAX } else { FORCED_SHOWN };
    for forced in finding.forced.iter().take(most) {
        line(&format!("    {forced}"));
    }
    if finding.forced.len() > most {
        line(&format!("    and {} more, shown with -v", finding.forced.len() - most));
    }
    for threshold in &finding.thresholds {
        line(&format!("  {threshold}"));
    }
    finding.prevented.tell(all, line);
    timeline(&finding.timeline, all, line, paint);
    match &finding.file {
        Some(file) => line(&format!("      cutover replay {file}")),
        None => line("  to keep and replay it: run again with --corpus DIR"),
    }
}

fn marked(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("*{name}*")).collect()
}

fn tried(report: &SearchReport, line: &mut dyn FnMut(&str), paint: Paint) {
    line("");
    line(&paint.head("WHAT WAS TRIED"));
    let exempt =
        if report.reproducible { "" } else { "; ended by the clock, so not the same bytes again" };
    line(&format!(
        "  {} of the budget of {}, {}, {}, seed {}{exempt}",
        count(report.runs, "run", "runs"),
        report.budget,
        count(report.events, "event", "events"),
        count(report.orders, "distinct order", "distinct orders"),
        report.seed,
    ));
    let scope = &report.scope;
    let who = count(scope.tenants as u64, "tenant", "tenants");
    let who = match scope.all {
        true => format!("{who}, which are all"),
        false => format!("{who} that may race; all others are nominal"),
    };
    line(&format!(
        "  over {who}: {} (n), {} with a choice of who is next (k)",
        count(scope.actors, "actor", "actors"),
        count(scope.contested, "step", "steps"),
    ));
    line(&format!("  {:<10}{:>9}{:>10}{:>8}", "strategy", "runs", "exposing", "causes"));
    for strategy in &report.strategies {
        line(&format!(
            "  {:<10}{:>9}{:>10}{:>8}",
            strategy.name,
            grouped(strategy.runs),
            grouped(strategy.exposing),
            strategy.causes
        ));
    }
    for sentence in enumerated(report) {
        line(&format!("  {sentence}"));
    }
    for strategy in &report.strategies {
        odds(strategy, line);
    }
    let pct = report.strategies.iter().find(|strategy| strategy.name == "pct");
    let pct = pct.and_then(|pct| pct_line(scope.actors, scope.contested, pct.runs));
    pct.iter().for_each(|sentence| line(&format!("  {sentence}")));
    swarm_lines(&report.swarm).iter().for_each(|sentence| line(&format!("  {sentence}")));
    for unconfirmed in &report.unconfirmed {
        let schedules = count(unconfirmed.schedules, "schedule", "schedules");
        line(&format!("  not counted: {schedules} that {}", unconfirmed.why));
    }
    if report.met_again > 0 {
        line(&format!("  {} of the corpus met again", count(report.met_again, "cause", "causes")));
    }
}

/// What the runs of a strategy say about others.
fn odds(strategy: &StrategyData, line: &mut dyn FnMut(&str)) {
    let name = strategy.name;
    let odds = &strategy.odds;
    match (odds.at_least, odds.runs_for_99, odds.at_most) {
        (Some(least), Some(runs), _) => line(&format!(
            "  {name}: a run exposes somebody with at least {} (95 %); {} to be 99 % sure",
            percent(least),
            count(runs, "run", "runs")
        )),
        (None, _, Some(most)) => {
            line(&format!(
                "  {name}: a run exposes somebody with at most {} (95 %)",
                percent(most)
            ));
        }
        _ => {}
    }
}

/// What the enumeration says.
fn enumerated(report: &SearchReport) -> Vec<String> {
    let enumerated = &report.enumerated;
    let mut told = Vec::new();
    if let Some(most) = enumerated.deviations {
        let ties = match enumerated.ties {
            0 => "no ties that matter".to_owned(),
            ties => format!(
                "{} with {}",
                count(ties, "tie", "ties"),
                count(enumerated.orders, "other order", "other orders")
            ),
        };
        let over = format!(
            "over {} with {}, and {ties}",
            count(enumerated.choices, "choice", "choices"),
            count(enumerated.values, "value", "values")
        );
        let most = count(most, "deviation", "deviations");
        // What the corpus holds, or the whole rollout did not confirm, was exposed all the same.
        let calm =
            report.findings.is_empty() && report.met_again == 0 && report.unconfirmed.is_empty();
        told.push(match calm {
            true => format!("no exposure with at most {most} from nominal, {over}"),
            false => format!("every schedule with at most {most} from nominal was run, {over}"),
        });
    }
    if enumerated.left_out > 0 {
        told.push(format!(
            "{} with one more were left out, because others show the same: they come to a state that \
             was met, or deviate for two tenants that cannot race",
            count(enumerated.left_out, "schedule", "schedules")
        ));
    }
    if enumerated.done < enumerated.level {
        let share = enumerated.done as f64 / enumerated.level as f64;
        told.push(format!(
            "of those with one more, {} of {} were run ({})",
            grouped(enumerated.done),
            grouped(enumerated.level),
            percent(share)
        ));
    }
    told
}

fn never(report: &SearchReport, all: bool, line: &mut dyn FnMut(&str), paint: Paint) {
    let coverage = &report.coverage;
    line("");
    line(&paint.head(&format!(
        "EXERCISED: {} of {} steps, faults, effects and conditions",
        coverage.met, coverage.of
    )));
    let most = if all { usize::MAX } else { NEVER_SHOWN };
    for told in coverage.never.iter().take(most) {
        line(&format!("  {told}"));
    }
    if coverage.never.len() > most {
        line(&format!("  and {} more, shown with -v", coverage.never.len() - most));
    }
}
