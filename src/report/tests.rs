//! Every format over the same small results.

use std::sync::Arc;

use crate::check::{check, rerun};
use crate::kernel::Setup;
use crate::plan::Plan;
use crate::report::*;
use crate::scenario::{self, Loaded};
use crate::simulate::{Campaign, Finding, Options, Stopping, find, simulate};

/// One tenant in two has a move that outlasts the lock; everything else is fixed, so that these
/// texts change only with the words.
const PLAN: &str = r#"
name = "leaks"
[tenants]
count = 4
migrated = 1
mailboxes = 2
[facts.access]
initially = "on"
[facts.policy]
missing = "open"
shows = { data = ["telephone number", "e-mail address"] }
[pools]
movers = { slots = 1 }
[[step]]
name = "close"
at-end = [{ off = "access", for = "1h" }]
[[step]]
name = "move"
uses = "movers"
duration = "20m"
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
slow = "75m"
chance = 0.5
[[goal]]
name = "back at work"
when = "access and policy"
within = { of = "close", time = "90m" }
[expect.simulate]
replications = 8
stopped = 0
viewers = 0
[expect.capacity]
workers = 3
"#;

fn results() -> (Loaded, Setup, Campaign, Vec<Finding>) {
    results_of(PLAN)
}

fn results_of(text: &str) -> (Loaded, Setup, Campaign, Vec<Finding>) {
    let loaded = scenario::load_str("leaks.toml", text).expect("a valid scenario");
    let setup = Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1);
    let stopping = Stopping::Replications(8);
    let campaign = simulate(&setup, Options { stopping, ..Options::default() }, &|_| {});
    let findings = find(&setup, &campaign);
    (loaded, setup, campaign, findings)
}

#[test]
fn a_simulation_as_text() {
    let (_, setup, campaign, findings) = results();
    let report = simulate_report(&setup, &campaign, &findings);
    insta::assert_snapshot!(simulate_text(&report, Some("results"), Paint::default()));
    let painted = simulate_text(&report, None, Paint { colour: true });
    assert!(painted.contains("\u{1b}[1;31m") && painted.contains("--out DIR"));
}

#[test]
fn windows_as_a_table() {
    let (_, setup, campaign, _) = results();
    let table = exposures(&setup, &campaign);
    let first: Vec<&str> = table.lines().take(2).collect();
    insta::assert_snapshot!(first.join("\n"));
}

#[test]
fn a_replay_as_text() {
    let (loaded, setup, _, findings) = results();
    let file = finding_file(&setup, &findings[0], "simulate", &loaded.files);
    let rerun = rerun(&file).expect("a finding fits its own scenario");
    assert!(rerun.does && rerun.same);
    let report = ReplayReport::new(&rerun, &file, false);
    insta::assert_snapshot!(report.text(false, Paint::default()));
    assert!(report.text(true, Paint::default()).lines().count() > 20);
}

/// With a start, people read the time of day: of an hour that the clock shows twice, the second time.
#[test]
fn local_times_stand_beside_the_time_since_the_start() {
    let start = "[rollout]\nstart = \"2016-10-30T02:30+02:00[Europe/Berlin]\"\n";
    let (loaded, setup, campaign, findings) = results_of(&format!("{PLAN}{start}"));
    let table = exposures(&setup, &campaign);
    let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (head, row) = (rows.next().expect("a head"), rows.next().expect("a window"));
    let field = |name| row[head.iter().position(|key| *key == name).expect("a column")];
    assert_eq!((field("window_start_us"), field("window_start")), ("3600000000", "1 h"));
    assert_eq!(field("window_start_local"), "2016-10-30T02:30:00+01:00");
    let file = finding_file(&setup, &findings[0], "simulate", &loaded.files);
    let report = ReplayReport::new(&rerun(&file).expect("it fits"), &file, false);
    let text = report.text(true, Paint::default());
    assert!(text.contains("  01:00:00.000  2016-10-30 02:30:00  tenant"), "{text}");
    let json = json(&report);
    assert!(json.contains("\"at_local\": \"2016-10-30T02:30:00+01:00\""), "{json}");
}

#[test]
fn a_check_as_text() {
    let (loaded, ..) = results();
    let checked = check(&loaded.scenario, &|_| {});
    let files = vec![FileData::scenario("leaks.toml", &checked)];
    let report = CheckReport::new(files, false);
    insta::assert_snapshot!(report.text(false, Paint::default()));
    assert!(!report.holds());
}

#[test]
fn json_keeps_its_keys_in_order() {
    let (_, setup, campaign, findings) = results();
    let text = json(&simulate_report(&setup, &campaign, &findings));
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  \""))
        .filter_map(|line| line.split('"').next())
        .collect();
    insta::assert_snapshot!(keys.join(" "));
}
