//! Events by name, where a schedule says who goes first at one instant.
//!
//! An override of an order stands among the others: for whom, `STEP / end / order`, for which time,
//! and the rank: events with a lower one go first, and those that are not named have 0.

use crate::kernel::Tie;
use crate::model::{Entity, TimerKind};
use crate::plan::Plan;
use crate::scenario::sites::environment;
use crate::scenario::{Renamable, present};

/// How the name of an order ends; no draw site ends so in its third part.
const ORDER: &str = " / order";

/// What the events of each owner are called.
const EVENTS: [(Owner, &str, TimerKind); 21] = [
    (Owner::Rollout, "pace", TimerKind::Pace),
    (Owner::Step, "start", TimerKind::Start),
    (Owner::Step, "end", TimerKind::End),
    (Owner::Step, "broken", TimerKind::Broken),
    (Owner::Step, "timeout", TimerKind::Timeout),
    (Owner::Step, "retry", TimerKind::Retry),
    (Owner::Step, "undo", TimerKind::Undo),
    (Owner::Step, environment::WAIT, TimerKind::Wait),
    (Owner::Step, environment::STARTS, TimerKind::Join),
    (Owner::Fact, "landing", TimerKind::Landing),
    (Owner::Fact, "expiry", TimerKind::Expiry),
    (Owner::Fact, "unforce", TimerKind::Unforce),
    (Owner::Pool, "restore", TimerKind::Restore),
    (Owner::Link, "unslow", TimerKind::Unslow),
    (Owner::User, "connect", TimerKind::Connect),
    (Owner::User, "disconnect", TimerKind::Disconnect),
    (Owner::Fault, "fail", TimerKind::Fail),
    (Owner::Fault, "undo fail", TimerKind::UndoFail),
    // The acts: reactions, and faults that stand free.
    (Owner::Reaction, "trigger", TimerKind::Act),
    (Owner::Fault, "trigger", TimerKind::Act),
    (Owner::Fault, "restart", TimerKind::Restart),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rollout,
    Step,
    Fact,
    Pool,
    Link,
    User,
    Fault,
    Reaction,
}

impl Owner {
    fn prefix(self) -> &'static str {
        match self {
            Owner::Rollout => "rollout",
            Owner::Step => "",
            Owner::Fact => "fact ",
            Owner::Pool => "pool ",
            Owner::Link => "link ",
            Owner::User => "user ",
            Owner::Fault => "fault ",
            Owner::Reaction => "reaction ",
        }
    }

    fn renamable(self) -> Option<Renamable> {
        match self {
            // Links keep their names.
            Owner::Rollout | Owner::Link => None,
            Owner::Step => Some(Renamable::Step),
            Owner::Fact => Some(Renamable::Fact),
            Owner::Pool => Some(Renamable::Pool),
            Owner::User => Some(Renamable::User),
            Owner::Fault => Some(Renamable::Fault),
            Owner::Reaction => Some(Renamable::Reaction),
        }
    }
}

/// Whether a name is meant to be that of an order.
#[must_use]
pub fn is_order(site: &str) -> bool {
    let changes = |rest: &str| {
        let last = rest.rsplit(" / ").next();
        last.is_some_and(|last| environment::CHANGES.contains(&last))
    };
    site.strip_suffix(ORDER).is_some_and(|rest| split(rest).is_some() || changes(rest))
}

fn split(rest: &str) -> Option<(Owner, &str, TimerKind)> {
    EVENTS.iter().find_map(|&(owner, event, kind)| {
        let name = rest.strip_suffix(event)?.strip_suffix(" / ")?.strip_prefix(owner.prefix())?;
        (!name.contains(" / ") && name.is_empty() == (owner == Owner::Rollout))
            .then_some((owner, name, kind))
    })
}

