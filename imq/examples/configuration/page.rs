//! The page of all that can be configured: what serde reads from both kinds of documents, with
//! clap's flags, variables and sentences, the comments in the code, the values of an empty
//! document, and what is refused.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use clap::{Args, Command};
use proto::class::{Callout, Class, ClusterConfig, MountClass};
use proto::document::Problem;

use crate::config::{
    AuthOptions, BossOptions, File, GatewayOptions, QueueNodeOptions, Shared, TlsOptions,
};

mod comments;
mod trace;

use trace::{Table, Value};

const CLUSTER: &str = include_str!("../../../proto/src/class.rs");
const RPC_KEYS: &str = include_str!("../../src/config/rpc_keys.rs");

/// The shortest good documents: what is tried stands in them.
const FILE: &str = "secret_file = \"a\"\n[tls]\n[boss]\n[queue_node]\n[gateway]\n[auth]\n\
    keys_file = \"a\"\n[[gateway.rpc_keys]]\nname = \"a\"\nkey_file = \"a\"\nscopes = [\"read\"]\n";
const DOCUMENT: &str = "copies = 2\n[[callout]]\nname = \"a\"\nurl = \"https://a.example\"\n\
    secret_env = \"A\"\n[[class]]\npattern = \"/user/*\"\n[[class.mount]]\nname = \"a\"\n\
    kind = \"message\"\n";

/// How a sentence of clap's ends where an option has no default.
const REQUIRED: &str = ". Required";

/// Values that are too small or too large where anything is.
const TRIED: [&str; 3] = ["0", "4000000000", "9000000000000000000"];

const BEGINNING: &str = "\
# Configuration reference

Every option, made from the code that reads it (`cargo run -p imq --example configuration`); a
test compares both. What the options are for, and how they work together:
[configuration.md](configuration.md). Unknown keys are refused, and `imq check-config FILE` says
all that is wrong with a file at once.

Sizes are in bytes (`_bytes`), times in milliseconds (`_ms`) or seconds (`_s`); rates are per
second (`_per_s`).

## Processes
A process takes its options from flags, variables of the environment, and one file (`--config
FILE`, `IMQ_CONFIG`), in this order of precedence. [ops/imq.toml](../ops/imq.toml) is that file
with all defaults as comments. All processes have `--log FILTER` (`IMQ_LOG`: `error`, `warn`,
`info`, which is the default, `debug`, or by module, as in `info,gateway=debug`) and `--log-format
text|json` (`IMQ_LOG_FORMAT`), too.

Secrets are never flags. Where no file is named, they are taken from the environment: `IMQ_SECRET`
(the cluster's, in the place of `secret_file`), `IMQ_ADMIN_KEY` and `IMQ_READ_KEY` (of the boss, and
of the commands that ask it, in the place of `admin_key_file` and `read_key_file`), `IMQ_RPC_KEY`
(of a gateway, in the place of `rpc_key_file`); and `IMQ_TOKEN` is a user's token for the commands
that are clients. Those take their gateway and user from `IMQ_GATEWAY` and `IMQ_USER`, the others
the boss from `IMQ_BOSS_URL`, and `imq dev` its ports from `IMQ_PORT_BASE`: [cli.md](cli.md).
";

const MIDDLE: &str = "
## The cluster
One document for the whole cluster, which the boss keeps and hands out: `imq boss --cluster FILE`
for a new one, and `POST /api/v1/config` for one that runs. [The built-in
one](../boss/src/default-cluster.toml) shows the form.
";

