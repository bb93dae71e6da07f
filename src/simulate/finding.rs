//! Findings: the replications worth keeping, by the names of what they force.

use crate::kernel::{Base, Schedule, Setup, Sim};
use crate::model::{Choice, Entity};
use crate::monitor::{Watch, Window};
use crate::plan::SiteForm;
use crate::simulate::campaign::Campaign;
use crate::simulate::exposure::Exposure;
use crate::simulate::record::Record;
use crate::simulate::replay::Forced;
use crate::units::{Instant, Rate, Span};

/// A choice by name, with its value in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OverrideName {
    /// "tenant 417", "mailbox 3 of tenant 417", "rollout".
    pub entity: String,
    /// The site's name.
    pub site: String,
    /// Counted from 1.
    pub occurrence: u32,
    /// A duration, a rate, "yes" or "no", a number.
    pub value: String,
}

/// An exposure worth keeping.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// "first", "longest", "widest": why it is kept; several joined by " and ".
    pub why: String,
    /// The seed of population and draws.
    pub seed: u64,
    /// The replication it was found in.
    pub replication: u32,
    /// The window it is about.
    pub window: Window,
    /// What the tenant of the window was dealt, up to the end of the window.
    pub overrides: Vec<OverrideName>,
    /// Events of the whole run.
    pub events: u64,
    /// Hash over all events of the whole run.
    pub digest: u64,
}

/// What a site decides, for whoever turns values into words and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// A duration.
    Delay,
    /// A transfer rate.
    Rate,
    /// Yes or no.
    Decision,
    /// A whole number.
    Count,
}

impl Site {
    /// What a site's values are; `None` for those that no schedule overrides.
    #[must_use]
    pub fn of(form: &SiteForm) -> Option<Site> {
        match form {
            SiteForm::Delay(_) | SiteForm::Connect(_) | SiteForm::Outside { .. } => {
                Some(Site::Delay)
            }
            SiteForm::Rate(_) => Some(Site::Rate),
            SiteForm::Chance(_) | SiteForm::Strikes(_) => Some(Site::Decision),
            SiteForm::Count(_) => Some(Site::Count),
            SiteForm::Rank | SiteForm::Unused | SiteForm::ByClass(_) => None,
        }
    }

    /// A value in words.
    #[must_use]
    pub fn write(self, value: u64) -> String {
        match self {
            Site::Delay => Span(value).to_string(),
            // Exact, so that it reads back as the same number.
            Site::Rate => format!("{} B/h", Rate(value).0),
            Site::Decision => if value == 0 { "no" } else { "yes" }.to_owned(),
            Site::Count => value.to_string(),
        }
    }

    /// The value of words that [`Self::write`] wrote, or that a person would.
    ///
    /// # Errors
    /// A phrase that says what is wrong.
    pub fn read(self, text: &str) -> Result<u64, String> {
        match self {
            Site::Delay => Span::parse(text).map(|span| span.0),
            Site::Rate => Rate::parse(text).map(|rate| rate.0),
            Site::Decision => match text {
                "yes" => Ok(1),
                "no" => Ok(0),
                _ => Err(format!("`{text}` is neither `yes` nor `no`")),
            },
            Site::Count => text.parse().map_err(|_| format!("`{text}` is no whole number")),
        }
    }
}

/// A choice by name.
#[must_use]
pub fn name_choice(setup: &Setup, choice: Choice, value: u64) -> Option<OverrideName> {
    let form = Site::of(setup.form(choice.site, choice.entity))?;
    Some(OverrideName {
        entity: setup.world().name(setup.plan(), choice.entity),
        site: setup.plan().sites[choice.site.index()].name.clone(),
        occurrence: choice.occurrence,
        value: form.write(value),
    })
}

/// The first, the longest and the widest exposure of a campaign, each once.
#[must_use]
pub fn find(setup: &Setup, campaign: &Campaign) -> Vec<Finding> {
    let exposed = || campaign.records.iter().filter(|record| record.tenants_with_window > 0);
    let first = exposed().next().map(|record| (record.replication, Pick::Earliest));
    // The earliest of equals: `max_by_key` would keep the last.
    let most =
        |key: &dyn Fn(&Record) -> (u64, u64)| exposed().rev().max_by_key(|record| key(record));
    let longest = most(&|record| (record.longest.0, 0)).map(|r| (r.replication, Pick::Longest));
    let widest = most(&|record| (record.exposed.max, record.tenants_with_window));
    let widest = widest.map(|record| (record.replication, Pick::Widest));
    let mut findings: Vec<Finding> = Vec::new();
    for (replication, pick) in [first, longest, widest].into_iter().flatten() {
        let finding = keep(setup, replication, pick);
        let same = findings.iter_mut().find(|known| {
            (known.replication, &known.window) == (finding.replication, &finding.window)
        });
        match same {
            Some(known) => known.why = format!("{} and {}", known.why, finding.why),
            None => findings.push(finding),
        }
    }
    findings
}

#[derive(Clone, Copy)]
enum Pick {
    Earliest,
    Longest,
    Widest,
}

/// Runs a replication again and picks its window.
fn keep(setup: &Setup, replication: u32, pick: Pick) -> Finding {
    let mut sim = Sim::new(setup, Schedule::sampled(replication));
    let outcome = Watch::new(&sim).run(&mut sim);
    let windows = &outcome.windows;
    let by_reach =
        |window: &&Window| (Exposure::of_window(&sim, &outcome, window).0.max, window.length());
    let (why, window) = match pick {
        Pick::Earliest => ("first", windows.first()),
        Pick::Longest => ("longest", windows.iter().rev().max_by_key(|window| window.length())),
        Pick::Widest => ("widest", windows.iter().rev().max_by_key(by_reach)),
    };
    let window = window.expect("a replication with rows has windows").clone();
    Finding {
        why: why.to_owned(),
        seed: setup.seed,
        replication,
        overrides: choices_until(setup, replication, &window),
        events: outcome.events,
        digest: outcome.digest,
        window,
    }
}

/// The choices up to the end of a window for its tenant and for whoever has it. Those of other
/// entities follow from seed and replication; constants are nobody's choice.
fn choices_until(setup: &Setup, replication: u32, window: &Window) -> Vec<OverrideName> {
    let mut sim = Sim::new(setup, Schedule::sampled(replication));
    sim.record_choices();
    while sim.now() <= window.to && sim.step(&mut ()).is_none() {}
    let choices = sim.take_choices();
    let (plan, world) = (setup.plan(), setup.world());
    let tenant = window.tenant.map(|tenant| world.entity(plan.tenant(), tenant));
    let own = |entity: Entity| entity == window.entity || Some(entity) == tenant;
    let free = |choice: Choice| match setup.form(choice.site, choice.entity) {
        SiteForm::Delay(law) | SiteForm::Rate(law) | SiteForm::Connect(law) => {
            law.as_constant().is_none()
        }
        _ => true,
    };
    let choices = choices.iter().filter(|(choice, _)| free(*choice));
    let mine = choices.filter(|(choice, _)| own(choice.entity));
    mine.filter_map(|&(choice, value)| name_choice(setup, choice, value)).collect()
}

/// The schedule that a finding describes.
#[must_use]
pub fn schedule(replication: Option<u32>, forced: Forced) -> Schedule {
    let base = replication.map_or(Base::Nominal, |replication| Base::Sampled { replication });
    Schedule { base, overrides: forced.overrides, ranks: forced.ranks }
}

/// How far into a run a moment lies, in words.
#[must_use]
pub fn at(instant: Instant) -> String {
    Span(instant.0).to_string()
}
