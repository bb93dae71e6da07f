use std::thread::sleep;
use std::time::Duration;

use super::*;

/// The plan that leaks, and the same with a lock that lasts.
fn plans(folder: &TempDir) -> (String, String) {
    let safe = path(folder, "safe.toml");
    fs::write(&safe, LEAKS.replace("for = \"1h\"", "for = \"4h\"")).expect("writable");
    (leaks(folder), safe)
}

fn findings(corpus: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(corpus) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

/// A file that is being written has no ending yet.
fn is_whole(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "toml")
}

#[test]
fn a_search_exits_with_what_it_found() {
    let folder = folder();
    let (leaks, safe) = plans(&folder);
    let found = run(&["search", &leaks, "--budget", "300 runs"]);
    exits(&found, 1);
    let text = out(&found);
    assert!(text.contains("takes the fault *slow move*"), "{text}");
    assert!(text.contains("a lease on *access* of 2 h where *close* sets it"), "{text}");
    assert!(text.contains("name = \"close\"\n"), "{text}");
    assert!(text.contains("changes were tried: leases "), "{text}");
    let nothing = run(&["search", &safe, "--budget", "300 runs"]);
    exits(&nothing, 0);
    assert!(out(&nothing).contains("nobody was exposed in 300 runs"), "{}", out(&nothing));
    // The clock ended it: nothing is known of the runs that it left no time for.
    let ended = run(&["search", &safe, "--budget", "50ms"]);
    exits(&ended, 3);
    assert!(out(&ended).contains("not the same bytes again"), "{}", out(&ended));
    for wrong in [
        &["--budget", "many"][..],
        &["--budget", "0 runs"],
        &["--fault", "slow move"],
        &["--fault", "-slow mov"],
        &["--strategy", "luck"],
    ] {
        exits(&run(&[&["search", &safe][..], wrong].concat()), 2);
    }
    exits(&run(&["search", &leaks, "--budget", "300 runs", "--fault", "-slow move"]), 0);
}

#[test]
fn a_search_by_count_gives_the_same_bytes() {
    let folder = folder();
    let (plan, _) = plans(&folder);
    let bytes = |jobs: &str, seed: &str| {
        let dir = path(&folder, &format!("{jobs}-{seed}"));
        let args = ["search", &plan, "--budget", "400 runs", "--format", "json", "--out", &dir];
        let output = run(&[&args[..], &["--jobs", jobs, "--seed", seed]].concat());
        exits(&output, 1);
        let kept = fs::read_to_string(Path::new(&dir).join("search.json")).expect("written");
        assert_eq!(kept.trim_end(), out(&output).trim_end());
        out(&output)
    };
    // A commit is a seed.
    let commit = "d2ee65f0c1b2a3948576d2ee65f0c1b2a3948576";
    let one = bytes("1", commit);
    assert_eq!(one, bytes("2", commit));
    assert_ne!(one, bytes("1", "7"));
    let report: serde_json::Value = serde_json::from_str(&one).expect("valid JSON");
    assert_eq!(report["command"], "search");
    assert_eq!(report["reproducible"], true);
    assert_eq!(report["runs"], 400);
}

/// What a killed search had found is there, whole, and the next one goes on from it.
#[test]
fn a_search_that_is_killed_loses_nothing() {
    let folder = folder();
    let (plan, _) = plans(&folder);
    let corpus = path(&folder, "corpus");
    let mut child = cutover(&["search", &plan, "--budget", "10m", "--corpus", &corpus])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    // A minute at most.
    for _ in 0..12_000 {
        if findings(&corpus).iter().any(|file| is_whole(file)) {
            break;
        }
        sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let found = findings(&corpus);
    assert!(!found.is_empty());
    let whole: Vec<&PathBuf> = found.iter().filter(|file| is_whole(file)).collect();
    assert!(!whole.is_empty(), "{found:?}");
    exits(&run(&["check", &corpus, "--strict"]), 0);
    let again = run(&["search", &plan, "--budget", "400 runs", "--corpus", &corpus]);
    exits(&again, 1);
    let text = out(&again);
    assert!(text.contains("of the corpus met again"), "{text}");
    // What is known is exposed all the same.
    assert!(!text.contains("nobody was exposed") && !text.contains("no exposure"), "{text}");
    for file in whole {
        let name = file.display().to_string();
        assert!(!text.contains(&format!("cutover replay {name}")), "{text}");
        exits(&run(&["replay", &name, "--expect"]), 0);
    }
    // On the cured plan none of them exposes anybody.
    let cured = path(&folder, "safe.toml");
    exits(&run(&["check", &corpus, "--against", &cured]), 0);
    exits(&run(&["check", &corpus, "--against", &plan]), 1);
}

#[test]
fn what_a_scenario_expects_of_the_search_is_checked() {
    let folder = folder();
    let file = path(&folder, "plan.toml");
    let base = LEAKS.split("[expect").next().expect("a first part");
    let with = |expect: &str, code: i32| {
        fs::write(&file, format!("{base}\n[expect.search]\n{expect}\n")).expect("writable");
        let output = run(&["check", &file, "-v", "--strict"]);
        exits(&output, code);
        out(&output)
    };
    with("verdict = \"exposes\"\nruns = 300", 0);
    with("verdict = \"exposes\"\nfault-sets = [[\"slow move\"]]\nruns = 300", 0);
    let missed = with("verdict = \"harmless\"\nruns = 300", 1);
    assert!(missed.contains("search: verdict") && missed.contains("MISSED"), "{missed}");
    let missed = with("fault-sets = [[]]\nruns = 300", 1);
    assert!(missed.contains("[[slow move]]"), "{missed}");
}

#[test]
fn the_help_of_search_and_check_is_pinned() {
    for command in ["search", "check"] {
        let output = run(&[command, "--help"]);
        exits(&output, 0);
        insta::assert_snapshot!(format!("help-{command}"), out(&output));
    }
}
