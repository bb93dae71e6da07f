use std::collections::BTreeSet;

use cutover::kernel::{Schedule, Setup, Sim};
use cutover::model::Outcome as End;

use super::listed::run_listed;
use crate::lab::{run_with, setup, with_tenants};

/// A is legacy, B is cloud, C has no class; D has moved and is cloud.
const LIST: &str =
    "tenant,class,mailboxes,status\nA,legacy,1,\nB,cloud,2,\nC,,1,\nD,cloud,1,moved\n";

const CLASSES: &str = "\n[classes.legacy]\n[classes.cloud]\n";

#[test]
fn conditions_tell_classes_apart() {
    let text = "
        [facts.f]
        [facts.g]
        each = 'mailbox'
        [[step]]
        name = 'only legacy'
        when = 'class = \"legacy\"'
        duration = '10s'
        at-end = [{ on = 'f', if = 'not class = cloud' }]
        [[step]]
        name = 'all but legacy'
        each = 'mailbox'
        when = \"class != 'legacy'\"
        duration = '5s'
        at-end = [{ on = 'g', if = 'class = cloud' }]
        [[hazard]]
        name = 'h'
        when = 'class = legacy and f'";
    let run = run_listed(LIST, &format!("{CLASSES}{text}"));
    let of = |step: &str, whose: &str| run.ended(step, whose).expect("it ends");
    assert_eq!(of("only legacy", "tenant A"), (10, End::Succeeded));
    assert_eq!(of("only legacy", "tenant B"), (0, End::Skipped));
    assert_eq!(of("only legacy", "tenant C"), (0, End::Skipped));
    assert_eq!(of("all but legacy", "mailbox 1 of tenant A"), (10, End::Skipped));
    assert_eq!(of("all but legacy", "mailbox 2 of tenant B"), (5, End::Succeeded));
    assert_eq!(of("all but legacy", "mailbox 1 of tenant C"), (5, End::Succeeded));
    assert!(run.seen("g", "mailbox 1 of tenant B") && !run.seen("g", "mailbox 1 of tenant C"));
    // Whoever has moved is as its own class ends.
    assert!(!run.seen("f", "tenant D") && run.seen("g", "mailbox 1 of tenant D"));
    let windows = run.outcome.windows.iter().map(|window| window.entity);
    assert_eq!(windows.collect::<BTreeSet<_>>(), BTreeSet::from([run.entity("tenant A")]));
}

#[test]
fn tenants_of_a_class_are_counted() {
    let text = "
        [groups.wave]
        tenants = 4
        [facts.f]
        [[step]]
        name = 'move'
        duration = '10s'
        at-end = [{ on = 'f' }]
        [[step]]
        name = 'few'
        each = 'wave'
        after = []
        when = 'count(tenant: class = cloud) = 2 and any(tenant: class = legacy)'
        [[step]]
        name = 'when the cloud has moved'
        each = 'wave'
        after = []
        needs = 'all(tenant: f or not class = cloud)'";
    let run = run_listed(LIST, &format!("{CLASSES}{text}"));
    assert_eq!(run.ended("few", "wave 1"), Some((0, End::Succeeded)));
    // B ends at 10; D, which has moved, has had `f` before.
    assert_eq!(run.ended("when the cloud has moved", "wave 1"), Some((10, End::Succeeded)));
}

#[test]
fn work_depends_on_the_class() {
    let text = "
        mailbox-size = '2 GiB'
        [classes.legacy]
        [classes.cloud]
        [[step]]
        name = 'work'
        duration = { by-class = { cloud = '10s', default = '20s' } }
        [[step]]
        name = 'copy'
        each = 'mailbox'
        after = []
        transfer = { size = 'mailbox-size', rate = { by-class = { legacy = '1 GiB/h', cloud = '4 GiB/h', default = '2 GiB/h' } } }";
    let run = run_listed(LIST, text);
    let end = |step: &str, whose: &str| run.ended(step, whose).expect("it ends").0;
    let work = ["A", "B", "C"].map(|name| end("work", &format!("tenant {name}")));
    assert_eq!(work, [20, 10, 20]);
    let copy = ["A", "B", "C"].map(|name| end("copy", &format!("mailbox 1 of tenant {name}")));
    assert_eq!(copy, [7200, 1800, 3600]);
}

/// Over a link the rate of a class is the cap of its tenants: A takes a quarter of it, B and C share
/// the rest until C has its 60 B, and then B has the rest alone.
#[test]
fn caps_on_a_link_depend_on_the_class() {
    let text = "
        mailbox-size = '60 B'
        [links]
        wan = { rate = '3600 B/h' }
        [classes.legacy]
        [classes.cloud]
        [[step]]
        name = 'copy'
        transfer = { size = 'mailbox-size', link = 'wan', rate = { by-class = { legacy = '900 B/h', default = '1 GiB/h' } } }";
    let run = run_listed(LIST, text);
    let end = |whose: &str| run.ended("copy", whose).expect("it ends").0;
    assert_eq!(["A", "B", "C"].map(|name| end(&format!("tenant {name}"))), [240, 240, 160]);
}

