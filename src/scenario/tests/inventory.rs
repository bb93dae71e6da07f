//! Inventories: what each row comes to.

use std::io;
use std::path::Path;

use proptest::prelude::*;

use crate::diagnostics::{Colour, render};
use crate::scenario::*;

const GIB: u64 = 1 << 30;

/// A scenario that lists its tenants in `tenants.csv`, with this text and these bytes.
fn load_listed(text: &str, list: &[u8]) -> Result<Scenario, Failure> {
    let head = "name = 'x'\n[tenants]\ninventory = './tenants.csv'\n";
    let read = |path: &Path| match path.to_str() {
        Some("plans/s.toml") => Ok(format!("{head}{text}").into_bytes()),
        Some("plans/tenants.csv") => Ok(list.to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    load(Path::new("plans/s.toml"), &read).map(|loaded| loaded.scenario)
}

fn listed(text: &str, list: &str) -> Scenario {
    load_listed(text, list.as_bytes()).unwrap_or_else(|failure| panic!("{}", told(&failure)))
}

fn told(failure: &Failure) -> String {
    render(&failure.diagnostics, &failure.sources, Colour::Never)
}

#[test]
fn rows_become_tenants_in_their_order() {
    let scenario = listed(
        "mailbox-size = '1 GiB'",
        "STATUS,tenant,mailboxes,size\nmoved,Contoso,3,6 GiB\n,Fabrikam,,\nopen,Litware,2,\n",
    );
    assert_eq!((scenario.tenants.count, scenario.tenants.migrated), (3, 1));
    let inventory = scenario.inventory.as_deref().expect("there is one");
    assert_eq!((inventory.file.as_str(), inventory.separator), ("plans/tenants.csv", ','));
    let rows = inventory.tenants.iter();
    let rows: Vec<_> =
        rows.map(|t| (t.name.as_str(), t.migrated, t.mailboxes, t.sizes.clone())).collect();
    let expected = [
        ("Contoso", true, Some(3), ListedSizes::Total(6 * GIB)),
        ("Fabrikam", false, None, ListedSizes::Drawn),
        ("Litware", false, Some(2), ListedSizes::Drawn),
    ];
    assert_eq!(rows, expected);
    assert_eq!(inventory.find("Litware"), Some(2));
    assert_eq!(inventory.find("litware"), None);
}

/// The file as a spreadsheet in German exports it: byte order mark, semicolons, decimal commas,
/// lines that end in two characters, quotes inside quotes.
#[test]
fn a_german_export_is_read() {
    let list = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/german-export.csv"));
    let list = list.expect("it is there");
    assert!(list.starts_with("\u{feff}".as_bytes()) && list.windows(2).any(|two| two == b"\r\n"));
    let text = "mailbox-size = '2 GiB'\n[groups.database]\ncolumn = 'Datenbank'\n\
                [classes.legacy]\n[classes.cloud]\n";
    let scenario = load_listed(text, &list).unwrap_or_else(|failure| panic!("{}", told(&failure)));
    let inventory = scenario.inventory.as_deref().expect("there is one");
    assert_eq!(inventory.separator, ';');
    assert_eq!(inventory.groups, [["DB01", "DB02"]]);
    let expected = [
        ListedTenant {
            name: "Müller; Söhne \"GmbH\"".to_owned(),
            class: Some(ClassId(0)),
            migrated: false,
            moved: None,
            priority: None,
            not_before: None,
            mailboxes: Some(3),
            names: ["anna", "bert", "carla"].map(str::to_owned).to_vec(),
            sizes: ListedSizes::Each(vec![Some(3 * GIB / 2), Some(GIB / 4), None]),
            groups: vec![0],
        },
        ListedTenant {
            name: "Contoso".to_owned(),
            class: Some(ClassId(1)),
            migrated: true,
            moved: None,
            priority: None,
            not_before: None,
            mailboxes: None,
            names: Vec::new(),
            sizes: ListedSizes::Total(25 * GIB / 2),
            groups: vec![1],
        },
    ];
    assert_eq!(inventory.tenants, expected);
}

#[test]
fn the_first_line_tells_the_separator() {
    let separator = |list: &str| listed("", list).inventory.map(|inventory| inventory.separator);
    assert_eq!(separator("tenant\nContoso, Inc\n".replace(", Inc", "").as_str()), Some(','));
    assert_eq!(separator("\"tenant\";\"mailboxes\"\nContoso, Inc;3\n"), Some(';'));
    assert_eq!(separator("tenant\tmailboxes\nContoso; Inc\t3\n"), Some('\t'));
}

#[test]
fn what_was_read_is_enough_to_load_it_again() {
    let files = [
        ("a/top.toml", "extend = '../b/base.toml'\nname = 'top'\n"),
        ("b/base.toml", "name = 'base'\n[tenants]\ninventory = '../c/t.csv'\n"),
        ("c/t.csv", "tenant\nContoso\n"),
    ];
    let answer = |files: &[(String, String)], path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| text.clone().into_bytes()).ok_or(io::ErrorKind::NotFound.into())
    };
    let files: Vec<(String, String)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let first = load(Path::new("a/top.toml"), &|path| answer(&files, path)).expect("valid");
    let names: Vec<&str> = first.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a/top.toml", "b/base.toml", "c/t.csv"]);
    let again = load(Path::new("a/top.toml"), &|path| answer(&first.files, path)).expect("valid");
    assert_eq!(again.scenario, first.scenario);
}

