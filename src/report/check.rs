//! The report of `cutover check`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{Checked, Rerun, Row, SearchRow, VerifyRow, harms};
use crate::report::FORMAT;
use crate::report::replay::ReplayReport;
use crate::report::text::Paint;
use crate::report::words::{count, listed};
use crate::scenario::finding::{FindingFile, Must};

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
    /// Why, as it was told: the problems with their places.
    pub problems: Option<String>,
    /// The budget ended before it was begun.
    pub undecided: bool,
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
    /// The run was broken off before it could tell.
    pub undecided: bool,
    /// Overrides for which the scenario has no place any more: which, and why.
    pub misfits: Vec<String>,
}

/// What an expectation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it must.
    Holds,
    /// Missed, and rewritten.
    Updated,
    /// Not as it must.
    Missed,
    /// A finding whose names or values the scenario no longer has.
    Unfit,
    /// Neither shown nor refuted.
    Undecided,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Holds => "holds",
            State::Updated => "updated",
            State::Missed => "MISSED",
            State::Unfit => "NO LONGER FITS",
            State::Undecided => "undecided",
        }
    }
}

impl ExpectationData {
    /// What it came to.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            _ if self.met => State::Holds,
            _ if self.updated => State::Updated,
            _ if self.undecided => State::Undecided,
            _ if !self.misfits.is_empty() => State::Unfit,
            _ => State::Missed,
        }
    }
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
    /// Findings that no longer fit.
    pub unfit: u64,
    /// Findings that were broken off, and files that the budget left no time for.
    pub undecided: u64,
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
            undecided: false,
            misfits: Vec::new(),
        };
        let said = |engine: &str, key: &str, expected: &str, got: &str, met| ExpectationData {
            measure: format!("{engine}: {key}"),
            expected: expected.to_owned(),
            got: got.to_owned(),
            value: None,
            met,
            updated: false,
            undecided: false,
            misfits: Vec::new(),
        };
        let proved = |row: &VerifyRow| said("verify", row.key, &row.expected, &row.got, row.met);
        let found = |row: &SearchRow| said("search", row.key, &row.expected, &row.got, row.met);
        let expectations = checked.rows.iter().map(expectation);
        let expectations = expectations.chain(checked.verified.iter().map(proved));
        FileData {
            expectations: expectations.chain(checked.searched.iter().map(found)).collect(),
            not_checked: checked.unchecked.iter().map(|table| format!("expect.{table}")).collect(),
            ..FileData::empty(file, "scenario")
        }
    }

    /// A finding that was run again: on its own scenario, where it must do what it says, or on
    /// another one, where it must expose nobody, or not miss its goal.
    #[must_use]
    pub fn finding(file: &str, finding: &FindingFile, own: bool, rerun: &Rerun) -> FileData {
        let must = if own { finding.must } else { Must::Harmless };
        let harms = match own {
            true => rerun.does == (must != Must::Harmless),
            false => harms(&rerun.setup, finding, &rerun.replay),
        };
        let decided = harms || rerun.decided;
        let ReplayReport { window, missed, .. } = ReplayReport::new(rerun, finding, !own);
        let mut got = match (window, missed, harms) {
            _ if !decided => "broken off before it exposed anybody".to_owned(),
            (_, _, false) => "harmless".to_owned(),
            (Some(window), _, true) => format!("exposes: {}", window.sentence),
            (None, Some(missed), true) => format!("misses: {}", missed.sentence),
            (None, None, true) if must == Must::Misses => "misses".to_owned(),
            (None, None, true) => "exposes".to_owned(),
        };
        if own && !rerun.same && finding.digest != 0 {
            got.push_str(" (not the run that was found: another digest)");
        }
        let mut data = FileData::replayed(file, must, got);
        data.expectations[0].met = decided && harms == (must != Must::Harmless);
        data.expectations[0].undecided = !decided;
        data
    }

    /// A finding that a scenario has no place for.
    #[must_use]
    pub fn unfit(file: &str, must: Must, misfits: Vec<String>) -> FileData {
        let mut data = FileData::replayed(file, must, "it has no place there".to_owned());
        data.expectations[0].misfits = misfits;
        data
    }

    fn replayed(file: &str, must: Must, got: String) -> FileData {
        let expectation = ExpectationData {
            measure: "replay".to_owned(),
            expected: must.word().to_owned(),
            got,
            value: None,
            met: false,
            updated: false,
            undecided: false,
            misfits: Vec::new(),
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

    /// A file of which nothing could be checked, and why.
    #[must_use]
    pub fn refused(file: &str, kind: &'static str, problems: String) -> FileData {
        FileData { refused: true, problems: Some(problems), ..FileData::empty(file, kind) }
    }

    /// A file that the budget left no time for.
    #[must_use]
    pub fn not_begun(file: &str, kind: &'static str) -> FileData {
        FileData { undecided: true, ..FileData::empty(file, kind) }
    }

    fn empty(file: &str, kind: &'static str) -> FileData {
        FileData {
            file: file.to_owned(),
            kind,
            expectations: Vec::new(),
            not_checked: Vec::new(),
            refused: false,
            problems: None,
            undecided: false,
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
            counts.undecided += u64::from(file.undecided);
            for expectation in &file.expectations {
                *match expectation.state() {
                    State::Holds => &mut counts.held,
                    State::Updated => &mut counts.updated,
                    State::Missed => &mut counts.missed,
                    State::Unfit => &mut counts.unfit,
                    State::Undecided => &mut counts.undecided,
                } += 1;
            }
        }
        let version = env!("CARGO_PKG_VERSION");
        CheckReport { format: FORMAT, command: "check", version, strict, counts, files }
    }

    /// True if nothing was missed.
    #[must_use]
    pub fn holds(&self) -> bool {
        let missed = self.counts.missed + self.counts.unfit;
        missed == 0 && !(self.strict && self.counts.not_checked > 0)
    }

    /// As text: what differs, and with `all` also what holds.
    #[must_use]
    pub fn text(&self, all: bool, paint: Paint) -> String {
        let mut rows: Vec<[String; 5]> = Vec::new();
        for file in &self.files {
            for row in file.expectations.iter().filter(|row| all || !row.met) {
                let (measure, expected, got) = (&row.measure, &row.expected, &row.got);
                // A sentence stands below the table.
                let got = got.split_once(": ").map_or(got.as_str(), |(first, _)| first);
                let cells = [file.file.as_str(), measure, expected, got].map(str::to_owned);
                let [file, measure, expected, got] = cells;
                rows.push([file, measure, expected, got, row.state().word().to_owned()]);
            }
            if file.undecided {
                let [file, dash] = [file.file.as_str(), "-"].map(str::to_owned);
                let cells = [file, dash.clone(), dash.clone(), "not begun".to_owned()];
                let [file, measure, expected, got] = cells;
                rows.push([file, measure, expected, got, State::Undecided.word().to_owned()]);
            }
            if self.strict || all {
                rows.extend(file.not_checked.iter().map(|table| {
                    let (file, dash) = (file.file.clone(), "-".to_owned());
                    [file, table.clone(), dash.clone(), dash, "not checked".to_owned()]
                }));
            }
        }
        let mut out = table(&rows, paint);
        for file in &self.files {
            for row in file.expectations.iter().filter(|row| !row.met) {
                let sentence = Some(&row.got).filter(|got| got.contains(": "));
                for line in row.misfits.iter().chain(sentence) {
                    writeln!(out, "{}: {line}", file.file).expect("a String takes everything");
                }
            }
        }
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
        if counts.unfit > 0 {
            parts.push(count(counts.unfit, "finding no longer fits", "findings no longer fit"));
        }
        if counts.undecided > 0 {
            parts.push(format!("{} undecided", counts.undecided));
        }
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
