//! Parts of a plan in words, as a scenario spells them.

use crate::plan::Law;
use crate::scenario::{
    ByClass, Compare, Cond, Dist, Effect, Kind, LinkId, Quantifier, Scenario, Shape, Shows, Whose,
    Write,
};
use crate::statistics::round9;
use crate::units::{Bytes, Rate, Ratio, Span};

/// In what a distribution counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measured {
    Time,
    Size,
    Rate,
    Count,
}

impl Measured {
    fn text(self, value: u64) -> String {
        match self {
            Measured::Time => Span(value).brief(),
            Measured::Size => Bytes(value).brief(),
            Measured::Rate => Rate(value).brief(),
            Measured::Count => value.to_string(),
        }
    }
}

/// A kind's name: "tenant".
pub(super) fn kind(scenario: &Scenario, kind: Kind) -> &str {
    match kind {
        Kind::Rollout => "rollout",
        Kind::Group(index) => &scenario.groups[usize::from(index)].name,
        Kind::Tenant => "tenant",
        Kind::Mailbox => "mailbox",
    }
}

/// "lognormal, median 30 s, p95 5 m": the family and what was stated; its median where that was not,
/// and its support where it is bounded.
pub(super) fn dist(dist: &Dist, measured: Measured) -> String {
    if let Shape::Constant(value) = dist.shape {
        // The one value is part of what the designer wrote, so it is shown exactly.
        return match measured {
            Measured::Time => Span(value).to_string(),
            Measured::Size => Bytes(value).to_string(),
            Measured::Rate => Rate(value).to_string(),
            Measured::Count => value.to_string(),
        };
    }
    let law = Law::compile(dist);
    let support = law.support();
    let range = match support.high {
        Some(high) => format!("{} to {}", measured.text(support.low), measured.text(high)),
        None => format!("{} or more", measured.text(support.low)),
    };
    let mut text = family(&dist.shape).to_owned();
    let stated = stated(&dist.shape);
    for (name, value) in &stated {
        text.push_str(&format!(", {name} {}", measured.text(*value)));
    }
    if let Some((low, high)) = dist.between {
        // What is stated is of the family; the interval moves the median.
        text.push_str(&format!(", between {} and {}", measured.text(low), measured.text(high)));
    }
    let median = || format!(", median {}", measured.text(law.median()));
    let told = stated.iter().any(|(name, _)| *name == "median");
    match (told, dist.between) {
        (true, None) => {}
        (true, Some(_)) => text.push_str(&format!(" (so{})", median().replacen(", ", " ", 1))),
        (false, _) => text.push_str(&median()),
    }
    let bounded = matches!(
        dist.shape,
        Shape::Uniform { .. } | Shape::Triangular { .. } | Shape::Pert { .. } | Shape::Empirical(_)
    );
    // Families without bounds say nothing by theirs, and `between` is said already.
    if dist.between.is_none() && (bounded || matches!(dist.shape, Shape::Mixture(_))) {
        text.push_str(&format!(", {range}"));
    }
    text
}

/// The parameters that the designer wrote, but for the ends of the support.
fn stated(shape: &Shape) -> Vec<(&'static str, u64)> {
    match *shape {
        Shape::Constant(_) | Shape::Uniform { .. } | Shape::Empirical(_) | Shape::Mixture(_) => {
            Vec::new()
        }
        Shape::Triangular { mode, .. } | Shape::Pert { mode, .. } => vec![("mode", mode)],
        Shape::Exponential { mean } => vec![("mean", mean)],
        Shape::Lognormal { median, p95 } | Shape::Weibull { median, p95 } => {
            vec![("median", median), ("p95", p95)]
        }
        Shape::Gamma { mean, sd } => vec![("mean", mean), ("sd", sd)],
        Shape::Pareto { min, p95 } => vec![("min", min), ("p95", p95)],
    }
}

/// The distribution of each class that tenants can be of, by the class's name.
pub(super) fn by_class(
    scenario: &Scenario,
    dists: &ByClass,
    measured: Measured,
) -> Vec<(String, String)> {
    let names = scenario.classes.iter().map(|class| class.name.clone());
    let none = scenario.classless().then(|| "without a class".to_owned());
    names.chain(none).zip(&dists.0).map(|(name, of)| (name, dist(of, measured))).collect()
}

fn family(shape: &Shape) -> &'static str {
    match shape {
        Shape::Constant(_) => "constant",
        Shape::Uniform { .. } => "uniform",
        Shape::Triangular { .. } => "triangular",
        Shape::Pert { .. } => "pert",
        Shape::Exponential { .. } => "exponential",
        Shape::Lognormal { .. } => "lognormal",
        Shape::Gamma { .. } => "gamma",
        Shape::Weibull { .. } => "weibull",
        Shape::Pareto { .. } => "pareto",
        Shape::Empirical(_) => "empirical",
        Shape::Mixture(_) => "mixture",
    }
}

/// A condition as the language spells it.
pub(in crate::plan) fn condition(scenario: &Scenario, cond: &Cond) -> String {
    spelt(scenario, cond, 0)
}

