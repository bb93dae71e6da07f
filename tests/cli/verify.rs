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
    }
}
