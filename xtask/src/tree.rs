//! The files of the project, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// Names of folders that hold nothing of ours; `.git` is a file in a second checkout.
const FOREIGN: [&str; 6] =
    [".git", "target", "node_modules", "__pycache__", "vendor", "mutants.out"];

/// A file longer than this is data; its text is of no interest here.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Every file by its path from the root, with `/` between the segments.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the project below `root`. Files that aren't text are there with no text.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Tree> {
        let mut tree = Tree::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let at = root.join(&folder);
            let entries =
                fs::read_dir(&at).with_context(|| format!("cannot list {}", at.display()))?;
            for entry in entries {
                let entry = entry.with_context(|| format!("cannot list {}", at.display()))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if FOREIGN.contains(&name.as_str()) {
                    continue;
                }
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let kind = entry.file_type().with_context(|| format!("cannot look at {path}"))?;
                if kind.is_file() {
                    tree.files.insert(path, text_of(&entry)?);
                } else if kind.is_dir() {
                    folders.push(path);
                }
            }
        }
        Ok(tree)
    }

    /// A tree of the given paths and texts.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Tree { files: files.iter().map(owned).collect() }
    }

    /// All files, in the order of their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = File<'_>> {
        self.files.iter().map(|(path, text)| File { path, text })
    }

    /// One file.
    pub(crate) fn file(&self, path: &str) -> Option<File<'_>> {
        self.files.get_key_value(path).map(|(path, text)| File { path, text })
    }

    /// Whether there is such a file, or a folder with files.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.has_folder(path)
    }

    fn has_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.files.range(inside.clone()..).next().is_some_and(|(at, _)| at.starts_with(&inside))
    }

    /// The folders in the root, without those whose name begins with a dot.
    pub(crate) fn top_folders(&self) -> Vec<&str> {
        let mut folders: Vec<&str> =
            self.files.keys().filter_map(|path| path.split_once('/')).map(|(top, _)| top).collect();
        folders.retain(|folder| !folder.starts_with('.'));
        folders.dedup();
        folders
    }
}

/// A file that isn't UTF-8 is data, like one that is too long.
fn text_of(entry: &fs::DirEntry) -> anyhow::Result<String> {
    let path = entry.path();
    let reading = || format!("cannot read {}", path.display());
    if entry.metadata().with_context(reading)?.len() > TEXT_BYTES_MAX {
        return Ok(String::new());
    }
    let bytes = fs::read(&path).with_context(reading)?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// One file of a tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> File<'a> {
    /// The last segment of the path.
    pub(crate) fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// What follows the last dot of the name; empty where there is none.
    pub(crate) fn extension(&self) -> &'a str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        (1..).zip(self.text.lines())
    }
}

#[cfg(test)]
mod tests;
