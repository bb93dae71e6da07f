//! A bad file for every code, and what its reader is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostics::{Code, Colour, render};
use crate::scenario::finding::FindingFile;
use crate::scenario::*;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// Every bad file, by name.
fn bad_files() -> Vec<String> {
    let entries = std::fs::read_dir(directory()).expect("tests/bad is there");
    let names = entries
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain name"));
    let names: BTreeSet<String> = names.filter(|name| name.starts_with(['F', 'S'])).collect();
    names.into_iter().collect()
}

/// Problems of a file (or warnings), their codes and their text.
fn told(name: &str) -> (BTreeSet<Code>, String) {
    let read = |path: &Path| std::fs::read(directory().join(path));
    if name.starts_with('F') {
        let text = std::fs::read_to_string(directory().join(name)).expect("readable");
        return finding_told(name, &text);
    }
    let (diagnostics, sources) = match load(Path::new(name), &read) {
        Ok(loaded) => (loaded.warnings, loaded.sources),
        Err(failure) => (failure.diagnostics, failure.sources),
    };
    let codes = diagnostics.sorted().iter().map(|diagnostic| diagnostic.code).collect();
    (codes, render(&diagnostics, &sources, Colour::Never))
}

/// As [`told`], of a finding. What does not fit its scenario is a finding all the same: the engine
/// that replays it tells that, and `tests/cli.rs` pins what it says.
fn finding_told(name: &str, text: &str) -> (BTreeSet<Code>, String) {
    match FindingFile::read(name, text) {
        Ok(_) => (BTreeSet::from([Code::DoesNotFit]), "a finding that can be read\n".to_owned()),
        Err(Failure { diagnostics, sources }) => {
            let codes = diagnostics.sorted().iter().map(|problem| problem.code).collect();
            (codes, render(&diagnostics, &sources, Colour::Never))
        }
    }
}

#[test]
fn every_bad_file_is_told_its_own_problem_and_no_other() {
    let mut others = Vec::new();
    for name in bad_files() {
        let (codes, text) = told(&name);
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name.trim_end_matches(".toml"), text);
        });
        let own: Code = name[..4].parse().expect("a file is named after its code");
        if codes != BTreeSet::from([own]) {
            others.push(format!("{name} is told {codes:?}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn every_code_has_a_bad_file() {
    let mut codes: BTreeSet<Code> =
        bad_files().iter().map(|name| name[..4].parse().expect("a code")).collect();
    // A file of 8 MiB is made below instead of kept.
    codes.insert(Code::TooLarge);
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(bad_files().len() >= 80);
    assert!(Code::ALL.iter().all(|code| !code.explain().is_empty()));
}

#[test]
fn files_that_cannot_be_read_have_no_place_but_a_reason() {
    let told = |read: &dyn Fn(&Path) -> std::io::Result<Vec<u8>>| {
        let failure = load(Path::new("s.toml"), read).expect_err("unreadable");
        render(&failure.diagnostics, &failure.sources, Colour::Never)
    };
    let large = told(&|_| Ok(vec![b'#'; (8 << 20) + 1]));
    assert_eq!(large, "error[S002]: `s.toml` is larger than 8 MiB\n");
    let directory = told(&|_| Err(std::io::ErrorKind::IsADirectory.into()));
    assert_eq!(directory, "error[S001]: cannot read `s.toml`: it is a directory\n");
    let missing = told(&|_| Err(std::io::ErrorKind::NotFound.into()));
    assert_eq!(missing, "error[S001]: cannot read `s.toml`: there is no such file\n");
}
