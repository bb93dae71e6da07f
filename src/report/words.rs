//! Numbers, causes and happenings in words, for people who have not read the code.

use crate::kernel::Stop;
use crate::model::World;
use crate::monitor::{Cause, Opener, StopReason, Window};
use crate::plan::{BendPlan, Plan, SiteForm};
use crate::scenario::{FactId, Shows, Whose, Write};
use crate::simulate::OverrideName;
use crate::units::Span;

/// "2,300".
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits, or a whole number: "1.23", "0.0045", "1,632".
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if size >= 100.0 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", grouped(size.round() as u64));
    }
    let mut places = 2;
    let mut edge = 1.0;
    while size > 0.0 && size < edge && places < 12 {
        places += 1;
        edge /= 10.0;
    }
    if size >= 10.0 {
        places = 1;
    }
    let text = format!("{value:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// "1.8 %".
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// A mean of microseconds, briefly.
pub(super) fn time(micros: f64) -> String {
    Span(micros.max(0.0).round() as u64).brief()
}

/// "1 tenant", "3 tenants".
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// "a", "a and b", "a, b and c".
pub(super) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Names by index.
pub(super) struct Names<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What sets a name off from the sentence around it.
    mark: &'static str,
}

impl<'a> Names<'a> {
    /// Names set off by asterisks.
    pub(super) fn new(plan: &'a Plan) -> Names<'a> {
        Names { plan, mark: "*" }
    }

    /// Names as they are, for tables and files.
    pub(super) fn plain(plan: &'a Plan) -> Names<'a> {
        Names { plan, mark: "" }
    }
}

impl Names<'_> {
    /// A name set off from the sentence around it.
    pub(super) fn mark(&self, name: &str) -> String {
        format!("{0}{name}{0}", self.mark)
    }

    fn marked<S: AsRef<str>>(&self, names: &[S]) -> String {
        let names: Vec<String> = names.iter().map(|name| self.mark(name.as_ref())).collect();
        listed(&names)
    }

    pub(super) fn step(&self, step: u16) -> &str {
        &self.plan.scenario.steps[usize::from(step)].name
    }

    pub(super) fn fault(&self, fault: u16) -> &str {
        &self.plan.scenario.faults[usize::from(fault)].name
    }

    pub(super) fn fact(&self, fact: u16) -> &str {
        &self.plan.scenario.facts[usize::from(fact)].name
    }

    pub(super) fn hazard(&self, hazard: u16) -> &str {
        &self.plan.scenario.hazards[usize::from(hazard)].name
    }

    pub(super) fn goal(&self, goal: u16) -> &str {
        &self.plan.scenario.goals[usize::from(goal)].name
    }

    pub(super) fn reaction(&self, reaction: u16) -> &str {
        &self.plan.scenario.reactions[usize::from(reaction)].name
    }

    /// A user that keeps sessions, by index in the plan's users.
    pub(super) fn user(&self, user: u16) -> &str {
        let user = self.plan.users[usize::from(user)].user;
        &self.plan.scenario.users[usize::from(user)].name
    }

    /// A reaction or free-standing fault, by index in the plan's acts.
    pub(super) fn act(&self, act: u16) -> &str {
        let act = &self.plan.acts[usize::from(act)];
        match (act.fault, act.reaction) {
            (Some((fault, _)), _) => self.fault(fault),
            (None, Some(reaction)) => self.reaction(reaction),
            (None, None) => "something",
        }
    }

    pub(super) fn steps(&self, steps: &[u16]) -> Vec<String> {
        steps.iter().map(|&step| self.step(step).to_owned()).collect()
    }

    pub(super) fn faults(&self, faults: &[u16]) -> Vec<String> {
        faults.iter().map(|&fault| self.fault(fault).to_owned()).collect()
    }

    /// The event that opened a window: "the lease on *access* ran out".
    pub(super) fn opener(&self, cause: &Cause) -> String {
        match (cause.opener, cause.live) {
            // That there is a session says nothing about why it sees what it sees.
            (Opener::Connect(user), Some(live))
                if !matches!(live, Opener::Start | Opener::Other) =>
            {
                let (user, why) = (self.mark(self.user(user)), self.event(live, cause.hazard));
                format!("{why} and {user} connected")
            }
            (opener, _) => self.event(opener, cause.hazard),
        }
    }

    fn event(&self, opener: Opener, hazard: u16) -> String {
        match opener {
            Opener::Start => "it was so from the start".to_owned(),
            Opener::Expiry(fact) => format!("the lease on {} ran out", self.mark(self.fact(fact))),
            Opener::Landing(fact) => {
                format!("a delayed change of {} landed", self.mark(self.fact(fact)))
            }
            Opener::Step(step) => self.step_did(step, hazard),
            Opener::Undo(step) => format!("{} was undone", self.mark(self.step(step))),
            Opener::Act(act) => format!("{} struck", self.mark(self.act(act))),
            Opener::Force(fact) => {
                format!("the forced value of {} ended", self.mark(self.fact(fact)))
            }
            Opener::Connect(user) => format!("{} connected", self.mark(self.user(user))),
            Opener::Other => "of a session's end or of slots that came back".to_owned(),
        }
    }

    /// What a step did that opened a window: took the permission away, or let people in.
    fn step_did(&self, step: u16, hazard: u16) -> String {
        let name = self.mark(self.step(step));
        let written = &self.plan.scenario.steps[usize::from(step)];
        let effects = || written.at_start.iter().chain(&written.at_end).chain(&written.at_fail);
        let permission = self.plan.scenario.hazards[usize::from(hazard)].derived;
        let taken = effects().any(|e| e.write == Write::Off && Some(e.fact) == permission);
        let opened = |fact: FactId| self.plan.access == Some(fact.0);
        match permission {
            Some(permission) if taken => {
                format!("{name} took {} away", self.mark(self.fact(permission.0)))
            }
            Some(_) if effects().any(|e| e.write == Write::On && opened(e.fact)) => {
                format!("{name} let people in")
            }
            _ => format!("{name} took effect"),
        }
    }

    /// Why, without the figures of one run.
    pub(super) fn cause(&self, cause: &Cause) -> String {
        self.caused(self.opener(cause), cause)
    }

    /// What opened a window, then what was under way, then what had gone wrong.
    fn caused(&self, opener: String, cause: &Cause) -> String {
        let mut text = opener;
        let opened = cause.live.unwrap_or(cause.opener);
        // The step that opened it may have begun its next attempt.
        let others = cause.running.iter().copied();
        let others = others.filter(|&step| opened != Opener::Step(step));
        let running = self.steps(&others.collect::<Vec<u16>>());
        if !running.is_empty() {
            let verb = if running.len() == 1 { "was" } else { "were" };
            text.push_str(&format!(" while {} {verb} under way", self.marked(&running)));
        }
        let permission = self.plan.scenario.hazards[usize::from(cause.hazard)].derived;
        if let (true, Some(permission)) = (cause.landing, permission) {
            let permission = self.mark(self.fact(permission.0));
            text.push_str(&format!(" before a change of {permission} had landed"));
        }
        // The fault that opened it is named already.
        let opened_by = match opened {
            Opener::Act(act) => self.plan.acts[usize::from(act)].fault.map(|(fault, _)| fault),
            _ => None,
        };
        text.push_str(&self.after_faults(cause, opened_by));
        text
    }

    /// ", after the fault *x*": the faults of a cause but for the one that is named already.
    fn after_faults(&self, cause: &Cause, named: Option<u16>) -> String {
        let others = cause.faults.iter().copied().filter(|&fault| Some(fault) != named);
        let others = self.faults(&others.collect::<Vec<u16>>());
        match others.len() {
            0 => String::new(),
            1 => format!(", after the fault {}", self.marked(&others)),
            _ => format!(", after the faults {}", self.marked(&others)),
        }
    }

    /// The sentence about one window: who could read what, for how long, and why.
    pub(super) fn sentence(
        &self,
        world: &World,
        window: &Window,
        dealt: &[OverrideName],
    ) -> String {
        let entity = world.name(self.plan, window.entity);
        let who = match window.user {
            // "mailbox 3 of tenant 17's Outlook" would be the tenant's.
            Some(user) if entity.contains(" of ") => format!("{} of {entity}", self.user(user)),
            Some(user) => format!("{entity}'s {}", self.user(user)),
            None => entity,
        };
        let hazard = &self.plan.scenario.hazards[usize::from(window.cause.hazard)];
        let lasted = match window.open_ended {
            true => format!("for {} and on after the end", window.length().brief()),
            false => format!("for {}", window.length().brief()),
        };
        let told = self.dealt(window, dealt).unwrap_or_else(|| self.cause(&window.cause));
        if hazard.derived.is_some() || !hazard.shows.data.is_empty() {
            let what = self.shown(&hazard.shows);
            // Where everybody reads in sessions, a live window shows something to new ones only; a
            // session that did connect has a window of its own.
            let users = &self.plan.scenario.users;
            let sessions = !users.is_empty() && users.iter().all(|user| user.session.is_some());
            let who = match window.user {
                None if sessions => format!("whoever connected at {who}"),
                _ => who,
            };
            return format!("{who} could read {what} {lasted}, because {told}");
        }
        format!("{} held of {who} {lasted}, because {told}", self.mark(&hazard.name))
    }

    /// What a hazard shows.
    pub(super) fn shown(&self, shows: &Shows) -> String {
        let data = if shows.data.is_empty() {
            "the data".to_owned()
        } else {
            format!("the {}", listed(&shows.data))
        };
        match shows.whose {
            // A focal run leaves the others out; elsewhere a sentence must not speak of any where there
            // are none.
            Whose::All if self.plan.scenario.tenants.count == 1 && self.plan.focal.is_none() => {
                format!("{data} of all tenants")
            }
            Whose::All => format!("{data} of all other tenants"),
            Whose::Own => format!("{data} of its own tenant"),
            Whose::Group(group) => {
                let group = &self.plan.scenario.groups[usize::from(group)].name;
                format!("{data} of its {group}")
            }
        }
    }

    /// "*public-folder root* took 8 h 15 m (*public folders slow*) while the lease on *access*
    /// lasts 8 h": with the figures that this run was dealt, where a lease ran out.
    fn dealt(&self, window: &Window, dealt: &[OverrideName]) -> Option<String> {
        let cause = &window.cause;
        let Opener::Expiry(fact) = cause.live.unwrap_or(cause.opener) else { return None };
        let (lease, lasts) = self.lease(fact, dealt)?;
        let lock = self.mark(self.fact(fact));
        let connected = match cause.opener {
            Opener::Connect(user) => format!(" and {} connected", self.mark(self.user(user))),
            _ => String::new(),
        };
        // What came before may have taken the time; then a step's own length explains nothing.
        let outlasted = self.outlasts(cause, dealt).filter(|(_, taken, _)| *taken >= lease);
        let Some((step, taken, slow)) = outlasted else {
            let opener = format!("the lease on {lock} ran out after {lasts}{connected}");
            return Some(self.caused(opener, cause));
        };
        let why =
            slow.map(|fault| format!(" ({})", self.mark(self.fault(fault)))).unwrap_or_default();
        let after = self.after_faults(cause, slow);
        let (name, taken) = (self.mark(self.step(step)), taken.brief());
        Some(format!(
            "{name} took {taken}{why} while the lease on {lock} lasts {lasts}{connected}{after}"
        ))
    }

    /// The one step that was under way, with the time that it was dealt and the fault that made it slow.
    fn outlasts(&self, cause: &Cause, dealt: &[OverrideName]) -> Option<(u16, Span, Option<u16>)> {
        let [step] = cause.running.as_slice() else { return None };
        let slow = cause.faults.iter().copied().find(|&fault| {
            let bend = self.plan.faults[usize::from(fault)].bend;
            matches!(bend, Some((of, BendPlan::Slow(_))) if of == *step)
        });
        let taken = match slow {
            Some(fault) => self.value(&format!("fault {} / slow", self.fault(fault)), dealt)?,
            None => self.value(&format!("{} / duration", self.step(*step)), dealt)?,
        };
        Some((*step, taken, slow))
    }

    /// The lease on a fact that this run was dealt; in words to the microsecond, unless it is a draw.
    fn lease(&self, fact: u16, dealt: &[OverrideName]) -> Option<(Span, String)> {
        let steps = self.plan.steps.iter();
        let effects = steps.flat_map(|step| step.at_start.iter().chain(&step.at_end));
        let mut sites = effects.filter(|effect| effect.fact == fact).filter_map(|e| e.lasts);
        let (site, None) = (sites.next()?, sites.next()) else { return None };
        let site = &self.plan.sites[site.index()];
        let lease = self.value(&site.name, dealt)?;
        let drawn = matches!(&site.form, SiteForm::Delay(law) if law.as_constant().is_none());
        Some((lease, if drawn { lease.brief() } else { lease.to_string() }))
    }

    /// What a site gave: the plan's constant, or what this run was dealt last.
    fn value(&self, site: &str, dealt: &[OverrideName]) -> Option<Span> {
        let form = &self.plan.sites[self.plan.site(site)?.index()].form;
        if let SiteForm::Delay(law) = form
            && let Some(constant) = law.as_constant()
        {
            return Some(Span(constant));
        }
        match (dealt.iter().rev().find(|line| line.site == site), form) {
            (Some(line), _) => Span::parse(&line.value).ok(),
            // Nobody draws what a proof has moved, or others decide.
            (None, SiteForm::Outside { nominal, .. }) => nominal.map(Span),
            (None, _) => None,
        }
    }
}

/// Why somebody's plan did not end well, in a run that ended so.
pub(super) fn reason(reason: StopReason, stop: &Stop) -> &'static str {
    match reason {
        StopReason::Running if *stop == Stop::Horizon => "was cut off by the horizon while it ran",
        StopReason::Running if matches!(stop, Stop::Livelock(_)) => {
            "was still running when the livelock ended the run"
        }
        StopReason::Running if *stop == Stop::Events => "was still running at the limit on events",
        StopReason::Failed => "failed and had no retry left",
        StopReason::Predecessor => "waits for a step that does not end",
        StopReason::Needs => "waits for its `needs`",
        StopReason::Windows => "waits for a window that does not open again before the horizon",
        StopReason::Pools => "waits for its pools",
        StopReason::Running => "never ends",
        StopReason::NotStarted => "was never started",
        StopReason::RollbackFailed => "rollback failed",
        StopReason::RollingBack => "the undo of it never ends",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (1.23456, "1.23"),
            (12.345, "12.3"),
            (1632.4, "1,632"),
            (0.004512, "0.00451"),
            (0.1, "0.1"),
            (-150.0, "-150"),
            (99.99, "100"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
        assert_eq!(percent(0.0182), "1.82 %");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }
}
