//! Scenarios that extend others.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::hosted::HOSTED;
use crate::diagnostics::{Colour, render};
use crate::scenario::sites::sites;
use crate::scenario::*;

/// Loads the first file; the others are beside it.
fn load_files(files: &[(&str, &str)]) -> Result<Loaded, String> {
    let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &Path| {
        let text = path.to_str().and_then(|path| texts.get(path));
        text.map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    let told = |failure: Failure| render(&failure.diagnostics, &failure.sources, Colour::Never);
    load(Path::new(files[0].0), &read).map_err(told)
}

/// A scenario `plans/new.toml` on top of the hosted one.
fn extended(text: &str) -> Scenario {
    let text = format!("extend = \"../bases/./hosted.toml\"\n{text}");
    let files = [("plans/new.toml", text.as_str()), ("bases/hosted.toml", HOSTED)];
    load_files(&files).unwrap_or_else(|told| panic!("{told}")).scenario
}

fn step_names(scenario: &Scenario) -> Vec<&str> {
    scenario.steps.iter().map(|step| step.name.as_str()).collect()
}

#[test]
fn without_changes_it_is_the_base() {
    let base = load_str("base", HOSTED).expect("valid").scenario;
    let mut same = extended("");
    assert_eq!(same.base_sites, sites(&base));
    assert_eq!(sites(&same), sites(&base));
    // What is expected of the base, and that it is one, is all that differs.
    same.base_sites = Vec::new();
    same.expect = base.expect.clone();
    assert_eq!(same, base);
}

#[test]
fn entries_override_by_name_and_key_by_key() {
    let scenario = extended(
        r#"
        name = "shorter lock"
        [rollout]
        at-once = 80
        [facts.folder-rights]
        initially = "off"
        [pools.moves]
        slots = 40
        [[step]]
        name = "close the gate"
        at-end = [{ off = "access", for = "12h" }]
        [[step]]
        name = "seed mailbox"
        duration = "1h"
        [[fault]]
        name = "public folders slow"
        hangs = true
        "#,
    );
    assert_eq!(scenario.name, "shorter lock");
    assert_eq!(scenario.rollout.at_once, Some(80));
    assert_eq!(scenario.rollout.horizon, extended("").rollout.horizon);
    let rights = &scenario.facts[2];
    assert_eq!((rights.initially, rights.missing), (false, Some(Missing::Closed)));
    assert_eq!(scenario.pools[0].slots, 40);
    let gate = &scenario.steps[1];
    assert!(matches!(gate.work, Work::Lasts(_)), "the base's duration stays");
    let lease = gate.at_end[0].lasts.as_ref().map(|lasts| &lasts.shape);
    assert_eq!(lease, Some(&Shape::Constant(12 * 3600 * 1_000_000)));
    assert!(matches!(scenario.steps[0].work, Work::Lasts(_)), "a duration replaces the transfer");
    let slow = &scenario.faults[1];
    assert!(matches!(slow.form, FaultForm::Attempt { bend: Bend::Hangs, .. }));
    assert!((slow.chance.0 - 0.002).abs() < 1e-12, "what is not stated is inherited");
}

#[test]
fn new_steps_go_where_they_are_placed_and_removed_ones_go() {
    let scenario = extended(
        r#"
        [[step]]
        name = "check policy"
        place-before = "open the gate"
        [[step]]
        name = "tell users"
        [[step]]
        name = "check rights"
        place-after = "check policy"
        [[step]]
        name = "restore folder rights"
        place-after = "enable target"
        [[step]]
        name = "public-folder root"
        remove = true
        [[fault]]
        name = "public folders slow"
        remove = true
        "#,
    );
    let expected = [
        "seed mailbox",
        "close the gate",
        "enable target",
        "restore folder rights",
        "set address-book policy",
        "finalise mailbox",
        "check policy",
        "check rights",
        "open the gate",
        "tell users",
    ];
    assert_eq!(step_names(&scenario), expected);
    // The default predecessor follows the new order.
    assert_eq!(scenario.steps[8].after, [StepId(7)]);
    assert_eq!(scenario.faults.len(), 3);
}

#[test]
fn a_new_step_leaves_all_numbers_of_the_base() {
    let base = load_str("base", HOSTED).expect("valid").scenario;
    let more = extended(
        "[[step]]\nname = \"new\"\nduration = \"5m\"\nplace-before = \"seed mailbox\"\n\
         [[fault]]\nname = \"public folders slow\"\nremove = true\n",
    );
    let (old, new) = (sites(&base), sites(&more));
    assert_eq!(new[..old.len()], old, "even those of what is removed");
    assert_eq!(new[old.len()..], ["new / duration"]);
}

#[test]
fn sites_are_named_in_plan_order() {
    let mut text = HOSTED.replace("order   = \"listed\" ", "order = \"shuffled\" ");
    text.push_str(
        r#"
        [[reaction]]
        name = "watchdog"
        while = "not access"
        after = "9h"
        does = [{ on = "access", after = "5m", chance = 0.5 }]
        "#,
    );
    insta::assert_snapshot!(sites(&load_str("base", &text).expect("valid").scenario).join("\n"));
}

#[test]
fn a_base_may_extend_another_and_expectations_stay_behind() {
    let hosted = format!("{HOSTED}\n[expect.simulate]\nmakespan = [\"1h\", \"9w\"]\n");
    let files = [
        ("c.toml", "extend = \"b.toml\"\n[[step]]\nname = \"third\"\n"),
        ("b.toml", "extend = \"a.toml\"\n[[step]]\nname = \"second\"\nduration = \"1m\"\n"),
        ("a.toml", hosted.as_str()),
    ];
    let loaded = load_files(&files).unwrap_or_else(|told| panic!("{told}"));
    assert!(loaded.scenario.expect.simulate.is_none());
    let base_sites = &loaded.scenario.base_sites;
    assert_eq!(base_sites.last().map(String::as_str), Some("second / duration"));
    let names: Vec<&str> = loaded.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["c.toml", "b.toml", "a.toml"]);
    // What was read is enough to load it again.
    let kept: Vec<(&str, &str)> =
        loaded.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(load_files(&kept).expect("the same").scenario, loaded.scenario);
}

