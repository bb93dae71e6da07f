//! The report of a simulation for people: the answer first, then what it rests on.

mod course;

use std::fmt::Write as _;

use crate::report::data::*;
use crate::report::words::{count, grouped, listed, number, percent, time};
use crate::units::Span;

/// Whether to set off the headline with terminal colours; colour never carries meaning alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// Write escape sequences.
    pub colour: bool,
}

impl Paint {
    /// A sentence that says all is well, or that it is not.
    #[must_use]
    pub fn verdict(self, text: &str, good: bool) -> String {
        let code = if good { "1;32" } else { "1;31" };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The head of a section.
    pub(super) fn head(self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Width of the column of labels.
const LABELS: usize = 34;
/// Widths of the columns of figures; the second holds intervals.
const FIGURES: [usize; 3] = [14, 28, 16];

/// Sections of aligned rows.
struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{}", line.trim_end()).expect("a String takes everything");
    }

    fn head(&mut self, title: &str, columns: &[&str]) {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        self.text.push('\n');
        // A long title has its own line rather than push the columns away.
        let long = title.chars().count() > LABELS && !columns.is_empty();
        if long {
            let title = self.paint.head(title);
            self.line(&title);
        }
        let title = if long { "" } else { title };
        let head = format!("{title:<LABELS$}  {}", aligned(&columns));
        let head = self.paint.head(head.trim_end());
        self.line(&head);
    }

    fn row(&mut self, label: &str, figures: &[String]) {
        let figures = aligned(figures);
        let width = LABELS - 2;
        if label.chars().count() > width {
            self.line(&format!("  {label}"));
            self.line(&format!("  {:<width$}  {figures}", ""));
        } else {
            self.line(&format!("  {label:<width$}  {figures}"));
        }
    }

    /// Mean, interval and largest value.
    fn mean(&mut self, label: &str, mean: &MeanData, show: &dyn Fn(f64) -> String) {
        self.row(label, &[show(mean.mean), between(mean, show), show(mean.max)]);
    }
}

fn aligned(figures: &[String]) -> String {
    let cells = figures.iter().zip(FIGURES).map(|(figure, width)| format!("{figure:<width$}"));
    cells.collect()
}

fn between(mean: &MeanData, show: &dyn Fn(f64) -> String) -> String {
    match (mean.low, mean.high) {
        // What is counted cannot be negative, whatever the t interval says.
        (Some(low), Some(high)) => format!("{} to {}", show(low.max(0.0)), show(high)),
        _ => "-".to_owned(),
    }
}

/// The report as text; `replay` is put before a finding's file to give a command.
#[must_use]
pub fn simulate_text(report: &SimulateReport, out: Option<&str>, paint: Paint) -> String {
    let mut page = Page { text: String::new(), paint };
    let good = report.exposure.runs.hits == 0 && report.unfinished.is_none();
    let headline = paint.verdict(&report.headline, good);
    match &report.unfinished {
        Some(unfinished) => {
            let unfinished = paint.verdict(unfinished, false);
            page.line(&format!("{}: {unfinished}", report.scenario));
            page.line(&headline);
        }
        None => page.line(&format!("{}: {headline}", report.scenario)),
    }
    if let Some(finding) = report.findings.first() {
        page.line(&format!("for instance: {}", finding.sentence));
    }
    if report.precise == Some(false) {
        page.line(&format!(
            "the precision asked for was not reached within the replications allowed: {}",
            reached(report)
        ));
    }
    page.line("");
    let sure = percent(report.confidence);
    page.line(&format!(
        "PREDICTED by simulation, not observed; per rollout, with {sure} intervals"
    ));
    exposure(&mut page, report);
    causes(&mut page, report);
    people(&mut page, report);
    ends(&mut page, report);
    course::waves(&mut page, report);
    course::halts(&mut page, report);
    resources(&mut page, report);
    findings(&mut page, report, out);
    page.text
}

/// How near the two intervals of `--precision` came, by measure.
fn reached(report: &SimulateReport) -> String {
    let runs = &report.exposure.runs;
    let near = |half: f64, mean: f64| percent(half / mean);
    let exposes = if runs.hits < 30 {
        let rollouts = count(runs.hits, "rollout", "rollouts");
        format!("{rollouts} exposed anyone, where at least 30 are needed")
    } else {
        let half = (runs.high - runs.low) / 2.0;
        format!("the chance that a rollout exposes anyone is known to ±{}", near(half, runs.share))
    };
    let mean = report.makespan.as_ref().map(|makespan| &makespan.mean_us);
    let makespan = match mean.map(|mean| (mean.mean, mean.low, mean.high)) {
        Some((mean, Some(low), Some(high))) if mean > 0.0 => {
            format!("the mean makespan to ±{}", near((high - low) / 2.0, mean))
        }
        _ => "the mean makespan is not known".to_owned(),
    };
    listed(&[exposes, makespan])
}

fn exposure(page: &mut Page, report: &SimulateReport) {
    let data = &report.exposure;
    if data.hazards.is_empty() || data.runs.hits == 0 {
        return;
    }
    page.head("EXPOSURE", &["mean", "t interval", "most in one run"]);
    page.mean("tenants with a window", &data.tenants_with_window, &number);
    page.mean("viewers: tenants who could read", &data.viewers, &number);
    page.mean("exposed: whose data, at most", &data.exposed, &number);
    page.mean("  of them on the new system", &data.exposed_min, &number);
    page.mean("their mailboxes (about)", &data.records, &number);
    page.mean("expected reads", &data.expected_reads, &number);
    page.mean("sampled reads", &data.sampled_reads, &number);
    let capped = |share: f64| percent(share.min(1.0));
    let any = &data.any_read;
    page.row("chance that anybody reads", &[capped(any.mean), between(any, &capped)]);
    page.mean("longest window", &data.longest_us, &time);
    page.mean("exposure time, all tenants", &data.exposure_time_us, &time);
    for hazard in data.hazards.iter().filter(|hazard| hazard.windows.max > 0.0) {
        page.mean(&format!("windows: {}", hazard.name), &hazard.windows, &number);
    }
}

/// Causes shown; the JSON has all.
const CAUSES: usize = 8;

fn causes(page: &mut Page, report: &SimulateReport) {
    if report.causes.is_empty() {
        return;
    }
    page.head("CAUSES, most tenants first", &[]);
    for cause in report.causes.iter().take(CAUSES) {
        page.line(&format!("  {}: because {}", cause.hazard, cause.words));
        let of = count(cause.runs.of, "run", "runs");
        let runs = format!("in {} of {of}", grouped(cause.runs.hits));
        let tenants = count(cause.tenants, "tenant", "tenants");
        let longest = Span(cause.longest_us).brief();
        let (low, high) = (percent(cause.runs.low), percent(cause.runs.high));
        page.line(&format!(
            "      {runs} ({low} to {high}, Clopper-Pearson), {tenants} in all, longest {longest}"
        ));
    }
    if report.causes.len() > CAUSES {
        page.line(&format!(
            "  and {} rarer ones (see --format json)",
            report.causes.len() - CAUSES
        ));
    }
}

fn people(page: &mut Page, report: &SimulateReport) {
    let halted = &report.halted;
    if let Some(downtime) = &report.downtime {
        page.head("DOWNTIME", &["mean", "t interval", "most in one run"]);
        page.mean("of a run's median tenant", &downtime.median_us, &time);
        page.mean("of a run's worst tenant", &downtime.max_us, &time);
        if halted.stopped.max > 0.0 || halted.stuck.max > 0.0 {
            page.line("  (whoever never gets in again counts as locked out until the horizon)");
        }
    }
    if !report.goals.is_empty() {
        page.head("GOALS MISSED", &["mean", "t interval", "most in one run"]);
        for goal in &report.goals {
            page.mean(&goal.name, &goal.missed, &number);
        }
    }
    if halted.stopped.max > 0.0 || halted.stuck.max > 0.0 {
        page.head("NOT FINISHED", &["mean", "t interval", "most in one run"]);
        page.mean("stopped: a step failed for good", &halted.stopped, &number);
        page.mean("stuck: unfinished at the end", &halted.stuck, &number);
        for halt in &report.halted.reasons {
            page.line(&format!(
                "  *{}* {}: {} in all, for instance {} in replication {}",
                halt.step,
                halt.reason,
                grouped(halt.count),
                halt.example,
                halt.replication
            ));
        }
    }
}

fn ends(page: &mut Page, report: &SimulateReport) {
    if let Some(makespan) = &report.makespan {
        let all = u64::from(report.replications);
        let part = (makespan.finished < all).then(|| {
            format!("the {} of {} that finished", grouped(makespan.finished), grouped(all))
        });
        let title = part.as_ref().map(|part| format!("MAKESPAN of {part}"));
        page.head(title.as_deref().unwrap_or("MAKESPAN"), &["estimate", "interval", "method"]);
        let mean = &makespan.mean_us;
        page.row("mean", &[time(mean.mean), between(mean, &time), "t".to_owned()]);
        for quantile in &makespan.quantiles {
            let end = |end: u64| Span(end).brief();
            // A small sample bounds a quantile from one side only.
            let range = match (quantile.low_us, quantile.high_us) {
                (Some(low), Some(high)) => format!("{} to {}", end(low), end(high)),
                (Some(low), None) => format!("{} or more", end(low)),
                (None, Some(high)) => format!("{} or less", end(high)),
                (None, None) => "too few runs".to_owned(),
            };
            let label = {
                let whose = part.as_deref().unwrap_or("rollouts");
                format!("{} of {whose} are done by", percent(quantile.q))
            };
            let estimate = Span(quantile.estimate_us).brief();
            page.row(&label, &[estimate, range, "order statistics".to_owned()]);
        }
        page.row("shortest and longest run", &[time(mean.min), time(mean.max)]);
    }
    let odd: Vec<String> = report
        .ends
        .iter()
        .filter(|end| end.end != crate::simulate::End::Finished)
        .map(|end| format!("{} {}", count(end.runs, "run", "runs"), ending(end.end)))
        .collect();
    if !odd.is_empty() {
        page.line("");
        page.line(&format!(
            "of {}, {}",
            count(u64::from(report.replications), "run", "runs"),
            listed(&odd)
        ));
    }
}

fn ending(end: crate::simulate::End) -> &'static str {
    use crate::simulate::End;
    match end {
        End::Finished => "finished",
        End::Halted => "ended halted",
        End::Stuck => "ended with somebody waiting for what never comes",
        End::Horizon => "reached the horizon",
        End::Livelock => {
            "ended in a livelock: an activity that starts again and again at one instant"
        }
        End::Events => "reached the limit on events",
    }
}

