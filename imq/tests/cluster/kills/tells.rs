//! What the web application is told while homes die one after the other: all that happened, in its
//! order in each queue. It may be told again, and in the same words then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::copies::Copies;
use crate::application::Application;
use crate::http::until;
use crate::talker::Talker;

/// Rooms, in different buckets. People come to each, and leave it, one after the other.
const ROOMS: usize = 8;
/// What is told of a visit, and whether it names who came.
const VISIT: [(&str, bool); 4] =
    [("joined", true), ("queue_first_join", false), ("left", true), ("queue_last_leave", false)];

/// All that can be told of rooms and of users.
const CONFIG: &str = r#"
copies = 2

[[callout]]
name = "app"
url = "http://127.0.0.1:PORT/imq"
secret = "whsec_SECRET"
inner = true

[[class]]
pattern = "/room/*"
create = "auto"
join = "open"
callout = "app"
tells = ["joined", "left", "queue_created", "queue_first_join", "queue_last_leave"]

[[class]]
pattern = "/user/*"
create = "auto"
callout = "app"
tells = ["user_online", "user_offline", "closed"]
"#;

/// What the application does with what it is told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Takes,
    /// It is down.
    Refuses,
    /// It doesn't answer who tells it of the room whose home dies, before it has another mood.
    Hangs,
}

/// What it does while homes die, one after the other.
const KILLS: [Mood; 6] =
    [Mood::Hangs, Mood::Refuses, Mood::Takes, Mood::Hangs, Mood::Refuses, Mood::Hangs];

/// The application's own memory.
struct Book {
    /// And the room whose home dies.
    mood: Mutex<(Mood, String)>,
    changed: Condvar,
    /// Requests that weren't answered at once, or were refused.
    held: AtomicUsize,
    /// What it has taken, in its order.
    taken: Mutex<Vec<Value>>,
}

impl Book {
    fn new() -> Book {
        Book {
            mood: Mutex::new((Mood::Takes, String::new())),
            changed: Condvar::new(),
            held: AtomicUsize::new(0),
            taken: Mutex::default(),
        }
    }

    fn turn(&self, mood: Mood, room: &str) {
        *self.mood.lock().expect("no panic") = (mood, room.to_owned());
        self.changed.notify_all();
    }

    fn answer(&self, body: &Value) -> (u16, Value) {
        let tells = body["tells"].as_array().expect("nothing is asked").clone();
        let mood = self.mood.lock().expect("no panic");
        let is_held = |(mood, room): &(Mood, String)| {
            *mood == Mood::Hangs && tells.iter().any(|tell| tell["queue"] == **room)
        };
        if mood.0 == Mood::Refuses || is_held(&mood) {
            self.held.fetch_add(1, Ordering::SeqCst);
        }
        let mood = self.changed.wait_while(mood, |mood| is_held(mood)).expect("no panic");
        if mood.0 == Mood::Refuses {
            return (503, json!({}));
        }
        self.taken.lock().expect("no panic").extend(tells);
        (200, json!({}))
    }

    /// Each tell as it came first. Whoever comes again is the same.
    fn firsts(&self) -> Vec<Value> {
        let (mut firsts, mut known) = (Vec::new(), BTreeMap::new());
        for tell in &*self.taken.lock().expect("no panic") {
            let id = tell["id"].as_str().expect("an id").to_owned();
            match known.get(&id) {
                Some(first) => assert_eq!(first, tell),
                None => {
                    firsts.push(tell.clone());
                    known.insert(id, tell.clone());
                }
            }
        }
        firsts
    }
}

/// What is to be told of queues, or was: kinds and users.
type Stories = BTreeMap<String, Vec<(String, String)>>;

