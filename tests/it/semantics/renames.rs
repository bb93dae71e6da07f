use std::collections::BTreeMap;
use std::sync::Arc;

use cutover::check::rerun_on;
use cutover::kernel::{Schedule, Setup, Sim};
use cutover::report::finding_file;
use cutover::scenario::finding::FindingFile;
use cutover::simulate::{self, Options, OverrideName, Stopping, name_choice, replay};

use super::listed::setup_files;
use crate::lab::{load, run_with};

/// A gate that falls open, over a slow step, for groups and with a user: everything that has draws.
const BASE: &str = "
    name = 'base'
    [tenants]
    count = 12
    [groups.wave]
    tenants = 3
    [facts.access]
    initially = 'on'
    [facts.policy]
    missing = 'open'
    [facts.ready]
    each = 'wave'
    [pools]
    hands = { slots = 2 }
    [[step]]
    name = 'prepare'
    each = 'wave'
    after = []
    duration = { uniform = ['1m', '5m'] }
    at-end = [{ on = 'ready' }]
    [[step]]
    name = 'close'
    needs = 'ready'
    uses = [{ pool = 'hands', until = 'set' }]
    duration = { uniform = ['1s', '5s'] }
    at-end = [{ off = 'access', for = '10m' }, { off = 'policy' }]
    [[step]]
    name = 'set'
    duration = { exponential = '10m' }
    at-end = [{ on = 'policy', after = { uniform = ['1s', '9s'] } }]
    [[step]]
    name = 'open'
    needs = 'policy'
    at-end = [{ on = 'access' }]
    [[fault]]
    name = 'slow'
    step = 'set'
    slow = { exponential = '2h' }
    chance = 0.2
    [[reaction]]
    name = 'watch'
    while = 'not access'
    after = { exponential = '1h' }
    does = [{ on = 'access' }]
    [[user]]
    name = 'mail'
    connects = { while = 'access', every = { exponential = '10m' } }
    session = { lasts = { exponential = '1h' }, keeps = ['policy'] }
    [[goal]]
    name = 'back'
    when = 'access and policy'
    within = { of = 'close', time = '1h' }";

/// Everything is called otherwise.
const RENAMED: &str = "
    extend = 'base.toml'
    name = 'renamed'
    [groups.batch]
    was = 'wave'
    [facts.address-book]
    was = 'policy'
    [facts.entry]
    was = 'access'
    [facts.prepared]
    was = ['ready', 'primed']
    [pools.admins]
    was = 'hands'
    [[step]]
    name = 'restore'
    was = 'set'
    [[step]]
    name = 'lock'
    was = 'close'
    [[fault]]
    name = 'public folders slow'
    was = 'slow'
    [[reaction]]
    name = 'watchdog'
    was = 'watch'
    [[user]]
    name = 'Outlook'
    was = 'mail'
    [[goal]]
    name = 'back at work'
    was = 'back'";

fn renamed() -> Setup {
    setup_files(&[("top.toml", RENAMED), ("base.toml", BASE)])
}

#[test]
fn a_renamed_plan_runs_as_before() {
    let (base, renamed) = (setup_files(&[("base.toml", BASE)]), renamed());
    let sites = |setup: &Setup| setup.plan().sites.iter().map(|s| s.name.clone()).collect();
    let (old, new): (Vec<String>, Vec<String>) = (sites(&base), sites(&renamed));
    assert_eq!(old.len(), new.len(), "{new:#?}");
    assert!(new.contains(&"restore / at-end 1 / after".to_owned()));
    assert!(!new.iter().any(|site| site.starts_with("set /") || site.starts_with("fault slow /")));
    for replication in 0..20 {
        let [old, new] =
            [&base, &renamed].map(|setup| run_with(setup, Schedule::sampled(replication)).outcome);
        assert_eq!((old.digest, &old.windows), (new.digest, &new.windows));
    }
}

/// What is added beside a rename takes no number from what is renamed.
#[test]
fn a_rename_beside_a_new_step_keeps_all_draws() {
    let tail = "[[step]]\nname = 'tell'\nduration = { uniform = ['1s', '2s'] }\n";
    let more = setup_files(&[("top.toml", &format!("{RENAMED}\n{tail}")), ("base.toml", BASE)]);
    let values = |setup: &Setup| -> BTreeMap<_, _> {
        let mut sim = Sim::new(setup, Schedule::sampled(0));
        sim.record_choices();
        sim.run(&mut ());
        sim.take_choices().into_iter().collect()
    };
    let (base, more) = (values(&setup_files(&[("base.toml", BASE)])), values(&more));
    let kept = base.iter().filter(|(choice, value)| more.get(choice) == Some(value)).count();
    assert_eq!(kept, base.len());
    assert!(more.len() > base.len());
}

