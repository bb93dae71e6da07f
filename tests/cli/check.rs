use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

use super::*;

/// A folder with the plan that leaks and a finding of it.
fn corpus() -> (TempDir, String, String) {
    let folder = folder();
    let plan = leaks(&folder);
    let results = path(&folder, "results");
    exits(&run(&["simulate", &plan, "-n", "20", "--out", &results]), 0);
    let finding = path(&folder, "finding.toml");
    fs::copy(format!("{results}/findings/finding-1.toml"), &finding).expect("it is there");
    fs::remove_dir_all(results).expect("ours");
    (folder, plan, finding)
}

/// The finding with something else in it.
fn edited(folder: &TempDir, finding: &str, old: &str, new: &str) -> String {
    let text = fs::read_to_string(finding).expect("readable");
    assert!(text.contains(old), "{text}");
    let file = path(folder, "edited.toml");
    fs::write(&file, text.replace(old, new)).expect("writable");
    file
}

#[test]
fn a_corpus_says_what_is_not_as_it_must() {
    let (folder, _, finding) = corpus();
    let right = run(&["check", &finding, "-v"]);
    exits(&right, 0);
    assert!(out(&right).contains("replay   exposes   exposes  holds"), "{}", out(&right));
    let wrong = run(&["check", &edited(&folder, &finding, "\"exposes\"", "\"harmless\"")]);
    exits(&wrong, 1);
    let text = out(&wrong);
    assert!(text.contains("harmless  exposes  MISSED"), "{text}");
    assert!(text.contains("edited.toml: exposes: ") && text.contains("1 missed"), "{text}");
    // A value outside what its own scenario allows: somebody edited the one or the other.
    let wrong = run(&["check", &edited(&folder, &finding, "\"30m\", \"3h\"", "\"1ms\", \"2ms\"")]);
    exits(&wrong, 1);
    let text = out(&wrong);
    assert!(text.contains("NO LONGER FITS") && text.contains("1 finding no longer fits"), "{text}");
    assert!(text.contains("fault slow move / slow #1 = "), "{text}");
    assert!(text.contains("lies outside 1 ms to 2 ms"), "{text}");
    // Another digest is told, but what a finding must do is what counts.
    let text = fs::read_to_string(&finding).expect("readable");
    let digest = text.lines().find(|line| line.starts_with("digest ")).expect("it states one");
    let other = edited(&folder, &finding, digest, "digest = \"0x0123456789abcdef\"");
    let other = run(&["check", "-v", &other, "--format", "json"]);
    exits(&other, 0);
    assert!(out(&other).contains("not the run that was found: another digest"), "{}", out(&other));
}

#[test]
fn findings_are_held_against_a_changed_scenario() {
    let (folder, plan, finding) = corpus();
    let against = |changed: &str, code: i32| {
        let file = path(&folder, "changed.toml");
        fs::write(&file, changed).expect("writable");
        let root = folder.path().display().to_string();
        let output = run(&["check", &root, "--against", &file]);
        exits(&output, code);
        out(&output)
    };
    // The scenarios in the folder are left out: one file.
    let cured = against(&LEAKS.replace("for = \"1h\"", "for = \"4h\""), 0);
    assert!(cured.contains("1 file: 1 expectation holds"), "{cured}");
    let same = against(LEAKS, 1);
    assert!(same.contains("harmless  exposes  MISSED"), "{same}");
    let gone = against(&LEAKS.replace("count = 20", "count = 1"), 1);
    assert!(gone.contains("no longer fits: there is no `tenant "), "{gone}");
    let none = run(&["check", &plan, "--against", &plan]);
    exits(&none, 2);
    assert!(err(&none).contains("there is no finding to replay"), "{}", err(&none));
    exits(&run(&["check", &finding, "--against", &plan, "--update"]), 2);
}

/// A plan that two reactions keep busy at one instant for ever.
const LIVELOCK: &str = "
finding = 1
title = \"nobody knows\"
must = \"harmless\"
seed = 1
base = \"nominal\"
[[file]]
name = \"busy.toml\"
text = \"\"\"
name = 'busy'
[tenants]
count = 1
[facts.access]
initially = 'on'
[facts.policy]
missing = 'open'
[facts.f]
[[step]]
name = 'wait'
duration = '1h'
[[reaction]]
name = 'on'
while = 'not f'
after = '0s'
does = [{ on = 'f' }]
[[reaction]]
name = 'off'
while = 'f'
after = '0s'
does = [{ off = 'f' }]
\"\"\"
";

