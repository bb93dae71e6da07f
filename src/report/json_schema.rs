//! The JSON Schema of a scenario, for editors: generated from the lists that the reader uses.
//!
//! It knows the form of a file: keys, types, words, ranges, the spelling of quantities, which keys
//! exclude each other. What a name stands for, and what follows from two values together, it cannot
//! know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::scenario::schema::{
    self, Default, Key, Named, PLACEMENT, Quantity, Rule, Schema, TOP, Takes,
};
use crate::scenario::{Days, Start, Weekly};
use crate::units::{Bytes, Rate, Ratio, Span, read_rate_pattern};

/// A string in which some digit is not 0.
const NOT_ZERO: &str = "[1-9]";

/// The schema, in the dialect 2020-12.
#[must_use]
pub fn json_schema() -> Value {
    let mut writer = Writer { definitions: BTreeMap::new() };
    let forms = [Form::Whole, Form::Extending].map(|form| writer.table(&TOP, form, None));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of cutover",
        "oneOf": forms,
        "$defs": writer.definitions,
    })
}

/// What stands in a scenario of its own, or on top of a base, where a table may state less.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Extending,
}

struct Writer {
    definitions: BTreeMap<String, Value>,
}

impl Writer {
    /// A reference to the definition of a table; inside a distribution one for each quantity.
    fn table(&mut self, schema: &Schema, form: Form, of: Option<Quantity>) -> Value {
        let mut name: String = schema.table.to_owned();
        name.retain(|c| c.is_ascii_alphanumeric() || "-. ".contains(c));
        let mut name = name.trim().replace(' ', "-");
        if let Some(of) = of {
            name = format!("{name}-of-{of}").replace(' ', "-");
        }
        if form == Form::Extending {
            name.push_str("-extending");
        }
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        if !self.definitions.contains_key(&name) {
            // Taken at once, so that a table inside itself is a reference.
            self.definitions.insert(name.clone(), Value::Null);
            let definition = self.definition(schema, form, of);
            self.definitions.insert(name, definition);
        }
        reference
    }

