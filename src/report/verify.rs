//! The report of `cutover verify`: the answer as data.

use serde::Serialize;

use crate::kernel::Setup;
use crate::plan::{Plan, SiteForm};
use crate::report::FORMAT;
use crate::report::margins::MarginsData;
use crate::report::verify_any::{AnyNumberData, FullData};
use crate::report::verify_contribution::ContributionData;
use crate::report::verify_covered::CoveredData;
use crate::report::verify_goals::{GoalVerdictData, exact};
use crate::report::words::Names;
use crate::simulate::{OverrideName, name_choice, name_order};
use crate::verify::{Doubt, Found, Length, Property, Verdict, Witness};

/// What `cutover verify` reports. Times are microseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerifyReport {
    /// [`crate::report::FORMAT`].
    pub format: u32,
    /// "verify".
    pub command: &'static str,
    /// The version that explored.
    pub version: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of the plan, hexadecimal.
    pub fingerprint: String,
    /// Seed of the population.
    pub seed: u64,
    /// "safe", "exposed" or "inconclusive": about the hazards.
    pub verdict: &'static str,
    /// A verdict of its own for each goal.
    pub goals: Vec<GoalVerdictData>,
    /// What the verdict is about.
    pub scope: ScopeData,
    /// Minimal sets of faults that expose somebody, each with a schedule that the simulator has
    /// replayed.
    pub fault_sets: Vec<SetData>,
    /// Sets whose schedules the simulator cannot follow, and why; they prune nothing.
    pub possible: Vec<SetData>,
    /// Schedules that should replay and do not: a bug of cutover.
    pub bugs: Vec<SetData>,
    /// How far each bound can be moved, if that was asked for.
    pub margins: Option<MarginsData>,
    /// What the verdict rests on.
    pub assumptions: Vec<String>,
    /// What is not exact; each only adds behaviours.
    pub abstractions: Vec<String>,
    /// The same with distributions cut at a quantile, if that was asked for and makes a difference to ask.
    pub covered: Option<CoveredData>,
    /// What it does not say.
    pub does_not_mean: Vec<String>,
    /// States kept, for hazards and goals.
    pub states: u64,
    /// Transitions computed, for both.
    pub transitions: u64,
}

/// What was explored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeData {
    /// So many tenants, all others left out; `null`: any number.
    pub tenants: Option<u32>,
    /// For any number: what was explored for it.
    pub any_number: Option<AnyNumberData>,
    /// Sets of at most so many faults were asked for.
    pub faults: usize,
    /// All schedules with at most so many faults were explored; `null`: not even those without.
    pub complete_to_faults: Option<usize>,
    /// Tenants that are alike were exchanged.
    pub symmetry: bool,
    /// Why not, if the plan is the reason.
    pub no_symmetry_because: Option<&'static str>,
}

/// One set of faults.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetData {
    /// The hazard; `null` for a set that misses a goal.
    pub hazard: Option<String>,
    /// Names of the faults; none: it takes no fault.
    pub faults: Vec<String>,
    /// Whose window, or for whom the goal is missed, in the schedule.
    pub entity: String,
    /// In whose session; `null`: live.
    pub user: Option<String>,
    /// For any number of tenants: the one of the focal run, in words.
    pub tenant: Option<String>,
    /// A schedule with it.
    pub witness: WitnessData,
    /// For any number of tenants: whether a run of the full rollout shows it, too.
    pub full_rollout: Option<FullData>,
    /// The longest window that these faults make possible, if it was asked for and is known.
    pub longest: Option<LongestData>,
    /// When the first window opens that they make possible, likewise.
    pub earliest: Option<EarliestData>,
    /// The file of a finding that replays the schedule, if `--out` names a folder for it.
    pub file: Option<String>,
    /// Of a hazard: what these faults account for, predicted.
    pub contribution: Option<ContributionData>,
}

/// A schedule over the nominal run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WitnessData {
    /// When the window opens at the earliest with these events in this order; of a goal, the deadline.
    pub earliest_us: u64,
    /// When it opens, or the deadline, in this schedule.
    pub from_us: u64,
    /// The window as the simulator has it: first instant after it.
    pub to_us: Option<u64>,
    /// It was open when the run ended.
    pub open_ended: bool,
    /// In a sentence, if the simulator has it.
    pub sentence: Option<String>,
    /// Choices that are not nominal.
    pub overrides: Vec<ForcedData>,
    /// Why the simulator may not be able to follow.
    pub doubts: Vec<&'static str>,
}

