//! `exposures.csv`: one row for each window, with the fields of a breach notification that a
//! simulation can know.

use crate::kernel::Setup;
use crate::report::words::Names;
use crate::simulate::{Campaign, Record, Row};
use crate::units::Instant;

const HEAD: [&str; 26] = [
    "incident_id",
    "estimate_flag",
    "pattern",
    "replication",
    "window_start",
    "window_end",
    "window_start_us",
    "window_end_us",
    "window_start_local",
    "window_end_local",
    "duration_us",
    "open_ended",
    "breach_type",
    "viewer_tenant",
    "viewer",
    "viewer_user",
    "exposed_tenants_min",
    "exposed_tenants_max",
    "records_approx_min",
    "records_approx_max",
    "data_categories",
    "rights",
    "expected_reads",
    "cause_steps",
    "cause_faults",
    "cause",
];

/// The table; every value in it is predicted, and says so in `estimate_flag`.
///
/// # Panics
/// Never: the table is written into memory.
#[must_use]
pub fn exposures(setup: &Setup, campaign: &Campaign) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEAD).expect("memory takes everything");
    let names = Names { plan: setup.plan() };
    for record in &campaign.records {
        for (index, row) in record.rows.iter().enumerate() {
            let fields = fields(setup, &names, record, index, row);
            writer.write_record(fields).expect("memory takes everything");
        }
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("fields are text")
}

fn fields(
    setup: &Setup,
    names: &Names<'_>,
    record: &Record,
    index: usize,
    row: &Row,
) -> [String; HEAD.len()] {
    let (plan, world, window) = (setup.plan(), setup.world(), &row.window);
    let hazard = &plan.scenario.hazards[usize::from(window.cause.hazard)];
    let tenant = window.tenant.map(|tenant| {
        let entity = world.entity(plan.tenant(), tenant);
        world.name(plan, entity)
    });
    let at = |instant: Instant| instant.to_string();
    // Only a rollout with a start on the calendar knows what time it is.
    let start = plan.scenario.rollout.start.as_ref();
    let local = |instant| start.map(|start| start.rfc3339(instant)).unwrap_or_default();
    [
        format!("seed {} replication {} window {}", setup.seed, record.replication, index + 1),
        "predicted".to_owned(),
        names.hazard(window.cause.hazard).to_owned(),
        record.replication.to_string(),
        at(window.from),
        at(window.to),
        window.from.0.to_string(),
        window.to.0.to_string(),
        local(window.from),
        local(window.to),
        window.length().0.to_string(),
        window.open_ended.to_string(),
        "confidentiality".to_owned(),
        tenant.unwrap_or_default(),
        world.name(plan, window.entity),
        window.user.map(|user| names.user(user).to_owned()).unwrap_or_default(),
        row.exposed.min.to_string(),
        row.exposed.max.to_string(),
        row.records.min.to_string(),
        row.records.max.to_string(),
        hazard.shows.data.join("; "),
        "read".to_owned(),
        crate::statistics::round9(row.reads).to_string(),
        names.steps(&window.cause.running).join("; "),
        names.faults(&window.cause.faults).join("; "),
        names.cause(&window.cause).replace('*', ""),
    ]
}
