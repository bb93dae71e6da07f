//! The rollout that benchmarks share, and the floor: the same rollout as a bare loop.

use std::sync::Arc;

use cutover::kernel::{Dice, Entry, EventQueue, Setup};
use cutover::model::{Choice, Entity, Timer, TimerKind};
use cutover::plan::{Law, Plan, SiteForm, SiteId};
use cutover::scenario;
use cutover::units::Instant;

/// Model M2 of the shared benchmark as a plan: six steps, one of them ten attempts, 15 completions
/// per tenant. No users and no hazards, which the floor does not have either.
pub(crate) const ROLLOUT: &str = r#"
name = "rollout"
[tenants]
count = COUNT
[facts]
blocked = {}
grants = { count = 10, initially = "on" }
[pools]
workers = { slots = 20 }
[[step]]
name = "block"
uses = [{ pool = "workers", until = "unblock" }]
duration = "1s"
at-end = [{ on = "blocked" }]
[[step]]
name = "export"
duration = { uniform = ["5s", "20s"] }
[[step]]
name = "clear"
duration = "1s"
at-end = [{ off = "grants" }]
[[step]]
name = "move"
duration = { lognormal = { median = "720s", p95 = "2684.6s" } }
[[step]]
name = "restore"
times = 10
duration = { uniform = ["1s", "6s"] }
at-end = [{ add = "grants" }]
[[step]]
name = "unblock"
duration = "1s"
at-end = [{ off = "blocked" }]
"#;

/// The rollout with so many tenants, seed 1.
pub(crate) fn rollout(tenants: u32) -> Setup {
    // The horizon grows with the population; the default of a year holds 600,000 tenants.
    let text = ROLLOUT.replace("COUNT", &tenants.to_string());
    let text = text.replace("[tenants]", "[rollout]\nhorizon = \"1000w\"\n[tenants]");
    let loaded = scenario::load_str("rollout.toml", &text).expect("the rollout is valid");
    Setup::new(Arc::new(Plan::compile(&loaded.scenario)), 1)
}

#[derive(Clone, Copy, Default)]
struct Tenant {
    step: u8,
    grants: u8,
    blocked: bool,
}

/// What a run of the floor came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    /// Completions.
    pub(crate) events: u64,
    /// Time of the last, in microseconds.
    pub(crate) makespan: u64,
}

/// The same rollout as a bare loop: the same queue, the same draws at the same addresses through
/// the same laws, no generality.
pub(crate) fn floor(setup: &Setup, replication: u32) -> Floor {
    let plan = setup.plan();
    let law = |site: SiteId| match &plan.sites[site.index()].form {
        SiteForm::Delay(law) => law.clone(),
        _ => unreachable!("durations are delays"),
    };
    let sites: Vec<SiteId> = plan.steps.iter().filter_map(|step| step.duration).collect();
    let laws: Vec<Law> = sites.iter().map(|&site| law(site)).collect();
    let mut dice = Dice::new(setup.seed, replication);
    let count = setup.world().count(plan.tenant());
    let first = setup.world().entity(plan.tenant(), 0).0;
    let mut tenants = vec![Tenant { grants: 10, ..Tenant::default() }; count as usize];
    let mut queue = EventQueue::default();
    let mut order = 0;
    let mut waiting = 0;
    let mut out = Floor { events: 0, makespan: 0 };
    let mut arm = |queue: &mut EventQueue, now: u64, index: u32, step: u8| {
        let (place, occurrence) = match step {
            0..4 => (usize::from(step), 1),
            4..14 => (4, u32::from(step) - 3),
            _ => (5, 1),
        };
        let delay = laws[place].as_constant().unwrap_or_else(|| {
            let choice = Choice { site: sites[place], entity: Entity(first + index), occurrence };
            laws[place].sample(dice.draw(setup.addresses(), choice))
        });
        order += 1;
        let kind = TimerKind::End;
        let timer = Timer { kind, which: u16::from(step), entity: Entity(index), stamp: 0 };
        queue.push(Entry { time: Instant(now + delay), order, timer });
    };
    while waiting < count.min(20) {
        arm(&mut queue, 0, waiting, 0);
        waiting += 1;
    }
    while let Some(entry) = queue.pop() {
        let now = entry.time.0;
        let index = entry.timer.entity.0;
        let tenant = &mut tenants[index as usize];
        out.events += 1;
        out.makespan = now;
        match tenant.step {
            0 => tenant.blocked = true,
            2 => tenant.grants = 0,
            4..14 => tenant.grants += 1,
            14 => tenant.blocked = false,
            _ => {}
        }
        tenant.step += 1;
        if tenant.step < 15 {
            let step = tenant.step;
            arm(&mut queue, now, index, step);
        } else if waiting < count {
            arm(&mut queue, now, waiting, 0);
            waiting += 1;
        }
    }
    out
}
