//! What others can change of what the focal entities see: only what somebody outside can.

use std::collections::BTreeSet;

use super::{Input, InputPlan, Scope};
use crate::plan::{Cond, EffectPlan, KindId, Plan, SiteForm, SiteId};
use crate::scenario::sites::environment;
use crate::scenario::{Compare, Write};
use crate::units::Ratio;

impl Plan {
    /// Adds the inputs with their sites, in the order of the facts, then of the quantifiers.
    pub(super) fn add_inputs(&mut self, scope: Scope, more_mailboxes: bool) -> Vec<InputPlan> {
        let mut inputs = Vec::new();
        for fact in 0..self.facts.len() {
            let fact = super::index16(fact);
            let (sets, adds, forces) = self.written_outside(fact, more_mailboxes);
            let owner = format!("fact {}", self.scenario.facts[usize::from(fact)].name);
            let kind = self.facts[usize::from(fact)].kind;
            let passes = (sets || adds).then(|| self.passes(&owner, fact)).flatten();
            if sets {
                let what = Input::Write(fact);
                inputs.push(self.input(&owner, environment::FLIP, what, kind, passes));
            }
            if adds {
                let what = Input::Add(fact);
                inputs.push(self.input(&owner, environment::ADD, what, kind, passes));
            }
            if forces {
                let what = Input::Force(fact);
                inputs.push(self.input(&owner, environment::FORCE, what, kind, None));
            }
        }
        for quantifier in 0..self.quantifiers.len() {
            let quantifier = super::index16(quantifier);
            let counted = &self.quantifiers[usize::from(quantifier)];
            let (at, over) = (counted.at, counted.over);
            if at >= self.tenant() && !(more_mailboxes && over == self.mailbox()) {
                continue;
            }
            let owner = self.quantifier_name(quantifier);
            let own = if over == self.mailbox() { scope.mailboxes } else { 1 };
            let values = self.values(quantifier, own);
            if values.len() > 1 {
                let what = Input::Count { quantifier, values };
                inputs.push(self.input(&owner, environment::FLIP, what, at, None));
            }
        }
        inputs
    }

    /// Steps whose joins others may block, if that lets anything go on.
    pub(super) fn add_blocks(
        &mut self,
        names: &[String],
        joins: &[Option<SiteId>],
    ) -> Vec<InputPlan> {
        if !self.steps.iter().any(|step| step.join_running) {
            return Vec::new();
        }
        let mut inputs = Vec::new();
        for (step, name) in names.iter().enumerate() {
            if joins[step].is_some() && !self.steps[step].join_running {
                let (what, kind) = (Input::Block(super::index16(step)), self.steps[step].kind);
                inputs.push(self.input(name, environment::BLOCKED, what, kind, None));
            }
        }
        inputs
    }

    fn input(
        &mut self,
        owner: &str,
        verb: &str,
        what: Input,
        kind: KindId,
        passes: Option<SiteId>,
    ) -> InputPlan {
        let when = self.outside(&format!("{owner} / {verb}"), None, None);
        let form = match &what {
            Input::Write(_) => Some(SiteForm::Strikes(Ratio(0.0))),
            Input::Add(_) | Input::Block(_) => None,
            Input::Force(_) => Some(SiteForm::Count(2)),
            Input::Count { values, .. } => Some(SiteForm::Count(super::index16(values.len() - 1))),
        };
        let to = form.map(|form| self.add_site(format!("{owner} / {verb} to"), form));
        let first = match &what {
            Input::Count { values, .. } => {
                let form = SiteForm::Count(super::index16(values.len() - 1));
                Some(self.add_site(format!("{owner} / {}", environment::AT_FIRST), form))
            }
            _ => None,
        };
        InputPlan { what, kind, when, first, to, passes }
    }

    /// The site of whether others' writes come behind an effect in flight, if some can be.
    fn passes(&mut self, owner: &str, fact: u16) -> Option<SiteId> {
        let flies = |effect: &EffectPlan| effect.fact == fact && effect.after.is_some();
        let some = self.effects().iter().any(|(_, effect)| flies(effect));
        let name = format!("{owner} / {}", environment::PASSES);
        some.then(|| self.add_site(name, SiteForm::Strikes(Ratio(0.0))))
    }

    /// Every effect with the kind of whoever issues it.
    fn effects(&self) -> Vec<(KindId, &EffectPlan)> {
        let steps = self.steps.iter().flat_map(|step| {
            let lists = [&step.at_start, &step.at_end, &step.at_fail, &step.undo];
            lists.into_iter().flatten().map(|effect| (step.kind, effect))
        });
        let acts = self.acts.iter().flat_map(|act| act.does.iter().map(|does| (act.kind, does)));
        steps.chain(acts).collect()
    }

