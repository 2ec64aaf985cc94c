//! What is wrong with documents, in the order of their lines.

use serde::Deserialize;

use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct House {
    rooms: u32,
    owner: String,
    lamps: Vec<u32>,
    door: Door,
    tenant: Vec<Tenant>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Door {
    width: Option<u32>,
    address: Option<std::net::IpAddr>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Tenant {
    name: String,
    #[serde(default)]
    floor: u32,
}

fn problems(text: &str) -> Vec<String> {
    let mut document = Document::new(text);
    if let Some(house) = document.read::<House>() {
        let floors = house.tenant.iter().enumerate().filter(|(_, tenant)| tenant.floor > 9);
        let high = |(at, _)| Finding::at(format!("tenant[{at}].floor"), "that is too high");
        document.find(floors.map(high));
    }
    document.problems().iter().map(Problem::to_string).collect()
}

#[test]
fn all_kinds_of_problems_come_at_once_in_the_order_of_lines() {
    let text = "\
rooms = \"two\"
roof = true
lamps = [1, \"x\", 3, -4]
[door]
width = 5.5
address = \"nowhere\"
[[tenant]]
name = \"ann\"
floor = 12
[[tenant]]
floor = 1
[[tenant]]
name = \"bob\"
flor = 2
[garden]
trees = 3
";
    let found = problems(text);
    let lines: Vec<&str> =
        found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    let wanted = [1, 2, 3, 3, 5, 6, 9, 10, 14, 15].map(|line| format!("line {line}"));
    assert_eq!(lines, wanted, "{found:#?}");
    for (problem, words) in found.iter().zip([
        "rooms: invalid type: string \"two\", expected u32",
        "roof: unknown field `roof`, expected one of",
        "lamps: invalid type",
        "lamps: invalid value",
        "door.width: invalid type: floating point",
        "door.address: invalid IP address",
        "that is too high",
        "missing field `name`",
        "tenant.flor: unknown field `flor`",
        "garden: unknown field `garden`",
    ]) {
        assert!(problem.contains(words), "{problem:?} lacks {words:?}");
    }
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    let found = problems("rooms = \nlamps = [1,\n");
    assert!(found[0].starts_with("line 1: "), "{found:#?}");
    assert!(found.iter().all(|problem| problem.starts_with("line ")), "{found:#?}");
    let twice = problems("rooms = 1\nrooms = 2\n");
    assert_eq!(twice.len(), 1, "{twice:#?}");
    assert!(twice[0].starts_with("line 2: duplicate key"), "{twice:#?}");
    assert_eq!(problems("rooms = 1\n"), Vec::<String>::new());
}

#[test]
fn problems_show_no_secrets() {
    let found = problems("rooms = \"whsec_QUJDREVG\"\n");
    assert!(found[0].contains("[redacted]") && !found[0].contains("QUJD"), "{found:#?}");
}

#[test]
fn there_is_an_end_of_them() {
    let lamps = "\"x\", ".repeat(3 * DOCUMENT_PROBLEMS_MAX);
    let found = problems(&format!("lamps = [{lamps}]\n"));
    assert_eq!(found.len(), DOCUMENT_PROBLEMS_MAX + 1);
    assert!(found[DOCUMENT_PROBLEMS_MAX].contains("there may be more"), "{found:?}");
}

#[test]
fn entries_are_found_by_their_names() {
    let text = "rooms = 1\n[[tenant]]\nname = \"ann\"\n[[tenant]]\nname = \"bob\"\n";
    let document = Document::new(text);
    assert_eq!(&text[document.value("tenant[1].name").unwrap()], "\"bob\"");
    assert!(document.has("rooms") && !document.has("door") && !document.has("tenant[1].floor"));
    assert!(!document.has("tenant[2].name") && document.value("tenant[2].name").is_none());
}
#[test]
fn what_follows_from_a_problem_is_not_told() {
    // No TOML in one line, other problems in others.
    let text = "rooms = yes\nroof = 1\n[[tenant]]\nname = \"a\"\nfloor = 12\n[door\nwidth = 3\n";
    let found = problems(text);
    let lines: Vec<&str> =
        found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    assert_eq!(lines, ["line 1", "line 2", "line 5", "line 6"], "{found:#?}");
    // What can't be read isn't missing besides.
    let mut document = Document::new("[[tenant]]\nname = \"ann\"\nfloor = \"x\"\n");
    assert!(document.read::<House>().is_some());
    document.find([
        Finding::at("tenant[0].floor", "it has no floor"),
        Finding::at("tenant[0].key", "it has no key"),
        Finding::at("garden", "there is no garden"),
    ]);
    let found: Vec<String> = document.problems().iter().map(Problem::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(found[0], "line 1: it has no key");
    assert!(found[1].starts_with("line 3: tenant.floor: invalid type"), "{found:#?}");
    assert_eq!(found[2], "there is no garden");
}
