//! What a run before left in `--out`: ours is replaced, anything else stays.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::exit::Stop;
use crate::cli::files;
use crate::report::FindingData;

/// The findings that an earlier run wrote into a folder, as its `run.json` lists them.
pub(super) struct Before {
    findings: BTreeSet<String>,
}

impl Before {
    /// Looks into the folder.
    ///
    /// # Errors
    /// It holds results of the names of ours, but no `run.json` that says they are ours.
    pub(super) fn of(out: &Path) -> Result<Before, Stop> {
        let Some(results) = listed(out) else {
            let ours = ["run.json", "summary.json", "exposures.csv"];
            let Some(name) = ours.into_iter().find(|name| out.join(name).exists()) else {
                return Ok(Before { findings: BTreeSet::new() });
            };
            return Err(Stop::Bad(format!(
                "`{}` was not written by a simulation that is listed beside it; name another folder",
                out.join(name).display()
            )));
        };
        // Nothing else is ever removed, whatever the list says.
        let findings = results.into_iter().filter(|name| {
            let number = name.strip_prefix("findings/finding-");
            let number = number.and_then(|rest| rest.strip_suffix(".toml"));
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        });
        Ok(Before { findings: findings.collect() })
    }

    /// Gives new findings numbers that take no file of somebody else's.
    pub(super) fn number(&self, out: &Path, findings: &mut [FindingData]) {
        let free = |name: &String| self.findings.contains(name) || !out.join(name).exists();
        let names = (1u32..).map(|number| format!("findings/finding-{number}.toml")).filter(free);
        for (finding, name) in findings.iter_mut().zip(names) {
            finding.file = name;
        }
    }

    /// Removes what is not written again; says what was replaced, if anything was.
    pub(super) fn replace(&self, out: &Path, new: &[FindingData]) -> Result<Option<String>, Stop> {
        let mut removed = Vec::new();
        let mut overwritten = Vec::new();
        for old in self.findings.iter().filter(|old| out.join(old).exists()) {
            if new.iter().any(|finding| finding.file == *old) {
                overwritten.push(old.as_str());
            } else {
                files::remove(&out.join(old))?;
                removed.push(old.as_str());
            }
        }
        let told = [("overwrote", overwritten), ("removed", removed)];
        let told = told.iter().filter(|(_, names)| !names.is_empty());
        let told: Vec<String> =
            told.map(|(word, names)| format!("{word} {}", names.join(", "))).collect();
        let told = told.join("; ");
        Ok((!told.is_empty()).then(|| format!("of the run before in this folder: {told}")))
    }
}

/// The results in the `run.json` of a simulation.
fn listed(out: &Path) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(out.join("run.json")).ok()?;
    let run: serde_json::Value = serde_json::from_str(&text).ok()?;
    if run["command"] != "simulate" {
        return None;
    }
    let names = run["results"].as_array()?.iter().filter_map(|name| name.as_str());
    Some(names.map(str::to_owned).collect())
}
