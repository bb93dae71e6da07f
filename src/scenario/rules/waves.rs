//! Rules of the shape of a rollout.

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::read::Fields;
use crate::scenario::tree::{Node, Value};
use crate::scenario::types::Step;

/// Where a list states a key: the first value of it.
pub(in crate::scenario) fn stated<'t>(
    fields: &Fields<'t>,
    lists: &[&'static str],
    key: &str,
) -> Option<&'t Node> {
    let entries = lists.iter().filter_map(|list| match &fields.get(list)?.value {
        Value::Array(items) => Some(items),
        _ => None,
    });
    entries.flatten().find_map(|item| item.as_table()?.get(key))
}

/// A warning: tenants are rolled back, and no step says how it is undone.
pub(super) fn rolled_back_has_lists(fields: &Fields<'_>, steps: &[Step], bag: &mut Diagnostics) {
    let Some(node) = stated(fields, &["reaction", "fault"], "rolls-back") else { return };
    if steps.iter().all(|step| step.undo.is_empty()) {
        let message = "this rolls tenants back, but no step has an `undo` list";
        bag.push(
            Diagnostic::new(Code::NoUndo, node.span.clone(), message)
                .hint("state what takes each step back: undo = [{ on = \"access\" }]"),
        );
    }
}
