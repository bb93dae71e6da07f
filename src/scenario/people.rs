//! `[[user]]`, `[[hazard]]` and `[[goal]]`: who looks, what must not be seen, what must work.

use super::condition::condition;
use super::dist::{Quantity, dist, lasting};
use super::lower::Listed;
use super::names::Names;
use super::population::{each, positive_duration, shows};
use super::profiles;
use super::read::{self, Fields};
use super::rules;
use super::schema;
use super::tree::Node;
use super::types::{FactId, Goal, Hazard, Kind, Session, Shows, User};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::{Span, parse_read_rate};

/// Users, and the profiles of those that have one.
pub(super) fn users(
    listed: &[Listed<'_>],
    names: &Names,
    bag: &mut Diagnostics,
) -> (Vec<User>, Vec<profiles::Stated>) {
    let (mut users, mut profiles) = (Vec::new(), Vec::new());
    for (index, entry) in (0u16..).zip(listed) {
        let Some(fields) = Fields::open(entry.node, &schema::USER, bag) else { continue };
        let profile = fields.get("profile");
        profiles.extend(profile.and_then(|node| profiles::profile(index, node, names, bag)));
        users.push(user(entry, &fields, names, bag));
    }
    (users, profiles)
}

fn user(entry: &Listed<'_>, fields: &Fields<'_>, names: &Names, bag: &mut Diagnostics) -> User {
    let kind = each(fields, |kind| matches!(kind, Kind::Tenant | Kind::Mailbox), names, bag);
    let read_gap = fields.get("reads").and_then(|node| reads(node, bag));
    let session = match (fields.get("connects"), fields.get("session")) {
        (Some(connects), Some(session)) => self::session(connects, session, kind, names, bag),
        (None, None) => None,
        (Some(only), None) => half_session(only, "connects", "session", bag),
        (None, Some(only)) => half_session(only, "session", "connects", bag),
    };
    let connected = fields.has("connects") || fields.has("session");
    if connected || fields.has("reads") {
        rules::user_has_access(kind, connected, entry.name_span.clone(), names, bag);
    } else {
        let message = format!("`{}` does nothing", entry.name);
        bag.push(
            Diagnostic::new(Code::IdleUser, entry.name_span.clone(), message)
                .hint("state `reads`, or `connects` and `session`"),
        );
    }
    User { name: entry.name.clone(), kind, session, read_gap }
}

fn half_session(node: &Node, has: &str, lacks: &str, bag: &mut Diagnostics) -> Option<Session> {
    bag.error(Code::HalfSession, node.span.clone(), format!("`{has}` needs `{lacks}`"));
    None
}

/// A read rate as the mean time between two reads.
fn reads(node: &Node, bag: &mut Diagnostics) -> Option<Span> {
    let text = read::text(node, bag)?;
    match parse_read_rate(&text.text) {
        Ok(gap) if gap.0 > 0 => Some(gap),
        Ok(_) => {
            bag.error(Code::OutOfRange, node.span.clone(), "more than a million reads a second");
            None
        }
        Err(reason) => {
            let found = Diagnostic::new(Code::BadQuantity, node.span.clone(), reason);
            bag.push(found.hint("write a read rate such as \"6 / h\""));
            None
        }
    }
}

fn session(
    connects: &Node,
    session: &Node,
    kind: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Session> {
    let connects = Fields::open(connects, &schema::CONNECTS, bag);
    let session = Fields::open(session, &schema::SESSION, bag);
    let (connects, session) = (connects?, session?);
    let connects_while = connects.get("while").and_then(|node| condition(node, kind, names, bag));
    let connects_every = connects.get("every").and_then(|node| {
        let every = dist(node, Quantity::Duration, bag)?;
        rules::repetition_takes_time(&every, node, bag);
        Some(every)
    });
    let lasts = lasting(&session, "lasts", bag);
    let keeps = session.get("keeps").map_or_else(Vec::new, |node| keeps(node, kind, names, bag));
    let ends_when = session.get("ends-when").and_then(|node| condition(node, kind, names, bag));
    Some(Session {
        connects_while: connects_while?,
        connects_every: connects_every?,
        lasts: lasts?,
        keeps,
        ends_when,
    })
}

fn keeps(node: &Node, kind: Kind, names: &Names, bag: &mut Diagnostics) -> Vec<FactId> {
    let mut keeps = Vec::new();
    for (name, span) in read::texts(node, "facts", bag) {
        let Some(fact) = names.fact(name, &span, bag) else {
            continue;
        };
        let of = names.fact_kind(fact);
        if !kind.sees(of) {
            let (of, own) = (names.kind_name(of), names.kind_name(kind));
            let message =
                format!("`{name}` is a fact of each {of}, which a user of a {own} cannot keep");
            bag.error(Code::FactKind, span, message);
        } else if !keeps.contains(&fact) {
            keeps.push(fact);
        }
    }
    keeps
}

/// Derived hazards first, then written ones.
pub(super) fn hazards(
    listed: &[Listed<'_>],
    derived: Vec<Hazard>,
    names: &mut Names,
    bag: &mut Diagnostics,
) -> Vec<Hazard> {
    let mut hazards = derived;
    for entry in listed {
        names.hazards.add("hazard", &entry.name, entry.name_span.clone(), bag);
        let Some(fields) = Fields::open(entry.node, &schema::HAZARD, bag) else {
            continue;
        };
        let kind = each(&fields, |_| true, names, bag);
        let when = fields.get("when").and_then(|node| condition(node, kind, names, bag));
        let shows = fields.get("shows").map_or_else(Shows::default, |node| shows(node, names, bag));
        if let Some(when) = when {
            hazards.push(Hazard { name: entry.name.clone(), kind, when, shows, derived: None });
        }
    }
    hazards
}

pub(super) fn goals(listed: &[Listed<'_>], names: &Names, bag: &mut Diagnostics) -> Vec<Goal> {
    listed.iter().filter_map(|entry| goal(entry, names, bag)).collect()
}

fn goal(entry: &Listed<'_>, names: &Names, bag: &mut Diagnostics) -> Option<Goal> {
    let fields = Fields::open(entry.node, &schema::GOAL, bag)?;
    let within = Fields::open(fields.get("within")?, &schema::WITHIN, bag)?;
    let time = within.get("time").and_then(|node| positive_duration(node, bag));
    let of_node = within.get("of")?;
    let of = names.step(&read::text(of_node, bag)?.text, &of_node.span, bag)?;
    // The condition is about the entities of the step that starts the clock.
    let when = condition(fields.get("when")?, names.step_kind(of), names, bag);
    Some(Goal { name: entry.name.clone(), when: when?, of, within: time? })
}
