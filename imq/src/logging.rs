//! What is logged: one line an event on standard error, for people or for programs, each with the
//! node that it is of. Text from outside makes no line of its own: it is escaped and cut.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A message is a few sentences; the rest of a longer one is cut off.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Spans of this target say which node a thread is of, whatever is filtered.
const NODE: &str = "node";

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, for programs; docs/operations.md names its fields.
    Json,
}

/// Which node an event is of.
#[derive(Debug, Clone, Default)]
struct Node {
    role: String,
    id: String,
}

/// The node of this process, for threads that no span tells of.
static PROCESS: OnceLock<Node> = OnceLock::new();

/// Logs what the filter lets through, and panics as errors.
pub(crate) fn begin(filter: Option<&str>, format: Format) -> Result<()> {
    let filter: Targets = filter.unwrap_or("info").parse().context("--log")?;
    let lines = Lines { format }.with_filter(filter.with_target(NODE, Level::ERROR));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))?;
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("without a name").to_owned();
        tracing::error!("this is a bug: thread {thread:?}: {panic}");
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            eprintln!("{trace}");
        }
    }));
    Ok(())
}

/// What is logged within this span is of this node. The first one is also the process's own.
pub(crate) fn node(role: &'static str, id: &str) -> Span {
    PROCESS.get_or_init(|| Node { role: role.to_owned(), id: id.to_owned() });
    tracing::error_span!(target: NODE, "node", role, id)
}

/// Writes events as lines.
struct Lines {
    format: Format,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|_| attributes.metadata().target() == NODE) else {
            return;
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut node = Node::default();
        for (name, value) in fields.others {
            match name {
                "role" => node.role = value,
                _ => node.id = value,
            }
        }
        span.extensions_mut().insert(node);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let scope = context.event_scope(event).into_iter().flatten();
        let mut nodes = scope.filter_map(|span| span.extensions().get::<Node>().cloned());
        let node = nodes.next().or_else(|| PROCESS.get().cloned());
        let node = node.unwrap_or_else(|| Node { role: "imq".to_owned(), id: "-".to_owned() });
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = Line {
            time: time(),
            level: event.metadata().level().as_str(),
            node,
            target: event.metadata().target(),
            fields,
        };
        let line = match self.format {
            Format::Text => line.text(),
            Format::Json => line.json(),
        };
        // Where nobody takes what is logged, nothing can be said about it.
        std::io::stderr().lock().write_all(line.as_bytes()).ok();
    }
}

/// UTC, to the microsecond.
fn time() -> String {
    let mut time = String::new();
    // Text can always be appended to.
    SystemTime.format_time(&mut Writer::new(&mut time)).ok();
    time
}

/// What is said of an event.
struct Line {
    time: String,
    level: &'static str,
    node: Node,
    target: &'static str,
    fields: Fields,
}

impl Line {
    fn text(&self) -> String {
        let Line { time, level, node: Node { role, id }, target, fields } = self;
        let mut line = format!("{time} {level:>5} {role} {id} {target}: ");
        escape(&fields.message, &mut line);
        for (name, value) in &fields.others {
            line.push_str(&format!(" {name}="));
            escape(value, &mut line);
        }
        line.push('\n');
        line
    }

    fn json(&self) -> String {
        let mut message = String::new();
        escape(&self.fields.message, &mut message);
        let own = [
            ("time", self.time.as_str()),
            ("level", self.level),
            ("role", &self.node.role),
            ("id", &self.node.id),
            ("target", self.target),
            ("message", &message),
        ];
        let others = self.fields.others.iter().map(|(name, value)| (*name, value.as_str()));
        // What an event calls like one of ours is not said twice.
        let others = others.filter(|(name, _)| own.iter().all(|(known, _)| known != name));
        let pair = |(name, value): (&str, &str)| {
            format!("{}:{}", serde_json::Value::from(name), serde_json::Value::from(value))
        };
        let pairs: Vec<String> = own.into_iter().chain(others).map(pair).collect();
        format!("{{{}}}\n", pairs.join(","))
    }
}

/// Appends text with what would break its line, or show it in another order, escaped; the end of a
/// long one is cut off.
fn escape(text: &str, line: &mut String) {
    for (at, char) in text.chars().enumerate() {
        if at == MESSAGE_CHARS_MAX {
            return line.push('…');
        }
        if char.is_control() || is_unseen(char) {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
}

/// Marks without a shape: of direction, joiners, separators of lines.
fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// The fields of an event or span.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            name => self.others.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => {
                // Text can always be appended to.
                write!(self.message, "{value:?}").ok();
            }
            name => self.others.push((name, format!("{value:?}"))),
        }
    }
}

#[cfg(test)]
mod tests;
