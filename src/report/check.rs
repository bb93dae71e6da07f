//! The report of `cutover check`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{Checked, Row};
use crate::report::FORMAT;
use crate::report::text::Paint;
use crate::report::words::{count, listed};

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileData {
    /// Its path.
    pub file: String,
    /// "scenario" or "finding".
    pub kind: &'static str,
    /// Its expectations.
    pub expectations: Vec<ExpectationData>,
    /// Expectations that no engine checks yet.
    pub not_checked: Vec<String>,
    /// It was refused: nothing of it was checked.
    pub refused: bool,
    /// Its expectations were rewritten.
    pub updated: bool,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationData {
    /// What is measured.
    pub measure: String,
    /// What was expected, in words.
    pub expected: String,
    /// What came of it, in words.
    pub got: String,
    /// The simulated value: a number, or microseconds.
    pub value: Option<f64>,
    /// It holds.
    pub met: bool,
    /// It did not, and the simulated value was written over it.
    pub updated: bool,
}

/// Over all files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Expectations that hold.
    pub held: u64,
    /// Expectations that were missed and rewritten.
    pub updated: u64,
    /// Expectations missed, and not rewritten.
    pub missed: u64,
    /// Expectations not checked.
    pub not_checked: u64,
    /// Files refused.
    pub refused: u64,
}

/// What `cutover check` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "check".
    pub command: &'static str,
    /// The version that checked.
    pub version: &'static str,
    /// What is not checked counts as missed.
    pub strict: bool,
    /// Over all files.
    pub counts: Counts,
    /// In order of their paths.
    pub files: Vec<FileData>,
}

impl FileData {
    /// A scenario held against its expectations.
    #[must_use]
    pub fn scenario(file: &str, checked: &Checked) -> FileData {
        let expectation = |row: &Row| ExpectationData {
            measure: row.name(),
            expected: row.expected(),
            got: row.got(),
            value: row.got,
            met: row.met,
            updated: false,
        };
        FileData {
            expectations: checked.rows.iter().map(expectation).collect(),
            not_checked: checked.unchecked.iter().map(|table| format!("expect.{table}")).collect(),
            ..FileData::empty(file, "scenario")
        }
    }

    /// A finding that was run again: what it must do, what it did, whether that is the same.
    #[must_use]
    pub fn finding(file: &str, must: &str, got: &str, met: bool) -> FileData {
        let expectation = ExpectationData {
            measure: "replay".to_owned(),
            expected: must.to_owned(),
            got: got.to_owned(),
            value: None,
            met,
            updated: false,
        };
        FileData { expectations: vec![expectation], ..FileData::empty(file, "finding") }
    }

    /// Its missed expectations were rewritten, but for those with nothing to measure.
    pub fn rewritten(&mut self) {
        self.updated = true;
        for expectation in &mut self.expectations {
            expectation.updated = !expectation.met && expectation.value.is_some();
        }
    }

    /// A file of which nothing could be checked.
    #[must_use]
    pub fn refused(file: &str, kind: &'static str) -> FileData {
        FileData { refused: true, ..FileData::empty(file, kind) }
    }

    fn empty(file: &str, kind: &'static str) -> FileData {
        FileData {
            file: file.to_owned(),
            kind,
            expectations: Vec::new(),
            not_checked: Vec::new(),
            refused: false,
            updated: false,
        }
    }
}

impl CheckReport {
    /// All files together.
    #[must_use]
    pub fn new(files: Vec<FileData>, strict: bool) -> CheckReport {
        let mut counts = Counts { files: files.len() as u64, ..Counts::default() };
        for file in &files {
            counts.refused += u64::from(file.refused);
            counts.not_checked += file.not_checked.len() as u64;
            let met = file.expectations.iter().filter(|expectation| expectation.met).count() as u64;
            counts.held += met;
            let updated = file.expectations.iter().filter(|expectation| expectation.updated);
            let updated = updated.count() as u64;
            counts.updated += updated;
            counts.missed += file.expectations.len() as u64 - met - updated;
        }
        let version = env!("CARGO_PKG_VERSION");
        CheckReport { format: FORMAT, command: "check", version, strict, counts, files }
    }

    /// True if nothing was missed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counts.missed == 0 && !(self.strict && self.counts.not_checked > 0)
    }

    /// As text: what differs, and with `all` also what holds.
    #[must_use]
    pub fn text(&self, all: bool, paint: Paint) -> String {
        let mut rows: Vec<[String; 5]> = Vec::new();
        for file in &self.files {
            for row in file.expectations.iter().filter(|row| all || !row.met) {
                let state = match (row.met, row.updated) {
                    (true, _) => "holds",
                    (false, true) => "updated",
                    (false, false) => "MISSED",
                };
                let (measure, expected, got) = (&row.measure, &row.expected, &row.got);
                let cells = [&file.file, measure, expected, got].map(String::clone);
                let [file, measure, expected, got] = cells;
                rows.push([file, measure, expected, got, state.to_owned()]);
            }
            if self.strict || all {
                rows.extend(file.not_checked.iter().map(|table| {
                    let (file, dash) = (file.file.clone(), "-".to_owned());
                    [file, table.clone(), dash.clone(), dash, "not checked".to_owned()]
                }));
            }
        }
        let mut out = table(&rows, paint);
        out.push_str(&paint.verdict(&self.sentence(), self.holds() && self.counts.refused == 0));
        out.push('\n');
        out
    }

    fn sentence(&self) -> String {
        let counts = self.counts;
        let mut parts = vec![count(counts.held, "expectation holds", "expectations hold")];
        if counts.updated > 0 {
            parts.push(format!("{} updated", counts.updated));
        }
        parts.push(format!("{} missed", counts.missed));
        if counts.not_checked > 0 {
            let tables = count(counts.not_checked, "table", "tables");
            parts.push(format!("{tables} not checked (their engines are not built yet)"));
        }
        if counts.refused > 0 {
            parts.push(count(counts.refused, "file refused", "files refused"));
        }
        format!("{}: {}", count(counts.files, "file", "files"), listed(&parts))
    }
}

fn table(rows: &[[String; 5]], paint: Paint) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = ["file", "measure", "expected", "got", "state"].map(str::to_owned);
    let width = |column: usize| {
        let all = rows.iter().chain(std::iter::once(&head));
        all.map(|row| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = format!("{}\n", paint.head(&line(&head)));
    for row in rows {
        writeln!(out, "{}", line(row)).expect("a String takes everything");
    }
    out.push('\n');
    out
}
