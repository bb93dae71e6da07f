//! The report of `cutover verify` about rollouts of any number of tenants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::check::InFull;
use crate::kernel::Setup;
use crate::plan::{Gap, Plan, Scope};
use crate::report::FORMAT;
use crate::report::verify::{ScopeData, SetData, VerifyReport, assumptions, nor, set};
use crate::report::verify_goals::any_number_of;
use crate::report::words::{Names, count, listed};
use crate::simulate::{Attempt, Others, Trial};
use crate::units::Span;
use crate::verify::{Overall, Set, Waits};

/// What stands for any number of tenants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnyNumberData {
    /// The tenants of the focal runs, in words.
    pub tenants: Vec<String>,
    /// How long anybody may wait.
    #[serde(flatten)]
    pub waits: WaitsData,
    /// Why one tenant cannot stand for all: nothing is called safe while there is a reason.
    pub gaps: Vec<String>,
}

/// How long anybody may wait, if an answer is to hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitsData {
    /// As long as nobody waits longer for pools; `null`: however long anybody waits.
    pub wait_us: Option<u64>,
    /// That is the longest such wait; else the budget ended before more was known.
    pub wait_is_exact: bool,
    /// Pools that are waited for: if the bound is not about all waits, those that it is about.
    pub pools: Vec<String>,
    /// Sets of faults that a wait of 1 µs more makes possible.
    pub beyond: Vec<Vec<String>>,
    /// How often somebody waits longer, if waits are bounded.
    pub predicted: Option<PredictedData>,
}

/// Waits in simulated runs of the full rollout.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PredictedData {
    /// Runs in which somebody waits longer.
    pub runs: u32,
    /// Of so many.
    pub of: u32,
    /// Least and greatest chance of such a run, with 95 % confidence.
    pub chance: [f64; 2],
    /// The longest wait of all runs.
    pub longest_us: u64,
}

/// Whether the full rollout shows what a focal run does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FullData {
    /// A run of it does.
    pub reached: bool,
    /// Runs that were tried.
    pub tried: usize,
    /// The one that does, in words.
    pub how: Option<String>,
}

impl VerifyReport {
    /// The report of a verdict about any number of tenants.
    #[must_use]
    pub fn overall(
        full: &Setup,
        (overall, tried): (&Overall, &InFull),
        goals: &[(Overall, InFull)],
    ) -> VerifyReport {
        let plan = full.plan();
        let data = |each: &Set| data(overall, each);
        let about_goals = || goals.iter().map(|(goal, _)| goal.progress);
        let all = || std::iter::once(overall.progress).chain(about_goals());
        let abstractions: BTreeSet<_> = overall
            .parts
            .iter()
            .flat_map(|part| part.verdict.abstractions.iter().copied())
            .collect();
        VerifyReport {
            format: FORMAT,
            command: "verify",
            version: env!("CARGO_PKG_VERSION"),
            scenario: plan.scenario.name.clone(),
            fingerprint: format!("{:016x}", plan.fingerprint),
            seed: full.seed,
            verdict: overall.answer.word(),
            goals: (0u16..)
                .zip(goals)
                .map(|(goal, (overall, tried))| any_number_of(full, goal, overall, tried))
                .collect(),
            scope: ScopeData {
                tenants: None,
                any_number: Some(any_number(plan, overall, tried)),
                faults: overall.faults,
                complete_to_faults: overall.complete,
                symmetry: true,
                no_symmetry_because: None,
            },
            fault_sets: tried_sets(full, overall, tried),
            possible: overall.possible.iter().map(data).collect(),
            bugs: overall.bugs.iter().map(data).collect(),
            margins: None,
            assumptions: assumed(overall),
            abstractions: abstractions.iter().map(|each| each.sentence().to_owned()).collect(),
            covered: None,
            does_not_mean: nor(overall.faults),
            states: all().map(|progress| progress.states).sum(),
            transitions: all().map(|progress| progress.transitions).sum(),
        }
    }
}

/// Minimal sets, each with what the full rollout shows of it.
pub(super) fn tried_sets(full: &Setup, overall: &Overall, tried: &InFull) -> Vec<SetData> {
    let mut sets: Vec<SetData> = overall.found.iter().map(|set| data(overall, set)).collect();
    for (set, trial) in sets.iter_mut().zip(&tried.trials) {
        set.full_rollout = Some(full_rollout(full, trial.as_ref()));
    }
    sets
}

pub(super) fn data(overall: &Overall, each: &Set) -> SetData {
    let part = &overall.parts[each.part];
    let tenant = Some(tenant(part.setup.plan(), &part.scope));
    // What the focal run itself does not confirm is told in the terms of what was explored.
    let setup = if each.found.witness.confirmed() { &part.setup } else { &part.verdict.setup };
    SetData { tenant, ..set(setup, &each.found) }
}

