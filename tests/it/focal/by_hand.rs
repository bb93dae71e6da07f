use cutover::check::{Unfit, rerun, window_of};
use cutover::kernel::Schedule;
use cutover::plan::{Gap, SiteForm};
use cutover::scenario::finding::{
    BaseLine, CauseLine, FORMAT, FindingFile, Must, OverrideLine, ScopeLine, WindowLine,
};
use cutover::units::{Instant, Span};

use super::{focal, scopes};
use crate::lab::{NEVER, Run, SECOND, force, run_with, with_tenants};

const HOUR: u64 = 3600 * SECOND;

/// Runs the nominal focal run with these overrides: site, entity, occurrence, value.
fn run(text: &str, overrides: &[(&str, &str, u32, u64)]) -> Run {
    let setup = focal(text);
    let mut schedule = Schedule::nominal();
    for &(site, entity, occurrence, value) in overrides {
        force(&setup, &mut schedule, (site, entity, occurrence), value);
    }
    run_with(&setup, schedule)
}

/// The gate is closed for at most an hour; the policy comes back only when a shared pool has a slot.
fn lease() -> String {
    with_tenants(
        9,
        "[facts.access]
        initially = 'on'
        [facts.policy]
        missing = 'open'
        [pools.workers]
        slots = 2
        [[step]]
        name = 'close'
        duration = '10s'
        at-end = [{ off = 'access', for = '1h' }, { off = 'policy' }]
        [[step]]
        name = 'restore'
        uses = 'workers'
        duration = '30s'
        at-end = [{ on = 'policy' }]
        [[step]]
        name = 'open'
        at-end = [{ on = 'access' }]",
    )
}

#[test]
fn nobody_waits_in_the_nominal_focal_run() {
    let run = run(&lease(), &[]);
    assert_eq!(run.begun("restore", "tenant 1"), [10]);
    assert_eq!(run.windows("policy missing", "tenant 1"), []);
    assert_eq!(run.makespan(), 40);
}

/// Closed at 10 s, open by itself at 3,610 s; restored at 10 s + 2 h + 30 s = 7,240 s.
#[test]
fn a_wait_of_two_hours_outlasts_a_lease_of_one() {
    let run = run(&lease(), &[("restore / wait", "tenant 1", 1, 2 * HOUR)]);
    assert_eq!(run.begun("restore", "tenant 1"), [7210]);
    assert_eq!(run.windows("policy missing", "tenant 1"), [(3610, 7240)]);
    assert_eq!(run.makespan(), 7240);
}

/// A wait counts from the request, and the last one that the lease covers is 1 h less 30 s.
#[test]
fn a_wait_that_the_lease_covers_exposes_nobody() {
    let longest = HOUR - 30 * SECOND;
    assert_eq!(
        run(&lease(), &[("restore / wait", "tenant 1", 1, longest)])
            .windows("policy missing", "tenant 1"),
        []
    );
    let longer = longest + SECOND;
    let run = run(&lease(), &[("restore / wait", "tenant 1", 1, longer)]);
    assert_eq!(run.windows("policy missing", "tenant 1"), [(3610, 3611)]);
}

/// Whoever is let through waits on for the slots that the run itself takes, here an outage of all
/// two slots from 5 s to 65 s.
#[test]
fn an_outage_of_the_whole_pool_keeps_the_focal_tenant_waiting() {
    let text = lease()
        + "
        [[reaction]]
        name = 'maintenance'
        each = 'rollout'
        while = 'true'
        after = '5s'
        takes = { pool = 'workers', for = '60s' }";
    assert_eq!(run(&text, &[]).begun("restore", "tenant 1"), [65]);
    let late = [("restore / wait", "tenant 1", 1, 70 * SECOND)];
    assert_eq!(run(&text, &late).begun("restore", "tenant 1"), [80]);
}

/// Each retry asks anew.
#[test]
fn every_request_has_a_wait_of_its_own() {
    let text = lease().replace("duration = '30s'", "duration = '30s'\nretry = { times = 1 }")
        + "
        [[fault]]
        name = 'hiccup'
        step = 'restore'
        fails = true
        chance = 0.1";
    let overrides = [
        ("fault hiccup / chance", "tenant 1", 1, 1),
        ("restore / wait", "tenant 1", 1, 5 * SECOND),
        ("restore / wait", "tenant 1", 2, 7 * SECOND),
    ];
    assert_eq!(run(&text, &overrides).begun("restore", "tenant 1"), [15, 52]);
}