/// A choice forced to a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForcedData {
    /// "tenant 417", "rollout".
    pub entity: String,
    /// The site's name.
    pub site: String,
    /// Counted from 1.
    pub occurrence: u32,
    /// A duration, a rate, "yes" or "no", a number.
    pub value: String,
}

/// A longest window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LongestData {
    /// Its length; `null`: it need not end.
    pub length_us: Option<u64>,
    /// No window with these faults is longer.
    pub exact: bool,
    /// The simulator has one that long; else there is none longer.
    pub replayed: bool,
    /// A schedule with it; `null` if it need not end.
    pub witness: Option<WitnessData>,
}

/// An earliest window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EarliestData {
    /// No window with these faults opens before.
    pub at_us: u64,
    /// The simulator has one that opens then.
    pub replayed: bool,
    /// A schedule with it.
    pub witness: WitnessData,
}

impl VerifyReport {
    /// The report of a verdict.
    #[must_use]
    pub fn new(verdict: &Verdict, goals: &[Verdict]) -> VerifyReport {
        let setup = &verdict.setup;
        let plan = setup.plan();
        let sets = |list: &[Found]| list.iter().map(|found| set(setup, found)).collect();
        let all = || std::iter::once(verdict).chain(goals).map(|each| each.progress);
        VerifyReport {
            format: FORMAT,
            command: "verify",
            version: env!("CARGO_PKG_VERSION"),
            scenario: plan.scenario.name.clone(),
            fingerprint: format!("{:016x}", plan.fingerprint),
            seed: setup.seed,
            verdict: verdict.answer.word(),
            goals: (0u16..).zip(goals).map(|(goal, verdict)| exact(goal, verdict)).collect(),
            scope: ScopeData {
                tenants: Some(plan.scenario.tenants.count),
                any_number: None,
                faults: verdict.faults,
                complete_to_faults: verdict.complete,
                symmetry: verdict.symmetry.is_ok(),
                no_symmetry_because: verdict.symmetry.err(),
            },
            fault_sets: sets(&verdict.found),
            possible: sets(&verdict.possible),
            bugs: sets(&verdict.bugs),
            margins: None,
            assumptions: assumptions(verdict.setup.plan()),
            abstractions: verdict
                .abstractions
                .iter()
                .map(|abstraction| abstraction.sentence().to_owned())
                .collect(),
            covered: None,
            does_not_mean: does_not_mean(verdict),
            states: all().map(|progress| progress.states).sum(),
            transitions: all().map(|progress| progress.transitions).sum(),
        }
    }
}

pub(super) fn set(setup: &Setup, found: &Found) -> SetData {
    let (plan, world) = (setup.plan(), setup.world());
    let names = Names::new(plan);
    SetData {
        hazard: match found.property {
            Property::Hazard(hazard) => Some(names.hazard(hazard).to_owned()),
            Property::Goal(_) => None,
        },
        faults: found.faults.iter().map(|&fault| names.fault(fault).to_owned()).collect(),
        entity: world.name(plan, found.entity),
        user: found.user.map(|user| names.user(user).to_owned()),
        tenant: None,
        full_rollout: None,
        witness: witness(setup, &found.witness),
        longest: found.longest.as_ref().map(|length| longest(setup, length)),
        earliest: found.first.as_ref().map(|first| EarliestData {
            at_us: first.at.0,
            replayed: first.witness.window.is_some(),
            witness: witness(setup, &first.witness),
        }),
        file: None,
        contribution: None,
    }
}

fn longest(setup: &Setup, length: &Length) -> LongestData {
    LongestData {
        length_us: length.length.map(|length| length.0),
        exact: length.complete,
        replayed: length.replayed(),
        witness: length.witness.as_ref().map(|each| witness(setup, each)),
    }
}

