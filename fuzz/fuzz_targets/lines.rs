//! Changes that know a scenario is tables of lines. Blind bytes seldom leave one whole, so a run
//! would mostly test the reader: these move whole lines and tables between inputs, and bend single
//! numbers, so that a good share of the inputs compiles and reaches the kernel.

/// SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014):
/// libFuzzer hands a seed to each call, which is all the state there is.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u32) -> Dice {
        Dice(u64::from(seed))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// The text in tables: each starts at a header line, the first before any header.
fn tables(text: &str) -> Vec<Vec<&str>> {
    let mut tables = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            tables.push(Vec::new());
        }
        tables.last_mut().expect("there is a first").push(line);
    }
    tables
}

fn joined(tables: &[Vec<&str>]) -> String {
    let mut text = tables.concat().join("\n");
    text.push('\n');
    text
}

/// What stands before the `=` of a line, if it has a key.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    (!key.is_empty() && !key.starts_with('#')).then_some(key)
}

/// One change within a text: a number bent, a table or a line doubled, dropped or moved.
pub(crate) fn mutate(text: &str, dice: &mut Dice) -> String {
    let mut tables = tables(text);
    let table = dice.below(tables.len());
    match dice.below(6) {
        0 => drop(tables.remove(table)),
        1 => {
            let (table, at) = (tables[table].clone(), dice.below(tables.len() + 1));
            tables.insert(at, table);
        }
        2 if !tables[table].is_empty() => {
            let line = dice.below(tables[table].len());
            tables[table].remove(line);
        }
        3 => {
            let other = dice.below(tables.len());
            tables.swap(table, other);
        }
        _ => return bent(text, dice),
    }
    joined(&tables)
}

/// One number of the text, made another.
fn bent(text: &str, dice: &mut Dice) -> String {
    let bytes = text.as_bytes();
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|&at| bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit()))
        .collect();
    if starts.is_empty() {
        return text.to_owned();
    }
    let start = starts[dice.below(starts.len())];
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let old: u64 = text[start..start + length].parse().unwrap_or(u64::MAX);
    let new = match dice.below(8) {
        0 => 0,
        1 => 1,
        2 => old.saturating_add(1),
        3 => old.saturating_sub(1),
        4 => old.saturating_mul(10),
        5 => old / 10,
        6 => old.saturating_mul(1_000_000),
        _ => dice.below(100) as u64,
    };
    format!("{}{new}{}", &text[..start], &text[start + length..])
}

/// A line or a table of `other` brought into `text`: a line replaces the one with the same key in a
/// table with the same header, or joins such a table; a table joins the text.
pub(crate) fn cross(text: &str, other: &str, dice: &mut Dice) -> String {
    let (mut tables, others) = (tables(text), tables(other));
    let source = &others[dice.below(others.len())];
    let header = source.first().copied().unwrap_or_default();
    let alike: Vec<usize> =
        (0..tables.len()).filter(|&at| tables[at].first().copied() == Some(header)).collect();
    if alike.is_empty() || source.len() < 2 || dice.below(3) == 0 {
        let at = dice.below(tables.len()) + 1;
        tables.insert(at, source.clone());
        return joined(&tables);
    }
    let target = &mut tables[alike[dice.below(alike.len())]];
    let line = source[1 + dice.below(source.len() - 1)];
    match target.iter().position(|old| key(old).is_some() && key(old) == key(line)) {
        Some(at) => target[at] = line,
        None => target.push(line),
    }
    joined(&tables)
}
