//! `[expect.verify] margins` against those that are proved.

use crate::check::verify::{MEMORY, VerifyRow};
use crate::plan::Plan;
use crate::scenario::{ExpectVerify, Reach, Scenario};
use crate::units::Span;
use crate::verify::{End, Margin, Margins, Of, Progress, Proved, exact, margins, margins_goal};

/// Takes the margins that are expected.
pub(super) fn rows(scenario: &Scenario, expect: &ExpectVerify) -> Vec<VerifyRow> {
    if expect.margins.is_empty() {
        return Vec::new();
    }
    let seed = scenario.expect.simulate.as_ref().map_or(1, |expect| expect.seed);
    let mut go_on = |progress: &Progress| progress.memory < MEMORY;
    let faults = usize::from(expect.margin_faults);
    let plan = Plan::compile(scenario);
    let setup = expect.tenants.map(|tenants| exact(scenario, tenants, seed)).transpose();
    let mut take = |goal: Option<u16>| {
        let setup = setup.as_ref().map_err(Clone::clone)?;
        let of = setup.as_ref().map_or(Of::Any(&plan, seed), Of::Exact);
        Ok(match goal {
            None => margins(of, faults, &mut go_on),
            Some(goal) => margins_goal(of, goal, faults, &mut go_on),
        })
    };
    // The hazards, then each goal that is asked about.
    let mut about: Vec<Option<&String>> =
        expect.margins.iter().map(|margin| margin.goal.as_ref()).collect();
    about.sort();
    about.dedup();
    let named = |name: &String| scenario.goals.iter().position(|goal| goal.name == *name);
    let mut rows = Vec::new();
    for about in about {
        let goal = about.and_then(named).and_then(|goal| u16::try_from(goal).ok());
        rows.extend(rows_of(about, &take(goal), expect));
    }
    rows
}

/// Those about the hazards, or about one goal.
fn rows_of(
    about: Option<&String>,
    taken: &Result<Margins, String>,
    expect: &ExpectVerify,
) -> Vec<VerifyRow> {
    let mut rows = Vec::new();
    if taken.as_ref().is_ok_and(|taken| !taken.bugs.is_empty()) {
        let expected = "schedules that replay".to_owned();
        let got = "one that does not".to_owned();
        rows.push(VerifyRow { key: "margins", expected, got, met: false });
    }
    let of = about.map_or(String::new(), |goal| format!("{goal}: "));
    for margin in expect.margins.iter().filter(|margin| margin.goal.as_ref() == about) {
        let ends = [(End::Upper, margin.at_most), (End::Lower, margin.at_least)];
        for (end, reach) in ends {
            let Some(reach) = reach else { continue };
            let got = match &taken {
                Ok(taken) => format!("{of}{}", reached(taken, &margin.of, end)),
                Err(why) => why.clone(),
            };
            let expected = format!("{of}{}", written(&margin.of, end, &words(reach)));
            rows.push(VerifyRow { key: "margins", met: expected == got, expected, got });
        }
    }
    rows
}

/// How far an end reaches, in the words of an expectation.
fn reached(taken: &Margins, name: &str, end: End) -> String {
    let Some(bound) = taken.called(name) else { return format!("no bound `{name}` here") };
    let of = |margin: &&Margin| (margin.bound, margin.end) == (bound, end);
    let Some(margin) = taken.margins.iter().find(of) else {
        return "nothing is proved of the plan as it is".to_owned();
    };
    let reach = match margin.proved {
        Proved::Any => words(Reach::Any),
        Proved::Nowhere => words(Reach::Nowhere),
        Proved::UpTo(to) if margin.exact() => words(Reach::To(to)),
        Proved::UpTo(to) => format!("{} or more", words(Reach::To(to))),
        Proved::AtLeast(_) => "not known".to_owned(),
    };
    written(name, end, &reach)
}

fn written(name: &str, end: End, reach: &str) -> String {
    let side = if end == End::Upper { "at most" } else { "at least" };
    format!("{name} {side} {reach}")
}

fn words(reach: Reach) -> String {
    match reach {
        Reach::To(micros) => Span(micros).to_string(),
        Reach::Any => "any".to_owned(),
        Reach::Nowhere => "none".to_owned(),
    }
}
