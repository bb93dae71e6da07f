//! From a tree to a [`Scenario`]: names first, then what they mean, then the rules.

use std::ops::Range;
use std::sync::Arc;

use super::acts;
use super::calendars;
use super::classes;
use super::dates::Dates;
use super::expect;
use super::inventory::{self, Listing};
use super::links;
use super::names::{Index, Names, free_name};
use super::people;
use super::population;
use super::read::{self, Fields};
use super::renames;
use super::rules;
use super::schema;
use super::sites::sites;
use super::steps;
use super::tree::{Node, Table, Value};
use super::types::{Class, FactId, Hazard, Missing, Renamable, Rename, Scenario, Tenants};
use super::waves;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Steps, faults, users, reactions, hazards, goals, pools, links: ids are `u16`, and a longer list is a mistake.
pub(super) const LIST_MAX: usize = 512;

/// Reads a whole scenario. Reports all problems; with any, there is no scenario.
pub(super) fn lower(
    root: &Table,
    top: Range<usize>,
    base_sites: Vec<String>,
    listing: &Listing,
    bag: &mut Diagnostics,
) -> Option<Scenario> {
    let fields = Fields::check(root, top, &schema::TOP, bag);
    let mut names = Names::default();
    let (name, description) = title(&fields, bag);
    let groups = population::groups(&fields, &mut names, bag);
    population::facts(&fields, &mut names, bag);
    let calendars = calendars::calendars(&fields, &mut names, bag);
    links::links(&fields, &mut names, bag);
    let rollout = population::rollout(&fields, &names, bag);
    let dates = Dates::of(&fields, &rollout);
    let classes = classes::classes(&fields, dates, &mut names, bag);
    let pools = population::pools(&fields, &mut names, bag);
    let population =
        population::tenants(&fields, listing, (&groups, &classes, dates), &mut names, bag);
    let lists = Lists::open(&fields, &mut names, bag);
    let waves = waves::waves(&lists.waves, &groups, population.as_ref(), dates, &names, bag);
    let derived = derived_hazards(&mut names, bag);
    let sized = has_sizes(listing, &classes, population.as_ref());
    let (steps, step_fields) = steps::steps(&lists.steps, sized, &pools, &mut names, bag);
    let reactions = acts::reactions(&lists.reactions, &pools, &names, bag);
    let (users, profiles) = people::users(&lists.users, &names, bag);
    let hazards = people::hazards(&lists.hazards, derived, &mut names, bag);
    let goals = people::goals(&lists.goals, &names, bag);
    let faults = acts::faults(&lists.faults, &steps, &step_fields, &pools, &names, bag);
    let expect = fields.get("expect").map(|node| expect::expect(node, &names, bag));
    rules::cut_is_remembered(&rollout, &steps, &step_fields, bag);
    let used = calendars::used(&fields, &rollout, &pools, &steps, &step_fields, &profiles);
    rules::calendar_is_known(&used, &rollout, &fields, &calendars, bag);
    rules::fits_in_windows(&steps, &step_fields, bag);
    if let Some((_, Some(listed))) = &population {
        rules::movers_have_mailboxes(&steps, &listed.empty, bag);
    }
    let (tenants, listed) = population.filter(|_| !bag.has_errors())?;
    rules::undo_has_lists(&fields, &steps, &step_fields, bag);
    rules::something_crashes(&fields, &step_fields, &faults, bag);
    rules::pools_and_links_are_used(&pools, &steps, &names, bag);
    rules::calendars_are_used(&used, &names, bag);
    let scenario = Scenario {
        name,
        description,
        rollout,
        tenants,
        inventory: listed.map(|listed| Arc::new(listed.inventory)),
        classes,
        groups: groups.into_iter().map(|(group, _)| group).collect(),
        facts: names.fact_list,
        calendars,
        pools,
        waves,
        links: names.link_list,
        steps,
        reactions,
        users,
        profiles: profiles.into_iter().map(|stated| stated.profile).collect(),
        faults,
        hazards,
        goals,
        expect: expect.unwrap_or_default(),
        base_sites,
        renames: names.renames,
    };
    whole_fits(&scenario, &fields, &lists, fields.span.start, bag);
    Some(scenario)
}

/// What can be said of a scenario as a whole only: whether it fits into the engines.
fn whole_fits(
    scenario: &Scenario,
    fields: &Fields<'_>,
    lists: &Lists<'_>,
    place: usize,
    bag: &mut Diagnostics,
) {
    sites_have_addresses(scenario, place, bag);
    tables_have_room(scenario, place, bag);
    rules::population_fits(scenario, population_place(fields), bag);
    rules::repetitions_end(scenario, &lists.repeating(), bag);
    rules::margins_have_bounds(scenario, &margin_places(fields), bag);
}

