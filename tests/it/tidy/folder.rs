//! Rules about what is beside the Rust files, and about how these belong together.

use std::collections::BTreeSet;

use super::source::{What, sights};
use super::{Finding, LAYERS};

/// `lib.rs` lists the layers in reading order; a layer that is not built yet may be absent.
pub(super) fn map(text: &str) -> Vec<Finding> {
    let finding = |line, why| Finding { path: "src/lib.rs".to_owned(), line, rule: "map", why };
    let mut findings = Vec::new();
    let mut reached = 0;
    for sight in sights(text).expect("lib.rs is Rust") {
        let What::Module(name) = &sight.what else { continue };
        match LAYERS.iter().position(|layer| layer == name) {
            None => findings.push(finding(sight.line, format!("`{name}` is no known layer"))),
            Some(at) if at < reached => {
                let why = format!("`{name}` comes before `{}`", LAYERS[reached]);
                findings.push(finding(sight.line, why));
            }
            Some(at) => reached = at,
        }
    }
    findings
}

/// A layer begins by saying what goes in, what comes out, and what to read next.
pub(super) fn head(layer: &str, path: &str, text: &str) -> Vec<Finding> {
    let finding = |why: String| Finding { path: path.to_owned(), line: 1, rule: "head", why };
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let head: String = lines.collect::<Vec<_>>().join("\n");
    if head.is_empty() {
        return vec![finding("a layer begins with `//!` and what it is for".to_owned())];
    }
    let last = LAYERS.last() == Some(&layer);
    let said: &[&str] = if last { &["In:", "Out:"] } else { &["In:", "Out:", "Next:"] };
    let missing = said.iter().filter(|word| !head.contains(**word));
    missing.map(|word| finding(format!("the head of a layer says `{word} …`"))).collect()
}

/// Every scenario is in the list, everything in the list is there, each is named as its file.
pub(super) fn scenarios(index: &str, files: &[(String, String)]) -> Vec<Finding> {
    let finding = |file: &str, line, why| Finding {
        path: format!("scenarios/{file}"),
        line,
        rule: "scenarios",
        why,
    };
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for (number, line) in index.lines().enumerate() {
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (file, _) in links.filter(|(file, _)| file.ends_with(".toml")) {
            listed.insert(file);
            if !files.iter().any(|(name, _)| name == file) {
                findings.push(finding("README.md", number + 1, format!("`{file}` does not exist")));
            }
        }
    }
    for (file, text) in files {
        if !listed.contains(file.as_str()) {
            findings.push(finding(file, 1, "not listed in scenarios/README.md".to_owned()));
        }
        let stem = file.trim_end_matches(".toml");
        match name(text) {
            Some((_, name)) if name == stem => {}
            Some((line, name)) => {
                let why = format!("the name `{name}` differs from the file's");
                findings.push(finding(file, line, why));
            }
            None => findings.push(finding(file, 1, "it has no name".to_owned())),
        }
    }
    findings
}

/// The scenario's name and its line.
fn name(text: &str) -> Option<(usize, String)> {
    let table = toml::de::DeTable::parse(text).ok()?;
    let value = table.get_ref().get("name")?;
    let line = text[..value.span().start].lines().count();
    Some((line, value.get_ref().as_str()?.to_owned()))
}

/// Each dependency says why it is there, in a comment above it.
pub(super) fn dependencies(manifest: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut inside = false;
    let mut before = "";
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if inside
            && line.contains('=')
            && !line.starts_with('#')
            && !before.starts_with("# ")
        {
            let name = line.split(['=', ' ']).next().unwrap_or_default();
            findings.push(Finding {
                path: "Cargo.toml".to_owned(),
                line: number + 1,
                rule: "dependencies",
                why: format!("`{name}` has no comment above it that says why it is needed"),
            });
        }
        before = line;
    }
    findings
}

/// No crate of the shipped binary asks the platform for maths. One `package version features` a line.
pub(super) fn maths(tree: &str) -> Vec<Finding> {
    let finding = |number: usize, why: String| Finding {
        path: "cargo tree -e normal".to_owned(),
        line: number + 1,
        rule: "platform maths",
        why,
    };
    let mut findings = Vec::new();
    for (number, line) in tree.lines().enumerate() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some(name @ ("statrs" | "rand_distr")) => {
                let why = format!("`{name}` calls the platform's functions; it is for tests only");
                findings.push(finding(number, why));
            }
            Some("libm") if words.any(|word| word.split(',').any(|feature| feature == "arch")) => {
                let why = "`libm` with `arch` uses the platform's instructions".to_owned();
                findings.push(finding(number, why));
            }
            _ => {}
        }
    }
    findings
}
