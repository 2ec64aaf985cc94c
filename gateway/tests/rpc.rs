//! `docs/rpc.md` says what the code says.

#[path = "../examples/rpc/parts.rs"]
mod parts;

const DOCUMENT: &str = include_str!("../../docs/rpc.md");

#[test]
fn parts_are_what_the_code_says() {
    for name in ["methods", "refusals", "limits", "reference", "objects"] {
        assert!(DOCUMENT.contains(&format!("<!-- part:{name} -->")), "no part {name}");
    }
    for (wanted, line) in parts::filled_in(DOCUMENT).lines().zip(DOCUMENT.lines()) {
        assert_eq!(line, wanted, "renew by: cargo run -p gateway --example rpc");
    }
    assert!(parts::filled_in(DOCUMENT) == DOCUMENT);
}
