//! The report of a replay: the sentence, the timeline around the exposure, what was not nominal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{Rerun, missed_of, overrides, window_of};
use crate::kernel::Setup;
use crate::monitor::Window;
use crate::plan::{Plan, SiteForm};
use crate::report::FORMAT;
use crate::report::story::{LineData, story};
use crate::report::text::Paint;
use crate::report::words::{Names, count};
use crate::scenario::finding::{FindingFile, Must};
use crate::simulate::{OverrideName, Site, is_order};
use crate::units::{Rate, Span};

/// Whether a run is the one that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// Event for event.
    Same,
    /// The embedded scenario went another way: another version, or an edited file.
    Differs,
    /// The finding, written by hand, states no digest.
    NotStated,
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

/// The missed goal of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplayedMiss {
    /// In a sentence.
    pub sentence: String,
    /// The deadline.
    pub at_us: u64,
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
    /// "exposes", "misses" or "harmless".
    pub must: &'static str,
    /// It does what it must.
    pub does: bool,
    /// "predicted".
    pub status: &'static str,
    /// The window it leads to in this run.
    pub window: Option<ReplayedWindow>,
    /// The goal that it misses in this run, if it is about one.
    pub missed: Option<ReplayedMiss>,
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
    /// It stands in the short form, too: that leaves out what other mailboxes were dealt.
    #[serde(skip)]
    pub short: bool,
}

impl ReplayReport {
    /// The report of a replay of a finding; `other`: on another scenario than its own.
    #[must_use]
    pub fn new(rerun: &Rerun, file: &FindingFile, other: bool) -> ReplayReport {
        let (setup, replay) = (&rerun.setup, &rerun.replay);
        let plan = setup.plan();
        let names = Names::new(plan);
        // A finding that names no window leads to whatever comes first.
        let about_goal = file.missed.is_some() || file.must == Must::Misses;
        let any = !about_goal && (file.window.is_none() || !rerun.does);
        let any = || if any { replay.outcome.windows.first() } else { None };
        let window = window_of(setup, file, replay).or_else(any);
        let first = || if file.must == Must::Misses { replay.misses.first() } else { None };
        let missed = match file.missed {
            Some(_) => missed_of(setup, file, replay),
            None => first(),
        };
        let dealt = overrides(file);
        let digest = match other {
            true => Compared::OtherScenario,
            false if rerun.same => Compared::Same,
            false if file.digest == 0 => Compared::NotStated,
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
            missed: missed.map(|miss| ReplayedMiss {
                sentence: names.missed(setup.world(), miss),
                at_us: miss.at.0,
            }),
            digest,
            not_nominal: choices(setup, &dealt, window),
            unused: replay.unused.iter().map(in_words).collect(),
            timeline: story(setup, moments, window),
        }
    }

    /// As text; without `all` only the timeline around the exposure.
    #[must_use]
    pub fn text(&self, all: bool, paint: Paint) -> String {
        let mut out = String::new();
        let mut line = |text: &str| {
            writeln!(out, "{}", text.trim_end()).expect("a String takes everything");
        };
        match (&self.window, &self.missed) {
            (Some(window), _) => line(&paint.verdict(&window.sentence, false)),
            (None, Some(missed)) => line(&paint.verdict(&missed.sentence, false)),
            (None, None) => {
                let none = match self.must {
                    "misses" => "its goal is not missed in this run",
                    _ => "nobody is exposed in this run",
                };
                line(&paint.verdict(none, true));
                line(&format!("the finding says: {}", self.title));
            }
        }
        let run = match self.digest {
            Compared::Same => "the run that was found, event for event (same digest)",
            Compared::Differs => {
                "NOT the run that was found (another digest): the file was edited, or this version \
                 runs plans otherwise"
            }
            Compared::NotStated => "the finding states no digest to compare with",
            Compared::OtherScenario => "on another scenario than the finding's own",
        };
        line(&format!("PREDICTED by simulation; {run}"));
        let must = match self.must {
            "exposes" => "it must expose somebody",
            "misses" => "it must miss its goal",
            _ => "it must be harmless",
        };
        line(&format!("{must}: {}", if self.does { "it does" } else { "it does NOT" }));
        self.choices(all, &mut line, paint);
        for unused in &self.unused {
            line(&format!("  never came up: {unused}"));
        }
        timeline(&self.timeline, all, &mut line, paint);
        out
    }

