//! Each cure in `scenarios/` is proved, and broken on purpose in one place it is refuted.
//!
//! What a cure promises is in its file's head. Not all promise that nobody is exposed: some make a window
//! shorter or close one of several, which is proved as well; three promise less reading, fewer tenants
//! or less downtime, which is no question of timing, so their simulated figures are held against `[expect]`.

use std::path::Path;

use cutover::check::check;
use cutover::plan::Plan;
use cutover::scenario::{self, Scenario};
use cutover::verify::{Answer, Options, Overall, Property, Verdict, exact, overall, verify};

const MINUTE: u64 = 60_000_000;
const HOUR: u64 = 60 * MINUTE;

/// What a cure promises.
#[derive(Clone, Copy, Debug)]
enum Promise {
    /// Nobody is exposed, of any number of tenants.
    Safe,
    /// Nobody of these tenants is.
    SafeOf(u32),
    /// Nothing makes this hazard hold, whatever the others do.
    Without(&'static str),
    /// Of one tenant this hazard holds for so many microseconds at the most.
    AtMost(&'static str, u64),
    /// What `[expect.simulate]` says.
    Simulated,
}

/// A text in the file or in the one that it extends, and what stands there instead.
type Change = (&'static str, &'static str);

struct Cure {
    name: &'static str,
    /// Makes it small enough, or the faults part of every set.
    setting: &'static [Change],
    promise: Promise,
    broken: Change,
}

const CURES: [Cure; 17] = [
    Cure {
        name: "copy-outlives-fix-cured",
        setting: &[],
        promise: Promise::AtMost("somebody else's address book", 11 * HOUR),
        broken: ("after = \"1h\"", "after = \"2h\""),
    },
    Cure {
        // The window that everybody has needs no fault: faults that cost would not lengthen it.
        name: "crash-without-journal-cured",
        setting: &[
            ("chance = 0.2", "chance = 0.2\ncost = 0"),
            ("while   = \"refused and access\"", "while = \"refused and access\"\ncost = 0"),
        ],
        promise: Promise::AtMost("address-book-policy missing", 910_000_000),
        broken: ("journal = \"step\"", "journal = \"none\""),
    },
    Cure {
        name: "enable-before-restrict-cured",
        setting: &[],
        promise: Promise::Without("address-book-policy missing"),
        broken: (
            "{ on = \"address-book-policy\" }",
            "{ on = \"address-book-policy\", after = \"1s\" }",
        ),
    },
    Cure {
        name: "fail-open-lookup-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: ("needs  = \"address-book-policy\"", ""),
    },
    Cure {
        name: "first-incident-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: (
            "[{ off = \"access\" }, { on = \"migrating\" }]",
            "[{ off = \"access\", for = \"60m\" }, { on = \"migrating\" }]",
        ),
    },
    Cure {
        name: "hosted-exchange-calm",
        setting: &[],
        promise: Promise::Safe,
        broken: ("name   = \"gate falls open\"\nremove = true", "name = \"gate falls open\""),
    },
    Cure {
        name: "lease-holds",
        setting: &[],
        promise: Promise::Safe,
        broken: ("for = \"60m\"", "for = \"54m\""),
    },
    Cure {
        name: "mis-scoped-filter-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: ("{ on = \"rooms-confined\" }]", "{ on = \"rooms-confined\", for = \"1h\" }]"),
    },
    Cure {
        name: "office-hours-cured",
        setting: &[],
        promise: Promise::Simulated,
        broken: ("2016-11-28T20:00", "2016-11-28T22:00"),
    },
    Cure {
        name: "over-blocking-cured",
        setting: &[],
        promise: Promise::Simulated,
        broken: ("each = \"database\"\n\n[expect", "each = \"rollout\"\n\n[expect"),
    },
    Cure {
        // Each mailbox is open until its tenant's gate closes, at the very instant at which all begin.
        name: "partial-restore-cured",
        setting: &[("mailboxes = 12", "mailboxes = 2")],
        promise: Promise::SafeOf(2),
        broken: ("all(mailbox: confined)", "any(mailbox: confined)"),
    },
    Cure {
        name: "replica-lag-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: ("needs = \"address-book-policy\"", "needs = \"written\""),
    },
    Cure {
        name: "reset-before-policy-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: ("after = \"assign the policy\"", "after = []"),
    },
    Cure {
        name: "retry-swallows-exists-cured",
        setting: &[],
        promise: Promise::AtMost("address-book-policy missing", 5 * MINUTE + 10_000_000),
        broken: ("done-if = \"access and address-book-policy\"", "done-if = \"access\""),
    },
    Cure {
        name: "second-pattern-cured",
        setting: &[],
        promise: Promise::Safe,
        broken: ("at-start = []", "at-start = [{ off = \"list-scope\", of = \"members\" }]"),
    },
    Cure {
        name: "session-outlives-policy-cured",
        setting: &[],
        promise: Promise::AtMost("address-book-policy missing", 10 * MINUTE),
        broken: (", ends-when = \"sessions-reset\"", ""),
    },
    Cure {
        name: "unseen-defect-cured",
        setting: &[],
        promise: Promise::Simulated,
        broken: ("soak = \"48h\"", "soak = \"1h\""),
    },
];

