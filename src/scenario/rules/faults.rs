//! Rules of faults and of what repeats.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::dist_rules::support;
use crate::scenario::names::Names;
use crate::scenario::read::Fields;
use crate::scenario::tree::{Node, Value};
use crate::scenario::types::{Bend, Dist, FactId, Fault, FaultForm, Shape, Step, StepId, Work};

/// `loses` names a fact that the step's list (at-end, or undo) writes. Looks at what is written, so that an effect
/// that cannot be read is not reported a second time.
pub(in crate::scenario) fn lost_effect_exists(
    step: Option<&Fields<'_>>,
    list: &str,
    fact: FactId,
    node: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let Some(step) = step else { return };
    // A renamed fact may be written by its former name.
    let lost = |name: &str| names.facts.position(name) == Some(usize::from(fact.0));
    let fact = &names.fact_list[usize::from(fact.0)].name;
    let writes = |effect: &Node| {
        let effect = effect.as_table();
        effect.is_some_and(|effect| {
            let words = ["on", "off", "add"].iter();
            words.filter_map(|word| effect.get(word)?.as_str()).any(lost)
        })
    };
    let written = match step.get(list).map(|list| &list.value) {
        Some(Value::Array(effects)) => effects.iter().any(writes),
        _ => false,
    };
    if !written {
        let message = format!("the step's `{list}` writes nothing to `{fact}`");
        bag.push(
            Diagnostic::new(Code::Loses, node.span.clone(), message)
                .related(step.span.clone(), "the step"),
        );
    }
}

/// A fault that states a chance must have one.
pub(in crate::scenario) fn fault_has_a_chance(
    fault: &Fault,
    fields: &Fields<'_>,
    bag: &mut Diagnostics,
) {
    if fault.chance.0 <= 0.0 {
        let message = format!("`{}` has no chance to strike", fault.name);
        bag.push(
            Diagnostic::new(Code::NeverStrikes, fields.place("chance"), message)
                .hint("leave the fault out, or give it a chance"),
        );
    }
}

/// A failure must come before the latest end of the attempt (design, faults: one later than the
/// attempt's end does not strike).
pub(in crate::scenario) fn failure_comes_in_time(
    faults: &[Fault],
    places: &[Range<usize>],
    steps: &[Step],
    bag: &mut Diagnostics,
) {
    for (fault, place) in faults.iter().zip(places) {
        let (Bend::Fails { after: Some(after) }, step, longest, what) = (match &fault.form {
            FaultForm::Attempt { step, bend } => {
                (bend, *step, longest_attempt(*step, steps, faults), "attempt")
            }
            FaultForm::Undo { step, bend } => {
                (bend, *step, longest_undo(*step, steps, faults), "undo")
            }
            FaultForm::Free { .. } => continue,
        }) else {
            continue;
        };
        let (earliest, _) = support(after);
        if longest.is_some_and(|longest| earliest > longest) {
            let name = &steps[usize::from(step.0)].name;
            let message =
                format!("`{}` comes later than the longest {what} of `{name}`", fault.name);
            bag.error(Code::NeverStrikes, place.clone(), message);
        }
    }
}

/// The longest an attempt can last, in microseconds; `None`: no bound.
fn longest_attempt(step: StepId, steps: &[Step], faults: &[Fault]) -> Option<u64> {
    let timeout = steps[usize::from(step.0)].timeout.map(|timeout| timeout.0);
    let mut longest = match &steps[usize::from(step.0)].work {
        Work::Instant => Some(0),
        Work::Lasts(dist) => support(dist).1,
        Work::LastsByClass(dists) => {
            let ends = dists.0.iter().map(|dist| support(dist).1);
            ends.reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).flatten()
        }
        Work::Transfer { .. } | Work::TransferByClass { .. } => None,
    };
    for fault in faults {
        match &fault.form {
            FaultForm::Attempt { step: of, bend: Bend::Slow(dist) } if *of == step => {
                longest = longest.zip(support(dist).1).map(|(a, b)| a.max(b));
            }
            FaultForm::Attempt { step: of, bend: Bend::Hangs } if *of == step => longest = None,
            _ => {}
        }
    }
    match (longest, timeout) {
        (Some(longest), Some(timeout)) => Some(longest.min(timeout)),
        (longest, timeout) => longest.or(timeout),
    }
}

/// The longest that the undo of a step can last.
fn longest_undo(step: StepId, steps: &[Step], faults: &[Fault]) -> Option<u64> {
    let duration = steps[usize::from(step.0)].undo_duration.as_ref();
    let mut longest = duration.map_or(Some(0), |dist| support(dist).1);
    for fault in faults {
        match &fault.form {
            FaultForm::Undo { step: of, bend: Bend::Slow(dist) } if *of == step => {
                longest = longest.zip(support(dist).1).map(|(a, b)| a.max(b));
            }
            FaultForm::Undo { step: of, bend: Bend::Hangs } if *of == step => longest = None,
            _ => {}
        }
    }
    longest
}

/// Something that repeats needs time between its repetitions.
pub(in crate::scenario) fn repetition_takes_time(every: &Dist, node: &Node, bag: &mut Diagnostics) {
    if every.shape == Shape::Constant(0) {
        bag.error(
            Code::OutOfRange,
            node.span.clone(),
            "the time between two repetitions must be more than 0",
        );
    }
}
