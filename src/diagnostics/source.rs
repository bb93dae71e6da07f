//! Several files in one space of offsets, so that the spans of a base and of the scenario that
//! extends it never mix up.

use std::ops::Range;

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    name: String,
    text: String,
    start: usize,
}

/// A position for people: 1-based line and column (in characters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file's name as it was read.
    pub file: &'a str,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

impl Sources {
    /// No file yet.
    #[must_use]
    pub fn new() -> Self {
        Sources::default()
    }

    /// Adds a file and returns its first offset.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        // One offset is left free between two files: the end of one is not the start of the next.
        let start = self.files.last().map_or(0, |last| last.start + last.text.len() + 1);
        self.files.push(File { name: name.into(), text: text.into(), start });
        start
    }

    /// The names and texts of all files, in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|file| (file.name.as_str(), file.text.as_str()))
    }

    /// File name, text and span within that text of a global span. Ends are moved onto character
    /// borders and into the file.
    #[must_use]
    pub fn local(&self, span: &Range<usize>) -> Option<(&str, &str, Range<usize>)> {
        let file = self.files.iter().rev().find(|file| file.start <= span.start)?;
        let inside = |offset: usize| {
            let offset = offset.saturating_sub(file.start).min(file.text.len());
            file.text.floor_char_boundary(offset)
        };
        let start = inside(span.start);
        Some((&file.name, &file.text, start..inside(span.end).max(start)))
    }

    /// Line and column of an offset.
    #[must_use]
    pub fn place(&self, offset: usize) -> Option<Place<'_>> {
        let (file, text, span) = self.local(&(offset..offset))?;
        let before = &text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Some(Place { file, line, column: before[line_start..].chars().count() + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_do_not_share_offsets() {
        let mut sources = Sources::new();
        let a = sources.add("a.toml", "x = 1\nü = 2\n");
        let b = sources.add("b.toml", "y = 3\n");
        assert!(b > a + "x = 1\nü = 2\n".len());
        let place = sources.place(a + 9).expect("inside");
        assert_eq!((place.file, place.line, place.column), ("a.toml", 2, 3));
        let place = sources.place(b).expect("inside");
        assert_eq!((place.file, place.line, place.column), ("b.toml", 1, 1));
        // An offset inside `ü`, and one far outside, are moved to the nearest place that exists.
        assert_eq!(sources.place(a + 7).expect("inside").column, 1);
        assert_eq!(sources.place(10_000).expect("clamped").line, 2);
    }
}
