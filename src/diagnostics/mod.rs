//! Everything a user can be told is wrong, and how it is drawn.
//!
//! In: a code, a place, a sentence. Out: all problems of a scenario together, sorted, as text. Next: `scenario`.

mod codes;
mod render;
mod source;

use std::ops::Range;

pub use codes::{Code, Severity};
pub use render::{Colour, render};
pub use source::{Place, Sources};

/// One thing that is wrong (or odd) with what the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of problem it is; stable, explained by [`Code::explain`].
    pub code: Code,
    /// Where, as an offset into all [`Sources`]; `None` if it has no place in a file.
    pub span: Option<Range<usize>>,
    /// A lower-case phrase without a full stop.
    pub message: String,
    /// What to write beside the caret.
    pub label: Option<String>,
    /// The next move.
    pub hint: Option<String>,
    /// Other places that belong to the story.
    pub related: Vec<(Range<usize>, String)>,
}

impl Diagnostic {
    /// A problem at a place.
    #[must_use]
    pub fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Diagnostic { span: Some(span), ..Diagnostic::nowhere(code, message) }
    }

    /// A problem without a place, for instance a file that cannot be read.
    #[must_use]
    pub fn nowhere(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Diagnostic { code, span: None, message, label: None, hint: None, related: Vec::new() }
    }

    /// Writes `label` beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows another place.
    #[must_use]
    pub fn related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// All problems found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    /// Problems beyond [`KEPT_MAX`], counted only.
    dropped: usize,
}

/// Problems that are kept: a machine-written file can have one in every line, nobody reads more.
const KEPT_MAX: usize = 1000;

impl Diagnostics {
    /// An empty bag.
    #[must_use]
    pub fn new() -> Self {
        Diagnostics::default()
    }

    /// Adds a problem. One that is already in the bag is not added again.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.items.len() >= KEPT_MAX && diagnostic.code.severity() == Severity::Error {
            self.dropped += 1;
        } else if !self.items.contains(&diagnostic) {
            self.items.push(diagnostic);
        }
    }

    /// Adds a problem at a place, with nothing but its message.
    pub fn error(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) {
        self.push(Diagnostic::new(code, span, message));
    }

    /// True if anything in the bag forbids going on.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.code.severity() == Severity::Error)
    }

    /// True if the bag is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many problems there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len() + self.dropped
    }

    /// All problems that were kept, by position: those without a place first, ties as they were found.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut items: Vec<&Diagnostic> = self.items.iter().collect();
        items.sort_by_key(|item| item.span.as_ref().map(|span| (span.start, span.end)));
        items
    }
}
