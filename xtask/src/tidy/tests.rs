//! Every rule passes a clean tree and catches each fault planted in it.

use std::collections::BTreeSet;

use super::{RULES, check};
use crate::schema::modules;
use crate::tree::Tree;

const CLEAN: [(&str, &str); 15] = [
    (".cargo/config.toml", "[alias]\nxtask = \"run --quiet --package xtask --\"\n"),
    (
        "ARCHITECTURE.md",
        "`proto/` `gateway/` and `queue-node/`, `boss/`, `docs/`\n`/room/1`, `imq/v1`\n",
    ),
    ("README.md", "See [one](docs/adr/1.md) and the [guide](docs/guide.md).\n"),
    ("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"),
    ("Cargo.toml", "[workspace.dependencies]\nbytes = \"1\"\nboss = { path = \"boss\" }\n"),
    ("boss/Cargo.toml", "[package]\nname = \"boss\"\n[dependencies]\nproto.workspace = true\n"),
    ("boss/src/lib.rs", "//! The boss. It never sees a message.\n"),
    ("docs/adr/1.md", "# One\n"),
    ("docs/guide.md", "See `docs/framework/x.md`.\n"),
    ("gateway/Cargo.toml", "[dependencies]\nlink = { workspace = true, optional = true }\n"),
    ("gateway/src/lib.rs", "//! The door.\n//! It never decides.\n\nmod machine;\n"),
    ("gateway/src/machine.rs", concat!("//! What is decided.\nfn pause() { sle", "ep(1) }\n")),
    ("gateway/src/machine/tests.rs", "//! Scripts.\nfn no_sleep() { no_sleep(); }\n"),
    ("queue-node/Cargo.toml", "[package]\nversion.workspace = true\n[dependencies]\n"),
    ("queue-node/src/lib.rs", "//! Queues in RAM, never on disk.\n"),
];

/// The clean tree with other texts at some paths, or with other files.
fn planted(files: &[(&str, &str)]) -> Tree {
    Tree::of(&[&CLEAN, files].concat())
}

/// Plants one file and expects one finding, at `path:line: rule`.
fn catches(path: &str, text: &str, expected: &str) -> &'static str {
    let found = check(&planted(&[(path, text)]));
    let first = found.first().unwrap_or_else(|| panic!("nothing found in {path}: {text:?}"));
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(shown.len() == 1 && shown[0].starts_with(&format!("{expected}: ")), "{shown:#?}");
    first.rule
}

fn passes(path: &str, text: &str) {
    assert_eq!(check(&planted(&[(path, text)])), [], "{path}: {text:?}");
}

#[test]
fn the_clean_tree_is_clean() {
    assert_eq!(check(&planted(&[])), []);
}

