//! Rows and cells, each with its place in the file.

use std::ops::Range;

use super::{File, problem};
use crate::diagnostics::{Code, Diagnostics};

/// What can stand between cells; of equally many the first.
const SEPARATORS: [u8; 3] = [b';', b'\t', b','];

/// A CSV file under way.
pub(super) struct Table<'t> {
    pub(super) separator: char,
    /// The cells of the first line, with their places.
    pub(super) head: Vec<(String, Range<usize>)>,
    lines: Lines<'t>,
    reader: csv::Reader<&'t [u8]>,
    record: csv::StringRecord,
    last: Option<usize>,
    rows: usize,
}

/// One row.
pub(super) struct Row<'r> {
    record: &'r csv::StringRecord,
    lines: Lines<'r>,
    at: usize,
}

/// The text, to find the place of a cell when there is something to say about it.
#[derive(Clone, Copy)]
struct Lines<'t> {
    text: &'t str,
    start: usize,
    separator: u8,
}

impl<'t> Table<'t> {
    /// Looks at the first line.
    pub(super) fn open(file: &'t File, bag: &mut Diagnostics) -> Option<Self> {
        let text: &str = &file.text;
        let top = file.start..file.start;
        let head = text.trim_start_matches(['\r', '\n']);
        if head.trim().is_empty() {
            let found = problem(Code::InventoryTable, &top, "this inventory is empty");
            bag.push(found.hint("its first line names the columns, at least `tenant`"));
            return None;
        }
        let separator = sniffed(head);
        let lines = Lines { text, start: file.start, separator };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        // The bytes are valid text in memory, so reading them cannot fail.
        let found = reader.read_record(&mut record).unwrap_or(false);
        let at = text.len() - head.len();
        let cells = record.iter().enumerate();
        let head = cells.map(|(i, cell)| (cell.trim().to_owned(), lines.cell(at, i))).collect();
        let separator = char::from(separator);
        let last = found.then_some(at);
        Some(Table { separator, head, lines, reader, record, last, rows: 0 })
    }

    /// The next row with as many cells as there are columns; others are told.
    pub(super) fn next_row(&mut self, bag: &mut Diagnostics) -> Option<Row<'_>> {
        loop {
            if !self.reader.read_record(&mut self.record).unwrap_or(false) {
                return None;
            }
            let byte = self.record.position().map_or(0, csv::Position::byte);
            let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.lines.text.len());
            let rest = &self.lines.text[byte..];
            let at = byte + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            self.last = Some(at);
            self.rows += 1;
            if self.record.len() == self.head.len() {
                break;
            }
            self.uneven(at, bag);
        }
        Some(Row { record: &self.record, lines: self.lines, at: self.last? })
    }

    fn uneven(&self, at: usize, bag: &mut Diagnostics) {
        if self.lines.open_quote(at).is_some() {
            // It has taken in what follows, and is told in the end.
            return;
        }
        let (cells, columns) = (self.record.len(), self.head.len());
        let plural = if cells == 1 { "cell" } else { "cells" };
        let message = format!("this row has {cells} {plural}, and there are {columns} columns");
        let span = match cells > columns {
            true => self.lines.cell(at, columns),
            false => self.lines.row(at),
        };
        let found = problem(Code::InventoryRow, &span, message);
        bag.push(match self.separator {
            ',' if cells > columns => {
                found.hint("a cell that holds a comma, such as 1,5, stands in double quotes")
            }
            _ => found,
        });
    }

    /// Reports a quote that is never closed: it takes in all the rest of the file.
    pub(super) fn closed(&self, bag: &mut Diagnostics) {
        let Some(at) = self.last else { return };
        if self.rows == 0 {
            let end = self.lines.start + self.lines.text.len();
            bag.error(Code::InventoryTable, end..end, "this inventory lists no tenant");
        }
        if let Some(quote) = self.lines.open_quote(at) {
            let span = self.lines.start + quote..self.lines.start + quote + 1;
            bag.error(Code::InventoryTable, span, "this quote is never closed");
        }
    }
}

impl Row<'_> {
    /// A cell without the spaces at its ends.
    pub(super) fn cell(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or("").trim()
    }

    /// Numbers may have a decimal comma.
    pub(super) fn decimal_comma(&self) -> bool {
        self.lines.separator == b';'
    }

    pub(super) fn span(&self, index: usize) -> Range<usize> {
        self.lines.cell(self.at, index)
    }
}

/// The most frequent separator of the first line, quoted cells apart.
fn sniffed(text: &str) -> u8 {
    let mut counts = [0usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            byte => {
                if let Some(place) = SEPARATORS.iter().position(|known| *known == byte) {
                    counts[place] += 1;
                }
            }
        }
    }
    // The last of equal maxima would win, hence from behind; without any it is one column.
    let best = (0..SEPARATORS.len()).rev().max_by_key(|&place| counts[place]).unwrap_or(0);
    if counts[best] == 0 { b',' } else { SEPARATORS[best] }
}

impl Lines<'_> {
    /// Where a cell of the row at `at` stands, quotes included.
    fn cell(self, at: usize, index: usize) -> Range<usize> {
        let mut from = at;
        for _ in 0..index {
            from = (self.cell_end(from).0 + 1).min(self.text.len());
        }
        let end = self.cell_end(from).0;
        self.start + from..self.start + end
    }

    fn row(self, at: usize) -> Range<usize> {
        let end = self.text[at..].find(['\n', '\r']).map_or(self.text.len(), |end| at + end);
        self.start + at..self.start + end
    }

    /// The end of the cell that begins at `from`, and whether its quote is still open there.
    fn cell_end(self, from: usize) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let mut quoted = bytes.get(from) == Some(&b'"');
        let mut at = from + usize::from(quoted);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                // A doubled quote closes and opens again.
                b'"' if quoted || (at > from && bytes[at - 1] == b'"' && bytes[from] == b'"') => {
                    quoted = !quoted;
                }
                b'\n' | b'\r' if !quoted => break,
                byte if byte == self.separator && !quoted => break,
                _ => {}
            }
            at += 1;
        }
        (at.max(from), quoted)
    }

    /// Where the quote stands that is open when the text ends, in the row at `at`.
    fn open_quote(self, at: usize) -> Option<usize> {
        let mut from = at;
        loop {
            let (end, open) = self.cell_end(from);
            if open {
                return Some(from);
            }
            if self.text.as_bytes().get(end) != Some(&self.separator) {
                return None;
            }
            from = end + 1;
        }
    }
}
