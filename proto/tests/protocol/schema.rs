//! Reads the schemas' own text, so that nothing is tested against a copy of them.

use std::collections::BTreeMap;
use std::iter::Peekable;

/// All messages by their full names: `c2g.Subscribe`.
pub(crate) struct Schema {
    pub(crate) messages: BTreeMap<String, Vec<Field>>,
    pub(crate) enums: BTreeMap<String, Vec<String>>,
}

/// A field of a message.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) label: Label,
    /// A scalar's name, or the full name of a message or enum.
    pub(crate) holds: String,
    pub(crate) oneof: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Single,
    Optional,
    Repeated,
    /// From strings to 64-bit numbers, the only map there is.
    Map,
}

impl Schema {
    pub(crate) fn read() -> Schema {
        let mut schema = Schema { messages: BTreeMap::new(), enums: BTreeMap::new() };
        for (package, text) in [
            ("c2g", include_str!("../../schema/c2g.proto")),
            ("g2c", include_str!("../../schema/g2c.proto")),
            ("g2q", include_str!("../../schema/g2q.proto")),
            ("q2g", include_str!("../../schema/q2g.proto")),
            ("link", include_str!("../../schema/link.proto")),
            ("table", include_str!("../../schema/table.proto")),
        ] {
            let tokens = tokens(text);
            schema.file(package, &mut tokens.iter().map(String::as_str).peekable());
        }
        schema
    }

    pub(crate) fn fields(&self, message: &str) -> &[Field] {
        self.messages.get(message).unwrap_or_else(|| panic!("no message {message}"))
    }

    fn file<'a>(&mut self, package: &str, tokens: &mut Peekable<impl Iterator<Item = &'a str>>) {
        while let Some(token) = tokens.next() {
            match token {
                "message" => {
                    let name = format!("{package}.{}", tokens.next().expect("a name"));
                    let mut fields = Vec::new();
                    assert_eq!(tokens.next(), Some("{"));
                    message(package, None, tokens, &mut fields);
                    self.messages.insert(name, fields);
                }
                "enum" => {
                    let name = format!("{package}.{}", tokens.next().expect("a name"));
                    let body: Vec<&str> = tokens.take_while(|token| *token != "}").collect();
                    let values = body.windows(2).filter(|pair| pair[1] == "=");
                    self.enums.insert(name, values.map(|pair| pair[0].to_owned()).collect());
                }
                _ => {}
            }
        }
    }
}

fn tokens(text: &str) -> Vec<String> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>();
    let mut spaced = code.join(" ");
    for mark in ["{", "}", "=", ";", "<", ">", ","] {
        spaced = spaced.replace(mark, &format!(" {mark} "));
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn message<'a>(
    package: &str,
    oneof: Option<&str>,
    tokens: &mut Peekable<impl Iterator<Item = &'a str>>,
    fields: &mut Vec<Field>,
) {
    while let Some(token) = tokens.next() {
        let (label, word) = match token {
            "}" => return,
            "oneof" => {
                let name = tokens.next().expect("a name");
                assert_eq!(tokens.next(), Some("{"));
                message(package, Some(name), tokens, fields);
                continue;
            }
            "reserved" => {
                let reserved = tokens.by_ref().take_while(|token| *token != ";");
                assert!(reserved.count() > 0, "numbers that are not to be used again");
                continue;
            }
            "optional" => (Label::Optional, tokens.next()),
            "repeated" => (Label::Repeated, tokens.next()),
            "map" => {
                let map: Vec<&str> = tokens.by_ref().take(5).collect();
                assert_eq!(map, ["<", "string", ",", "uint64", ">"]);
                (Label::Map, Some("uint64"))
            }
            word => (Label::Single, Some(word)),
        };
        let word = word.expect("a type");
        let is_scalar = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let holds = if is_scalar || word.contains('.') {
            word.to_owned()
        } else {
            format!("{package}.{word}")
        };
        let name = tokens.next().expect("a name").to_owned();
        assert_eq!(tokens.next(), Some("="));
        let number = tokens.next().and_then(|number| number.parse().ok()).expect("a number");
        assert_eq!(tokens.next(), Some(";"));
        fields.push(Field { number, name, label, holds, oneof: oneof.map(str::to_owned) });
    }
}

impl Field {
    /// The field's type as it stands in documents.
    pub(crate) fn type_text(&self, package: &str) -> String {
        let holds = self.holds.strip_prefix(&format!("{package}.")).unwrap_or(&self.holds);
        match self.label {
            Label::Single => holds.to_owned(),
            Label::Optional => format!("optional {holds}"),
            Label::Repeated => format!("repeated {holds}"),
            Label::Map => format!("map<string, {holds}>"),
        }
    }
}