/// People come to a room by this gateway and leave it, until it is over: what happened, by queue.
fn visits(door: &str, number: usize, rounds: &AtomicUsize, is_over: &AtomicBool) -> Stories {
    let (room, mut stories) = (room(number), Stories::new());
    let mut happens = |queue: &str, kind: &str, user: &str| {
        stories.entry(queue.to_owned()).or_default().push((kind.to_owned(), user.to_owned()));
    };
    happens(&room, "queue_created", "");
    while !is_over.load(Ordering::SeqCst) {
        let user = format!("told-{number}-{}", rounds.load(Ordering::SeqCst));
        let mut talker = Talker::login(door, &user);
        talker.subscribe(&room);
        let result = talker.ask("unsubscribe", json!({ "queue": room }));
        assert_eq!(result["status"], 0, "{result}");
        talker.say(json!({ "bye": {} }));
        talker.closing(3000);
        for (kind, is_named) in VISIT {
            happens(&room, kind, if is_named { &user } else { "" });
        }
        for kind in ["user_online", "closed", "user_offline"] {
            happens(&format!("/user/{user}"), kind, &user);
        }
        rounds.fetch_add(1, Ordering::SeqCst);
    }
    stories
}

/// Ends the visits when it goes, also by a panic.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn room(number: usize) -> String {
    format!("/room/told-{number}")
}

/// Ends the home of a room, of which something is told that isn't taken, and starts it again.
fn kill_home(copies: &mut Copies, number: usize, rounds: &AtomicUsize, mood: Mood, book: &Book) {
    let room = room(number);
    let (home, ..) = copies.place(&room);
    let (before, held) = (rounds.load(Ordering::SeqCst), book.held.load(Ordering::SeqCst));
    book.turn(mood, &room);
    until("it isn't taken", || {
        let is_held = mood == Mood::Takes || book.held.load(Ordering::SeqCst) > held;
        // What was going on then may have been taken by half.
        is_held && rounds.load(Ordering::SeqCst) >= before + 2
    });
    copies.queue_nodes[home - 1].kill();
    copies.whole(2..=2);
    book.turn(Mood::Takes, &room);
    copies.restart_queue_node(home);
    copies.whole(3..=3);
}

#[test]
fn what_happens_is_told_in_order_while_homes_die() {
    let book = Arc::new(Book::new());
    let answering = Arc::clone(&book);
    let application = Application::start(move |body| answering.answer(body));
    let mut copies = Copies::configured(&application.named_in(CONFIG));
    let rounds: Vec<AtomicUsize> = (0..ROOMS).map(|_| AtomicUsize::new(0)).collect();
    let is_over = AtomicBool::new(false);
    let doors = [0, 1].map(|gateway| copies.door(gateway));
    let happened: Stories = thread::scope(|scope| {
        let over = Over(&is_over);
        let visitors: Vec<_> = (0..ROOMS)
            .map(|number| {
                let (door, rounds, is_over) = (&doors[number % 2], &rounds[number], &is_over);
                scope.spawn(move || visits(door, number, rounds, is_over))
            })
            .collect();
        for (kill, mood) in KILLS.into_iter().enumerate() {
            kill_home(&mut copies, kill, &rounds[kill], mood, &book);
        }
        drop(over);
        visitors.into_iter().flat_map(|visitor| visitor.join().expect("no panic")).collect()
    });
    let many: usize = happened.values().map(Vec::len).sum();
    until("all is told", || book.firsts().len() >= many);
    let mut told = Stories::new();
    let mut newest = BTreeMap::new();
    for tell in book.firsts() {
        let queue = tell["queue"].as_str().expect("a name").to_owned();
        let place = (tell["epoch"].as_u64(), tell["seq"].as_u64());
        let before = newest.insert(queue.clone(), place);
        assert!(before.is_none_or(|before| before <= place), "{before:?} is told before {tell}");
        let word = |name: &str| tell[name].as_str().unwrap_or_default().to_owned();
        told.entry(queue).or_default().push((word("kind"), word("user")));
    }
    for (queue, story) in &happened {
        assert_eq!(told.get(queue), Some(story), "{queue}");
    }
    assert_eq!(told.len(), happened.len(), "of other queues something is told");
    let taken = book.taken.lock().expect("no panic").len();
    assert!(taken > many, "nothing was told again of {many}");
}
