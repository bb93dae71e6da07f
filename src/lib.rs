//! `cutover`: a deterministic simulator, searcher and prover for tenant migrations.
//!
//! It answers one question about a migration plan before anyone runs it: can a user get in while
//! permissions are only partly restored, and what does it take?
//!
//! The modules in reading order, which is also the order of the layers: a file names only layers
//! above its own in this list, and a test says so.
//!
//! ```text
//! text ─scenario::load→ Scenario ─Plan::compile→ Plan ─ model + kernel → monitor → Outcome
//!      Outcomes ─simulate→ Summary, Finding ─check→ Verdicts ─report→ text | json | csv ─cli→ you
//!          model + all clocks at once ─verify→ Verdict ┘
//! ```

pub mod units;
pub mod statistics;
pub mod diagnostics;
pub mod scenario;
pub mod plan;
pub mod model;
pub mod kernel;
pub mod monitor;
pub mod simulate;
pub mod search;
pub mod verify;
pub mod check;
pub mod report;
pub mod cli;
