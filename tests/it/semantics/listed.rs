use std::io;
use std::path::Path;
use std::sync::Arc;

use cutover::kernel::{Schedule, Setup, Stop};
use cutover::plan::Plan;
use cutover::scenario;

use crate::lab::{NEVER, Run, run_with};

/// A scenario with these files beside it, compiled.
pub(super) fn setup_files(files: &[(&str, &str)]) -> Setup {
    let read = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(io::ErrorKind::NotFound.into())
    };
    let loaded = scenario::load(Path::new(files[0].0), &read);
    let loaded = loaded.unwrap_or_else(|failure| panic!("{:#?}", failure.diagnostics));
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

pub(super) fn run_listed(list: &str, text: &str) -> Run {
    let head = "name = 'test'\n[tenants]\ninventory = 't.csv'\n";
    let setup = setup_files(&[("s.toml", &format!("{head}{text}")), ("t.csv", list)]);
    run_with(&setup, Schedule::sampled(0))
}

/// Tenants take 10 s each, one after the other.
const IN_TURN: &str = "
    [rollout]
    at-once = 1
    [facts.moved]
    [[step]]
    name = 'move'
    duration = '10s'
    at-end = [{ on = 'moved' }]";

#[test]
fn those_that_have_moved_stand_anywhere_in_the_list() {
    let list = "tenant,status\nA,\nB,moved\nC,open\nD,DONE\nE,planned\n";
    let run = run_listed(list, IN_TURN);
    let started = |name: &str| run.started(&format!("tenant {name}"));
    assert_eq!([started("A"), started("C"), started("E")], [[0], [10], [20]]);
    assert_eq!([started("B"), started("D")], [NEVER, NEVER]);
    for name in ["A", "B", "C", "D", "E"] {
        assert!(run.seen("moved", &format!("tenant {name}")), "{name}");
    }
    assert_eq!(run.makespan(), 30);
}

#[test]
fn a_group_moves_if_some_tenant_of_it_does() {
    let text = "
        [groups.database]
        column = 'DB'
        [[step]]
        name = 'move'
        duration = '10s'
        [[step]]
        name = 'drop'
        each = 'database'
        after = 'move'
        duration = '5s'";
    let list = "DB,tenant,status\nnew,A,\nold,B,moved\nnew,C,moved\nold,D,moved\nlast,E,\n";
    let run = run_listed(list, text);
    assert_eq!(run.begun("drop", "database new"), [10]);
    assert_eq!(run.begun("drop", "database last"), [10]);
    assert_eq!(run.begun("drop", "database old"), NEVER);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

#[test]
fn everything_listed_is_found_by_its_name() {
    let list = "tenant,mailbox,mailboxes,site\n\
                A of tenant B,x of tenant y,,s 1\nA of tenant B,7,,s 1\n3,,2,s 2\nB,,1,s 1\n";
    let run = run_listed(list, "[groups.site]\n[groups.wave]\ntenants = 2\n");
    let (plan, world) = (run.sim.setup().plan(), run.sim.setup().world());
    let names: Vec<String> = (0..plan.kinds.len())
        .flat_map(|kind| world.all(cutover::plan::KindId(u8::try_from(kind).expect("few"))))
        .map(|entity| world.name(plan, entity))
        .collect();
    let expected = [
        "rollout",
        "site s 1",
        "site s 2",
        "wave 1",
        "wave 2",
        "tenant A of tenant B",
        "tenant 3",
        "tenant B",
        "mailbox x of tenant y of tenant A of tenant B",
        "mailbox 7 of tenant A of tenant B",
        "mailbox 1 of tenant 3",
        "mailbox 2 of tenant 3",
        "mailbox 1 of tenant B",
    ];
    assert_eq!(names, expected);
    for name in &names {
        let entity = world.find(plan, name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(world.name(plan, entity), *name);
    }
    for gone in ["tenant 1", "tenant C", "site 1", "wave 3", "mailbox 2 of tenant B", "mailbox 1"] {
        assert_eq!(world.find(plan, gone), None, "{gone}");
    }
}

/// 6 GiB over three mailboxes are 2 GiB each, at 1 GiB/h two hours; a listed one has its own size.
#[test]
fn sizes_are_of_the_tenant_or_of_the_mailbox() {
    let list = "tenant;mailbox;mailboxes;Size (GiB)\nA;;3;6\nB;anna;;0,5\nB;bert;;\n";
    let text = "
        mailbox-size = '4 GiB'
        [[step]]
        name = 'move'
        each = 'mailbox'
        transfer = { size = 'mailbox-size', rate = '1 GiB/h' }";
    let run = run_listed(list, text);
    let hours = |name: &str| run.ended("move", name).expect("it ends").0 as f64 / 3600.0;
    for mailbox in ["mailbox 1 of tenant A", "mailbox 3 of tenant A"] {
        assert!((hours(mailbox) - 2.0).abs() < 1e-9);
    }
    assert!((hours("mailbox anna of tenant B") - 0.5).abs() < 1e-9);
    assert!((hours("mailbox bert of tenant B") - 4.0).abs() < 1e-9);
}

/// A list that says what would have been generated gives the same run, event for event.
#[test]
fn a_list_of_what_is_generated_gives_the_same_run() {
    let plan = "
        [rollout]
        at-once = 2
        order = 'shuffled'
        [groups.wave]
        tenants = 2
        [facts.ready]
        each = 'wave'
        [[step]]
        name = 'prepare'
        each = 'wave'
        after = []
        duration = { exponential = '1h' }
        at-end = [{ on = 'ready' }]
        [[step]]
        name = 'move'
        each = 'mailbox'
        needs = 'ready'
        duration = { exponential = '1h' }";
    let generated = "name = 'test'\n[tenants]\ncount = 5\nmigrated = 3\nmailboxes = 2\n";
    let generated = setup_files(&[("s.toml", &format!("{generated}{plan}"))]);
    let generated = run_with(&generated, Schedule::sampled(0)).outcome;
    let list = "tenant,mailboxes,status\nA,2,moved\nB,2,moved\nC,2,moved\nD,2,\nE,2,\n";
    let listed = run_listed(list, plan).outcome;
    assert_eq!((listed.digest, listed.events), (generated.digest, generated.events));
    let list =
        "tenant,mailboxes,status,wave\nA,2,moved,x\nB,2,moved,x\nC,2,moved,y\nD,2,,y\nE,2,,z\n";
    let column = run_listed(list, &plan.replace("tenants = 2", "column = 'wave'")).outcome;
    assert_eq!(column.digest, generated.digest);
    assert!(generated.events > 5);
}