/// The scenario with these changes, each of which has its place.
fn changed(name: &str, changes: &[Change]) -> Scenario {
    let mut left: Vec<Change> = changes.to_vec();
    let left = std::cell::RefCell::new(&mut left);
    let read = |path: &Path| {
        let mut text = std::fs::read_to_string(path)?;
        left.borrow_mut().retain(|(from, to)| {
            let there = text.matches(from).count();
            assert!(there < 2, "{name}: `{from}` stands there twice");
            text = text.replace(from, to);
            there == 0
        });
        Ok(text.into_bytes())
    };
    let path = format!("scenarios/{name}.toml");
    let loaded = scenario::load(Path::new(&path), &read);
    let loaded = loaded.unwrap_or_else(|failure| panic!("{name}: {:#?}", failure.diagnostics));
    let left = left.into_inner();
    assert!(left.is_empty(), "{name}: nothing is changed by {left:?}");
    loaded.scenario
}

fn of_any(scenario: &Scenario) -> Overall {
    let options = Options { longest: false, ..Options::default() };
    let overall = overall(&Plan::compile(scenario), 1, options, &mut |_| true);
    assert!(overall.bugs.is_empty() && overall.gaps.is_empty(), "{:#?}", overall.bugs);
    overall
}

fn of(scenario: &Scenario, tenants: u32) -> Verdict {
    let setup = exact(scenario, tenants, 1).expect("it has so many tenants");
    let verdict = verify(&setup, Options::default(), &mut |_| true);
    assert!(verdict.bugs.is_empty(), "{:#?}", verdict.bugs);
    verdict
}

fn hazard(scenario: &Scenario, name: &str) -> Property {
    let hazard = scenario.hazards.iter().position(|hazard| hazard.name == name);
    Property::Hazard(u16::try_from(hazard.expect("there is such a hazard")).expect("few"))
}

/// The promise is proved, or refuted by a schedule that the simulator has replayed; `None`: neither.
fn keeps(scenario: &Scenario, promise: Promise) -> Option<bool> {
    let known = |answer| match answer {
        Answer::Safe => Some(true),
        Answer::Exposed => Some(false),
        Answer::Inconclusive => None,
    };
    match promise {
        Promise::Safe => known(of_any(scenario).answer),
        Promise::SafeOf(tenants) => known(of(scenario, tenants).answer),
        Promise::Without(name) => {
            let (overall, hazard) = (of_any(scenario), hazard(scenario, name));
            let found = overall.found.iter().any(|set| set.found.property == hazard);
            let open = overall.possible.iter().any(|set| set.found.property == hazard);
            let whole = overall.complete == Some(overall.faults) && !open;
            (found || whole).then_some(!found)
        }
        Promise::AtMost(name, most) => {
            let (verdict, hazard) = (of(scenario, 1), hazard(scenario, name));
            let all = verdict.possible.is_empty() && verdict.complete == Some(verdict.faults);
            let mut lengths = verdict
                .found
                .iter()
                .filter(|found| found.property == hazard)
                .map(|found| found.longest.as_ref().expect("it was asked for"));
            // It is reached, so the promise is as good as it can be.
            let longer = |length: Option<u64>| length.is_none_or(|length| length > most);
            let longest = lengths.clone().map(|longest| longest.length.map(|span| span.0));
            let keeps = lengths.all(|longest| longest.complete) && !longest.clone().any(longer);
            assert!(!keeps || longest.clone().any(|length| length == Some(most)), "{name}");
            all.then_some(keeps)
        }
        Promise::Simulated => {
            let checked = check(scenario, &|_| {});
            assert!(!checked.rows.is_empty());
            Some(checked.rows.iter().all(|row| row.met))
        }
    }
}

#[test]
fn each_cure_is_proved_and_refuted_where_it_is_broken() {
    let mut wrong = Vec::new();
    for Cure { name, setting, promise, broken } in CURES {
        let whole = keeps(&changed(name, setting), promise);
        let apart = keeps(&changed(name, &[setting, &[broken]].concat()), promise);
        if (whole, apart) != (Some(true), Some(false)) {
            wrong.push(format!("{name}: {promise:?} is {whole:?}, broken {apart:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_cure_is_missing() {
    let names = std::fs::read_dir("scenarios").expect("the folder is there");
    let names = names.map(|entry| entry.expect("readable").path());
    let extends = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|extension| extension == "toml")
            && std::fs::read_to_string(path)
                .expect("text")
                .lines()
                .any(|line| line.starts_with("extend"))
    };
    let mut cures: Vec<String> = names
        .filter(extends)
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into())
        .collect();
    cures.sort();
    assert_eq!(cures, CURES.map(|cure| cure.name.to_owned()));
}
