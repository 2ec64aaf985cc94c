//! The rule about what is generated: it is what its source says.

use super::{Findings, Tree};
use crate::schema;

const REMEDY: &str = "run `cargo xtask schema`";

pub(super) fn schema(tree: &Tree, findings: &mut Findings) {
    match schema::modules(tree) {
        Ok(modules) => {
            for module in modules {
                if tree.file(&module.path).is_none_or(|file| file.text != module.text) {
                    findings.add(&module.path, 1, format!("not what its schema says: {REMEDY}"));
                }
            }
        }
        Err(error) => findings.add("proto/schema", 1, format!("can't be compiled: {error:#}")),
    }
}
