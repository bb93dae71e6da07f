//! Every rule must fire on what it forbids, at the right line, and on nothing else.

use super::files::Source;
use super::{Finding, folder};

/// `line rule` of everything that is found in a file of this path and text.
fn found(path: &str, text: &str) -> Vec<String> {
    Source::new(path, text).findings().iter().map(brief).collect()
}

fn brief(finding: &Finding) -> String {
    format!("{} {}", finding.line, finding.rule)
}

#[track_caller]
fn clean(path: &str, text: &str) {
    super::none(&Source::new(path, text).findings());
}

#[test]
fn a_finding_names_place_rule_and_reason() {
    let source = Source::new("src/plan/mod.rs", "\nuse crate::kernel::Sim;\n");
    assert_eq!(
        source.findings()[0].to_string(),
        "src/plan/mod.rs:2: layers, layer `plan` must not use `kernel`, which comes after it"
    );
}

#[test]
fn layers_after_the_own_are_found_however_they_are_written() {
    for line in [
        "use crate::kernel::Sim;",
        "use crate::{units::Span, kernel::{Sim, Dice}};",
        "use crate::kernel;",
        "pub use crate::kernel::*;",
        "fn f() { crate::kernel::run(); }",
        "fn f(sim: &crate::kernel::Sim) {}",
        "use super::kernel::Sim;",
        "use super::{kernel::Sim};",
        "mod inner { use super::super::kernel::Sim; }",
        "macro_rules! m { () => { $crate::kernel::run() } }",
        "#[cfg(not(test))] use crate::kernel::Sim;",
    ] {
        assert_eq!(found("src/model/mod.rs", &format!("\n{line}\n")), ["2 layers"], "{line}");
    }
    assert_eq!(found("src/model/a/b.rs", "use super::super::super::cli::X;"), ["1 layers"]);
    assert_eq!(found("src/nowhere/mod.rs", ""), ["1 layers"]);
}

#[test]
fn layers_before_the_own_tests_comments_and_strings_are_fine() {
    for line in [
        "use crate::plan::Plan; use crate::model::State; use self::kernel::X;",
        "#[cfg(test)] mod tests { use crate::kernel::Sim; }",
        "#[cfg(test)] mod tests; fn f() {}",
        "#[test] #[ignore = \"slow\"] fn f() { crate::kernel::run(); }",
        "/// See [`crate::kernel::Sim`].\n// use crate::kernel::Sim;\nfn f() {}",
        "const S: &str = \"use crate::kernel::Sim;\";",
    ] {
        clean("src/model/mod.rs", line);
    }
    clean("src/model/inner.rs", "use super::kernel::X;");
    clean("src/model/tests/inner.rs", "use crate::kernel::Sim;");
    clean("tests/it/lab.rs", "use cutover::cli; use std::time::Instant;");
}

#[test]
fn code_after_a_test_counts_again() {
    let text = "#[cfg(test)]\nmod tests { use crate::cli::X; }\nuse crate::cli::X;\n";
    assert_eq!(found("src/model/mod.rs", text), ["3 layers"]);
}

#[test]
fn whatever_has_a_home_is_found_elsewhere() {
    for line in [
        "use toml::Spanned;",
        "use toml_edit::DocumentMut;",
        "fn f() { std::env::args(); }",
        "use std::{env, fmt};",
        "use std::time::Instant;",
        "use std::{time::{Duration, SystemTime}};",
        "use std::time;",
        "use std::time::*;",
        "use indicatif::ProgressBar;",
        "#[derive(Debug, clap::Parser)] struct S;",
        "use rayon::prelude::*;",
        "use rand_chacha::ChaCha8Rng;",
        "fn f() { println!(); }",
        "fn f() { std::eprintln!(\"{}\", 1); }",
    ] {
        let findings = found("src/units/time.rs", line);
        assert!(
            !findings.is_empty() && findings.iter().all(|f| f == "1 homes"),
            "{line} {findings:?}"
        );
    }
    assert_eq!(found("src/check/mod.rs", "use toml_edit::Item;"), ["1 homes"]);
}

#[test]
fn whatever_has_a_home_is_fine_there() {
    clean("src/scenario/read.rs", "use toml::Spanned; use toml_edit::Item;");
    clean("src/check/update.rs", "use toml_edit::Item;");
    clean("src/simulate/mod.rs", "use rayon::prelude::*;");
    clean("src/kernel/dice.rs", "use rand_chacha::ChaCha8Rng;");
    let outside = "use std::{env, time::Instant}; use clap::Parser; fn f() { println!(); }";
    clean("src/cli/mod.rs", outside);
    clean("src/units/time.rs", "use std::time::Duration; fn f() { let a = b != c; env!(\"X\"); }");
}

