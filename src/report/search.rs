//! The report of a search as data: a page for each cause, what was tried, what was never exercised.

use serde::Serialize;

use crate::kernel::Setup;
use crate::monitor::Window;
use crate::plan::Plan;
use crate::report::FORMAT;
use crate::report::finding::{cause_line, line, window_line};
use crate::report::prevented::PreventedData;
use crate::report::search_odds::{OddsData, SwarmData, UnconfirmedData, swarm, unconfirmed};
use crate::report::story::{LineData, story};
use crate::report::words::{Names, count};
use crate::scenario::finding::{BaseLine, FORMAT as FINDING, FindingFile, Must};
use crate::search::{Finding, Hunt, List, Method, NamedThreshold, Probe};
use crate::simulate::replay;
use crate::units::{Rate, Span};

/// What `cutover search` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "search".
    pub command: &'static str,
    /// The version that searched.
    pub version: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of the plan, hexadecimal.
    pub fingerprint: String,
    /// Seed of population and strategies.
    pub seed: u64,
    /// "predicted".
    pub status: &'static str,
    /// The answer in a sentence.
    pub headline: String,
    /// The budget as it was asked for.
    pub budget: String,
    /// The same command gives the same bytes: the budget counts runs.
    pub reproducible: bool,
    /// Runs, events, distinct orders of events.
    pub runs: u64,
    /// Events of all runs.
    pub events: u64,
    /// Runs that differ in the order of their events, not in times alone.
    pub orders: u64,
    /// Who was searched.
    pub scope: SearchedData,
    /// By cause: those that need no fault first.
    pub findings: Vec<FoundData>,
    /// By strategy.
    pub strategies: Vec<StrategyData>,
    /// What was enumerated.
    pub enumerated: EnumeratedData,
    /// What was exercised, and what never was.
    pub coverage: CoverageData,
    /// Schedules that exposed somebody and are no findings.
    pub unconfirmed: Vec<UnconfirmedData>,
    /// How often runs with and without each fault exposed somebody.
    pub swarm: Vec<SwarmData>,
    /// Causes of the corpus that were met again.
    pub met_again: u64,
    /// Every schedule that the strategies can make has been made.
    pub exhausted: bool,
    /// What the budget on runs allowed has been run.
    pub completed: bool,
}

/// Who was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SearchedData {
    /// Tenants that may race; the others are nominal.
    pub tenants: usize,
    /// They are all.
    pub all: bool,
    /// Most actors of a run: n.
    pub actors: u64,
    /// Most steps of a run with more than one candidate: k.
    pub contested: u64,
    /// Distinct ordered pairs of kinds of events.
    pub pairs: usize,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundData {
    /// What happens, in a sentence.
    pub sentence: String,
    /// Its file, if it was kept.
    pub file: Option<String>,
    /// Costly faults that it takes; none: the plan is wrong on a good day.
    pub faults: Vec<String>,
    /// The first run that led to it, counted from 1.
    pub run: u64,
    /// Whose run that was.
    pub method: &'static str,
    /// Runs that led to the same.
    pub hits: u64,
    /// Forced choices before shrinking.
    pub forced_before: usize,
    /// What is forced over the nominal run.
    pub forced: Vec<String>,
    /// Removing any one of them makes it pass.
    pub minimal: bool,
    /// Which values expose, in sentences.
    pub thresholds: Vec<String>,
    /// What would have prevented it.
    pub prevented: PreventedData,
    /// First instant of the window.
    pub from_us: u64,
    /// First instant after it.
    pub to_us: u64,
    /// The story of the tenant.
    pub timeline: Vec<LineData>,
}

/// One strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrategyData {
    /// Its name.
    pub name: &'static str,
    /// Its runs.
    pub runs: u64,
    /// Those that exposed somebody.
    pub exposing: u64,
    /// Causes that it was the first to meet.
    pub causes: u64,
    /// What its runs say about others.
    pub odds: OddsData,
    /// Microseconds that its runs took, on a clock: no part of the result.
    #[serde(skip)]
    pub micros: u64,
}

/// What was enumerated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnumeratedData {
    /// All schedules with at most so many deviations from nominal were run; `None`: not even 0.
    pub deviations: Option<u64>,
    /// Schedules of the level under way, and those of them that were run.
    pub level: u64,
    /// See `level`.
    pub done: u64,
    /// Choices of the nominal run that may deviate.
    pub choices: u64,
    /// Their values.
    pub values: u64,
    /// Ties of the nominal run in which another event may go first.
    pub ties: u64,
    /// The orders that they may take instead.
    pub orders: u64,
    /// Schedules that were not made because others show the same.
    pub left_out: u64,
}

/// What was exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageData {
    /// Steps, faults, effects and conditions that were.
    pub met: usize,
    /// All there are.
    pub of: usize,
    /// Those that never were, in words.
    pub never: Vec<String>,
}

