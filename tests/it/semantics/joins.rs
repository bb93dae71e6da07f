use cutover::kernel::Stop;
use cutover::monitor::StopReason;

use crate::lab::{NEVER, run, stopped, with_tenants};

const TWO_MAILBOXES: &str = "
    name = 'joins'
    [tenants]
    count = 2
    mailboxes = 2
    [pools]
    one = { slots = 1 }
    [[step]]
    name = 'move'
    each = 'mailbox'
    uses = 'one'
    duration = '10s'";

/// The four mailboxes move one by one; each tenant waits for its own two.
#[test]
fn s3_a_tenant_step_waits_for_all_its_mailboxes() {
    let run = run(&format!(
        "{TWO_MAILBOXES}
        [[step]]
        name = 'open'
        duration = '1s'"
    ));
    assert_eq!(run.begun("open", "tenant 1"), [20]);
    assert_eq!(run.begun("open", "tenant 2"), [40]);
}

/// Of the same kind, each entity waits for itself alone.
#[test]
fn s3_a_mailbox_step_waits_for_its_own_mailbox() {
    let run = run(&format!(
        "{TWO_MAILBOXES}
        [[step]]
        name = 'check'
        each = 'mailbox'
        duration = '1s'"
    ));
    assert_eq!(run.begun("check", "mailbox 1 of tenant 1"), [10]);
    assert_eq!(run.begun("check", "mailbox 2 of tenant 1"), [20]);
    assert_eq!(run.begun("check", "mailbox 2 of tenant 2"), [40]);
}

