//! Margins by brute force: an end is moved microsecond by microsecond until something new is possible.
//!
//! What is said here anew: a delay whose end is moved takes any whole number of microseconds between its
//! ends, each time it is armed, whatever it was before. An end is moved out, away from the other, and
//! all that is possible with it is enumerated at every value on the way, up to a limit, and at infinity. If
//! somebody is exposed without a fault, ends are moved in instead, up to the other end, and on with it:
//! an upper end leaves all from 0 on, a lower end all up to infinity.

use std::collections::BTreeSet;

use cutover::kernel::Setup;
use cutover::scenario::Scenario;
use cutover::verify::{
    Base, Bound, End, Margin, Margins, Of, Progress, Proved, What, exact, margins, margins_goal,
};

use crate::brute::compare::{About, LIMITS, within};
use crate::brute::oracle::{Graph, Limits, Other, Source, explore};

/// So many values of an end are tried one by one.
const FAR: u64 = 16;

/// The prover keeps at most so many states in each exploration.
const STATES: u64 = 2_000;

/// Ends by what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) plans: u32,
    /// Of which somebody is exposed without a fault.
    pub(crate) exposed: u32,
    pub(crate) compared: u32,
    /// Up to a value that both name.
    pub(crate) exact: u32,
    /// Those of an exposed plan.
    pub(crate) negative: u32,
    pub(crate) any: u32,
    pub(crate) nowhere: u32,
    /// The kernel has no schedule at the first value at which something new is possible, for a reason.
    pub(crate) unconfirmed: u32,
    /// The prover, or brute force, was stopped.
    pub(crate) cut: u32,
}

/// What brute force says of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Any,
    UpTo(u64),
    Nowhere,
    /// It turns, but not among the values that were tried.
    Beyond,
}

/// A rollout of exactly so many tenants.
pub(crate) fn margins_of(
    scenario: &Scenario,
    about: About,
    tenants: u32,
    faults: u32,
    states: usize,
    ends: &mut Ends,
) -> Result<(), String> {
    let setup = exact(scenario, tenants, 1)?;
    let limits = Limits { faults, states, ..LIMITS };
    let Some(graph) = explore(&setup, limits) else { return Ok(()) };
    let sets = about.sets(&graph);
    let exposed = sets.iter().any(|set| set.1 == 0);
    let mut brute = Brute { setup: &setup, about, limits, exposed, base: BTreeSet::new() };
    if exposed {
        brute.limits.faults = 0;
    } else {
        brute.base = sets;
    }
    let (of, mut go_on) = (Of::Exact(&setup), |progress: &Progress| within(progress, STATES));
    let told = match about {
        About::Hazards => margins(of, faults as usize, &mut go_on),
        About::Goal => margins_goal(of, 0, faults as usize, &mut go_on),
    };
    if let Some(bug) = told.bugs.first() {
        return Err(format!("a witness does not replay: {:#?}", bug.found));
    }
    let base = match told.base {
        // Some set is possible alone, or the prover was stopped.
        Base::Unknown => return Ok(()),
        base => base,
    };
    if (base == Base::Exposed) != exposed {
        return Err(format!("{base:?}, and brute force says {exposed}"));
    }
    ends.plans += 1;
    ends.exposed += u32::from(exposed);
    let Some(graph) = explore(&setup, brute.limits) else { return Ok(()) };
    all_there(&setup, &graph, &told)?;
    for margin in &told.margins {
        let bound = &told.bounds[margin.bound];
        let Some(expected) = brute.turns(bound, margin) else {
            ends.cut += 1;
            continue;
        };
        let say = |why: &str| {
            let (name, end) = (&bound.name, margin.end);
            let (proved, shown) = (margin.proved, margin.exposed.as_ref().map(|shown| shown.0));
            format!(
                "{name}, {end:?}, {faults} faults: {why}: {proved:?} and {shown:?}, brute force: {expected:?}"
            )
        };
        judge(margin, expected, ends).map_err(|why| say(&why))?;
        ends.negative += u32::from(exposed && expected != Expected::Nowhere);
    }
    Ok(())
}

fn judge(margin: &Margin, expected: Expected, ends: &mut Ends) -> Result<(), String> {
    let same = match (margin.proved, expected) {
        (Proved::AtLeast(least), expected) => {
            ends.cut += 1;
            let upper = margin.end == End::Upper;
            return match (least, expected) {
                (Some(to), Expected::UpTo(most)) if upper && to > most || !upper && to < most => {
                    Err("proved too much".to_owned())
                }
                (Some(_), Expected::Nowhere) => Err("proved at all".to_owned()),
                _ => Ok(()),
            };
        }
        (Proved::Any, Expected::Any) => {
            ends.any += 1;
            true
        }
        (Proved::Nowhere, Expected::Nowhere) => {
            ends.nowhere += 1;
            true
        }
        (Proved::UpTo(to), Expected::UpTo(most)) => {
            ends.exact += 1;
            to == most
        }
        // It has tried the values about which the prover says so.
        (Proved::UpTo(_), Expected::Beyond) => true,
        _ => false,
    };
    ends.compared += 1;
    if !same {
        return Err("proved".to_owned());
    }
    let Proved::UpTo(to) = margin.proved else {
        return margin.exposed.is_none().then_some(()).ok_or("exposed".to_owned());
    };
    let first = if margin.end == End::Upper { to + 1 } else { to - 1 };
    match &margin.exposed {
        Some((at, shown)) if *at == first => {
            let witness = &shown.found.witness;
            let replayed = witness.confirmed() && witness.stretch == Some(first);
            replayed.then_some(()).ok_or("its schedule".to_owned())
        }
        // A path that the kernel cannot follow comes first.
        Some((at, _)) if (*at > first) == (margin.end == End::Upper) => {
            ends.unconfirmed += 1;
            Ok(())
        }
        Some(_) => Err("exposed before".to_owned()),
        None => {
            ends.unconfirmed += 1;
            Ok(())
        }
    }
}

