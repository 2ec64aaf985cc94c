//! `imq top`: the cluster as it is now, in a terminal.

mod screen;
mod terminal;
mod view;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use serde::Deserialize as _;
use tokio::signal::unix::{SignalKind, signal};

use self::screen::{Pane, Screen};
use self::terminal::{Key, Terminal};
use self::view::View;
use crate::ctl::api::{Api, Boss};
use crate::ctl::live::Live;
use crate::{ctl, show};

/// What processes tell comes a moment after the rest; a boss asks them each second.
const WHOLE_WITHIN: Duration = Duration::from_secs(6);
/// What a boss has asked processes for.
const FROM_PROCESSES: [&str; 3] = ["connections", "busy", "processes"];
/// A boss that is away is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// `imq top`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    boss: Boss,
    /// Print one screen as text, and end.
    #[arg(long, conflicts_with = "json")]
    once: bool,
    /// Print all that the boss says as one JSON document, and end.
    #[arg(long)]
    json: bool,
}

/// Shows the cluster until somebody presses `q`.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let is_seen = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let done = runtime.block_on(async {
        let api = options.boss.reader()?;
        if options.json || options.once {
            return once(&api, options).await;
        }
        if !is_seen {
            bail!("there is no terminal to show it in: give --once, or --json");
        }
        watch(&api, &options.boss.boss).await
    });
    done.map(|()| ExitCode::SUCCESS).or_else(ctl::explained)
}

/// Prints what there is now.
async fn once(api: &Api, options: &Options) -> Result<()> {
    let mut live = Live::open(api).await?;
    live.wait_for(&FROM_PROCESSES, WHOLE_WITHIN).await?;
    if options.json {
        return Ok(show::json(live.document())?);
    }
    let view = View::deserialize(live.document())?;
    let mut text = String::new();
    for line in Screen::default().lines(&view, &options.boss.boss) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(show::print(&text)?)
}

/// Shows what there is, each time that something has changed.
async fn watch(api: &Api, boss: &str) -> Result<()> {
    // Who can't be asked at all is said without a screen.
    let mut live = Some(Live::open(api).await?);
    let mut view = View::default();
    let mut terminal = Terminal::enter()?;
    let mut keys = terminal::keys()?;
    let mut resized = signal(SignalKind::window_change())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut screen = Screen::default();
    loop {
        if let Some(live) = &live {
            view = View::deserialize(live.document())?;
        }
        let size = terminal.size();
        terminal.draw(&screen.fitting(&view, boss, size))?;
        tokio::select! {
            now = next(&mut live, api) => match now {
                Ok(()) => screen.set_trouble(None),
                Err(error) => {
                    live = None;
                    screen.set_trouble(Some(show::safe(&format!("{error:#}"))));
                }
            },
            key = keys.recv() => match key {
                Some(Key::Quit) | None => return Ok(()),
                Some(Key::Sort) => screen.sort(),
                Some(Key::Pane(key)) => screen.choose(Pane::of_key(key)),
                Some(Key::Other) => {}
            },
            _ = resized.recv() => {}
            _ = term.recv() => return Ok(()),
            _ = hangup.recv() => return Ok(()),
        }
    }
}

/// Waits for what is new, from a stream that is begun anew if there is none.
async fn next(live: &mut Option<Live>, api: &Api) -> Result<()> {
    if let Some(live) = live {
        return live.next().await;
    }
    tokio::time::sleep(ASK_AGAIN).await;
    *live = Some(Live::open(api).await?);
    Ok(())
}
