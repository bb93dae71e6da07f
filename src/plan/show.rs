//! The compiled plan as text for its designer, and as a graph for Graphviz.

mod calendars;
mod dot;
mod people;
mod steps;
#[cfg(test)]
mod tests;
mod waves;
pub(super) mod words;

use std::fmt::Write as _;

use super::{Plan, SiteForm};
use crate::scenario::{Journal, ListedTenant, Missing, Order, Partition, Period, Quotas, Scenario};
use crate::units::{Bytes, Instant, Span};
use words::{Measured, dist, grouped, kind};

impl Plan {
    /// The plan in words: population, rollout, facts, steps, people, faults, hazards, goals.
    #[must_use]
    pub fn text(&self) -> String {
        let scenario = &*self.scenario;
        let mut page = Page::default();
        page.text.push_str(&scenario.name);
        page.text.push('\n');
        if let Some(description) = &scenario.description {
            page.text.push_str(description.trim());
            page.text.push('\n');
        }
        population(&mut page, self);
        facts(&mut page, scenario);
        calendars::calendars(&mut page, scenario);
        pools(&mut page, self);
        waves::waves(&mut page, scenario);
        links(&mut page, scenario);
        steps::steps(&mut page, self);
        people::people(&mut page, scenario);
        people::trouble(&mut page, scenario);
        people::judged(&mut page, scenario);
        let sites = self.sites.iter();
        let live = sites.filter(|site| !matches!(site.form, SiteForm::Unused)).count();
        page.head("the compiled plan");
        page.row("draw sites", &format!("{live} places where the outside world decides something"));
        page.row("fingerprint", &format!("{:016x}", self.fingerprint));
        page.text
    }

    /// The plan in the DOT language of Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        dot::graph(&self.scenario)
    }
}

/// Sections of rows, names in one column.
#[derive(Default)]
struct Page {
    text: String,
}

/// Width of the column of names.
const NAMES: usize = 24;

impl Page {
    fn head(&mut self, title: &str) {
        writeln!(self.text, "\n{}", title.to_uppercase()).expect("a String takes everything");
    }

    fn row(&mut self, name: &str, text: &str) {
        // A long name has its own line rather than push its text out of the column.
        if name.chars().count() > NAMES {
            writeln!(self.text, "  {name}").expect("a String takes everything");
            self.more(text);
        } else {
            let row = format!("  {name:<NAMES$}  {text}");
            writeln!(self.text, "{}", row.trim_end()).expect("a String takes everything");
        }
    }

    /// A further line of the row before.
    fn more(&mut self, text: &str) {
        writeln!(self.text, "  {:<NAMES$}  {text}", "").expect("a String takes everything");
    }

    fn rows(&mut self, name: &str, lines: &[String]) {
        let mut lines = lines.iter();
        self.row(name, lines.next().map_or("", String::as_str));
        lines.for_each(|line| self.more(line));
    }
}

/// From when to when those have moved of whom the inventory says so.
fn moved_between(scenario: &Scenario) -> Option<String> {
    let tenants = &scenario.inventory.as_ref()?.tenants;
    let ago = || tenants.iter().filter_map(|tenant| tenant.moved);
    let start = scenario.rollout.start.as_ref()?;
    let (first, last) = (start.date_before(ago().max()?), start.date_before(ago().min()?));
    Some(if first == last { format!(" ({first})") } else { format!(" ({first} to {last})") })
}

/// How many tenants there are, and how many of them move.
fn counted(scenario: &Scenario) -> String {
    let tenants = &scenario.tenants;
    let mut count = grouped(u64::from(tenants.count));
    if tenants.migrated > 0 {
        let moving = u64::from(tenants.count - tenants.migrated);
        let moved = grouped(u64::from(tenants.migrated));
        let dates = moved_between(scenario).unwrap_or_default();
        let moving = grouped(moving);
        count.push_str(&format!(", {moved} of them migrated already{dates}; {moving} move"));
    }
    count
}

