//! Who is called what: names to ids, with suggestions for those that do not exist.

use std::collections::BTreeMap;
use std::ops::Range;

use super::condition::RESERVED;
use super::read::{listed, shortened, suggestion};
use super::types::{
    CalendarId, ClassId, Fact, FactId, Kind, Link, LinkId, PoolId, Renamable, Rename, StepId,
};
use super::waves::WAVE;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Longest free-text name, in characters.
const NAME_MAX: usize = 100;

/// One list of names in the order of the file. Entries whose name is missing or taken keep their
/// place, so that positions stay ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    names: Vec<String>,
    spans: Vec<Range<usize>>,
    by_name: BTreeMap<String, usize>,
}

impl Index {
    /// Appends a name; a second use of it is reported.
    pub(super) fn add(
        &mut self,
        what: &str,
        name: &str,
        span: Range<usize>,
        bag: &mut Diagnostics,
    ) {
        if let Some(first) = self.by_name.get(name) {
            bag.push(
                Diagnostic::new(
                    Code::Duplicate,
                    span.clone(),
                    format!("a second {what} is called `{name}`"),
                )
                .related(self.spans[*first].clone(), "the first one"),
            );
        } else if !name.is_empty() {
            self.by_name.insert(name.to_owned(), self.names.len());
        }
        self.names.push(name.to_owned());
        self.spans.push(span);
    }

