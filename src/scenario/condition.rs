//! Conditions: from text to [`Cond`], with column-exact problems.
//!
//! Grammar: `or` of `and` of `not` of: a name, `true`, `false`, `( c )`, `class = NAME`,
//! `class != NAME`, `all(KIND: c)`, `any(KIND: c)`, `count(KIND: c) COMPARE NUMBER`.

use std::ops::Range;

use super::lex::{Token, tokens};
use super::names::Names;
use super::read;
use super::tree::Node;
use super::types::{Compare, Cond, Kind, Quantifier};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};

/// Levels of parentheses, `not`s and quantifiers: deeper is a mistake, and the stack is finite.
const DEPTH_MAX: u32 = 64;
/// Words that cannot name a fact.
pub(super) const RESERVED: &[&str] = &["and", "or", "not", "all", "any", "count", "true", "false"];

/// Reads the condition in a string value, about an entity of kind `kind`. All unknown and
/// misplaced names of it are reported; of wrong syntax the first.
pub(super) fn condition(
    node: &Node,
    kind: Kind,
    names: &Names,
    bag: &mut Diagnostics,
) -> Option<Cond> {
    let text = read::text(node, bag)?;
    let before = bag.len();
    let tokens = tokens(&text.text);
    let place = Place { text_start: text.start, node: node.span.clone() };
    let mut parser = Parser {
        tokens,
        next: 0,
        end: text.text.len(),
        kind,
        inside: None,
        depth: 0,
        names,
        place,
        bag,
    };
    match parser.whole() {
        Ok(cond) => (parser.bag.len() == before).then_some(cond),
        Err(problem) => {
            let span = parser.place.of(&problem.span);
            let found = Diagnostic::new(Code::CondSyntax, span, problem.message);
            parser.bag.push(match problem.hint {
                Some(hint) => found.hint(hint),
                None => found,
            });
            None
        }
    }
}

/// Maps a place in the text to a place in the file.
struct Place {
    text_start: Option<usize>,
    node: Range<usize>,
}

impl Place {
    fn of(&self, span: &Range<usize>) -> Range<usize> {
        match self.text_start {
            Some(start) => start + span.start..start + span.end,
            None => self.node.clone(),
        }
    }
}

/// A syntax error: parsing stops.
struct Problem {
    span: Range<usize>,
    message: String,
    hint: Option<&'static str>,
}

fn problem(span: Range<usize>, message: impl Into<String>) -> Problem {
    Problem { span, message: message.into(), hint: None }
}

