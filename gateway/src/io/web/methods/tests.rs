//! The table against the code that reads bodies and writes answers.

use std::collections::BTreeSet;

use proto::json;
use serde_json::Value;

use super::*;

#[test]
fn every_operation_has_its_method() {
    let mut names: Vec<&str> = json::operations().chain([BATCH]).collect();
    let mut methods: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
    names.sort_unstable();
    methods.sort_unstable();
    assert_eq!(methods, names);
    assert!(METHODS.iter().all(|method| method.scope.is_some() == (method.name != BATCH)));
}

#[test]
fn fields_are_those_of_the_code() {
    let set = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    let names = |fields: &[Field]| fields.iter().map(|field| field.name).collect::<BTreeSet<_>>();
    for method in METHODS.iter().filter(|method| method.name != BATCH) {
        let (body, gives) = json::operation_fields(method.name).expect("an operation");
        assert_eq!(names(method.fields), set(&body), "{}", method.name);
        assert_eq!(names(method.gives), set(&gives), "{}", method.name);
    }
}

/// Whether the value has these fields and no others, all the way down.
fn check(value: &Value, fields: &[Field], place: &str) {
    let value = value.as_object().unwrap_or_else(|| panic!("{place}: no object"));
    for name in value.keys() {
        assert!(fields.iter().any(|field| field.name == name), "{place}.{name} is not documented");
    }
    for field in fields {
        let place = format!("{place}.{}", field.name);
        match (value.get(field.name), field.kind) {
            (None, _) => assert!(!field.always, "{place} is missing"),
            (Some(value), Kind::One(object)) => check(value, object.fields, &place),
            (Some(value), Kind::Many(object, _)) => {
                let values = value.as_array().unwrap_or_else(|| panic!("{place}: no list"));
                values.iter().for_each(|value| check(value, object.fields, &place));
            }
            (Some(_), _) => {}
        }
    }
}

#[test]
fn examples_are_as_documented() {
    for method in &METHODS {
        let read = |text| serde_json::from_str::<Value>(text).expect("an example");
        check(&read(method.example), method.fields, method.name);
        check(&read(method.answer), method.gives, method.name);
        assert!(!method.example.contains('\''), "{}: it stands in a shell's quotes", method.name);
        if method.name != BATCH {
            json::operation(method.name, method.example).expect("a body");
        }
    }
}

#[test]
fn objects_are_all_there() {
    let known =
        |object: &Object| OBJECTS.iter().chain([&&ERROR]).any(|known| known.name == object.name);
    let fields = METHODS.iter().flat_map(|method| method.fields.iter().chain(method.gives));
    for field in fields.chain(OBJECTS.iter().flat_map(|object| object.fields)) {
        if let Kind::One(object) | Kind::Many(object, _) = field.kind {
            assert!(known(object), "{}", object.name);
        }
    }
}