/// Every delay that comes about has a bound, but for those of users.
fn all_there(setup: &Setup, graph: &Graph, told: &Margins) -> Result<(), String> {
    let plan = setup.plan();
    let users =
        plan.users.iter().flat_map(|user| [user.every, user.lasts, user.residual, user.gap]);
    let mut silent: BTreeSet<Source> = users.map(Source::Site).collect();
    if told.faults == 0 {
        // A fault that is not allowed may become due, and does nothing then.
        let costs = |fault: u16| plan.faults[usize::from(fault)].cost > 0;
        let acts = plan.acts.iter().filter(|act| act.fault.is_some_and(|(fault, _)| costs(fault)));
        silent.extend(acts.map(|act| Source::Site(act.trigger)));
    }
    let known: BTreeSet<Source> = told.bounds.iter().map(|bound| source(setup, bound)).collect();
    match graph.sources.difference(&known).find(|source| !silent.contains(source)) {
        Some(source) => Err(format!("no bound has {source:?}: {:?}", told.bounds)),
        None => Ok(()),
    }
}

fn source(setup: &Setup, bound: &Bound) -> Source {
    let plan = setup.plan();
    if bound.what == What::Timeout {
        let step = bound.name.strip_suffix(" / timeout").expect("it is that of a step");
        let step = plan.scenario.steps.iter().position(|each| each.name == step);
        return Source::Timeout(u16::try_from(step.expect("there is one")).expect("few"));
    }
    Source::Site(plan.site(&bound.name).expect("a bound has the name of its site"))
}

struct Brute<'a> {
    setup: &'a Setup,
    about: About,
    limits: Limits,
    /// Somebody is exposed without a fault.
    exposed: bool,
    /// Sets that are known.
    base: BTreeSet<(u16, u64)>,
}

impl Brute<'_> {
    /// Where an end turns; `None` if there is too much to enumerate.
    fn turns(&self, bound: &Bound, margin: &Margin) -> Option<Expected> {
        let source = source(self.setup, bound);
        let (low, high) = (bound.low, bound.high);
        let bad = |low: u64, high: Option<u64>| self.bad(Other { source, low, high });
        let claim = match margin.proved {
            Proved::UpTo(to) => Some(to),
            _ => None,
        };
        match (margin.end, self.exposed) {
            (End::Upper, false) => {
                let Some(high) = high.filter(|_| bad(low, None) != Some(false)) else {
                    return Some(Expected::Any);
                };
                for to in high + 1..=high + FAR {
                    if bad(low, Some(to))? {
                        return Some(Expected::UpTo(to - 1));
                    }
                }
                let claim = claim.filter(|&to| to >= high + FAR)?;
                let turns = !bad(low, Some(claim))? && bad(low, Some(claim + 1))?;
                turns.then_some(Expected::Beyond)
            }
            (End::Lower, false) => {
                for to in (0..low).rev() {
                    if bad(to, high)? {
                        return Some(Expected::UpTo(to + 1));
                    }
                }
                Some(Expected::Any)
            }
            (End::Upper, true) => {
                let high = high.unwrap_or(low + FAR);
                for to in (0..=high).rev() {
                    if !bad(if to < low { 0 } else { low }, Some(to))? {
                        return Some(Expected::UpTo(to));
                    }
                }
                Some(Expected::Nowhere)
            }
            (End::Lower, true) => {
                let far = high.unwrap_or(low).max(claim.unwrap_or(0)) + FAR;
                for to in low..=far {
                    let beyond = high.is_some_and(|high| high < to);
                    if !bad(to, if beyond { None } else { high })? {
                        return Some(Expected::UpTo(to));
                    }
                }
                Some(Expected::Nowhere)
            }
        }
    }

    /// Something is possible that has none of the known sets in it.
    fn bad(&self, other: Other) -> Option<bool> {
        let limits = Limits { other: Some(other), ..self.limits };
        let sets = self.about.sets(&explore(self.setup, limits)?);
        let known = |set: &(u16, u64)| {
            self.base.iter().any(|known| known.0 == set.0 && known.1 & !set.1 == 0)
        };
        Some(sets.iter().any(|set| !known(set)))
    }
}