#[test]
fn long_files_and_functions_are_found() {
    assert_eq!(found("src/units/a.rs", &"\n".repeat(501)), ["1 file size"]);
    clean("src/units/a.rs", &"\n".repeat(500));
    let function =
        |lines: usize| format!("\nimpl S {{\nfn f(&self) {{{}}}\n}}", "\n".repeat(lines - 1));
    assert_eq!(found("src/units/a.rs", &function(71)), ["3 function size"]);
    assert_eq!(found("tests/it/a.rs", &function(71)), ["3 function size"]);
    clean("src/units/a.rs", &function(70));
}

#[test]
fn leftovers_are_found() {
    let (later, mend) = (concat!("TO", "DO"), concat!("FIX", "ME"));
    for line in [
        &format!("// {later}: more"),
        &format!("/* {mend} */"),
        "fn f() { todo!() }",
        "fn f() { std::unimplemented!(\"{}\", 1) }",
        "#[test] #[ignore] fn f() {}",
        "#[allow(dead_code)] fn f() {}",
        "#![allow(clippy::all)]",
        "#[cfg_attr(test, allow(dead_code))] fn f() {}",
    ] {
        assert_eq!(found("tests/it/a.rs", &format!("\n{line}")), ["2 leftovers"], "{line}");
    }
    clean("src/units/a.rs", "#[expect(dead_code, reason = \"soon\")] fn allow() { allow(1); }");
}

#[test]
fn a_map_out_of_order_is_found() {
    let lines = |text: &str| folder::map(text).iter().map(brief).collect::<Vec<_>>();
    assert_eq!(
        lines("pub mod units;\npub mod plan;\npub mod scenario;\npub mod kernel;"),
        ["3 map"]
    );
    assert_eq!(lines("pub mod units;\npub mod helpers;"), ["2 map"]);
    assert!(lines("pub mod units;\npub mod scenario;\nmod private;").is_empty());
}

#[test]
fn a_head_that_leaves_something_out_is_found() {
    let missing = |layer: &str, text: &str| folder::head(layer, "src/x/mod.rs", text).len();
    assert_eq!(missing("plan", "//! Tables.\n//!\n//! In: a. Out: b. Next: `model`.\n\nmod a;"), 0);
    assert_eq!(missing("plan", "//! Tables.\n//!\n//! In: a. Out: b.\n\n// Next: `model`."), 1);
    assert_eq!(missing("plan", "//! Tables.\n"), 3);
    assert_eq!(missing("plan", "mod a;\n//! In: a. Out: b. Next: `model`."), 1);
    assert_eq!(missing("cli", "//! The end. In: a. Out: b."), 0);
}

#[test]
fn scenarios_that_are_lost_or_misnamed_are_found() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let files = [
        file("a.toml", "# A story.\nname = \"a\"\n"),
        file("b.toml", "# A story.\n\nname = \"a\"\n"),
        file("c.toml", "[tenants]\nname = \"c\"\n"),
    ];
    let index =
        "| [a](a.toml) | [b](b.toml) |\n| [gone](gone.toml) | [guide](../docs/guide.md) |\n";
    let lines: Vec<String> =
        folder::scenarios(index, &files).iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "scenarios/README.md:2: scenarios, `gone.toml` does not exist",
            "scenarios/b.toml:3: scenarios, the name `a` differs from the file's",
            "scenarios/c.toml:1: scenarios, not listed in scenarios/README.md",
            "scenarios/c.toml:1: scenarios, it has no name",
        ]
    );
}

#[test]
fn dependencies_without_a_reason_are_found() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\n# Maths.\nlibm = \"0.2\"\ncsv = \"1\"\n\
        [dev-dependencies]\n#\nserde.version = \"1\"\n[profile.dev]\nopt-level = 1\n";
    let lines: Vec<String> = folder::dependencies(manifest).iter().map(brief).collect();
    assert_eq!(lines, ["6 dependencies", "9 dependencies"]);
}

#[test]
fn platform_maths_is_found() {
    let tree = "cutover v0.1.0 (/somewhere) \nlibm v0.2.16 default\nlibm v0.2.16 arch,default\n\
        statrs v0.19.1 \nrand_distr v0.6.0 std (*)\nrand_chacha v0.10.0 std";
    let lines: Vec<String> = folder::maths(tree).iter().map(brief).collect();
    assert_eq!(lines, ["3 platform maths", "4 platform maths", "5 platform maths"]);
}
