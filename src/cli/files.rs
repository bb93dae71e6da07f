//! Files: read in one piece, written in one piece.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::exit::Stop;
use crate::scenario;

/// A scenario's or an inventory's bytes, or the first few more than either may have: neither a large file nor an
/// endless one (`/dev/zero`) fills the memory.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(scenario::LIST_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file's text.
pub(super) fn read(path: &Path) -> Result<String, Stop> {
    fs::read_to_string(path)
        .map_err(|error| Stop::Bad(format!("cannot read `{}`: {}", path.display(), reason(&error))))
}

/// Writes a file by way of a temporary one in the same folder, so that a kill leaves the old file
/// or the new one, and nothing in between.
/// A link stays: what it leads to is written. A file that may not be written is left alone.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|old| old.permissions().readonly()) {
        return Err(Stop::Bad(format!("cannot write `{}`: it is read-only", path.display())));
    }
    let path = target.as_path();
    let failed = |error: &io::Error| {
        Stop::Bad(format!("cannot write `{}`: {}", path.display(), reason(error)))
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    readable(&file, path).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// A temporary file is private; a result may be read by whom the folder lets in. A file that is
/// replaced keeps its permissions.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let known = fs::metadata(path).map(|old| old.permissions());
    file.as_file().set_permissions(known.unwrap_or_else(|_| fs::Permissions::from_mode(0o644)))
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}

/// A new file; an error if there is one already.
pub(super) fn create(path: &Path, text: &str) -> Result<(), Stop> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Stop::Bad(format!("`{}` exists already; name another file", path.display()))
        }
        _ => Stop::Bad(format!("cannot write `{}`: {}", path.display(), reason(&error))),
    })
}

/// Makes a folder and those above it.
pub(super) fn folder(path: &Path) -> Result<(), Stop> {
    fs::create_dir_all(path).map_err(|error| {
        Stop::Bad(format!("cannot make the folder `{}`: {}", path.display(), reason(&error)))
    })
}

/// Removes a file of ours from an earlier run, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Stop> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Stop::Bad(format!("cannot replace `{}`: {}", path.display(), reason(&error))))
        }
        _ => Ok(()),
    }
}

/// The TOML files of the paths: a file itself, a folder's recursively, each once, sorted.
pub(super) fn toml_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, 0)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Folders in folders: deeper is a loop of links.
const DEPTH_MAX: u32 = 64;

fn walk(folder: &Path, found: &mut Vec<PathBuf>, depth: u32) -> Result<(), Stop> {
    let failed = |error: &io::Error| {
        Stop::Bad(format!("cannot read `{}`: {}", folder.display(), reason(error)))
    };
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_folder = entry.file_type().map_err(|error| failed(&error))?.is_dir();
        if is_folder && !hidden {
            walk(&path, found, depth + 1)?;
        } else if !hidden && path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

/// The reason in our words where the platform's differ.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is not a folder".to_owned(),
        io::ErrorKind::AlreadyExists => "a file of that name is in the way".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}
