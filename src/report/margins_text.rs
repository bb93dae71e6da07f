//! Margins for people.

use std::fmt::Write as _;

use crate::report::margins::{
    CornerData, CuresData, MarginData, MarginsData, RegionData, SideData,
};
use crate::report::text::Paint;
use crate::report::words::{count, grouped, listed, percent};
use crate::units::Span;

impl MarginsData {
    /// As text. `any_number`: they are of any number of tenants, so waits are assumed.
    #[must_use]
    pub fn text(&self, any_number: bool, paint: Paint) -> String {
        let mut out = String::new();
        let of = self.goal.as_ref().map_or(String::new(), |goal| format!(" of \"{goal}\""));
        let head = format!("Margins{of}: how far can each bound move alone, all else as assumed?");
        line(&mut out, &paint.head(&head));
        line(&mut out, &format!("  {}", self.taken(any_number)));
        for gap in &self.gaps {
            line(&mut out, &format!("  none, because one tenant cannot stand for all: {gap}"));
        }
        if self.base == "unknown" && self.gaps.is_empty() {
            line(&mut out, "  none, because nothing is proved of the plan as it is");
        }
        let mut moved: Vec<&MarginData> =
            self.ends.iter().filter(|end| ["up-to", "unknown"].contains(&end.proved)).collect();
        // The tightest first.
        moved.sort_by_key(|end| end.margin_us.unwrap_or(i64::MAX));
        for end in moved {
            sentence(&mut out, end, self.goal.is_some(), paint);
        }
        self.rest(&mut out, "any", "Of no consequence, however far it moves");
        self.rest(&mut out, "nowhere", "Not enough alone, however far it moves");
        if let Some(region) = &self.region {
            out.push('\n');
            table(&mut out, region, paint);
        }
        if let Some(changes) = &self.changes {
            out.push('\n');
            cured(&mut out, changes, self.faults, paint);
        }
        for bug in &self.bugs {
            let what = "BUG of cutover: a schedule was found that the simulator does not replay";
            line(&mut out, &format!("  {what}: {}", bug.entity));
        }
        out
    }

    fn taken(&self, any_number: bool) -> String {
        let faults = match self.faults {
            0 => "without any fault that costs".to_owned(),
            most => format!("with at most {}", count(most as u64, "fault", "faults")),
        };
        let pools = listed(&self.pools);
        let waits = match self.wait_us {
            _ if !any_number || pools.is_empty() => String::new(),
            None => format!("; however long anybody waits for {pools}"),
            Some(0) => format!("; nobody waits for {pools} (a wait takes as much off)"),
            Some(wait) => format!("; nobody waits longer than {} for {pools}", Span(wait)),
        };
        format!("{faults}{waits}")
    }

    /// Ends about which there is nothing else to say, by name.
    fn rest(&self, out: &mut String, proved: &str, title: &str) {
        let of = |name: &str, side: &str| {
            let mut ends = self.ends.iter();
            ends.any(|end| end.name == name && end.end == side && end.proved == proved)
        };
        let mut parts: [Vec<String>; 3] = Default::default();
        for end in self.ends.iter().filter(|end| end.end == "upper") {
            let place = match (of(&end.name, "upper"), of(&end.name, "lower")) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => continue,
            };
            parts[place].push(format!("\"{}\"", short(&end.name, end.what)));
        }
        let sides = ["either end of", "the upper end of", "the lower end of"];
        let parts = parts.iter().zip(sides).filter(|(names, _)| !names.is_empty());
        let parts: Vec<String> =
            parts.map(|(names, side)| format!("{side} {}", listed(names))).collect();
        if !parts.is_empty() {
            line(out, &format!("\n  {title}: {}", parts.join("; ")));
        }
    }
}

/// Single changes of the plan.
fn cured(out: &mut String, changes: &CuresData, faults: usize, paint: Paint) {
    line(out, &paint.head("Which single change of the plan makes it safe?"));
    let with = match faults {
        0 => "without any fault that costs".to_owned(),
        most => format!("with at most {}", count(most as u64, "fault", "faults")),
    };
    let tried = count(u64::from(changes.tried), "change was", "changes were");
    let left = match changes.untried {
        0 => String::new(),
        left => format!("; there was no time for {left}"),
    };
    match changes.by.len() {
        0 => line(out, &format!("  none of them alone: {tried} tried, {with}{left}")),
        _ => line(out, &format!("  each of these, proved {with}; {tried} tried{left}")),
    }
    for change in &changes.by {
        let waits = match change.wait_us {
            None => String::new(),
            Some(0) => " (as long as nobody waits for a pool)".to_owned(),
            Some(wait) => format!(" (as long as nobody waits longer than {})", Span(wait)),
        };
        line(out, &format!("  {}{waits}", change.change));
    }
}

