//! Who may read what the boss keeps: its own user, nobody else.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::{LOCK, NAME, PREVIOUS, TEMPORARY};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// What anybody but the owner may do.
const OF_OTHERS: u32 = 0o077;

/// Makes the folder if it isn't there. One that is there and holds nothing but the store is closed
/// to others, too; any other is its operator's, who may have named `/var/lib`.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    if is_open(&fs::metadata(folder)?) && is_the_stores(folder)? {
        let closed = fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE));
        // A volume may be somebody else's; its files are closed all the same.
        if let Err(error) = closed {
            tracing::warn!(
                "{}: other users of the machine may be able to read it: {error}",
                folder.display()
            );
        }
    }
    Ok(())
}

/// Makes a file anew.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
    let metadata = file.metadata()?;
    // One that was left behind keeps the mode it was made with.
    if metadata.is_file() && is_open(&metadata) {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Closes a file to others, if it is there.
pub(super) fn close(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if is_open(&metadata) => {
            fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn is_open(metadata: &fs::Metadata) -> bool {
    metadata.permissions().mode() & OF_OTHERS != 0
}

fn is_the_stores(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if ![NAME, PREVIOUS, TEMPORARY, LOCK].iter().any(|ours| name == *ours) {
            return Ok(false);
        }
    }
    Ok(true)
}
