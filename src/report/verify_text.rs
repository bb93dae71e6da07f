//! The report of `cutover verify` for people.

use std::fmt::Write as _;

use crate::report::text::Paint;
use crate::report::verify::{EarliestData, LongestData, SetData, VerifyReport, WitnessData};
use crate::report::verify_any::{AnyNumberData, FullData, WaitsData};
use crate::report::verify_covered::CoveredData;
use crate::report::verify_goals::GoalVerdictData;
use crate::report::words::{count, grouped, listed, percent};
use crate::units::Span;

impl VerifyReport {
    /// As text.
    #[must_use]
    pub fn text(&self, paint: Paint) -> String {
        let mut out = String::new();
        self.body(&mut out, None, paint);
        if let Some(covered) = &self.covered {
            out.push('\n');
            covered.answer.body(&mut out, Some(covered), paint);
        }
        out
    }

    /// One answer; `covered`: with these distributions cut.
    fn body(&self, out: &mut String, covered: Option<&CoveredData>, paint: Paint) {
        let tenants = match self.scope.tenants {
            Some(tenants) => count(u64::from(tenants), "tenant", "tenants"),
            None => "any number of tenants".to_owned(),
        };
        let mut head =
            format!("{}: {tenants}, at most {} faults", self.scenario, self.scope.faults);
        if covered.is_some() {
            head.push_str(", distributions without an end cut");
        }
        line(out, &paint.head(&head));
        line(out, &paint.verdict(&self.sentence(covered), self.verdict == "safe"));
        if let Some(covered) = covered {
            line(out, &beyond(covered));
        }
        if self.scope.tenants.is_some() && self.is_cut_short() {
            let hint = "each mailbox of each tenant has its own times here; without --tenants, one tenant \
                        stands for any number, which takes far fewer states";
            line(out, hint);
        }
        if let Some(any) = &self.scope.any_number {
            any_number(out, any);
        }
        for set in &self.fault_sets {
            out.push('\n');
            found(out, set, paint);
        }
        doubtful(out, &self.possible, &self.bugs);
        for each in &self.goals {
            out.push('\n');
            goal(out, each, paint);
        }
        let any_number = self.scope.any_number.is_some();
        if let Some(margins) = &self.margins {
            out.push('\n');
            out.push_str(&margins.text(any_number, paint));
        }
        for margins in self.goals.iter().filter_map(|goal| goal.margins.as_ref()) {
            out.push('\n');
            out.push_str(&margins.text(any_number, paint));
        }
        list(out, "Assumed", &self.assumptions, paint);
        list(out, "Not exact, towards exposed", &self.abstractions, paint);
        if let Some(because) = self.scope.no_symmetry_because {
            let whole = [format!("tenants are told apart: {because}")];
            list(out, "Symmetry is off", &whole, paint);
        }
        list(out, "What this does not mean", &self.does_not_mean, paint);
        let (states, transitions) = (grouped(self.states), grouped(self.transitions));
        line(out, &format!("\n{states} states, {transitions} transitions"));
    }

    /// Something is not known because not all was explored.
    fn is_cut_short(&self) -> bool {
        let goals = self.goals.iter();
        let goals = goals.map(|goal| (goal.verdict, goal.complete_to_faults, goal.faults));
        let hazards = (self.verdict, self.scope.complete_to_faults, self.scope.faults);
        let mut all = goals.chain([hazards]);
        all.any(|(verdict, complete, asked)| verdict == "inconclusive" && complete != Some(asked))
    }

    fn sentence(&self, covered: Option<&CoveredData>) -> String {
        let explored = explored(self.scope.complete_to_faults, self.scope.faults);
        match self.verdict {
            "safe" => match covered {
                Some(covered) => format!(
                    "SAFE except with probability at most {} a tenant: no other timing and no order of \
                     events exposes anyone",
                    probability(covered.per_tenant)
                ),
                None => "SAFE: no timing and no order of events exposes anyone".to_owned(),
            },
            "exposed" => {
                format!("EXPOSED: {}; {explored}", ways(self.fault_sets.len(), ""))
            }
            _ => format!("INCONCLUSIVE: no exposure was confirmed; {explored}"),
        }
    }
}

