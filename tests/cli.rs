//! The built binary: exit codes, streams, formats, files.

/// What is told about files that are no scenarios, and what commands say about the language.
#[path = "cli/messages.rs"]
mod messages;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Proofs: what they keep, and what ends them.
#[path = "cli/verify.rs"]
mod verify;

/// Corpora, CI systems, budgets, double runs.
#[path = "cli/check.rs"]
mod check;

/// How far bounds can be moved.
#[path = "cli/margins.rs"]
mod margins;

/// Searches: exit codes, bytes, what a kill leaves, what `[expect.search]` says.
#[path = "cli/search.rs"]
mod search;

fn cutover(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(args).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    cutover(args).output().expect("the binary runs")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[track_caller]
fn exits(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", out(output), err(output));
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// A plan whose lock ends before the policy is back, whenever the fault strikes.
const LEAKS: &str = r#"
name = "leaks"
[tenants]
count = 20
mailboxes = 3
[facts.access]
initially = "on"
[facts.policy]
missing = "open"
shows = { data = ["telephone number"] }
[[step]]
name = "close"
at-end = [{ off = "access", for = "1h" }]
[[step]]
name = "move"
duration = { uniform = ["10m", "20m"] }
at-start = [{ off = "policy" }]
at-end = [{ on = "policy" }]
[[step]]
name = "open"
at-end = [{ on = "access" }]
[[user]]
name = "reader"
reads = "6 / h"
[[fault]]
name = "slow move"
step = "move"
slow = { uniform = ["30m", "3h"] }
chance = 0.1
[expect.capacity]
workers = 3
[expect.simulate]
replications = 20
runs-with-exposure = [0.5, 1]
stopped = 0
"#;

fn leaks(folder: &TempDir) -> String {
    let file = path(folder, "leaks.toml");
    fs::write(&file, LEAKS).expect("writable");
    file
}

#[test]
fn a_new_plan_simulates_and_checks() {
    let folder = folder();
    let plan = path(&folder, "plan.toml");
    let made = run(&["init", &plan]);
    exits(&made, 0);
    assert!(out(&made).is_empty() && err(&made).contains("cutover simulate"));
    let again = run(&["init", &plan]);
    exits(&again, 2);
    assert!(err(&again).contains("exists already"), "{}", err(&again));
    let simulated = run(&["simulate", &plan, "-n", "100"]);
    exits(&simulated, 0);
    assert!(out(&simulated).contains("none of 100 simulated rollouts exposed anybody: at most"));
    assert!(out(&simulated).contains("PREDICTED"));
    exits(&run(&["check", &plan]), 0);
    exits(&run(&["plan", &plan]), 0);
}

#[test]
fn findings_are_kept_replayed_and_checked() {
    let folder = folder();
    let plan = leaks(&folder);
    let results = path(&folder, "results");
    let simulated = run(&["simulate", &plan, "-n", "20", "--out", &results]);
    exits(&simulated, 0);
    let text = out(&simulated);
    assert!(text.contains("simulated rollouts exposed somebody"), "{text}");
    assert!(text.contains("while the lease on *access* lasts 1 h"), "{text}");
    for name in ["run.json", "summary.json", "exposures.csv", "findings/finding-1.toml"] {
        assert!(Path::new(&results).join(name).is_file(), "{name}");
    }
    let csv = fs::read_to_string(Path::new(&results).join("exposures.csv")).expect("written");
    assert!(csv.lines().skip(1).all(|line| line.contains(",predicted,")));
    let finding = format!("{results}/findings/finding-1.toml");
    assert!(text.contains(&format!("cutover replay {finding}")), "{text}");
    let replayed = run(&["replay", &finding, "--expect"]);
    exits(&replayed, 0);
    assert!(out(&replayed).contains("event for event (same digest)"), "{}", out(&replayed));
    assert!(out(&replayed).contains("EXPOSED: policy missing"));
    exits(&run(&["check", &results, "--strict"]), 0);
    // The plan without the fault: the finding says what no longer fits.
    let cured = path(&folder, "cured.toml");
    let text = LEAKS.replace("name = \"slow move\"", "name = \"other\"");
    fs::write(&cured, text.replace("[[\"slow move\"]]", "[]")).expect("writable");
    let against = run(&["replay", &finding, "--against", &cured]);
    exits(&against, 2);
    let text = out(&against);
    assert!(text.contains("the plan has no `fault slow move / chance`"), "{text}");
    exits(&run(&["replay", &finding, "--against", &cured, "--expect"]), 2);
    let own = run(&["replay", &finding, "--against", &plan]);
    exits(&own, 0);
    assert!(out(&own).contains("event for event (same digest)"), "{}", out(&own));
    let mistaken = run(&["simulate", &finding]);
    exits(&mistaken, 2);
    assert!(err(&mistaken).contains("is a finding: `cutover replay"), "{}", err(&mistaken));
    // A finding that must be harmless and is not.
    let harmful =
        fs::read_to_string(&finding).expect("written").replace("\"exposes\"", "\"harmless\"");
    let harmless = path(&folder, "harmless.toml");
    fs::write(&harmless, harmful).expect("writable");
    exits(&run(&["replay", &harmless, "--expect"]), 1);
    exits(&run(&["replay", &harmless]), 0);
    exits(&run(&["check", &harmless]), 1);
}

#[test]
fn what_is_not_ours_stays_in_the_results() {
    let folder = folder();
    let plan = leaks(&folder);
    let results = folder.path().join("results");
    fs::create_dir_all(results.join("findings")).expect("writable");
    let mine = results.join("findings/finding-1.toml");
    fs::write(&mine, "by hand").expect("writable");
    let out = results.display().to_string();
    exits(&run(&["simulate", &plan, "-n", "20", "--out", &out]), 0);
    assert_eq!(fs::read_to_string(&mine).expect("it stays"), "by hand");
    assert!(results.join("findings/finding-2.toml").is_file());
    let again = run(&["simulate", &plan, "-n", "20", "--out", &out]);
    assert!(err(&again).contains("overwrote findings/finding-2.toml"), "{}", err(&again));
    fs::remove_file(results.join("run.json")).expect("it is there");
    exits(&run(&["simulate", &plan, "-n", "20", "--out", &out]), 2);
}

#[test]
fn json_is_valid_and_the_same_for_any_number_of_threads() {
    let folder = folder();
    let plan = leaks(&folder);
    let json = |jobs: &str| {
        let dir = path(&folder, jobs);
        let args = ["simulate", &plan, "-n", "40", "--format", "json", "--jobs", jobs];
        let output = run(&[&args[..], &["--seed", "release-7", "--out", &dir]].concat());
        exits(&output, 0);
        let csv = fs::read(Path::new(&dir).join("exposures.csv")).expect("written");
        (out(&output), csv)
    };
    let one = json("1");
    assert_eq!(one, json("2"));
    let report: serde_json::Value = serde_json::from_str(&one.0).expect("valid JSON");
    assert_eq!(report["format"], 1);
    assert_eq!(report["command"], "simulate");
    assert_eq!(report["status"], "predicted");
    assert_eq!(report["replications"], 40);
    for args in [&["plan", &plan][..], &["check", &plan], &["explain"], &["explain", "S012"]] {
        let output = run(&[args, &["--format", "json"]].concat());
        let value: serde_json::Value = serde_json::from_str(&out(&output)).expect("valid JSON");
        assert_eq!(value["format"], 1, "{args:?}");
    }
}

#[test]
fn missed_expectations_are_told_and_can_be_updated() {
    let folder = folder();
    let plan = leaks(&folder);
    let right = run(&["check", &plan]);
    exits(&right, 0);
    assert!(out(&right).contains("1 table not checked"), "{}", out(&right));
    exits(&run(&["check", &plan, "--strict"]), 1);
    let wrong = LEAKS.replace("stopped = 0", "stopped = 7 # nobody");
    fs::write(&plan, wrong).expect("writable");
    let missed = run(&["check", &plan]);
    exits(&missed, 1);
    assert!(out(&missed).contains("MISSED"), "{}", out(&missed));
    exits(&run(&["check", &plan, "--update"]), 0);
    exits(&run(&["check", &plan]), 0);
    let text = fs::read_to_string(&plan).expect("readable");
    assert_eq!(text, LEAKS.replace("stopped = 0", "stopped = 0 # nobody"));
}

#[test]
fn an_update_keeps_links_and_leaves_protected_files_alone() {
    let folder = folder();
    let plan = leaks(&folder);
    let wrong = LEAKS.replace("stopped = 0", "stopped = 7");
    fs::write(&plan, &wrong).expect("writable");
    let mut permissions = fs::metadata(&plan).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&plan, permissions).expect("ours");
    exits(&run(&["check", &plan, "--update"]), 2);
    assert_eq!(fs::read_to_string(&plan).expect("readable"), wrong);
    #[cfg(unix)]
    {
        let real = path(&folder, "real.toml");
        fs::write(&real, &wrong).expect("writable");
        let link = path(&folder, "link.toml");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        let updated = run(&["check", &link, "--update"]);
        exits(&updated, 0);
        assert!(out(&updated).contains("1 updated"), "{}", out(&updated));
        assert!(fs::symlink_metadata(&link).expect("there").file_type().is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("readable"), LEAKS);
    }
}

#[test]
fn folders_hold_other_files_and_plans_may_get_stuck() {
    let folder = folder();
    fs::write(folder.path().join("other.toml"), "[package]\nname = \"x\"\n").expect("writable");
    let stuck = path(&folder, "stuck.toml");
    let text = LEAKS.split("[expect").next().expect("a first part");
    let text =
        text.replace("name = \"open\"\n", "name = \"open\"\nneeds = \"policy and not policy\"\n");
    fs::write(&stuck, text).expect("writable");
    let checked = run(&["check", &folder.path().display().to_string()]);
    exits(&checked, 0);
    assert!(err(&checked).contains("is no scenario and no finding; skipped"), "{}", err(&checked));
    assert!(err(&checked).contains("states nothing under [expect]"), "{}", err(&checked));
    let simulated = run(&["simulate", &stuck, "-n", "20"]);
    let text = out(&simulated);
    let first = text.lines().next().expect("a headline");
    assert!(first.contains("all 20 rollouts") && first.contains("*open* of tenant 1"), "{text}");
}

#[test]
fn a_bad_scenario_or_command_line_exits_with_2() {
    let folder = folder();
    let plan = path(&folder, "typo.toml");
    fs::write(&plan, LEAKS.replace("duration =", "durration =")).expect("writable");
    for command in ["simulate", "plan", "check"] {
        let output = run(&[command, &plan]);
        exits(&output, 2);
        let text = err(&output);
        assert!(text.contains("did you mean `duration`?") && text.contains('^'), "{text}");
    }
    assert!(out(&run(&["simulate", &plan])).is_empty());
    let missing = path(&folder, "nowhere.toml");
    // `check` goes on with the other files and counts the refused one in its result.
    let checked = run(&["check", &missing]);
    exits(&checked, 2);
    assert!(out(&checked).contains("1 file refused"), "{}", out(&checked));
    for args in [
        &["simulate", &missing][..],
        &["replay", &missing],
        &["replay", &plan],
        &["explain", "S999"],
        &["frobnicate"],
        &["simulate"],
        &["simulate", &plan, "-n", "0"],
        &["simulate", &plan, "--precision", "2"],
        &["simulate", &plan, "--jobs", "0"],
        &["simulate", &plan, "--format", "xml"],
        &["check", &plan, "--seed", "3"],
        &["plan", &plan, "-q", "-v"],
        &[],
    ] {
        let output = run(args);
        exits(&output, 2);
        assert!(!err(&output).is_empty() && out(&output).is_empty(), "{args:?}");
    }
}

#[test]
fn a_limit_that_ends_first_exits_with_3() {
    let folder = folder();
    let plan = leaks(&folder);
    let output = run(&["simulate", &plan, "--precision", "0.1 %", "--most", "20"]);
    exits(&output, 3);
    assert!(out(&output).contains("precision asked for was not reached"));
}

#[test]
fn an_unwritable_folder_is_told_before_anything_runs() {
    let folder = folder();
    let plan = leaks(&folder);
    let blocked = path(&folder, "file");
    fs::write(&blocked, "in the way").expect("writable");
    let output = run(&["simulate", &plan, "--out", &format!("{blocked}/results")]);
    exits(&output, 2);
    assert!(err(&output).contains("cannot make the folder"), "{}", err(&output));
    assert!(out(&output).is_empty());
}

#[test]
fn nothing_but_results_goes_to_standard_output() {
    let folder = folder();
    let plan = leaks(&folder);
    let results = path(&folder, "results");
    let loud = run(&["simulate", &plan, "-n", "20", "--out", &results]);
    let quiet = run(&["simulate", &plan, "-n", "20", "--out", &results, "-q"]);
    assert_eq!(out(&loud), out(&quiet));
    assert!(err(&loud).contains("results are in") && err(&quiet).is_empty());
    let verbose = run(&["simulate", &plan, "-n", "20", "-v"]);
    assert!(err(&verbose).contains("digest"));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = folder();
    let plan = leaks(&folder);
    let coloured = |args: &[&str], no_color: &str| {
        let mut command = cutover(&[&["simulate", &plan, "-n", "5"], args].concat());
        let output = command.env("NO_COLOR", no_color).output().expect("the binary runs");
        out(&output).contains('\u{1b}')
    };
    assert!(!coloured(&[], ""), "a pipe is no terminal");
    assert!(!coloured(&[], "1"));
    assert!(!coloured(&["--color", "never"], ""));
    assert!(coloured(&["--color", "always"], "1"), "a wish on the command line comes first");
}

#[test]
fn a_closed_pipe_is_success() {
    // More than a pipe holds, so that the writer meets the closed end.
    let folder = folder();
    let plan = path(&folder, "long.toml");
    let mut text = LEAKS.to_owned();
    for number in 0..450 {
        text.push_str(&format!(
            "[[fault]]\nname = \"fault number {number} {}\"\nstep = \"move\"\nhangs = true\n\
             chance = 0.1\n",
            "x".repeat(60)
        ));
    }
    fs::write(&plan, text).expect("writable");
    let mut child = cutover(&["plan", &plan])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut pipe = child.stdout.take().expect("piped");
    let mut first = [0; 16];
    pipe.read_exact(&mut first).expect("something is written");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    exits(&output, 0);
    assert!(err(&output).is_empty(), "{}", err(&output));
}

#[test]
fn every_command_shows_an_example() {
    for command in [
        "simulate",
        "search",
        "replay",
        "check",
        "plan",
        "init",
        "schema",
        "explain",
        "completions",
    ] {
        let output = run(&[command, "--help"]);
        exits(&output, 0);
        assert!(out(&output).contains(&format!("\n  cutover {command} ")), "{}", out(&output));
        assert!(err(&output).is_empty());
    }
    let help = out(&run(&["--help"]));
    assert!(help.contains("Exit: 0 answered"), "{help}");
    exits(&run(&["--version"]), 0);
    let bash = run(&["completions", "bash"]);
    assert!(out(&bash).contains("simulate"));
    exits(&run(&["completions", "tcsh"]), 2);
}

#[test]
fn the_graph_is_what_graphviz_reads() {
    let folder = folder();
    let plan = leaks(&folder);
    let dot = run(&["plan", &plan, "--dot"]);
    exits(&dot, 0);
    assert!(out(&dot).starts_with("digraph plan {\n") && out(&dot).ends_with("}\n"));
    let Ok(mut graphviz) =
        Command::new("dot").arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    else {
        return;
    };
    let mut pipe = graphviz.stdin.take().expect("piped");
    pipe.write_all(&dot.stdout).expect("it reads");
    drop(pipe);
    assert!(graphviz.wait_with_output().expect("it ends").status.success());
}

#[test]
fn folders_are_checked_in_the_order_of_their_names() {
    let folder = folder();
    for name in ["b.toml", "a/z.toml", "a/y.toml", "a/notes.txt", ".hidden/x.toml"] {
        let file: PathBuf = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("inside")).expect("writable");
        fs::write(file, LEAKS).expect("writable");
    }
    let root = folder.path().display().to_string();
    let output = run(&["check", &root, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    let files = report["files"].as_array().expect("a list");
    let names: Vec<&str> = files.iter().filter_map(|file| file["file"].as_str()).collect();
    let wanted = ["a/y.toml", "a/z.toml", "b.toml"].map(|name| format!("{root}/{name}"));
    assert_eq!(names, wanted);
}

/// Nobody is exposed by a door that stays locked, and it is no fix: the proof fails all the same.
#[test]
fn a_goal_missed_without_a_fault_fails_the_proof() {
    let folder = folder();
    let goal = "[[goal]]\nname = \"back\"\nwhen = \"access\"\nwithin = { of = \"close\", time = \"1h\" }\n";
    let plan = |opens: &str| {
        format!(
            "name = \"door\"\n[tenants]\ncount = 2\n[facts.access]\ninitially = \"on\"\n\
             [[step]]\nname = \"close\"\nat-end = [{{ off = \"access\" }}]\n\
             [[step]]\nname = \"work\"\nduration = \"30m\"\n{opens}\n{goal}"
        )
    };
    let file = folder.path().join("door.toml").display().to_string();
    for (opens, code, said) in [
        ("", 1, "GOAL MISSED: back"),
        ("at-end = [{ on = \"access\" }]", 0, "GOAL MET: back"),
        (
            "at-end = [{ on = \"access\" }]\n[[fault]]\nname = \"slow\"\nstep = \"work\"\n\
             slow = \"2h\"\nchance = 0.1",
            0,
            "GOAL MET WITHOUT FAULTS: back",
        ),
    ] {
        fs::write(&file, plan(opens)).expect("writable");
        for more in [&[][..], &["--tenants", "2"]] {
            let output = run(&[&["verify", &file], more].concat());
            exits(&output, code);
            assert!(out(&output).contains(said), "{}", out(&output));
        }
    }
}
