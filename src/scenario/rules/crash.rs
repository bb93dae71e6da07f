//! Rules of crashes and of faults on undo.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::read::Fields;
use crate::scenario::tree::Node;
use crate::scenario::types::{
    Fault, FaultForm, Journal, Kind, OnFailure, Rollout, Step, StepId, WhenCut,
};

/// The rollout, the tenants of a group and a tenant have an orchestrator, a worker and a job; the
/// mailboxes of a tenant share its job.
pub(in crate::scenario) fn crash_has_a_job(
    kind: Kind,
    crashes: Range<usize>,
    bag: &mut Diagnostics,
) {
    if kind == Kind::Mailbox {
        bag.push(
            Diagnostic::new(Code::CrashScope, crashes, "a mailbox has no job that could crash")
                .hint("state each = \"tenant\": the tenant's job moves its mailboxes"),
        );
    }
}

/// `when-cut` is about attempts that a crash cuts and a journal remembers.
pub(in crate::scenario) fn cut_is_remembered(
    rollout: &Rollout,
    steps: &[Step],
    fields: &[Option<Fields<'_>>],
    bag: &mut Diagnostics,
) {
    for (step, fields) in steps.iter().zip(fields) {
        let Some(fields) = fields else { continue };
        if step.when_cut == WhenCut::Redo {
            continue;
        }
        let (message, hint) = if step.remote {
            ("no crash cuts an attempt of a remote step", "leave `when-cut` or `remote` out")
        } else if rollout.journal == Journal::None {
            (
                "without a journal nothing is known of an attempt that was cut",
                "state [rollout] journal = \"step\", or leave `when-cut` out: the plan starts \
                 again, and `done-if` decides",
            )
        } else {
            continue;
        };
        bag.push(Diagnostic::new(Code::WhenCut, fields.place("when-cut"), message).hint(hint));
    }
}

/// A warning: words about crashes where nothing crashes.
pub(in crate::scenario) fn something_crashes(
    top: &Fields<'_>,
    steps: &[Option<Fields<'_>>],
    faults: &[Fault],
    bag: &mut Diagnostics,
) {
    let crashes = |fault: &Fault| match &fault.form {
        FaultForm::Free { act, .. } => act.crashes.is_some(),
        _ => false,
    };
    if faults.iter().any(crashes) {
        return;
    }
    let journal = top.get("rollout").and_then(|node| node.as_table()?.get("journal"));
    let of_steps = steps
        .iter()
        .flatten()
        .flat_map(|fields| ["remote", "when-cut"].map(|key| Some((key, fields.get(key)?))));
    let stated = journal.map(|node| ("journal", node)).or_else(|| of_steps.flatten().next());
    if let Some((key, node)) = stated {
        let message = format!("`{key}` says what a crash does, but no fault `crashes` anything");
        bag.error(Code::NoCrash, node.span.clone(), message);
    }
}

/// An undo is made once, and its end is all that is asked of it.
pub(in crate::scenario) fn undo_can_suffer(word: &str, node: &Node, bag: &mut Diagnostics) {
    if matches!(word, "repeats" | "skips") {
        let message = format!("`{word}` bends attempts, not the undo of a step");
        bag.push(
            Diagnostic::new(Code::UndoFault, node.span.clone(), message)
                .hint("a fault of = \"undo\" states `slow`, `fails`, `hangs` or `loses`"),
        );
    }
}

/// A fault on the undo of a step that has something to undo. `rolled_back`: a reaction rolls back.
pub(in crate::scenario) fn undo_can_be_struck(
    step: StepId,
    steps: &[Step],
    rolled_back: bool,
    place: Range<usize>,
    bag: &mut Diagnostics,
) {
    let step = &steps[usize::from(step.0)];
    if step.undo.is_empty() {
        let message = format!("`{}` has no `undo` list that a fault could strike", step.name);
        bag.error(Code::NeverStrikes, place, message);
        return;
    }
    let undone = |other: &Step| other.on_failure == OnFailure::Undo;
    if !rolled_back && !steps.iter().any(undone) && step.when_cut != WhenCut::Undo {
        let message = format!("nothing ever undoes `{}`", step.name);
        bag.push(Diagnostic::new(Code::NeverStrikes, place, message).hint(
            "a step undoes with on-failure = \"undo\" or when-cut = \"undo\", a reaction \
                     with rolls-back = \"in-progress\" or \"started\"",
        ));
    }
}
