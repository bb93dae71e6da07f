//! Plans made wrong on purpose, each with its cure: `tests/planted`.

/// How the strategies of `search` fare with them, and the table of it.
mod strategies;

/// Long schedules shrink to what they need.
mod shrinking;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutover::kernel::{Schedule, Setup, Sim, Stop};
use cutover::model::Choice;
use cutover::monitor::{Outcome, Watch};
use cutover::plan::{Law, Plan, SiteForm};
use cutover::scenario;
use cutover::simulate::{OverrideName, replay};

/// A plan, and what exposes it over the nominal run.
struct Planted {
    name: String,
    overrides: Vec<OverrideName>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted")
}

/// "tenant 1: move / duration #1 = 45m", as `cutover replay` prints it.
fn override_line(text: &str) -> OverrideName {
    let parts = || {
        let (place, value) = text.rsplit_once(" = ")?;
        let (place, occurrence) = place.rsplit_once(" #")?;
        let (entity, site) = place.split_once(": ")?;
        Some((entity, site, occurrence.parse().ok()?, value))
    };
    let (entity, site, occurrence, value) = parts().unwrap_or_else(|| panic!("{text}"));
    let [entity, site, value] = [entity, site, value].map(str::to_owned);
    OverrideName { entity, site, occurrence, value }
}

fn all() -> Vec<Planted> {
    let text = fs::read_to_string(folder().join("schedules.toml")).expect("the list is there");
    let list: toml_edit::DocumentMut = text.parse().expect("the list is TOML");
    let planted = list.iter().map(|(name, entry)| {
        let lines = entry["overrides"].as_array().expect("a list of overrides").iter();
        let lines = lines.map(|line| override_line(line.as_str().expect("strings only")));
        Planted { name: name.to_owned(), overrides: lines.collect() }
    });
    planted.collect()
}

fn setup(name: &str) -> Setup {
    seeded(name, 1)
}

fn seeded(name: &str, seed: u64) -> Setup {
    let read = |path: &Path| fs::read(path);
    let path = folder().join(format!("{name}.toml"));
    let loaded = scenario::load(&path, &read);
    let loaded = loaded.unwrap_or_else(|failure| panic!("{name}: {:#?}", failure.diagnostics));
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), seed)
}

fn run(setup: &Setup, schedule: Schedule) -> Outcome {
    let mut sim = Sim::new(setup, schedule);
    Watch::new(&sim).run(&mut sim)
}

/// Every file belongs to a pair of which the schedule is known, and says what is wrong with it.
#[test]
fn every_plan_has_a_cure_and_a_schedule() {
    let planted = all();
    assert!(planted.len() >= 25, "{}", planted.len());
    let mut files: Vec<String> = planted
        .iter()
        .flat_map(|bug| [format!("{}.toml", bug.name), format!("{}-cured.toml", bug.name)])
        .chain(["README.md", "schedules.toml"].map(str::to_owned))
        .collect();
    files.sort();
    let mut found: Vec<String> = fs::read_dir(folder())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain names"))
        .collect();
    found.sort();
    assert_eq!(found, files);
    let index = fs::read_to_string(folder().join("README.md")).expect("there");
    for bug in &planted {
        let text = fs::read_to_string(folder().join(format!("{}.toml", bug.name))).expect("there");
        assert!(text.contains("\n# Wrong: ") && text.contains(&format!("\"{}\"", bug.name)));
        let good_day = text.contains("# EXPOSES ON A GOOD DAY");
        assert_eq!(good_day, bug.overrides.is_empty(), "{}", bug.name);
        let cure = format!("{}-cured.toml", bug.name);
        let cure = fs::read_to_string(folder().join(cure)).expect("there");
        assert!(cure.starts_with("# Cured: ") && cure.contains("\nextend = "), "{}", bug.name);
        let row = index.lines().find(|row| row.starts_with(&format!("| [{}](", bug.name)));
        let row = row.unwrap_or_else(|| panic!("{} is not listed in README.md", bug.name));
        assert!(row.ends_with(&format!(" | {} |", bug.overrides.len())), "{row}");
    }
}

/// Wrong plans look right: unless they say so, their nominal run exposes nobody and reaches its end.
#[test]
fn nominal_runs_are_harmless_unless_the_file_says_otherwise() {
    for bug in all() {
        let wrong = run(&setup(&bug.name), Schedule::nominal());
        assert_eq!(wrong.windows.is_empty(), !bug.overrides.is_empty(), "{}", bug.name);
        for outcome in [wrong, run(&setup(&format!("{}-cured", bug.name)), Schedule::nominal())] {
            assert_eq!(outcome.stop, Stop::Finished, "{}", bug.name);
            assert_eq!((outcome.stopped, outcome.stuck), (vec![], vec![]), "{}", bug.name);
        }
    }
}