/// The name of an event's order.
#[must_use]
pub fn name_order(plan: &Plan, tie: &Tie) -> String {
    let scenario = &plan.scenario;
    let which = usize::from(tie.which);
    let inputs = plan.focal.as_ref().map(|focal| &focal.inputs);
    if let Some(inputs) = inputs.filter(|_| tie.kind == TimerKind::Flip) {
        return format!("{}{ORDER}", plan.sites[inputs[which].when.index()].name);
    }
    let (owner, name) = match tie.kind {
        TimerKind::Fail | TimerKind::UndoFail => {
            (Owner::Fault, scenario.faults[which].name.as_str())
        }
        TimerKind::Act | TimerKind::Restart => {
            match (plan.acts[which].reaction, plan.acts[which].fault) {
                (Some(reaction), _) => {
                    (Owner::Reaction, scenario.reactions[usize::from(reaction)].name.as_str())
                }
                (None, fault) => {
                    let (fault, _) = fault.expect("an act is a reaction or a fault");
                    (Owner::Fault, scenario.faults[usize::from(fault)].name.as_str())
                }
            }
        }
        TimerKind::Landing | TimerKind::Expiry | TimerKind::Unforce => {
            (Owner::Fact, scenario.facts[which].name.as_str())
        }
        TimerKind::Restore => (Owner::Pool, scenario.pools[which].name.as_str()),
        TimerKind::Unslow => (Owner::Link, scenario.links[which].name.as_str()),
        TimerKind::Connect | TimerKind::Disconnect => {
            let user = usize::from(plan.users[which].user);
            (Owner::User, scenario.users[user].name.as_str())
        }
        TimerKind::Pace | TimerKind::Calendar | TimerKind::Goal => (Owner::Rollout, ""),
        _ => (Owner::Step, scenario.steps[which].name.as_str()),
    };
    let known = EVENTS.iter().find(|(of, _, kind)| (*of, *kind) == (owner, tie.kind));
    let (_, event, _) = known.expect("events whose place may be chosen have names");
    format!("{}{name} / {event}{ORDER}", owner.prefix())
}

/// The event of a name, for an entity and an occurrence; `None`: the plan has no such.
#[must_use]
pub fn find_order(plan: &Plan, site: &str, entity: Entity, occurrence: u32) -> Option<Tie> {
    let event = site.strip_suffix(ORDER)?;
    // What others change in a focal run has its place by the name of its site.
    let inputs = plan.focal.iter().flat_map(|focal| &focal.inputs);
    let input = inputs.zip(0u16..).find(|(input, _)| plan.site(event) == Some(input.when));
    if let Some((_, which)) = input {
        return Some(Tie { kind: TimerKind::Flip, which, entity, occurrence });
    }
    let (owner, name, kind) = split(event)?;
    let scenario = &plan.scenario;
    let name = owner.renamable().map_or(name, |what| present(&scenario.renames, what, name));
    let position = |found: Option<usize>| found.and_then(|index| u16::try_from(index).ok());
    let act_of = |fault: usize| {
        let of = |act: &crate::plan::ActPlan| act.fault.map(|(index, _)| usize::from(index));
        plan.acts.iter().position(|act| of(act) == Some(fault))
    };
    let which = position(match owner {
        Owner::Rollout => Some(0),
        Owner::Step => scenario.steps.iter().position(|step| step.name == name),
        Owner::Fact => scenario.facts.iter().position(|fact| fact.name == name),
        Owner::Pool => scenario.pools.iter().position(|pool| pool.name == name),
        Owner::Link => scenario.links.iter().position(|link| link.name == name),
        Owner::User => {
            let called = |user: u16| scenario.users[usize::from(user)].name == name;
            plan.users.iter().position(|user| called(user.user))
        }
        Owner::Reaction => {
            let called = |index: u16| scenario.reactions[usize::from(index)].name == name;
            plan.acts.iter().position(|act| act.reaction.is_some_and(called))
        }
        Owner::Fault => {
            let fault = scenario.faults.iter().position(|fault| fault.name == name)?;
            let acts = matches!(kind, TimerKind::Act | TimerKind::Restart);
            if acts { act_of(fault) } else { Some(fault) }
        }
    })?;
    Some(Tie { kind, which, entity, occurrence })
}