/// "1 way to miss it, with the fewest faults", "3 ways, each with the fewest faults".
fn ways(number: usize, to: &str) -> String {
    let each = if number == 1 { "" } else { "each " };
    format!("{}{to}, {each}with the fewest faults", count(number as u64, "way", "ways"))
}

/// How likely the answer is to say nothing.
fn beyond(covered: &CoveredData) -> String {
    let (tenant, rollout) = (probability(covered.per_tenant), probability(covered.rollout));
    let mailboxes = covered
        .mailboxes
        .map_or(String::new(), |most| format!(", or more than {} mailboxes", grouped(most)));
    format!(
        "a tenant has a draw beyond its cut{mailboxes}, with probability at most {tenant}; some tenant of \
         the rollout, at most {rollout}"
    )
}

/// "2.3e-4": two digits, rounded up.
fn probability(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let text = format!("{value:.1e}");
    let parsed: f64 = text.parse().unwrap_or(value);
    if parsed >= value {
        return text;
    }
    let exponent: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let ulp: f64 = format!("1e{}", exponent - 1).parse().unwrap_or(0.0);
    format!("{:.1e}", parsed + ulp)
}

fn explored(complete: Option<usize>, asked: usize) -> String {
    match complete {
        Some(0) if asked > 0 => "all schedules without a fault are explored, no others".to_owned(),
        Some(most) if most < asked => {
            format!("all schedules with at most {most} faults are explored, no others")
        }
        Some(most) => format!("all schedules with at most {most} faults are explored"),
        None => "not even the schedules without a fault are all explored".to_owned(),
    }
}

/// The verdict about a goal, with its sets.
fn goal(out: &mut String, goal: &GoalVerdictData, paint: Paint) {
    let name = &goal.goal;
    let explored = explored(goal.complete_to_faults, goal.faults);
    let (good, said) = match goal.verdict {
        "met" => (true, format!("GOAL MET: {name}, whatever the timing and the order of events")),
        "missed-with-faults" => (
            true,
            format!(
                "GOAL MET WITHOUT FAULTS: {name}; {}; {explored}",
                ways(goal.fault_sets.len(), " to miss it")
            ),
        ),
        "missed" => (false, format!("GOAL MISSED: {name}; {explored}")),
        _ => (false, format!("GOAL INCONCLUSIVE: {name}; {explored}")),
    };
    line(out, &paint.verdict(&said, good));
    if let Some(waits) = &goal.waits {
        how_long(out, waits);
    }
    for set in &goal.fault_sets {
        found(out, set, paint);
    }
    doubtful(out, &goal.possible, &goal.bugs);
}

/// Sets that the simulator does not confirm.
fn doubtful(out: &mut String, possible: &[SetData], bugs: &[SetData]) {
    for set in possible {
        out.push('\n');
        line(out, &format!("possible, but not replayed: {}", title(set)));
        let why = set.witness.doubts.iter().map(|doubt| (*doubt).to_owned());
        line(out, &format!("  {}", why.collect::<Vec<_>>().join("; ")));
    }
    for set in bugs {
        out.push('\n');
        let bug = "BUG of cutover: a schedule was found that the simulator does not replay";
        line(out, &format!("{bug}: {}", title(set)));
        forced(out, &set.witness);
    }
}

fn found(out: &mut String, set: &SetData, paint: Paint) {
    line(out, &paint.head(&title(set)));
    if let Some(sentence) = &set.witness.sentence {
        line(out, &format!("  {sentence}"));
    }
    let witness = &set.witness;
    if set.hazard.is_some() {
        line(out, &format!("  {}", opens(witness, set.earliest.as_ref())));
    }
    if let Some(tenant) = &set.tenant {
        line(out, &format!("  {tenant}, replayed by the simulator"));
    }
    match &set.full_rollout {
        Some(FullData { how: Some(how), .. }) => {
            line(out, &format!("  reached in the full rollout: {how}"));
        }
        Some(FullData { tried, .. }) => {
            let tried = count(*tried as u64, "run", "runs");
            line(
                out,
                &format!("  not reached in {tried} of the full rollout; others may reach it"),
            );
        }
        None => {}
    }
    if let Some(longest) = &set.longest {
        line(out, &format!("  {}", length(longest)));
    }
    if let Some(file) = &set.file {
        line(out, &format!("  again: cutover replay {file}"));
    }
    if let Some(contribution) = &set.contribution {
        line(out, &format!("  {}", contribution.sentence()));
    }
    forced(out, witness);
}

