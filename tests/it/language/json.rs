use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// The file as JSON, as editors do it before they validate; `None` if it is no TOML.
pub(crate) fn value(text: &str) -> Option<Value> {
    let table = DeTable::parse(text.trim_start_matches('\u{feff}')).ok()?;
    Some(self::table(table.get_ref()))
}

fn table(table: &DeTable<'_>) -> Value {
    let entries = table.iter().map(|(key, value)| (key.get_ref().to_string(), of(value.get_ref())));
    Value::Object(entries.collect::<Map<String, Value>>())
}

fn of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(1e300),
        },
        // Infinity has no JSON; as a text it is refused as in TOML.
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::from(number),
            _ => Value::from(number.as_str()),
        },
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| of(item.get_ref())).collect(),
        DeValue::Table(inner) => table(inner),
    }
}
