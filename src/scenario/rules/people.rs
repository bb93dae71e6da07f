//! Rules of permissions and of users: exposure is judged by `access`.

use std::ops::Range;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::scenario::names::Names;
use crate::scenario::types::{Cond, FactId, Hazard, Kind};

/// The hazard that a permission implies: `access and not P`.
pub(in crate::scenario) fn derived_hazard(
    permission: FactId,
    span: Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Hazard> {
    let fact = &names.fact_list[usize::from(permission.0)];
    let Some(access) = names.facts.position("access") else {
        let message = format!("`{}` is a permission, but there is no fact `access`", fact.name);
        bag.push(Diagnostic::new(Code::Access, span, message).hint("add [facts.access]"));
        return None;
    };
    let access_kind = names.fact_list[access].kind;
    let kind = if fact.name == "access" {
        let message = "`access` itself cannot be a permission with missing = \"open\"";
        bag.error(Code::Access, span, message);
        return None;
    } else if fact.kind.sees(access_kind) {
        fact.kind
    } else if access_kind.sees(fact.kind) {
        access_kind
    } else {
        let message = format!(
            "`access` and `{}` belong to kinds that have nothing to do with each other",
            fact.name
        );
        bag.push(
            Diagnostic::new(Code::Access, span, message)
                .related(names.facts.span(access), "`access`"),
        );
        return None;
    };
    let access = Cond::Fact(FactId(u16::try_from(access).ok()?));
    let missing = Cond::Not(Box::new(Cond::Fact(permission)));
    Some(Hazard {
        name: format!("{} missing", fact.name),
        kind,
        when: Cond::And(vec![access, missing]),
        shows: fact.shows.clone(),
        derived: Some(permission),
    })
}

/// A user gets in by `access`, so it must be a fact that the user has.
pub(in crate::scenario) fn user_has_access(
    kind: Kind,
    session: bool,
    span: Range<usize>,
    names: &Names,
    bag: &mut Diagnostics,
) {
    let access = names.facts.position("access").map(|at| names.fact_list[at].kind);
    let own = names.kind_name(kind);
    match access {
        None if !session => bag.push(
            Diagnostic::new(
                Code::Access,
                span,
                "a user without a session reads whenever `access` is open",
            )
            .hint("add [facts.access], or give the user a session"),
        ),
        Some(access) if !kind.sees(access) => {
            let of = names.kind_name(access);
            let message =
                format!("`access` is a fact of each {of}, which a user of a {own} cannot see");
            bag.error(Code::Access, span, message);
        }
        _ => {}
    }
}