fn sentence(out: &mut String, end: &MarginData, of_goal: bool, paint: Paint) {
    let upper = end.end == "upper";
    let exposed = end.margin_us.is_none_or(|margin| margin < 0);
    let lasts = lasts(end.what);
    let least = if upper { "at most" } else { "at least" };
    let assumed = match end.assumed_us {
        Some(assumed) => format!("{least} {}", Span(assumed)),
        None => "any time".to_owned(),
    };
    let verdict = match (end.margin_us, upper) {
        (Some(margin), _) if margin >= 0 => format!("margin {}", span(margin)),
        (Some(margin), true) => format!("too long by {}", span(margin)),
        (Some(margin), false) => format!("too short by {}", span(margin)),
        (None, _) if end.proved == "unknown" => "the budget ended first".to_owned(),
        (None, _) => "it needs a bound".to_owned(),
    };
    let head = format!("{} {lasts} {assumed}: {verdict}", subject(end));
    out.push('\n');
    line(out, &format!("  {}", paint.verdict(&head, !exposed)));
    let (good, bad) = if of_goal { ("in time", "missed") } else { ("safe", "exposed") };
    let to = end.proved_us.map(Span);
    let proved = match (end.proved, to, upper) {
        ("unknown", None, _) => "nothing is proved yet".to_owned(),
        ("unknown", Some(to), _) => format!("proved {good} to {to} at least"),
        (_, Some(to), true) => format!("proved {good} up to {to}"),
        (_, Some(to), false) => format!("proved {good} down to {to}"),
        (_, None, _) => String::new(),
    };
    let from = match end.exposed_from_us {
        Some(at) => format!("{bad} from {} (replayed)", Span(at)),
        None => "no schedule beyond that was replayed".to_owned(),
    };
    line(out, &format!("    {proved}, {from}"));
    if let Some(beyond) = end.beyond.filter(|_| end.proved == "up-to") {
        line(out, &format!("    {}", mass(end, beyond)));
    }
    let sentence = end.witness.as_ref().and_then(|set| set.witness.sentence.as_ref());
    if let (Some(at), Some(sentence)) = (end.exposed_from_us, sentence) {
        line(out, &format!("    if it {lasts} {}: {sentence}", Span(at)));
    }
}

fn lasts(what: &str) -> &'static str {
    match what {
        "duration" | "transfer" | "undo" => "takes",
        _ => "lasts",
    }
}

/// "exceeded once in 340 tenants".
fn mass(end: &MarginData, share: f64) -> String {
    let passed = if end.end == "upper" { "exceeded" } else { "undercut" };
    if share <= 0.0 {
        return format!("the plan's own distribution ends before that: it is never {passed}");
    }
    let draws = match &end.each {
        Some(each) => format!("{each}s"),
        None => "draws".to_owned(),
    };
    let once = 1.0 / share;
    match once < 10.0 {
        true => format!("{passed} in {} of {draws}", percent(share)),
        false => format!("{passed} once in {} {draws}", grouped(once.round() as u64)),
    }
}

/// As a designer calls it.
fn subject(end: &MarginData) -> String {
    let name = short(&end.name, end.what);
    match (end.what, &end.fact) {
        ("duration", _) => format!("\"{name}\""),
        ("transfer", _) => format!("the transfer of \"{name}\""),
        ("lease", Some(fact)) => format!("the lease on \"{fact}\" ({name})"),
        _ => format!("\"{name}\""),
    }
}

/// Without what every step has: "move" for "move / duration".
fn short(name: &str, what: &str) -> String {
    match what {
        "duration" => name.replacen(" / duration", "", 1),
        "transfer" => name.replacen(" / transfer", "", 1),
        _ => name.to_owned(),
    }
}

fn span(micros: i64) -> String {
    Span(micros.unsigned_abs()).to_string()
}

fn table(out: &mut String, region: &RegionData, paint: Paint) {
    let (first, second) = (&region.first, &region.second);
    line(out, &paint.head("The safe region of both together"));
    let head = [side(first), format!("then {}", side(second)), "exposed from".to_owned()];
    let mut rows = vec![head];
    for corner in &region.corners {
        rows.push(row(corner, first));
    }
    let width = |column: usize| {
        rows.iter().map(|row: &[String; 3]| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2].map(width);
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        let cells: Vec<String> = cells.collect();
        line(out, &format!("  {}", cells.join("  ").trim_end()));
    }
    if !region.complete {
        line(out, "  the budget ended before all of it was known");
    }
}

fn side(side: &SideData) -> String {
    let least = if side.end == "upper" { "at most" } else { "at least" };
    let name = side.name.replacen(" / duration", "", 1).replacen(" / transfer", "", 1);
    format!("\"{name}\" {least}")
}

fn row(corner: &CornerData, first: &SideData) -> [String; 3] {
    let time =
        |micros: Option<u64>| micros.map_or("any time".to_owned(), |at| Span(at).to_string());
    let mark = if corner.first_us == first.assumed_us { " (assumed)" } else { "" };
    let second = match corner.proved {
        "nowhere" => "no value".to_owned(),
        _ => time(corner.second_us),
    };
    let from = corner.exposed_from_us.map_or("-".to_owned(), |at| Span(at).to_string());
    [format!("{}{mark}", time(corner.first_us)), second, from]
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a String takes everything");
}