/// Where the bounds are named whose margins are expected, and the goals.
fn margin_places(fields: &Fields<'_>) -> Vec<rules::MarginPlace> {
    fn inside<'t>(node: Option<&'t Node>, key: &str) -> Option<&'t Node> {
        node?.as_table()?.get(key)
    }
    let margins = inside(inside(fields.get("expect"), "verify"), "margins");
    let Some(Value::Array(margins)) = margins.map(|node| &node.value) else { return Vec::new() };
    let place = |node| {
        let of = inside(Some(node), "of")?.span.clone();
        let goal = inside(Some(node), "goal").map_or(of.clone(), |goal| goal.span.clone());
        Some(rules::MarginPlace { of, goal })
    };
    margins.iter().filter_map(place).collect()
}

/// Where the number of mailboxes is stated, or else the tenants.
fn population_place(fields: &Fields<'_>) -> Range<usize> {
    let tenants = fields.get("tenants").and_then(Node::as_table);
    let stated = tenants.and_then(|tenants| tenants.get("mailboxes"));
    stated.map_or_else(|| fields.place("tenants"), |node| node.span.clone())
}

/// True if mailboxes have sizes, or would have if the inventory could be read.
fn has_sizes(
    listing: &Listing,
    classes: &[Class],
    population: Option<&(Tenants, Option<inventory::Listed>)>,
) -> bool {
    let sized = population.is_none_or(|(tenants, listed)| {
        let listed = listed.as_ref().is_some_and(|listed| listed.inventory.has_sizes());
        let classes = classes.iter().any(|class| class.mailbox_size.is_some());
        listed || classes || tenants.mailbox_size.is_some()
    });
    sized || matches!(listing, Listing::Unreadable)
}

/// Draw sites of one plan: their number is part of a draw's address, which has room for so many
/// (design, section 4).
const SITES_MAX: usize = 512;

fn sites_have_addresses(scenario: &Scenario, place: usize, bag: &mut Diagnostics) {
    let count = sites(scenario).len();
    if count > SITES_MAX {
        let message = format!("{count} places where something is drawn; at most {SITES_MAX}");
        bag.push(
            Diagnostic::new(Code::TooMany, place..place, message)
                .hint("a plan with fewer steps, or fewer faults and delays for each"),
        );
    }
}

/// Hazards of a scenario, and facts that one user keeps: a bit each in a user's state.
const BITS: usize = 64;

/// What the engines' tables have room for.
fn tables_have_room(scenario: &Scenario, place: usize, bag: &mut Diagnostics) {
    let mut refuse = |message: String| {
        bag.push(Diagnostic::new(Code::TooMany, place..place, message));
    };
    if scenario.hazards.len() > BITS {
        refuse(format!(
            "{} hazards, derived ones included; at most {BITS}",
            scenario.hazards.len()
        ));
    }
    for user in &scenario.users {
        let keeps = user.session.as_ref().map_or(0, |session| session.keeps.len());
        if keeps > BITS {
            refuse(format!("`{}` keeps {keeps} facts; at most {BITS}", user.name));
        }
    }
}

fn title(fields: &Fields<'_>, bag: &mut Diagnostics) -> (String, Option<String>) {
    let text =
        |key: &str, bag: &mut Diagnostics| Some(read::text(fields.get(key)?, bag)?.text.clone());
    let name = text("name", bag);
    if let (Some(name), Some(node)) = (&name, fields.get("name")) {
        free_name("scenario", name, &node.span, bag);
    }
    (name.unwrap_or_default(), text("description", bag))
}

/// The entries of every list, their names known before any of them is read.
struct Lists<'t> {
    waves: Vec<Listed<'t>>,
    steps: Vec<Listed<'t>>,
    reactions: Vec<Listed<'t>>,
    users: Vec<Listed<'t>>,
    faults: Vec<Listed<'t>>,
    hazards: Vec<Listed<'t>>,
    goals: Vec<Listed<'t>>,
}

/// An entry of a list, with its name.
pub(super) struct Listed<'t> {
    pub(super) name: String,
    pub(super) name_span: Range<usize>,
    pub(super) node: &'t Node,
}

