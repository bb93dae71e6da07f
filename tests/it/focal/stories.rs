//! Random plans to compare runs of, and what happens in a run, in words.

use cutover::model::{Entity, Happening, Rules};

use crate::plans;

/// A random plan in which nothing happens at one instant by chance, with facts of a wave and
/// hazards that look at everything.
pub(super) fn text(plan: &plans::PlanChoice) -> String {
    let mut text = plans::text(plan);
    for seconds in (2..=9).rev() {
        let around = format!("{{ uniform = ['{}s', '{}s'] }}", seconds - 1, seconds + 1);
        for key in ["after", "for", "wait", "undo-duration", "slow"] {
            text = text.replace(&format!("{key} = '{seconds}s'"), &format!("{key} = {around}"));
        }
    }
    for low in 0..9 {
        let same = format!("['{low}s', '{low}s']");
        text = text.replace(&same, &format!("['{low}s', '{}s']", low + 1));
    }
    let own = "{ on = 'g', after = { uniform = ['1s', '3s'] } }";
    let lasting = "{ uniform = ['1s', '6s'] }";
    text = text.replace(own, &format!("{own}, {{ on = 'v', after = {lasting} }}"));
    let routed = "{ on = 'r', after = { uniform = ['2s', '4s'] } }";
    text = text.replace(
        routed,
        &format!("{routed}, {{ off = 'v', after = {lasting} }}, {{ on = 'g', after = {lasting} }}"),
    );
    text = text.replace("needs = 'f'", "needs = 'f or v'");
    text = text.replace("needs = 'not r'", "needs = 'not r or any(tenant: g)'");
    text + "
[facts.v]
each = 'wave'
[[hazard]]
name = 'own'
when = 'g and not v'
[[hazard]]
name = 'of the wave'
each = 'wave'
when = 'v and any(tenant: g) and not all(tenant: g)'
[[hazard]]
name = 'of the rollout'
each = 'rollout'
when = 'count(tenant: g) >= 2 and not r'
[[hazard]]
name = 'seen'
when = 'r and f'
"
}

/// What happens to some entities before an instant, in words, sorted within each instant.
pub(super) fn story(
    rules: &Rules,
    log: impl Iterator<Item = (u64, Happening)>,
    names: &dyn Fn(Entity) -> Option<Entity>,
    until: u64,
) -> Vec<(u64, String)> {
    let mut story: Vec<(u64, String)> = Vec::new();
    for (at, happening) in log.filter(|(at, _)| *at < until) {
        let (entity, what) = match happening {
            Happening::TenantStarted(entity) => (entity, "starts".to_owned()),
            Happening::RolledBack(entity) => (entity, "rolled back".to_owned()),
            Happening::Attempt { step, entity, number } => {
                (entity, format!("attempt {number} of {step}"))
            }
            Happening::AttemptFailed { step, entity, why, retried } => {
                (entity, format!("{step} fails {why:?} {retried}"))
            }
            Happening::StepEnded { step, entity, outcome } => {
                (entity, format!("{step} ends {outcome:?}"))
            }
            Happening::Undone { step, entity } => (entity, format!("{step} is undone")),
            Happening::Changed { fact, entity, on, .. } => (entity, format!("{fact} is {on}")),
            Happening::Hazard { hazard, entity, open, .. } => {
                (entity, format!("hazard {hazard} {open}"))
            }
            _ => continue,
        };
        if let Some(stands) = names(entity) {
            story.push((at, format!("{} {what}", rules.world.name(&rules.plan, stands))));
        }
    }
    story.sort();
    story
}
