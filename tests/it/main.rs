//! The tests that need more than one layer, in one binary.

/// Runs small scenarios and answers questions about what happened.
mod knobs;
mod lab;

/// One small scenario per rule of the semantics, with answers worked out by hand.
mod semantics;

/// A tiny second interpreter of the rules on effects, written from their text.
mod reference;

/// The kernel must show what the second interpreter shows, on random lists of writes.
mod against_reference;

/// Random plans, loaded from text like any other.
mod plans;

/// What must hold for every plan, checked on random ones.
mod properties;

/// The language as data: its JSON Schema and its reference.
mod language;

/// Loads and runs any text for a bounded number of events.
mod bounded;

/// Changed scenarios, and what fuzzing found.
mod mutated;

/// Focal runs: one tenant, everybody else as choices.
mod focal;
/// Proofs with answers worked out by hand.
mod verify;
mod verify_any;
mod verify_cover;
mod verify_goals;
mod verify_possible;

/// Every cure in scenarios/, whole and broken.
mod cures;

/// The prover against brute force on random small plans.
mod brute;

/// Closed forms from queueing theory and probability.
mod oracles;

/// The same again, whatever else is in the plan or runs beside it.
mod determinism;

/// Plans made wrong on purpose, and their cures.
mod planted;

/// Search, on plans whose mistakes are known.
mod search;

/// Source lines that, changed, must make a test fail.
mod margins;
mod mutants;

/// The house rules.
mod tidy;
