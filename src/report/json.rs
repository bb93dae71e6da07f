//! The JSON format: one object, its keys in the order of the data, then a newline.

use serde::Serialize;

/// The JSON text of a report.
///
/// # Panics
/// Never: reports are plain data with string keys.
#[must_use]
pub fn json(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("reports are plain data");
    text.push('\n');
    text
}