struct Parser<'a> {
    tokens: Vec<(Token<'a>, Range<usize>)>,
    next: usize,
    /// Length of the text: where something is missing at the end.
    end: usize,
    kind: Kind,
    /// The kind of the quantifier around, if any.
    inside: Option<Kind>,
    depth: u32,
    names: &'a Names,
    place: Place,
    bag: &'a mut Diagnostics,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    /// Where the next token stands, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.end..self.end, |(_, span)| span.clone())
    }

    fn eat(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: Token<'_>, what: &str) -> Result<(), Problem> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(what)) }
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let span = self.here();
        match self.peek() {
            None => problem(span, format!("the condition ends where {wanted} is missing")),
            Some(Token::Other("==")) => {
                Problem { hint: Some("write `=`"), ..problem(span, "`==` is not a comparison") }
            }
            Some(Token::Other(other)) => Problem {
                hint: Some("conditions use `and`, `or`, `not` and parentheses"),
                ..problem(span, format!("`{other}` has no meaning in a condition"))
            },
            Some(_) => problem(span, format!("expected {wanted} here")),
        }
    }

    fn whole(&mut self) -> Result<Cond, Problem> {
        if self.tokens.is_empty() {
            return Err(problem(0..self.end, "this condition is empty"));
        }
        let cond = self.any_of()?;
        match self.peek() {
            None => Ok(cond),
            Some(token) => Err(self.going_on(token)),
        }
    }

    /// What stands where the condition might have ended.
    fn going_on(&self, token: Token<'_>) -> Problem {
        let problem = self.unexpected("`and`, `or` or the end");
        match token {
            Token::Close => self::problem(self.here(), "this `)` closes nothing"),
            Token::Compare(_) => Problem {
                hint: Some("a fact holds or not: write `f` or `not f`; only counts are compared"),
                ..problem
            },
            Token::Word(word) if ["and", "or"].contains(&word.to_lowercase().as_str()) => Problem {
                hint: Some("`and`, `or` and `not` are written in small letters"),
                ..problem
            },
            _ => problem,
        }
    }

    fn any_of(&mut self) -> Result<Cond, Problem> {
        let mut parts = vec![self.all_of()?];
        while self.eat(Token::Word("or")) {
            parts.push(self.all_of()?);
        }
        Ok(joined(parts, Cond::Or))
    }

    fn all_of(&mut self) -> Result<Cond, Problem> {
        let mut parts = vec![self.negated()?];
        while self.eat(Token::Word("and")) {
            parts.push(self.negated()?);
        }
        Ok(joined(parts, Cond::And))
    }

    fn negated(&mut self) -> Result<Cond, Problem> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(problem(
                self.here(),
                format!("the condition is nested deeper than {DEPTH_MAX} levels"),
            ));
        }
        let cond = if self.eat(Token::Word("not")) {
            Ok(Cond::Not(Box::new(self.negated()?)))
        } else {
            self.primary()
        };
        self.depth -= 1;
        cond
    }

    fn primary(&mut self) -> Result<Cond, Problem> {
        let span = self.here();
        match self.peek() {
            Some(Token::Open) => {
                self.next += 1;
                let cond = self.any_of()?;
                self.expect(Token::Close, "`)`")?;
                Ok(cond)
            }
            Some(Token::Word(word @ ("all" | "any" | "count"))) => {
                self.next += 1;
                self.quantified(word, span)
            }
            Some(Token::Word(word @ ("true" | "false"))) => {
                self.next += 1;
                Ok(Cond::Const(word == "true"))
            }
            Some(Token::Word("class")) if self.compares() => self.class(),
            Some(Token::Word(word)) if !RESERVED.contains(&word) => {
                self.next += 1;
                Ok(self.fact(word, &span))
            }
            _ => Err(self.unexpected("a fact, `not`, `(` or a quantifier")),
        }
    }

    fn quantified(&mut self, word: &str, span: Range<usize>) -> Result<Cond, Problem> {
        self.expect(Token::Open, "`(` as in `all(mailbox: f)`")?;
        let kind_span = self.here();
        let Some(Token::Word(kind_name)) = self.peek() else {
            return Err(self.unexpected("a kind such as `mailbox`"));
        };
        self.next += 1;
        self.expect(Token::Colon, "`:` as in `all(mailbox: f)`")?;
        let over = self.over(kind_name, &kind_span, span);
        let around = self.inside.replace(over);
        let cond = self.any_of()?;
        self.inside = around;
        self.expect(Token::Close, "`)`")?;
        let quantifier = match word {
            "all" => Quantifier::All,
            "any" => Quantifier::Any,
            _ => self.comparison()?,
        };
        Ok(Cond::Quantified { quantifier, over, cond: Box::new(cond) })
    }

    /// True if a comparison follows: `class` alone may be a fact.
    fn compares(&self) -> bool {
        matches!(self.tokens.get(self.next + 1), Some((Token::Compare(_), _)))
    }

    /// `class = "legacy"`, or `!=`; a wrong one is reported and read as `true`.
    fn class(&mut self) -> Result<Cond, Problem> {
        let word = self.here();
        self.next += 1;
        let differs = match self.peek() {
            Some(Token::Compare(Compare::Equal)) => false,
            Some(Token::Compare(Compare::NotEqual)) => true,
            _ => return Err(self.unexpected("`=` or `!=`")),
        };
        self.next += 1;
        let span = self.here();
        let (Some(Token::Quoted(name)) | Some(Token::Word(name))) = self.peek() else {
            return Err(self.unexpected("the name of a class"));
        };
        self.next += 1;
        let seen = match self.inside {
            Some(over) => over == Kind::Tenant,
            None => self.kind.sees(Kind::Tenant),
        };
        if !seen {
            let own = self.names.kind_name(self.inside.unwrap_or(self.kind));
            let message = format!("a class is of each tenant, and this is about a {own}");
            let found = Diagnostic::new(Code::FactKind, self.place.of(&word), message);
            self.bag.push(match self.inside {
                Some(_) => found.hint("name the class outside of the quantifier"),
                None => found.hint("write any(tenant: class = ..), or count(tenant: ..) < 3"),
            });
        }
        let at = self.place.of(&span);
        let Some(class) = self.names.class(name, &at, self.bag) else {
            return Ok(Cond::Const(true));
        };
        let class = Cond::Class(class);
        Ok(if differs { Cond::Not(Box::new(class)) } else { class })
    }

    fn comparison(&mut self) -> Result<Quantifier, Problem> {
        let Some(Token::Compare(compare)) = self.peek() else {
            return Err(self.unexpected("a comparison such as `< 3`"));
        };
        self.next += 1;
        let span = self.here();
        let Some(Token::Number(digits)) = self.peek() else {
            return Err(self.unexpected("a whole number"));
        };
        self.next += 1;
        let number = digits.parse().map_err(|_| problem(span, "this number is too large"))?;
        Ok(Quantifier::Count(compare, number))
    }

    /// The kind of a quantifier; a wrong one is reported and read as if it were right.
    fn over(&mut self, name: &str, name_span: &Range<usize>, span: Range<usize>) -> Kind {
        if self.inside.is_some() {
            let at = self.place.of(&span);
            self.bag.error(Code::Quantifier, at, "quantifiers do not nest");
        }
        let at = self.place.of(name_span);
        let Some(kind) = self.names.kind(name) else {
            self.bag.push(self.names.unknown_kind(name, at, |_| true));
            return self.kind;
        };
        if kind == self.kind || !kind.sees(self.kind) {
            let (below, own) = (self.names.kind_name(kind), self.names.kind_name(self.kind));
            let message = format!("there is no {below} below a {own}");
            let found = Diagnostic::new(Code::Quantifier, at, message);
            self.bag.push(match kind == self.kind {
                true => {
                    found.hint(format!("the condition is about one {own}: name its facts directly"))
                }
                false => found,
            });
        }
        kind
    }

    /// A fact by name; a wrong one is reported and read as `true`.
    fn fact(&mut self, name: &str, span: &Range<usize>) -> Cond {
        let at = self.place.of(span);
        let Some(id) = self.names.fact(name, &at, self.bag) else {
            return Cond::Const(true);
        };
        let kind = self.names.fact_kind(id);
        let fits = match self.inside {
            Some(over) => kind == over,
            None => self.kind.sees(kind),
        };
        if !fits {
            let found = self.misplaced(name, kind, at);
            self.bag.push(found);
        }
        Cond::Fact(id)
    }

    fn misplaced(&self, name: &str, kind: Kind, at: Range<usize>) -> Diagnostic {
        let (of, own) = (self.names.kind_name(kind), self.names.kind_name(self.kind));
        if let Some(over) = self.inside {
            let over = self.names.kind_name(over);
            let message = format!(
                "`{name}` is a fact of each {of}; only facts of the {over} can stand in here"
            );
            return Diagnostic::new(Code::FactKind, at, message);
        }
        let found = Diagnostic::new(
            Code::FactKind,
            at,
            format!("`{name}` is a fact of each {of}, not of a {own}"),
        );
        if kind.sees(self.kind) {
            return found.hint(format!("write all({of}: {name}) or any({of}: {name})"));
        }
        found.hint(format!("a {own} has no part in a {of}"))
    }
}

/// One part stays itself.
fn joined(mut parts: Vec<Cond>, all: fn(Vec<Cond>) -> Cond) -> Cond {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            all(parts)
        }
        None => Cond::Const(true),
    }
}
