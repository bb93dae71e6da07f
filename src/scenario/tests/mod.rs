//! Whole files in, scenarios or messages out.

mod hosted;