#[test]
fn an_extending_scenario_may_list_or_generate_instead() {
    let answer = |top: &str| {
        let top = format!("extend = 'base.toml'\nname = 'top'\n{top}");
        let read = |path: &Path| match path.to_str() {
            Some("top.toml") => Ok(top.clone().into_bytes()),
            Some("base.toml") => Ok(b"name = 'b'\n[tenants]\ncount = 9\nmigrated = 4\n".to_vec()),
            Some("t.csv") => Ok(b"tenant\nContoso\n".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        let loaded = load(Path::new("top.toml"), &read).expect("valid").scenario;
        (loaded.tenants.count, loaded.tenants.migrated, loaded.inventory.is_some())
    };
    assert_eq!(answer(""), (9, 4, false));
    assert_eq!(answer("[tenants]\ninventory = 't.csv'\n"), (1, 0, true));
    assert_eq!(answer("[tenants]\nmigrated = 2\n"), (9, 2, false));
}

/// Cells that mean something, nothing, or too much.
const CELLS: [&str; 24] = [
    "",
    "Contoso",
    "Fabrikam",
    "anna",
    "bert",
    "3",
    "0",
    "10000",
    "10001",
    "-1",
    "1.5 GiB",
    "1,5 GiB",
    "1.500 GB",
    "2 PiB",
    "7",
    "legacy",
    "cloud",
    "moved",
    "open",
    "DB1",
    "a\"b",
    "two\nlines",
    " / ",
    "naïve",
];

const HEAD: [&str; 7] = ["tenant", "mailboxes", "mailbox", "size", "class", "status", "database"];

fn written(rows: &[Vec<&str>], separator: u8) -> String {
    let mut writer =
        csv::WriterBuilder::new().flexible(true).delimiter(separator).from_writer(Vec::new());
    writer.write_record(HEAD).expect("memory takes everything");
    for row in rows {
        writer.write_record(row).expect("memory takes everything");
    }
    String::from_utf8(writer.into_inner().expect("memory takes everything")).expect("text")
}

const AROUND: &str =
    "mailbox-size = '1 GiB'\n[groups.database]\n[classes.legacy]\n[[step]]\nname = 'a'\n";

/// Tenants and mailboxes that have rows.
fn entities(scenario: &Scenario) -> usize {
    let inventory = scenario.inventory.as_deref().expect("there is one");
    inventory.tenants.iter().map(|tenant| tenant.names.len().max(1)).sum()
}

fn likely(valid: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => prop::sample::select(valid), 1 => prop::sample::select(&CELLS[..])]
}

fn row() -> impl Strategy<Value = Vec<&'static str>> {
    let row = (
        likely(&["Contoso", "Fabrikam", "Müller"]),
        likely(&["", "3", "10000"]),
        likely(&["", "anna", "bert"]),
        likely(&["", "1.5 GiB", "12 MB"]),
        likely(&["", "legacy"]),
        likely(&["", "moved", "open"]),
        likely(&["DB1", "DB2"]),
        0..20usize,
    );
    row.prop_map(|(a, b, c, d, e, f, g, cut)| {
        let mut row = vec![a, b, c, d, e, f, g];
        // Now and then a row is too short.
        if cut < 6 {
            row.truncate(cut + 1);
        }
        row
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Any inventory row either becomes an entity or an error.
    #[test]
    fn a_row_becomes_an_entity_or_an_error(row in row(), semicolons: bool) {
        let list = written(&[row], if semicolons { b';' } else { b',' });
        match load_listed(AROUND, list.as_bytes()) {
            Ok(scenario) => prop_assert_eq!(entities(&scenario), 1),
            Err(failure) => {
                for problem in failure.diagnostics.sorted() {
                    let span = problem.span.as_ref().expect("it has a place");
                    let place = failure.sources.place(span.start).expect("in a file");
                    // A cell may run over two lines.
                    prop_assert_eq!(place.file, "plans/tenants.csv");
                    prop_assert!(place.line >= 2, "{}", told(&failure));
                }
            }
        }
    }

    /// No row of several is lost.
    #[test]
    fn rows_are_entities_or_one_of_them_is_an_error(rows in prop::collection::vec(row(), 1..6)) {
        let list = written(&rows, b';');
        match load_listed(AROUND, list.as_bytes()) {
            Ok(scenario) => prop_assert_eq!(entities(&scenario), rows.len()),
            Err(failure) => prop_assert!(told(&failure).contains("--> plans/tenants.csv:")),
        }
    }

    /// Whatever stands in the file: a population with an entity for each record, or messages.
    #[test]
    fn any_bytes_are_listed_or_refused(
        bytes in prop::collection::vec(prop::sample::select(
            &b"tenant,;\t\"\n\r 17.Z\xff\x00\xef\xbb\xbf"[..]), 0..60),
        head: bool,
    ) {
        let mut list = if head { b"tenant\n".to_vec() } else { Vec::new() };
        list.extend(bytes);
        match load_listed("", &list) {
            Ok(scenario) => {
                let text = list.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&list);
                let delimiter = scenario.inventory.as_ref().expect("there is one").separator;
                let delimiter = u8::try_from(delimiter).expect("one byte");
                let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
                prop_assert_eq!(entities(&scenario), reader.records().count());
            }
            Err(failure) => prop_assert!(!told(&failure).is_empty()),
        }
    }
}

/// Who has moved did so at a date, which says by itself that he has.
#[test]
fn those_who_have_moved_may_have_dates() {
    let text = "[rollout]\nstart = '2016-11-25T20:00[Europe/Berlin]'\n";
    let list =
        "tenant;status;moved\nContoso;;2016-11-12T22:00\nFabrikam;moved;2016-11-20\nLitware;;\n";
    let scenario = listed(text, list);
    assert_eq!((scenario.tenants.count, scenario.tenants.migrated), (3, 2));
    let tenants = &scenario.inventory.as_deref().expect("there is one").tenants;
    let hour = 3_600_000_000;
    let ago = [Some((12 * 24 + 22) * hour), Some((5 * 24 + 20) * hour), None];
    assert_eq!(tenants.iter().map(|t| t.moved.map(|ago| ago.0)).collect::<Vec<_>>(), ago);
    let start = scenario.rollout.start.as_ref().expect("stated");
    assert_eq!(start.date_before(crate::units::Span((12 * 24 + 22) * hour)), "2016-11-12");
    assert!(load_listed("", list.as_bytes()).is_err(), "a date needs a start");
}
