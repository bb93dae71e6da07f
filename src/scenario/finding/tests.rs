//! What is written is read back, and what cannot be read says where and why.

use proptest::prelude::*;

use super::*;

fn example() -> FindingFile {
    FindingFile {
        version: FORMAT,
        title: "tenant 417 could read the whole directory for 15 m".to_owned(),
        must: Must::Exposes,
        found_by: "simulate".to_owned(),
        cutover_version: "0.1.0".to_owned(),
        seed: 1,
        base: BaseLine::Replication(17),
        scope: None,
        overrides: vec![OverrideLine {
            entity: "tenant 417".to_owned(),
            site: "public-folder root / duration".to_owned(),
            occurrence: 1,
            value: "8 h 15 m".to_owned(),
        }],
        window: Some(WindowLine {
            hazard: "address-book-policy missing".to_owned(),
            entity: "tenant 417".to_owned(),
            user: None,
            from: Instant(29_700_000_000),
            to: Instant(30_600_000_001),
            open_ended: false,
        }),
        missed: None,
        cause: CauseLine {
            opener: "lease on access ran out".to_owned(),
            running: vec!["public-folder root".to_owned()],
            faults: vec!["public folders slow".to_owned()],
        },
        events: 812,
        digest: 0x0123_4567_89ab_cdef,
        files: vec![("plan.toml".to_owned(), "name = \"x\"\n".to_owned())],
    }
}

#[test]
fn a_finding_is_written_for_people() {
    insta::assert_snapshot!(example().write());
}

#[test]
fn the_scope_of_a_focal_run_is_read_back() {
    let scope = ScopeLine {
        class: Some("legacy".to_owned()),
        migrated: true,
        moving: vec!["database".to_owned()],
        mailboxes: 2,
        wait: Some(Span(6 * Span::HOUR.0)),
    };
    for scope in [
        ScopeLine { class: None, migrated: false, moving: Vec::new(), wait: None, ..scope.clone() },
        scope,
    ] {
        let finding = FindingFile { scope: Some(scope), ..example() };
        assert_eq!(FindingFile::read("f.toml", &finding.write()).ok(), Some(finding));
    }
}

#[test]
fn problems_are_shown_where_they_are() {
    let good = example().write();
    for (from, to, place, message) in [
        ("finding    = 1", "x = 1", (1, 1), "this is not a finding: it lacks `finding = 1`"),
        ("finding    = 1", "finding = 2", (6, 11), "findings of format 2 cannot be read, only 1"),
        (
            "\"exposes\"",
            "\"exposed\"",
            (8, 14),
            "`exposed` is not `exposes`, `misses` or `harmless`",
        ),
        ("0x01", "0x", (17, 14), "a digest is written \"0x\" and 16 hexadecimal digits"),
        ("\"8 h 15 m\"", "\"8\"", (22, 14), "`8` has no unit; write `8s`, `8m` or `8h`"),
        ("8 h 30 m 0.000001 s", "8 h 15 m", (23, 14), "a window ends after it begins"),
    ] {
        // The override's value of the same spelling stands first; the window's is meant.
        let at = good.rfind(from).unwrap_or_else(|| panic!("{from} in {good}"));
        let bad = format!("{}{to}{}", &good[..at], &good[at + from.len()..]);
        let failure = FindingFile::read("f.toml", &bad).expect_err(message);
        let first = failure.diagnostics.sorted()[0].clone();
        let span = first.span.expect("a place");
        let place_found = failure.sources.place(span.start).expect("in the file");
        assert_eq!((first.message.as_str(), place_found.line), (message, place.0));
        assert_eq!(place_found.column, place.1, "{message}");
    }
}

#[test]
fn findings_are_told_from_scenarios() {
    assert!(FindingFile::is_one(&example().write()));
    assert!(!FindingFile::is_one("# finding = 1\nname = \"finding\"\n"));
    assert!(!FindingFile::is_one(""));
}

/// Texts with everything that TOML treats in a special way.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"[a'"\\\n\r\t{}\[\]=#\x00\x7f\x0b\u{85}]{0,12}"#,
        r#"('{1,4}|"{1,4}|\r\n|\n|\\|x){0,8}"#,
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        texts in prop::collection::vec(text(), 16),
        numbers in any::<(u64, u32, u64)>(),
        nominal in any::<bool>(),
        user in any::<bool>(),
    ) {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().expect("enough texts");
        let mut finding = example();
        (finding.title, finding.found_by, finding.cutover_version) = (next(), next(), next());
        finding.seed = numbers.0;
        finding.digest = numbers.2;
        finding.base = if nominal { BaseLine::Nominal } else { BaseLine::Replication(numbers.1) };
        let forced = &mut finding.overrides[0];
        (forced.entity, forced.site, forced.value) = (next(), next(), next());
        let window = finding.window.as_mut().expect("the example has one");
        (window.hazard, window.entity) = (next(), next());
        window.user = user.then(&mut next);
        window.open_ended = user;
        finding.missed =
            nominal.then(|| MissedLine { goal: next(), entity: next(), at: Instant(numbers.1.into()) });
        finding.cause.opener = next();
        finding.cause.running = vec![next(), next()];
        finding.files = vec![(next(), next())];
        let written = finding.write();
        let back = FindingFile::read("f.toml", &written);
        prop_assert_eq!(back.map_err(|f| f.diagnostics), Ok(finding));
    }

    #[test]
    fn any_text_is_answered(text in text()) {
        let _ = FindingFile::read("f.toml", &text);
        let _ = FindingFile::read("f.toml", &format!("finding = 1\n{text}"));
    }
}
