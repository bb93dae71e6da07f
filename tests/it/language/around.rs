use cutover::scenario::schema::{BY_CLASS, DIST, Key, Rule, Schema, TOP, Takes, all};

type Field = (&'static str, String);

/// What the examples speak of.
const STORY: &[(&str, &str)] = &[
    ("name", "\"story\""),
    ("rollout", "start = \"2016-11-25T20:00[Europe/Berlin]\""),
    ("tenants", "count = 2300, mailbox-size = \"1 GiB\""),
    ("classes", "legacy = { share = \"10 %\" }"),
    ("groups", "database = { tenants = 36 }"),
    (
        "facts",
        "access = { initially = \"on\" }, address-book-policy = { missing = \"open\" }, \
         folder-rights = { missing = \"closed\" }, seeded = { each = \"mailbox\" }, \
         grants = { count = 3 }",
    ),
    ("pools", "moves = { slots = 20 }, database-moves = { slots = 10, each = \"database\" }"),
    ("wave", "{ name = \"canary\", take = 5 }"),
    ("links", "wan = { rate = \"1 GiB/h\" }"),
    ("step", "{ name = \"close the gate\", at-end = [{ off = \"access\" }] }"),
    (
        "goal",
        "{ name = \"back by noon\", when = \"access\", \
         within = { of = \"close the gate\", time = \"12h\" } }",
    ),
    ("fault", "{ name = \"public folders slow\", step = \"open the gate\", slow = \"9h\" }"),
];
/// The story's last step.
const END: &str = "{ name = \"open the gate\", duration = \"1h\", at-end = [{ on = \"access\" }], \
                   on-failure = \"undo\", undo = [{ off = \"access\" }] }";
/// The inventory of the story's other version.
pub(super) const INVENTORY: &str =
    "tenant,site,class\nContoso,north,legacy\nFabrikam,south,legacy\n";

/// What cannot be seen from one table: the example of a key needs these beside it.
fn beside(schema: &Schema, key: &str) -> Option<Field> {
    let (name, value) = match (schema.table, key) {
        ("[facts.NAME]", "shows") => ("missing", "\"open\""),
        ("[[reaction]]" | "[[fault]]", "takes" | "slows") => ("each", "\"rollout\""),
        // No effects are no deed.
        ("[[reaction]]" | "[[fault]]", "does") => ("forces", "{ on = \"access\", for = \"10m\" }"),
        // Nobody waits for a wave that takes everybody.
        ("[[wave]]", "soak" | "enough") => ("take", "5"),
        ("an entry of a profile", "factor") => ("windows", "[\"22:00 - 06:00\"]"),
        ("[[step]]", "fits") => ("windows", "[\"22:00 - 06:00\"]"),
        ("transfer", "link") => ("rate", "\"1 GiB/h\""),
        ("[calendars.NAME]", "except") => ("windows", "[\"22:00 - 06:00\"]"),
        ("[groups.NAME]", "was") => ("count", "4"),
        ("[classes.NAME]", "mailboxes" | "mailbox-size" | "priority" | "not-before") => {
            ("share", "\"15 %\"")
        }
        ("an effect", "of") => ("on", "\"seeded\""),
        _ => return None,
    };
    Some((name, value.to_owned()))
}

/// The smallest scenario in which a table states these keys.
pub(super) fn scenario(schema: &'static Schema, stated: &[Field]) -> String {
    wrapped(schema, &complete(schema, stated))
}

/// The scenario that differs from the one around a key by this key alone.
pub(super) fn without(schema: &'static Schema, key: &'static str) -> String {
    let mut fields = complete(schema, &[(key, example(schema, key))]);
    fields.retain(|(name, _)| *name != key);
    wrapped(schema, &fields)
}

fn example(schema: &'static Schema, name: &str) -> String {
    let key = schema.keys.iter().find(|key| key.name == name).expect("a key of the table");
    match (key.example, &key.takes) {
        ("", Takes::Table(inner)) => table(&complete(inner, &[])),
        (value, _) => value.to_owned(),
    }
}

/// Adds what the table requires.
fn complete(schema: &'static Schema, stated: &[Field]) -> Vec<Field> {
    let mut fields = stated.to_vec();
    if let Some(field) = stated.iter().find_map(|(name, _)| beside(schema, name)) {
        fields.push(field);
    }
    for key in schema.keys.iter().filter(|key| key.required) {
        add(schema, key.name, &mut fields);
    }
    schema.rules.iter().for_each(|rule| obey(schema, rule, &mut fields));
    fields
}

fn add(schema: &'static Schema, name: &'static str, fields: &mut Vec<Field>) {
    if fields.iter().all(|(known, _)| *known != name) {
        fields.push((name, example(schema, name)));
    }
}

fn obey(schema: &'static Schema, rule: &Rule, fields: &mut Vec<Field>) {
    let any = |keys: &[&str], fields: &[Field]| fields.iter().any(|(name, _)| keys.contains(name));
    match *rule {
        Rule::ExactlyOne(keys) | Rule::AtLeastOne(keys) if !any(keys, fields) => {
            add(schema, keys[0], fields);
        }
        Rule::Together(keys) if any(keys, fields) => {
            keys.iter().for_each(|key| add(schema, key, fields));
        }
        Rule::Split { by, with, without } => {
            let only_with = |(name, _): &Field| *name == by || with.1.contains(name);
            let side = if fields.iter().any(only_with) {
                add(schema, by, fields);
                with.0
            } else {
                without.0
            };
            side.iter().for_each(|inner| obey(schema, inner, fields));
        }
        _ => {}
    }
}

fn table(fields: &[Field]) -> String {
    format!("{{ {} }}", inside(fields))
}

fn inside(fields: &[Field]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    fields.join(", ")
}

/// Puts a table where it belongs, up to the whole file.
fn wrapped(schema: &'static Schema, fields: &[Field]) -> String {
    if schema.table == TOP.table {
        return file(fields, None);
    }
    let (parent, key, shape) = place(schema);
    if parent.table == TOP.table {
        return file(&[], Some((key, shape, fields)));
    }
    let value = match shape {
        Shape::Listed => format!("[{}]", table(fields)),
        _ => table(fields),
    };
    wrapped(parent, &complete(parent, &[(key.name, value)]))
}

#[derive(Clone, Copy)]
enum Shape {
    Plain,
    Listed,
    Named,
}

/// The first key that takes the table.
fn place(schema: &Schema) -> (&'static Schema, &'static Key, Shape) {
    let all = all().flat_map(|parent| parent.keys.iter().map(move |key| (parent, key)));
    let found = all.filter_map(|(parent, key)| Some((parent, key, reaches(&key.takes, schema)?)));
    let mut found = found;
    found.next().unwrap_or_else(|| panic!("no key takes {}", schema.table))
}

fn reaches(takes: &Takes, schema: &Schema) -> Option<Shape> {
    let same = |other: &Schema| other.table == schema.table;
    match takes {
        Takes::Table(other) if same(other) => Some(Shape::Plain),
        Takes::Dist(_) if same(&DIST) => Some(Shape::Plain),
        Takes::DistOrByClass(_) if same(&BY_CLASS) => Some(Shape::Plain),
        Takes::Entries(other) if same(other) => Some(Shape::Listed),
        Takes::ByName(other) if same(other) => Some(Shape::Named),
        Takes::List(item) => reaches(item, schema).map(|_| Shape::Listed),
        Takes::OneOrMany(item) => reaches(item, schema),
        Takes::Either(all) => all.iter().find_map(|one| reaches(one, schema)),
        _ => None,
    }
}

/// The story with a table in it.
fn file(top: &[Field], inner: Option<(&Key, Shape, &[Field])>) -> String {
    let states = |key: &str| {
        let same = |(name, _): &Field| *name == key;
        inner.is_some_and(|(_, _, fields)| fields.iter().any(same))
    };
    let (inventory, column) = (states("inventory"), states("column"));
    let mut lines: Vec<(String, String)> =
        STORY.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if inventory || column {
        // The inventory says how many there are, and of which class.
        for (key, value) in &mut lines {
            match key.as_str() {
                "tenants" => {
                    *value = "inventory = \"tenants.csv\", mailbox-size = \"1 GiB\"".to_owned();
                }
                "classes" => *value = "legacy = {}".to_owned(),
                "groups" if inventory => value.push_str(", site = {}"),
                _ => {}
            }
        }
    }
    // What the story has is richer than what a table requires.
    let told = |name: &str| name != "name" && STORY.iter().any(|(key, _)| *key == name);
    for (name, value) in top.iter().filter(|(name, _)| !told(name)) {
        lines.retain(|(key, _)| key != name);
        lines.push(((*name).to_owned(), value.clone()));
    }
    if let Some((key, shape, fields)) = inner {
        let new = match shape {
            Shape::Plain => inside(fields),
            Shape::Listed => table(fields),
            Shape::Named => format!("example = {}", table(fields)),
        };
        match lines.iter_mut().find(|(name, _)| *name == key.name) {
            // A table states a key once: the example instead of the story.
            Some((_, old)) if matches!(shape, Shape::Plain) => {
                let stated = |part: &str| fields.iter().any(|(name, _)| part.starts_with(name));
                let kept: Vec<&str> = old.split(", ").filter(|part| !stated(part)).collect();
                *old = [kept.join(", "), new].join(", ").trim_start_matches(", ").to_owned();
            }
            Some((_, old)) => *old = format!("{old}, {new}"),
            None => lines.push((key.name.to_owned(), new)),
        }
    }
    let line = |(key, value): &(String, String)| match key.as_str() {
        "name" | "description" => format!("{key} = {value}\n"),
        "step" => format!("step = [{value}, {END}]\n"),
        "wave" | "reaction" | "user" | "fault" | "hazard" | "goal" => {
            format!("{key} = [{value}]\n")
        }
        _ => format!("{key} = {{ {value} }}\n"),
    };
    lines.iter().map(line).collect()
}
