//! A way to a gateway that can be lost as a phone's is: bytes go nowhere, and nobody is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// A running proxy to one address; it ends with the test.
pub(crate) struct Silence {
    /// Where it listens.
    pub(crate) address: String,
    way: Arc<Way>,
}

/// What both directions of all connections look at.
#[derive(Default)]
struct Way {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_lost: bool,
    is_over: bool,
    carried: Vec<TcpStream>,
}

impl Silence {
    pub(crate) fn start(target: String) -> Silence {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let way = Arc::new(Way::default());
        let shared = Arc::clone(&way);
        std::thread::spawn(move || {
            for dialler in listener.incoming().map_while(Result::ok) {
                if shared.state.lock().expect("no panic").is_over {
                    return;
                }
                let acceptor = TcpStream::connect(&target).expect("somebody is there");
                carry(&shared, &dialler, &acceptor);
                carry(&shared, &acceptor, &dialler);
            }
        });
        Silence { address, way }
    }

    /// From now on nothing passes, in neither direction; the sockets stay open.
    pub(crate) fn lose(&self) {
        self.way.state.lock().expect("no panic").is_lost = true;
    }

    /// What was held, and all that comes, passes again.
    pub(crate) fn find(&self) {
        self.way.state.lock().expect("no panic").is_lost = false;
        self.way.changed.notify_all();
    }

    /// Whether somebody's bytes went this way.
    pub(crate) fn is_used(&self) -> bool {
        !self.way.state.lock().expect("no panic").carried.is_empty()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let mut state = self.way.state.lock().expect("no panic");
        state.is_over = true;
        for stream in &state.carried {
            stream.shutdown(Shutdown::Both).ok();
        }
        drop(state);
        self.way.changed.notify_all();
        // Whoever accepts finds that it is over.
        TcpStream::connect(&self.address).ok();
    }
}

/// Passes on in one direction, on a thread of its own.
fn carry(way: &Arc<Way>, from: &TcpStream, to: &TcpStream) {
    let copy = |stream: &TcpStream| stream.try_clone().expect("a socket");
    let (mut from, mut to, way) = (copy(from), copy(to), Arc::clone(way));
    to.set_nodelay(true).ok();
    way.state.lock().expect("no panic").carried.push(copy(&from));
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        loop {
            let length = from.read(&mut bytes).unwrap_or(0);
            let held = way.state.lock().expect("no panic");
            let is_held = |state: &mut State| state.is_lost && !state.is_over;
            // An end is held back like everything else: a lost network tells nobody.
            drop(way.changed.wait_while(held, is_held).expect("no panic"));
            if length == 0 || to.write_all(&bytes[..length]).is_err() {
                to.shutdown(Shutdown::Both).ok();
                return;
            }
        }
    });
}
