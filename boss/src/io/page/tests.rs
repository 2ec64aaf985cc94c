//! What the page is made of.

use super::*;

const BYTES_MAX: usize = 200 * 1024;

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    [("page.html", PAGE), ("page.css", STYLE), ("page.js", SCRIPT)].into_iter().chain(PARTS)
}

#[test]
fn it_is_small_and_takes_nothing_from_elsewhere() {
    assert!(all().map(|(_, text)| text.len()).sum::<usize>() <= BYTES_MAX);
    let words = [
        "innerHTML",
        "insertAdjacent",
        "document.write",
        "outerHTML",
        "DOMParser",
        "eval(",
        "https:",
    ];
    for (name, text) in all() {
        for word in &words {
            assert!(!text.contains(word), "{name}: {word}");
        }
        let outside = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http:"), "{name}");
    }
    assert!(!PAGE.contains("style=") && !PAGE.contains("<style"), "the policy forbids it");
}

#[test]
fn each_part_that_is_named_is_there() {
    for (name, text) in all().filter(|(name, _)| name.ends_with(".js")) {
        let named = text.lines().filter_map(|line| line.split_once("from \"")?.1.split_once('"'));
        for (file, _) in named {
            let part = file.rsplit('/').next().unwrap_or_default();
            assert!(PARTS.iter().any(|(known, _)| *known == part), "{name} names {file}");
        }
    }
    // Elements that scripts ask for by their ids.
    for (name, text) in all() {
        for (id, _) in text.split("at(\"").skip(1).filter_map(|rest| rest.split_once('"')) {
            assert!(PAGE.contains(&format!("id=\"{id}\"")), "{name} asks for {id}");
        }
    }
}
