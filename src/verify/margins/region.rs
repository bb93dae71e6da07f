//! Two ends at once: the region in which nothing new is possible.
//!
//! The more harm one end has, the less is left for the other: the border falls. It is sought exactly, to
//! the microsecond, at some values of the first end: its assumed one, the ends of its range and values
//! evenly between. What lies between two of them is at least as far as the stair through them.

use crate::verify::explore::GoOn;
use crate::verify::margins::bounds::{Bound, End, Move};
use crate::verify::margins::probe::Seen;
use crate::verify::margins::seek::{INFINITE, assumed, harm, seek, value};
use crate::verify::margins::{Asked, Base, Of, Proved, furthest};
use crate::verify::prove::Question;

/// Values of the first end between the ends of its range.
const BETWEEN: i64 = 7;

/// A point of the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corner {
    /// The first end, in microseconds; `None`: infinity.
    pub first: Option<u64>,
    /// Up to where the second end is then proved.
    pub second: Proved,
    /// The first value of the second end at which somebody is exposed, replayed.
    pub exposed: Option<u64>,
}

/// Where two ends may be.
#[derive(Clone, Debug)]
pub struct Region {
    /// Two bounds, each with the end that is moved.
    pub ends: [(Bound, End); 2],
    /// In order of the first end's harm, the least first.
    pub corners: Vec<Corner>,
    /// The budget was enough for all of them.
    pub complete: bool,
}

/// The region of two ends that names mean: of leases the least value, of all else the greatest.
///
/// # Errors
/// Why there is none: names that mean no bound, or a plan about which nothing is known.
pub fn region(
    of: Of<'_>,
    faults: usize,
    names: [&str; 2],
    go_on: GoOn<'_>,
) -> Result<Region, String> {
    let mut asked = Asked::new(of, Question::Hazards, faults, go_on);
    let mut called = Vec::new();
    for name in names {
        let bound = asked.bounds.iter().find(|bound| bound.is_called(name)).ok_or_else(|| {
            let all: Vec<String> =
                asked.bounds.iter().map(|bound| format!("`{}`", bound.name)).collect();
            format!("no duration, delay or lease is called `{name}`; there are {}", all.join(", "))
        })?;
        called.push((bound.clone(), bound.critical()));
    }
    let [first, second]: [(Bound, End); 2] = called.try_into().expect("there are two names");
    if first.0.name == second.0.name {
        return Err(format!("a region has two different sides, not `{}` twice", first.0.name));
    }
    if asked.base == Base::Unknown {
        return Err("nothing is proved of this plan, so nothing of a region of it".to_owned());
    }
    let (mut corners, mut complete) = (Vec::new(), true);
    for at in asked.places(&first, &second) {
        match asked.corner((&first, at), &second) {
            Some(corner) => corners.push(corner),
            None => complete = false,
        }
    }
    Ok(Region { ends: [first, second], corners, complete })
}

impl Asked<'_> {
    /// At which harm of the first end the border is sought.
    fn places(&mut self, first: &(Bound, End), second: &(Bound, End)) -> Vec<i64> {
        let from = assumed(&first.0, first.1);
        // Of a lease that may be as long as one likes there is no best value: its assumed one is.
        let open = |side: &(Bound, End)| best(side) == harm(End::Lower, Some(FAR));
        let least = if open(second) { assumed(&second.0, second.1) } else { best(second) };
        let alone = match self.corner((second, least), first) {
            Some(Corner { second: Proved::UpTo(to), .. }) => harm(first.1, Some(to)),
            Some(Corner { second: Proved::Any, .. }) => harm(first.1, furthest(first.1)),
            _ => from,
        };
        let worst = match open(second) && first.1 == End::Upper {
            true => alone.max(from).saturating_mul(2),
            false => alone,
        };
        // Twice as long as it has to be is looked at.
        let best = if open(first) { 2 * worst.min(from) } else { best(first) };
        let mut places = vec![best, worst, from];
        if worst != INFINITE {
            let step = (worst - best) / (BETWEEN + 1);
            places.extend((1..=BETWEEN).map(|number| best + number * step));
        }
        places.retain(|&place| place <= worst);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// How far the second end can go while the first is moved so far; `None`: the budget ended first.
    fn corner(&mut self, first: (&(Bound, End), i64), second: &(Bound, End)) -> Option<Corner> {
        let ((one, end), at) = first;
        let fixed = value(*end, at);
        let (two, moved) = second;
        let mut probe = |at: i64| {
            self.prober.probe(&[
                Move { bound: one, end: *end, to: fixed },
                Move { bound: two, end: *moved, to: value(*moved, at) },
            ])
        };
        let corner = |second, exposed| Some(Corner { first: fixed, second, exposed });
        let worst = harm(*moved, furthest(*moved));
        let path = match probe(worst) {
            Seen::Clean => return corner(Proved::Any, None),
            Seen::Stopped => return None,
            Seen::Exposed(shown) => shown.found.witness.stretch,
            Seen::Possible(needs) => needs,
        };
        let best = best(second);
        match probe(best) {
            Seen::Clean => {}
            Seen::Stopped => return None,
            Seen::Exposed(_) | Seen::Possible(_) => return corner(Proved::Nowhere, None),
        }
        let path = path.map(|to| harm(*moved, Some(to)));
        let turn = seek(*moved, (best, worst), path, &mut probe);
        let to = value(*moved, turn.clean)?;
        let exposed = turn.shown.and_then(|(at, _)| value(*moved, at));
        turn.complete.then_some(())?;
        corner(Proved::UpTo(to), exposed)
    }
}

/// A lease that outlasts everything.
const FAR: u64 = crate::plan::Law::CAP;

/// The least harm that an end can be moved in to: the other end, or beyond it if both are one.
fn best((bound, end): &(Bound, End)) -> i64 {
    match end {
        End::Upper if bound.high == Some(bound.low) => 0,
        End::Upper => harm(End::Upper, Some(bound.low)),
        End::Lower => {
            let high = bound.high.filter(|high| *high > bound.low);
            harm(End::Lower, Some(high.unwrap_or(FAR)))
        }
    }
}
