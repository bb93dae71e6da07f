//! `cutover search`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::check::{rerun_on, window_of};
use crate::cli::args::{Global, Search, SearchBudget};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::cli::files;
use crate::cli::progress::Searching;
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::{SearchReport, json, search_file, search_text};
use crate::scenario::Loaded;
use crate::scenario::finding::FindingFile;
use crate::search::{
    Budget, CauseKey, Finding, Hunt, Method, Options, Outside, Standing, key, search,
};
use crate::units::Span;

/// Searches, keeps findings the moment they are found, reports.
pub(in crate::cli) fn run(args: &Search, global: &Global, console: &Console) -> Result<Exit, Stop> {
    let loaded = super::load(&args.scenario, console)?;
    if let Some(corpus) = &args.corpus {
        files::folder(corpus)?;
    }
    let setup = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), global.seed.unwrap_or(1));
    let (off, on) = pinned(setup.plan(), &args.fault)?;
    let budget = match args.budget {
        SearchBudget::Runs(runs) => Budget::Runs(runs),
        SearchBudget::Time(_) => Budget::Outside,
    };
    let options = Options {
        budget,
        methods: if args.strategy.is_empty() {
            Method::ALL.to_vec()
        } else {
            args.strategy.clone()
        },
        off,
        on,
        first: args.first,
        known: match &args.corpus {
            Some(corpus) => known(corpus, &loaded, console)?,
            None => Vec::new(),
        },
    };
    let desk = Desk {
        clock: Clock::start(),
        limit: match args.budget {
            SearchBudget::Time(time) => Some(time),
            SearchBudget::Runs(_) => None,
        },
        bar: Searching::new(console, &args.budget),
        setup: &setup,
        loaded: &loaded,
        corpus: args.corpus.as_deref(),
        kept: Mutex::new(Vec::new()),
    };
    let hunt = search(&setup, &options, &desk);
    let spent = desk.clock.micros();
    desk.bar.clear();
    let files = desk.kept.into_inner().expect("nobody panics while a file is listed");
    if let Some((_, Err(failed))) = files.iter().find(|(_, file)| file.is_err()) {
        return Err(Stop::Bad(failed.clone()));
    }
    let file = |finding: &Finding| {
        let known = files.iter().find(|(key, _)| *key == finding.key());
        known.and_then(|(_, file)| file.clone().ok())
    };
    let files: Vec<Option<String>> = hunt.findings.iter().map(file).collect();
    let (budget, counted) = told(args);
    let report = SearchReport::new(&setup, &hunt, (&budget, counted), &files);
    let text = match console.json() {
        true => json(&report),
        false => search_text(&report, console.verbose(), console.paint()),
    };
    super::keep(global, "search.json", &json(&report))?;
    console.result(&text)?;
    rates(&report, spent, console);
    Ok(exit(&hunt, args))
}

fn exit(hunt: &Hunt, args: &Search) -> Exit {
    let timed = matches!(args.budget, SearchBudget::Time(_));
    match hunt.findings.is_empty() {
        false => Exit::Missed,
        true if hunt.met_again > 0 => Exit::Missed,
        true if hunt.exhausted || !timed => Exit::Answered,
        true => Exit::Limit,
    }
}

fn told(args: &Search) -> (String, bool) {
    match args.budget {
        SearchBudget::Runs(runs) => (format!("{runs} runs"), true),
        SearchBudget::Time(time) => (time.brief(), false),
    }
}

/// What the clock says; no part of the result.
fn rates(report: &SearchReport, spent: u64, console: &Console) {
    let seconds = spent as f64 / 1e6;
    let rate = |number: u64, seconds: f64| (number as f64 / seconds.max(1e-6)).round() as u64;
    console.note(&format!(
        "{} runs/s, {} events/s",
        rate(report.runs, seconds),
        rate(report.events, seconds)
    ));
    for strategy in &report.strategies {
        let seconds = strategy.micros as f64 / 1e6;
        console.detail(&format!(
            "{}: {} runs/s and thread, {} exposing/s",
            strategy.name,
            rate(strategy.runs, seconds),
            rate(strategy.exposing, seconds)
        ));
    }
}