    /// Whether somebody outside sets, adds to or forces a fact. Whoever writes to an ancestor has
    /// siblings that do so too; what comes from above comes from entities of the run.
    fn written_outside(&self, fact: u16, more_mailboxes: bool) -> (bool, bool, bool) {
        let of = self.facts[usize::from(fact)].kind;
        let below = |kind: KindId| kind > of && (of < self.tenant() || more_mailboxes);
        let (mut sets, mut adds) = (false, false);
        for (kind, effect) in self.effects() {
            if effect.fact == fact && below(kind) {
                adds |= effect.write == Write::Add;
                // The end of a lease sets the fact as well.
                sets |= effect.write != Write::Add;
            }
        }
        let forced = |act: &super::super::ActPlan| {
            act.forces.is_some_and(|(forced, ..)| forced == fact) && below(act.kind)
        };
        (sets, adds, self.acts.iter().any(forced))
    }

    /// "tenants of wave with done": how a quantifier is addressed.
    fn quantifier_name(&self, quantifier: u16) -> String {
        let quantifier = &self.quantifiers[usize::from(quantifier)];
        let kind = |kind: KindId| &self.kinds[kind.index()].name;
        let with = self.words(quantifier.over, &quantifier.cond);
        format!("other {}s of {} with {with}", kind(quantifier.over), kind(quantifier.at))
    }

    /// A condition on one kind's facts in words.
    fn words(&self, kind: KindId, cond: &Cond) -> String {
        let list = |parts: &[Cond], word: &str| {
            let parts: Vec<String> =
                parts.iter().map(|part| format!("({})", self.words(kind, part))).collect();
            parts.join(word)
        };
        match cond {
            Cond::Const(value) => value.to_string(),
            Cond::All(parts) => list(parts, " and "),
            Cond::Any(parts) => list(parts, " or "),
            Cond::Not(inner) => format!("not ({})", self.words(kind, inner)),
            Cond::Count { .. } => unreachable!("a quantified condition holds no quantifier"),
            Cond::Mask { mask, want, .. } => {
                let facts = &self.kinds[kind.index()].facts;
                let facts = facts.iter().map(|&fact| {
                    let name = &self.scenario.facts[usize::from(fact)].name;
                    (self.facts[usize::from(fact)].bit, name.clone())
                });
                let classes = self.classes.iter().zip(&self.scenario.classes);
                let classes =
                    classes.map(|(class, named)| (class.bit, format!("class = {}", named.name)));
                let all: Vec<(u8, String)> = facts.chain(classes).collect();
                let literal = |(bit, name): &(u8, String)| {
                    let not = if want >> bit & 1 == 1 { "" } else { "not " };
                    (mask >> bit & 1 == 1).then(|| format!("{not}{name}"))
                };
                all.iter().filter_map(literal).collect::<Vec<String>>().join(" and ")
            }
        }
    }

    /// The values of a count of others that conditions can tell apart, beside up to `own` of the
    /// run's: the nominal one first, with which there are no others.
    fn values(&self, quantifier: u16, own: u32) -> Vec<(u32, bool)> {
        let uses = self.uses_of(quantifier);
        let mut counts = BTreeSet::from([0]);
        for number in uses.iter().flatten() {
            counts.extend(number.saturating_sub(own)..=number.saturating_add(1));
        }
        let all = uses.iter().any(Option::is_none);
        let counts = counts.into_iter();
        counts.flat_map(|count| [(count, true), (count, false)]).filter(|v| all || v.1).collect()
    }

    /// What a quantifier's count is compared with; `None`: with everybody.
    fn uses_of(&self, quantifier: u16) -> BTreeSet<Option<u32>> {
        let mut uses = BTreeSet::new();
        let mut compare = |cond: &Cond| {
            compared(cond, quantifier, &mut |with| {
                uses.insert(with.map(|(_, number)| number));
            });
        };
        for step in &self.steps {
            let conds = [&step.when, &step.done_if, &step.needs, &step.holds];
            conds.into_iter().flatten().for_each(&mut compare);
        }
        self.effects().iter().for_each(|(_, effect)| compare(&effect.condition));
        self.acts.iter().for_each(|act| compare(&act.condition));
        self.hazards.iter().for_each(|hazard| compare(&hazard.when));
        self.goals.iter().for_each(|goal| compare(&goal.when));
        for user in &self.users {
            compare(&user.connects);
            compare(&user.ends_when);
        }
        uses
    }
}

/// Calls `f` with every comparison of a quantifier's count.
fn compared(cond: &Cond, of: u16, f: &mut dyn FnMut(Option<(Compare, u32)>)) {
    match cond {
        Cond::Const(_) | Cond::Mask { .. } => {}
        Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| compared(part, of, f)),
        Cond::Not(inner) => compared(inner, of, f),
        Cond::Count { quantifier, compare } if *quantifier == of => f(*compare),
        Cond::Count { .. } => {}
    }
}
