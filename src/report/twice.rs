//! The report of `cutover check --twice`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::kernel::Setup;
use crate::report::FORMAT;
use crate::report::text::Paint;
use crate::report::unfinished::owner;
use crate::report::words::{Names, count, grouped};
use crate::simulate::{Difference, Doubled, Side};
use crate::units::Span;

/// What came of running one scenario twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoubledData {
    /// Its path.
    pub file: String,
    /// Replications, each run twice.
    pub runs: u32,
    /// Events of the first of the two.
    pub events: u64,
    /// Where they part, if they do.
    pub difference: Option<DifferenceData>,
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferenceData {
    /// Counted from 0.
    pub replication: u32,
    /// Counted from 1.
    pub event: u64,
    /// What the one did, in words.
    pub first: String,
    /// What the other did.
    pub second: String,
}

/// What `cutover check --twice` reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TwiceReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "check".
    pub command: &'static str,
    /// The version that ran.
    pub version: &'static str,
    /// Double runs over all scenarios.
    pub runs: u64,
    /// Events of one of each two.
    pub events: u64,
    /// In order of their paths.
    pub files: Vec<DoubledData>,
}

impl DoubledData {
    /// Of one scenario.
    #[must_use]
    pub fn new(file: &str, setup: &Setup, doubled: &Doubled) -> DoubledData {
        let difference = doubled.difference.as_ref();
        DoubledData {
            file: file.to_owned(),
            runs: doubled.runs,
            events: doubled.events,
            difference: difference.map(|difference| in_words(setup, difference)),
        }
    }
}

fn in_words(setup: &Setup, difference: &Difference) -> DifferenceData {
    let [first, second] = &difference.sides;
    DifferenceData {
        replication: difference.replication,
        event: difference.event,
        first: side(setup, first),
        second: side(setup, second),
    }
}

fn side(setup: &Setup, side: &Side) -> String {
    let names = Names::new(setup.plan());
    let at = Span(side.at.0);
    let what = match side.timer {
        Some(timer) => {
            let whose = setup.world().name(setup.plan(), timer.entity);
            let (owner, kind) = (owner(&names, timer), timer.kind);
            format!("{kind:?} of {owner}, {whose}: {:?}", side.happenings)
        }
        None => match &side.over {
            Some(stop) => format!("the run is over: {stop:?}"),
            None => format!("nothing that counts: {:?}", side.happenings),
        },
    };
    format!("{at}: {what}")
}

impl TwiceReport {
    /// All scenarios together.
    #[must_use]
    pub fn new(files: Vec<DoubledData>) -> TwiceReport {
        TwiceReport {
            format: FORMAT,
            command: "check",
            version: env!("CARGO_PKG_VERSION"),
            runs: files.iter().map(|file| u64::from(file.runs)).sum(),
            events: files.iter().map(|file| file.events).sum(),
            files,
        }
    }

    /// True if no two runs differ.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.files.iter().all(|file| file.difference.is_none())
    }

    /// As text: what differs, and with `all` each scenario.
    #[must_use]
    pub fn text(&self, all: bool, paint: Paint) -> String {
        let mut out = String::new();
        let mut line = |text: &str| writeln!(out, "{text}").expect("a String takes everything");
        for file in &self.files {
            if let Some(difference) = &file.difference {
                let (replication, event) = (difference.replication, difference.event);
                line(&format!("{}: replication {replication} differs at event {event}", file.file));
                line(&format!("  once   {}", difference.first));
                line(&format!("  again  {}", difference.second));
            } else if all {
                let runs = count(u64::from(file.runs), "double run", "double runs");
                line(&format!("{}: {runs}, {} events", file.file, grouped(file.events)));
            }
        }
        let runs = count(self.runs, "double run", "double runs");
        let of = count(self.files.len() as u64, "scenario", "scenarios");
        let differ = self.files.iter().filter(|file| file.difference.is_some()).count() as u64;
        let verdict = match differ {
            0 => "the same, event for event".to_owned(),
            number => {
                format!("{} NOT the same twice", count(number, "scenario is", "scenarios are"))
            }
        };
        let sentence = format!("{runs} of {of}, {} events: {verdict}", grouped(self.events));
        line(&paint.verdict(&sentence, self.holds()));
        out
    }
}