#[test]
fn every_rule_catches_its_fault() {
    let long = format!("//! Long.\n{}", "\n".repeat(500));
    let wide = format!("//! Wide.\n// {}\n", "ä".repeat(98));
    let decision = "line\n".repeat(60);
    let place = format!("see {}x\n", concat!("/wo", "rk/"));
    let promise = format!("//! A.\n// {} later\n", concat!("TO", "DO"));
    let asleep = format!("//! A.\n    thread::{}second);\n", concat!("sle", "ep("));
    let ignored = format!("//! A.\n    {}]\n", concat!("#", "[ignore"));
    let bound = "//! Bounds.\npub const A_MAX: usize = 1;\n";
    let field = format!("//! A.\nwire::{}out, 3, 1);\n", "put_uint(");
    let draw = format!("//! A.\nlet a: u8 = {}();\n", concat!("rand::", "random"));
    let server = format!("//! A.\n{}(listener, app)\n", concat!("axum::", "serve"));
    let lane = "//! A.\nimpl Lane {\n";
    let door = "//! A.\n    bucket.state.apply(at, record);\n";
    let planted = "//! A.\n    if self.settings.faults.told_twice {\n";
    let faults: [(&str, &str, &str); 29] = [
        ("boss/src/a.rs", &long, "boss/src/a.rs:501: file-length"),
        ("boss/src/a.rs", &wide, "boss/src/a.rs:2: line-width"),
        ("CONTRIBUTING.md", &place, "CONTRIBUTING.md:1: machine-paths"),
        ("boss/src/a.rs", &promise, "boss/src/a.rs:2: reasons"),
        ("boss/src/a.rs", "mod b;\n", "boss/src/a.rs:1: module-doc"),
        ("boss/src/lib.rs", "//! The boss.\n\n// never\n", "boss/src/lib.rs:1: never"),
        ("boss/src/a.rs", &field, "boss/src/a.rs:2: field-numbers"),
        ("boss/src/tests.rs", &ignored, "boss/src/tests.rs:2: ignored-tests"),
        ("boss/tests/a.mjs", "test.skip(a);\n", "boss/tests/a.mjs:1: skipped-tests"),
        ("boss/tests/cluster/a.rs", &asleep, "boss/tests/cluster/a.rs:2: sleeping-tests"),
        ("boss/src/tests.rs", &draw, "boss/src/tests.rs:2: seeded-tests"),
        ("boss/src/a.rs", &server, "boss/src/a.rs:2: one-server"),
        ("queue-node/src/machine/a.rs", door, "queue-node/src/machine/a.rs:2: state-doors"),
        ("boss/src/machine/a.rs", planted, "boss/src/machine/a.rs:2: planted-bugs"),
        ("gateway/src/machine/a.rs", lane, "gateway/src/machine/a.rs:2: lane-parts"),
        ("extra/a.txt", "", "ARCHITECTURE.md:1: architecture-folders"),
        ("ARCHITECTURE.md", MAP, "ARCHITECTURE.md:2: architecture-paths"),
        (
            ".cargo/mutants.toml",
            "  \"boss/src/gone.rs\",",
            ".cargo/mutants.toml:1: architecture-paths",
        ),
        ("docs/guide.md", "`Gone::away()`", "docs/guide.md:1: document-functions"),
        ("docs/guide.md", "\n[gone](gone.md)", "docs/guide.md:2: links"),
        ("docs/guide.md", "[gone](adr/1.md#two)", "docs/guide.md:1: links"),
        ("docs/a.md", "[guide](guide.md)", "docs/a.md:1: contents"),
        ("docs/adr/1.md", &decision, "docs/adr/1.md:60: decision-length"),
        ("boss/src/limits.rs", bound, "boss/src/limits.rs:2: limits"),
        ("boss/Cargo.toml", "[dependencies]\nimq.workspace = true", "boss/Cargo.toml:2: roles"),
        ("boss/Cargo.toml", "[dependencies]\nbytes = \"1\"", "boss/Cargo.toml:2: versions"),
        ("rust-toolchain.toml", "", "rust-toolchain.toml:1: toolchain"),
        ("proto/schema/a.proto", "message", "proto/schema:1: schema"),
        ("Cargo.lock", "source = \"registry+https://a.b\"", "Cargo.lock:1: origins"),
    ];
    let caught: BTreeSet<&str> =
        faults.iter().map(|(path, text, expected)| catches(path, text, expected)).collect();
    assert_eq!(caught, RULES.iter().map(|(rule, _)| *rule).collect());
}

#[test]
fn the_state_has_few_doors() {
    let path = "queue-node/src/machine/state.rs";
    let function = |signature: &str| format!("//! A.\nimpl State {{\n    {signature} {{}}\n}}\n");
    for signature in ["pub(crate) fn clear(&mut self)", "pub fn clear(\n        &mut self,\n    )"]
    {
        catches(path, &function(signature), &format!("{path}:3: state-doors"));
    }
    let good = [
        "pub(crate) fn apply(\n        &mut self,\n    )",
        "pub(crate) fn len(&self)",
        "fn a(&mut self)",
    ];
    good.iter().for_each(|signature| passes(path, &function(signature)));
    let uses = "//! A.\n    self.state.pass_queue(now_ms);\n";
    passes("queue-node/src/machine/bucket.rs", uses);
    passes("gateway/src/machine/a.rs", uses);
    catches("queue-node/src/machine/b.rs", uses, "queue-node/src/machine/b.rs:2: state-doors");
    let reads = "//! A.\n    self.state.apply_read(at, read);\n";
    passes("queue-node/src/machine/copies/learner.rs", reads);
    catches("queue-node/src/machine/b.rs", reads, "queue-node/src/machine/b.rs:2: state-doors");
}

