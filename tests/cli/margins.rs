use super::*;

/// As a new user writes it.
const MINE: &str = r#"
name = "mine"
[tenants]
count = 50
[facts.access]
initially = "on"
[facts.address-book-policy]
missing = "open"
[[step]]
name = "lock"
at-end = [{ off = "access", for = "8h" }, { off = "address-book-policy" }]
[[step]]
name = "move"
duration = { uniform = ["30m", "6h"] }
[[step]]
name = "set policy"
duration = "10m"
at-end = [{ on = "address-book-policy" }]
[[step]]
name = "unlock"
at-end = [{ on = "access" }]
"#;

/// "My move takes up to 6 hours, is my 8-hour lock enough, and how long could the move take before it is
/// not?" 8 h less 10 min.
#[test]
fn is_my_lock_enough_and_how_long_could_the_move_take() {
    let folder = folder();
    let plan = path(&folder, "mine.toml");
    fs::write(&plan, MINE).expect("writable");
    let verified = run(&["verify", &plan, "--margins"]);
    exits(&verified, 0);
    let text = out(&verified);
    for line in [
        "SAFE: no timing and no order of events exposes anyone",
        "\"move\" takes at most 6 h: margin 1 h 50 m",
        "proved safe up to 7 h 50 m, exposed from 7 h 50 m 0.000001 s (replayed)",
        "the lease on \"access\" (lock / at-end 1 / for) lasts at least 8 h: margin 1 h 50 m",
        "proved safe down to 6 h 10 m",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let lock = "lock / at-end 1 / for";
    let both = run(&["verify", &plan, "--region", "move", lock, "--format", "json"]);
    exits(&both, 0);
    let report: serde_json::Value = serde_json::from_str(&out(&both)).expect("JSON");
    let ends = report["margins"]["ends"].as_array().expect("a list");
    let of = |end: &&serde_json::Value| end["name"] == "move / duration" && end["end"] == "upper";
    let end = ends.iter().find(of).expect("it has a margin");
    assert_eq!(end["proved_us"], 28_200_000_000_u64);
    assert_eq!((&end["exact"], &end["margin_us"]), (&true.into(), &6_600_000_000_i64.into()));
    let corners = report["margins"]["region"]["corners"].as_array().expect("a list");
    for corner in corners {
        let (first, second) = (corner["first_us"].as_u64(), corner["second_us"].as_u64());
        assert_eq!(first.map(|first| first + 600_000_000), second, "{corner}");
    }
    let unknown = run(&["verify", &plan, "--region", "move", "copy"]);
    exits(&unknown, 2);
    assert!(err(&unknown).contains("is called `copy`"), "{}", err(&unknown));
}

#[test]
fn too_short_a_lock_is_told_with_what_would_be_enough() {
    let folder = folder();
    let plan = path(&folder, "short.toml");
    fs::write(&plan, MINE.replace("\"8h\"", "\"4h\"")).expect("writable");
    let verified = run(&["verify", &plan, "--margins"]);
    exits(&verified, 1);
    let text = out(&verified);
    for line in [
        "\"move\" takes at most 6 h: too long by 2 h 10 m",
        "lasts at least 4 h: too short by 2 h 10 m",
        "Which single change of the plan makes it safe?",
        "a lease on *access* of 8 h where *lock* sets it",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // A goal has margins of its own: 8 h closed at most, less 10 min.
    let goal = "\n[[goal]]\nname = \"back\"\nwhen = \"access\"\n\
                within = { of = \"lock\", time = \"7h\" }\n";
    let due = path(&folder, "due.toml");
    fs::write(&due, format!("{}{goal}", MINE.replace(", for = \"8h\"", ""))).expect("writable");
    let verified = run(&["verify", &due, "--margins"]);
    exits(&verified, 0);
    let text = out(&verified);
    for line in [
        "Margins of \"back\": how far can each bound move alone, all else as assumed?",
        "\"move\" takes at most 6 h: margin 50 m",
        "proved in time up to 6 h 50 m, missed from 6 h 50 m 0.000001 s (replayed)",
        "if it takes 6 h 50 m 0.000001 s: *back* did not hold for tenant 1 at 7 h, which is 7 h after *lock*",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let pinned = "\n[expect.verify]\n\
        margins = [{ goal = \"back\", of = \"move\", at-most = \"6h 50m\" }, { of = \"move\", at-most = \"any\" }]\n";
    fs::write(&due, format!("{}{goal}{pinned}", MINE.replace(", for = \"8h\"", "")))
        .expect("writable");
    exits(&run(&["check", &due]), 0);
    fs::write(
        &due,
        format!("{}{goal}{}", MINE.replace(", for = \"8h\"", ""), pinned.replace("6h 50m", "6h")),
    )
    .expect("writable");
    let wrong = run(&["check", &due]);
    exits(&wrong, 1);
    assert!(out(&wrong).contains("back: move at most 6 h 50 m"), "{}", out(&wrong));
    // Margins that check holds against a scenario.
    let expect = "\n[expect.verify]\nmargins = [{ of = \"move\", at-most = \"7h 50m\" }]\n";
    let right = path(&folder, "right.toml");
    fs::write(&right, format!("{MINE}{expect}")).expect("writable");
    exits(&run(&["check", &right]), 0);
    fs::write(&right, format!("{MINE}{}", expect.replace("50m", "49m"))).expect("writable");
    let wrong = run(&["check", &right]);
    exits(&wrong, 1);
    assert!(out(&wrong).contains("move at most 7 h 50 m"), "{}", out(&wrong));
}