/// The whole page.
pub(crate) fn text() -> String {
    let mut text = BEGINNING.to_owned();
    for table in trace::tables::<File>() {
        let (title, of) = match table.of {
            "File" => ("Before all tables: all processes", flags::<Shared>()),
            "TlsOptions" => ("[tls]: links between all processes", flags::<TlsOptions>()),
            "BossOptions" => ("[boss]", flags::<BossOptions>()),
            "QueueNodeOptions" => ("[queue_node]", flags::<QueueNodeOptions>()),
            "GatewayOptions" => ("[gateway]", flags::<GatewayOptions>()),
            "AuthOptions" => ("[auth]: gateways", flags::<AuthOptions>()),
            "RpcKey" => ("[[gateway.rpc_keys]]", Command::new("file")),
            other => panic!("where do the options of {other} belong?"),
        };
        put_options(&mut text, title, &table, &of);
    }
    text.push_str(MIDDLE);
    for table in trace::tables::<ClusterConfig>() {
        let (title, empty) = match table.of {
            "ClusterConfig" => ("Before all tables", shown(&read::<ClusterConfig>(""))),
            "Callout" => ("[[callout]]", shown(&read::<Callout>(""))),
            "Class" => ("[[class]]", shown(&read::<Class>(""))),
            "MountClass" => {
                let least = "name = \"\"\nkind = \"state\"";
                ("[[class.mount]]", shown(&read::<MountClass>(least)))
            }
            other => panic!("where do the options of {other} belong?"),
        };
        put_keys(&mut text, title, &table, &empty);
    }
    text
}