/// Faults by `+NAME` and `-NAME`.
fn pinned(plan: &Plan, words: &[String]) -> Result<(BTreeSet<u16>, BTreeSet<u16>), Stop> {
    let (mut off, mut on) = (BTreeSet::new(), BTreeSet::new());
    for word in words {
        let (set, name) = match (word.strip_prefix('-'), word.strip_prefix('+')) {
            (Some(name), _) => (&mut off, name),
            (None, Some(name)) => (&mut on, name),
            (None, None) => {
                let reason = format!("`--fault {word}`: write `+{word}` or `-{word}`");
                return Err(Stop::Bad(reason));
            }
        };
        let names = plan.scenario.faults.iter().map(|fault| fault.name.as_str());
        let Some(place) = names.clone().position(|known| known == name) else {
            let known: Vec<&str> = names.collect();
            let reason = format!("the plan has no fault `{name}`; it has: {}", known.join(", "));
            return Err(Stop::Bad(reason));
        };
        set.insert(u16::try_from(place).expect("few faults"));
    }
    Ok((off, on))
}

/// The causes of the findings of a folder that still expose somebody in this scenario.
fn known(corpus: &Path, loaded: &Loaded, console: &Console) -> Result<Vec<CauseKey>, Stop> {
    let mut known = Vec::new();
    for path in files::toml_files(&[corpus.to_owned()])? {
        let text = files::read(&path)?;
        let name = path.display().to_string();
        let Ok(file) = FindingFile::read(&name, &text) else { continue };
        let Ok(rerun) = rerun_on(&file, &loaded.scenario) else { continue };
        if let Some(window) = window_of(&rerun.setup, &file, &rerun.replay) {
            console.detail(&format!("known from `{name}`: {}", file.title));
            known.push(key(&window.cause, window.user));
        }
    }
    Ok(known)
}

/// The clock of this command.
struct Clock(
    #[expect(clippy::disallowed_types, reason = "only cli has clocks")] std::time::Instant,
);

impl Clock {
    fn start() -> Clock {
        #[expect(clippy::disallowed_types, reason = "only cli has clocks")]
        let now = std::time::Instant::now();
        Clock(now)
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// What was written for a cause, or why it could not be.
type Kept = (CauseKey, Result<String, String>);

/// The outside world of a search.
struct Desk<'a> {
    clock: Clock,
    limit: Option<Span>,
    bar: Searching,
    setup: &'a Setup,
    loaded: &'a Loaded,
    corpus: Option<&'a Path>,
    kept: Mutex<Vec<Kept>>,
}

impl Outside for Desk<'_> {
    fn clock(&self) -> u64 {
        self.clock.micros()
    }

    fn over(&self) -> bool {
        let failed = |(_, file): &Kept| file.is_err();
        let failed = self.kept.lock().expect("nobody panics here").iter().any(failed);
        failed || self.limit.is_some_and(|limit| self.clock.micros() >= limit.0)
    }

    fn found(&self, finding: &Finding) {
        let Some(corpus) = self.corpus else { return };
        let file = search_file(self.setup, finding, &self.loaded.files);
        let path: PathBuf = corpus.join(format!("{}.toml", finding.slug(self.setup.plan())));
        let written = files::write(&path, &file.write());
        let kept = match written {
            Ok(()) => Ok(path.display().to_string()),
            Err(Stop::Bad(reason)) => Err(reason),
            Err(_) => Err(format!("cannot write `{}`", path.display())),
        };
        self.kept.lock().expect("nobody panics here").push((finding.key(), kept));
    }

    fn progress(&self, standing: &Standing) {
        self.bar.at(standing, self.clock.micros());
    }
}