#[test]
fn s3_mailboxes_wait_for_their_tenant() {
    let run = run("
        name = 'joins'
        [tenants]
        count = 1
        mailboxes = 2
        [[step]]
        name = 'close'
        duration = '7s'
        [[step]]
        name = 'move'
        each = 'mailbox'");
    assert_eq!(run.begun("move", "mailbox 1 of tenant 1"), [7]);
    assert_eq!(run.begun("move", "mailbox 2 of tenant 1"), [7]);
}

/// Four tenants in two waves of two, served one by one.
const WAVES: &str = "
    name = 'waves'
    [tenants]
    count = 4
    [groups.wave]
    tenants = 2
    [facts.bad]
    each = 'wave'
    [pools]
    one = { slots = 1 }
    [[step]]
    name = 'move'
    uses = 'one'
    duration = '10s'";

#[test]
fn s3_a_group_step_waits_for_the_tenants_of_its_group() {
    let run = run(&format!(
        "{WAVES}
        [[step]]
        name = 'release'
        each = 'wave'
        after = 'move'
        [[step]]
        name = 'all'
        each = 'rollout'
        after = 'move'"
    ));
    assert_eq!(run.begun("release", "wave 1"), [20]);
    assert_eq!(run.begun("release", "wave 2"), [40]);
    assert_eq!(run.begun("all", "rollout"), [40]);
}

#[test]
fn s3_tenants_wait_for_the_step_of_their_group() {
    let run = run(&format!(
        "{WAVES}
        [[step]]
        name = 'release'
        each = 'wave'
        after = 'move'
        duration = '5s'
        [[step]]
        name = 'open'
        after = 'release'"
    ));
    assert_eq!(run.begun("open", "tenant 1"), [25]);
    assert_eq!(run.begun("open", "tenant 2"), [25]);
    assert_eq!(run.begun("open", "tenant 4"), [45]);
}

/// Group and rollout steps are never the default predecessor of tenant steps.
#[test]
fn s3_a_tenant_step_follows_the_previous_tenant_step_by_default() {
    let run = run(&format!(
        "{WAVES}
        [[step]]
        name = 'prepare'
        each = 'wave'
        after = []
        duration = '500s'
        [[step]]
        name = 'open'"
    ));
    assert_eq!(run.begun("open", "tenant 1"), [10]);
    assert_eq!(run.begun("prepare", "wave 2"), [0]);
}

/// Kinds cross: dealt to two sites, a wave has tenants of both.
#[test]
fn s3_a_group_step_after_one_of_another_kind_waits_for_groups_with_a_common_tenant() {
    let run = run("
        name = 'crossing'
        [tenants]
        count = 4
        [groups.wave]
        tenants = 2
        [groups.half]
        count = 2
        [pools]
        one = { slots = 1 }
        [[step]]
        name = 'prepare'
        each = 'wave'
        after = []
        uses = 'one'
        duration = '10s'
        [[step]]
        name = 'check'
        each = 'half'
        after = 'prepare'
        [[step]]
        name = 'move'");
    assert_eq!(run.begun("check", "half 1"), [20]);
    assert_eq!(run.begun("check", "half 2"), [20]);
    assert_eq!(run.begun("move", "tenant 1"), [0]);
}

/// All waves are bad for an instant at second 5, at which only the first tenant is moving.
fn one_fails(join: &str) -> String {
    format!(
        "{WAVES}
        holds = 'not bad'
        [[step]]
        name = 'release'
        each = 'wave'
        after = 'move'
        {join}
        [[reaction]]
        name = 'trouble'
        each = 'rollout'
        while = 'true'
        after = '5s'
        does = [{{ on = 'bad', for = '0s', of = 'members' }}]"
    )
}

#[test]
fn s3_a_stopped_member_blocks_the_join_and_the_run_says_so() {
    let run = run(&one_fails(""));
    assert!(stopped(&run, "tenant 1") && !stopped(&run, "tenant 2"));
    let waits = ("wave 1".to_owned(), "release".to_owned(), StopReason::Predecessor);
    assert_eq!(run.stuck(), [waits], "the wave waits for ever, and the run says so");
    assert_eq!(run.begun("release", "wave 1"), NEVER);
    assert_eq!(run.begun("release", "wave 2"), [35]);
    assert_eq!(run.outcome.stopped.len(), 1, "who failed, not who waits for it");
}

#[test]
fn s3_join_running_ignores_stopped_members() {
    let run = run(&one_fails("join = 'running'"));
    assert!(stopped(&run, "tenant 1") && !stopped(&run, "wave 1"));
    assert_eq!(run.begun("release", "wave 1"), [15]);
    assert_eq!(run.begun("release", "wave 2"), [35]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

#[test]
fn s3_migrated_tenants_take_no_part() {
    let run = run("
        name = 'migrated'
        [tenants]
        count = 4
        migrated = 3
        [groups.wave]
        tenants = 2
        [[step]]
        name = 'move'
        duration = '10s'
        [[step]]
        name = 'release'
        each = 'wave'
        after = 'move'");
    assert_eq!(run.begun("move", "tenant 3"), NEVER);
    assert_eq!(run.begun("move", "tenant 4"), [0]);
    assert_eq!(
        run.begun("release", "wave 1"),
        NEVER,
        "a wave of migrated tenants has nothing to do"
    );
    assert_eq!(run.begun("release", "wave 2"), [10]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}

#[test]
fn at_once_bounds_the_tenants_in_progress() {
    let run = run(&with_tenants(
        3,
        "
        [rollout]
        at-once = 2
        [[step]]
        name = 'move'
        duration = '10s'",
    ));
    let begun = ["tenant 1", "tenant 2", "tenant 3"].map(|tenant| run.begun("move", tenant));
    assert_eq!(begun, [[0], [0], [10]]);
}

#[test]
fn pace_separates_the_starts() {
    let run = run(&with_tenants(
        3,
        "
        [rollout]
        pace = '4s'
        at-once = 2
        [[step]]
        name = 'move'
        duration = '10s'",
    ));
    let begun = ["tenant 1", "tenant 2", "tenant 3"].map(|tenant| run.begun("move", tenant));
    assert_eq!(begun, [[0], [4], [10]], "the third may start at 8, but finds no place before 10");
}

/// Sizes decide the order; equal ones start as listed.
#[test]
fn orders_of_starting() {
    let order = |order: &str| {
        let run = run(&format!(
            "
            name = 'order'
            [tenants]
            count = 3
            mailboxes = {{ empirical = [1, 2, 3, 4, 5] }}
            [rollout]
            order = '{order}'
            at-once = 1
            [[step]]
            name = 'move'
            duration = '10s'"
        ));
        let world = run.sim.setup().world();
        let mut tenants: Vec<(u64, u32)> =
            (0..3).map(|t| (run.begun("move", &format!("tenant {}", t + 1))[0], t)).collect();
        tenants.sort_unstable();
        tenants.into_iter().map(|(_, t)| (world.mailbox_count(t), t)).collect::<Vec<_>>()
    };
    let listed = order("listed");
    assert_eq!(listed.iter().map(|&(_, t)| t).collect::<Vec<_>>(), [0, 1, 2]);
    let mut expected = listed.clone();
    expected.sort_by_key(|&(size, _)| std::cmp::Reverse(size));
    assert_eq!(order("largest-first"), expected);
    expected = listed;
    expected.sort_by_key(|&(size, _)| size);
    assert_eq!(order("smallest-first"), expected);
}

/// Nothing recovers a step that waits for a stopped entity of another kind; what does not wait for
/// it goes on.
#[test]
fn s3_a_stopped_mailbox_blocks_what_waits_for_it_and_nothing_else() {
    let run = run("
        name = 'stop'
        [tenants]
        count = 1
        mailboxes = 2
        [[step]]
        name = 'move'
        each = 'mailbox'
        duration = '10s'
        timeout = '5s'
        [[step]]
        name = 'open'
        [[step]]
        name = 'after open'
        [[step]]
        name = 'aside'
        after = []
        duration = '60s'
        [[step]]
        name = 'after aside'
        after = 'aside'");
    assert!(!stopped(&run, "tenant 1"));
    assert_eq!(run.begun("open", "tenant 1"), NEVER);
    assert_eq!(run.begun("after open", "tenant 1"), NEVER);
    assert_eq!(run.begun("after aside", "tenant 1"), [60]);
    let waits = ("tenant 1".to_owned(), "open".to_owned(), StopReason::Predecessor);
    assert_eq!(run.stuck(), [waits]);
    let reasons: Vec<StopReason> = run.outcome.stopped.iter().map(|s| s.reason).collect();
    assert_eq!(reasons, [StopReason::Failed, StopReason::Failed]);
    assert_eq!(run.outcome.stop, Stop::Finished);
}