fn flags<A: Args>() -> Command {
    A::augment_args(Command::new("options"))
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// The fields of a value, as `{:#?}` has them.
fn shown(value: &impl Debug) -> BTreeMap<String, String> {
    let text = format!("{value:#?}");
    let own = text.lines().filter_map(|line| line.strip_prefix("    "));
    let own = own.filter_map(|line| line.strip_suffix(',')?.split_once(": "));
    own.filter(|(name, _)| !name.starts_with(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Options of processes.
fn put_options(text: &mut String, title: &str, table: &Table, of: &Command) {
    put_title(text, title, "key | flag, variable");
    let comments = comments::of(RPC_KEYS, &format!("struct {}", table.of));
    let section = title.split(':').next().unwrap_or_default();
    let section = if section.starts_with('[') { section } else { "" };
    for (key, value) in table.fields.iter().filter(|(_, value)| !is_table(value)) {
        let tried = Tried { document: FILE, section, key, problems_of: of_file };
        let arg = of.get_arguments().find(|arg| arg.get_id() == *key);
        let (ways, meaning) = match arg {
            Some(arg) => {
                let flag = arg.get_long().map_or(String::new(), |flag| format!("`--{flag}`"));
                let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
                let variable = variable.map_or(String::new(), |name| format!(", `{name}`"));
                (flag + &variable, arg.get_help().map(ToString::to_string).unwrap_or_default())
            }
            None => {
                ("only in the file".to_owned(), comments.get(*key).cloned().unwrap_or_default())
            }
        };
        let (meaning, default) = match meaning.split_once(" [default: ") {
            Some((meaning, default)) => (meaning, default.trim_end_matches([']', '.'])),
            None if meaning.ends_with(REQUIRED) => (meaning.trim_end_matches(REQUIRED), "required"),
            None if tried.is_required() => (&*meaning, "required"),
            None => (&*meaning, "none"),
        };
        let ways = format!("`{key}` | {ways}");
        put_row(text, &ways, &holds(value), default, &sentence(meaning, &tried, value));
    }
}

/// Keys of the cluster's document.
fn put_keys(text: &mut String, title: &str, table: &Table, empty: &BTreeMap<String, String>) {
    put_title(text, title, "key");
    let comments = comments::of(CLUSTER, &format!("struct {}", table.of));
    let section = if title.starts_with('[') { title } else { "" };
    for (key, value) in table.fields.iter().filter(|(_, value)| !is_table(value)) {
        let tried = Tried { document: DOCUMENT, section, key, problems_of: of_cluster };
        let meaning = comments.get(*key).map_or("", String::as_str);
        let default = match empty.get(*key).map(String::as_str) {
            _ if tried.is_required() && !meaning.contains("unless") => "required".to_owned(),
            None | Some("None" | "\"\"" | "[]") => "none".to_owned(),
            Some(word) if matches!(value, Value::Word(..)) => {
                format!("`{}`", comments::snake(word))
            }
            Some(other) => other.to_owned(),
        };
        put_row(
            text,
            &format!("`{key}`"),
            &holds(value),
            &default,
            &sentence(meaning, &tried, value),
        );
    }
}

fn put_title(text: &mut String, title: &str, first: &str) {
    let title = match title.split_once(": ") {
        Some((section, whose)) if section.starts_with('[') => format!("`{section}`: {whose}"),
        None if title.starts_with('[') => format!("`{title}`"),
        Some(_) | None => title.to_owned(),
    };
    let line = first.split('|').map(|_| "---|").collect::<String>();
    write!(text, "\n### {title}\n| {first} | holds | default | meaning |\n|{line}---|---|---|\n")
        .expect("text grows");
}

fn put_row(text: &mut String, first: &str, holds: &str, default: &str, meaning: &str) {
    assert!(!meaning.is_empty(), "{first} has no comment that says what it is");
    writeln!(text, "| {first} | {holds} | {default} | {meaning} |").expect("text grows");
}

fn is_table(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::List(of) => is_table(of),
        Value::Unknown | Value::Truth | Value::Whole | Value::Text(_) | Value::Word(..) => false,
    }
}

fn holds(value: &Value) -> String {
    match value {
        Value::Truth => "true or false".to_owned(),
        Value::Whole => "whole number".to_owned(),
        Value::Text(expected) if expected.contains("address") => "address:port".to_owned(),
        Value::Text(expected) if expected.contains("path") => "path".to_owned(),
        Value::Text(_) => "text".to_owned(),
        Value::Word(_, words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        Value::List(of) => format!("list of: {}", holds(of)),
        Value::Unknown | Value::Table(_) => panic!("{value:?} is no value of a key"),
    }
}

/// What it means, with what its words mean, and its bounds.
fn sentence(meaning: &str, tried: &Tried<'_>, value: &Value) -> String {
    let mut sentence = meaning.trim_end_matches('.').to_owned() + ".";
    if let Value::Word(of, words) = value {
        let comments = comments::of(CLUSTER, &format!("enum {of}"));
        for word in *words {
            let meaning = comments.get(*word).map_or("", String::as_str);
            write!(sentence, " `{word}`: {meaning}").expect("text grows");
        }
    }
    let bounds = tried.bounds().filter(|_| *value == Value::Whole);
    if let Some(bounds) = bounds.filter(|bounds| !meaning.contains(bounds)) {
        write!(sentence, " Bounds: {bounds}.").expect("text grows");
    }
    sentence.replace('|', "\\|")
}

/// A key of a section, in a good document.
struct Tried<'a> {
    document: &'a str,
    section: &'a str,
    key: &'a str,
    problems_of: fn(&str) -> Vec<Problem>,
}

impl Tried<'_> {
    /// The document with this line in the place of the key's.
    fn with(&self, line: &str) -> Vec<Problem> {
        let mut text = String::new();
        let mut section = "";
        let own = format!("{} = ", self.key);
        if self.section.is_empty() {
            text += line;
        }
        for before in self.document.lines() {
            if before.starts_with('[') {
                section = before;
            }
            if section != self.section || !before.starts_with(&own) {
                text = text + before + "\n";
            }
            if before == self.section {
                text += line;
            }
        }
        (self.problems_of)(&text)
    }

    fn is_required(&self) -> bool {
        assert!(self.with("").len() <= 1, "{:?}", self.with(""));
        !self.with("").is_empty()
    }

    /// What is said of values that are out of them.
    fn bounds(&self) -> Option<String> {
        let of = |value: &&str| {
            let problems = self.with(&format!("{} = {value}\n", self.key));
            let text = problems.into_iter().map(|problem| problem.text).next()?;
            let (_, said) = text.rsplit_once(self.key).filter(|_| !text.contains("invalid"))?;
            let said = said.rsplit(": ").next().unwrap_or_default();
            Some(said.trim_start_matches(" is ").to_owned())
        };
        TRIED.iter().find_map(of)
    }
}

fn of_file(text: &str) -> Vec<Problem> {
    File::parse(text).err().unwrap_or_default()
}

fn of_cluster(text: &str) -> Vec<Problem> {
    ClusterConfig::read(text).err().unwrap_or_default()
}
