//! Files that were torn, flipped, lost, or didn't fit.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;

/// A folder for one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Scratch(std::env::temp_dir().join(format!("imq-store-{process}-{number}")))
    }

    fn store(&self) -> FileStore {
        FileStore::open(&self.0).unwrap()
    }

    /// A store in which `one` and then `two` were written.
    fn written(&self) -> FileStore {
        let store = self.store();
        store.write(b"one").unwrap();
        store.write(b"two").unwrap();
        store
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.0.join(name);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn newest(bytes: &[u8]) -> Stored {
    Stored::Something { bytes: bytes.to_vec(), unreadable: None }
}

/// Reads what must be the step before the last one; gives what is wrong with the last one.
fn older(store: &FileStore) -> String {
    match store.read().unwrap() {
        Stored::Something { bytes, unreadable: Some(reason) } if bytes == b"one" => reason,
        other @ (Stored::Nothing | Stored::Something { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::new();
    let store = scratch.store();
    assert_eq!(store.read().unwrap(), Stored::Nothing);
    for step in [&b"one"[..], b"two", b"", b"three\nlines\n"] {
        store.write(step).unwrap();
        assert_eq!(store.read().unwrap(), newest(step));
    }
}

/// Who may do what with a file or folder.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nobody_else_reads_what_is_kept() {
    let scratch = Scratch::new();
    drop(scratch.written());
    let at = |name: &str| scratch.0.join(name);
    assert_eq!(mode(&scratch.0), 0o700);
    assert_eq!((mode(&at(NAME)), mode(&at(PREVIOUS))), (0o600, 0o600));
    // As an earlier version left them.
    set_mode(&scratch.0, 0o755);
    for name in [NAME, PREVIOUS] {
        set_mode(&at(name), 0o644);
    }
    fs::write(at(TEMPORARY), "torn").unwrap();
    set_mode(&at(TEMPORARY), 0o644);
    let store = scratch.store();
    assert_eq!(mode(&scratch.0), 0o700);
    assert_eq!((mode(&at(NAME)), mode(&at(PREVIOUS))), (0o600, 0o600));
    store.write(b"three").unwrap();
    assert_eq!((mode(&at(NAME)), mode(&at(PREVIOUS))), (0o600, 0o600));
}

#[test]
fn a_folder_with_others_files_is_left_as_it_is() {
    let scratch = Scratch::new();
    fs::create_dir(&scratch.0).unwrap();
    fs::write(scratch.0.join("mine.txt"), "x").unwrap();
    set_mode(&scratch.0, 0o755);
    scratch.store().write(b"one").unwrap();
    assert_eq!((mode(&scratch.0), mode(&scratch.0.join(NAME))), (0o755, 0o600));
}

#[test]
fn a_second_process_is_refused() {
    let scratch = Scratch::new();
    let _store = scratch.store();
    assert!(matches!(FileStore::open(&scratch.0), Err(StoreError::InUse(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_torn_or_flipped_file_falls_back_and_says_so(
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
        tear in any::<bool>(),
    ) {
        let scratch = Scratch::new();
        let store = scratch.written();
        scratch.change(NAME, |bytes| {
            let at = at.index(bytes.len());
            if tear { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        });
        let reason = older(&store);
        prop_assert!(reason.contains(NAME), "{}", reason);
        store.write(b"three").unwrap();
        prop_assert_eq!(store.read().unwrap(), newest(b"three"));
        scratch.change(NAME, Vec::clear);
        older(&store);
    }
}

#[test]
fn a_lost_file_falls_back_and_two_bad_ones_are_refused() {
    let scratch = Scratch::new();
    let store = scratch.written();
    fs::remove_file(scratch.0.join(NAME)).unwrap();
    assert!(older(&store).contains("missing"));
    scratch.change(PREVIOUS, |bytes| bytes.reverse());
    assert!(matches!(store.read(), Err(StoreError::Damaged(_))));
    fs::write(scratch.0.join(NAME), "nonsense\n").unwrap();
    let error = store.read().unwrap_err().to_string();
    assert!(error.contains("not of a format") && error.contains("restore a backup"), "{error}");
}

#[test]
fn a_full_disk_leaves_the_old_step_and_is_survived() {
    let scratch = Scratch::new();
    let store = scratch.written();
    symlink("/dev/full", scratch.0.join(TEMPORARY)).unwrap();
    let error = store.write(b"three").unwrap_err().to_string();
    assert!(error.contains("can't write"), "{error}");
    assert_eq!(store.read().unwrap(), newest(b"two"));
    store.write(b"three").unwrap();
    assert_eq!(store.read().unwrap(), newest(b"three"));
}

#[test]
fn a_folder_that_takes_no_file_is_reported() {
    let scratch = Scratch::new();
    let store = scratch.written();
    fs::create_dir(scratch.0.join(TEMPORARY)).unwrap();
    assert!(store.write(b"three").unwrap_err().to_string().contains("can't make"));
    assert_eq!(store.read().unwrap(), newest(b"two"));
}
