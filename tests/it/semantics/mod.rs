//! One small scenario per rule, with exact answers on constant durations.

/// T: order at one instant, livelock, stuck runs.
mod time;
/// T3: orders that a schedule forces.
mod ties;

/// E: issue, landing, lease, force, counters, members.
mod effects;
/// When a run is over.
mod endings;

/// S1 and S2: readiness, conditions, attempts in sequence.
mod steps;

/// S3 and who is let in: entities that wait for each other, stopped and migrated ones.
mod joins;

/// S4 and S5: pools, priority, slots over several steps, retry waits, outages.
mod pools;

/// S5 to S7: timeouts, retries, effects of failures, `holds`, rollback, `on-failure`.
mod failures;

/// The six faults on an attempt.
mod faults;

/// S7: faults and crashes that strike a rollback.
mod undo;

/// S8: crashes.
mod crash;

/// R1, U1 and U2: reactions, sessions.
mod people;

/// Windows: half-open, merged, never empty; migrated tenants.
mod windows;

/// Windows of the week, excepted days, daylight saving, `fits`.
mod calendars;

/// Pools whose slots change with the calendar.
mod shifts;

/// Inventories: who is listed, what it is called.
mod listed;

/// Waves, priorities and dates of tenants.
mod waves;
mod waves_random;

/// Halts, resumptions, rollbacks on command.
mod halts;

/// Classes of tenants.
mod classes;

/// Former names.
mod renames;

/// Transfers and the links they share.
mod links;

/// Transfers under crashes, windows, classes and inventories.
mod transfers;

/// Quotas of pools and links in hours and days of the local clock.
mod quotas;

/// Profiles of reads and connections.
mod profiles;
