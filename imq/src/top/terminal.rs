//! The terminal: taken for a while, and given back as it was, whatever happens.

use std::io::{self, Read as _, Write as _};
use std::panic;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use link::io::threads;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc::{Receiver, channel};

/// Another screen, without a cursor; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// The first place; to the end of the line; to the end of the screen.
const HOME: &str = "\x1b[H";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_REST: &str = "\x1b[J";

/// Keys that nobody has taken yet.
const KEYS_MAX: usize = 16;

/// How the terminal was, while it is taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `q`, Ctrl-C, Ctrl-D.
    Quit,
    /// `s`.
    Sort,
    /// `0` to `3`.
    Pane(u8),
    /// Whatever else.
    Other,
}

/// The terminal, taken until this is dropped.
#[derive(Debug)]
pub(super) struct Terminal {
    /// Not if NO_COLOR is set.
    is_coloured: bool,
}

impl Terminal {
    pub(super) fn enter() -> Result<Terminal> {
        let before = tcgetattr(io::stdin()).context("the terminal")?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        // From here on it is given back by drop.
        let choice = anstream::AutoStream::choice(&io::stdout());
        let terminal = Terminal { is_coloured: choice != anstream::ColorChoice::Never };
        // A panic is told behind that: its words would be lost with this screen.
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            give_back();
            told(panic);
        }));
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).context("the terminal")?;
        write(ENTER)?;
        Ok(terminal)
    }

    /// Columns and lines.
    pub(super) fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(io::stdout()).map(|size| (size.ws_col, size.ws_row));
        // A terminal that doesn't say has none.
        match size.unwrap_or_default() {
            (0, _) | (_, 0) => (80, 24),
            (columns, lines) => (columns.into(), lines.into()),
        }
    }

    /// Shows these lines in the place of all that was there.
    pub(super) fn draw(&mut self, lines: &[String]) -> Result<()> {
        let mut frame = HOME.to_owned();
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                frame.push_str("\r\n");
            }
            match self.is_coloured {
                true => frame.push_str(line),
                false => frame.push_str(&anstream::adapter::strip_str(line).to_string()),
            }
            frame.push_str(CLEAR_LINE);
        }
        frame.push_str(CLEAR_REST);
        Ok(write(&frame)?)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once.
fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // There is nobody to tell it to if this fails.
        write(LEAVE).ok();
        tcsetattr(io::stdin(), OptionalActions::Now, &before).ok();
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The keys that are pressed. Their thread ends with the process.
pub(super) fn keys() -> Result<Receiver<Key>> {
    let (pressed, keys) = channel(KEYS_MAX);
    threads::spawn("keys", move || {
        let mut bytes = [0; 32];
        // What a key sends is read at once: an arrow's bytes are no keys of their own.
        while let Ok(length @ 1..) = io::stdin().lock().read(&mut bytes) {
            if pressed.blocking_send(Key::of(&bytes[..length])).is_err() {
                return;
            }
        }
    })?;
    Ok(keys)
}

impl Key {
    fn of(bytes: &[u8]) -> Key {
        match bytes {
            [b'q' | b'Q' | 0x03 | 0x04] => Key::Quit,
            [b's' | b'S'] => Key::Sort,
            [key @ b'0'..=b'3'] => Key::Pane(*key),
            _ => Key::Other,
        }
    }
}
