//! The scenario of the design, section 2.

use crate::diagnostics::{Colour, render};
use crate::scenario::*;

pub(super) const HOSTED: &str = include_str!("hosted.toml");

pub(super) fn loaded(text: &str) -> Loaded {
    load_str("test.toml", text).unwrap_or_else(|failure| {
        panic!("{}", render(&failure.diagnostics, &failure.sources, Colour::Never))
    })
}

#[test]
fn the_hosted_exchange_scenario_loads() {
    let loaded = loaded(HOSTED);
    assert!(loaded.warnings.is_empty());
    insta::assert_debug_snapshot!(loaded.scenario);
}