    fn definition(&mut self, schema: &Schema, form: Form, of: Option<Quantity>) -> Value {
        let top = schema.table == TOP.table;
        let mut properties = Map::new();
        let mut required = Vec::new();
        for key in schema.keys {
            let extend = top && key.name == "extend";
            if extend && form == Form::Whole {
                continue;
            }
            properties.insert(key.name.to_owned(), self.key(key, form, of));
            // An entry without a name overrides nothing.
            let needed = key.required && (form == Form::Whole || key.name == "name");
            if needed || extend {
                required.push(key.name);
            }
        }
        let mut rules: Vec<Value> =
            schema.rules.iter().flat_map(|rule| self::rule(rule, form)).collect();
        if form == Form::Extending && !top && !merges(schema) {
            for key in PLACEMENT.keys {
                properties.insert(key.name.to_owned(), self.key(key, Form::Whole, None));
            }
            rules.extend(PLACEMENT.rules.iter().flat_map(|rule| self::rule(rule, Form::Whole)));
        }
        let mut definition = json!({
            "type": "object",
            "description": schema.doc.trim(),
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            definition["required"] = json!(required);
        }
        if !rules.is_empty() {
            definition["allOf"] = json!(rules);
        }
        definition
    }

    fn key(&mut self, key: &Key, form: Form, of: Option<Quantity>) -> Value {
        let mut value = self.takes(&key.takes, form, of);
        let unless = match key.default {
            Default::None => String::new(),
            Default::Value(value) => format!(" Unless stated: {value}."),
            Default::Says(words) => format!(" Unless stated: {words}."),
        };
        value["description"] = json!(format!("{}: {}.{unless}", key.doc, key.takes));
        value
    }

    fn takes(&mut self, takes: &Takes, form: Form, of: Option<Quantity>) -> Value {
        match *takes {
            Takes::Unstated | Takes::Anything => json!({}),
            Takes::Text => json!({ "type": "string" }),
            Takes::Name => json!({
                "type": "string", "maxLength": 100, "pattern": r"^(?!.* / )\S(.*\S)?$"
            }),
            Takes::Flag => json!({ "type": "boolean" }),
            Takes::True => json!({ "const": true }),
            Takes::Whole(low, i64::MAX) => json!({ "type": "integer", "minimum": low }),
            Takes::Whole(low, high) => {
                json!({ "type": "integer", "minimum": low, "maximum": high })
            }
            Takes::Number(low, f64::INFINITY) => json!({ "type": "number", "minimum": low }),
            Takes::Number(low, high) => {
                json!({ "type": "number", "minimum": low, "maximum": high })
            }
            Takes::Probability => json!({ "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": Ratio::pattern() },
            ] }),
            Takes::Duration => quantity(Quantity::Duration),
            Takes::Positive => {
                json!({ "allOf": [quantity(Quantity::Duration), { "pattern": NOT_ZERO }] })
            }
            Takes::Start => json!({ "type": "string", "pattern": Start::pattern() }),
            Takes::Window => json!({ "type": "string", "pattern": Weekly::pattern() }),
            Takes::Days => json!({ "type": "string", "pattern": Days::pattern() }),
            Takes::Date => json!({ "anyOf": [
                quantity(Quantity::Duration),
                { "type": "string", "pattern": Start::date_pattern() },
            ] }),
            Takes::Rate => rate(),
            Takes::Size => {
                json!({ "allOf": [quantity(Quantity::Size), { "pattern": NOT_ZERO }] })
            }
            Takes::RateOrShare => json!({ "type": "string", "anyOf": [
                { "pattern": Rate::pattern() },
                { "allOf": [{ "pattern": Ratio::pattern() }, { "pattern": "%" }] },
            ] }),
            Takes::ReadRate => json!({ "type": "string", "pattern": read_rate_pattern() }),
            Takes::Words(words) => json!({ "enum": words }),
            Takes::Condition => json!({ "type": "string", "pattern": r"\S" }),
            Takes::NameOf(named) => name_of(named),
            Takes::List(item) => {
                json!({ "type": "array", "items": self.takes(item, form, of) })
            }
            Takes::OneOrMany(item) => {
                let item = self.takes(item, form, of);
                json!({ "anyOf": [item, { "type": "array", "items": item }] })
            }
            Takes::Either(all) => {
                let all: Vec<Value> = all.iter().map(|one| self.takes(one, form, of)).collect();
                json!({ "anyOf": all })
            }
            _ => self.structure(takes, form, of),
        }
    }

    /// Values with an inside.
    fn structure(&mut self, takes: &Takes, form: Form, of: Option<Quantity>) -> Value {
        let own = of.unwrap_or(Quantity::Duration);
        match *takes {
            // Values inside an entry are overridden as a whole.
            Takes::Table(schema) => {
                let merged = merges(schema);
                self.table(schema, if merged { form } else { Form::Whole }, of)
            }
            Takes::Entries(schema) => {
                json!({ "type": "array", "maxItems": 1024, "items": self.table(schema, form, None) })
            }
            Takes::ByName(schema) => json!({
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]*$", "maxLength": 100 },
                "additionalProperties": self.table(schema, form, None),
            }),
            Takes::Dist(unit) => self.dist(unit, None),
            Takes::DistOrByClass(unit) => {
                let mut value = self.dist(unit, None);
                let classes = self.table(&schema::BY_CLASS, Form::Whole, Some(unit));
                if let Some(Value::Array(all)) = value.get_mut("anyOf") {
                    all.push(classes);
                }
                value
            }
            Takes::OwnsByClass => {
                json!({ "type": "object", "additionalProperties": self.dist(own, None) })
            }
            Takes::Lasting => self.dist(Quantity::Duration, Some(NOT_ZERO)),
            Takes::Own => quantity(own),
            Takes::Owns(count) => json!({
                "type": "array", "items": quantity(own), "minItems": count, "maxItems": count,
            }),
            Takes::OwnDist => self.dist(own, None),
            Takes::Range(item) => self.range(item),
            Takes::Tenants => {
                let names = json!({ "anyOf": [
                    { "type": ["string", "integer"] },
                    { "type": "array", "items": { "type": ["string", "integer"] } },
                ] });
                json!({ "type": "object", "minProperties": 1, "additionalProperties": names })
            }
            Takes::RangesOf(_, item) => {
                json!({ "type": "object", "additionalProperties": self.range(item) })
            }
            _ => json!({}),
        }
    }

    /// A bare quantity, or a table with a family.
    fn dist(&mut self, unit: Quantity, pattern: Option<&str>) -> Value {
        let mut constant = quantity(unit);
        if let Some(pattern) = pattern {
            constant = json!({ "allOf": [constant, { "pattern": pattern }] });
        }
        json!({ "anyOf": [constant, self.table(&schema::DIST, Form::Whole, Some(unit))] })
    }

    fn range(&mut self, item: &Takes) -> Value {
        let item = self.takes(item, Form::Whole, None);
        let pair = json!({ "type": "array", "items": item, "minItems": 2, "maxItems": 2 });
        json!({ "anyOf": [item, pair] })
    }
}