    /// A former name of an entry: it goes on meaning that entry, unless another one has it now.
    pub(super) fn alias(
        &mut self,
        old: &str,
        entry: usize,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> bool {
        let Some(other) = self.by_name.get(old) else {
            self.by_name.insert(old.to_owned(), entry);
            return true;
        };
        let message = match *other == entry {
            true => format!("`{}` is its name now", shortened(old)),
            false => format!("`{}` is what another one is called", shortened(old)),
        };
        bag.push(
            Diagnostic::new(Code::Rename, span.clone(), message)
                .related(self.spans[*other].clone(), "here")
                .hint("`was` states a former name that nothing has any more"),
        );
        false
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn name(&self, at: usize) -> &str {
        &self.names[at]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn span(&self, at: usize) -> Range<usize> {
        self.spans[at].clone()
    }

    /// "unknown WHAT", with the nearest name or the list of all.
    pub(super) fn unknown(
        &self,
        code: Code,
        what: &str,
        name: &str,
        span: Range<usize>,
    ) -> Diagnostic {
        let known: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        unknown(code, what, name, span, &known)
    }

    fn find(
        &self,
        code: Code,
        what: &str,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<usize> {
        let found = self.position(name);
        if found.is_none() {
            bag.push(self.unknown(code, what, name, span.clone()));
        }
        found
    }
}

pub(super) fn unknown(
    code: Code,
    what: &str,
    name: &str,
    span: Range<usize>,
    known: &[&str],
) -> Diagnostic {
    let found = Diagnostic::new(code, span, format!("there is no {what} `{}`", shortened(name)));
    match suggestion(name, known.iter().copied()) {
        Some(near) => found.label(format!("did you mean `{near}`?")),
        None if known.is_empty() => found.hint(format!("the scenario defines no {what}")),
        None => found.hint(format!("known here: {}", listed(known))),
    }
}

/// All names of a scenario that others refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) groups: Index,
    pub(super) facts: Index,
    pub(super) calendars: Index,
    pub(super) pools: Index,
    pub(super) links: Index,
    pub(super) steps: Index,
    pub(super) faults: Index,
    pub(super) hazards: Index,
    pub(super) waves: Index,
    /// The built-in fact that says whether the rollout is halted.
    pub(super) halted: Option<FactId>,
    /// A reaction or a fault rolls tenants back.
    pub(super) rolled_back: bool,
    pub(super) fact_list: Vec<Fact>,
    pub(super) pool_kinds: Vec<Kind>,
    pub(super) link_list: Vec<Link>,
    pub(super) step_kinds: Vec<Kind>,
    pub(super) classes: Index,
    /// Tenants can be without a class.
    pub(super) classless: bool,
    pub(super) renames: Vec<Rename>,
}

impl Names {
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        match name {
            "rollout" => Some(Kind::Rollout),
            "tenant" => Some(Kind::Tenant),
            "mailbox" => Some(Kind::Mailbox),
            _ => self.groups.position(name).and_then(|at| u8::try_from(at).ok()).map(Kind::Group),
        }
    }

    pub(super) fn kind_name(&self, kind: Kind) -> &str {
        match kind {
            Kind::Rollout => "rollout",
            Kind::Group(group) => &self.groups.names[usize::from(group)],
            Kind::Tenant => "tenant",
            Kind::Mailbox => "mailbox",
        }
    }

    /// The problem of a kind that does not exist or is not `allowed` here.
    pub(super) fn unknown_kind(
        &self,
        name: &str,
        span: Range<usize>,
        allowed: impl Fn(Kind) -> bool,
    ) -> Diagnostic {
        let groups = self.groups.names.iter().map(String::as_str);
        let known: Vec<&str> = ["rollout", "tenant", "mailbox"]
            .into_iter()
            .chain(groups)
            .filter(|name| self.kind(name).is_some_and(&allowed))
            .collect();
        match self.kind(name) {
            Some(_) => {
                Diagnostic::new(Code::UnknownKind, span, format!("`{name}` is not possible here"))
                    .hint(format!("possible here: {}", listed(&known)))
            }
            None => unknown(Code::UnknownKind, "kind of entity", name, span, &known),
        }
    }

    pub(super) fn fact(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<FactId> {
        let at = self.facts.find(Code::UnknownFact, "fact", name, span, bag)?;
        u16::try_from(at).ok().map(FactId)
    }

    pub(super) fn fact_kind(&self, id: FactId) -> Kind {
        self.fact_list[usize::from(id.0)].kind
    }

    pub(super) fn step(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<StepId> {
        let at = self.steps.find(Code::UnknownStep, "step", name, span, bag)?;
        u16::try_from(at).ok().map(StepId)
    }

    pub(super) fn class(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<ClassId> {
        let at = self.classes.find(Code::UnknownClass, "class", name, span, bag)?;
        u8::try_from(at).ok().map(ClassId)
    }

    /// A former name of what is called `new` now.
    pub(super) fn renamed(&mut self, what: Renamable, old: &str, new: &str) {
        self.renames.push(Rename { what, old: old.to_owned(), new: new.to_owned() });
    }

    pub(super) fn step_kind(&self, id: StepId) -> Kind {
        self.step_kinds[usize::from(id.0)]
    }

    pub(super) fn calendar(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<CalendarId> {
        let at = self.calendars.find(Code::UnknownCalendar, "calendar", name, span, bag)?;
        u16::try_from(at).ok().map(CalendarId)
    }

    pub(super) fn pool(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<PoolId> {
        let at = self.pools.find(Code::UnknownPool, "pool", name, span, bag)?;
        u16::try_from(at).ok().map(PoolId)
    }

    pub(super) fn link(
        &self,
        name: &str,
        span: &Range<usize>,
        bag: &mut Diagnostics,
    ) -> Option<LinkId> {
        let at = self.links.find(Code::UnknownLink, "link", name, span, bag)?;
        u16::try_from(at).ok().map(LinkId)
    }
}

/// The problem of a key of `take` that names neither classes nor groups nor a number.
pub(super) fn listed_kind(names: &Names, key: &str, span: Range<usize>) -> Diagnostic {
    let groups = names.groups.names.iter().map(String::as_str).filter(|name| *name != WAVE);
    let known: Vec<&str> = ["class", "most"].into_iter().chain(groups).collect();
    let message = format!("unknown key `{}` in what a wave takes", shortened(key));
    let found = Diagnostic::new(Code::UnknownKey, span, message);
    let allowed = format!("it takes {}", listed(&known));
    match suggestion(key, known.iter().copied()) {
        Some(near) => found.label(format!("did you mean `{near}`?")).hint(allowed),
        None => found.hint(allowed),
    }
}

/// Facts, groups, pools and links: a letter, then letters, digits, `-` and `_`.
pub(super) fn plain_name(what: &str, name: &str, span: &Range<usize>, bag: &mut Diagnostics) {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|first| first.is_ascii_alphabetic());
    let plain = starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let (message, hint) = if RESERVED.contains(&name) {
        (format!("`{name}` is a word of the condition language"), "choose another name")
    } else if what == "group"
        && ["rollout", "tenant", "mailbox", "all", "own", "members"].contains(&name)
    {
        (format!("`{name}` is taken: it cannot name a group"), "choose another name")
    } else if !plain || name.len() > NAME_MAX {
        let plain = "a plain name is a letter, `a` to `z` or `A` to `Z`, followed by such letters, digits, `-` and `_`";
        (format!("a {what} cannot be called `{}`", shortened(name)), plain)
    } else {
        return;
    };
    bag.push(Diagnostic::new(Code::BadName, span.clone(), message).hint(hint));
}

/// Steps, faults, users…: free text that can be addressed.
pub(super) fn free_name(what: &str, name: &str, span: &Range<usize>, bag: &mut Diagnostics) {
    let reason = if name.trim().is_empty() {
        "is empty"
    } else if name.trim() != name {
        "has spaces at its ends"
    } else if name.chars().count() > NAME_MAX {
        "is longer than 100 characters"
    } else if name.chars().any(char::is_control) {
        "contains a control character"
    } else if name.contains(" / ") {
        "contains ` / `, which separates the parts of a draw site's name"
    } else {
        return;
    };
    bag.error(Code::BadName, span.clone(), format!("the name of this {what} {reason}"));
}
