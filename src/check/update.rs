//! Expectations brought up to date in the scenario's own text: comments and layout stay.

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::scenario::{Row, exact};
use crate::statistics::round9;
use crate::units::Span;

/// The text with every missed expectation replaced by what was simulated; a range keeps its width
/// and is centred on the value.
///
/// # Errors
/// The keys that could not be found in the text, or a text that is not TOML.
pub fn update(text: &str, rows: &[Row]) -> Result<String, String> {
    // Lines end as they did, where they all end alike.
    let ends = text.matches("\r\n").count();
    if ends > 0 && ends == text.matches('\n').count() {
        return Ok(update(&text.replace("\r\n", "\n"), rows)?.replace('\n', "\r\n"));
    }
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    for row in rows.iter().filter(|row| !row.met) {
        let Some(got) = row.got else { continue };
        let path = || format!("expect.simulate.{}", row.path.join("."));
        let value = find(document.as_table_mut(), &row.path).ok_or_else(path)?;
        let mut new = replacement(row, got);
        // What stands before and after the value (spaces, a comment) stays.
        *new.decor_mut() = value.decor().clone();
        *value = new;
    }
    Ok(document.to_string())
}

/// Whether a TOML file is meant to be a scenario; text that is not TOML may be one.
#[must_use]
pub fn is_scenario(text: &str) -> bool {
    let Ok(document) = text.parse::<DocumentMut>() else { return true };
    let has = |key: &str| document.contains_key(key);
    // One that lacks `tenants` or its name is a scenario with a mistake, which must be told.
    has("extend") || has("tenants") || has("name") && (has("step") || has("facts") || has("expect"))
}

fn find<'d>(root: &'d mut dyn TableLike, path: &[String]) -> Option<&'d mut Value> {
    let item: &mut Item = root.get_mut("expect")?.as_table_like_mut()?.get_mut("simulate")?;
    let mut item = item;
    for key in path {
        item = item.as_table_like_mut()?.get_mut(key)?;
    }
    item.as_value_mut()
}

fn replacement(row: &Row, got: f64) -> Value {
    let half = (row.high - row.low) / 2.0;
    if half <= 0.0 {
        return single(row, got);
    }
    let grain = grain(half, row.duration);
    let low = ((got - half) / grain).round() * grain;
    let high = ((got + half) / grain).round() * grain;
    // A share is at most 1, and nothing measured is negative.
    let most = if row.path == ["runs-with-exposure"] { 1.0 } else { f64::INFINITY };
    let ends = [single(row, low.max(0.0)), single(row, high.min(most))];
    Value::Array(ends.into_iter().collect())
}

/// To what the ends of a range of this half-width are rounded: a hundredth of it, or less.
fn grain(half: f64, duration: bool) -> f64 {
    if duration {
        let units = [Span::HOUR, Span::MINUTE, Span::SECOND, Span::MILLISECOND];
        let fine = units.iter().map(|unit| unit.0 as f64).find(|unit| unit * 50.0 <= half);
        return fine.unwrap_or(1.0);
    }
    let mut grain = 1.0;
    while grain * 50.0 > half {
        grain /= 10.0;
    }
    grain
}

fn single(row: &Row, value: f64) -> Value {
    if row.duration {
        return exact(value).to_string().into();
    }
    let value = round9(value);
    // A whole number was written without a point.
    if value.fract().abs() < f64::EPSILON && value.abs() < 1e15 {
        return (value as i64).into();
    }
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &[&str], low: f64, high: f64, got: f64, duration: bool) -> Row {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        Row { path, low, high, got: Some(got), duration, met: false }
    }

    #[test]
    fn comments_and_layout_stay() {
        let text = "\
name = \"x\"   # a comment

[expect.simulate]
replications = 200
viewers      = [0.97, 1.49]   # by hand
makespan     = \"8h\"
stopped      = 0
faults       = { \"a b\" = [1.85, 2.55], other = 1 }
";
        let rows = [
            row(&["viewers"], 0.97, 1.49, 2.1234, false),
            row(&["makespan"], 0.0, 0.0, 29_700_000_000.0, true),
            row(&["faults", "a b"], 1.85, 2.55, 0.1, false),
            row(&["stopped"], 0.0, 0.0, 0.25, false),
        ];
        let expected = "\
name = \"x\"   # a comment

[expect.simulate]
replications = 200
viewers      = [1.863, 2.383]   # by hand
makespan     = \"8 h 15 m\"
stopped      = 0.25
faults       = { \"a b\" = [0, 0.45], other = 1 }
";
        assert_eq!(update(text, &rows), Ok(expected.to_owned()));
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(update(&crlf(text), &rows), Ok(crlf(expected)));
        let gone = update(text, &[row(&["wait", "moves"], 0.0, 0.0, 1.0, true)]);
        assert_eq!(gone, Err("expect.simulate.wait.moves".to_owned()));
    }
}