/// No override is there for nothing, and each is met on the way.
#[test]
fn the_schedules_expose_and_need_all_they_force() {
    for Planted { name, overrides } in all() {
        let setup = setup(&name);
        let run =
            replay(&setup, None, &overrides, None).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert!(!run.outcome.windows.is_empty(), "{name} does not expose");
        assert_eq!(run.unused, [], "{name}");
        for left_out in 0..overrides.len() {
            let mut fewer = overrides.clone();
            let gone = fewer.remove(left_out);
            let run = replay(&setup, None, &fewer, None).expect("fewer fit, too");
            assert!(run.outcome.windows.is_empty(), "{name} does without {gone:?}");
        }
    }
}

#[test]
fn the_same_schedules_are_harmless_in_the_cured_plans() {
    for Planted { name, overrides } in all() {
        let cured = setup(&format!("{name}-cured"));
        let run =
            replay(&cured, None, &overrides, None).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert_eq!(run.outcome.windows, [], "{name}");
    }
}

/// A small generator of its own, so that these tests share nothing with the engine's draws.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of xorshift are its weak ones.
        (self.0 >> 16) % bound
    }
}

/// The longest that a delay without a bound is tried.
const LONG: u64 = 12 * 3600 * 1_000_000;

/// A value at a site: an end of its support, its median, or anything in between.
fn wild(law: &Law, dice: &mut Xorshift) -> u64 {
    let support = law.support();
    let high = support.high.unwrap_or(support.low + LONG);
    match dice.below(4) {
        0 => support.low,
        1 => high,
        2 => law.median(),
        _ => support.low + dice.below(high - support.low + 1),
    }
}

fn wild_value(setup: &Setup, choice: Choice, strikes: u64, dice: &mut Xorshift) -> u64 {
    match setup.form(choice.site, choice.entity) {
        SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law) => wild(law, dice),
        SiteForm::Chance(_) | SiteForm::Strikes(_) => u64::from(dice.below(8) < strikes),
        SiteForm::Count(most) => dice.below(u64::from(*most) + 1),
        SiteForm::Rank | SiteForm::Unused | SiteForm::ByClass(_) | SiteForm::Outside { .. } => {
            unreachable!("nothing is decided there in a full run")
        }
    }
}

/// More choices than any of these plans needs to meet its bug.
const FORCED_MAX: usize = 400;

/// A run in which choices are forced to unlikely values. They are learnt run by run, for what is
/// forced decides what is asked.
fn wild_run(setup: &Setup, replication: u32, dice: &mut Xorshift) -> Outcome {
    let mut schedule = Schedule::sampled(replication);
    // How ready faults are to strike differs from run to run.
    let strikes = 1 + dice.below(8);
    loop {
        let mut sim = Sim::new(setup, schedule.clone());
        sim.record_choices();
        let outcome = Watch::new(&sim).run(&mut sim);
        let known = schedule.overrides.len();
        for (choice, _) in sim.take_choices() {
            if !schedule.overrides.contains_key(&choice) && schedule.overrides.len() < FORCED_MAX {
                schedule.overrides.insert(choice, wild_value(setup, choice, strikes, dice));
            }
        }
        if schedule.overrides.len() == known || !outcome.windows.is_empty() {
            return outcome;
        }
    }
}

/// The first of so many wild runs that exposes somebody.
fn wild_search(name: &str, runs: u32) -> Option<u32> {
    let setup = setup(name);
    let mut dice = Xorshift(0x9e37_79b9_7f4a_7c15);
    (0..runs).find(|&run| !wild_run(&setup, run, &mut dice).windows.is_empty())
}

/// Safe for every timing: whatever is forced, a cured plan exposes nobody. That the same runs expose
/// nearly all of the wrong plans shows that they would notice.
#[test]
fn wild_runs_expose_wrong_plans_and_no_cured_ones() {
    let mut missed = Vec::new();
    for bug in all() {
        let cured = format!("{}-cured", bug.name);
        assert_eq!(wild_search(&cured, 100), None, "{cured}");
        // No value shows what only an order does.
        let only_orders = bug.overrides.iter().all(|line| line.site.ends_with(" / order"));
        if (bug.overrides.is_empty() || !only_orders) && wild_search(&bug.name, 200).is_none() {
            missed.push(bug.name);
        }
    }
    // The long race needs one moment among a hundred, and no end of a support hits it.
    assert!(missed.len() <= 2, "{missed:?}");
}