    fn choices(&self, all: bool, line: &mut dyn FnMut(&str), paint: Paint) {
        const SHOWN: usize = 12;
        let most = if all { usize::MAX } else { SHOWN };
        let chosen = || self.not_nominal.iter().filter(|choice| all || choice.short);
        if chosen().next().is_none() {
            return;
        }
        line("");
        line(&paint.head(
            "WHAT WAS NOT NOMINAL (nominally no fault strikes and each delay is its median)",
        ));
        let words = |choice: &NotNominal| {
            let time = match choice.occurrence {
                1 => String::new(),
                number => format!(", time {number}"),
            };
            format!("{}: {}{time}", choice.entity, choice.site)
        };
        let width = chosen().take(most).map(|choice| words(choice).chars().count()).max();
        let width = width.unwrap_or(0);
        for choice in chosen().take(most) {
            let (value, nominal) = (brief(&choice.value), brief(&choice.nominal));
            line(&format!("  {:<width$}  {value}, nominally {nominal}", words(choice)));
        }
        let more = self.not_nominal.len() - chosen().take(most).count();
        if more > 0 {
            line(&format!("  and {} more, shown with -v", count(more as u64, "choice", "choices")));
        }
    }
}

/// A value as it stands in a finding, for people.
fn brief(value: &str) -> String {
    if let Ok(span) = Span::parse(value) {
        return span.brief();
    }
    Rate::parse(value).map_or_else(|_| value.to_owned(), Rate::brief)
}

/// The lines around the exposure, or all.
pub(super) fn timeline(lines: &[LineData], all: bool, line: &mut dyn FnMut(&str), paint: Paint) {
    const AROUND: usize = 10;
    const INSIDE: usize = 15;
    let told: Vec<&LineData> = lines.iter().filter(|moment| all || moment.short).collect();
    if told.is_empty() {
        return;
    }
    line("");
    let local = told.iter().any(|moment| moment.at_local.is_some());
    line(&paint.head(if local {
        "TIMELINE (days and hours since the rollout's start; local time)"
    } else {
        "TIMELINE (days and time of day since the rollout's start)"
    }));
    let first = told.iter().position(|moment| moment.edge);
    let last = told.iter().rposition(|moment| moment.edge);
    let keep = |index: usize| match (first, last) {
        (Some(first), Some(last)) if !all => {
            index + AROUND >= first
                && index <= last + AROUND
                && (index <= first + INSIDE || index + INSIDE >= last)
        }
        _ => true,
    };
    let kept =
        || told.iter().enumerate().filter(|(index, _)| keep(*index)).map(|(_, moment)| moment);
    let width = kept().map(|moment| clock(moment.at_us).len()).max().unwrap_or(0);
    let who = kept().map(|moment| moment.who.chars().count()).max().unwrap_or(0);
    let mut gap = false;
    for (index, moment) in told.iter().enumerate() {
        if keep(index) {
            let mark = if moment.edge { ">" } else { " " };
            let time = clock(moment.at_us);
            let local = moment.at_local.as_deref().map(on_the_wall).unwrap_or_default();
            line(&format!("{mark} {time:>width$}  {local}{:<who$}  {}", moment.who, moment.what));
        } else if !gap {
            line("  ...");
        }
        gap = !keep(index);
    }
    let more = lines.len() - kept().count();
    if more > 0 {
        line(&format!("  {} more, shown with -v", count(more as u64, "moment", "moments")));
    }
}

