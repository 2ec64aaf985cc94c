//! What becomes of schemas.

use super::modules;
use crate::tree::Tree;

#[test]
fn a_schema_becomes_a_module_that_names_its_source() {
    let schema = "syntax = \"proto3\";\npackage imq.a;\nmessage One { uint64 number = 1; }\n";
    let made = modules(&Tree::of(&[("proto/schema/a.proto", schema)])).unwrap();
    let [types, numbers] = made.as_slice() else { panic!("two modules of one schema") };
    assert_eq!(types.path, "proto/src/schema/a.rs");
    assert!(types.text.contains("pub struct One"));
    assert!(types.text.ends_with("pub mod field;\n"));
    assert_eq!(numbers.path, "proto/src/schema/a/field.rs");
    for module in [types, numbers] {
        assert!(module.text.starts_with("//! Generated from `proto/schema/a.proto` by"));
    }
}

#[test]
fn the_numbers_of_fields_have_names() {
    let schema = "syntax = \"proto3\";\npackage imq.a;\nmessage LoggedIn {\n  \
                  oneof body { bytes session_id = 7; }\n  message Inner { bool is = 2; }\n}\n";
    let made = modules(&Tree::of(&[("proto/schema/a.proto", schema)])).unwrap();
    let outer = "pub mod logged_in {\n    pub const SESSION_ID: u32 = 7;\n}\n";
    let inner = "pub mod logged_in_inner {\n    pub const IS: u32 = 2;\n}\n";
    assert!(made[1].text.ends_with(&format!("\n\n{outer}{inner}")));
}

#[test]
fn a_schema_that_makes_no_sense_is_named() {
    let made = modules(&Tree::of(&[("proto/schema/a.proto", "no schema")]));
    assert!(format!("{:#}", made.err().unwrap()).contains("proto/schema/a.proto"));
}
