//! A designer must recognise the plan.

use crate::plan::Plan;
use crate::scenario;

fn plan(extra: &str) -> Plan {
    let text = include_str!("../../../scenarios/hosted-exchange.toml");
    let text = text.split("[expect.simulate]").next().expect("a first part");
    let loaded = scenario::load_str("hosted.toml", &format!("{text}\n{extra}"));
    Plan::compile(&loaded.expect("a valid scenario").scenario)
}

#[test]
fn the_plan_in_words() {
    // The fingerprint and the number of sites are pinned where they are made.
    let text = plan("").text();
    let (words, numbers) = text.split_once("THE COMPILED PLAN\n").expect("the last section");
    assert_eq!(numbers.lines().count(), 2);
    insta::assert_snapshot!(words);
}

#[test]
fn the_plan_as_a_graph() {
    insta::assert_snapshot!(plan("").dot());
}

#[test]
fn names_cannot_break_the_graph() {
    let odd = r#"[[step]]
name = 'say "hi" \ twice'
needs = "access and (not folder-rights or not (access or seeded-all))"

[facts.seeded-all]
"#;
    let dot = plan(odd).dot();
    assert!(
        dot.contains(r#"label="say \"hi\" \\ twice\neach tenant\nneeds access and (not"#),
        "{dot}"
    );
    assert!(plan(odd).text().contains("needs: access and (not folder-rights or not (access or "));
}