fn resources(page: &mut Page, report: &SimulateReport) {
    if !report.pools.is_empty() {
        page.head("POOLS", &["in use", "mean wait", "peak of slots"]);
    }
    for pool in &report.pools {
        let label = match &pool.each {
            Some(each) => format!("{} (each {each})", pool.name),
            None => pool.name.clone(),
        };
        let peak = format!("{} of {}", pool.peak, pool.slots);
        let wait = if pool.all_served { time(pool.wait_us.mean) } else { "-".to_owned() };
        page.row(&label, &[percent(pool.utilisation.mean), wait, peak]);
    }
    if report.pools.iter().any(|pool| !pool.all_served) {
        page.line(
            "  (no mean wait: some runs ended with requests that may never have been served)",
        );
    }
    if !report.faults.is_empty() {
        page.head("FAULTS", &["strikes", "t interval", "most in one run"]);
    }
    for fault in &report.faults {
        page.mean(&fault.name, &fault.strikes, &number);
    }
    if report.retries.max > 0.0 {
        if report.faults.is_empty() {
            page.head("RETRIES", &["mean", "t interval", "most in one run"]);
        }
        page.mean("attempts tried again", &report.retries, &number);
    }
}

fn findings(page: &mut Page, report: &SimulateReport, out: Option<&str>) {
    if report.findings.is_empty() {
        return;
    }
    page.head("FINDINGS, each one replays event for event", &[]);
    for finding in &report.findings {
        page.line(&format!(
            "  {} ({}, replication {})",
            finding.sentence, finding.why, finding.replication
        ));
        if let Some(out) = out {
            page.line(&format!("      cutover replay {out}/{}", finding.file));
        }
    }
    if report.windows_left_out > 0 {
        let left = count(report.windows_left_out, "window is", "windows are");
        page.line(&format!("  (counted above, but {left} left out of exposures.csv)"));
    }
    if out.is_none() {
        page.line("  to keep them: run again with --out DIR, then cutover replay DIR/findings/finding-1.toml");
    }
}