#[test]
fn what_is_not_decided_exits_with_3() {
    let (folder, plan, finding) = corpus();
    let late = run(&["check", &plan, &finding, "--budget", "0s"]);
    exits(&late, 3);
    assert!(out(&late).contains("2 undecided"), "{}", out(&late));
    exits(&run(&["check", &plan, &finding, "--budget", "10m"]), 0);
    let busy = path(&folder, "busy.toml");
    fs::write(&busy, LIVELOCK).expect("writable");
    let broken_off = run(&["check", &busy]);
    exits(&broken_off, 3);
    assert!(out(&broken_off).contains("broken off before"), "{}", out(&broken_off));
    // What is known to be wrong comes first.
    let harmless = edited(&folder, &finding, "\"exposes\"", "\"harmless\"");
    exits(&run(&["check", &busy, &harmless]), 1);
}

#[test]
fn ci_systems_are_shown_each_expectation_and_finding() {
    let (folder, _, finding) = corpus();
    let wrong = LEAKS.replace("stopped = 0", "stopped = 7");
    fs::write(path(&folder, "missed & <marked>.toml"), wrong).expect("writable");
    fs::write(path(&folder, "typo.toml"), LEAKS.replace("duration =", "durration =")).expect("ok");
    fs::write(path(&folder, "busy.toml"), LIVELOCK).expect("writable");
    edited(&folder, &finding, "\"30m\", \"3h\"", "\"1ms\", \"2ms\"");
    let root = folder.path().display().to_string();
    let junit = || {
        let file = path(&folder, "check.xml");
        exits(&run(&["check", &root, "--junit", &file]), 2);
        fs::read_to_string(file).expect("written")
    };
    let xml = junit();
    assert_eq!(xml, junit(), "no time and no host stand in it");
    let report = Report::deserialize_from_str(&xml).expect("JUnit XML");
    let counts = (report.tests, report.failures, report.errors);
    // Three expectations of which one table is skipped, twice; four files with one case each.
    assert_eq!(counts, (10, 2, 2), "{xml}");
    let case = |file: &str, name: &str| {
        let suite = report.test_suites.iter().find(|suite| suite.name.ends_with(file));
        let suite = suite.unwrap_or_else(|| panic!("{file}: {xml}"));
        let case = suite.test_cases.iter().find(|case| case.name.as_str() == name);
        case.unwrap_or_else(|| panic!("{file}, {name}: {xml}")).status.clone()
    };
    let failure = |file: &str, name: &str| match case(file, name) {
        TestCaseStatus::NonSuccess { kind, message, description, .. } => {
            let text = |text: Option<quick_junit::XmlString>| {
                text.map(|text| text.to_string()).unwrap_or_default()
            };
            (kind, text(message), text(description))
        }
        other => panic!("{file}, {name}: {other:?}"),
    };
    assert!(matches!(case("leaks.toml", "stopped"), TestCaseStatus::Success { .. }));
    assert!(matches!(case("leaks.toml", "expect.capacity"), TestCaseStatus::Skipped { .. }));
    assert!(matches!(case("finding.toml", "replay"), TestCaseStatus::Success { .. }));
    let (kind, message, _) = failure("missed & <marked>.toml", "stopped");
    assert_eq!((kind, message.as_str()), (NonSuccessKind::Failure, "expected 7, got 0"));
    let (kind, message, all) = failure("edited.toml", "replay");
    assert_eq!(kind, NonSuccessKind::Failure);
    assert!(message.contains("no longer fits") && all.contains("1 ms to 2 ms"), "{message} {all}");
    let (kind, _, why) = failure("typo.toml", "loads");
    assert_eq!(kind, NonSuccessKind::Error);
    assert!(why.contains("did you mean `duration`?"), "{why}");
    let (kind, message, _) = failure("busy.toml", "replay");
    assert_eq!(kind, NonSuccessKind::Error);
    assert!(message.contains("broken off"), "{message}");
}

#[test]
fn runs_are_made_twice_and_compared() {
    let (folder, plan, finding) = corpus();
    let root = folder.path().display().to_string();
    let twice = run(&["check", &root, "--twice", "30", "-v"]);
    exits(&twice, 0);
    let text = out(&twice);
    assert!(text.contains("30 double runs of 1 scenario, "), "{text}");
    assert!(text.contains("the same, event for event"), "{text}");
    let events = |args: &[&str]| {
        let output = run(&[&["check", &plan, "--twice", "7", "--format", "json"], args].concat());
        let report: serde_json::Value = serde_json::from_str(&out(&output)).expect("valid JSON");
        (report["runs"].as_u64(), report["events"].as_u64().expect("a number"))
    };
    assert_eq!(events(&[]).0, Some(7));
    assert_eq!(events(&["--seed", "a0976bd"]), events(&["--seed", "a0976bd", "--jobs", "2"]));
    assert_ne!(events(&["--seed", "a0976bd"]), events(&[]));
    exits(&run(&["check", &plan, "--twice", "0"]), 2);
    exits(&run(&["check", &plan, "--twice", "5", "--update"]), 2);
    exits(&run(&["check", &finding, "--twice", "5"]), 2);
}
