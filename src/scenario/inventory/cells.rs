//! Single cells: counts, sizes, status.

use std::ops::Range;

use super::problem;
use crate::diagnostics::{Code, Diagnostics};
use crate::scenario::dist::{COUNT_MAX, SIZE_MAX};
use crate::scenario::read::{shortened, suggestion};
use crate::scenario::schema::PRIORITY_MAX;
use crate::units::Bytes;

const MOVED: [&str; 3] = ["migrated", "moved", "done"];
const OPEN: [&str; 2] = ["open", "planned"];

/// True if the tenant has moved; an empty cell says nothing.
pub(super) fn status(text: &str, span: &Range<usize>, bag: &mut Diagnostics) -> Option<bool> {
    let is = |word: &&str| word.eq_ignore_ascii_case(text);
    if text.is_empty() {
        return None;
    }
    if MOVED.iter().any(is) {
        return Some(true);
    }
    if !OPEN.iter().any(is) {
        let message = format!("`{}` is no status of a tenant", shortened(text));
        let found = problem(Code::InventoryCell, span, message);
        let known = MOVED.iter().chain(&OPEN).copied();
        bag.push(match suggestion(text, known) {
            Some(near) => found.label(format!("did you mean `{near}`?")),
            None => found.hint("write `migrated`, `moved` or `done`; `open`, `planned` or nothing"),
        });
    }
    Some(false)
}

/// A priority in the order of starts.
pub(super) fn priority(text: &str, span: &Range<usize>, bag: &mut Diagnostics) -> Option<i32> {
    let number = text.parse::<i32>().ok();
    let number = number.filter(|number| i64::from(number.unsigned_abs()) <= PRIORITY_MAX);
    if number.is_none() {
        let message = format!("`{}` is no priority", shortened(text));
        let found = problem(Code::InventoryCell, span, message);
        bag.push(
            found.hint(format!("write a whole number from -{PRIORITY_MAX} to {PRIORITY_MAX}")),
        );
    }
    number
}

/// A number of mailboxes; an empty cell says nothing.
pub(super) fn count(text: &str, span: &Range<usize>, bag: &mut Diagnostics) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { text.parse::<u64>().ok() } else { None };
    let number = number.filter(|number| *number <= COUNT_MAX);
    if number.is_none() {
        let message = match plain {
            true => format!("`{}` mailboxes are more than {COUNT_MAX}", shortened(text)),
            false => format!("`{}` is not a whole number", shortened(text)),
        };
        bag.error(Code::InventoryCell, span.clone(), message);
    }
    u32::try_from(number.unwrap_or(1)).ok()
}

/// A size in bytes; an empty cell says nothing.
pub(super) fn size(
    text: &str,
    unit: Option<&str>,
    comma: bool,
    span: &Range<usize>,
    bag: &mut Diagnostics,
) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    match parsed(text, unit, comma) {
        Err((reason, hint)) => {
            let found = problem(Code::InventoryCell, span, reason);
            bag.push(match hint {
                Some(hint) => found.hint(hint),
                None => found,
            });
            Some(1)
        }
        Ok(bytes) if bytes > SIZE_MAX => {
            bag.error(Code::InventoryCell, span.clone(), "sizes are at most 1 PiB");
            Some(1)
        }
        Ok(bytes) => Some(bytes),
    }
}

type Refusal = (String, Option<String>);

fn parsed(text: &str, unit: Option<&str>, comma: bool) -> Result<u64, Refusal> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
    let (number, own_unit) = text.split_at(number_end.unwrap_or(text.len()));
    let number = decimal(number, comma).map_err(|reason| (reason, None))?;
    let own_unit = own_unit.trim();
    let unit = match (unit, own_unit) {
        (Some(unit), "") => unit,
        (Some(unit), _) if !number.is_empty() => {
            let reason = format!("`{}` has a unit, and so has its column: {unit}", shortened(text));
            return Err((reason, Some("write the plain number, or call the column `size`".into())));
        }
        (None, "") => {
            let reason = format!("`{}` has no unit", shortened(text));
            let hint = "write 1.5 GiB, or call the column `size GiB`";
            return Err((reason, Some(hint.into())));
        }
        (_, own) => own,
    };
    let read = Bytes::parse(&format!("{number} {unit}"));
    read.map(|bytes| bytes.0).map_err(|reason| (reason, None))
}

/// A number with a decimal point, from one with a comma where that is what the file writes.
fn decimal(text: &str, comma: bool) -> Result<String, String> {
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let after = |mark: char| text.rsplit(mark).next().map_or(0, str::len);
    if points + commas > 1 {
        return Err(format!("`{text}` has separators of thousands; leave them out"));
    }
    if commas == 1 && !comma {
        return Err(format!(
            "`{text}` has a decimal comma, which only goes with semicolons between the cells"
        ));
    }
    // Where commas are decimal, a point before three digits most likely means thousands.
    if comma && points == 1 && after('.') == 3 {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        return Err(format!(
            "`{text}` can be read in two ways; write `{whole}{rest}` or `{whole},{rest}`"
        ));
    }
    Ok(text.replace(',', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_commas_go_with_semicolons() {
        let gib = |text, comma| parsed(text, Some("GiB"), comma).map_err(|(reason, _)| reason);
        assert_eq!(gib("1,5", true), Ok(3 << 29));
        assert_eq!(gib("1.5", true), Ok(3 << 29));
        assert_eq!(gib("1.5", false), Ok(3 << 29));
        assert_eq!(gib("1500", true), Ok(1500 << 30));
        for (text, comma) in [("1,5", false), ("1.500", true), ("1.234,5", true), ("1,2,3", true)] {
            assert!(gib(text, comma).is_err(), "{text}");
        }
        assert_eq!(parsed("1,5 GB", None, true), Ok(1_500_000_000));
        assert!(parsed("1,5 GB", Some("GB"), true).is_err(), "a unit twice");
        assert!(parsed("7", None, true).is_err(), "no unit");
        assert!(parsed("-7", Some("GB"), true).is_err());
    }
}
