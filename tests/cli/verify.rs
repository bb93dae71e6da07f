use super::*;

/// A plan that queues: 20 tenants, two slots, locks that cover the work.
const QUEUE: &str = r#"
name = "queue"
[tenants]
count = 20
[facts.access]
initially = "on"
[facts.policy]
missing = "open"
shows = { data = ["telephone number"] }
[pools.slots]
slots = 2
[[step]]
name = "close"
uses = [{ pool = "slots", until = "open" }]
at-end = [{ off = "access", for = "1h" }]
[[step]]
name = "move"
duration = { uniform = ["10m", "20m"] }
at-start = [{ off = "policy" }]
at-end = [{ on = "policy" }]
[[step]]
name = "open"
at-end = [{ on = "access" }]
"#;

fn written(folder: &TempDir, name: &str, text: &str) -> String {
    let file = path(folder, name);
    fs::write(&file, text).expect("it can be written");
    file
}

/// Of any number of tenants and of fewer than the scenario has: the finding says which rollout it is of.
#[test]
fn what_is_proved_to_expose_is_kept_as_findings_that_replay() {
    let folder = folder();
    let scenario = written(&folder, "leaks.toml", LEAKS);
    for more in [&[][..], &["--tenants", "2"]] {
        let results = path(&folder, "results");
        let mut args = vec!["verify", &scenario, "--out", &results];
        args.extend(more);
        let output = run(&args);
        exits(&output, 1);
        let finding = path(&folder, "results/findings/verify-1.toml");
        assert!(out(&output).contains(&format!("cutover replay {finding}")), "{}", out(&output));
        let report = fs::read_to_string(path(&folder, "results/verify.json")).expect("the report");
        assert!(report.contains("results/findings/verify-1.toml"));
        let again = run(&["replay", "--expect", &finding]);
        exits(&again, 0);
        let text = fs::read_to_string(&finding).expect("it is there");
        assert_eq!(text.contains("migrated = 0"), !more.is_empty(), "{text}");
        exits(&run(&["check", &finding]), 0);
    }
}

/// The set that is no more leaves no file behind, and what others wrote stays.
#[test]
fn a_cured_plan_leaves_no_finding() {
    let folder = folder();
    let results = path(&folder, "results");
    let scenario = written(&folder, "leaks.toml", LEAKS);
    exits(&run(&["verify", &scenario, "--out", &results]), 1);
    let other = written(&folder, "results/findings/mine.toml", "# mine\n");
    let cured = LEAKS.replace("for = \"1h\"", "for = \"4h\"");
    let cured = &cured[..cured.find("[expect").expect("it expects something")];
    let scenario = written(&folder, "leaks.toml", cured);
    exits(&run(&["verify", &scenario, "--out", &results]), 0);
    assert!(!Path::new(&path(&folder, "results/findings/verify-1.toml")).exists());
    assert!(Path::new(&other).exists());
}

#[test]
fn a_limit_ends_a_proof_without_an_answer() {
    let folder = folder();
    let scenario = written(&folder, "queue.toml", QUEUE);
    exits(&run(&["verify", &scenario, "--tenants", "20"]), 0);
    for limit in [["--memory", "1 KiB"], ["--budget", "1 us"]] {
        let output = run(&["verify", &scenario, "--tenants", "20", limit[0], limit[1]]);
        exits(&output, 3);
        let told = "INCONCLUSIVE: no exposure was confirmed; not even the schedules without a fault are all";
        assert!(out(&output).contains(told), "{}", out(&output));
        assert!(out(&output).contains("without --tenants, one tenant stands for any number"));
    }
}

/// Back within an hour, after a move of half an hour, unless that is slow.
const DUE: &str = r#"
name = "due"
[tenants]
count = 20
[facts.access]
initially = "on"
[[step]]
name = "close"
at-end = [{ off = "access" }]
[[step]]
name = "move"
duration = "30m"
[[step]]
name = "open"
at-end = [{ on = "access" }]
[[fault]]
name = "slow move"
step = "move"
slow = { uniform = ["20m", "3h"] }
chance = 0.01
[[goal]]
name = "back at work"
when = "access"
within = { of = "close", time = "1h" }
"#;

