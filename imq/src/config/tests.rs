//! Files, good and bad.

use super::*;

#[test]
fn unknown_keys_are_refused_with_their_place() {
    let error = toml::from_str::<File>("[gateway]\nlane = 2\n").expect_err("a wrong key");
    assert!(error.to_string().contains("lane"), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn all_problems_come_at_once() {
    let text = "[gateway]\nid = \"a b\"\nlanes = 0\n[queue_node]\nid = \"\"\n";
    let file: File = toml::from_str(text).expect("well-formed");
    assert_eq!(file.problems().len(), 3, "{:?}", file.problems());
}

#[test]
fn the_manual_is_the_default() {
    let manual = include_str!("../../../ops/imq.toml");
    let file: File = toml::from_str(manual).expect("the manual parses");
    assert_eq!(file, File::default(), "every line of the manual is a comment");
    let all = manual.lines().filter_map(|line| line.strip_prefix("# "));
    let options: String = all
        .filter(|line| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')))
        .chain(manual.lines().filter(|line| line.starts_with('[')))
        .fold(String::new(), |text, line| text + line + "\n");
    assert!(options.contains("listen_client"), "{options}");
}
