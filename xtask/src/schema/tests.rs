//! What becomes of schemas.

use super::modules;
use crate::tree::Tree;

#[test]
fn a_schema_becomes_a_module_that_names_its_source() {
    let schema = "syntax = \"proto3\";\npackage imq.a;\nmessage One { uint64 number = 1; }\n";
    let made = modules(&Tree::of(&[("proto/schema/a.proto", schema)])).unwrap();
    let [module] = made.as_slice() else { panic!("one module of one schema") };
    assert_eq!(module.path, "proto/src/schema/a.rs");
    assert!(module.text.starts_with("//! Generated from `proto/schema/a.proto` by"));
    assert!(module.text.contains("pub struct One"));
}

#[test]
fn a_schema_that_makes_no_sense_is_named() {
    let made = modules(&Tree::of(&[("proto/schema/a.proto", "no schema")]));
    assert!(format!("{:#}", made.err().unwrap()).contains("proto/schema/a.proto"));
}