/// "139 d 05:59:14.813": columns of them are compared at a glance. Cut to milliseconds.
fn clock(micros: u64) -> String {
    let (days, rest) = (micros / Span::DAY.0, micros % Span::DAY.0);
    let (hours, rest) = (rest / Span::HOUR.0, rest % Span::HOUR.0);
    let (minutes, rest) = (rest / Span::MINUTE.0, rest % Span::MINUTE.0);
    let (seconds, millis) = (rest / Span::SECOND.0, rest % Span::SECOND.0 / 1000);
    let days = if days > 0 { format!("{days} d ") } else { String::new() };
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
}

/// "2016-11-26 04:00:00  ": the seconds of local time, for a column; milliseconds stand beside it.
fn on_the_wall(rfc3339: &str) -> String {
    let seconds = rfc3339.get(.."2016-11-26T04:00:00".len()).unwrap_or(rfc3339);
    format!("{}  ", seconds.replace('T', " "))
}

fn in_words(line: &OverrideName) -> String {
    format!("{}: {} #{} = {}", line.entity, line.site, line.occurrence, line.value)
}

/// The overrides that the nominal run would have decided otherwise, faults first.
fn choices(setup: &Setup, dealt: &[OverrideName], window: Option<&Window>) -> Vec<NotNominal> {
    let (plan, world) = (setup.plan(), setup.world());
    let short = |line: &OverrideName| {
        let entity = world.find(plan, &line.entity);
        entity.is_some_and(|entity| {
            world.kind(entity) < plan.mailbox()
                || window.is_none_or(|window| window.entity == entity)
        })
    };
    let made = |line: &OverrideName| {
        Some(NotNominal {
            entity: line.entity.clone(),
            site: line.site.clone(),
            occurrence: line.occurrence,
            value: line.value.clone(),
            nominal: not_nominal(setup, line)?,
            short: short(line),
        })
    };
    let mut all: Vec<NotNominal> = dealt.iter().filter_map(made).collect();
    all.sort_by_key(|choice| !choice.site.starts_with("fault "));
    all
}

/// What the nominal run would have decided, if it is worth telling.
fn not_nominal(setup: &Setup, line: &OverrideName) -> Option<String> {
    let plan: &Plan = setup.plan();
    let entity = setup.world().find(plan, &line.entity)?;
    if is_order(&line.site) {
        return (line.value != "0").then(|| "0, as scheduled".to_owned());
    }
    let form = setup.form(plan.site(&line.site)?, entity);
    let kind = Site::of(form)?;
    let value = kind.read(&line.value).ok()?;
    let nominal = match form {
        SiteForm::Connect(_) => return Some("no session".to_owned()),
        // What is certain to strike whenever its time comes says nothing.
        SiteForm::Strikes(chance) if chance.0 >= 1.0 => return None,
        SiteForm::Delay(law) | SiteForm::Rate(law) => law.median(),
        SiteForm::Chance(chance) => u64::from(chance.nominal()),
        SiteForm::Strikes(_) | SiteForm::Count(_) => 0,
        SiteForm::Outside { nominal: None, .. } => return Some("never".to_owned()),
        SiteForm::Outside { nominal: Some(nominal), .. } => *nominal,
        SiteForm::Rank | SiteForm::Unused | SiteForm::ByClass(_) => return None,
    };
    // Delays are drawn, so nearly all differ; those outside a factor of two are worth a line.
    let near = match form {
        SiteForm::Delay(_) | SiteForm::Rate(_) => {
            value <= nominal.saturating_mul(2) && nominal <= value.saturating_mul(2)
        }
        _ => value == nominal,
    };
    (!near).then(|| kind.write(nominal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_values_are_short() {
        assert_eq!(clock(0), "00:00:00.000");
        assert_eq!(clock(139 * Span::DAY.0 + 29_700_001_500), "139 d 08:15:00.001");
        assert_eq!(on_the_wall("2016-11-26T04:00:00.25+01:00"), "2016-11-26 04:00:00  ");
        assert_eq!(brief("8 h 15 m 0.000001 s"), "8 h 15 m");
        assert_eq!(brief("717510574 B/h"), "684 MiB/h");
        assert_eq!(brief("yes"), "yes");
    }
}
