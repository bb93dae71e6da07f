//! Tokens of the condition language.

use std::ops::Range;

use super::types::Compare;

/// The tokens of a text, each with its place in it.
pub(super) fn tokens(text: &str) -> Vec<(Token<'_>, Range<usize>)> {
    Lexer { text, at: 0 }.tokens()
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Open,
    Close,
    Colon,
    Compare(Compare),
    /// Text between two quotes of a sort, without them.
    Quoted(&'a str),
    /// Something the language has no use for.
    Other(&'a str),
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn tokens(mut self) -> Vec<(Token<'a>, Range<usize>)> {
        let mut tokens = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            let start = self.at;
            let Some(token) = self.token() else {
                return tokens;
            };
            tokens.push((token, start..self.at));
        }
    }

    fn token(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let run = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let symbols = [
            ("<=", Token::Compare(Compare::LessOrEqual)),
            (">=", Token::Compare(Compare::GreaterOrEqual)),
            ("!=", Token::Compare(Compare::NotEqual)),
            ("==", Token::Other("==")),
            ("<", Token::Compare(Compare::Less)),
            (">", Token::Compare(Compare::Greater)),
            ("=", Token::Compare(Compare::Equal)),
            ("(", Token::Open),
            (")", Token::Close),
            (":", Token::Colon),
        ];
        let (token, len) = if first.is_alphabetic() || first == '_' {
            let len = run(|c| c.is_alphanumeric() || c == '-' || c == '_');
            (Token::Word(&rest[..len]), len)
        } else if first.is_ascii_digit() {
            let len = run(|c| c.is_ascii_digit());
            (Token::Number(&rest[..len]), len)
        } else if let Some(len) = quoted(rest, first) {
            (Token::Quoted(&rest[1..len - 1]), len)
        } else if let Some((symbol, token)) =
            symbols.iter().find(|(symbol, _)| rest.starts_with(symbol))
        {
            (*token, symbol.len())
        } else {
            let len = first.len_utf8();
            (Token::Other(&rest[..len]), len)
        };
        self.at += len;
        Some(token)
    }
}

/// The length of a quoted text, quotes included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let end = ['"', '\''].contains(&quote).then(|| text[1..].find(quote))?;
    end.map(|end| end + 2)
}
