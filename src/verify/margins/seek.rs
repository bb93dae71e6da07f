//! Where it turns: the last value at which nothing new is possible, and the first at which something is.
//!
//! Ends are moved along one axis of *harm*: upper ends as they are, lower ends by their negative value,
//! so that more harm only adds behaviours. A schedule found at some harm says how much of it its path
//! needs (see `stretch`), so the next exploration is 1 µs below that: discrete Newton over paths
//! (methods 1.5). It ends after as many explorations as there are paths that get better; where one
//! path leads to the next in tiny steps, every other one is a bisection.

use crate::verify::margins::bounds::{Bound, End};
use crate::verify::margins::probe::{Seen, Shown};

/// Infinite harm.
pub(super) const INFINITE: i64 = i64::MAX;
/// So many explorations may follow paths alone.
const PATHS: u32 = 8;
/// First step into the unknown where no path says how far: 1 s.
const STEP: i64 = 1_000_000;

/// How much harm a value of an end is; `None`: infinity, which only upper ends reach.
pub(super) fn harm(end: End, value: Option<u64>) -> i64 {
    let value = value.map_or(INFINITE, |value| i64::try_from(value).unwrap_or(INFINITE));
    if end == End::Upper { value } else { -value }
}

/// The value of an end that is so much harm.
pub(super) fn value(end: End, harm: i64) -> Option<u64> {
    match end {
        End::Upper if harm == INFINITE => None,
        End::Upper => Some(harm.unsigned_abs()),
        End::Lower => Some(harm.unsigned_abs()),
    }
}

/// Where it turns.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The greatest harm at which nothing is possible.
    pub(super) clean: i64,
    /// The least at which the kernel has a schedule, with it.
    pub(super) shown: Option<(i64, Box<Shown>)>,
    /// The first is exact: at 1 µs more something is possible.
    pub(super) complete: bool,
}

/// Between `clean` and `bad`, at which something is possible; `path`: how much harm a schedule there
/// needs.
pub(super) fn seek(
    end: End,
    (mut clean, mut bad): (i64, i64),
    path: Option<i64>,
    probe: &mut dyn FnMut(i64) -> Seen,
) -> Turn {
    let mut path = path;
    let mut shown: Option<(i64, Box<Shown>)> = None;
    let (mut rounds, mut step) = (0, STEP);
    loop {
        if let Some(needs) = path.filter(|&needs| clean < needs && needs <= bad) {
            bad = needs;
        }
        if bad - 1 <= clean {
            break;
        }
        rounds += 1;
        let follows = path.take().is_some_and(|needs| needs == bad);
        let at = match follows && (rounds <= PATHS || rounds % 2 == 0) {
            true => bad - 1,
            false if bad == INFINITE => {
                step = step.saturating_mul(2);
                clean.saturating_add(step).min(INFINITE - 1)
            }
            false => clean + (bad - clean) / 2,
        };
        match probe(at) {
            Seen::Clean => clean = at,
            Seen::Exposed(found) => {
                bad = at;
                path = found.found.witness.stretch.map(|to| harm(end, Some(to)));
                shown = Some((at, found));
            }
            Seen::Possible(needs) => {
                bad = at;
                path = needs.map(|to| harm(end, Some(to)));
            }
            Seen::Stopped => return Turn { clean, shown, complete: false },
        }
    }
    let shown = confirmed(bad, shown, probe);
    Turn { clean, shown, complete: true }
}

/// The least harm from `bad` on at which the kernel has a schedule.
fn confirmed(
    bad: i64,
    shown: Option<(i64, Box<Shown>)>,
    probe: &mut dyn FnMut(i64) -> Seen,
) -> Option<(i64, Box<Shown>)> {
    if shown.as_ref().is_some_and(|(at, _)| *at == bad) {
        return shown;
    }
    if bad == INFINITE {
        return shown;
    }
    if let Seen::Exposed(found) = probe(bad) {
        return Some((bad, found));
    }
    let (mut not, mut shown) = (bad, shown?);
    while shown.0 - not > 1 {
        let at = not + (shown.0 - not) / 2;
        match probe(at) {
            Seen::Exposed(found) => shown = (at, found),
            Seen::Clean | Seen::Possible(_) => not = at,
            Seen::Stopped => break,
        }
    }
    Some(shown)
}

/// The harm of a bound's end as it is assumed.
pub(super) fn assumed(bound: &Bound, end: End) -> i64 {
    harm(end, bound.assumed(end))
}