impl SearchReport {
    /// The report of a search; `files`: of each finding, if it was kept.
    #[must_use]
    pub fn new(
        setup: &Setup,
        hunt: &Hunt,
        budget: (&str, bool),
        files: &[Option<String>],
    ) -> SearchReport {
        let plan = setup.plan();
        let files = files.iter().cloned().chain(std::iter::repeat(None));
        let findings: Vec<FoundData> =
            hunt.findings.iter().zip(files).map(|(each, file)| found(setup, each, file)).collect();
        let strategy = |method: Method| {
            let tally = hunt.tallies.get(&method)?;
            Some(StrategyData {
                name: method.name(),
                runs: tally.runs,
                exposing: tally.exposing,
                causes: tally.causes,
                odds: OddsData::new(method, tally),
                micros: tally.micros,
            })
        };
        let (met, of) = hunt.coverage.count(plan);
        let names = Names::new(plan);
        let missed = hunt.coverage.missed(plan);
        SearchReport {
            format: FORMAT,
            command: "search",
            version: env!("CARGO_PKG_VERSION"),
            scenario: plan.scenario.name.clone(),
            fingerprint: format!("{:016x}", plan.fingerprint),
            seed: setup.seed,
            status: "predicted",
            headline: headline(hunt),
            budget: budget.0.to_owned(),
            reproducible: budget.1,
            runs: hunt.runs,
            events: hunt.events,
            orders: hunt.orders,
            scope: SearchedData {
                tenants: hunt.scope.0,
                all: hunt.scope.1,
                actors: hunt.size.0,
                contested: hunt.size.1,
                pairs: hunt.pairs,
            },
            findings,
            strategies: Method::ALL.into_iter().filter_map(strategy).collect(),
            enumerated: EnumeratedData {
                deviations: (hunt.progress.finished as u64).checked_sub(1),
                level: hunt.progress.level.0,
                done: hunt.progress.level.1,
                choices: hunt.progress.points.0,
                values: hunt.progress.points.1,
                ties: hunt.progress.ties.0,
                orders: hunt.progress.ties.1,
                left_out: hunt.progress.left_out,
            },
            coverage: CoverageData {
                met,
                of,
                never: missed.iter().map(|probe| never(&names, probe)).collect(),
            },
            unconfirmed: unconfirmed(hunt),
            swarm: swarm(&fault_names(plan), &hunt.swarm),
            met_again: hunt.met_again,
            exhausted: hunt.exhausted,
            completed: hunt.completed,
        }
    }
}

fn fault_names(plan: &Plan) -> Vec<String> {
    plan.scenario.faults.iter().map(|fault| fault.name.clone()).collect()
}

fn headline(hunt: &Hunt) -> String {
    let runs = count(hunt.runs, "run", "runs");
    match hunt.findings.as_slice() {
        [] if hunt.met_again > 0 => {
            let causes = count(hunt.met_again, "way", "ways");
            format!("{causes} of the corpus to expose somebody, and no other, in {runs}")
        }
        [] => format!("nobody was exposed in {runs}"),
        findings => {
            let causes = count(findings.len() as u64, "way", "ways");
            let calm = findings.iter().filter(|finding| finding.faults() == 0).count() as u64;
            let calm = match calm {
                0 => String::new(),
                number => format!(", {number} of them without any fault"),
            };
            format!("{causes} to expose somebody, in {runs}{calm}")
        }
    }
}

fn found(setup: &Setup, finding: &Finding, file: Option<String>) -> FoundData {
    let plan = setup.plan();
    let names = Names::new(plan);
    let confirmed = &finding.confirmed;
    let window = &confirmed.window;
    let told = replay(setup, None, &confirmed.overrides, first_tenant(setup, window));
    let timeline = told.ok().and_then(|replay| replay.timeline);
    let moments = timeline.as_ref().map_or(&[][..], |timeline| &timeline.moments);
    let forced = confirmed.overrides.iter().map(|line| {
        format!("{}: {} #{} = {}", line.entity, line.site, line.occurrence, line.value)
    });
    FoundData {
        sentence: names.sentence(setup.world(), window, &confirmed.overrides),
        file,
        faults: names.faults(&window.cause.faults),
        run: finding.run,
        method: finding.method.name(),
        hits: finding.hits,
        forced_before: finding.shrunk.0,
        forced: forced.collect(),
        minimal: !finding.cut_short,
        thresholds: finding.thresholds.iter().map(threshold).collect(),
        prevented: PreventedData::new(&finding.prevented),
        from_us: window.from.0,
        to_us: window.to.0,
        timeline: story(setup, moments, Some(window)),
    }
}