#[test]
fn circles_and_towers_end() {
    let circle =
        load_files(&[("a.toml", "extend = \"x/../b.toml\""), ("b.toml", "extend = \"./a.toml\"")]);
    assert!(circle.expect_err("a circle").contains("S009"));
    let texts: Vec<(String, String)> =
        (0..20).map(|i| (format!("{i}.toml"), format!("extend = \"{}.toml\"", i + 1))).collect();
    let tower: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(load_files(&tower).expect_err("too deep").contains("more than 8 deep"));
}

#[test]
fn problems_show_the_file_they_are_in() {
    let base = HOSTED
        .replace("at-end   = [{ on = \"folder-rights\" }]", "at-end = [{ on = \"folder-right\" }]");
    let files =
        [("new.toml", "extend = \"base.toml\"\nnonsense = 1\n"), ("base.toml", base.as_str())];
    let told = load_files(&files).expect_err("a problem in the base");
    assert!(told.contains("--> base.toml:") && !told.contains("new.toml"), "{told}");
    let files = [("new.toml", "extend = \"base.toml\"\nnonsense = 1\n"), ("base.toml", HOSTED)];
    let told = load_files(&files).expect_err("a problem in the new one");
    assert!(told.contains("--> new.toml:2:1"), "{told}");
    let removed = "extend = \"base.toml\"\n[facts.access]\nremove = true\n";
    let told =
        load_files(&[("new.toml", removed), ("base.toml", HOSTED)]).expect_err("access is used");
    assert!(
        told.contains("there is no fact `access`") && told.contains("--> base.toml:"),
        "{told}"
    );
}

#[test]
fn an_override_with_two_alternatives_is_still_refused() {
    let text = "extend = \"base.toml\"\n[[fault]]\nname = \"public folders slow\"\nhangs = true\nfails = true\n";
    let told = load_files(&[("new.toml", text), ("base.toml", HOSTED)]).expect_err("two bends");
    assert!(told.contains("exclude each other"), "{told}");
}
