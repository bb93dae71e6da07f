//! What identifies the meaning of a plan.

use crate::scenario::Scenario;

/// FNV-1a over the scenario's meaning, without its name, description and expectations.
pub(super) fn of(scenario: &Scenario) -> u64 {
    let s = scenario;
    let mut text = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        s.rollout,
        s.tenants,
        s.groups,
        s.facts,
        s.calendars,
        s.pools,
        s.links,
        s.steps,
        s.reactions,
        s.users,
        s.faults,
        s.hazards,
        s.goals,
        s.base_sites
    );
    if !s.waves.is_empty() {
        text.push_str(&format!("{:?}", s.waves));
    }
    if !s.profiles.is_empty() {
        text.push_str(&format!("{:?}", s.profiles));
    }
    if !s.classes.is_empty() {
        text.push_str(&format!("{:?}", s.classes));
    }
    if let Some(listed) = &s.inventory {
        text.push_str(&format!("{:?}{:?}", listed.tenants, listed.groups));
    }
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
