//! A file that is read again when it changes.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use proto::limits;

/// A file, and what it looked like when it was last read.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    /// None: it wasn't there.
    seen: Option<Look>,
}

/// What differs when a file was written, or another one has taken its place.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    inode: u64,
    bytes: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Watched {
    /// Reads a file for the first time.
    pub(super) fn open(path: PathBuf) -> io::Result<(Watched, Vec<u8>)> {
        let (seen, bytes) = read(&path)?;
        Ok((Watched { path, seen: Some(seen) }, bytes))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it if it has changed since it was last looked at. That it can't be read is said once.
    pub(super) fn changed(&mut self) -> Option<io::Result<Vec<u8>>> {
        let seen = std::fs::metadata(&self.path).map(|metadata| Look::of(&metadata));
        match seen {
            Ok(seen) if self.seen.as_ref() == Some(&seen) => None,
            Ok(seen) => match read(&self.path) {
                Ok((seen, bytes)) => {
                    self.seen = Some(seen);
                    Some(Ok(bytes))
                }
                Err(error) => {
                    self.seen = Some(seen);
                    Some(Err(error))
                }
            },
            Err(error) => self.seen.take().map(|_| Err(error)),
        }
    }
}

impl Look {
    fn of(metadata: &Metadata) -> Look {
        Look {
            inode: metadata.ino(),
            bytes: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The look is taken before the bytes, so that what is written meanwhile is seen the next time.
fn read(path: &Path) -> io::Result<(Look, Vec<u8>)> {
    let file = File::open(path)?;
    let seen = Look::of(&file.metadata()?);
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that too many are seen to be too many.
    file.take(limits::TOKEN_KEYS_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok((seen, bytes))
}
