//! Pages with good and bad links.

use super::{anchors_of, links_of, reached, resolved};
use crate::tree::{File, Tree};

#[test]
fn links_are_those_of_prose_to_own_files() {
    let text = "[a](b.md), [c](../d.md#e) and [f](#g)\n[h](https://i.example/j.md) `[k](l.md)`\n\
                ```sh\n[m](n.md)\n```\n![o](p.svg)\n";
    let links = links_of(&File { path: "docs/q.md", text });
    let links: Vec<_> = links.iter().map(|link| (link.line, link.to, link.anchor)).collect();
    let wanted =
        [(1, "b.md", None), (1, "../d.md", Some("e")), (1, "", Some("g")), (6, "p.svg", None)];
    assert_eq!(links, wanted);
}

#[test]
fn links_are_resolved_from_their_page() {
    let at = |to: &str| resolved("docs/adr/1.md", to);
    assert_eq!(at("2.md").as_deref(), Some("docs/adr/2.md"));
    assert_eq!(at("../../ops/").as_deref(), Some("ops"));
    assert_eq!(at("").as_deref(), Some("docs/adr/1.md"));
    assert_eq!(at("../../../a.md"), None, "that is outside");
}

#[test]
fn anchors_are_as_github_makes_them() {
    let text = "# The \"first\", of `all`\n## create_queue\n### Twice\n### Twice\n#none\n\
                ```sh\n# code\n```\n## 3. Running once\n";
    let anchors = anchors_of(&File { path: "a.md", text });
    let wanted = ["3-running-once", "create_queue", "the-first-of-all", "twice", "twice-1"];
    assert_eq!(anchors.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
}

#[test]
fn what_is_reached_is_found_over_several_links_and_folders() {
    let tree = Tree::of(&[
        ("README.md", "[a](docs/a.md)"),
        ("docs/a.md", "[ops](../ops/)"),
        ("docs/b.md", "[a](a.md)"),
        ("ops/README.md", "[back](../README.md)"),
    ]);
    let found: Vec<String> = reached(&tree, "README.md").into_iter().collect();
    assert_eq!(found, ["README.md", "docs/a.md", "ops/README.md"]);
}
