//! `cutover explain`.

use serde::Serialize;

use crate::cli::args::Explain;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Stop};
use crate::diagnostics::{Code, Severity};
use crate::report::{FORMAT, json};

#[derive(Serialize)]
struct Report {
    format: u32,
    command: &'static str,
    codes: Vec<CodeData>,
}

#[derive(Serialize)]
struct CodeData {
    code: &'static str,
    severity: &'static str,
    title: &'static str,
    explanation: &'static str,
}

/// Some codes in full, or all in a line each.
pub(in crate::cli) fn run(args: &Explain, console: &Console) -> Result<Exit, Stop> {
    let known = |code: &String| {
        let unknown =
            |_| Stop::Bad(format!("there is no code `{code}`; `cutover explain` lists all"));
        code.parse::<Code>().map_err(unknown)
    };
    let codes = match args.codes.is_empty() {
        true => Code::ALL.to_vec(),
        false => args.codes.iter().map(known).collect::<Result<Vec<_>, _>>()?,
    };
    let text = if console.json() {
        let data = codes.iter().map(|code| CodeData {
            code: code.id(),
            severity: severity(*code),
            title: code.title(),
            explanation: code.explain(),
        });
        json(&Report { format: FORMAT, command: "explain", codes: data.collect() })
    } else if !args.codes.is_empty() {
        let in_full = |code: &Code| {
            let (id, title) = (code.id(), code.title());
            format!("{id} ({}): {title}\n\n{}\n", severity(*code), wrapped(code.explain()))
        };
        codes.iter().map(in_full).collect::<Vec<_>>().join("\n")
    } else {
        let line =
            |code: &Code| format!("{}  {:<7}  {}\n", code.id(), severity(*code), code.title());
        codes.iter().map(line).collect()
    };
    console.result(&text)?;
    Ok(Exit::Answered)
}

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Broken between words at 80 columns.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 80;
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}
