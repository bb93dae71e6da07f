//! Bytes to text: UTF-8, or a refusal that shows the place.

use std::ops::Range;

/// What is wrong with bytes that are not UTF-8, and enough of their text to show where.
pub(in crate::scenario) struct NotText {
    /// As far as it can be shown.
    pub(in crate::scenario) shown: String,
    /// The place in what is shown.
    pub(in crate::scenario) span: Range<usize>,
    /// After the file's name.
    pub(in crate::scenario) reason: String,
    /// What it most likely is instead.
    pub(in crate::scenario) hint: &'static str,
}

/// The text without its byte order mark.
pub(in crate::scenario) fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(refused) = wide(&bytes) {
        return Err(refused);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(narrow(error.as_bytes(), at))
        }
    }
}

/// UTF-16 begins with a mark of its own, or has a zero in every other byte of plain letters.
fn wide(bytes: &[u8]) -> Option<NotText> {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let head = &bytes[..bytes.len().min(64)];
    if !marked && !head.contains(&0) {
        return None;
    }
    let letters = head.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
    let shown: String = letters.map(|byte| char::from(*byte)).collect();
    Some(NotText {
        span: 0..shown.len().min(1),
        shown,
        reason: "is UTF-16 text, not UTF-8".to_owned(),
        hint: "save it as UTF-8; a spreadsheet offers \"CSV UTF-8\"",
    })
}

/// One byte for each character: shown as Latin-1 from the first byte on that is not UTF-8, to the
/// end of its line.
fn narrow(bytes: &[u8], at: usize) -> NotText {
    let rest = bytes[at..].iter().take_while(|byte| !matches!(byte, b'\n' | b'\r'));
    let rest: String = rest.map(|byte| latin(*byte)).collect();
    let mut shown = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let before = shown.len();
    let first = rest.chars().next().map_or(0, char::len_utf8);
    shown.push_str(&rest);
    let byte = bytes[at];
    NotText {
        shown,
        span: before..before + first,
        reason: format!("is not UTF-8 text: the byte {byte:#04x} stands for no character in it"),
        hint: "it looks like Latin-1 or Windows-1252; save it as UTF-8 (\"CSV UTF-8\")",
    }
}

fn latin(byte: u8) -> char {
    let char = char::from(byte);
    if char.is_control() { '\u{fffd}' } else { char }
}