fn opens(witness: &WitnessData, earliest: Option<&EarliestData>) -> String {
    let at = |micros: u64| Span(micros).to_string();
    let from = at(witness.from_us);
    match earliest {
        Some(first) if first.replayed => {
            format!("opens at {from}; earliest exposure with these faults: {}", at(first.at_us))
        }
        Some(first) => {
            format!("opens at {from}; no exposure with these faults before {}", at(first.at_us))
        }
        None => {
            let earliest = at(witness.earliest_us);
            format!("opens at {from}; in this order of events not before {earliest}")
        }
    }
}

fn any_number(out: &mut String, any: &AnyNumberData) {
    how_long(out, &any.waits);
    for gap in &any.gaps {
        line(out, &format!("not covered by focal runs: {gap}"));
    }
    for tenant in &any.tenants {
        line(out, &format!("explored: {tenant}"));
    }
}

/// How long anybody may wait.
fn how_long(out: &mut String, waits: &WaitsData) {
    let pools = listed(&waits.pools);
    match waits.wait_us {
        None if waits.pools.is_empty() => {}
        None => line(out, &format!("however long anybody waits for {pools}")),
        Some(wait) => {
            let more = if waits.wait_is_exact { "" } else { "; more was not explored" };
            let wait = Span(wait);
            line(out, &format!("as long as nobody waits longer than {wait} for {pools}{more}"));
        }
    }
    for set in &waits.beyond {
        let takes = if set.is_empty() { "no fault".to_owned() } else { listed(set) };
        line(out, &format!("with 1 us more it takes {takes}"));
    }
    if let Some(predicted) = &waits.predicted {
        let [low, high] = predicted.chance.map(percent);
        let (runs, of) = (predicted.runs, predicted.of);
        let longest = Span(predicted.longest_us);
        line(
            out,
            &format!(
                "predicted: somebody waits longer in {runs} of {of} simulated runs ({low} to \
                 {high}); the longest wait is {longest}"
            ),
        );
    }
}

fn length(longest: &LongestData) -> String {
    match (longest.length_us, longest.exact) {
        (None, _) => "the window need not end".to_owned(),
        (Some(micros), true) if !longest.replayed => {
            format!("no window with these faults is longer than {}", Span(micros))
        }
        (Some(micros), true) => format!("longest window with these faults: {}", Span(micros)),
        (Some(micros), false) => format!("windows of at least {}; not all explored", Span(micros)),
    }
}

fn title(set: &SetData) -> String {
    let faults: Vec<String> = set.faults.iter().map(|fault| format!("\"{fault}\"")).collect();
    let takes = match faults.is_empty() {
        true => "no fault is needed".to_owned(),
        false => format!("it takes {}", listed(&faults)),
    };
    match &set.hazard {
        Some(hazard) => format!("{hazard}: {takes}"),
        None => format!("missed: {takes}"),
    }
}

fn forced(out: &mut String, witness: &WitnessData) {
    for forced in &witness.overrides {
        let again = if forced.occurrence > 1 {
            format!(" ({} time)", ordinal(forced.occurrence))
        } else {
            String::new()
        };
        let (entity, site, value) = (&forced.entity, &forced.site, &forced.value);
        line(out, &format!("    {entity}: {site}{again} = {value}"));
    }
}

fn ordinal(number: u32) -> String {
    let end = match (number % 10, number % 100) {
        (1, hundred) if hundred != 11 => "st",
        (2, hundred) if hundred != 12 => "nd",
        (3, hundred) if hundred != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

fn list(out: &mut String, title: &str, items: &[String], paint: Paint) {
    if items.is_empty() {
        return;
    }
    out.push('\n');
    line(out, &paint.head(title));
    for item in items {
        line(out, &format!("  {item}"));
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a String takes everything");
}
