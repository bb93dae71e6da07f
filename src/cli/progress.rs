//! A line on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::console::Console;

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
