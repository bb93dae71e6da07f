//! Draws problems with file, line, column and caret.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity, Sources};

/// Whether to write terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// With escape sequences.
    Always,
}

/// More problems than this are counted, not drawn: a wrong unit in a generated file is one mistake.
const SHOWN_MAX: usize = 50;

/// All problems, sorted by position, as text that ends in a newline (or is empty).
#[must_use]
pub fn render(diagnostics: &Diagnostics, sources: &Sources, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let sorted = diagnostics.sorted();
    let mut text = String::new();
    for diagnostic in sorted.iter().take(SHOWN_MAX) {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    if diagnostics.len() > SHOWN_MAX {
        text.push_str(&format!("and {} more\n\n", diagnostics.len() - SHOWN_MAX));
    }
    text.pop();
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id());
    let mut group = Group::with_title(title);
    if let Some(span) = &diagnostic.span {
        for snippet in snippets(diagnostic, span, sources) {
            group = group.element(snippet);
        }
    }
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The main place, then the related ones; places in one file share a snippet.
fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    main: &Range<usize>,
    sources: &'a Sources,
) -> Vec<Snippet<'a, Annotation<'a>>> {
    let Some((main_file, main_text, main_span)) = sources.local(main) else {
        return Vec::new();
    };
    let label = diagnostic.label.as_deref();
    let mut notes = vec![(AnnotationKind::Primary, main_span, label)];
    let mut others = Vec::new();
    for (span, label) in &diagnostic.related {
        let Some((file, text, span)) = sources.local(span) else {
            continue;
        };
        let note = (AnnotationKind::Context, span, Some(label.as_str()));
        if file == main_file {
            notes.push(note);
        } else {
            others.push(snippet(file, text, vec![note]));
        }
    }
    others.insert(0, snippet(main_file, main_text, notes));
    others
}

/// A place in a file, how to mark it, and what to write there.
type Note<'a> = (AnnotationKind, Range<usize>, Option<&'a str>);

/// Only the lines that are needed are handed over: the file may be large.
fn snippet<'a>(file: &'a str, text: &'a str, notes: Vec<Note<'a>>) -> Snippet<'a, Annotation<'a>> {
    let first = notes.iter().map(|(_, span, _)| span.start).min().unwrap_or(0);
    let last = notes.iter().map(|(_, span, _)| span.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let line = text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    // A carriage return before the line end is no part of what anybody wrote.
    let end = if text[last..end].ends_with('\r') { end - 1 } else { end };
    let part = &text[start..end];
    let annotations = notes.into_iter().map(|(kind, span, label)| {
        kind.span(visible(part, span.start - start..span.end - start)).label(label)
    });
    Snippet::source(part).path(file).line_start(line).annotations(annotations)
}

/// Cuts a span that runs over several lines at its first line end, so that an unclosed bracket does
/// not print half the file.
fn visible(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text[span.clone()].find(['\n', '\r']).map_or(span.end, |at| span.start + at);
    span.start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;

    #[test]
    fn a_problem_shows_place_reason_and_next_move() {
        let mut sources = Sources::new();
        let base = sources.add("base.toml", "[pools]\ncopy = { slots = 2 }\n");
        let start = sources.add("two-waves.toml", "[pools]\ncopy = { slots = 0 }\n");
        let mut bag = Diagnostics::new();
        let at = |start: usize| start + 25..start + 26;
        bag.push(
            Diagnostic::new(Code::NoSlots, at(start), "pool `copy` has no slots")
                .label("must be at least 1")
                .hint("leave the pool out to have no limit")
                .related(at(base), "the base has some"),
        );
        bag.push(Diagnostic::nowhere(Code::Unreadable, "cannot read other.toml: not found"));
        insta::assert_snapshot!(render(&bag, &sources, Colour::Never));
        assert!(render(&bag, &sources, Colour::Always).contains('\u{1b}'));
    }

    #[test]
    fn lines_end_as_they_do_on_other_systems() {
        let mut sources = Sources::new();
        let start = sources.add("crlf.toml", "x = 1\r\ny = 2\r\n");
        let mut bag = Diagnostics::new();
        bag.error(Code::UnknownKey, start + 7..start + 8, "unknown key `y`");
        let drawn = render(&bag, &sources, Colour::Never);
        assert!(drawn.contains("2 | y = 2\n"), "{drawn:?}");
    }

    #[test]
    fn many_problems_are_counted() {
        let mut sources = Sources::new();
        let text = "x\n".repeat(60);
        let start = sources.add("many.toml", text);
        let mut bag = Diagnostics::new();
        for line in 0..60 {
            bag.error(Code::UnknownKey, start + 2 * line..start + 2 * line + 1, "unknown key `x`");
        }
        let drawn = render(&bag, &sources, Colour::Never);
        assert_eq!(drawn.matches("error[").count(), 50);
        assert!(drawn.ends_with("and 10 more\n"));
    }
}