/// A schedule that misses a goal is a finding like one that exposes somebody: it replays, and is held against
/// changed plans, in which the goal has to be met.
#[test]
fn what_misses_a_goal_is_kept_as_findings_that_replay() {
    let folder = folder();
    let scenario = written(&folder, "due.toml", DUE);
    let patient = written(&folder, "patient.toml", &DUE.replace("time = \"1h\"", "time = \"4h\""));
    for more in [&[][..], &["--tenants", "2"]] {
        let results = path(&folder, "results");
        let output = run(&[&["verify", &scenario, "--out", &results], more].concat());
        exits(&output, 0);
        assert!(out(&output).contains("GOAL MET WITHOUT FAULTS: back at work"), "{}", out(&output));
        let finding = path(&folder, "results/findings/verify-1.toml");
        assert!(out(&output).contains(&format!("cutover replay {finding}")), "{}", out(&output));
        let text = fs::read_to_string(&finding).expect("it is there");
        assert!(text.contains("must       = \"misses\"") && text.contains("[missed]"), "{text}");
        assert!(!text.contains("[window]"), "{text}");
        let again = run(&["replay", "--expect", &finding]);
        exits(&again, 0);
        let told = out(&again);
        assert!(told.contains("*back at work* did not hold for tenant 1 at 1 h"), "{told}");
        assert!(told.contains("it must miss its goal: it does"), "{told}");
        exits(&run(&["check", &finding]), 0);
        exits(&run(&["check", &finding, "--against", &scenario]), 1);
        let against = run(&["check", &finding, "--against", &patient]);
        exits(&against, 0);
        let met = run(&["replay", "--expect", &finding, "--against", &patient]);
        exits(&met, 1);
        assert!(out(&met).contains("its goal is not missed in this run"), "{}", out(&met));
    }
}

/// Two hours closed over a step of 10 min in the middle that one in 20 tenants waits for over 100 min.
#[test]
fn what_has_no_end_is_cut_if_that_is_asked_for() {
    let folder = folder();
    let text = r#"
name = "endless"
[tenants]
count = 50
[facts.access]
initially = "on"
[facts.policy]
missing = "open"
[[step]]
name = "lock"
at-end = [{ off = "access", for = "2h" }, { off = "policy" }]
[[step]]
name = "work"
duration = { lognormal = { median = "10m", p95 = "100m" } }
at-end = [{ on = "policy" }]
[[step]]
name = "unlock"
at-end = [{ on = "access" }]
"#;
    let scenario = written(&folder, "endless.toml", text);
    exits(&run(&["verify", &scenario]), 1);
    for more in [&[][..], &["--tenants", "2"]] {
        let cut = run(&[&["verify", &scenario, "--coverage", "0.05"], more].concat());
        exits(&cut, 0);
        let told = out(&cut);
        for line in [
            "EXPOSED: 1 way, with the fewest faults;",
            "distributions without an end cut",
            "SAFE except with probability at most 5",
            "a tenant has a draw beyond its cut, with probability at most 5",
            "work / duration is cut at 1 h 40 m",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
        // Cut a little later it outlasts the lock: 3.8 % take longer than two hours.
        let late = run(&[&["verify", &scenario, "--coverage", "0.03"], more].concat());
        exits(&late, 1);
    }
    let json = run(&["verify", &scenario, "--coverage", "0.05", "--format", "json"]);
    exits(&json, 0);
    let report: serde_json::Value = serde_json::from_str(&out(&json)).expect("JSON");
    assert_eq!(report["verdict"], "exposed", "the plan as it is");
    let covered = &report["covered"];
    assert_eq!(covered["answer"]["verdict"], "safe");
    assert_eq!(covered["bounds"][0]["site"], "work / duration");
    assert_eq!(covered["bounds"][0]["draws"], 1);
    let tenant = covered["per_tenant"].as_f64().expect("a number");
    assert!((0.049..0.0501).contains(&tenant), "{tenant}");
    assert_eq!(covered["rollout"], 1.0, "50 tenants");
    // What is safe as it is needs no cut.
    let safe = written(&folder, "safe.toml", &text.replace(", for = \"2h\"", ""));
    let whole = run(&["verify", &safe, "--coverage", "0.05", "--format", "json"]);
    exits(&whole, 0);
    let report: serde_json::Value = serde_json::from_str(&out(&whole)).expect("JSON");
    assert!(report["covered"].is_null());
    exits(&run(&["verify", &scenario, "--coverage", "2"]), 2);
}
