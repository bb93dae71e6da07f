//! Quantities and distributions: from what is written to base units.

use std::ops::Range;

use super::dist_rules;
use super::read::{self, Fields};
use super::schema;
pub(super) use super::schema::Quantity;
use super::tree::{Node, Value};
use super::types::{Dist, Shape};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::units::{Bytes, Rate, Span};

/// 1000 years of 365 days, in microseconds: every sum of a few thousand of them fits in `u64`.
pub(super) const DURATION_MAX: u64 = 1000 * 365 * 24 * 3600 * 1_000_000;
/// 1 PiB: the sum over 10,000 mailboxes fits in `u64`.
pub(super) const SIZE_MAX: u64 = 1 << 50;
/// Mailboxes per tenant, and any other count that is drawn.
pub(super) const COUNT_MAX: u64 = 10_000;
/// Observations of an empirical distribution, and parts of a mixture.
const VALUES_MAX: usize = 100_000;

impl Quantity {
    /// The largest value, in base units.
    pub(super) fn max(self) -> u64 {
        match self {
            Quantity::Duration => DURATION_MAX,
            Quantity::Size | Quantity::Rate => SIZE_MAX,
            Quantity::Count => COUNT_MAX,
        }
    }

    /// The smallest value: a transfer at rate 0 would never end.
    pub(super) fn min(self) -> u64 {
        u64::from(self == Quantity::Rate)
    }

    fn example(self) -> &'static str {
        match self {
            Quantity::Duration => "a duration such as \"30m\"",
            Quantity::Size => "a size such as \"1.5 GiB\"",
            Quantity::Rate => "a rate such as \"0.66 GiB/h\"",
            Quantity::Count => "a whole number",
        }
    }

    fn limit(self) -> &'static str {
        match self {
            Quantity::Duration => "durations are at most 1000 years of 365 days",
            Quantity::Size => "sizes are at most 1 PiB",
            Quantity::Rate => "rates are at most 1 PiB/h",
            Quantity::Count => "counts are at most 10000",
        }
    }
}

/// A single value in base units.
pub(super) fn quantity(node: &Node, quantity: Quantity, bag: &mut Diagnostics) -> Option<u64> {
    if quantity == Quantity::Count {
        return read::whole(node, 0..=COUNT_MAX.cast_signed(), bag).map(i64::cast_unsigned);
    }
    let Some(text) = node.as_str() else {
        read::wrong_type(node, quantity.example(), bag);
        return None;
    };
    let parsed = match quantity {
        Quantity::Duration => Span::parse(text).map(|span| span.0),
        Quantity::Size => Bytes::parse(text).map(|bytes| bytes.0),
        Quantity::Rate | Quantity::Count => Rate::parse(text).map(|rate| rate.0),
    };
    match parsed {
        Err(reason) => {
            let hint = format!("write {}", quantity.example());
            bag.push(Diagnostic::new(Code::BadQuantity, node.span.clone(), reason).hint(hint));
            None
        }
        Ok(value) if value > quantity.max() => {
            bag.error(Code::TooLong, node.span.clone(), quantity.limit());
            None
        }
        Ok(value) if value < quantity.min() => {
            bag.error(Code::OutOfRange, node.span.clone(), "a rate must be more than 0");
            None
        }
        Ok(value) => Some(value),
    }
}

/// A single duration.
pub(super) fn duration(node: &Node, bag: &mut Diagnostics) -> Option<Span> {
    quantity(node, Quantity::Duration, bag).map(Span)
}

/// The distribution of durations under a key, if stated.
pub(super) fn lasting(fields: &Fields<'_>, key: &str, bag: &mut Diagnostics) -> Option<Dist> {
    dist(fields.get(key)?, Quantity::Duration, bag)
}