/// Each tenant clears a fact of its wave and sets it; a reader of the wave's fact is exposed.
fn wave() -> String {
    with_tenants(
        9,
        "[groups.wave]
        tenants = 3
        [facts.ready]
        each = 'wave'
        [facts.routed]
        [[step]]
        name = 'announce'
        duration = '10s'
        at-end = [{ on = 'ready', after = '20s' }]
        [[step]]
        name = 'route'
        needs = 'ready'
        duration = '5s'
        at-end = [{ on = 'routed' }]
        [[hazard]]
        name = 'routed too early'
        when = 'routed and not ready'",
    )
}

#[test]
fn a_fact_of_the_group_is_written_by_its_own_tenant() {
    let run = run(&wave(), &[]);
    assert_eq!(run.changes("ready", "wave 1"), [(30, true)]);
    assert_eq!(run.begun("route", "tenant 1"), [30]);
    assert_eq!(run.windows("routed too early", "tenant 1"), []);
}

/// Others announce at 3 s and take it back at 50 s, for 7 s.
#[test]
fn others_flip_a_fact_of_the_group() {
    let run = run(
        &wave(),
        &[
            ("fact ready / flip", "wave 1", 1, 3 * SECOND),
            ("fact ready / flip to", "wave 1", 1, 1),
            ("fact ready / flip", "wave 1", 2, 47 * SECOND),
            ("fact ready / flip", "wave 1", 3, 7 * SECOND),
            ("fact ready / flip to", "wave 1", 3, 1),
        ],
    );
    assert_eq!(run.changes("ready", "wave 1"), [(3, true), (50, false), (57, true)]);
    assert_eq!(run.begun("route", "tenant 1"), [10]);
    assert_eq!(run.windows("routed too early", "tenant 1"), [(50, 57)]);
}

/// The own write is issued at 10 s and lands at 30 s. Others write at 20 s: issued before it, theirs
/// is overwritten; issued after it, it drops the own one (E2), and the step waits for ever.
#[test]
fn a_flip_comes_before_or_behind_what_is_in_flight() {
    let flip = ("fact ready / flip", "wave 1", 1, 20 * SECOND);
    let before = run(&wave(), &[flip]);
    assert_eq!(before.begun("route", "tenant 1"), [30]);
    let behind = run(&wave(), &[flip, ("fact ready / flip passes", "wave 1", 1, 1)]);
    assert_eq!(behind.begun("route", "tenant 1"), NEVER);
}

/// A write of somebody else cancels the pending expiry, even if it changes nothing (E3).
#[test]
fn a_flip_cancels_a_lease() {
    let text = wave().replace("on = 'ready', after = '20s'", "on = 'ready', for = '20s'");
    assert_eq!(run(&text, &[]).changes("ready", "wave 1"), [(10, true), (30, false)]);
    let flip =
        [("fact ready / flip", "wave 1", 1, 15 * SECOND), ("fact ready / flip to", "wave 1", 1, 1)];
    assert_eq!(run(&text, &flip).changes("ready", "wave 1"), [(10, true)]);
}

/// Only what somebody outside can write has a site.
#[test]
fn what_nobody_outside_writes_does_not_flip() {
    let setup = focal(&wave());
    assert!(setup.plan().site("fact ready / flip").is_some());
    assert!(setup.plan().site("fact routed / flip").is_none());
    let alone = wave().replace("at-end = [{ on = 'ready', after = '20s' }]", "")
        + "
        [[reaction]]
        name = 'announcer'
        each = 'wave'
        while = 'true'
        after = '10s'
        does = [{ on = 'ready' }]";
    assert!(focal(&alone).plan().site("fact ready / flip").is_none());
}

/// The wave's step waits for the members; others end 100 s after the focal tenant, or never.
#[test]
fn a_group_wide_step_starts_late() {
    let text = wave()
        + "
        [[step]]
        name = 'switch'
        each = 'wave'
        duration = '8s'
        [[step]]
        name = 'tidy up'
        after = 'switch'
        duration = '1s'";
    let nominal = run(&text, &[]);
    assert_eq!(nominal.begun("switch", "wave 1"), [35]);
    assert_eq!(nominal.begun("tidy up", "tenant 1"), [43]);
    let late = run(&text, &[("switch / starts", "wave 1", 1, 100 * SECOND)]);
    assert_eq!(late.begun("switch", "wave 1"), [135]);
    assert_eq!(late.begun("tidy up", "tenant 1"), [143]);
}

/// A step of the rollout without predecessors waits for nobody.
#[test]
fn a_step_that_joins_nobody_starts_as_in_the_full_run() {
    let text = wave() + "\n[[step]]\nname = 'kick off'\neach = 'rollout'\nafter = []";
    let setup = focal(&text);
    assert!(setup.plan().site("kick off / starts").is_none());
    assert_eq!(run_with(&setup, Schedule::nominal()).begun("kick off", "rollout"), [0]);
}