/// `level`: how tightly what stands around it binds (0 nothing, 1 `or`, 2 `and`, 3 `not`).
fn spelt(scenario: &Scenario, cond: &Cond, level: u8) -> String {
    let joined = |parts: &[Cond], word: &str, own: u8| {
        let parts: Vec<String> = parts.iter().map(|part| spelt(scenario, part, own)).collect();
        let text = parts.join(word);
        if level > own { format!("({text})") } else { text }
    };
    match cond {
        Cond::Const(value) => value.to_string(),
        Cond::Fact(fact) => scenario.facts[usize::from(fact.0)].name.clone(),
        Cond::Class(class) => {
            format!("class = {}", scenario.classes[usize::from(class.0)].name)
        }
        Cond::Not(inner) => format!("not {}", spelt(scenario, inner, 3)),
        Cond::And(parts) => joined(parts, " and ", 2),
        Cond::Or(parts) => joined(parts, " or ", 1),
        Cond::Quantified { quantifier, over, cond } => {
            let inner = format!("({}: {})", kind(scenario, *over), spelt(scenario, cond, 0));
            match quantifier {
                Quantifier::All => format!("all{inner}"),
                Quantifier::Any => format!("any{inner}"),
                Quantifier::Count(compare, number) => {
                    let text = format!("count{inner} {} {number}", sign(*compare));
                    if level > 2 { format!("({text})") } else { text }
                }
            }
        }
    }
}

fn sign(compare: Compare) -> &'static str {
    match compare {
        Compare::Less => "<",
        Compare::LessOrEqual => "<=",
        Compare::Equal => "=",
        Compare::NotEqual => "!=",
        Compare::GreaterOrEqual => ">=",
        Compare::Greater => ">",
    }
}

/// "access off for 8 h", "seeded on".
pub(super) fn effect(scenario: &Scenario, effect: &Effect) -> String {
    let fact = &scenario.facts[usize::from(effect.fact.0)];
    let mut text = match effect.write {
        Write::On => format!("{} on", fact.name),
        Write::Off => format!("{} off", fact.name),
        Write::Add => format!("{} + 1", fact.name),
    };
    if effect.members {
        text.push_str(&format!(" (every {})", kind(scenario, fact.kind)));
    }
    if let Some(after) = &effect.after {
        text.push_str(&format!(", after {}", bracketed(after)));
    }
    if let Some(lasts) = &effect.lasts {
        text.push_str(&format!(", for {}", bracketed(lasts)));
    }
    if let Some(cond) = &effect.condition {
        text.push_str(&format!(", if {}", condition(scenario, cond)));
    }
    if let Some(chance) = effect.chance {
        text.push_str(&format!(", with probability {}", percent(chance)));
    }
    if effect.late {
        text.push_str(", even behind a later write");
    }
    text
}

/// A distribution inside a sentence: its commas would read as the sentence's.
fn bracketed(of: &Dist) -> String {
    let text = dist(of, Measured::Time);
    if matches!(of.shape, Shape::Constant(_)) { text } else { format!("({text})") }
}

/// The same in few characters, for a label: "access off 8 h".
pub(super) fn short_effect(scenario: &Scenario, effect: &Effect) -> String {
    let name = &scenario.facts[usize::from(effect.fact.0)].name;
    let mut text = match effect.write {
        Write::On => format!("{name} on"),
        Write::Off => format!("{name} off"),
        Write::Add => format!("{name} + 1"),
    };
    let median = |dist: &Dist| Span(Law::compile(dist).median()).brief();
    if let Some(after) = &effect.after {
        text.push_str(&format!(" after {}", median(after)));
    }
    if let Some(lasts) = &effect.lasts {
        text.push_str(&format!(" for {}", median(lasts)));
    }
    text
}

/// "telephone number and postal address of all tenants"; empty if nothing is said.
pub(super) fn shows(scenario: &Scenario, shows: &Shows) -> String {
    let data = match shows.data.as_slice() {
        [] => "data".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    };
    match shows.whose {
        Whose::All => format!("{data} of all other tenants"),
        Whose::Own => format!("{data} of the own tenant"),
        Whose::Group(group) => {
            format!("{data} of the same {}", scenario.groups[usize::from(group)].name)
        }
    }
}

/// "wan and database-lan": the links of a transfer.
pub(super) fn links(scenario: &Scenario, over: &[LinkId]) -> String {
    let names = over.iter().map(|link| scenario.links[usize::from(link.0)].name.as_str());
    names.collect::<Vec<_>>().join(" and ")
}

/// "0.2 %": what people read more easily than 0.002.
pub(super) fn percent(ratio: Ratio) -> String {
    format!("{} %", round9(ratio.0 * 100.0))
}

/// "1 slot", "20 slots".
pub(super) fn slots(slots: u32) -> String {
    format!("{} {}", grouped(u64::from(slots)), if slots == 1 { "slot" } else { "slots" })
}

/// "2,300".
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
