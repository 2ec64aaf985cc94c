//! Looking things up in a tree.

use super::Tree;

#[test]
fn files_and_folders_are_found() {
    let tree = Tree::of(&[(".ci/run", ""), ("a/b/c.rs", "x\ny\n"), ("a-b", ""), ("a0", "")]);
    assert!(tree.has("a") && tree.has("a/b") && tree.has("a/b/c.rs") && tree.has("a0"));
    assert!(!tree.has("a/c") && !tree.has("a/b/c") && !tree.has("b"));
    assert_eq!(tree.top_folders(), ["a"]);
}

#[test]
fn a_file_knows_its_name_and_lines() {
    let tree = Tree::of(&[("a/b/c.rs", "x\ny\n"), ("a/.ignore", ""), ("LICENSE", "")]);
    let file = tree.file("a/b/c.rs").unwrap();
    assert_eq!((file.name(), file.extension()), ("c.rs", "rs"));
    assert_eq!(file.lines().collect::<Vec<_>>(), [(1, "x"), (2, "y")]);
    assert_eq!(tree.file("LICENSE").unwrap().extension(), "");
}
