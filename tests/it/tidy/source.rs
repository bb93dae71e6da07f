//! A Rust file as tokens, and what the rules ask about them.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One thing that a file says, with its place.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// What was seen.
    pub(super) what: What,
    /// The line, from 1.
    pub(super) line: usize,
    /// Inside `#[test]` or `#[cfg(test)]`.
    pub(super) test: bool,
    /// How many inline modules are around it.
    pub(super) depth: usize,
}

/// What the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A path, groups written out: `use a::{b, c::d}` is `a::b` and `a::c::d`.
    Path(Vec<String>),
    /// A macro call, without the path in front of it.
    Macro(String),
    /// A function with a body, and the line on which it ends.
    Function(String, usize),
    /// An attribute, as its tokens are printed.
    Attribute(String),
    /// A word and the bracket after it inside an attribute: `allow(`.
    AttributeCall(String),
    /// `pub mod name;`.
    Module(String),
}

/// Everything that the text says; comments and strings say nothing.
pub(super) fn sights(text: &str) -> Result<Vec<Sight>, String> {
    let tokens = TokenStream::from_str(text).map_err(|error| error.to_string())?;
    let mut reader = Reader { sights: Vec::new() };
    reader.read(&trees(tokens), Where { test: false, depth: 0 });
    Ok(reader.sights)
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

#[derive(Clone, Copy)]
struct Where {
    test: bool,
    depth: usize,
}

struct Reader {
    sights: Vec<Sight>,
}

impl Reader {
    fn see(&mut self, what: What, at: &TokenTree, place: Where) {
        let line = at.span().start().line;
        self.sights.push(Sight { what, line, test: place.test, depth: place.depth });
    }

    fn read(&mut self, trees: &[TokenTree], mut place: Where) {
        // The item after `#[test]` or `#[cfg(test)]` reaches up to here.
        let mut test_until = 0;
        let mut next = 0;
        while next < trees.len() {
            let here = Where { test: place.test || next < test_until, ..place };
            if let Some(length) = attribute(&trees[next..]) {
                let last = next + length;
                if self.attribute(&trees[next], &trees[last - 1], here) {
                    // `#![cfg(test)]` is about everything around it.
                    place.test |= length == 3;
                    test_until = test_until.max(last + item(&trees[last..]));
                }
                next = last;
                continue;
            }
            next += self.one(trees, next, here);
        }
    }

    /// Reads an attribute; whether it makes test code of what it stands on.
    fn attribute(&mut self, hash: &TokenTree, list: &TokenTree, place: Where) -> bool {
        let TokenTree::Group(list) = list else { return false };
        self.see(What::Attribute(list.stream().to_string()), hash, place);
        self.calls(&trees(list.stream()), place);
        self.read(&trees(list.stream()), place);
        let words = words(list);
        let word = |n: usize| words.get(n).map(String::as_str);
        let cfg = word(0) == Some("cfg") && words.iter().any(|word| word == "test");
        word(0) == Some("test") || cfg && !words.iter().any(|word| word == "not")
    }

    fn calls(&mut self, trees: &[TokenTree], place: Where) {
        for (tree, after) in trees.iter().zip(trees.iter().skip(1)) {
            if let (TokenTree::Ident(word), TokenTree::Group(_)) = (tree, after) {
                self.see(What::AttributeCall(word.to_string()), tree, place);
            }
        }
        for tree in trees {
            if let TokenTree::Group(group) = tree {
                self.calls(&self::trees(group.stream()), place);
            }
        }
    }

    /// Reads what begins at `next`; how many tokens that were.
    fn one(&mut self, trees: &[TokenTree], next: usize, place: Where) -> usize {
        let rest = &trees[next..];
        match &rest[0] {
            TokenTree::Group(group) => {
                let module = next >= 2 && is_word(&trees[next - 2], "mod");
                let depth = place.depth + usize::from(module);
                self.read(&self::trees(group.stream()), Where { depth, ..place });
                1
            }
            TokenTree::Ident(word) => {
                self.keyword(&word.to_string(), trees, next, place);
                let used = next > 0 && is_word(&trees[next - 1], "use");
                self.path(&[], rest, used, place)
            }
            _ => 1,
        }
    }

    /// Functions, modules, and `use {…}` without a path in front.
    fn keyword(&mut self, word: &str, trees: &[TokenTree], next: usize, place: Where) {
        let rest = &trees[next..];
        match (word, rest.get(1)) {
            ("fn", Some(TokenTree::Ident(name))) => {
                if let Some(TokenTree::Group(body)) = rest.get(item(rest) - 1) {
                    let end = body.span_close().end().line;
                    self.see(What::Function(name.to_string(), end), &rest[0], place);
                }
            }
            ("mod", Some(TokenTree::Ident(name))) => {
                let public = next > 0 && is_word(&trees[next - 1], "pub");
                if public && rest.get(2).is_some_and(|tree| is_punct(tree, ';')) {
                    self.see(What::Module(name.to_string()), &rest[0], place);
                }
            }
            ("use", Some(TokenTree::Group(group))) => self.group(&[], group, place),
            _ => {}
        }
    }

    /// Reads a path that goes on from `prefix`; how many tokens it took.
    fn path(&mut self, prefix: &[String], trees: &[TokenTree], alone: bool, place: Where) -> usize {
        let mut path = prefix.to_vec();
        let mut taken = 0;
        while let Some(TokenTree::Ident(word)) = trees.get(taken) {
            path.push(word.to_string());
            taken += 1;
            if !colons(&trees[taken..]) {
                break;
            }
            taken += 2;
            match trees.get(taken) {
                Some(TokenTree::Ident(_)) => {}
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.group(&path, group, place);
                    return taken + 1;
                }
                _ => break,
            }
        }
        let call = trees.get(taken).is_some_and(|tree| is_punct(tree, '!'))
            && matches!(trees.get(taken + 1), Some(TokenTree::Group(_)));
        if call {
            let name = path.last().cloned().unwrap_or_default();
            self.see(What::Macro(name), &trees[0], place);
        }
        if path.len() > 1 || alone {
            self.see(What::Path(path), &trees[0], place);
        }
        taken.max(1)
    }

    fn group(&mut self, prefix: &[String], group: &Group, place: Where) {
        for part in trees(group.stream()).split(|tree| is_punct(tree, ',')) {
            if !part.is_empty() {
                self.path(prefix, part, true, place);
            }
        }
    }
}

/// The length of the attribute that begins here.
fn attribute(trees: &[TokenTree]) -> Option<usize> {
    let bang = usize::from(trees.get(1).is_some_and(|tree| is_punct(tree, '!')));
    let list = matches!(trees.get(1 + bang), Some(TokenTree::Group(group))
        if group.delimiter() == Delimiter::Bracket);
    (is_punct(&trees[0], '#') && list).then_some(2 + bang)
}

/// The length of the item that begins here: up to its braces or its semicolon.
fn item(trees: &[TokenTree]) -> usize {
    let ends = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        tree => is_punct(tree, ';'),
    };
    trees.iter().position(ends).map_or(trees.len(), |last| last + 1)
}

fn words(group: &Group) -> Vec<String> {
    let mut words = Vec::new();
    for tree in trees(group.stream()) {
        match tree {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Group(inner) => words.extend(self::words(&inner)),
            _ => {}
        }
    }
    words
}

fn colons(trees: &[TokenTree]) -> bool {
    trees.len() >= 2 && is_punct(&trees[0], ':') && is_punct(&trees[1], ':')
}

fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(tree: &TokenTree, punct: char) -> bool {
    matches!(tree, TokenTree::Punct(found) if found.as_char() == punct)
}