#[test]
fn old_choices_replay_under_new_names() {
    let base = setup_files(&[("base.toml", BASE)]);
    let mut sim = Sim::new(&base, Schedule::sampled(3));
    sim.record_choices();
    sim.run(&mut ());
    let choices = sim.take_choices();
    let lines: Vec<OverrideName> =
        choices.iter().filter_map(|&(choice, value)| name_choice(&base, choice, value)).collect();
    assert!(lines.iter().any(|line| line.entity == "wave 2" && line.site == "prepare / duration"));
    // All are forced, so that any replication becomes the old one.
    let run = replay(&renamed(), Some(17), &lines, None).unwrap_or_else(|no| panic!("{no:#?}"));
    assert_eq!(run.outcome.digest, sim.digest());
    assert_eq!(run.unused, []);
}

#[test]
fn an_old_finding_replays_on_the_renamed_plan() {
    let base = setup_files(&[("base.toml", BASE)]);
    let options = Options { stopping: Stopping::Replications(50), ..Options::default() };
    let campaign = simulate::simulate(&base, options, &|_| ());
    let findings = simulate::find(&base, &campaign);
    assert!(!findings.is_empty(), "somebody is exposed");
    let files = vec![("base.toml".to_owned(), BASE.to_owned())];
    let renamed = renamed();
    for finding in &findings {
        let file: FindingFile = finding_file(&base, finding, "simulate", &files);
        let again =
            rerun_on(&file, &renamed.plan().scenario).unwrap_or_else(|no| panic!("{no:#?}"));
        assert!(again.does && again.same, "{}", file.title);
    }
}

/// A former name in a scenario that extends nothing serves findings alone.
#[test]
fn a_plan_may_state_its_own_former_names() {
    let now = BASE.replace("name = 'set'", "name = 'restore'\nwas = 'set'");
    let now = now.replace("step = 'set'", "step = 'restore'");
    let now = Setup::new(Arc::new(cutover::plan::Plan::compile(&load(&now).scenario)), 1);
    let plan = now.plan();
    assert_eq!(plan.site("set / duration"), plan.site("restore / duration"));
    assert_eq!(plan.site("sett / duration"), None);
    assert_eq!(
        run_with(&now, Schedule::sampled(0)).outcome.digest,
        run_with(&setup_files(&[("base.toml", BASE)]), Schedule::sampled(0)).outcome.digest
    );
}

/// Waves have draws and are groups, whose entities findings name.
const WAVES: &str = "
    name = 'waves'
    [tenants]
    count = 12
    [[wave]]
    name = 'canary'
    take = 2
    pace = { uniform = ['1m', '9m'] }
    soak = { uniform = ['1h', '9h'] }
    [[wave]]
    name = 'bulk'
    [facts.ready]
    each = 'wave'
    [[step]]
    name = 'prepare'
    each = 'wave'
    after = []
    duration = { uniform = ['1m', '5m'] }
    at-end = [{ on = 'ready' }]
    [[step]]
    name = 'move'
    needs = 'ready'
    duration = { uniform = ['1m', '5m'] }";

#[test]
fn a_renamed_wave_keeps_its_draws_and_its_findings() {
    let renamed = "extend = 'base.toml'\nname = 'renamed'\n\
                   [[wave]]\nname = 'pilot'\nwas = 'canary'";
    let renamed = setup_files(&[("top.toml", renamed), ("base.toml", WAVES)]);
    let base = setup_files(&[("base.toml", WAVES)]);
    assert_eq!(renamed.plan().waves.len(), 2, "an entry renames, and adds none");
    assert!(renamed.plan().site("wave pilot / soak").is_some());
    let mut sim = Sim::new(&base, Schedule::sampled(3));
    sim.record_choices();
    sim.run(&mut ());
    assert_eq!(run_with(&renamed, Schedule::sampled(3)).outcome.digest, sim.digest());
    let choices = sim.take_choices();
    let lines: Vec<OverrideName> =
        choices.iter().filter_map(|&(choice, value)| name_choice(&base, choice, value)).collect();
    assert!(lines.iter().any(|line| line.site == "wave canary / soak"));
    assert!(lines.iter().any(|line| line.entity == "wave canary"));
    let run = replay(&renamed, Some(17), &lines, None).unwrap_or_else(|no| panic!("{no:#?}"));
    assert_eq!(run.outcome.digest, sim.digest());
    assert_eq!(run.unused, []);
}