fn any_number(plan: &Plan, overall: &Overall, tried: &InFull) -> AnyNumberData {
    let names = Names::new(plan);
    AnyNumberData {
        tenants: overall.parts.iter().map(|part| tenant(plan, &part.scope)).collect(),
        waits: waits(plan, overall, tried),
        gaps: overall.gaps.iter().map(|gap| sentence(&names, *gap)).collect(),
    }
}

/// How long anybody may wait.
pub(super) fn waits(plan: &Plan, overall: &Overall, tried: &InFull) -> WaitsData {
    let names = Names::new(plan);
    let (wait_us, wait_is_exact) = match overall.waits {
        Waits::Any => (None, true),
        Waits::AtMost(wait) => (Some(wait.0), true),
        Waits::AtLeast(wait) => (Some(wait.0), false),
    };
    let beyond: BTreeSet<&Vec<u16>> = overall.beyond.iter().map(|found| &found.faults).collect();
    let waited = (0u16..)
        .zip(&plan.steps)
        .filter(|(index, _)| wait_us.is_none() || overall.waiting.contains(index));
    let waited = waited.map(|(_, step)| step);
    let used: BTreeSet<u16> =
        waited.flat_map(|step| step.uses.iter().map(|used| used.pool)).collect();
    let pool = |pool: u16| plan.scenario.pools[usize::from(pool)].name.clone();
    WaitsData {
        wait_us,
        wait_is_exact,
        pools: used.into_iter().map(pool).collect(),
        beyond: beyond
            .into_iter()
            .map(|set| set.iter().map(|&fault| names.fault(fault).to_owned()).collect())
            .collect(),
        predicted: tried.beyond.as_ref().map(|beyond| PredictedData {
            runs: beyond.runs,
            of: beyond.of,
            chance: [beyond.chance.low, beyond.chance.high],
            longest_us: beyond.longest.0,
        }),
    }
}

/// "a tenant of class `large` that moves, with 2 mailboxes".
fn tenant(plan: &Plan, scope: &Scope) -> String {
    let line = scope.line(plan);
    let class = line.class.map_or(String::new(), |class| format!(" of class `{class}`"));
    let mailboxes = match line.mailboxes {
        0 => String::new(),
        number => format!(", with {}", count(u64::from(number), "mailbox", "mailboxes")),
    };
    let moves = match (line.migrated, line.moving.is_empty()) {
        (false, _) => "moves".to_owned(),
        (true, true) => "has moved".to_owned(),
        (true, false) => format!("has moved while others of its {} move", listed(&line.moving)),
    };
    format!("a tenant{class} that {moves}{mailboxes}")
}

pub(super) fn sentence(names: &Names<'_>, gap: Gap) -> String {
    match gap {
        Gap::UndoOfMailboxes(step) => format!(
            "a rollback undoes {} for each mailbox in turn, and only some are followed",
            names.step(step)
        ),
        Gap::ForgottenMailboxes => {
            "a crash that forgets lets mailboxes end a step again, and only some are followed"
                .to_owned()
        }
        Gap::Steered => {
            "others resume or halt the rollout, or roll a tenant back, which is not followed"
                .to_owned()
        }
        Gap::StepsOfWaves => {
            "a step of a wave starts with the wave's turn, which is not followed".to_owned()
        }
    }
}

/// Assumptions of all scopes; what one step takes has another bound in another scope.
fn assumed(overall: &Overall) -> Vec<String> {
    let mut list = Vec::new();
    let mut transfers: BTreeMap<&str, (u64, Option<u64>)> = BTreeMap::new();
    for part in &overall.parts {
        let plan = part.setup.plan();
        for line in assumptions(plan) {
            if !list.contains(&line) {
                list.push(line);
            }
        }
        for site in &plan.sites {
            let ending = crate::scenario::sites::environment::TRANSFER;
            let crate::plan::SiteForm::Outside { low, high, .. } = site.form else { continue };
            if site.name.ends_with(ending) {
                let known = transfers.entry(&site.name).or_insert((low, Some(0)));
                known.0 = known.0.min(low);
                known.1 = known.1.zip(high).map(|(known, high)| known.max(high));
            }
        }
    }
    for (name, (low, high)) in transfers {
        let high = high.map_or_else(|| "for ever".to_owned(), |high| Span(high).to_string());
        list.push(format!(
            "{name} takes from {}, the least size at the greatest rate, to {high}, the greatest size \
             at the least rate",
            Span(low)
        ));
    }
    list
}

fn full_rollout(full: &Setup, trial: Option<&Trial>) -> FullData {
    let Some(trial) = trial else { return FullData { reached: false, tried: 0, how: None } };
    let how = trial.reached.as_ref().map(|reached| {
        let Attempt { tenant, others } = reached.attempt;
        let others = match others {
            Others::Nominal => "all others nominal",
            Others::Slow => "all others as slow as can be",
        };
        let (plan, world) = (full.plan(), full.world());
        let name = world.name(plan, world.entity(plan.tenant(), tenant));
        format!("{name} in the focal tenant's part, {others}, at {}", reached.shown.at())
    });
    FullData { reached: how.is_some(), tried: trial.tried.len(), how }
}
