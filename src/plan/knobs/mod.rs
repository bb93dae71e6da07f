//! Knobs: the single changes of a scenario that a designer could make, of a stated list.
//!
//! In: a scenario. Out: for each [`Knob`] a ladder of [`Change`]s, mildest first, each with the changed
//! scenario, a sentence, and the lines that make the change in a file which extends it. Nothing here
//! says whether a change helps: `search` replays a schedule under it, a prover may prove it. Next: the
//! engines.
//!
//! Knobs are what a plan's author decides: order, conditions, leases, retries, slots, sessions. How
//! long something takes and what goes wrong is the world's, and no knob.

mod asks;
mod order;
mod rest;
mod steps;
mod text;

use crate::scenario::Scenario;

/// A kind of knob. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `for` on an effect.
    Lease,
    /// `needs` and `holds` of a step.
    Needs,
    /// `while` of a reaction.
    While,
    /// `if` of an effect of a failure or a rollback.
    If,
    /// Two neighbouring steps, the other way round.
    Order,
    /// A step that waits for one more.
    After,
    /// `retry`.
    Retry,
    /// `timeout`.
    Timeout,
    /// `on-failure`.
    OnFailure,
    /// `done-if`.
    DoneIf,
    /// `until` of a slot.
    Until,
    /// `priority`.
    Priority,
    /// `slots` of a pool.
    Slots,
    /// `after` or `every` of a reaction.
    Trigger,
    /// A reaction less.
    Without,
    /// A user's sessions.
    Session,
    /// `at-once`.
    AtOnce,
    /// `journal`, `when-cut`, and the order of effects that a crash may cut.
    Crash,
    /// `join`.
    Join,
    /// `late` landings.
    Late,
}

impl Family {
    /// All, in order.
    pub const ALL: [Family; 20] = [
        Family::Lease,
        Family::Needs,
        Family::While,
        Family::If,
        Family::Order,
        Family::After,
        Family::Retry,
        Family::Timeout,
        Family::OnFailure,
        Family::DoneIf,
        Family::Until,
        Family::Priority,
        Family::Slots,
        Family::Trigger,
        Family::Without,
        Family::Session,
        Family::AtOnce,
        Family::Crash,
        Family::Join,
        Family::Late,
    ];

    /// In a word or two, for lists.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Family::Lease => "leases",
            Family::Needs => "`needs` and `holds`",
            Family::While => "`while` of reactions",
            Family::If => "`if` of effects",
            Family::Order => "order of neighbours",
            Family::After => "`after`",
            Family::Retry => "retries",
            Family::Timeout => "timeouts",
            Family::OnFailure => "`on-failure`",
            Family::DoneIf => "`done-if`",
            Family::Until => "slots held `until`",
            Family::Priority => "priority",
            Family::Slots => "slots",
            Family::Trigger => "timing of reactions",
            Family::Without => "reactions left out",
            Family::Session => "sessions",
            Family::AtOnce => "`at-once`",
            Family::Crash => "journal and crashes",
            Family::Join => "`join`",
            Family::Late => "late landings",
        }
    }
}

/// One change of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is changed, for people.
    pub words: String,
    /// The same for a file that extends the scenario.
    pub toml: String,
    /// The scenario with it.
    pub scenario: Scenario,
}

/// What can be turned, and how far: the first change of the ladder that helps is the one to name.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Of which kind it is.
    pub family: Family,
    /// Mildest first; at least one.
    pub ladder: Vec<Change>,
}

/// The knobs of a scenario, family by family, in plan order.
#[must_use]
pub fn knobs(scenario: &Scenario) -> Vec<Knob> {
    let mut list = List { scenario, knobs: Vec::new() };
    steps::leases(&mut list);
    asks::needs(&mut list);
    asks::whiles(&mut list);
    asks::ifs(&mut list);
    order::neighbours(&mut list);
    order::waits(&mut list);
    steps::retries(&mut list);
    steps::timeouts(&mut list);
    steps::on_failure(&mut list);
    steps::done_if(&mut list);
    order::untils(&mut list);
    steps::priorities(&mut list);
    rest::slots(&mut list);
    rest::triggers(&mut list);
    rest::without(&mut list);
    rest::sessions(&mut list);
    rest::at_once(&mut list);
    rest::crashes(&mut list);
    rest::joins(&mut list);
    rest::late(&mut list);
    list.knobs
}

/// The knobs that are known so far.
struct List<'a> {
    scenario: &'a Scenario,
    knobs: Vec<Knob>,
}

impl List<'_> {
    /// The scenario with a change; `None`: it changes nothing.
    fn change(&self, words: String, edit: impl Fn(&mut Scenario)) -> Option<Change> {
        let mut scenario = self.scenario.clone();
        edit(&mut scenario);
        let toml = text::changes(self.scenario, &scenario);
        (!toml.is_empty()).then_some(Change { words, toml, scenario })
    }

    fn add(&mut self, family: Family, ladder: impl IntoIterator<Item = Option<Change>>) {
        let ladder: Vec<Change> = ladder.into_iter().flatten().collect();
        if !ladder.is_empty() {
            self.knobs.push(Knob { family, ladder });
        }
    }

    /// A knob with one change.
    fn one(&mut self, family: Family, words: String, edit: impl Fn(&mut Scenario)) {
        let change = self.change(words, edit);
        self.add(family, [change]);
    }
}

/// A name in a sentence.
fn mark(name: &str) -> String {
    format!("*{name}*")
}
