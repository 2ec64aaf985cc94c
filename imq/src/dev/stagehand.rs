//! The stagehand of the demo: a client in the demo's queue that kills a node when a visitor asks
//! for it, has it come back, and tells everybody. What it may do says [`Play`].

use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use imq_sdk::{Change, Client, Message, Options, QueueEvent, SubscribeOptions, Subscription};
use link::io::{clock, threads};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::play::{Cue, Play};
use super::stage::{Node, Stage};

/// The demo's queue, of the class in `demo.toml`.
const QUEUE: &str = "/demo/table";
/// Where it is asked, and answers.
const ORDERS: &str = "stage";
/// The state mount with a key for each node.
const NODES: &str = "nodes";
const USER: &str = "stagehand";

/// How often it looks at what is due.
const TICK: Duration = Duration::from_millis(100);
/// Of so many ticks, one is for a look at where the queue lives, while nothing happens.
const IDLE_TICKS: u32 = 20;
/// For an answer of the boss, which is in this process.
const PATIENCE: Duration = Duration::from_secs(2);
/// Words that the queue hasn't taken yet: it takes none while its home is gone. Whoever asks more
/// than that gets no answers.
const UNSAID_MAX: usize = 64;

/// The stagehand at work.
pub(super) struct Stagehand {
    thread: JoinHandle<Stage>,
    end: oneshot::Sender<()>,
}

impl Stagehand {
    /// Hands it the stage, and returns when it is in the queue: the first order finds it there.
    ///
    /// # Errors
    /// If the operating system has no thread for it.
    pub(super) fn start(stage: Stage) -> Result<Stagehand> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let boss = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let (end, ended) = oneshot::channel();
        let (enter, entered) = sync_channel(1);
        let thread = threads::spawn("stagehand", move || {
            runtime.block_on(async move {
                let mut work = Work::new(stage, boss);
                tokio::select! {
                    () = work.run(enter) => {}
                    _ = ended => {}
                }
                work.stage
            })
        })?;
        // Without a word it has died, which is said at the end.
        entered.recv().unwrap_or_default();
        Ok(Stagehand { thread, end })
    }

    /// Ends it, and gives the stage back.
    ///
    /// # Errors
    /// If it has died of a bug.
    pub(super) fn end(self) -> Result<Stage> {
        drop(self.end);
        self.thread.join().ok().context("the demo's stagehand has crashed because of a bug")
    }
}

/// What visitors may ask.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    kill: String,
}

/// Of `/api/v1/status`.
#[derive(Deserialize)]
struct Status {
    safety: Safety,
}

#[derive(Deserialize)]
struct Safety {
    nodes_may_die: u64,
}

/// Of `/api/v1/where`.
#[derive(Deserialize)]
struct Where {
    in_sync: Vec<Named>,
    node: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// What it says in the queue.
enum Word {
    Message(Value),
    State(Vec<Change>),
}

struct Work {
    stage: Stage,
    boss: reqwest::Client,
    play: Play,
    /// When the present node was killed.
    killed_ms: u64,
    /// What each node's key in [`NODES`] was last given.
    shown: BTreeMap<&'static str, Value>,
    /// Where words for the queue go; nothing: it has to connect.
    words: Option<mpsc::Sender<Word>>,
}

impl Work {
    fn new(stage: Stage, boss: reqwest::Client) -> Work {
        let play = Play::new();
        let shown = BTreeMap::new();
        Work { stage, boss, play, killed_ms: 0, shown, words: None }
    }

    /// Works for ever; says when it has tried to enter the queue.
    async fn run(&mut self, entered: SyncSender<()>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut subscription, mut count) = (self.connect().await, 0_u32);
        // Whoever waited has gone only with the process.
        entered.send(()).ok();
        loop {
            tokio::select! {
                event = next(&mut subscription) => match event {
                    Some(QueueEvent::Message(message)) => self.hear(message).await,
                    Some(_) => {}
                    // A visitor has taken its name, say.
                    None => subscription = None,
                },
                _ = ticks.tick() => {
                    if subscription.is_none() {
                        subscription = self.connect().await;
                    }
                    count = count.wrapping_add(1);
                    let cue = self.play.cue(clock::now().ms);
                    self.follow(cue).await;
                    if self.play.is_eventful() || count.is_multiple_of(IDLE_TICKS) {
                        self.show().await;
                    }
                }
            }
        }
    }

