//! What would have prevented a finding, as data and as text.

use serde::Serialize;

use crate::plan::knobs::Family;
use crate::report::words::count;
use crate::search::{Prevented, Prevention};

/// Changes shown in short, and those of them with the lines to paste.
const SHOWN: usize = 8;
const PASTED: usize = 3;

/// What was tried against a finding, and what helps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PreventedData {
    /// Single changes of the scenario that make the schedule harmless, each replayed.
    pub by: Vec<ChangeData>,
    /// The changes that were tried, by kind of knob.
    pub tried: Vec<TriedData>,
    /// Changes for which there was no time.
    pub untried: u32,
}

/// A single change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeData {
    /// What is changed.
    pub change: String,
    /// The same for a file that extends the scenario.
    pub toml: String,
    /// Under the schedule the plan still comes to its end, if it did before.
    pub ends: bool,
}

/// Changes of one kind that were tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TriedData {
    /// What was turned.
    pub knob: &'static str,
    /// How many changes of it.
    pub changes: u32,
}

impl PreventedData {
    pub(super) fn new(prevented: &Prevented) -> PreventedData {
        let change = |by: &Prevention| ChangeData {
            change: by.words.clone(),
            toml: by.toml.clone(),
            ends: by.ends,
        };
        let tried =
            |&(family, changes): &(Family, u32)| TriedData { knob: family.words(), changes };
        PreventedData {
            by: prevented.by.iter().map(change).collect(),
            tried: prevented.tried.iter().map(tried).collect(),
            untried: prevented.untried,
        }
    }

    /// As lines; `all`: nothing is cut short.
    pub(super) fn tell(&self, all: bool, line: &mut dyn FnMut(&str)) {
        match self.by.is_empty() {
            true => line("  no single change of the plan's knobs would have prevented it"),
            false => line(
                "  what would have prevented it, each change tried by itself (keys for that entry, \
                 or for a file that extends this one):",
            ),
        }
        let (shown, pasted) = if all { (usize::MAX, usize::MAX) } else { (SHOWN, PASTED) };
        for (place, change) in self.by.iter().take(shown).enumerate() {
            let ends = if change.ends { "" } else { " (harmless, but the plan then does not end)" };
            line(&format!("    {}{ends}", change.change));
            let lines = change.toml.lines().filter(|line| !line.is_empty());
            lines.filter(|_| place < pasted).for_each(|toml| line(&format!("        {toml}")));
        }
        if self.by.len() > shown {
            line(&format!("    and {} more, shown with -v", self.by.len() - shown));
        }
        let tried: u32 = self.tried.iter().map(|tried| tried.changes).sum();
        let kinds: Vec<String> =
            self.tried.iter().map(|tried| format!("{} {}", tried.knob, tried.changes)).collect();
        let told = count(u64::from(tried), "change was tried", "changes were tried");
        let kinds =
            if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
        let left = match self.untried {
            0 => String::new(),
            left => format!("; for {left} there was no time"),
        };
        line(&format!("    {told}{kinds}{left}"));
    }
}
