//! Source lines that, changed, must make a test fail: `tests/mutants.toml`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// One change and who must notice it.
struct Mutant {
    rule: String,
    file: String,
    old: String,
    new: String,
    test: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn mutants() -> Vec<Mutant> {
    let text = fs::read_to_string(root().join("tests/mutants.toml")).expect("the list is there");
    let list: toml_edit::DocumentMut = text.parse().expect("the list is TOML");
    let entries = list["mutant"].as_array_of_tables().expect("a list of mutants");
    let mutant = |entry: &toml_edit::Table| {
        let text = |key: &str| entry[key].as_str().expect("strings only").to_owned();
        Mutant {
            rule: text("rule"),
            file: text("file"),
            old: text("old"),
            new: text("new"),
            test: text("test"),
        }
    };
    entries.iter().map(mutant).collect()
}

/// The file with the change, or why it cannot be made.
fn mutated(root: &Path, mutant: &Mutant) -> Result<String, String> {
    let text = fs::read_to_string(root.join(&mutant.file)).map_err(|why| why.to_string())?;
    match text.matches(&mutant.old).count() {
        1 => Ok(text.replacen(&mutant.old, &mutant.new, 1)),
        count => Err(format!("`{}` stands {count} times in {}", mutant.old, mutant.file)),
    }
}

/// Cheap enough for every run, so that the list keeps up with the source.
#[test]
fn every_mutant_applies_and_names_a_test() {
    let mut sources = String::new();
    for file in files(&root().join("tests/it")) {
        sources += &fs::read_to_string(file).expect("tests are text");
    }
    for mutant in mutants() {
        let changed =
            mutated(root(), &mutant).unwrap_or_else(|why| panic!("{}: {why}", mutant.rule));
        assert!(changed.contains(&mutant.new));
        let name = mutant.test.rsplit("::").next().expect("a path has a last part");
        assert!(sources.contains(&format!("fn {name}(")), "{}", mutant.test);
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Copies what the package is built from.
fn copy_package(to: &Path) {
    for top in ["Cargo.toml", "Cargo.lock", "README.md"] {
        let from = root().join(top);
        if from.exists() {
            fs::copy(from, to.join(top)).expect("a copy");
        }
    }
    for folder in ["src", "tests", "benches", "examples", "scenarios"] {
        let folder = root().join(folder);
        if !folder.exists() {
            continue;
        }
        for file in files(&folder) {
            let target = to.join(file.strip_prefix(root()).expect("below the root"));
            fs::create_dir_all(target.parent().expect("it has a folder")).expect("a folder");
            fs::copy(file, target).expect("a copy");
        }
    }
}

enum Verdict {
    Caught,
    Survived,
    DoesNotBuild(String),
}

/// Builds the tests of the copy and runs one of them. The builds share a target folder of their own.
fn try_test(copy: &Path, test: &str) -> Verdict {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--test", "it", "--no-run"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants"))
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    match built(&said) {
        Some(binary) => run_test(copy, binary, test),
        None => Verdict::DoesNotBuild(said.into_owned()),
    }
}

/// Where cargo says that it has put the tests.
fn built(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.trim_start().starts_with("Executable"))?;
    line.rsplit_once('(')?.1.strip_suffix(')')
}

/// A mutant may run on and on: two minutes without an end are a failure, too.
fn run_test(copy: &Path, binary: &str, test: &str) -> Verdict {
    let said = copy.join("said");
    let mut child = Command::new(binary)
        .args([test, "--exact"])
        .current_dir(copy)
        .env("CARGO_MANIFEST_DIR", copy)
        .env("RUST_BACKTRACE", "0")
        .stdout(fs::File::create(&said).expect("the copy is ours"))
        .stderr(Stdio::null())
        .spawn()
        .expect("what was built runs");
    for _ in 0..1200 {
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            let said = fs::read_to_string(&said).expect("tests print text");
            return if !status.success() {
                Verdict::Caught
            } else if said.contains("1 passed") {
                Verdict::Survived
            } else {
                Verdict::DoesNotBuild(said)
            };
        }
        thread::sleep(Duration::from_millis(100));
    }
    child.kill().and_then(|()| child.wait()).expect("a child can be stopped");
    Verdict::Caught
}

/// Minutes of builds, so only on demand.
#[test]
#[ignore = "builds the package once for each mutant: ask for it by name"]
fn every_mutant_is_caught() {
    let wanted = std::env::var("MUTANT").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_package(folder.path());
    let mut escaped = Vec::new();
    let mut mutants = mutants();
    mutants.retain(|mutant| mutant.rule.contains(&wanted));
    for mutant in &mutants {
        let target = folder.path().join(&mutant.file);
        let original = fs::read_to_string(&target).expect("the copy has the file");
        let verdict = match mutated(folder.path(), mutant) {
            Ok(text) => {
                fs::write(&target, text).expect("the copy is ours");
                try_test(folder.path(), &mutant.test)
            }
            Err(why) => Verdict::DoesNotBuild(why),
        };
        fs::write(&target, original).expect("the copy is ours");
        let word = match &verdict {
            Verdict::Caught => "caught",
            Verdict::Survived => "SURVIVED",
            Verdict::DoesNotBuild(why) => why,
        };
        writeln!(io::stderr(), "{word}: {}", mutant.rule).expect("standard error");
        if !matches!(verdict, Verdict::Caught) {
            escaped.push(mutant.rule.as_str());
        }
    }
    // The unchanged copy passes what the mutants fail, or catching them would mean nothing.
    for mutant in &mutants {
        let verdict = try_test(folder.path(), &mutant.test);
        assert!(matches!(verdict, Verdict::Survived), "{} fails unchanged", mutant.test);
    }
    assert!(escaped.is_empty(), "{escaped:?}");
}
