//! The report of a replay: the sentence, the timeline around the exposure, what was not nominal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{Rerun, overrides, window_of};
use crate::kernel::Setup;
use crate::plan::{Plan, SiteForm};
use crate::report::FORMAT;
use crate::report::story::{LineData, story};
use crate::report::text::Paint;
use crate::report::words::{Names, count};
use crate::scenario::finding::FindingFile;
use crate::simulate::{OverrideName, Site};
use crate::units::Span;

/// Whether a run is the one that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// Event for event.
    Same,
    /// The embedded scenario went another way: another version, or an edited file.
    Differs,
    /// Another scenario was asked for, so no digest was to be expected.
    OtherScenario,
}

/// The window of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplayedWindow {
    /// In a sentence.
    pub sentence: String,
    /// First instant.
    pub from_us: u64,
    /// First instant after it.
    pub to_us: u64,
}

/// What `cutover replay` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "replay".
    pub command: &'static str,
    /// The version that replayed it.
    pub version: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of the plan, hexadecimal.
    pub fingerprint: String,
    /// Seed of population and draws.
    pub seed: u64,
    /// The finding's own sentence.
    pub title: String,
    /// "exposes" or "harmless".
    pub must: &'static str,
    /// It does what it must.
    pub does: bool,
    /// "predicted".
    pub status: &'static str,
    /// The window it leads to in this run.
    pub window: Option<ReplayedWindow>,
    /// Whether the run is the one that was found.
    pub digest: Compared,
    /// Choices that the nominal run would have made otherwise.
    pub not_nominal: Vec<NotNominal>,
    /// Overrides that never came up.
    pub unused: Vec<String>,
    /// The story of the tenant.
    pub timeline: Vec<LineData>,
}

/// A choice that differs from the nominal one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotNominal {
    /// For whom.
    pub entity: String,
    /// Where.
    pub site: String,
    /// Counted from 1.
    pub occurrence: u32,
    /// What it was.
    pub value: String,
    /// What it would have been.
    pub nominal: String,
}

impl ReplayReport {
    /// The report of a replay of a finding; `other`: on another scenario than its own.
    #[must_use]
    pub fn new(rerun: &Rerun, file: &FindingFile, other: bool) -> ReplayReport {
        let (setup, replay) = (&rerun.setup, &rerun.replay);
        let plan = setup.plan();
        let names = Names { plan };
        let window = window_of(setup, file, replay);
        let dealt = overrides(file);
        let digest = match other {
            true => Compared::OtherScenario,
            false if rerun.same => Compared::Same,
            false => Compared::Differs,
        };
        let moments = replay.timeline.as_ref().map_or(&[][..], |timeline| &timeline.moments);
        ReplayReport {
            format: FORMAT,
            command: "replay",
            version: env!("CARGO_PKG_VERSION"),
            scenario: plan.scenario.name.clone(),
            fingerprint: format!("{:016x}", plan.fingerprint),
            seed: setup.seed,
            title: file.title.clone(),
            must: file.must.word(),
            does: rerun.does,
            status: "predicted",
            window: window.map(|window| ReplayedWindow {
                sentence: names.sentence(setup.world(), window, &dealt),
                from_us: window.from.0,
                to_us: window.to.0,
            }),
            digest,
            not_nominal: dealt.iter().filter_map(|line| not_nominal(setup, line)).collect(),
            unused: replay.unused.iter().map(in_words).collect(),
            timeline: story(setup, moments, window),
        }
    }

    /// As text; without `all` only the timeline around the exposure.
    #[must_use]
    pub fn text(&self, all: bool, paint: Paint) -> String {
        let mut out = String::new();
        let mut line = |text: &str| writeln!(out, "{text}").expect("a String takes everything");
        match &self.window {
            Some(window) => line(&paint.verdict(&window.sentence, false)),
            None => {
                line(&paint.verdict("nobody is exposed as the finding says", true));
                line(&format!("the finding says: {}", self.title));
            }
        }
        line(match self.digest {
            Compared::Same => "the run is the one that was found, event for event (same digest)",
            Compared::Differs => {
                "the run is NOT the one that was found (another digest): the file was edited, or this version runs plans otherwise"
            }
            Compared::OtherScenario => "replayed against another scenario than its own",
        });
        let verdict = if self.does { "it does" } else { "it does NOT" };
        line(&format!("it must be: {}; {verdict}", self.must));
        line("all of this is predicted by simulation");
        self.choices(&mut line, paint);
        for unused in &self.unused {
            line(&format!("  never came up: {unused}"));
        }
        self.lines(all, &mut line, paint);
        out
    }