#[test]
fn planted_bugs_are_read_by_one_function() {
    let path = "queue-node/src/machine/a.rs";
    let of = |line: &str| format!("//! A.\n    {line}\n");
    for good in [
        "if cfg!(debug_assertions) { self.faults } else { Faults::default() }",
        "self.faults = faults;",
        "if self.settings.faults().told_twice {",
    ] {
        passes(path, &of(good));
    }
    passes("queue-node/src/io/a.rs", &of("let faults = settings.faults;"));
    catches(path, &of("let faults = settings.faults;"), &format!("{path}:2: planted-bugs"));
}

#[test]
fn the_parts_of_a_lane_stand_in_their_places() {
    let of = |name: &str| format!("//! A.\nimpl {name} {{\n");
    for (name, own) in
        [("Lane", "lane"), ("Debug for Lane", "lane"), ("LaneParts", "parts"), ("Desk", "desk")]
    {
        passes(&format!("gateway/src/machine/{own}.rs"), &of(name));
        for place in [format!("{own}/a"), "door/a".to_owned(), "tests".to_owned()] {
            let path = format!("gateway/src/machine/{place}.rs");
            catches(&path, &of(name), &format!("{path}:2: lane-parts"));
        }
    }
    for place in ["sessions", "sessions/a", "sessions/a/b"] {
        passes(&format!("gateway/src/machine/{place}.rs"), &of("Sessions"));
        passes(&format!("gateway/src/machine/{place}.rs"), &of("Index<Handle> for Sessions"));
    }
    for place in ["door", "door/sessions", "sessions_of"] {
        let path = format!("gateway/src/machine/{place}.rs");
        catches(&path, &of("Sessions"), &format!("{path}:2: lane-parts"));
    }
    let generic = "//! A.\nimpl<'a, T: Into<u8>> From<T> for Web {\n";
    catches("gateway/src/machine/a.rs", generic, "gateway/src/machine/a.rs:2: lane-parts");
    for other in [of("Laned"), of("Session"), "//! A.\n// impl Lane {\n".to_owned()] {
        passes("gateway/src/machine/a.rs", &other);
    }
    passes("queue-node/src/machine/a.rs", &of("Web"));
}

const MAP: &str = "`boss/` `docs/adr/` `gateway/src/lib.rs` `queue-node/`\n`boss/src/nothing.rs`\n";

#[test]
fn each_generated_file_is_what_its_schema_says() {
    let schema = "syntax = \"proto3\";\npackage imq.a;\nmessage One { uint64 number = 1; }\n";
    let schema = ("proto/schema/a.proto", schema);
    let made = modules(&Tree::of(&[schema])).unwrap();
    let made: Vec<(&str, &str)> =
        made.iter().map(|module| (module.path.as_str(), module.text.as_str())).collect();
    assert_eq!(check(&planted(&[&[schema], made.as_slice()].concat())), []);
    for (path, _) in &made {
        let edited = [&[schema], made.as_slice(), &[(path, "//! Edited.\n")]].concat();
        let found = check(&planted(&edited));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().starts_with(&format!("{path}:1: schema: ")), "{found:?}");
    }
}

#[test]
fn a_word_with_a_reason_is_a_note_and_inside_a_word_it_is_none() {
    let (one, two) = (concat!("TO", "DO"), concat!("XX", "X"));
    passes("boss/src/a.rs", &format!("//! A.\n// {one}(copies): later\n// A{two}B\n"));
    catches("boss/a.py", &format!("# {two}( ): later\n"), "boss/a.py:1: reasons");
    catches("boss/a.toml", &format!("# {one}:(x)\n"), "boss/a.toml:1: reasons");
}