impl<'t> Lists<'t> {
    fn open(fields: &Fields<'t>, names: &mut Names, bag: &mut Diagnostics) -> Self {
        Lists {
            waves: Lists::list(fields, "wave", Renamable::Wave, names, bag),
            steps: Lists::list(fields, "step", Renamable::Step, names, bag),
            reactions: Lists::list(fields, "reaction", Renamable::Reaction, names, bag),
            users: Lists::list(fields, "user", Renamable::User, names, bag),
            faults: Lists::list(fields, "fault", Renamable::Fault, names, bag),
            // Named later, in one list with the derived ones.
            hazards: Lists::list(fields, "hazard", Renamable::Hazard, names, bag),
            goals: Lists::list(fields, "goal", Renamable::Goal, names, bag),
        }
    }

    /// Where the reactions, faults and users say how often.
    fn repeating(&self) -> [Vec<Range<usize>>; 3] {
        [&self.reactions, &self.faults, &self.users].map(|list| {
            let place = |entry: &Listed<'_>| {
                let table = entry.node.as_table()?;
                let connects = table.get("connects").and_then(Node::as_table);
                Some(connects.unwrap_or(table).get("every")?.span.clone())
            };
            list.iter()
                .map(|entry| place(entry).unwrap_or_else(|| entry.name_span.clone()))
                .collect()
        })
    }

    /// One list; its former names go on being known.
    fn list(
        fields: &Fields<'t>,
        key: &str,
        what: Renamable,
        names: &mut Names,
        bag: &mut Diagnostics,
    ) -> Vec<Listed<'t>> {
        let mut index = Index::default();
        let entries = listed(fields, key, &mut index, bag);
        let former = entries.iter().enumerate();
        let former: Vec<_> =
            former.flat_map(|(at, entry)| renames::former(at, entry.node, key, bag)).collect();
        renames::keep(what, &former, &mut index, names, bag);
        match what {
            Renamable::Step => names.steps = index,
            Renamable::Fault => names.faults = index,
            Renamable::Wave => names.waves = index,
            _ => {}
        }
        entries
    }
}

fn listed<'t>(
    fields: &Fields<'t>,
    key: &str,
    index: &mut Index,
    bag: &mut Diagnostics,
) -> Vec<Listed<'t>> {
    let Some(node) = fields.get(key) else {
        return Vec::new();
    };
    if matches!(node.value, Value::Table(_)) {
        let message = format!("this is a table, not a list of {key}s");
        bag.push(
            Diagnostic::new(Code::WrongType, node.span.clone(), message)
                .hint(format!("write [[{key}]]")),
        );
    }
    // A single table is read like the entry it was meant to be, so that its name is known to others.
    let mut items = match node.value {
        Value::Table(_) => std::slice::from_ref(node),
        _ => read::list(node, &format!("tables [[{key}]]"), bag).unwrap_or_default(),
    };
    if let Some(first) = items.get(LIST_MAX) {
        bag.error(Code::TooMany, first.span.clone(), format!("more than {LIST_MAX} {key}s"));
        items = &items[..LIST_MAX];
    }
    let entries: Vec<Listed<'t>> = items.iter().map(|node| named(node, key, bag)).collect();
    for entry in &entries {
        index.add(key, &entry.name, entry.name_span.clone(), bag);
    }
    entries
}

/// A missing name is reported where the table is read.
fn named<'t>(node: &'t Node, what: &str, bag: &mut Diagnostics) -> Listed<'t> {
    let name_node = node.as_table().and_then(|table| table.get("name"));
    let name = name_node.and_then(|name| read::text(name, bag)).map(|text| text.text.clone());
    let name_span = name_node.unwrap_or(node).span.clone();
    if let Some(name) = &name {
        free_name(what, name, &name_span, bag);
    }
    Listed { name: name.unwrap_or_default(), name_span, node }
}

fn derived_hazards(names: &mut Names, bag: &mut Diagnostics) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    for at in 0..names.fact_list.len() {
        if names.fact_list[at].missing != Some(Missing::Open) {
            continue;
        }
        let (span, id) = (names.facts.span(at), u16::try_from(at).map_or(FactId(0), FactId));
        if let Some(hazard) = rules::derived_hazard(id, span.clone(), names, bag) {
            names.hazards.add("hazard", &hazard.name, span, bag);
            hazards.push(hazard);
        }
    }
    // A derived hazard is renamed with its permission.
    let facts: Vec<Rename> =
        names.renames.iter().filter(|rename| rename.what == Renamable::Fact).cloned().collect();
    for Rename { old, new, .. } in facts {
        let (old, new) = (format!("{old} missing"), format!("{new} missing"));
        if names.hazards.position(&new).is_some() {
            names.renamed(Renamable::Hazard, &old, &new);
        }
    }
    hazards
}
