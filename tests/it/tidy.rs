//! The house rules: what is written down about the code, as far as a program can look at it.
//!
//! Each violation is one line, `path:line: rule, why`. Files are read as tokens, so that comments
//! and strings are no false hits; what a macro produces is not seen.

/// Rules about one Rust file.
mod files;

/// Rules about what is beside them.
mod folder;

/// Offending text for every rule.
mod planted;

/// A Rust file as tokens.
mod source;

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use files::{AIM, LONGER, MOST, Source};

/// The layers in reading order, bottom first: a file names only layers up to its own.
const LAYERS: [&str; 14] = [
    "units",
    "statistics",
    "diagnostics",
    "scenario",
    "plan",
    "model",
    "kernel",
    "monitor",
    "simulate",
    "search",
    "verify",
    "check",
    "report",
    "cli",
];

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    why: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}, {}", self.path, self.line, self.rule, self.why)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files under a folder by the end of their name, as paths from the root with `/`, sorted.
fn under(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = root().join(&folder).read_dir() else { continue };
        for entry in entries.map(|entry| entry.expect("the folder can be read")) {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// All Rust files with their text.
fn rust() -> Vec<(String, String)> {
    let folders = ["src", "tests", "benches", "examples"];
    let paths = folders.iter().flat_map(|folder| under(folder, ".rs"));
    paths.map(|path| (path.clone(), read(&path))).collect()
}

#[track_caller]
fn none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} against the house rules:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn rust_files_keep_the_rules() {
    let files = rust();
    assert!(files.len() > 50, "the files are found");
    let findings = files.iter().flat_map(|(path, text)| Source::new(path, text).findings());
    none(&findings.collect::<Vec<_>>());
}

#[test]
fn exceptions_of_size_are_still_needed() {
    for (path, function, reason) in LONGER {
        assert!(!reason.is_empty(), "{path} {function}: an exception says why");
        let text = read(path);
        let still = Source::new(path, &text).sizes(MOST).into_iter().any(|finding| {
            if function.is_empty() {
                finding.rule == "file size"
            } else {
                finding.why.contains(function)
            }
        });
        assert!(still, "{path} {function} needs no exception any more");
    }
}

/// What is longer than we aim for is told, and fails nothing.
#[test]
fn sizes_beyond_the_aim_are_counted() {
    let files = rust();
    let mut long: Vec<_> =
        files.iter().flat_map(|(path, text)| Source::new(path, text).sizes(AIM)).collect();
    long.sort_by_key(|finding| finding.rule);
    let count = |rule| long.iter().filter(|finding| finding.rule == rule).count();
    let (of_files, of_functions) = (count("file size"), count("function size"));
    let mut lines = vec![format!(
        "longer than we aim for: {of_files} files over {} lines, {of_functions} functions over {}",
        AIM.0, AIM.1
    )];
    lines.extend(long.iter().map(|finding| format!("  {finding}")));
    // Nobody reads a closed stream: then nothing is told.
    let _ = std::io::stderr().write_all(format!("\n{}\n", lines.join("\n")).as_bytes());
}

#[test]
fn the_map_lists_the_layers_in_order() {
    none(&folder::map(&read("src/lib.rs")));
}

#[test]
fn layers_begin_with_in_out_next() {
    let heads = LAYERS.iter().map(|layer| (layer, format!("src/{layer}/mod.rs")));
    let built = heads.filter(|(_, path)| root().join(path).exists());
    let findings = built.flat_map(|(layer, path)| folder::head(layer, &path, &read(&path)));
    none(&findings.collect::<Vec<_>>());
}

#[test]
fn scenarios_are_listed_and_named_as_their_files() {
    let paths =
        under("scenarios", ".toml").into_iter().filter(|path| path.matches('/').count() == 1);
    let files: Vec<_> = paths.map(|path| (path.replace("scenarios/", ""), read(&path))).collect();
    assert!(!files.is_empty(), "the scenarios are found");
    none(&folder::scenarios(&read("scenarios/README.md"), &files));
}

#[test]
fn dependencies_say_why_they_are_there() {
    none(&folder::dependencies(&read("Cargo.toml")));
}

#[test]
fn the_shipped_binary_has_no_platform_maths() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["tree", "-e", "normal", "--frozen", "--prefix", "none", "-f", "{p} {f}"]);
    let output = command.current_dir(root()).output().expect("cargo runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.contains("libm v") && tree.contains("rand_chacha v"), "{tree}");
    none(&folder::maths(&tree));
}
