//! Rules about the documentation as one site: no link leads nowhere, and each page is found from
//! the first one.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Findings, Tree};

/// Where a stranger begins.
const FIRST: &str = "README.md";

/// The contents of the site.
const CONTENTS: &str = "docs/README.md";

/// The folders whose pages are the site's.
const SITE: [&str; 3] = ["docs/", "ops/", "sdk/"];

/// A link within the project.
#[derive(Debug, PartialEq)]
struct Link<'a> {
    line: usize,
    /// As it is written, without the anchor; empty: the page itself.
    to: &'a str,
    anchor: Option<&'a str>,
}

pub(super) fn links(tree: &Tree, findings: &mut Findings) {
    let mut anchors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for page in tree.files().filter(is_page) {
        for Link { line, to, anchor } in links_of(&page) {
            let Some(path) = resolved(page.path, to).filter(|path| tree.has(path)) else {
                findings.add(page.path, line, format!("there is no `{to}`"));
                continue;
            };
            let target = tree.file(&path).filter(is_page);
            let (Some(anchor), Some(target)) = (anchor, target) else { continue };
            let known = anchors.entry(path).or_insert_with(|| anchors_of(&target));
            if !known.contains(anchor) {
                findings.add(page.path, line, format!("`{}` has no `#{anchor}`", target.path));
            }
        }
    }
}

pub(super) fn contents(tree: &Tree, findings: &mut Findings) {
    let of_site = |page: &File<'_>| SITE.iter().any(|folder| page.path.starts_with(folder));
    let found = reached(tree, FIRST);
    for page in tree.files().filter(is_page).filter(of_site) {
        if !found.contains(page.path) {
            let sentence = format!("nobody finds it from {FIRST}: link it, as in {CONTENTS}");
            findings.add(page.path, 1, sentence);
        }
    }
}

/// All that links lead to from a page, and the page.
fn reached(tree: &Tree, first: &str) -> BTreeSet<String> {
    let (mut found, mut left) = (BTreeSet::new(), vec![first.to_owned()]);
    while let Some(path) = left.pop() {
        // A link to a folder shows its README.
        let path = if tree.file(&path).is_some() { path } else { format!("{path}/README.md") };
        let Some(page) = tree.file(&path).filter(is_page) else { continue };
        if found.insert(path) {
            left.extend(links_of(&page).iter().filter_map(|link| resolved(page.path, link.to)));
        }
    }
    found
}

fn is_page(file: &File<'_>) -> bool {
    file.extension() == "md"
}

/// The path from the root that a link on a page leads to; nothing if it leads out of the project.
fn resolved(page: &str, to: &str) -> Option<String> {
    if to.is_empty() {
        return Some(page.to_owned());
    }
    let mut segments: Vec<&str> = page.split('/').collect();
    segments.pop();
    for segment in to.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()?),
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

/// The links of a page that lead to the project's own files, in the order of their lines.
fn links_of<'a>(page: &File<'a>) -> Vec<Link<'a>> {
    let mut links = Vec::new();
    for (line, text) in prose(page) {
        for (at, _) in text.match_indices("](") {
            let is_code = text[..at].matches('`').count() % 2 == 1;
            let to = text[at + 2..].split([')', ' ']).next().unwrap_or_default();
            if is_code || to.contains(':') {
                continue;
            }
            let (to, anchor) = to.split_once('#').map_or((to, None), |(to, at)| (to, Some(at)));
            links.push(Link { line, to, anchor });
        }
    }
    links
}

/// The lines that are no code.
fn prose<'a>(page: &File<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    let mut is_code = false;
    page.lines().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// What a page's headings are called in links: as GitHub makes it of their text.
fn anchors_of(page: &File<'_>) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(page) {
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            let anchor = anchor_of(title.trim());
            let again = (1..).map(|number| format!("{anchor}-{number}"));
            let mut names = std::iter::once(anchor.clone()).chain(again);
            anchors.extend(names.find(|name| !anchors.contains(name)));
        }
    }
    anchors
}

fn anchor_of(title: &str) -> String {
    let title = title.to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests;
