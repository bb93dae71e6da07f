//! Waves, compiled. Who belongs to them depends on the population, so the model's world says.

use super::sites::SiteTable;
use super::{Cond, Gap, KindId, Plan, SiteId, index16};
use crate::scenario::{HALTED, Partition, Scenario, Starts};
use crate::units::Ratio;

/// One wave that the scenario names.
#[derive(Clone, Debug)]
pub struct WavePlan {
    /// Its name.
    pub name: String,
    /// Its tenants in progress at once.
    pub at_once: u32,
    /// Site of the time between two tenant starts, if not the rollout's.
    pub pace: Option<SiteId>,
    /// Site of the time from its end until the next wave's turn.
    pub soak: Option<SiteId>,
    /// It has ended once so large a share of its tenants is through.
    pub enough: Ratio,
    /// It starts no sooner than this, in microseconds since the start.
    pub not_before: u64,
}

impl WavePlan {
    /// How many of so many tenants are through when it has ended.
    #[must_use]
    pub fn needed(&self, tenants: u32) -> u32 {
        part(self.enough, tenants)
    }
}

/// A share of a number, rounded up: a share that is more than nothing is at least one.
pub(crate) fn part(share: Ratio, of: u32) -> u32 {
    // A product that is whole but for rounding stays that number.
    let exact = share.0 * f64::from(of) - 1e-9;
    (0..of).find(|&whole| f64::from(whole) >= exact).unwrap_or(of)
}

pub(super) fn compile(scenario: &Scenario, sites: &mut SiteTable) -> Vec<WavePlan> {
    let waves = scenario.waves.iter().map(|wave| {
        let mut site = |what: &str, dist: &Option<crate::scenario::Dist>| {
            let name = format!("wave {} / {what}", wave.name);
            dist.as_ref().map(|dist| sites.delay(&name, dist))
        };
        WavePlan {
            name: wave.name.clone(),
            at_once: wave.at_once.unwrap_or(u32::MAX),
            pace: site("pace", &wave.pace),
            soak: site("soak", &wave.soak),
            enough: wave.enough,
            not_before: wave.not_before.0,
        }
    });
    waves.collect()
}

impl Plan {
    /// The kind whose entities the waves are, if there are any.
    #[must_use]
    pub fn wave_kind(&self) -> Option<KindId> {
        let place = self.kinds.iter().position(|kind| kind.partition == Some(Partition::Waves))?;
        Some(KindId(u8::try_from(place).expect("few kinds")))
    }

    /// What of waves and halts a focal run leaves out.
    pub(super) fn course_gaps(&self) -> Vec<Gap> {
        let steered = self.acts.iter().any(|act| act.steers.any()) || self.reads_halts();
        let kind = self.wave_kind();
        let steps = kind.is_some_and(|kind| self.steps.iter().any(|step| step.kind == kind));
        let gaps = [(steered, Gap::Steered), (steps, Gap::StepsOfWaves)];
        gaps.into_iter().filter(|(there, _)| *there).map(|(_, gap)| gap).collect()
    }

    /// True if a condition names the fact that says whether the rollout is halted.
    fn reads_halts(&self) -> bool {
        let Some(fact) = self.halted else { return false };
        let fact = &self.facts[usize::from(fact)];
        let reads = |cond: &Cond| {
            let mut found = false;
            let mut mask =
                |level, mask: u64| found |= level == fact.kind && mask >> fact.bit & 1 == 1;
            cond.visit(&mut mask, &mut |_| {});
            found
        };
        let effects = |step: &super::StepPlan| {
            let lists = [&step.at_start, &step.at_end, &step.at_fail, &step.undo];
            lists.into_iter().flatten().any(|effect| reads(&effect.condition))
        };
        let step = |step: &super::StepPlan| {
            [&step.when, &step.done_if].into_iter().flatten().any(reads) || effects(step)
        };
        let does = |act: &super::ActPlan| act.does.iter().any(|effect| reads(&effect.condition));
        !fact.watchers.is_empty()
            || self.steps.iter().any(step)
            || self.acts.iter().any(does)
            || self.goals.iter().any(|goal| reads(&goal.when))
    }

    /// True if something resumes the rollout after a halt.
    #[must_use]
    pub fn resumes(&self) -> bool {
        self.acts.iter().any(|act| act.steers.starts == Some(Starts::Resume))
    }
}

/// The fact that says whether the rollout is halted, if anything halts it.
pub(super) fn halted(scenario: &Scenario) -> Option<u16> {
    let halts = scenario.halts();
    let place = scenario.facts.iter().position(|fact| fact.name == HALTED);
    place.filter(|_| halts).map(index16)
}
