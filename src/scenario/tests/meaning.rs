//! What a text means, part by part.

use super::hosted::loaded;
use crate::diagnostics::{Colour, render};
use crate::scenario::*;

/// A small scenario with a group, facts of every kind and the given rest.
fn small(rest: &str) -> Scenario {
    loaded(&format!("{HEAD}{rest}")).scenario
}

fn told(rest: &str) -> String {
    let failure = load_str("test.toml", &format!("{HEAD}{rest}")).expect_err("a problem");
    render(&failure.diagnostics, &failure.sources, Colour::Never)
}

const HEAD: &str = r#"
name = "small"
[tenants]
count = 12
[groups]
site = { count = 2 }
[facts]
access = { initially = "on" }
ready = {}
frozen = { each = "rollout" }
full = { each = "site" }
seeded = { each = "mailbox" }
grants = { count = 3, missing = "closed" }
"#;

fn needs(condition: &str) -> Cond {
    small(&format!("[[step]]\nname = \"s\"\nneeds = \"{condition}\"\n")).steps[0]
        .needs
        .clone()
        .expect("stated")
}

fn fact(id: u16) -> Cond {
    Cond::Fact(FactId(id))
}

#[test]
fn conditions_bind_as_written() {
    let not = |cond: Cond| Cond::Not(Box::new(cond));
    assert_eq!(
        needs("access or ready and not full"),
        Cond::Or(vec![fact(0), Cond::And(vec![fact(1), not(fact(3))])])
    );
    assert_eq!(
        needs("(access or ready) and frozen"),
        Cond::And(vec![Cond::Or(vec![fact(0), fact(1)]), fact(2)])
    );
    assert_eq!(needs("not (not true)"), not(not(Cond::Const(true))));
    let quantified = |quantifier, cond| Cond::Quantified {
        quantifier,
        over: Kind::Mailbox,
        cond: Box::new(cond),
    };
    assert_eq!(needs("all(mailbox: seeded)"), quantified(Quantifier::All, fact(4)));
    assert_eq!(needs("any( mailbox :not seeded)"), quantified(Quantifier::Any, not(fact(4))));
    assert_eq!(
        needs("count(mailbox: seeded) >= 3"),
        quantified(Quantifier::Count(Compare::GreaterOrEqual, 3), fact(4))
    );
}

#[test]
fn deep_conditions_are_refused_not_followed() {
    for deep in ["(".repeat(100_000), "not ".repeat(100_000)] {
        assert!(
            told(&format!("[[step]]\nname = \"s\"\nneeds = \"{deep}\"\n"))
                .contains("deeper than 64")
        );
    }
    let wide = vec!["access"; 5000].join(" and ");
    assert!(matches!(needs(&wide), Cond::And(parts) if parts.len() == 5000));
}

#[test]
fn problems_in_conditions_are_column_exact_in_every_kind_of_string() {
    let text = "[[step]]\nname = \"s\"\nneeds = '''\naccess and\n  redy'''\n";
    assert!(told(text).contains("test.toml:18:3"), "{}", told(text));
    // With an escape the whole string is shown.
    let text = "[[step]]\nname = \"s\"\nneeds = \"\\u0061ccess and redy\"\n";
    assert!(told(text).contains("test.toml:16:9"), "{}", told(text));
}

#[test]
fn steps_follow_the_list_unless_they_say_otherwise() {
    let list = r#"
        step = [
          { name = "a" },
          { name = "b", each = "mailbox" },
          { name = "c", each = "site" },
          { name = "d" },
          { name = "e", each = "rollout" },
          { name = "f", after = [] },
          { name = "g", after = ["a", "d", "a"] },
        ]
        "#;
    let scenario = loaded(&format!("{list}{HEAD}")).scenario;
    let after: Vec<Vec<u16>> =
        scenario.steps.iter().map(|step| step.after.iter().map(|id| id.0).collect()).collect();
    let expected: [&[u16]; 7] = [&[], &[0], &[1], &[1], &[3], &[], &[0, 3]];
    assert_eq!(after, expected);
}