/// The choices of a schedule by name, the order of events at one instant included.
pub(super) fn named(setup: &Setup, witness: &Witness) -> Vec<OverrideName> {
    let (plan, world) = (setup.plan(), setup.world());
    // A schedule that only the coarse focal run has may force what the run itself does not know.
    let choices = witness.overrides.iter();
    let choices = choices.filter(|(choice, _)| choice.site.index() < plan.sites.len());
    let mut named: Vec<OverrideName> =
        choices.filter_map(|(&choice, &value)| name_choice(setup, choice, value)).collect();
    named.extend(witness.ranks.iter().map(|(tie, rank)| OverrideName {
        entity: world.name(plan, tie.entity),
        site: name_order(plan, tie),
        occurrence: tie.occurrence,
        value: rank.to_string(),
    }));
    named
}

fn witness(setup: &Setup, witness: &Witness) -> WitnessData {
    let (plan, world) = (setup.plan(), setup.world());
    let named = named(setup, witness);
    let names = Names::new(plan);
    let window = witness.window.as_ref();
    let missed = witness.missed.as_ref().map(|missed| names.missed(world, missed));
    let sentence = window.map(|window| names.sentence(world, window, &named)).or(missed);
    let forced = |forced: &OverrideName| ForcedData {
        entity: forced.entity.clone(),
        site: forced.site.clone(),
        occurrence: forced.occurrence,
        value: forced.value.clone(),
    };
    WitnessData {
        earliest_us: witness.earliest,
        from_us: witness.from,
        to_us: witness.window.as_ref().map(|window| window.to.0),
        open_ended: witness.window.as_ref().is_some_and(|window| window.open_ended),
        sentence,
        overrides: named.iter().map(forced).collect(),
        doubts: witness.doubts.iter().map(|doubt| doubt_word(*doubt)).collect(),
    }
}

fn doubt_word(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Rate => "no rate gives a transfer exactly that long",
        Doubt::Link => "a transfer's length follows from who else is on its links",
        Doubt::Profile => "a profile keeps a user from connecting at that very instant",
        Doubt::Coarse => {
            "windows that are open at any time, or retries that nobody counts, make it possible; \
             whether the plan's own do took too many states to explore"
        }
        Doubt::Twice => "one choice would have two values",
    }
}

/// What a proof of a plan assumes.
pub(super) fn assumptions(plan: &Plan) -> Vec<String> {
    let ends = "every duration, delay and lease lies between the ends of its distribution";
    let mut list = vec![format!("{ends}; events of one instant come in any order")];
    // Reads are counted beside a run; they decide nothing in it.
    let reads = |index: usize| plan.readers.iter().any(|reader| reader.site.index() == index);
    let free: Vec<&str> = plan
        .sites
        .iter()
        .zip(0..)
        .filter(|(site, index)| unbounded(&site.form) && !reads(*index))
        .map(|(site, _)| site.name.as_str())
        .collect();
    if !free.is_empty() {
        list.push(format!("without an upper end, so they may take for ever: {}", free.join(", ")));
    }
    if plan.past_the_horizon().is_some() {
        list.push(format!(
            "runs end at the horizon, {}: up to there windows are known",
            plan.horizon
        ));
    }
    let names = Names::plain(plan);
    let faults = (0u16..).zip(&plan.faults).filter(|(_, fault)| fault.cost == 0);
    let ordinary: Vec<&str> = faults.map(|(index, _)| names.fault(index)).collect();
    if !ordinary.is_empty() {
        list.push(format!("always allowed, as ordinary misbehaviour: {}", ordinary.join(", ")));
    }
    list
}

fn unbounded(form: &SiteForm) -> bool {
    match form {
        SiteForm::Delay(law) => law.support().high.is_none(),
        SiteForm::Rate(law) => law.support().low == 0,
        SiteForm::Outside { nominal: Some(_), high: None, .. } => true,
        SiteForm::ByClass(forms) => forms.iter().any(unbounded),
        _ => false,
    }
}

fn does_not_mean(verdict: &Verdict) -> Vec<String> {
    let plan: &Plan = verdict.setup.plan();
    let tenants = plan.scenario.tenants.count;
    let mut list = vec![format!("nothing is said about rollouts of other than {tenants} tenants")];
    list.extend(nor(verdict.faults));
    list
}

/// What no proof says.
pub(super) fn nor(faults: usize) -> Vec<String> {
    vec![
        format!("nothing is said about more than {faults} different faults in one run"),
        "nor about what the scenario does not model".to_owned(),
    ]
}
