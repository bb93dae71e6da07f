//! Rules about one Rust file.

use super::source::{Sight, What, sights};
use super::{Finding, LAYERS};

/// Longest file and function that pass, in lines.
pub(super) const MOST: (usize, usize) = (500, 70);

/// Longest file and function that we aim for, in lines.
pub(super) const AIM: (usize, usize) = (400, 50);

/// Longer than [`MOST`]: the file, the function in it (or nothing: the file itself), and why.
pub(super) const LONGER: &[(&str, &str, &str)] = &[];

/// What has one home: a path or a macro, and the layers (or files) that may name it.
const HOMES: &[(&[&str], &[&str], &str)] = &[
    (&["toml"], &["scenario"], "only `scenario` knows TOML"),
    (&["toml_edit"], &["scenario", "src/check/update.rs"], "only `check --update` edits TOML"),
    (&["jiff"], &["scenario"], "only `scenario` computes with calendars"),
    (&["std", "env"], &["cli"], "only `cli` looks at the environment"),
    (&["std", "time", "Instant"], &["cli"], "wall clocks exist only in `cli`"),
    (&["std", "time", "SystemTime"], &["cli"], "wall clocks exist only in `cli`"),
    (&["indicatif"], &["cli"], "only `cli` draws progress"),
    (&["clap"], &["cli"], "only `cli` reads argv"),
    (&["clap_complete"], &["cli"], "only `cli` reads argv"),
    (&["rayon"], &["simulate", "search", "cli"], "only runs run in parallel"),
    (&["rand_chacha"], &["kernel", "search"], "only `kernel` and `search` roll dice"),
];

/// Macros that print; the same home as argv.
const PRINTS: &[&str] = &["println", "eprintln", "print", "eprint"];

/// A Rust file of the repository.
pub(super) struct Source<'a> {
    /// From the repository's root, with `/`.
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    sights: Vec<Sight>,
}

impl<'a> Source<'a> {
    /// Panics if the text is no Rust.
    pub(super) fn new(path: &'a str, text: &'a str) -> Source<'a> {
        let sights = sights(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Source { path, text, sights }
    }

    /// The modules around the file's content: `["plan", "law"]` for `src/plan/law/mod.rs`.
    fn modules(&self) -> Vec<&str> {
        let path = self.path.strip_prefix("src/").unwrap_or_default();
        let path = path.strip_suffix(".rs").unwrap_or_default();
        let path = path.strip_suffix("/mod").unwrap_or(path);
        path.split('/').filter(|part| !matches!(*part, "" | "lib" | "main")).collect()
    }

    fn layer(&self) -> Option<&str> {
        self.modules().first().copied()
    }

    /// What counts for layers and homes: the shipped code.
    fn shipped(&self) -> impl Iterator<Item = &Sight> {
        let shipped = self.path.starts_with("src/") && !self.modules().contains(&"tests");
        self.sights.iter().filter(move |sight| shipped && !sight.test)
    }

    fn finding(&self, line: usize, rule: &'static str, why: String) -> Finding {
        Finding { path: self.path.to_owned(), line, rule, why }
    }

