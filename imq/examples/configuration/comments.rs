//! What the comments in the code say of fields and variants.

use std::collections::BTreeMap;

/// By name, as it is written in documents, of a type in this source: `struct Class`, `enum Create`.
pub(crate) fn of(source: &str, item: &str) -> BTreeMap<String, String> {
    let begin = format!("{item} {{");
    let lines = source.lines().skip_while(|line| !line.ends_with(&begin)).skip(1);
    let mut comments = BTreeMap::new();
    let (mut said, mut renamed) = (Vec::new(), None);
    for line in lines.take_while(|line| *line != "}").map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            said.push(text.trim());
        } else if line.starts_with('#') {
            renamed = line.split_once("rename = \"").and_then(|(_, name)| name.split('"').next());
        } else {
            let name = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let name = name.split([':', ',']).next().unwrap_or_default();
            let name = renamed.take().map_or_else(|| snake(name), str::to_owned);
            comments.insert(name, std::mem::take(&mut said).join(" "));
        }
    }
    comments
}

/// `NewestWins` as `newest_wins`; a name that is already so stays.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}
