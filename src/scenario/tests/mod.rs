//! Whole files in, scenarios or messages out.

mod bad;
mod extending;
mod hosted;
mod inventory;
mod meaning;
mod random;
