//! Those who subscribe and never read, and one who talks to them.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use super::offence::{Guilty, Scene};
use crate::clock::{Nanoseconds, nanoseconds};
use crate::neighbours::Beside;
use crate::peers::imq::Imq;
use crate::peers::imq::counting::{Counting, Outcomes};
use crate::peers::{Codec, Member};
use crate::processes::kernel;
use crate::traffic::crowd::Crowd;
use crate::traffic::schedule::Schedule;

/// Rooms for them, in which others may talk, too. Nobody is told who comes to a crowd: a thousand
/// who hear of each other are a load of their own.
pub(super) const CLASSES: &str = "\
[[class]]
pattern = \"/deaf/*\"
create = \"auto\"
join = \"open\"

[[class.mount]]
name = \"chat\"
kind = \"message\"
send = \"open\"

[[class]]
pattern = \"/crowd/*\"
create = \"auto\"
join = \"open\"
presence = \"off\"

[[class.mount]]
name = \"chat\"
kind = \"message\"
send = \"open\"

[[class]]
pattern = \"/strict/*\"
create = \"auto\"
join = \"open\"

[[class.mount]]
name = \"chat\"
kind = \"message\"
send = \"open\"
on_slow = \"close\"

";

/// How many there are.
const COUNT: usize = 1_000;

/// So many come in a second, as to a popular room: how many may come at once is the subject of
/// `connect-storm`.
const ARRIVALS_PER_S: f64 = 500.0;

/// What the kernel takes for somebody who doesn't read: little, so that the rest is the gateway's.
const RECEIVE_BYTES: usize = 4 * 1024;

/// Segments as of Ethernet: with those of the loopback the kernel keeps megabytes for a receiver,
/// which it does for nobody far away.
const SEGMENT_BYTES: u32 = 1_460;

/// How often the kernel's memory is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What is said to them, once all are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech {
    /// How many share a room.
    room: usize,
    message_bytes: usize,
    /// To each room.
    messages_per_s: f64,
}

impl Speech {
    /// Each of the subscribers is to get 320 KiB more every second.
    pub(super) const MANY: Speech =
        Speech { room: 100, message_bytes: 16 * 1024, messages_per_s: 20.0 };
    /// As much as one client may send: each of them is to get 3.75 MB more every second.
    pub(super) const LARGE: Speech =
        Speech { room: COUNT, message_bytes: 30_000, messages_per_s: 125.0 };
}

/// The deaf and the talker.
pub(super) struct Deaf {
    client: SocketAddr,
    class: &'static str,
    run: u32,
    wanted: usize,
    there: Vec<TcpStream>,
    arrivals: Schedule,
    talker: Crowd<Counting>,
    /// Once all are there.
    schedule: Option<Schedule>,
    speech: Speech,
    rooms: usize,
    message: Vec<u8>,
    memory: Memory,
}

/// What the kernel holds for TCP since they came.
struct Memory {
    before: u64,
    most: u64,
    look: Nanoseconds,
}

impl Memory {
    fn look(&mut self, now: Nanoseconds) -> Result<()> {
        if self.look <= now {
            self.look = now + nanoseconds(LOOK);
            self.most = self.most.max(kernel::tcp_bytes()?);
        }
        Ok(())
    }
}

impl Deaf {
    /// They come one by one, to rooms of this class.
    pub(super) fn start(
        scene: &Scene<'_>,
        class: &'static str,
        speech: Speech,
    ) -> Result<Box<dyn Guilty>> {
        let wanted = scene.count(COUNT);
        let rooms = wanted.div_ceil(speech.room);
        let run = rand::random();
        let mut talker = Crowd::storming(scene.clock)?;
        let member = Member { user: format!("talker-{run:08x}"), room: String::new() };
        talker.join(scene.client, None, Counting::new(member))?;
        Ok(Box::new(Self {
            client: scene.client,
            class,
            run,
            wanted,
            there: Vec::new(),
            arrivals: Schedule::new(talker.now(), ARRIVALS_PER_S, wanted, 1),
            talker,
            schedule: None,
            speech,
            rooms,
            message: vec![b'.'; speech.message_bytes],
            memory: Memory { before: kernel::tcp_bytes()?, most: 0, look: 0 },
        }))
    }

    fn room(&self, number: usize) -> String {
        format!("{}/{:08x}-{number}", self.class, self.run)
    }

    fn come(&mut self) -> Result<()> {
        let who = self.there.len();
        let member = Member {
            user: format!("deaf-{:08x}-{who}", self.run),
            room: self.room(who / self.speech.room),
        };
        let socket = Socket::new(Domain::for_address(self.client), Type::STREAM, None)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        socket.set_tcp_mss(SEGMENT_BYTES)?;
        socket.connect(&self.client.into()).context("connecting to a gateway")?;
        let mut socket: TcpStream = socket.into();
        let mut hello = Vec::new();
        Imq::new(member).hello(&mut hello);
        socket.write_all(&hello).context("saying hello")?;
        self.there.push(socket);
        Ok(())
    }

    fn talk(&mut self) -> Result<()> {
        let now = self.talker.now();
        let rate = self.speech.messages_per_s * self.rooms as f64;
        let mut schedule =
            self.schedule.take().unwrap_or_else(|| Schedule::new(now, rate, self.rooms, 1));
        while let Some((room, _)) = schedule.take(now) {
            let (room, message) = (self.room(room), &self.message);
            self.talker.say(0, |talker, out| talker.imq.send(&room, message, out))?;
        }
        self.schedule = Some(schedule);
        self.talker.flush()
    }
}

impl Beside for Deaf {
    fn act(&mut self) -> Result<()> {
        let now = self.talker.now();
        while self.there.len() < self.wanted && self.arrivals.take(now).is_some() {
            self.come()?;
        }
        if self.there.len() == self.wanted {
            self.talk()?;
        }
        self.memory.look(self.talker.now())?;
        self.talker.turn(Duration::ZERO, |_| Ok(()))
    }
}

impl Guilty for Deaf {
    /// Who doesn't read isn't told anything; what came of it is in the gateway's counters.
    fn outcomes(&self) -> Outcomes {
        self.talker.codec(0).outcomes.clone()
    }

    fn kernel_bytes_each(&self) -> Option<u64> {
        let Memory { before, most, .. } = self.memory;
        Some(most.saturating_sub(before) / self.wanted as u64)
    }
}
