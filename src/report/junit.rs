//! A check as `JUnit` XML, which CI systems read: a suite for each file, a case for each expectation and
//! each finding.
//!
//! No times and no host stand in it: the same check gives the same bytes.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::report::check::{CheckReport, ExpectationData, FileData, State};

/// The report as XML.
///
/// # Errors
/// The XML cannot be written, which no report has been seen to cause.
pub fn junit(report: &CheckReport) -> Result<String, SerializeError> {
    let mut out = Report::new("cutover check");
    out.add_test_suites(report.files.iter().map(|file| suite(file, report.strict)));
    out.to_string()
}

fn suite(file: &FileData, strict: bool) -> TestSuite {
    let mut suite = TestSuite::new(file.file.as_str());
    let case = |name: &str, status: TestCaseStatus| {
        let mut case = TestCase::new(name, status);
        case.set_classname(file.file.as_str());
        // GitLab links a case to this file.
        case.extra.insert("file".into(), file.file.as_str().into());
        case
    };
    if file.refused {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(format!("this {} is refused", file.kind));
        status.set_description(file.problems.clone().unwrap_or_default());
        suite.add_test_case(case("loads", status));
    }
    if file.undecided {
        suite.add_test_case(case("checks", undecided("the budget ended before it was begun")));
    }
    for expectation in &file.expectations {
        suite.add_test_case(case(&expectation.measure, status(expectation)));
    }
    for table in &file.not_checked {
        let mut status = match strict {
            true => TestCaseStatus::non_success(NonSuccessKind::Failure),
            false => TestCaseStatus::skipped(),
        };
        status.set_message("not checked: no engine does it yet");
        suite.add_test_case(case(table, status));
    }
    if suite.test_cases.is_empty() {
        suite.add_test_case(case("loads", TestCaseStatus::success()));
    }
    suite
}

fn undecided(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("undecided");
    status.set_message(why);
    status
}

fn status(expectation: &ExpectationData) -> TestCaseStatus {
    let message = format!("expected {}, got {}", expectation.expected, expectation.got);
    let failed = |kind: &str, message: &str| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(kind);
        status.set_message(message);
        status
    };
    match expectation.state() {
        State::Holds | State::Updated => TestCaseStatus::success(),
        State::Missed => failed("missed", &message),
        State::Undecided => undecided(&message),
        State::Unfit => {
            let mut status = failed("no longer fits", &expectation.misfits[0]);
            status.set_description(expectation.misfits.join("\n"));
            status
        }
    }
}
