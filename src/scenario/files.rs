//! Files: reading them, and following `extend`.

use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::inventory::{self, Listing};
use super::lower::lower;
use super::merge;
use super::read;
use super::sites::sites;
use super::tree::{self, Node, Table};
use super::{Failure, Loaded};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Sources};

/// Nobody writes more; a larger file is some other file.
const BYTES_MAX: usize = 8 << 20;
/// Four million tenants in 16 bytes each.
pub const LIST_MAX: usize = 64 << 20;
/// Bases of bases.
const EXTEND_MAX: usize = 8;

type Reader<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// The door behind [`super::load`].
pub(super) fn load(path: &Path, reader: Reader<'_>) -> Result<Loaded, Failure> {
    let mut chain = Chain {
        reader,
        sources: Sources::new(),
        bag: Diagnostics::new(),
        open: Vec::new(),
        lists: Vec::new(),
    };
    let file = chain.file(path, None);
    let scenario = file.and_then(|file| {
        let listing = chain.listing(&file.root);
        lower(&file.root, file.top, file.base_sites, &listing, &mut chain.bag)
    });
    match scenario {
        Some(scenario) if !chain.bag.has_errors() => {
            let files = chain
                .sources
                .files()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect();
            Ok(Loaded { scenario, sources: chain.sources, warnings: chain.bag, files })
        }
        _ => Err(Failure { diagnostics: chain.bag, sources: chain.sources }),
    }
}

struct Chain<'a> {
    reader: Reader<'a>,
    sources: Sources,
    bag: Diagnostics,
    /// Files being read, outermost first.
    open: Vec<PathBuf>,
    /// Inventories that have been read: a base's serves what extends it too.
    lists: Vec<(PathBuf, Listing)>,
}

/// A file merged with what it extends.
struct Merged {
    root: Table,
    /// Where problems of the file as a whole are shown.
    top: Range<usize>,
    base_sites: Vec<String>,
}

impl Chain<'_> {
    /// Reads a file and its bases. `asked` is where its name stands, if in a file.
    fn file(&mut self, path: &Path, asked: Option<Range<usize>>) -> Option<Merged> {
        let text = self.text(path, asked)?;
        let start = self.sources.add(path.display().to_string(), text.as_str());
        let top = start..start;
        let mut root = tree::parse(&text, start, &mut self.bag)?;
        let Some(extend) = root.get("extend") else {
            merge::without_base(&mut root, &mut self.bag);
            return Some(Merged { root, top, base_sites: Vec::new() });
        };
        let (span, base) = (extend.span.clone(), read::text(extend, &mut self.bag)?.text.clone());
        self.open.push(plain(path));
        let base = self.base(path, &base, span);
        self.open.pop();
        let base = base?;
        // Warnings of the base come up again, unless the extending scenario settles them.
        let mut own = Diagnostics::new();
        let listing = self.listing(&base.root);
        let scenario = lower(&base.root, base.top.clone(), base.base_sites, &listing, &mut own);
        let Some(scenario) = scenario else {
            own.sorted().into_iter().for_each(|problem| self.bag.push(problem.clone()));
            return None;
        };
        let base_sites = sites(&scenario);
        Some(Merged { root: merge::merge(base.root, root, &mut self.bag), top, base_sites })
    }

    fn base(&mut self, from: &Path, name: &str, span: Range<usize>) -> Option<Merged> {
        let path = plain(&from.parent().unwrap_or(Path::new("")).join(name));
        if self.open.contains(&path) {
            let message = format!("`{}` extends itself", read::shortened(name));
            self.bag.error(Code::ExtendCycle, span, message);
            return None;
        }
        if self.open.len() > EXTEND_MAX {
            let message = format!("scenarios extend each other more than {EXTEND_MAX} deep");
            self.bag.error(Code::ExtendCycle, span, message);
            return None;
        }
        self.file(&path, Some(span))
    }

    /// The inventory that a merged file names, relative to the file in which its name stands.
    fn listing(&mut self, root: &Table) -> Listing {
        let tenants = root.get("tenants").and_then(Node::as_table);
        let Some(node) = tenants.and_then(|tenants| tenants.get("inventory")) else {
            return Listing::None;
        };
        // A name that is no text is told where the table is read.
        let Some(name) = node.as_str() else { return Listing::Unreadable };
        let from = self.sources.local(&node.span).map_or("", |(file, ..)| file);
        let path = plain(&Path::new(from).parent().unwrap_or(Path::new("")).join(name));
        if let Some((_, known)) = self.lists.iter().find(|(known, _)| *known == path) {
            return known.clone();
        }
        let listing = match self.list_text(&path, node.span.clone()) {
            Some(text) => {
                let name = path.display().to_string();
                let start = self.sources.add(name.clone(), text.as_str());
                Listing::File(inventory::File { name, text: text.into(), start })
            }
            None => Listing::Unreadable,
        };
        self.lists.push((path, listing.clone()));
        listing
    }

    fn list_text(&mut self, path: &Path, asked: Range<usize>) -> Option<String> {
        let name = path.display();
        let refused = match (self.reader)(path) {
            Err(error) => Diagnostic::new(
                Code::Unreadable,
                asked,
                format!("cannot read `{name}`: {}", reason(&error)),
            ),
            Ok(bytes) if bytes.len() > LIST_MAX => {
                let message = format!("`{name}` is larger than 64 MiB");
                Diagnostic::new(Code::TooLarge, asked, message)
            }
            Ok(bytes) => match inventory::text::decode(bytes) {
                Ok(text) => return Some(text),
                Err(no) => {
                    let start = self.sources.add(name.to_string(), no.shown);
                    let span = start + no.span.start..start + no.span.end;
                    Diagnostic::new(Code::NotUtf8, span, format!("`{name}` {}", no.reason))
                        .hint(no.hint)
                }
            },
        };
        self.bag.push(refused);
        None
    }

    /// The text of a file, without a byte order mark.
    fn text(&mut self, path: &Path, asked: Option<Range<usize>>) -> Option<String> {
        let name = path.display();
        let (code, reason) = match (self.reader)(path) {
            Err(error) => (Code::Unreadable, format!("cannot read `{name}`: {}", reason(&error))),
            Ok(bytes) if bytes.len() > BYTES_MAX => {
                (Code::TooLarge, format!("`{name}` is larger than 8 MiB"))
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => {
                    return Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
                }
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    let line =
                        error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                    (
                        Code::NotUtf8,
                        format!("`{name}` is not UTF-8 text: byte {at}, in line {line}"),
                    )
                }
            },
        };
        self.bag.push(match asked {
            Some(span) => Diagnostic::new(code, span, reason),
            None => Diagnostic::nowhere(code, reason),
        });
        None
    }
}

/// The reason in our words where the platform's differ.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The path without `.` and without `x/..`, so that one file has one name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
