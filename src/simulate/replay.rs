//! A finding again, event for event; against a changed scenario, where it no longer fits.

use std::collections::BTreeMap;

use crate::kernel::{Monitor, Setup, Sim};
use crate::model::{Choice, Happening, Timer};
use crate::monitor::{Outcome, Timeline, Watch, Window};
use crate::plan::{Law, SiteForm};
use crate::simulate::finding::{OverrideName, Site, schedule};
use crate::units::{Rate, Span};

/// An override that a scenario has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which.
    pub line: OverrideName,
    /// Why, as a phrase.
    pub why: String,
}

/// A run of a finding.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What it came to.
    pub outcome: Outcome,
    /// The story of the tenant of the first window asked for.
    pub timeline: Option<Timeline>,
    /// Overrides that never came up, though the scenario has a place for them.
    pub unused: Vec<OverrideName>,
}

impl Replay {
    /// The window of this hazard, user and entity that overlaps or comes nearest to `like`.
    #[must_use]
    pub fn window_like(&self, like: &Window) -> Option<&Window> {
        let same = self.outcome.windows.iter().filter(|window| {
            window.cause.hazard == like.cause.hazard
                && window.user == like.user
                && window.entity == like.entity
        });
        same.min_by_key(|window| window.from.0.abs_diff(like.from.0))
    }
}

/// Turns names into choices.
///
/// # Errors
/// Every line that does not fit: the entity or site is gone, the value cannot be read or lies
/// outside what the site can give.
pub fn resolve(
    setup: &Setup,
    lines: &[OverrideName],
) -> Result<BTreeMap<Choice, u64>, Vec<Misfit>> {
    let mut overrides = BTreeMap::new();
    let mut misfits = Vec::new();
    for line in lines {
        match resolve_line(setup, line) {
            Ok((choice, value)) => {
                overrides.insert(choice, value);
            }
            Err(why) => misfits.push(Misfit { line: line.clone(), why }),
        }
    }
    if misfits.is_empty() { Ok(overrides) } else { Err(misfits) }
}

fn resolve_line(setup: &Setup, line: &OverrideName) -> Result<(Choice, u64), String> {
    let (plan, world) = (setup.plan(), setup.world());
    let entity = world.find(plan, &line.entity);
    let entity = entity.ok_or_else(|| format!("there is no `{}`", line.entity))?;
    let gone = || format!("the plan has no `{}`", line.site);
    let site = plan.site(&line.site).ok_or_else(gone)?;
    let form = setup.form(site, entity);
    let kind = Site::of(form).ok_or_else(gone)?;
    let value = kind.read(&line.value)?;
    match form {
        SiteForm::Delay(law) | SiteForm::Connect(law) => {
            inside(law, value, &|v| Span(v).to_string())?;
        }
        SiteForm::Rate(law) => inside(law, value, &|v| Rate(v).to_string())?,
        SiteForm::Outside { low, high, .. } if value < *low || high.is_some_and(|h| value > h) => {
            let high = high.map_or_else(|| "any length".to_owned(), |high| Span(high).to_string());
            return Err(format!("{} lies outside {} to {high}", Span(value), Span(*low)));
        }
        SiteForm::Count(most) if value > u64::from(*most) => {
            return Err(format!("{value} lies outside 0 to {most}"));
        }
        _ => {}
    }
    Ok((Choice { site, entity, occurrence: line.occurrence }, value))
}

fn inside(law: &Law, value: u64, write: &dyn Fn(u64) -> String) -> Result<(), String> {
    let support = law.support();
    if value >= support.low && support.high.is_none_or(|high| value <= high) {
        return Ok(());
    }
    let high = support.high.map_or_else(|| "any length".to_owned(), write);
    Err(format!("{} lies outside {} to {high}", write(value), write(support.low)))
}

/// Runs a schedule to the end, with the story of one tenant.
///
/// # Errors
/// The lines that do not fit the scenario.
pub fn replay(
    setup: &Setup,
    replication: Option<u32>,
    lines: &[OverrideName],
    tenant: Option<u32>,
) -> Result<Replay, Vec<Misfit>> {
    let overrides = resolve(setup, lines)?;
    let mut sim = Sim::new(setup, schedule(replication, overrides.clone()));
    sim.record_choices();
    let tenants = setup.world().count(setup.plan().tenant());
    let tenant = tenant.filter(|&tenant| tenant < tenants);
    let timeline =
        tenant.map(|tenant| Timeline::new(setup.world().entity(setup.plan().tenant(), tenant)));
    let mut both = Both { watch: Watch::new(&sim), timeline };
    let stop = sim.run(&mut both);
    let outcome = both.watch.finish(&sim, stop);
    let mut unmet = overrides;
    for (choice, _) in sim.take_choices() {
        unmet.remove(&choice);
    }
    let unused = lines.iter().filter(|line| {
        resolve_line(setup, line).is_ok_and(|(choice, _)| unmet.contains_key(&choice))
    });
    Ok(Replay { outcome, timeline: both.timeline, unused: unused.cloned().collect() })
}

struct Both {
    watch: Watch,
    timeline: Option<Timeline>,
}

impl Monitor for Both {
    fn event(&mut self, sim: &Sim, timer: Option<Timer>, happenings: &[Happening]) {
        self.watch.event(sim, timer, happenings);
        if let Some(timeline) = &mut self.timeline {
            timeline.event(sim, timer, happenings);
        }
    }
}