#[test]
fn only_the_beginning_of_a_path_is_a_place_on_a_machine() {
    passes(
        "docs/guide.md",
        &format!("net{} and ${{HOME}}{}\n", concat!("/wo", "rk/"), "/ro\u{f6}t/"),
    );
    let place = format!("`{}.x`\n", concat!("/ro", "ot/"));
    catches("docs/guide.md", &place, "docs/guide.md:1: machine-paths");
}

#[test]
fn numbers_of_fields_are_found_where_they_are_read_too() {
    let arm = |arm: &str| format!("//! A.\n    match number {{\n        {arm}\n    }}\n");
    let asked = format!("//! A.\n\n{} 5 {{\n", "if number ==");
    for read in [arm("7 => {"), arm("said::A | 8 => {}"), asked] {
        catches("boss/src/a.rs", &read, "boss/src/a.rs:3: field-numbers");
        catches("proto/src/a.rs", &read, "proto/src/a.rs:3: field-numbers");
    }
    passes("boss/src/a.rs", &arm("said::LOGIN => {"));
    passes("boss/src/a.rs", "//! A.\n    7 => {}\nwire::put_uint(out, said::A, 1);\n");
}

#[test]
fn numbers_of_fields_are_found_in_what_describes_them() {
    let described = |number: &str| format!("//! A.\n\n    {}{number}, \"a\", Text),\n", "field(");
    let broken = |number: &str| format!("//! A.\n\n{}\n    out,\n    {number},\n", "put_bytes(");
    let kind = |number: &str| format!("//! A.\npub enum AKind {{\n    A = {number},\n}}\n");
    for text in [described, broken, kind] {
        catches("proto/src/json/a.rs", &text("3"), "proto/src/json/a.rs:3: field-numbers");
        passes("proto/src/json/a.rs", &text("a::KEY"));
    }
    passes("proto/src/a.rs", "//! A.\nlet a = out_field(3, 4);\nlet b = (field(3)?, 4);\n");
    passes("proto/src/a.rs", "//! A.\nenum Code {\n    A = 3,\n}\n");
}

#[test]
fn a_generated_file_may_have_numbers() {
    let schema = ("proto/schema/a.proto", "syntax = \"proto3\";\npackage imq.a;\n");
    let number = format!("//! A.\n{}out, 3, 1);\n", "put_uint(");
    let found = check(&planted(&[schema, ("proto/src/schema/a.rs", &number)]));
    assert!(found.iter().all(|one| one.rule != "field-numbers"), "{found:?}");
}

#[test]
fn a_test_may_draw_a_seed_that_it_tells() {
    let draw = format!("//! A.\nlet seed = {}();\n", concat!("rand::", "random"));
    passes("boss/src/tests.rs", &format!("{draw}println!(\"seed {{seed}}\");\n"));
    passes("boss/src/a.rs", &draw);
}

#[test]
fn tests_of_other_languages_do_not_sleep_either() {
    let sleep = format!("time.{}1)\n", concat!("sle", "ep("));
    catches("boss/test/a.py", &sleep, "boss/test/a.py:1: sleeping-tests");
}

#[test]
fn a_sleep_is_found_under_each_of_its_names() {
    let ways = [concat!("usle", "ep(5)"), concat!("try_h", "ear(\"nothing\", so_long, |_| false)")];
    for way in ways {
        catches("boss/tests/a.php", &format!("{way};\n"), "boss/tests/a.php:1: sleeping-tests");
    }
}