    /// Enters the queue, if a gateway lets it.
    async fn connect(&mut self) -> Option<Subscription> {
        let options = Options {
            addresses: self.stage.addresses(),
            user: USER.to_owned(),
            client_name: "imq dev".to_owned(),
            ..Options::default()
        };
        let entered = timeout(PATIENCE, async {
            let client = Client::connect(options).await.ok()?;
            let wanted = [ORDERS.to_owned()].to_vec();
            let options = SubscribeOptions { mounts: wanted, ..SubscribeOptions::default() };
            let subscription = client.subscribe(QUEUE, options).await.ok()?;
            Some((client, subscription))
        });
        let (client, subscription) = entered.await.ok()??;
        let (words, unsaid) = mpsc::channel(UNSAID_MAX);
        tokio::spawn(say(client, unsaid));
        self.words = Some(words);
        self.shown.clear();
        Some(subscription)
    }

    /// Does what a visitor asks, if that may be.
    async fn hear(&mut self, message: Message) {
        let Some(by) = message.from.filter(|from| from != USER) else { return };
        let order: Result<Order, _> = serde_json::from_slice(&message.payload);
        let Some(node) = order.ok().and_then(|order| Node::named(&order.kill)) else { return };
        let may_die = match node {
            Node::Gateway(_) => None,
            Node::QueueNode(_) => self.ask("status").await.map(may_die),
        };
        let now_ms = clock::now().ms;
        if let Err(reason) = self.play.may_kill(now_ms, node, may_die) {
            return self.say(json!({"refused": node.id(), "by": by, "reason": reason}));
        }
        tracing::info!("{} is killed: a visitor of the demo asks for it", node.id());
        if let Err(error) = self.stage.kill(node) {
            tracing::error!("{}: {error:#}", node.id());
        }
        self.play.killed(now_ms, node);
        self.killed_ms = now_ms;
        self.say(json!({"killed": node.id(), "by": by}));
        self.show().await;
    }

    async fn follow(&mut self, cue: Option<Cue>) {
        match cue {
            Some(Cue::Start(node)) => {
                let started = self.stage.start(node);
                if let Err(error) = &started {
                    tracing::warn!("{} can't be started again: {error:#}", node.id());
                }
                self.play.started(clock::now().ms, node, started.is_ok());
            }
            Some(Cue::Watch(node)) => {
                let is_back = self.stage.is_ready(node)
                    && match node {
                        Node::Gateway(_) => true,
                        Node::QueueNode(_) => self.ask("status").await.map(may_die) >= Some(1),
                    };
                if is_back {
                    let now_ms = clock::now().ms;
                    self.play.back(now_ms);
                    let after_ms = now_ms - self.killed_ms;
                    self.say(json!({"back": node.id(), "after_ms": after_ms}));
                    self.show().await;
                }
            }
            None => {}
        }
    }

    /// Shows how the nodes stand, where that has changed.
    async fn show(&mut self) {
        let place: Option<Where> = self.ask(&format!("where?queue={QUEUE}")).await;
        let mut changes = Vec::new();
        for node in Node::ALL {
            let id = node.id();
            let value = json!({"is": self.play.standing(node), "has": has(place.as_ref(), id)});
            if self.shown.get(id) != Some(&value) {
                changes.push(Change::set(id, value.to_string()));
                self.shown.insert(id, value);
            }
        }
        if !changes.is_empty() {
            self.put(Word::State(changes));
        }
    }

    fn say(&mut self, word: Value) {
        self.put(Word::Message(word));
    }

    fn put(&mut self, word: Word) {
        let Some(words) = &self.words else { return };
        if words.try_send(word).is_err() {
            tracing::debug!("the stagehand has more to say than the demo's queue takes");
        }
    }

    /// What the boss answers.
    async fn ask<T: serde::de::DeserializeOwned>(&self, question: &str) -> Option<T> {
        let answer = self.boss.get(self.stage.boss_url(question)).send().await.ok()?;
        serde_json::from_slice(&answer.bytes().await.ok()?).ok()
    }
}

/// The next event of a subscription; never, without one.
async fn next(subscription: &mut Option<Subscription>) -> Option<QueueEvent> {
    match subscription {
        Some(subscription) => subscription.recv().await,
        None => std::future::pending().await,
    }
}

/// Sends words one after the other, however long the queue takes.
async fn say(client: Client, mut unsaid: mpsc::Receiver<Word>) {
    while let Some(word) = unsaid.recv().await {
        let said = match word {
            Word::Message(word) => client.send_message(QUEUE, ORDERS, word.to_string()).await,
            Word::State(changes) => client.send_state(QUEUE, NODES, changes).await,
        };
        if let Err(failure) = said {
            tracing::warn!("the stagehand isn't heard: {failure}");
        }
    }
}

fn may_die(status: Status) -> u64 {
    status.safety.nodes_may_die
}

/// What a node has of the demo's queue.
fn has(place: Option<&Where>, id: &str) -> &'static str {
    let Some(place) = place else { return "" };
    match place.node.as_ref().is_some_and(|home| home.id == id) {
        true => "home",
        false if place.in_sync.iter().any(|node| node.id == id) => "copy",
        false => "",
    }
}
