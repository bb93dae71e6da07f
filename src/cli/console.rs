//! The only writer: results go to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use crate::cli::args::{ColorWhen, Format, Global};
use crate::diagnostics::{Colour, Diagnostics, Sources, render};
use crate::report::Paint;

/// Where output goes, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Console {
    out_colour: bool,
    err_colour: bool,
    quiet: bool,
    verbose: bool,
    json: bool,
}

impl Console {
    /// Resolves the options with the terminal and the environment.
    #[must_use]
    pub(super) fn new(global: &Global) -> Console {
        Console {
            out_colour: colour(global.color, io::stdout().is_terminal()),
            err_colour: colour(global.color, io::stderr().is_terminal()),
            quiet: global.quiet,
            verbose: global.verbose,
            json: global.format == Format::Json,
        }
    }

    /// Results as JSON were asked for.
    #[must_use]
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// More was asked for.
    #[must_use]
    pub(super) fn verbose(&self) -> bool {
        self.verbose
    }

    /// A progress bar would be seen and would disturb nothing.
    #[must_use]
    pub(super) fn shows_progress(&self) -> bool {
        io::stderr().is_terminal() && !self.json && !self.verbose && !self.quiet
    }

    /// How text reports are painted.
    #[must_use]
    pub(super) fn paint(&self) -> Paint {
        Paint { colour: self.out_colour }
    }

    /// A result.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub(super) fn result(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Something worth knowing beside the result; left out with `-q`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.error_line("note", "1;36", text);
        }
    }

    /// Something worth knowing only with `-v`.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            error_text(&format!("{text}\n"));
        }
    }

    /// Why there is no result.
    pub(super) fn error(&self, text: &str) {
        self.error_line("error", "1;31", text);
    }

    /// Problems of a scenario, with carets.
    pub(super) fn problems(&self, diagnostics: &Diagnostics, sources: &Sources) {
        let colour = if self.err_colour { Colour::Always } else { Colour::Never };
        error_text(&render(diagnostics, sources, colour));
    }

    /// What is odd about a scenario but not wrong; left out with `-q`.
    pub(super) fn warnings(&self, diagnostics: &Diagnostics, sources: &Sources) {
        if !self.quiet {
            self.problems(diagnostics, sources);
        }
    }

    fn error_line(&self, word: &str, code: &str, text: &str) {
        let word = match self.err_colour {
            true => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
            false => word.to_owned(),
        };
        error_text(&format!("{word}: {text}\n"));
    }
}

/// Standard error, where there is nobody left to tell if it is closed.
pub(super) fn error_text(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// What `--color` says; "auto" asks the terminal and `NO_COLOR` (<https://no-color.org>).
#[must_use]
pub(super) fn colour(when: ColorWhen, terminal: bool) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            terminal && !refused
        }
    }
}
