//! The plan as a graph in the DOT language.
//!
//! Steps are boxes with what they do to facts, in one colour for each kind of entity; solid edges
//! are `after`; pools are cylinders; faults are octagons that point at what they bend.

use super::words::{Measured, by_class, condition, dist, kind, links, short_effect};
use crate::scenario::{FaultForm, Kind, Scenario, Step, Work};

/// Fill colours: light enough for black text, apart in lightness too.
const ROLLOUT: &str = "#e8e8e8";
const GROUP: &str = "#fde0b0";
const TENANT: &str = "#d5e8f8";
const MAILBOX: &str = "#d8f0d0";

/// The whole graph.
pub(super) fn graph(scenario: &Scenario) -> String {
    let mut out = String::from("digraph plan {\n");
    out.push_str(&format!("  label={};\n", quoted(&scenario.name)));
    out.push_str("  labelloc=t; rankdir=TB; fontname=\"Helvetica\";\n");
    out.push_str("  node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white];\n");
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=9];\n");
    for (index, step) in scenario.steps.iter().enumerate() {
        let label = quoted(&label(scenario, step));
        let fill = fill(step.kind);
        let node = format!("  step{index} [shape=box, fillcolor=\"{fill}\", label={label}];\n");
        out.push_str(&node);
        for before in &step.after {
            out.push_str(&format!("  step{} -> step{index};\n", before.0));
        }
    }
    pools(scenario, &mut out);
    faults(scenario, &mut out);
    out.push_str("}\n");
    out
}

fn fill(kind: Kind) -> &'static str {
    match kind {
        Kind::Rollout => ROLLOUT,
        Kind::Group(_) => GROUP,
        Kind::Tenant => TENANT,
        Kind::Mailbox => MAILBOX,
    }
}

fn label(scenario: &Scenario, step: &Step) -> String {
    let mut lines = vec![step.name.clone(), format!("each {}", kind(scenario, step.kind))];
    match &step.work {
        Work::Instant => {}
        Work::Lasts(duration) => lines.push(dist(duration, Measured::Time)),
        Work::LastsByClass(dists) => {
            for (class, duration) in by_class(scenario, dists, Measured::Time) {
                lines.push(format!("{class}: {duration}"));
            }
        }
        Work::TransferByClass { rates, over } => {
            for (class, rate) in by_class(scenario, rates, Measured::Rate) {
                lines.push(format!("{class}: at {rate}"));
            }
            lines.extend((!over.is_empty()).then(|| format!("over {}", links(scenario, over))));
        }
        Work::Transfer { rate, over } => {
            lines.extend(rate.as_ref().map(|rate| format!("at {}", dist(rate, Measured::Rate))));
            lines.extend((!over.is_empty()).then(|| format!("over {}", links(scenario, over))));
        }
    }
    let needs = step.needs.as_ref().map(|cond| format!("needs {}", condition(scenario, cond)));
    lines.extend(needs);
    let start =
        step.at_start.iter().map(|effect| format!("start: {}", short_effect(scenario, effect)));
    lines.extend(start);
    lines.extend(step.at_end.iter().map(|effect| short_effect(scenario, effect)));
    let fail =
        step.at_fail.iter().map(|effect| format!("failure: {}", short_effect(scenario, effect)));
    lines.extend(fail);
    lines.join("\n")
}

fn pools(scenario: &Scenario, out: &mut String) {
    for (index, pool) in scenario.pools.iter().enumerate() {
        let mut label = format!("{}\n{} slots", pool.name, pool.slots);
        if pool.kind != Kind::Rollout {
            label.push_str(&format!(" in each {}", kind(scenario, pool.kind)));
        }
        out.push_str(&format!("  pool{index} [shape=cylinder, label={}];\n", quoted(&label)));
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        for used in &step.uses {
            let label = used.until.map(|until| {
                let until = format!("until {}", scenario.steps[usize::from(until.0)].name);
                format!(", label={}", quoted(&until))
            });
            let label = label.unwrap_or_default();
            let pool = used.pool.0;
            out.push_str(&format!(
                "  pool{pool} -> step{index} [style=dashed, arrowhead=none{label}];\n"
            ));
        }
    }
}

fn faults(scenario: &Scenario, out: &mut String) {
    for (index, fault) in scenario.faults.iter().enumerate() {
        let label = quoted(&fault.name);
        let node = format!("  fault{index} [shape=octagon, color=\"#b00000\", label={label}];\n");
        out.push_str(&node);
        if let FaultForm::Attempt { step, .. } | FaultForm::Undo { step, .. } = &fault.form {
            let edge =
                format!("  fault{index} -> step{} [style=dotted, color=\"#b00000\"];\n", step.0);
            out.push_str(&edge);
        }
    }
}

/// A quoted string of DOT: a backslash of the text must not become an escape.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
