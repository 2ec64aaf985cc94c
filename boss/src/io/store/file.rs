//! The state in a file: checked when it is read, replaced as a whole when it is written.
//!
//! The first line holds a checksum. A step is written beside the old one, flushed, and renamed over
//! it; the old one is kept as `.previous`. So there is always one whole file, whatever happens
//! when. What is kept may hold secrets of the cluster configuration: nobody else may read it.

mod access;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const NAME: &str = "boss.state";
const PREVIOUS: &str = "boss.state.previous";
const TEMPORARY: &str = "boss.state.temporary";
const LOCK: &str = "boss.lock";
/// The first line begins with the format's name and version.
const FORMAT: &str = "imq-boss 1";

/// Why the store can't be used. The texts are for its operator.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refuses.
    #[error("the boss's store can't {what} {path:?}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Another process has it.
    #[error("the boss's store {0:?} is in use by another process")]
    InUse(PathBuf),
    /// Neither the newest file nor the one before can be read.
    #[error(
        "the boss's store is damaged: {0}; restore a backup, or move both files away to start a \
         new cluster, which the nodes of the old one will refuse"
    )]
    Damaged(String),
}

/// What was found in the store.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::io) enum Stored {
    /// It is new.
    Nothing,
    /// The newest step that can be read.
    Something {
        /// Its bytes.
        bytes: Vec<u8>,
        /// If that isn't the last one written: what is wrong with the last one.
        unreadable: Option<String>,
    },
}

/// A folder with the state, for this process alone.
#[derive(Debug)]
pub(in crate::io) struct FileStore {
    folder: PathBuf,
    /// Held while the store is in use.
    _lock: File,
}

impl FileStore {
    /// Takes the folder, and makes it if it isn't there.
    pub(in crate::io) fn open(folder: &Path) -> Result<FileStore, StoreError> {
        access::make_folder(folder).map_err(failed("make", folder))?;
        for name in [NAME, PREVIOUS] {
            let path = folder.join(name);
            access::close(&path).map_err(failed("close to others", &path))?;
        }
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(failed("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(FileStore { folder: folder.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    /// The newest step that can be read.
    pub(in crate::io) fn read(&self) -> Result<Stored, StoreError> {
        let (newest, previous) = (self.read_one(NAME)?, self.read_one(PREVIOUS)?);
        match (newest, previous) {
            (Content::Whole(bytes), _) => Ok(Stored::Something { bytes, unreadable: None }),
            (Content::Absent, Content::Absent) => Ok(Stored::Nothing),
            (Content::Bad(reason), Content::Whole(bytes)) => {
                Ok(Stored::Something { bytes, unreadable: Some(reason) })
            }
            (Content::Absent, Content::Whole(bytes)) => {
                Ok(Stored::Something { bytes, unreadable: Some(format!("{NAME} is missing")) })
            }
            (Content::Bad(reason), Content::Absent) | (Content::Absent, Content::Bad(reason)) => {
                Err(StoreError::Damaged(reason))
            }
            (Content::Bad(newest), Content::Bad(previous)) => {
                Err(StoreError::Damaged(format!("{newest}; {previous}")))
            }
        }
    }

    /// Replaces the step; when this returns, it outlives a loss of power.
    pub(in crate::io) fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let temporary = self.folder.join(TEMPORARY);
        let written =
            self.write_temporary(&temporary, bytes).and_then(|()| self.replace(&temporary));
        if written.is_err() {
            // A full disk is given back what it had; the file is overwritten otherwise.
            fs::remove_file(&temporary).ok();
        }
        written
    }

    fn write_temporary(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = access::create(path).map_err(failed("make", path))?;
        let head = format!("{FORMAT} {:016x}\n", xxhash_rust::xxh3::xxh3_64(bytes));
        file.write_all(head.as_bytes()).map_err(failed("write", path))?;
        file.write_all(bytes).map_err(failed("write", path))?;
        file.sync_all().map_err(failed("flush", path))
    }

    fn replace(&self, temporary: &Path) -> Result<(), StoreError> {
        let (newest, previous) = (self.folder.join(NAME), self.folder.join(PREVIOUS));
        // A damaged file must not push out the whole one that the boss went on from.
        if matches!(self.read_one(NAME)?, Content::Whole(_)) {
            remove_if_there(&previous)?;
            fs::hard_link(&newest, &previous).map_err(failed("keep", &newest))?;
        }
        fs::rename(temporary, &newest).map_err(failed("replace", &newest))?;
        let folder = File::open(&self.folder).map_err(failed("open", &self.folder))?;
        folder.sync_all().map_err(failed("flush", &self.folder))
    }

    fn read_one(&self, name: &str) -> Result<Content, StoreError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Content::of(name, &bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::Absent),
            Err(error) => Err(failed("read", &path)(error)),
        }
    }
}

/// A file.
enum Content {
    Absent,
    Whole(Vec<u8>),
    /// It is there, but not as it was written: a sentence.
    Bad(String),
}

impl Content {
    fn of(name: &str, file: &[u8]) -> Content {
        let end = file.iter().position(|byte| *byte == b'\n');
        let Some((head, bytes)) = end.map(|end| (&file[..end], &file[end + 1..])) else {
            return Content::Bad(format!("{name} is cut off"));
        };
        let wanted = format!("{FORMAT} {:016x}", xxhash_rust::xxh3::xxh3_64(bytes));
        if head == wanted.as_bytes() {
            Content::Whole(bytes.to_vec())
        } else if head.starts_with(FORMAT.as_bytes()) {
            Content::Bad(format!("{name} is damaged: its checksum is wrong"))
        } else {
            Content::Bad(format!("{name} is not of a format that this version reads"))
        }
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::System { what, path, error }
}

#[cfg(test)]
mod tests;
