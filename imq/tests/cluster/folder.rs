//! A folder of a test's.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Removed with all that is in it when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("imq-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }

    /// Where a file of this name is.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).expect("a folder");
    }

    /// Moves a new file into the place of an old one.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) {
        self.write("new", bytes);
        std::fs::rename(self.0.join("new"), self.0.join(name)).expect("a folder");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