/// True for the tables of the top level that an extending scenario overrides key by key.
fn merges(schema: &Schema) -> bool {
    [schema::ROLLOUT.table, schema::TENANTS.table].contains(&schema.table)
}

fn quantity(of: Quantity) -> Value {
    let pattern = match of {
        Quantity::Duration => Span::pattern(),
        Quantity::Size => Bytes::pattern(),
        Quantity::Rate => return rate(),
        Quantity::Count => return json!({ "type": "integer", "minimum": 0, "maximum": 10_000 }),
    };
    json!({ "type": "string", "pattern": pattern })
}

fn rate() -> Value {
    json!({ "type": "string", "allOf": [{ "pattern": Rate::pattern() }, { "pattern": NOT_ZERO }] })
}

fn name_of(named: Named) -> Value {
    match named {
        Named::Fact
        | Named::Counter
        | Named::Pool
        | Named::Group
        | Named::Calendar
        | Named::Link
        | Named::Kind => {
            json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" })
        }
        Named::Step
        | Named::Fault
        | Named::Hazard
        | Named::Goal
        | Named::Wave
        | Named::Bound
        | Named::Entry => {
            json!({ "type": "string", "minLength": 1 })
        }
    }
}

/// What a rule demands; an entry that overrides another may leave things to it.
fn rule(rule: &Rule, form: Form) -> Vec<Value> {
    let each = |keys: &[&str]| -> Vec<Value> {
        keys.iter().map(|key| json!({ "required": [key] })).collect()
    };
    let none = |keys: &[&str]| json!({ "not": { "anyOf": each(keys) } });
    let whole = form == Form::Whole;
    match *rule {
        Rule::ExactlyOne(keys) if whole => vec![json!({ "oneOf": each(keys) })],
        Rule::ExactlyOne(keys) | Rule::AtMostOne(keys) => {
            let mut cases = each(keys);
            cases.push(none(keys));
            vec![json!({ "oneOf": cases })]
        }
        Rule::AtLeastOne(keys) if whole => vec![json!({ "anyOf": each(keys) })],
        Rule::Together(keys) if whole => {
            vec![json!({ "anyOf": [{ "required": keys }, none(keys)] })]
        }
        Rule::Alone(key, beside) => {
            let allowed = [&[key], beside].concat();
            let then = json!({ "propertyNames": { "enum": allowed } });
            vec![json!({ "if": { "required": [key] }, "then": then })]
        }
        Rule::Split { by, with, without } if whole => {
            let side = |(rules, _): (&[Rule], &[&str]), other: &[&str], all: &[&str]| {
                let others: Vec<&str> =
                    other.iter().copied().filter(|key| !all.contains(key)).collect();
                let mut demands: Vec<Value> =
                    rules.iter().flat_map(|inner| self::rule(inner, form)).collect();
                demands.push(none(&others));
                json!({ "allOf": demands })
            };
            vec![json!({
                "if": { "required": [by] },
                "then": side(with, without.1, with.1),
                "else": side(without, with.1, without.1),
            })]
        }
        Rule::AtLeastOne(_) | Rule::Together(_) | Rule::Split { .. } => Vec::new(),
    }
}
