use std::fs;

use crate::{LEAKS, err, exits, folder, out, path, run};

/// Files that are no text at all, told in one line and without reading what is endless.
#[test]
fn files_that_are_no_scenarios_are_told_why() {
    let folder = folder();
    let large = path(&folder, "large.toml");
    let file = fs::File::create(&large).expect("writable");
    file.set_len(100 << 20).expect("sparse");
    let latin = path(&folder, "latin.toml");
    fs::write(&latin, b"name = \"M\xfcller\"\n").expect("writable");
    let inside = path(&folder, "folder.toml");
    fs::create_dir(&inside).expect("writable");
    let mut cases = vec![
        (large, "S002", "larger than 8 MiB"),
        (latin, "S003", "byte 9, in line 1"),
        (path(&folder, "nowhere.toml"), "S001", "there is no such file"),
    ];
    if cfg!(unix) {
        cases.push((inside, "S001", "it is a directory"));
        cases.push(("/dev/zero".to_owned(), "S002", "larger than 8 MiB"));
    }
    for (file, code, reason) in cases {
        let output = run(&["plan", &file]);
        exits(&output, 2);
        let text = err(&output);
        assert!(text.contains(&format!("error[{code}]")) && text.contains(reason), "{text}");
    }
}

/// Windows' line ends and a byte order mark are no part of a scenario, and columns stay right.
#[test]
fn line_ends_and_marks_of_windows_are_read() {
    let folder = folder();
    let plan = path(&folder, "windows.toml");
    let text = format!("\u{feff}{}", LEAKS.replace('\n', "\r\n"));
    fs::write(&plan, &text).expect("writable");
    exits(&run(&["plan", &plan]), 0);
    fs::write(&plan, text.replace("duration =", "durration =")).expect("writable");
    let output = run(&["plan", &plan]);
    exits(&output, 2);
    assert!(err(&output).contains("windows.toml:16:1"), "{}", err(&output));
}

/// Every code is explained, in the words of its list.
#[test]
fn every_code_is_explained() {
    for code in cutover::diagnostics::Code::ALL {
        let output = run(&["explain", code.id()]);
        exits(&output, 0);
        assert!(out(&output).contains(code.title()), "{}", out(&output));
    }
}

/// All codes of a refused file are named once, as `explain` takes them.
#[test]
fn several_codes_are_explained_together() {
    let folder = folder();
    let plan = path(&folder, "bad.toml");
    let text = format!("{LEAKS}\nunknwon = 1\n[[step]]\nduration = 5\n[[step]]\nduration = 7\n");
    fs::write(&plan, text).expect("writable");
    let told = err(&run(&["plan", &plan]));
    assert!(told.contains("`cutover explain S005 S006 S007` says more"), "{told}");
    let output = run(&["explain", "S005", "S006", "S007"]);
    exits(&output, 0);
    for code in ["S005 (error)", "\nS006 (error)", "\nS007 (error)"] {
        assert!(out(&output).contains(code), "{}", out(&output));
    }
}

/// A finding whose override names a step that its own scenario does not have.
#[test]
fn a_finding_that_does_not_fit_is_told_why() {
    let file = format!("{}/tests/bad/F002-a-step-that-is-gone.toml", env!("CARGO_MANIFEST_DIR"));
    let output = run(&["replay", &file]);
    exits(&output, 2);
    let text = err(&output);
    assert!(text.contains("does not fit the scenario it embeds (F002)"), "{text}");
    assert!(text.contains("seed mailbox / duration #1 = 8 h 15 m\" no longer fits"), "{text}");
}

/// The JSON Schema is printed as it is, in both formats.
#[test]
fn the_json_schema_is_printed() {
    let text = run(&["schema"]);
    exits(&text, 0);
    let schema: serde_json::Value = serde_json::from_str(&out(&text)).expect("valid JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(out(&run(&["schema", "--format", "json"])), out(&text));
}
