//! `profile` of a user: how busy it is while windows are open.

use std::ops::Range;

use super::calendars::{ENTRIES_MAX, Used, is_empty, windows};
use super::names::Names;
use super::read::{self, Fields};
use super::schema;
use super::tree::Node;
use super::types::{Busy, Factor, Profile};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// A profile as a user states it.
pub(super) struct Stated {
    pub(super) profile: Profile,
    /// Where the windows of its entries stand.
    places: Vec<Range<usize>>,
}

/// All windows that profiles keep to.
pub(super) fn used(profiles: &[Stated]) -> Vec<Used<'_>> {
    let entries = profiles.iter().flat_map(|stated| stated.profile.busy.iter().zip(&stated.places));
    entries.map(|(busy, place)| Used { windows: &busy.windows, span: place.clone() }).collect()
}

/// The profile of the user with this index. An empty list is none: it takes a base's away.
pub(super) fn profile(
    user: u16,
    node: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Stated> {
    let items = read::list(node, "tables { windows, factor }", bag)?;
    if let Some(item) = items.get(ENTRIES_MAX) {
        let message = format!("a profile of more than {ENTRIES_MAX} entries");
        bag.error(Code::TooMany, item.span.clone(), message);
    }
    let mut rest: Option<(Factor, Range<usize>)> = None;
    let (mut busy, mut places) = (Vec::new(), Vec::new());
    for item in items.iter().take(ENTRIES_MAX) {
        let fields = Fields::open(item, &schema::PROFILE, bag)?;
        let factor = fields.get("factor").and_then(|node| factor(node, bag));
        if let Some((_, rest)) = &rest {
            let message = "an entry without windows always counts, so this one never does";
            bag.push(
                Diagnostic::new(Code::Profile, item.span.clone(), message)
                    .related(rest.clone(), "without windows"),
            );
            return None;
        }
        if fields.get("windows").is_some_and(is_empty) {
            let message = "an entry with an empty list of windows never counts";
            bag.push(
                Diagnostic::new(Code::NeverOpen, fields.place("windows"), message)
                    .hint("leave `windows` out for the rest of the time"),
            );
            return None;
        }
        if !fields.has("windows") {
            rest = Some((factor?, item.span.clone()));
            continue;
        }
        let windows = windows(&fields, names, bag)?;
        busy.push(Busy { windows, factor: factor? });
        places.push(fields.place("windows"));
    }
    let otherwise = rest.map_or(Factor::ONE, |(factor, _)| factor);
    let profile = Profile { user, busy, otherwise };
    if items.is_empty() || !changes(&profile, node, bag) {
        return None;
    }
    Some(Stated { profile, places })
}

fn changes(profile: &Profile, node: &Node, bag: &mut Diagnostics) -> bool {
    let Factor(otherwise) = profile.otherwise;
    let changes = profile.busy.iter().any(|busy| busy.factor.0 != otherwise);
    if !changes {
        let message = format!("this profile is {} at all times", profile.otherwise);
        bag.push(
            Diagnostic::new(Code::Profile, node.span.clone(), message)
                .hint("outside the windows of all entries the factor is 1 unless a last entry without windows says otherwise"),
        );
    }
    changes
}

/// A number from 0 to 1,000 in whole millionths, so that integrals over it are exact.
fn factor(node: &Node, bag: &mut Diagnostics) -> Option<Factor> {
    let number = read::number(node, bag)?;
    let factor = Factor::exactly(number);
    if factor.is_none() {
        let message = "a factor is 0 to 1000, with six decimals at most";
        bag.error(Code::OutOfRange, node.span.clone(), message);
    }
    factor
}