fn population(page: &mut Page, plan: &Plan) {
    let scenario = &*plan.scenario;
    let tenants = &scenario.tenants;
    page.head("population");
    page.row("tenants", &counted(scenario));
    if let Some(listed) = &scenario.inventory {
        page.row("inventory", &format!("{}, separated by {}", listed.file, listed.separated_by()));
    }
    let drawn = |tenant: &ListedTenant| tenant.mailboxes.is_none();
    if scenario.inventory.as_ref().is_none_or(|listed| listed.tenants.iter().any(drawn)) {
        page.row("mailboxes of a tenant", &dist(&tenants.mailboxes, Measured::Count));
    }
    classes(page, scenario);
    if let Some(size) = &tenants.mailbox_size {
        page.row("size of a mailbox", &dist(size, Measured::Size));
    }
    for (index, group) in scenario.groups.iter().enumerate() {
        let text = match group.by {
            Partition::Blocks(size) => {
                let groups = tenants.count.div_ceil(size);
                let word = if groups == 1 { "group" } else { "groups" };
                let whose = if size == 1 { "tenant" } else { "consecutive tenants" };
                format!("{groups} {word}, each of {size} {whose}")
            }
            Partition::Column => {
                let groups = scenario.inventory.as_ref().map_or(0, |l| l.groups[index].len());
                format!("{groups} groups, as the inventory says")
            }
            Partition::Dealt(count) => format!("{count} groups, tenants dealt round robin"),
            Partition::Waves => "the waves below".to_owned(),
        };
        page.row(&group.name, &text);
    }
    let rollout = &scenario.rollout;
    page.head("rollout");
    let limit = rollout.at_once.map(u64::from).map(grouped);
    page.row("tenants at once", limit.as_deref().unwrap_or("no limit"));
    let order = match rollout.order {
        Order::Listed => "as listed",
        Order::Shuffled => "shuffled, anew in every run",
        Order::LargestFirst => "the largest first",
        Order::SmallestFirst => "the smallest first",
    };
    page.row("order", order);
    if let Some(pace) = &rollout.pace {
        page.row("between two starts", &dist(pace, Measured::Time));
    }
    if let Some(start) = &rollout.start {
        page.row("start", &format!("{} in {}", start.local(Instant::START), start.zone()));
    }
    if let Some(windows) = &rollout.windows {
        page.row("tenants start only", &calendars::inside(plan, windows, plan.windows));
    }
    page.row("horizon", &format!("{} (a run ends here at the latest)", rollout.horizon));
    if scenario.crashes() {
        page.row(
            "after a crash",
            match rollout.journal {
                Journal::Step => "the journal tells what has ended and what was cut",
                Journal::None => "nothing is remembered: plans in progress start again",
            },
        );
    }
}

fn classes(page: &mut Page, scenario: &Scenario) {
    for (index, class) in scenario.classes.iter().enumerate() {
        let of = |tenant: &&ListedTenant| tenant.class.is_some_and(|c| usize::from(c.0) == index);
        let mut text = match (&class.share, &scenario.inventory) {
            (Some(share), _) => format!("{} of the tenants", words::percent(*share)),
            (None, Some(listed)) => {
                let count = listed.tenants.iter().filter(of).count();
                format!("{} tenants", grouped(count as u64))
            }
            (None, None) => String::new(),
        };
        if let Some(mailboxes) = &class.mailboxes {
            text.push_str(&format!("; mailboxes: {}", dist(mailboxes, Measured::Count)));
        }
        if let Some(size) = &class.mailbox_size {
            text.push_str(&format!("; size of a mailbox: {}", dist(size, Measured::Size)));
        }
        if class.priority != 0 {
            text.push_str(&format!("; start with priority {}", class.priority));
        }
        if class.not_before > Span(0) {
            text.push_str(&format!(
                "; start no sooner than {} after the rollout",
                class.not_before
            ));
        }
        page.row(&format!("class {}", class.name), &text);
    }
}

fn facts(page: &mut Page, scenario: &Scenario) {
    if scenario.facts.is_empty() {
        return;
    }
    page.head("facts");
    for fact in &scenario.facts {
        let mut text = format!("of each {}, ", kind(scenario, fact.kind));
        if let Some(count) = fact.count {
            text.push_str(&format!("counts to {count}, "));
        }
        text.push_str(if fact.initially { "initially on" } else { "initially off" });
        match fact.missing {
            Some(Missing::Open) => {
                let shown = words::shows(scenario, &fact.shows);
                text.push_str(&format!("; without it: too much is seen, {shown}"));
            }
            Some(Missing::Closed) => text.push_str("; without it: too little is seen"),
            None => {}
        }
        page.row(&fact.name, &text);
    }
}

fn pools(page: &mut Page, plan: &Plan) {
    let scenario = &*plan.scenario;
    if scenario.pools.is_empty() {
        return;
    }
    page.head("pools");
    for (index, pool) in scenario.pools.iter().enumerate() {
        let slots = words::slots(pool.slots);
        let whose = match pool.kind {
            crate::scenario::Kind::Rollout => String::new(),
            group => format!(" in each {}", kind(scenario, group)),
        };
        page.row(&pool.name, &format!("{slots}{whose}"));
        for (shift, &(calendar, _)) in pool.shifts.iter().zip(&plan.pools[index].shifts) {
            let when = calendars::inside(plan, &shift.windows, Some(calendar));
            page.more(&format!("{} {when}", words::slots(shift.slots)));
        }
        quotas(page, pool.quotas, &|most| match most {
            1 => "1 admission".to_owned(),
            _ => format!("{} admissions", words::grouped(most)),
        });
    }
}

fn links(page: &mut Page, scenario: &Scenario) {
    if scenario.links.is_empty() {
        return;
    }
    page.head("links");
    for link in &scenario.links {
        let whose = match link.kind {
            crate::scenario::Kind::Rollout => String::new(),
            group => format!(" in each {}", kind(scenario, group)),
        };
        page.row(&link.name, &format!("{}{whose}, shared max-min fairly", link.rate));
        quotas(page, link.quotas, &|most| Bytes(most).to_string());
    }
}

fn quotas(page: &mut Page, quotas: Quotas, amount: &dyn Fn(u64) -> String) {
    for (period, name) in Period::ALL.into_iter().zip(["hour", "day"]) {
        if let Some(most) = quotas.of(period) {
            page.more(&format!("at most {} in each {name} of the local clock", amount(most)));
        }
    }
}
