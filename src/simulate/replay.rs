//! A finding again, event for event; against a changed scenario, where it no longer fits.

use std::collections::BTreeMap;

use crate::kernel::{Monitor, Setup, Sim, Tie};
use crate::model::{Choice, Happening, Timer};
use crate::monitor::{Miss, Misses, Outcome, Timeline, Watch, Window};
use crate::plan::{Law, SiteForm};
use crate::simulate::finding::{OverrideName, Site, schedule};
use crate::simulate::ties::{find_order, is_order};
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
    /// Goals that were missed, with what stood in their way.
    pub misses: Vec<Miss>,
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

/// What lines force, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forced {
    /// Values.
    pub overrides: BTreeMap<Choice, u64>,
    /// Places among the events of one instant.
    pub ranks: BTreeMap<Tie, i16>,
}

/// What one line forces.
enum Line {
    Value(Choice, u64),
    Rank(Tie, i16),
}

/// Turns names into choices.
///
/// # Errors
/// Every line that does not fit: the entity, site or event is gone, the value cannot be read or
/// lies outside what the site can give.
pub fn resolve(setup: &Setup, lines: &[OverrideName]) -> Result<Forced, Vec<Misfit>> {
    let mut forced = Forced::default();
    let mut misfits = Vec::new();
    for line in lines {
        match resolve_line(setup, line) {
            Ok(Line::Value(choice, value)) => {
                forced.overrides.insert(choice, value);
            }
            Ok(Line::Rank(tie, rank)) => {
                forced.ranks.insert(tie, rank);
            }
            Err(why) => misfits.push(Misfit { line: line.clone(), why }),
        }
    }
    if misfits.is_empty() { Ok(forced) } else { Err(misfits) }
}

fn resolve_line(setup: &Setup, line: &OverrideName) -> Result<Line, String> {
    let (plan, world) = (setup.plan(), setup.world());
    let entity = world.find(plan, &line.entity);
    let entity = entity.ok_or_else(|| format!("there is no `{}`", line.entity))?;
    let gone = || format!("the plan has no `{}`", line.site);
    if is_order(&line.site) {
        let tie = find_order(plan, &line.site, entity, line.occurrence).ok_or_else(gone)?;
        let rank = line.value.parse();
        let rank = rank.map_err(|_| format!("`{}` is no rank: -32768 to 32767", line.value))?;
        return Ok(Line::Rank(tie, rank));
    }
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
    Ok(Line::Value(Choice { site, entity, occurrence: line.occurrence }, value))
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
    let forced = resolve(setup, lines)?;
    let mut sim = Sim::new(setup, schedule(replication, forced.clone()));
    sim.record_choices();
    let tenants = setup.world().count(setup.plan().tenant());
    let tenant = tenant.filter(|&tenant| tenant < tenants);
    let timeline =
        tenant.map(|tenant| Timeline::new(setup.world().entity(setup.plan().tenant(), tenant)));
    let mut both = Both { watch: Watch::new(&sim), misses: Misses::default(), timeline };
    let stop = sim.run(&mut both);
    let outcome = both.watch.finish(&sim, stop);
    let mut unmet = forced.overrides;
    for (choice, _) in sim.take_choices() {
        unmet.remove(&choice);
    }
    let unused = lines.iter().filter(|line| match resolve_line(setup, line) {
        Ok(Line::Value(choice, _)) => unmet.contains_key(&choice),
        Ok(Line::Rank(tie, _)) => !sim.met(&tie),
        Err(_) => false,
    });
    let unused = unused.cloned().collect();
    Ok(Replay { outcome, timeline: both.timeline, misses: both.misses.list, unused })
}

struct Both {
    watch: Watch,
    misses: Misses,
    timeline: Option<Timeline>,
}

impl Monitor for Both {
    fn event(&mut self, sim: &Sim, timer: Option<Timer>, happenings: &[Happening]) {
        self.watch.event(sim, timer, happenings);
        self.misses.event(sim, timer, happenings);
        if let Some(timeline) = &mut self.timeline {
            timeline.event(sim, timer, happenings);
        }
    }
}