#[test]
fn a_test_is_not_ignored_on_conditions_either() {
    let (ignore, condition) = (concat!("ign", "ore"), concat!("#", "[cfg_attr("));
    for attribute in [
        format!("{condition}miri, {ignore})]"),
        format!("{condition}not(feature = \"[x]\"),\n    {ignore} = \"slow\")]"),
        format!("#[test] #[{ignore} = \"why\"]"),
        format!("/// ```{ignore}"),
    ] {
        let text = format!("//! A.\n{attribute}\n");
        catches("boss/src/a.rs", &text, "boss/src/a.rs:2: ignored-tests");
    }
    passes("boss/src/a.rs", &format!("//! A.\n{condition}test, doc = \"{ignore}\")]\n"));
    passes("boss/src/a.rs", &format!("//! A.\n#[serde(flatten)]\nfn {ignore}() {{}}\n"));
}

#[test]
fn the_code_map_may_name_several_paths_at_once() {
    let map = "`boss/src/{lib.rs,}` `docs/` `gateway/src/{lib,machine}.rs` `queue-node/`\n";
    passes("ARCHITECTURE.md", map);
    let map = "`boss/` `docs/` `gateway/src/{lib,machines}.rs` `queue-node/`\n";
    catches("ARCHITECTURE.md", map, "ARCHITECTURE.md:1: architecture-paths");
    let map = "`boss/` `docs/` `gateway/` `queue-node/` `bos/lib.rs`\n";
    catches("ARCHITECTURE.md", map, "ARCHITECTURE.md:1: architecture-paths");
    let map = "`boss/` `docs/` `a-gateway/` `queue-node/`\n";
    catches("ARCHITECTURE.md", map, "ARCHITECTURE.md:1: architecture-folders");
}

#[test]
fn a_bound_that_the_table_names_is_fine() {
    let bound = "//! Bounds.\npub const A_MAX: usize = 1;\nconst A: usize = 1;\n";
    let table = ("docs/limits.md", "| `A_MAX` | 1 |\n");
    let guide = ("docs/guide.md", "[limits](limits.md)\n");
    assert_eq!(check(&planted(&[("boss/src/limits.rs", bound), table, guide])), []);
    let other = ("docs/limits.md", "| `A_MAX_MS` | 1 |\n");
    assert_eq!(check(&planted(&[("boss/src/limits.rs", bound), other, guide])).len(), 1);
}

#[test]
fn a_missing_code_map_is_found() {
    let found = check(&Tree::of(&[("README.md", "")]));
    assert_eq!(
        found[0].to_string(),
        "ARCHITECTURE.md:1: architecture-folders: the code map is missing"
    );
}

#[test]
fn dependencies_are_found_in_every_form() {
    for (manifest, expected) in [
        ("[dependencies.boss]\nworkspace = true", "gateway/Cargo.toml:1: roles"),
        (
            "[target.'cfg(unix)'.dependencies]\nboss.path = \"../boss\"",
            "gateway/Cargo.toml:2: roles",
        ),
        (
            "[dependencies]\nb = { path = \"../b\", package = \"boss\" }",
            "gateway/Cargo.toml:2: roles",
        ),
        ("[dev-dependencies]\nqueue-node = { workspace = true }", "gateway/Cargo.toml:2: roles"),
        ("[dependencies.bytes]\nversion = \"1\"", "gateway/Cargo.toml:2: versions"),
        ("[dependencies]\nbytes = { version = \"1\" }", "gateway/Cargo.toml:2: versions"),
        ("[build-dependencies]\nbytes.git = \"x\"", "gateway/Cargo.toml:2: versions"),
    ] {
        catches("gateway/Cargo.toml", manifest, expected);
    }
    passes("gateway/Cargo.toml", "[features]\nio = [\"boss\"]\n# boss = \"1\"\n[dependencies]\n");
}

#[test]
fn settings_do_not_turn_package_managers_elsewhere() {
    let config = "[source.crates-io]\n";
    catches(".cargo/config.toml", config, ".cargo/config.toml:1: origins");
    let lock = "  \"resolved\": \"https://a.b/c.tgz\",\n";
    catches("boss/package-lock.json", lock, "boss/package-lock.json:1: origins");
    passes("boss/package-lock.json", "  \"resolved\": \"https://registry.npmjs.org/c.tgz\",\n");
}
