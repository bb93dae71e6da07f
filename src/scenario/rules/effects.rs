//! Rules of effects (design E6, E7).

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::names::Names;
use crate::scenario::read::Fields;
use crate::scenario::tree::Node;
use crate::scenario::types::{Cond, Effect, FactId, Kind, Write};

/// E6: within a list a fact is written once, unless the `if`s exclude each other or all add.
pub(in crate::scenario) fn each_fact_is_written_once(
    effects: &[(Effect, Range<usize>)],
    names: &Names,
    bag: &mut Diagnostics,
) {
    for (i, (second, span)) in effects.iter().enumerate() {
        let clash = effects[..i].iter().find(|(first, _)| {
            let adds = first.write == Write::Add && second.write == Write::Add;
            first.fact == second.fact
                && !adds
                && !disjoint(first.condition.as_ref(), second.condition.as_ref())
        });
        if let Some((_, first)) = clash {
            let fact = &names.fact_list[usize::from(second.fact.0)].name;
            bag.push(
                Diagnostic::new(Code::WrittenTwice, span.clone(), format!("this list writes `{fact}` twice"))
                    .related(first.clone(), "here too")
                    .hint("the effects land together: give them `if`s that exclude each other, or keep one"),
            );
        }
    }
}

/// True if two conditions cannot both hold, as far as their parts show: one says `c`, the other
/// `not c`.
fn disjoint(a: Option<&Cond>, b: Option<&Cond>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return false;
    };
    let denies = |x: &Cond, y: &Cond| match (x, y) {
        // A tenant is of one class.
        (Cond::Class(x), Cond::Class(y)) => x != y,
        (Cond::Not(inner), y) => **inner == *y,
        _ => false,
    };
    denies(a, b)
        || denies(b, a)
        || conjuncts(a).iter().any(|x| conjuncts(b).iter().any(|y| denies(x, y) || denies(y, x)))
}

fn conjuncts(cond: &Cond) -> Vec<&Cond> {
    match cond {
        Cond::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// E7: own and ancestors' facts; descendants' with `of = "members"`.
pub(in crate::scenario) fn effect_reaches_its_fact(
    fact: FactId,
    issuer: Kind,
    members: bool,
    target: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let kind = names.fact_kind(fact);
    let below = kind != issuer && kind.sees(issuer);
    let fits = if members { below } else { issuer.sees(kind) };
    if fits {
        return;
    }
    let name = &names.fact_list[usize::from(fact.0)].name;
    let (of, own) = (names.kind_name(kind), names.kind_name(issuer));
    let message = format!("`{name}` is a fact of each {of}, out of reach for a {own}");
    let found = Diagnostic::new(Code::Reach, target.span.clone(), message);
    bag.push(if below {
        found.hint("add of = \"members\" to write it for every one of them")
    } else if members {
        Diagnostic::new(
            Code::Reach,
            target.span.clone(),
            format!("`{name}` is no fact of the members of a {own}"),
        )
        .hint("leave `of` out")
    } else {
        found
    });
}

/// `add` needs a counter.
pub(in crate::scenario) fn add_counts(
    fact: FactId,
    target: &Node,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let fact = &names.fact_list[usize::from(fact.0)];
    if fact.count.is_none() {
        let message = format!("`{}` is no counter, so nothing can be added", fact.name);
        bag.push(
            Diagnostic::new(Code::AddNeedsCounter, target.span.clone(), message)
                .hint("turn it `on`, or give the fact a `count`"),
        );
    }
}

/// E6: an `add` takes no `for`.
pub(in crate::scenario) fn add_has_no_lease(fields: &Fields<'_>, bag: &mut Diagnostics) {
    if fields.has("for") {
        bag.error(Code::AddLease, fields.place("for"), "`add` takes no `for`");
    }
}
