//! Files: reading them, and following `extend`.

use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::lower::lower;
use super::merge;
use super::read;
use super::sites::sites;
use super::tree::{self, Table};
use super::{Failure, Loaded};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Sources};

/// Nobody writes more; a larger file is some other file.
pub const BYTES_MAX: usize = 8 << 20;
/// Bases of bases.
const EXTEND_MAX: usize = 8;

type Reader<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// The door behind [`super::load`].
pub(super) fn load(path: &Path, reader: Reader<'_>) -> Result<Loaded, Failure> {
    let mut chain =
        Chain { reader, sources: Sources::new(), bag: Diagnostics::new(), open: Vec::new() };
    let file = chain.file(path, None);
    let scenario =
        file.and_then(|file| lower(&file.root, file.top, file.base_sites, &mut chain.bag));
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
        let scenario = lower(&base.root, base.top.clone(), base.base_sites, &mut own);
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