#[test]
fn permissions_derive_hazards_of_the_deeper_kind() {
    let scenario = small(
        "policy = { missing = \"open\", shows = { whose = \"site\", data = [\"names\"] } }\n\
         rights = { each = \"mailbox\", missing = \"open\" }\n\
         listing = { each = \"rollout\", missing = \"open\" }\n\
         [[hazard]]\nname = \"written\"\nwhen = \"access and not ready\"\n",
    );
    let kinds: Vec<(&str, Kind)> =
        scenario.hazards.iter().map(|hazard| (hazard.name.as_str(), hazard.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("policy missing", Kind::Tenant),
            ("rights missing", Kind::Mailbox),
            ("listing missing", Kind::Tenant),
            ("written", Kind::Tenant),
        ]
    );
    assert_eq!(scenario.hazards[0].shows.whose, Whose::Group(0));
    assert_eq!(scenario.hazards[0].derived, Some(FactId(6)));
    assert!(scenario.facts[5].initially, "permissions start on");
}

#[test]
fn effects_reach_up_and_with_members_down() {
    let scenario = small(
        r#"
        [[step]]
        name = "s"
        each = "site"
        at-end = [
          { on = "frozen" },
          { on = "seeded", of = "members", if = "access and not seeded", chance = "1/2" },
          { off = "access", of = "members", if = "not ready" },
          { on = "access", of = "members", if = "ready and grants" },
        ]
        "#,
    );
    let effects = &scenario.steps[0].at_end;
    assert!(!effects[0].members && effects[1].members);
    assert_eq!(effects[1].chance.map(|chance| chance.0), Some(0.5));
}

#[test]
fn expectations_are_ranges() {
    let scenario = small(
        r#"
        [pools]
        workers = { slots = 2 }
        [[step]]
        name = "s"
        uses = "workers"
        [expect.simulate]
        seed = 7
        makespan = ["1h", "2h"]
        runs-with-exposure = 0.25
        wait = { workers = "0s" }
        [expect.verify]
        verdict = "safe"
        [expect.capacity]
        anything = { goes = 1 }
        "#,
    );
    let simulate = scenario.expect.simulate.as_ref().expect("stated");
    assert_eq!((simulate.seed, simulate.replications), (7, 200));
    let measures: Vec<(Measure, f64, f64)> = simulate
        .measures
        .iter()
        .map(|expected| (expected.measure, expected.low, expected.high))
        .collect();
    assert_eq!(
        measures,
        [
            (Measure::Makespan, 3.6e9, 7.2e9),
            (Measure::RunsWithExposure, 0.25, 0.25),
            (Measure::Wait(PoolId(0)), 0.0, 0.0),
        ]
    );
    assert_eq!(scenario.expect.unchecked, ["capacity"]);
}

#[test]
fn families_that_are_one_value_are_constants() {
    let scenario = small(
        "[[step]]\nname = \"s\"\nduration = { pert = [\"5s\", \"5s\", \"5s\"], between = [\"1s\", \"9s\"] }\n",
    );
    let constant = Dist { shape: Shape::Constant(5_000_000), between: None };
    assert_eq!(scenario.steps[0].work, Work::Lasts(constant));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let with_mark = loaded(&format!("\u{feff}{HEAD}"));
    assert_eq!(with_mark.files[0].1, HEAD);
    assert_eq!(with_mark.scenario, small(""));
}

#[test]
fn nothing_at_all_is_told_what_is_missing() {
    for text in ["", "\u{feff}", "\n\n", "# nothing"] {
        let failure = load_str("empty.toml", text).expect_err("nothing there");
        let told = render(&failure.diagnostics, &failure.sources, Colour::Never);
        assert!(told.contains("lacks `name`") && told.contains("lacks `tenants`"), "{told}");
    }
}

#[test]
fn a_list_has_a_limit() {
    let steps = |count: usize| -> String {
        (0..count).map(|i| format!("[[step]]\nname = \"s{i}\"\n")).collect()
    };
    assert_eq!(small(&steps(512)).steps.len(), 512);
    assert!(told(&steps(513)).starts_with("error[S018]: more than 512 steps"));
}
