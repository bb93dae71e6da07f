//! A line on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::args::SearchBudget;
use crate::cli::console::Console;
use crate::search::Standing;

/// Progress of many runs.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar over so many runs, where it would be seen.
    #[must_use]
    pub(super) fn new(console: &Console, runs: u64) -> Progress {
        let target = match console.shows_progress() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(runs), target);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rollouts, {eta} left");
        Progress(bar.with_style(style.expect("a constant template")))
    }

    /// So many more are done.
    pub(super) fn done(&self, runs: u32) {
        self.0.inc(u64::from(runs));
    }
}

/// The line goes before results come.
impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Progress of what has no known end.
pub(super) struct Spinner(ProgressBar);

impl Spinner {
    /// A line, where it would be seen.
    #[must_use]
    pub(super) fn new(console: &Console) -> Spinner {
        let target = match console.shows_progress() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template("{spinner} {msg}");
        let bar = ProgressBar::with_draw_target(None, target);
        Spinner(bar.with_style(style.expect("a constant template")))
    }

    /// How far it is.
    pub(super) fn show(&self, text: &str) {
        self.0.set_message(text.to_owned());
        self.0.tick();
    }
}

/// The line goes before results come.
impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Progress of a search.
pub(super) struct Searching {
    bar: ProgressBar,
    timed: bool,
}

impl Searching {
    /// A bar over runs or milliseconds, where it would be seen.
    #[must_use]
    pub(super) fn new(console: &Console, budget: &SearchBudget) -> Searching {
        let target = match console.shows_progress() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let (length, timed) = match budget {
            SearchBudget::Runs(runs) => (*runs, false),
            SearchBudget::Time(time) => (time.0 / 1_000, true),
        };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        let style = ProgressStyle::with_template("{bar:30} {msg}").expect("a constant template");
        Searching { bar: bar.with_style(style), timed }
    }

    /// Where it stands.
    pub(super) fn at(&self, standing: &Standing, micros: u64) {
        let Standing { runs, events, orders, hits, bounded } = standing;
        self.bar.set_position(if self.timed { micros / 1_000 } else { *runs });
        let rate = |number: u64| (number as f64 * 1e6 / micros.max(1) as f64).round();
        let (size, made) = bounded.level;
        let share = 100.0 * made as f64 / size.max(1) as f64;
        let level = bounded.finished;
        let causes = match hits.as_slice() {
            [] => "nothing found".to_owned(),
            hits => {
                let hits: Vec<String> = hits.iter().map(u64::to_string).collect();
                format!("{} causes in {} runs", hits.len(), hits.join(" + "))
            }
        };
        self.bar.set_message(format!(
            "{runs} runs, {}/s, {} events/s, {orders} orders, {causes}, \
             {share:.1} % of all with {level} deviations",
            rate(*runs),
            rate(*events),
        ));
    }

    /// The line goes before results come.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