/// The wave waits until three of its tenants are through; the focal tenant is one of them.
#[test]
fn others_are_counted() {
    let text = wave()
        + "
        [[step]]
        name = 'switch'
        each = 'wave'
        after = []
        needs = 'count(tenant: routed) >= 3 or all(tenant: not routed)'";
    // With nobody else, none is routed: it starts at once.
    assert_eq!(run(&text, &[]).begun("switch", "wave 1"), [0]);
    let site = "other tenants of wave with routed / flip";
    let setup = focal(&text);
    let to = setup.plan().site(&format!("{site} to")).expect("others are counted");
    let SiteForm::Count(most) = setup.plan().sites[to.index()].form else { panic!("a count") };
    // 0, and 2 to 4 (beside one or none of the own): nobody compares more than that.
    assert_eq!(most, 3);
    let late = [
        // Somebody is routed; at 7 s two are, and with the focal tenant, at 36 s, three.
        ("other tenants of wave with not routed / at first", "wave 1", 1, 1),
        (site, "wave 1", 1, 7 * SECOND),
        (&format!("{site} to"), "wave 1", 1, 1),
        ("rollout / tenant starts", "rollout", 1, SECOND),
    ];
    let run = run(&text, &late);
    assert_eq!(run.begun("route", "tenant 1"), [31]);
    assert_eq!(run.begun("switch", "wave 1"), [36]);
}

/// Others force a fact of the group for 10 s, above what is written.
#[test]
fn others_force_a_fact_of_the_group() {
    let text = wave()
        + "
        [[fault]]
        name = 'stale cache'
        while = 'true'
        after = '1h'
        chance = 0.1
        forces = { off = 'ready', for = '10s' }";
    let flips = [
        ("fact ready / force", "wave 1", 1, 40 * SECOND),
        ("fact ready / force", "wave 1", 2, 10 * SECOND),
        ("fact ready / force to", "wave 1", 2, 2),
    ];
    let run = run(&text, &flips);
    assert_eq!(run.changes("ready", "wave 1"), [(30, true), (40, false), (50, true)]);
}

/// Others add to a counter of the rollout: with two of its three, the focal tenant fills it.
#[test]
fn others_add_to_a_counter() {
    let text = with_tenants(
        9,
        "[facts.through]
        each = 'rollout'
        count = 3
        [[step]]
        name = 'move'
        duration = '10s'
        at-end = [{ add = 'through' }]",
    );
    assert!(!run(&text, &[]).seen("through", "rollout"));
    let two = [
        ("fact through / add", "rollout", 1, 2 * SECOND),
        ("fact through / add", "rollout", 2, SECOND),
    ];
    assert_eq!(run(&text, &two).changes("through", "rollout"), [(10, true)]);
}

/// A start of its own matters only beside something else that has a time.
#[test]
fn the_tenant_starts_at_any_instant() {
    assert!(focal(&lease()).plan().site("rollout / tenant starts").is_none());
    let run = run(&wave(), &[("rollout / tenant starts", "rollout", 1, 60 * SECOND)]);
    assert_eq!(run.begun("announce", "tenant 1"), [60]);
}

/// 2 GiB at 1 GiB/h to 8 GiB at 0.5 GiB/h; nominal is the median size over the median rate.
#[test]
fn a_transfer_lasts_between_its_ends() {
    let text = "name = 'test'
        [tenants]
        count = 5
        mailboxes = 2
        mailbox-size = { uniform = ['2 GiB', '8 GiB'] }
        [[step]]
        name = 'seed'
        each = 'mailbox'
        transfer = { size = 'mailbox-size', rate = { uniform = ['0.5 GiB/h', '1 GiB/h'] } }";
    let setup = focal(text);
    let site = setup.plan().site("seed / transfer").expect("it transfers");
    let SiteForm::Outside { low, nominal, high } = setup.plan().sites[site.index()].form else {
        panic!("decided outside")
    };
    assert_eq!((low, high), (2 * HOUR, Some(16 * HOUR)));
    let middle = 5.0 / 0.75 * 3600.0 * 1e6;
    assert!((nominal.expect("it takes place") as f64 - middle).abs() < 1e3);
}