    fn choices(&self, line: &mut dyn FnMut(&str), paint: Paint) {
        const SHOWN: usize = 20;
        if self.not_nominal.is_empty() {
            return;
        }
        line("");
        line(&paint.head("WHAT WAS NOT NOMINAL (each delay its median, no fault)"));
        for choice in self.not_nominal.iter().take(SHOWN) {
            let time = if choice.occurrence > 1 {
                format!(" #{}", choice.occurrence)
            } else {
                String::new()
            };
            let what = format!("{}: {}{time}", choice.entity, choice.site);
            line(&format!("  {what:<60}  {}, nominally {}", choice.value, choice.nominal));
        }
        if self.not_nominal.len() > SHOWN {
            line(&format!("  and {} more (see --format json)", self.not_nominal.len() - SHOWN));
        }
    }

    fn lines(&self, all: bool, line: &mut dyn FnMut(&str), paint: Paint) {
        const BEFORE: usize = 12;
        const AFTER: usize = 6;
        if self.timeline.is_empty() {
            return;
        }
        let edges = || self.timeline.iter().enumerate().filter(|(_, moment)| moment.edge);
        let (first, last) = match (edges().next(), edges().next_back()) {
            (Some((first, _)), Some((last, _))) if !all => {
                (first.saturating_sub(BEFORE), (last + AFTER + 1).min(self.timeline.len()))
            }
            _ => (0, self.timeline.len()),
        };
        line("");
        line(&paint.head("TIMELINE (time since the rollout's start)"));
        if first > 0 {
            line(&format!(
                "  ... {} before, shown with -v",
                count(first as u64, "moment", "moments")
            ));
        }
        let shown = &self.timeline[first..last];
        let at = |moment: &LineData| Span(moment.at_us).to_string();
        let width = shown.iter().map(|moment| at(moment).chars().count()).max().unwrap_or(0);
        let who = shown.iter().map(|moment| moment.who.chars().count()).max().unwrap_or(0);
        for moment in shown {
            let mark = if moment.edge { ">" } else { " " };
            let time = at(moment);
            line(&format!("{mark} {time:>width$}  {:<who$}  {}", moment.who, moment.what));
        }
        if last < self.timeline.len() {
            let rest = count((self.timeline.len() - last) as u64, "moment", "moments");
            line(&format!("  ... {rest} after, shown with -v"));
        }
    }
}

fn in_words(line: &OverrideName) -> String {
    format!("{}: {} #{} = {}", line.entity, line.site, line.occurrence, line.value)
}

/// The override, if the nominal run would have decided otherwise.
fn not_nominal(setup: &Setup, line: &OverrideName) -> Option<NotNominal> {
    let plan: &Plan = setup.plan();
    let site = plan.site(&line.site)?;
    let form = &plan.sites[site.index()].form;
    let kind = Site::of(form)?;
    let value = kind.read(&line.value).ok()?;
    let nominal = match form {
        SiteForm::Delay(law) | SiteForm::Rate(law) => law.median(),
        SiteForm::Chance(chance) => u64::from(chance.nominal()),
        SiteForm::Strikes(_) => 0,
        SiteForm::Connect(_) => {
            let nominal = "no session".to_owned();
            return Some(made(line, nominal));
        }
        SiteForm::Rank | SiteForm::Unused => return None,
    };
    // Delays are drawn, so nearly all differ; those outside a factor of two are worth a line.
    let near = match form {
        SiteForm::Delay(_) | SiteForm::Rate(_) => {
            value <= nominal.saturating_mul(2) && nominal <= value.saturating_mul(2)
        }
        _ => value == nominal,
    };
    (!near).then(|| made(line, kind.write(nominal)))
}

fn made(line: &OverrideName, nominal: String) -> NotNominal {
    NotNominal {
        entity: line.entity.clone(),
        site: line.site.clone(),
        occurrence: line.occurrence,
        value: line.value.clone(),
        nominal,
    }
}