/// A migrated group or rollout has what tenants of every class have written.
#[test]
fn what_has_moved_is_as_its_class_ends() {
    let text = "
        [groups.wave]
        tenants = 1
        [facts.seen]
        each = 'wave'
        [facts.a]
        [facts.b]
        [[step]]
        name = 'one'
        when = 'class = cloud'
        at-end = [{ on = 'seen' }, { on = 'a' }]
        [[step]]
        name = 'two'
        when = 'class = legacy'
        at-end = [{ on = 'b' }]";
    let list = "tenant,class,status\nA,legacy,moved\nB,cloud,moved\n";
    let run = run_listed(list, &format!("{CLASSES}{text}"));
    let facts = |name: &str| [run.seen("a", name), run.seen("b", name)];
    assert_eq!([facts("tenant A"), facts("tenant B")], [[false, true], [true, false]]);
    assert!(run.seen("seen", "wave 1") && run.seen("seen", "wave 2"));
}

/// Tenants of each class: legacy, cloud, none.
fn dealt(setup: &Setup) -> [usize; 3] {
    let (plan, world) = (setup.plan(), setup.world());
    let mut counts = [0; 3];
    for tenant in world.all(plan.tenant()) {
        counts[world.class(plan, tenant)] += 1;
    }
    counts
}

#[test]
fn shares_are_dealt_once_for_each_seed() {
    let text = |legacy: &str, cloud: &str| {
        with_tenants(
            10_000,
            &format!("[classes.legacy]\nshare = {legacy}\n[classes.cloud]\nshare = {cloud}\n"),
        )
    };
    let counts = dealt(&setup(&text("0.2", "'30 %'"), 1));
    // Four standard deviations of a binomial count.
    for (count, share) in counts.iter().zip([0.2, 0.3, 0.5]) {
        let expected = 10_000.0 * share;
        assert!((*count as f64 - expected).abs() < 4.0 * (expected * (1.0 - share)).sqrt());
    }
    assert_eq!(dealt(&setup(&text("0.2", "'30 %'"), 1)), counts);
    assert_ne!(dealt(&setup(&text("0.2", "'30 %'"), 2)), counts);
    // Nobody is left out where the shares add up to 1, rounded or not.
    let all = dealt(&setup(&text("0.1", "0.9"), 1));
    assert_eq!(all[0] + all[1], 10_000);
    assert_eq!(dealt(&setup(&text("0", "1"), 1)), [0, 10_000, 0]);
}

#[test]
fn a_class_may_have_mailboxes_of_its_own() {
    let text = with_tenants(
        50,
        "mailboxes = 2\nmailbox-size = '1 GiB'
        [classes.legacy]
        share = 0.5
        mailboxes = 7
        mailbox-size = '3 GiB'",
    );
    let setup = setup(&text, 1);
    let (plan, world) = (setup.plan(), setup.world());
    for tenant in world.all(plan.tenant()) {
        let legacy = world.class(plan, tenant) == 0;
        let gib = world.size(tenant) >> 30;
        assert_eq!(gib, if legacy { 7 * 3 } else { 2 });
    }
    assert!(dealt(&setup)[0] > 10);
}

/// Both classes take the same draw through their own quantile functions: ten times, up to rounding.
#[test]
fn classes_share_their_dice() {
    let with = |duration: &str| {
        with_tenants(
            40,
            &format!(
                "[classes.slow]\nshare = 0.5\n[[step]]\nname = 'a'\nduration = {duration}\n\
                 [[step]]\nname = 'b'\nduration = {{ exponential = '1h' }}\n"
            ),
        )
    };
    let plain = setup(&with("{ uniform = ['1s', '5s'] }"), 1);
    let classes = "{ by-class = { slow = { uniform = ['10s', '50s'] }, default = { uniform = ['1s', '5s'] } } }";
    let classes = setup(&with(classes), 1);
    let choices = |setup: &Setup| {
        let mut sim = Sim::new(setup, Schedule::sampled(0));
        sim.record_choices();
        sim.run(&mut ());
        let mut choices = sim.take_choices();
        choices.sort_unstable();
        choices
    };
    let site = plain.plan().site("a / duration").expect("there is one");
    for ((choice, value), (same, other)) in choices(&plain).into_iter().zip(choices(&classes)) {
        assert_eq!(choice, same);
        let slow = classes.world().class(classes.plan(), choice.entity) == 0;
        if choice.site == site && slow {
            assert!(other.abs_diff(10 * value) <= 10, "{other} {value}");
        } else {
            assert_eq!(other, value);
        }
    }
    let nominal = run_with(&classes, Schedule::nominal());
    let ends: BTreeSet<u64> =
        (1..=40).map(|tenant| nominal.begun("b", &format!("tenant {tenant}"))[0]).collect();
    assert_eq!(ends, BTreeSet::from([3, 30]), "the medians");
}
