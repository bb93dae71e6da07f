//! Conditions compiled to masks over the facts' words.

use super::{ClassPlan, FactPlan, KindId, QuantifierPlan};
use crate::scenario::{self, Compare, Quantifier};

/// A compiled condition. Literals of one kind in a conjunction or disjunction become one mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cond {
    /// Always or never.
    Const(bool),
    /// The bits of `mask` in the word of the ancestor of kind `level` equal `want`.
    Mask {
        /// Kind whose word is read.
        level: KindId,
        /// Bits compared.
        mask: u64,
        /// Their wanted values.
        want: u64,
    },
    /// All hold.
    All(Box<[Cond]>),
    /// At least one holds.
    Any(Box<[Cond]>),
    /// Does not hold.
    Not(Box<Cond>),
    /// The number of descendants for which the quantifier's condition holds compares so.
    Count {
        /// By index in `Plan::quantifiers`.
        quantifier: u16,
        /// `None`: equals the number of descendants.
        compare: Option<(Compare, u32)>,
    },
}

impl Cond {
    /// The value of a condition that names only facts of one kind, given that kind's word.
    #[must_use]
    pub fn on_word(&self, word: u64) -> bool {
        match self {
            Cond::Const(value) => *value,
            Cond::Mask { mask, want, .. } => word & mask == *want,
            Cond::All(parts) => parts.iter().all(|part| part.on_word(word)),
            Cond::Any(parts) => parts.iter().any(|part| part.on_word(word)),
            Cond::Not(inner) => !inner.on_word(word),
            Cond::Count { .. } => unreachable!("a quantified condition holds no quantifier"),
        }
    }

    /// Calls `fact` with every (kind, mask) read and `count` with every quantifier.
    pub fn visit(&self, fact: &mut dyn FnMut(KindId, u64), count: &mut dyn FnMut(u16)) {
        match self {
            Cond::Const(_) => {}
            Cond::Mask { level, mask, .. } => fact(*level, *mask),
            Cond::All(parts) | Cond::Any(parts) => {
                for part in parts {
                    part.visit(fact, count);
                }
            }
            Cond::Not(inner) => inner.visit(fact, count),
            Cond::Count { quantifier, .. } => count(*quantifier),
        }
    }
}

impl Compare {
    /// `count` compares so with `number`.
    #[must_use]
    pub fn holds(self, count: u32, number: u32) -> bool {
        match self {
            Compare::Less => count < number,
            Compare::LessOrEqual => count <= number,
            Compare::Equal => count == number,
            Compare::NotEqual => count != number,
            Compare::GreaterOrEqual => count >= number,
            Compare::Greater => count > number,
        }
    }
}

/// Compiles conditions and collects the quantifiers they need.
pub(super) struct Conditions<'a> {
    pub(super) facts: &'a [FactPlan],
    pub(super) classes: &'a [ClassPlan],
    pub(super) quantifiers: Vec<QuantifierPlan>,
    pub(super) kind: &'a dyn Fn(scenario::Kind) -> KindId,
}

impl Conditions<'_> {
    /// Compiles `cond` for entities of kind `at`.
    pub(super) fn compile(&mut self, cond: &scenario::Cond, at: KindId) -> Cond {
        match cond {
            scenario::Cond::Const(value) => Cond::Const(*value),
            scenario::Cond::Fact(fact) => {
                let fact = &self.facts[usize::from(fact.0)];
                let mask = 1 << fact.bit;
                Cond::Mask { level: fact.kind, mask, want: mask }
            }
            scenario::Cond::Class(class) => {
                let mask = 1 << self.classes[usize::from(class.0)].bit;
                Cond::Mask { level: (self.kind)(scenario::Kind::Tenant), mask, want: mask }
            }
            scenario::Cond::Not(inner) => negate(self.compile(inner, at)),
            scenario::Cond::And(parts) => {
                let parts = parts.iter().map(|part| self.compile(part, at)).collect();
                conjunction(parts)
            }
            scenario::Cond::Or(parts) => {
                // By De Morgan, so that literals of one kind merge here as well.
                let parts = parts.iter().map(|part| negate(self.compile(part, at))).collect();
                negate(conjunction(parts))
            }
            scenario::Cond::Quantified { quantifier, over, cond } => {
                self.quantified(*quantifier, (self.kind)(*over), cond, at)
            }
        }
    }

    fn quantified(
        &mut self,
        quantifier: Quantifier,
        over: KindId,
        cond: &scenario::Cond,
        at: KindId,
    ) -> Cond {
        let cond = self.compile(cond, over);
        let known = self
            .quantifiers
            .iter()
            .position(|known| known.over == over && known.at == at && known.cond == cond);
        let index = known.unwrap_or_else(|| {
            self.quantifiers.push(QuantifierPlan { over, at, cond, watchers: Vec::new() });
            self.quantifiers.len() - 1
        });
        let compare = match quantifier {
            Quantifier::All => None,
            Quantifier::Any => Some((Compare::Greater, 0)),
            Quantifier::Count(compare, number) => Some((compare, number)),
        };
        let quantifier = u16::try_from(index).expect("few quantifiers");
        Cond::Count { quantifier, compare }
    }
}

/// The negation; a single literal stays a mask.
fn negate(cond: Cond) -> Cond {
    match cond {
        Cond::Const(value) => Cond::Const(!value),
        Cond::Mask { level, mask, want } if mask.count_ones() == 1 => {
            Cond::Mask { level, mask, want: want ^ mask }
        }
        Cond::Not(inner) => *inner,
        other => Cond::Not(Box::new(other)),
    }
}

/// The conjunction, with masks of one kind merged.
fn conjunction(parts: Vec<Cond>) -> Cond {
    let mut merged: Vec<Cond> = Vec::new();
    for part in parts.into_iter().flat_map(flatten) {
        match part {
            Cond::Const(true) => {}
            Cond::Const(false) => return Cond::Const(false),
            Cond::Mask { level, mask, want } => match merge(&mut merged, level, mask, want) {
                Some(true) => {}
                Some(false) => return Cond::Const(false),
                None => merged.push(Cond::Mask { level, mask, want }),
            },
            other => merged.push(other),
        }
    }
    match merged.len() {
        0 => Cond::Const(true),
        1 => merged.remove(0),
        _ => Cond::All(merged.into_boxed_slice()),
    }
}

fn flatten(cond: Cond) -> Vec<Cond> {
    match cond {
        Cond::All(parts) => parts.into_vec(),
        other => vec![other],
    }
}

/// Adds a mask to one of the same kind; `Some(false)` if they contradict, `None` if there is none.
fn merge(merged: &mut [Cond], level: KindId, mask: u64, want: u64) -> Option<bool> {
    let place = merged.iter_mut().find_map(|cond| match cond {
        Cond::Mask { level: other, mask, want } if *other == level => Some((mask, want)),
        _ => None,
    })?;
    let both = *place.0 & mask;
    if *place.1 & both != want & both {
        return Some(false);
    }
    *place.0 |= mask;
    *place.1 |= want;
    Some(true)
}