/// A distribution: a bare quantity, or a table with one family and perhaps `between`.
pub(super) fn dist(node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<Dist> {
    if !matches!(node.value, Value::Table(_)) {
        return quantity(node, unit, bag)
            .map(|value| Dist { shape: Shape::Constant(value), between: None });
    }
    let fields = Fields::open(node, &schema::DIST, bag)?;
    let stated = fields.one_of(schema::FAMILIES, bag);
    let between = fields.get("between").map(|node| between(node, unit, bag));
    let (family, parameters) = stated?;
    let shape = shape(family, parameters, unit, bag)?;
    let between = match between {
        Some(read) => Some(read?),
        None => None,
    };
    let dist = normalise(Dist { shape, between });
    if dist_rules::possible(&dist) {
        return Some(dist);
    }
    let message = format!("`between` leaves nothing of this {family} distribution");
    bag.push(
        Diagnostic::new(Code::Between, fields.place("between"), message)
            .related(parameters.span.clone(), "the distribution"),
    );
    None
}

/// A family whose ends meet is a constant, and a constant needs no truncation.
fn normalise(mut dist: Dist) -> Dist {
    match dist.shape {
        Shape::Uniform { low, high }
        | Shape::Triangular { low, high, .. }
        | Shape::Pert { low, high, .. }
            if low == high =>
        {
            dist.shape = Shape::Constant(low);
        }
        _ => {}
    }
    match (&dist.shape, dist.between) {
        (Shape::Constant(value), Some((low, high))) if (low..=high).contains(value) => {
            dist.between = None;
            dist
        }
        _ => dist,
    }
}

fn shape(family: &str, node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<Shape> {
    match family {
        "uniform" => {
            let [low, high] = values(node, unit, ["low", "high"], bag)?;
            ordered(&[low, high], &["low", "high"], node, bag)?;
            Some(Shape::Uniform { low, high })
        }
        "triangular" | "pert" => {
            let names = ["low", "mode", "high"];
            let [low, mode, high] = values(node, unit, names, bag)?;
            ordered(&[low, mode, high], &names, node, bag)?;
            Some(if family == "pert" {
                Shape::Pert { low, mode, high }
            } else {
                Shape::Triangular { low, mode, high }
            })
        }
        "exponential" => {
            let mean = quantity(node, unit, bag)?;
            positive(mean, "the mean", &node.span, bag)?;
            Some(Shape::Exponential { mean })
        }
        "empirical" => empirical(node, unit, bag),
        "mixture" => mixture(node, unit, bag),
        _ => two_parameters(family, node, unit, bag),
    }
}

fn two_parameters(
    family: &str,
    node: &Node,
    unit: Quantity,
    bag: &mut Diagnostics,
) -> Option<Shape> {
    let (schema, first, second) = match family {
        "gamma" => (&schema::MEAN_SD, "mean", "sd"),
        "pareto" => (&schema::MIN_P95, "min", "p95"),
        _ => (&schema::MEDIAN_P95, "median", "p95"),
    };
    let fields = Fields::open(node, schema, bag)?;
    let a = fields.get(first).map(|node| quantity(node, unit, bag));
    let b = fields.get(second).map(|node| quantity(node, unit, bag));
    let (a, b) = (a??, b??);
    positive(a, &format!("`{first}`"), &fields.place(first), bag)?;
    positive(b, &format!("`{second}`"), &fields.place(second), bag)?;
    if family == "gamma" {
        // Outside, the density is a spike or a cliff, and nobody means it.
        if a / 1000 > b || b / 100 > a {
            let message =
                "the standard deviation must lie between a thousandth and a hundred times the mean";
            bag.error(Code::Parameters, node.span.clone(), message);
            return None;
        }
        return Some(Shape::Gamma { mean: a, sd: b });
    }
    if a >= b {
        let message = format!("`{first}` must be less than `{second}`");
        bag.error(Code::Parameters, node.span.clone(), message);
        return None;
    }
    Some(match family {
        "lognormal" => Shape::Lognormal { median: a, p95: b },
        "weibull" => Shape::Weibull { median: a, p95: b },
        _ => Shape::Pareto { min: a, p95: b },
    })
}

fn positive(value: u64, what: &str, span: &Range<usize>, bag: &mut Diagnostics) -> Option<()> {
    if value == 0 {
        bag.error(Code::Parameters, span.clone(), format!("{what} must be more than 0"));
        return None;
    }
    Some(())
}

fn ordered(values: &[u64], names: &[&str], node: &Node, bag: &mut Diagnostics) -> Option<()> {
    if values.is_sorted() {
        return Some(());
    }
    let message = format!("the parameters must satisfy {}", names.join(" <= "));
    bag.error(Code::Parameters, node.span.clone(), message);
    None
}

/// A list of exactly N quantities.
fn values<const N: usize>(
    node: &Node,
    unit: Quantity,
    names: [&str; N],
    bag: &mut Diagnostics,
) -> Option<[u64; N]> {
    let items = read::list(node, "quantities", bag)?;
    let read: Vec<Option<u64>> = items.iter().map(|item| quantity(item, unit, bag)).collect();
    if items.len() != N {
        let message = format!("this list needs exactly {N} values: [{}]", names.join(", "));
        bag.error(Code::Parameters, node.span.clone(), message);
        return None;
    }
    let read: Option<Vec<u64>> = read.into_iter().collect();
    read?.try_into().ok()
}

fn between(node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<(u64, u64)> {
    let names = ["low", "high"];
    let [low, high] = values(node, unit, names, bag)?;
    ordered(&[low, high], &names, node, bag)?;
    Some((low, high))
}

fn empirical(node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<Shape> {
    let items = read::list(node, "quantities", bag)?;
    size_of_list(items.len(), "observation", node, bag)?;
    let read: Vec<Option<u64>> = items.iter().map(|item| quantity(item, unit, bag)).collect();
    let mut values = read.into_iter().collect::<Option<Vec<u64>>>()?;
    values.sort_unstable();
    Some(Shape::Empirical(values))
}

fn mixture(node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<Shape> {
    let items = read::list(node, "tables { weight, of }", bag)?;
    size_of_list(items.len(), "part", node, bag)?;
    let read: Vec<Option<(f64, Dist)>> = items.iter().map(|item| part(item, unit, bag)).collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(Shape::Mixture)
}

fn part(node: &Node, unit: Quantity, bag: &mut Diagnostics) -> Option<(f64, Dist)> {
    let fields = Fields::open(node, &schema::PART, bag)?;
    let weight = fields.get("weight").and_then(|node| read::number(node, bag));
    let of = fields.get("of").and_then(|node| dist(node, unit, bag));
    let weight = weight?;
    // The bounds keep every share of a mixture away from overflow and from 0.
    let (low, high) = schema::WEIGHTS;
    if !(low..=high).contains(&weight) {
        let message = format!("a weight lies between {low:e} and {high:e}");
        bag.error(Code::Parameters, fields.place("weight"), message);
        return None;
    }
    Some((weight, of?))
}

fn size_of_list(len: usize, what: &str, node: &Node, bag: &mut Diagnostics) -> Option<()> {
    if len == 0 {
        bag.error(
            Code::Parameters,
            node.span.clone(),
            format!("this list needs at least one {what}"),
        );
        return None;
    }
    if len > VALUES_MAX {
        bag.error(Code::TooMany, node.span.clone(), format!("more than {VALUES_MAX} {what}s"));
        return None;
    }
    Some(())
}
