use std::fs;
use std::path::Path;

use cutover::search::Method;

use super::{hunt, options, planted};

#[test]
#[ignore = "prints a table"]
#[expect(clippy::print_stdout, reason = "the table is what was asked for")]
fn how_the_planted_bugs_fare() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain"))
        .filter_map(|name| name.strip_suffix("-cured.toml").map(str::to_owned))
        .collect();
    names.sort();
    let mut sets: Vec<(&str, Vec<Method>)> = vec![("all", Method::ALL.to_vec())];
    if std::env::var_os("EACH").is_some() {
        sets.extend(Method::ALL.map(|method| (method.name(), vec![method])));
    }
    for name in
        names.iter().filter(|name| std::env::var("ONLY").map_or(true, |only| name.contains(&only)))
    {
        for (set, methods) in &sets {
            let mut runs = Vec::new();
            let mut shape = String::new();
            for seed in 1..=5 {
                let setup = planted(name, seed);
                let mut options = options(2_000, methods);
                options.first = true;
                let hunt = hunt(&setup, &options);
                if let Some(first) = hunt.findings.iter().map(|finding| finding.run).min() {
                    runs.push(first);
                    let finding = &hunt.findings[0];
                    shape = format!(
                        "{} of {:?} by {:?} {:?}",
                        finding.confirmed.overrides.len(),
                        finding.shrunk,
                        finding.method,
                        finding.prevented
                    );
                } else if hunt.unconfirmed > 0 {
                    shape = format!("unconfirmed {}", hunt.unconfirmed);
                }
            }
            runs.sort_unstable();
            let median = runs.get(runs.len() / 2).copied().unwrap_or(0);
            println!("{name:32} {set:8} {}/5 median {median:5}  {shape}", runs.len());
        }
        let cured = planted(&format!("{name}-cured"), 1);
        let hunt = hunt(&cured, &options(500, &Method::ALL));
        if !hunt.findings.is_empty() || hunt.unconfirmed > 0 {
            println!(
                "    CURED: {} findings, {} unconfirmed",
                hunt.findings.len(),
                hunt.unconfirmed
            );
            for finding in &hunt.findings {
                println!("      {:?}", finding.confirmed);
            }
        }
    }
}