    /// All rules of this file.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.layers();
        findings.extend(self.homes());
        findings.extend(self.sizes(MOST).into_iter().filter(|finding| !excused(finding)));
        findings.extend(self.leftovers());
        // Two names of one group are one violation.
        findings.dedup();
        findings
    }

    /// Names of layers after the file's own.
    fn layers(&self) -> Vec<Finding> {
        let Some(own) = self.layer() else { return Vec::new() };
        let place = |layer: &str| LAYERS.iter().position(|known| *known == layer);
        let Some(at) = place(own) else {
            return vec![self.finding(1, "layers", format!("`{own}` is no known layer"))];
        };
        let depth = self.modules().len();
        let mut findings = Vec::new();
        for sight in self.shipped() {
            let What::Path(path) = &sight.what else { continue };
            let Some(named) = from_the_root(path, depth + sight.depth) else { continue };
            if place(named).is_some_and(|named| named > at) {
                let why = format!("layer `{own}` must not use `{named}`, which comes after it");
                findings.push(self.finding(sight.line, "layers", why));
            }
        }
        findings
    }

    fn homes(&self) -> Vec<Finding> {
        let own = self.layer().unwrap_or_default();
        let at_home = |homes: &[&str]| homes.contains(&own) || homes.contains(&self.path);
        let mut findings = Vec::new();
        for sight in self.shipped() {
            match &sight.what {
                What::Path(path) => {
                    let foreign = HOMES
                        .iter()
                        .filter(|(what, homes, _)| names(path, what) && !at_home(homes));
                    findings.extend(foreign.map(|(what, _, why)| {
                        let why = format!("`{}`: {why}", what.join("::"));
                        self.finding(sight.line, "homes", why)
                    }));
                }
                What::Macro(name) if PRINTS.contains(&name.as_str()) && !at_home(&["cli"]) => {
                    let why = format!("`{name}!`: only `cli` prints");
                    findings.push(self.finding(sight.line, "homes", why));
                }
                _ => {}
            }
        }
        findings
    }

    /// Whatever is longer than so many lines (file, function).
    pub(super) fn sizes(&self, most: (usize, usize)) -> Vec<Finding> {
        let mut findings = Vec::new();
        let lines = self.text.lines().count();
        if lines > most.0 {
            let why = format!("{lines} lines, at most {}: split it by what it speaks of", most.0);
            findings.push(self.finding(1, "file size", why));
        }
        for sight in &self.sights {
            let What::Function(name, end) = &sight.what else { continue };
            let lines = end - sight.line + 1;
            if lines > most.1 {
                let why = format!("`{name}` has {lines} lines, at most {}", most.1);
                findings.push(self.finding(sight.line, "function size", why));
            }
        }
        findings
    }

    /// Work that is left, tests that do not run, warnings that are silenced.
    fn leftovers(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |line: usize, what: &str, why: &str| {
            findings.push(self.finding(line, "leftovers", format!("`{what}`: {why}")));
        };
        for (number, line) in self.text.lines().enumerate() {
            for word in [concat!("TO", "DO"), concat!("FIX", "ME")] {
                if line.contains(word) {
                    find(number + 1, word, "do it, or write down why not");
                }
            }
        }
        for sight in &self.sights {
            match &sight.what {
                What::Macro(name) if name == "todo" || name == "unimplemented" => {
                    find(sight.line, &format!("{name}!"), "do it, or refuse it with a message");
                }
                What::Attribute(text) if text == "ignore" => {
                    find(sight.line, "#[ignore]", "say why: `#[ignore = \"…\"]`");
                }
                What::AttributeCall(name) if name == "allow" => {
                    let why = "`#[expect(…, reason = \"…\")]` says why and goes when it can";
                    find(sight.line, "#[allow(", why);
                }
                _ => {}
            }
        }
        findings
    }
}

/// The first name after the crate's root, if the path begins there; `depth` modules are around it.
fn from_the_root(path: &[String], depth: usize) -> Option<&str> {
    let own = path.iter().take_while(|part| *part == "self").count();
    let up = path[own..].iter().take_while(|part| *part == "super").count();
    let next = match path.first()?.as_str() {
        "crate" | "cutover" => 1,
        _ if up > 0 && up >= depth => own + up,
        _ => return None,
    };
    path.get(next).map(String::as_str)
}

/// Whether the path names this, something in it, or (`use std::time;`) the module that it is in.
fn names(path: &[String], what: &[&str]) -> bool {
    let common = path.iter().zip(what).take_while(|(one, other)| one == *other).count();
    common == what.len() || common == path.len() && common >= 2
}

fn excused(finding: &Finding) -> bool {
    LONGER.iter().any(|(path, function, _)| {
        let whole = function.is_empty() && finding.rule == "file size";
        finding.path == *path && (whole || finding.why.starts_with(&format!("`{function}` has ")))
    })
}
