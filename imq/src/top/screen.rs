//! What is shown: a headline, figures, and panes of nodes, queues and clients.

use crate::ctl::events;
use crate::ctl::report::{self, BusyQueue, Connection};
use crate::show::{self, BAD, Cell, DIM, GOOD, HEAD, NAME, PLAIN, Table, WARN, styled};

use super::view::{Node, Totals, View};

/// Lines of each pane while all are shown.
const PART_LINES: usize = 10;
/// Events at the end while all are shown.
const EVENTS_SHOWN: usize = 5;

/// What can be pressed.
const KEYS: &str = "   q quit · s sort · 1 2 3 one pane · 0 all";

/// A part of the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    All,
    Nodes,
    Queues,
    Clients,
}

/// What is chosen to be shown.
#[derive(Debug, Default)]
pub(super) struct Screen {
    pane: Pane,
    /// Of each pane, by which of its orders it is sorted.
    orders: [usize; 3],
    /// Why what is shown is old.
    trouble: Option<String>,
}

/// An order: its name, and what is compared; the largest comes first.
type Order<T> = (&'static str, fn(&T) -> f64);

const OF_QUEUES: [Order<BusyQueue>; 3] = [
    ("events", |it| it.events_per_s),
    ("deliveries", BusyQueue::deliveries_per_s),
    ("members", |it| it.members),
];
const OF_CLIENTS: [Order<Connection>; 3] = [
    ("unsent", |it| it.unsent_bytes),
    ("queues", |it| it.subscriptions),
    ("unanswered", |it| it.unanswered),
];
/// Names of the orders of nodes: by id, and by three figures.
const OF_NODES: [&str; 4] = ["id", "lag", "memory", "cpu"];

impl Pane {
    /// The pane that a key shows.
    pub(super) fn of_key(key: u8) -> Pane {
        match key {
            b'1' => Pane::Nodes,
            b'2' => Pane::Queues,
            b'3' => Pane::Clients,
            _ => Pane::All,
        }
    }
}

impl Screen {
    /// Shows a pane alone; once more, all of them again.
    pub(super) fn choose(&mut self, pane: Pane) {
        self.pane = if pane == self.pane { Pane::All } else { pane };
    }

    /// Takes the next order of the pane; of all panes, that of the queues.
    pub(super) fn sort(&mut self) {
        let (at, orders) = match self.pane {
            Pane::Nodes => (0, OF_NODES.len()),
            Pane::All | Pane::Queues => (1, OF_QUEUES.len()),
            Pane::Clients => (2, OF_CLIENTS.len()),
        };
        self.orders[at] = (self.orders[at] + 1) % orders;
    }

    pub(super) fn set_trouble(&mut self, trouble: Option<String>) {
        self.trouble = trouble;
    }

    /// As many of the lines as fit, each cut to the width, and the keys at the end of the first.
    pub(super) fn fitting(
        &self,
        view: &View,
        boss: &str,
        (width, height): (usize, usize),
    ) -> Vec<String> {
        let mut lines = self.lines(view, boss);
        if let Some(first) = lines.first_mut() {
            first.push_str(&styled(KEYS, DIM));
        }
        lines.truncate(height);
        lines.iter().map(|line| cut(line, width)).collect()
    }

    /// All lines.
    pub(super) fn lines(&self, view: &View, boss: &str) -> Vec<String> {
        let mut text = self.head(view, boss);
        let has = |pane| self.pane == Pane::All || self.pane == pane;
        if has(Pane::Nodes) {
            text += &self.part("1 nodes", OF_NODES[self.orders[0]], &self.nodes(view));
        }
        if has(Pane::Queues) {
            let (name, by) = OF_QUEUES[self.orders[1]];
            let all = view.busy.as_ref().map_or(&[][..], |busy| &busy.queues);
            text += &self.part("2 queues", name, &report::queues(&sorted(all, by)));
        }
        if has(Pane::Clients) {
            let (name, by) = OF_CLIENTS[self.orders[2]];
            let all = view.connections.as_ref().map_or(&[][..], |all| &all.connections);
            text += &self.part("3 clients", name, &report::connections(&sorted(all, by)));
        }
        if self.pane == Pane::All {
            text += &styled("\nevents\n", HEAD);
            let newest = view.events.iter().rev().take(EVENTS_SHOWN);
            newest.for_each(|event| text += &format!("{}\n", events::text(event)));
        }
        text.lines().map(str::to_owned).collect()
    }

    /// How safe the cluster is, and its figures.
    fn head(&self, view: &View, boss: &str) -> String {
        let mut text = format!(
            "{} {} {}\n",
            styled("imq top", HEAD),
            styled(&show::safe(boss), NAME),
            styled(&show::date(view.at_ms), DIM),
        );
        if let Some(trouble) = &self.trouble {
            text += &format!("{}\n", styled(&format!("{trouble}: asking again"), BAD));
        }
        let Some(status) = &view.status else { return text };
        text += &status.safety.text();
        text += &format!("{}\n{}", show::safe(&status.message), figures(&status.totals));
        let missing = view.connections.iter().flat_map(|all| &all.missing);
        for missing in missing.chain(view.busy.iter().flat_map(|busy| &busy.missing)) {
            let line = format!("{} is missing below: {}", missing.node, missing.why);
            text += &format!("{}\n", styled(&show::safe(&line), WARN));
        }
        text
    }

    /// A pane below its heading. While all are shown it has only its first lines.
    fn part(&self, name: &str, order: &str, table: &Table) -> String {
        let heading = format!("\n{} {}\n", styled(name, HEAD), styled(&format!("by {order}"), DIM));
        let table = table.text();
        let lines = if self.pane == Pane::All { PART_LINES + 1 } else { usize::MAX };
        heading + &table.split_inclusive('\n').take(lines).collect::<String>()
    }

    fn nodes(&self, view: &View) -> Table {
        let figure = |node: &Node| match OF_NODES[self.orders[0]] {
            "lag" => view.share(&node.id).and_then(|share| share.lag_records),
            "memory" => view.process(&node.id).memory_bytes,
            "cpu" => view.process(&node.id).cpu,
            _ => None,
        };
        let mut nodes: Vec<&Node> = view.nodes.iter().collect();
        nodes.sort_by(|a, b| {
            let (a, b) = ((figure(a).unwrap_or(-1.0), &a.id), (figure(b).unwrap_or(-1.0), &b.id));
            b.0.total_cmp(&a.0).then(a.1.cmp(b.1))
        });
        let heads = [
            "node", "role", "host", "state", ">primary", ">copy", ">lag", ">memory", ">files",
            ">cpu", "version", "message",
        ];
        let mut table = Table::new(&heads);
        nodes.into_iter().for_each(|node| table.push(line(view, node)));
        table
    }
}

/// A node among others.
fn line(view: &View, node: &Node) -> Vec<Cell> {
    let (process, share) = (view.process(&node.id), view.share(&node.id));
    let is_full = |(open, max): (f64, f64)| open >= max * 0.8;
    let files = process.open_files.zip(process.open_files_max);
    let look_of_files = if files.is_some_and(is_full) { WARN } else { PLAIN };
    let files = files.map_or("-".to_owned(), |(open, max)| format!("{open:.0}/{max:.0}"));
    vec![
        Cell::new(&node.id, NAME),
        Cell::plain(node.role.replace('_', "-")),
        Cell::plain(&node.host),
        Cell::new(&node.state, crate::ctl::cluster::look_of_state(&node.state)),
        Cell::number(share.map(|share| share.buckets)),
        Cell::number(share.map(|share| share.copies)),
        Cell::number(share.and_then(|share| share.lag_records)),
        Cell::number(process.memory_bytes.map(show::bytes)),
        Cell::new(files, look_of_files),
        Cell::number(process.cpu.map(|cpu| format!("{:.0}%", cpu * 100.0))),
        Cell::plain(process.version.as_deref().unwrap_or("-")),
        Cell::new(&node.message, DIM),
    ]
}

/// The cluster's figures in two lines.
fn figures(totals: &Totals) -> String {
    let one = |name: &str, value: String| format!("{} {value}", styled(name, DIM));
    let ms = |ms: Option<f64>| ms.map_or("-".to_owned(), |ms| format!("{ms:.2} ms"));
    let bad = |value: f64| styled(&show::rate(value), if value > 0.0 { WARN } else { GOOD });
    let first = [
        one("messages/s", show::rate(totals.messages_per_s)),
        one("deliveries/s", show::rate(totals.deliveries_per_s)),
        one("operations/s", show::rate(totals.operations_per_s)),
        one("p50", ms(totals.round_trip_p50_ms)),
        one("p99", ms(totals.round_trip_p99_ms)),
    ];
    let second = [
        one("connections", format!("{:.0}", totals.connections)),
        one("sessions", format!("{:.0}", totals.sessions)),
        one("queues", format!("{:.0}", totals.queues)),
        one("errors/s", bad(totals.errors_per_s)),
        one("dropped/s", bad(totals.dropped_per_s)),
        one("slow/s", bad(totals.slow_per_s)),
    ];
    format!("{}\n{}\n", first.join("   "), second.join("   "))
}

/// The largest first.
fn sorted<T: Clone>(all: &[T], by: fn(&T) -> f64) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort_by(|a, b| by(b).total_cmp(&by(a)));
    all
}

/// A line's first characters that are seen, with the colours that they have.
fn cut(line: &str, width: usize) -> String {
    let (mut text, mut seen, mut is_escape) = (String::new(), 0, false);
    for char in line.chars() {
        match char {
            '\x1b' => is_escape = true,
            _ if is_escape => is_escape = !char.is_ascii_alphabetic(),
            _ if seen == width => continue,
            _ => seen += 1,
        }
        text.push(char);
    }
    text
}

#[cfg(test)]
mod tests;
