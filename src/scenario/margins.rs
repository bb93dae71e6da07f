//! `[expect.verify] margins`: how far bounds can be moved.

use super::dist::{self, Quantity};
use super::read::{self, Fields};
use super::schema;
use super::tree::Node;
use super::words;
use crate::diagnostics::{Code, Diagnostics};

/// How far one bound can be moved.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectMargin {
    /// The goal that it is about; `None`: the hazards.
    pub goal: Option<String>,
    /// Its name, or that of the step whose duration it is.
    pub of: String,
    /// The greatest value that is proved.
    pub at_most: Option<Reach>,
    /// The least one.
    pub at_least: Option<Reach>,
}

/// How far an end can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Up to this, in microseconds, and no further.
    To(u64),
    /// However far.
    Any,
    /// No value of it is enough.
    Nowhere,
}

/// Their names are looked at when the scenario is complete.
pub(super) fn expected(node: &Node, bag: &mut Diagnostics) -> Vec<ExpectMargin> {
    let list = read::list(node, "tables of `of`, `at-most`, `at-least` and `goal`", bag);
    let margin = |node: &Node| {
        let fields = Fields::open(node, &schema::EXPECT_MARGIN, bag)?;
        let reach = |key: &str, bag: &mut Diagnostics| fields.get(key).map(|node| reach(node, bag));
        if !fields.has("at-most") && !fields.has("at-least") {
            let text = "a margin needs `at-most`, `at-least` or both";
            bag.error(Code::OneOf, node.span.clone(), text);
        }
        let (at_most, at_least) = (reach("at-most", bag), reach("at-least", bag));
        let of = fields.get("of").and_then(|node| read::text(node, bag))?.text.clone();
        let goal = fields.get("goal").and_then(|node| read::text(node, bag));
        let goal = goal.map(|goal| goal.text.clone());
        Some(ExpectMargin { goal, of, at_most: at_most.flatten(), at_least: at_least.flatten() })
    };
    list.unwrap_or_default().iter().filter_map(margin).collect()
}

fn reach(node: &Node, bag: &mut Diagnostics) -> Option<Reach> {
    let known = words::REACH.iter().find(|(word, _)| node.as_str() == Some(word));
    match known {
        Some((_, reach)) => Some(*reach),
        None => dist::quantity(node, Quantity::Duration, bag).map(Reach::To),
    }
}