/// The tenant whose story is told: the window's, or the first of its group.
fn first_tenant(setup: &Setup, window: &Window) -> Option<u32> {
    if window.tenant.is_some() {
        return window.tenant;
    }
    let (plan, world) = (setup.plan(), setup.world());
    let mut first = None;
    let kind = world.kind(window.entity);
    world.descendants(kind, window.entity, plan.tenant(), &mut |tenant| {
        first.get_or_insert(world.index(plan.tenant(), tenant));
    });
    first
}

fn threshold(threshold: &NamedThreshold) -> String {
    let line = &threshold.choice;
    let what = format!("*{}* of {}", line.site, line.entity);
    let time =
        if line.occurrence > 1 { format!(" (time {})", line.occurrence) } else { String::new() };
    let verb = if Rate::parse(&line.value).is_ok() && Span::parse(&line.value).is_err() {
        "runs at"
    } else {
        "takes"
    };
    match (&threshold.least, &threshold.most) {
        (Some(least), None) => format!("exposes iff {what}{time} {verb} at least {least}"),
        (None, Some(most)) => format!("exposes iff {what}{time} {verb} at most {most}"),
        (Some(least), Some(most)) if least == most => {
            format!("exposes iff {what}{time} {verb} exactly {least}")
        }
        (Some(least), Some(most)) => format!("exposes iff {what}{time} {verb} {least} to {most}"),
        (None, None) => format!("exposes whatever {what}{time} {verb}"),
    }
}

fn never(names: &Names<'_>, probe: &Probe) -> String {
    let step = |step: u16| names.mark(names.step(step));
    match *probe {
        Probe::Step(by) => format!("step {} was never attempted", step(by)),
        Probe::Fault(fault) => format!("fault {} never struck", names.mark(names.fault(fault))),
        Probe::Reaction(reaction) => {
            format!("reaction {} never fired", names.mark(names.reaction(reaction)))
        }
        Probe::Connects(user) => format!("{} never connected", names.mark(names.user(user))),
        Probe::Effects(by, list) => {
            let list = list_name(list);
            format!("the {list} effects of {} were never issued", step(by))
        }
        Probe::Chance(site, lands) => {
            let site = names.mark(&names.plan.sites[site.index()].name);
            let never = if lands { "never came about" } else { "always came about" };
            format!("{site} {never}")
        }
        Probe::When(by) => format!("the `when` of {} was never false", step(by)),
        Probe::DoneIf(by) => format!("the `done-if` of {} was never true", step(by)),
        Probe::Holds(by) => format!("the `holds` of {} never broke", step(by)),
        Probe::Timeout(by) => format!("the timeout of {} was never reached", step(by)),
        Probe::Retry(by) => format!("{} was never tried again", step(by)),
        Probe::Fails(by) => format!("{} never failed for good", step(by)),
        Probe::If(by, list, number, holds) => format!(
            "the `if` of {} effect {} of {} was never {holds}",
            list_name(list),
            number + 1,
            step(by)
        ),
        Probe::ActIf(act, number, holds) => format!(
            "the `if` of effect {} of {} was never {holds}",
            number + 1,
            act_name(names, act)
        ),
        Probe::Goal(goal) => format!("goal {} was never judged", names.mark(names.goal(goal))),
    }
}

fn list_name(list: List) -> &'static str {
    match list {
        List::AtStart => "at-start",
        List::AtEnd => "at-end",
        List::AtFail => "at-fail",
        List::Undo => "undo",
    }
}

/// A reaction or a free-standing fault, by index of the act.
fn act_name(names: &Names<'_>, act: u16) -> String {
    let act = &names.plan.acts[usize::from(act)];
    match (act.reaction, act.fault) {
        (Some(reaction), _) => format!("reaction {}", names.mark(names.reaction(reaction))),
        (None, Some((fault, _))) => format!("fault {}", names.mark(names.fault(fault))),
        (None, None) => unreachable!("an act is a reaction's or a fault's"),
    }
}

/// The file of a finding; `files` are the scenario's, as they were loaded.
#[must_use]
pub fn search_file(setup: &Setup, finding: &Finding, files: &[(String, String)]) -> FindingFile {
    let names = Names::new(setup.plan());
    let world = setup.world();
    let confirmed = &finding.confirmed;
    let window = &confirmed.window;
    FindingFile {
        version: FINDING,
        title: names.sentence(world, window, &confirmed.overrides),
        must: Must::Exposes,
        found_by: "search".to_owned(),
        cutover_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: setup.seed,
        base: BaseLine::Nominal,
        overrides: confirmed.overrides.iter().map(line).collect(),
        window: Some(window_line(setup, window)),
        missed: None,
        cause: cause_line(setup, window),
        events: confirmed.events,
        digest: confirmed.digest,
        scope: None,
        files: files.to_vec(),
    }
}
