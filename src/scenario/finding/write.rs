//! A finding as text for people.

use std::fmt::Write;
use std::path::Path;

use super::{BaseLine, FindingFile, ScopeLine};

/// A scenario's files behind one that extends the first of them by these lines, if there are any.
#[must_use]
pub fn in_front(lines: &str, files: &[(String, String)]) -> Vec<(String, String)> {
    let Some((name, _)) = files.first().filter(|_| !lines.is_empty()) else {
        return files.to_vec();
    };
    let path = Path::new(name);
    let base = path.file_name().map_or_else(|| name.into(), |name| name.to_string_lossy());
    let front = path.with_file_name(format!("explored-{base}"));
    let mut all =
        vec![(front.display().to_string(), format!("extend = {}\n{lines}", quoted(&base)))];
    all.extend(files.iter().cloned());
    all
}

impl FindingFile {
    /// The file, for people: [`FindingFile::read`] gives the same finding back.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_head(&mut out);
        if let Some(window) = &self.window {
            out.push_str("\n[window]\n");
            line(&mut out, "hazard", &quoted(&window.hazard));
            line(&mut out, "entity", &quoted(&window.entity));
            if let Some(user) = &window.user {
                line(&mut out, "user", &quoted(user));
            }
            line(&mut out, "from", &quoted(&window.from.to_string()));
            line(&mut out, "to", &quoted(&window.to.to_string()));
            if window.open_ended {
                line(&mut out, "open-ended", "true");
            }
        }
        if let Some(missed) = &self.missed {
            out.push_str("\n[missed]\n");
            line(&mut out, "goal", &quoted(&missed.goal));
            line(&mut out, "entity", &quoted(&missed.entity));
            line(&mut out, "at", &quoted(&missed.at.to_string()));
        }
        out.push_str("\n[cause]\n");
        line(&mut out, "opener", &quoted(&self.cause.opener));
        line(&mut out, "running", &list(&self.cause.running));
        line(&mut out, "faults", &list(&self.cause.faults));
        for (name, text) in &self.files {
            out.push_str("\n[[file]]\n");
            line(&mut out, "name", &quoted(name));
            line(&mut out, "text", &long(text));
        }
        out
    }

    fn write_head(&self, out: &mut String) {
        let what = if self.missed.is_some() { "missed goal" } else { "exposure" };
        out.push_str(&format!(
            "# A finding of cutover: a plan, a schedule, and the {what} they lead to.\n"
        ));
        out.push_str(
            "# To see what happens, event for event:\n#\n#     cutover replay THIS-FILE\n\n",
        );
        line(out, "finding", &self.version.to_string());
        line(out, "title", &quoted(&self.title));
        line(out, "must", &quoted(self.must.word()));
        line(out, "found-by", &quoted(&self.found_by));
        line(out, "cutover", &quoted(&self.cutover_version));
        match i64::try_from(self.seed) {
            Ok(seed) => line(out, "seed", &seed.to_string()),
            Err(_) => line(out, "seed", &quoted(&self.seed.to_string())),
        }
        match self.base {
            BaseLine::Nominal => line(out, "base", "\"nominal\""),
            BaseLine::Replication(number) => {
                line(out, "base", &format!("{{ replication = {number} }}"));
            }
        }
        if let Some(scope) = &self.scope {
            line(out, "scope", &self::scope(scope));
        }
        if self.overrides.is_empty() {
            line(out, "overrides", "[]");
        } else {
            line(out, "overrides", "[");
            for forced in &self.overrides {
                let (entity, site) = (quoted(&forced.entity), quoted(&forced.site));
                let (occurrence, value) = (forced.occurrence, quoted(&forced.value));
                out.push_str(&format!("  {{ entity = {entity}, site = {site}, "));
                out.push_str(&format!("occurrence = {occurrence}, value = {value} }},\n"));
            }
            out.push_str("]\n");
        }
        line(out, "events", &self.events.to_string());
        line(out, "digest", &format!("\"0x{:016x}\"", self.digest));
    }
}

fn scope(scope: &ScopeLine) -> String {
    let mut parts = vec![format!("mailboxes = {}", scope.mailboxes)];
    parts.extend(scope.class.iter().map(|class| format!("class = {}", quoted(class))));
    parts.extend(scope.migrated.then(|| "migrated = true".to_owned()));
    if !scope.moving.is_empty() {
        parts.push(format!("moving = {}", list(&scope.moving)));
    }
    parts.extend(scope.wait.iter().map(|wait| format!("wait = {}", quoted(&wait.to_string()))));
    format!("{{ {} }}", parts.join(", "))
}

/// `key = value`, the signs of equality in one column.
fn line(out: &mut String, key: &str, value: &str) {
    writeln!(out, "{key:<10} = {value}").expect("a String takes everything");
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A basic TOML string on one line.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '"' => out.push_str("\\\""),
            c => escaped(&mut out, c),
        }
    }
    out.push('"');
    out
}

/// A string over several lines: literal where TOML can hold the text so, else basic.
fn long(text: &str) -> String {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    // Three quotes would end it, and one at the end would join those that do.
    if !text.contains("'''") && !text.ends_with('\'') && !text.contains(control) {
        return format!("'''\n{text}'''");
    }
    let mut out = String::from("\"\"\"\n");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push('\n'),
            // Of several quotes in a row only the last may stand bare, and none at the end.
            '"' if matches!(rest.peek(), None | Some('"')) => out.push_str("\\\""),
            '"' => out.push('"'),
            c => escaped(&mut out, c),
        }
    }
    out.push_str("\"\"\"");
    out
}

fn escaped(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\t' => out.push('\t'),
        '\r' => out.push_str("\\r"),
        c if c.is_control() => {
            write!(out, "\\u{:04X}", u32::from(c)).expect("a String takes everything");
        }
        c => out.push(c),
    }
}