/// One mailbox that a hazard may be about and one that is the last; those with fewer are a scope of
/// their own.
#[test]
fn a_tenant_has_as_many_mailboxes_as_matter() {
    let text = |second: &str| {
        format!(
            "name = 'test'
            [tenants]
            count = 5
            migrated = 1
            mailboxes = {{ uniform = [1, 40] }}
            [facts.seeded]
            each = 'mailbox'
            [[step]]
            name = 'seed'
            each = 'mailbox'
            at-end = [{{ on = 'seeded' }}]
            [[step]]
            name = 'switch'
            [[step]]
            name = 'finalise'
            each = 'mailbox'
            {second}
            [[step]]
            name = 'open'"
        )
    };
    let numbers = |text: &str| -> Vec<(bool, u32)> {
        scopes(text).iter().map(|scope| (scope.migrated, scope.mailboxes)).collect()
    };
    assert_eq!(numbers(&text("")), [(false, 1), (false, 2), (true, 1), (true, 2)]);
    // Whoever looks at what a mailbox has been through may meet another as the last.
    let memory = numbers(&text("when = 'seeded'"));
    assert_eq!(memory, [(false, 1), (false, 2), (false, 3), (true, 1), (true, 2), (true, 3)]);
    // Nor may it be the same if the segments overlap.
    let overlap = text("").replace("name = 'finalise'", "name = 'finalise'\nafter = 'seed'");
    assert_eq!(numbers(&overlap).len(), 6);
    assert_eq!(numbers("name = 'test'\n[tenants]\ncount = 1"), [(false, 1)]);
}

/// A rollback of the tenant takes as long as it has mailboxes: two do not stand for forty.
#[test]
fn a_rollback_over_many_mailboxes_is_a_gap() {
    let text = "name = 'test'
        [tenants]
        count = 5
        mailboxes = 40
        [facts.seeded]
        each = 'mailbox'
        [[step]]
        name = 'seed'
        each = 'mailbox'
        at-end = [{ on = 'seeded' }]
        undo = [{ off = 'seeded' }]
        undo-duration = '1m'
        [[step]]
        name = 'switch'
        on-failure = 'undo'";
    let gaps = |text: &str| focal(text).plan().focal.as_ref().expect("a focal run").gaps.clone();
    assert_eq!(gaps(text), [Gap::UndoOfMailboxes(0)]);
    assert_eq!(gaps(&text.replace("mailboxes = 40", "mailboxes = 2")), []);
}

/// What a focal run leads to is kept in a file, names its scope, and is replayed from it.
#[test]
fn a_finding_of_a_focal_run_is_replayed() {
    let line = |entity: &str, site: &str, occurrence, value: &str| OverrideLine {
        entity: entity.to_owned(),
        site: site.to_owned(),
        occurrence,
        value: value.to_owned(),
    };
    let file = FindingFile {
        version: FORMAT,
        title: "a wait outlasts the lease".to_owned(),
        must: Must::Exposes,
        found_by: "verify".to_owned(),
        cutover_version: String::new(),
        seed: 1,
        base: BaseLine::Nominal,
        scope: Some(ScopeLine {
            class: None,
            migrated: false,
            moving: Vec::new(),
            mailboxes: 1,
            wait: Some(Span(2 * HOUR)),
        }),
        overrides: vec![line("tenant 1", "restore / wait", 1, "2 h")],
        missed: None,
        window: Some(WindowLine {
            hazard: "policy missing".to_owned(),
            entity: "tenant 1".to_owned(),
            user: None,
            from: Instant(3610 * SECOND),
            to: Instant(7240 * SECOND),
            open_ended: false,
        }),
        cause: CauseLine::default(),
        events: 0,
        digest: 0,
        files: vec![("test.toml".to_owned(), lease())],
    };
    let file = FindingFile::read("f.toml", &file.write()).expect("what is written is read");
    let rerun = rerun(&file).expect("it fits");
    assert!(rerun.does);
    let window = window_of(&rerun.setup, &file, &rerun.replay).expect("it does");
    assert_eq!((window.from, window.to), (Instant(3610 * SECOND), Instant(7240 * SECOND)));
    // Longer than the scope allows, or of a class that is not there: it does not fit.
    let mut longer = file.clone();
    longer.overrides[0].value = "2 h 1 s".to_owned();
    assert!(matches!(cutover::check::rerun(&longer), Err(Unfit::Overrides(_))));
    let mut classed = file.clone();
    classed.scope.as_mut().expect("it has one").class = Some("legacy".to_owned());
    assert!(matches!(cutover::check::rerun(&classed), Err(Unfit::Overrides(_))));
    // Who goes first at one instant has a name as well.
    let mut first = file;
    first.overrides.push(line("tenant 1", "restore / wait / order", 1, "-1"));
    assert!(cutover::check::rerun(&first).expect("it fits").does);
}
