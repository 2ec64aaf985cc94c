//! Requests to the lane and answers back.

use mio::{Poll, Token, Waker};
use proto::g2q::GetQueue;
use proto::g2q::request::Body;
use proto::{g2c, q2g};

use super::*;

fn exchange() -> (Exchange, Letterbox, Poll) {
    let poll = Poll::new().unwrap();
    let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
    let lane = Letterbox::new(waker);
    // Nobody and two keys.
    (Exchange::new(lane.clone(), 3), lane, poll)
}

fn request() -> WebRequest {
    WebRequest {
        number: 0,
        body: Body::GetQueue(GetQueue::default()),
        queue: Some("/a".to_owned()),
        key_id: 1,
        idempotency_key: None,
        body_hash: 0,
    }
}

fn reply(request: &WebRequest, seq: u64) -> WebReply {
    let result = g2c::Result { seq, ..g2c::Result::default() };
    WebReply { number: request.number, result, about: q2g::Reply::default() }
}

fn seqs(replies: Vec<Option<WebReply>>) -> Vec<Option<u64>> {
    replies.into_iter().map(|reply| Some(reply?.result.seq)).collect()
}

fn run(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test);
}

#[test]
fn requests_of_a_turn_travel_together_and_answers_find_back() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        tokio::spawn(exchange.clone().deliver());
        let one = exchange.ask(1, vec![request()]).unwrap();
        let two = exchange.ask(1, vec![request(), request()]).unwrap();
        assert!(lane.take().is_empty(), "the turn has not ended");
        tokio::task::yield_now().await;
        let [Letter::Requests(asked)] = &*lane.take() else { panic!("no letter") };
        assert_eq!(asked.len(), 3);
        let mut replies: Vec<WebReply> = asked.iter().zip(7..).map(|(r, s)| reply(r, s)).collect();
        replies.reverse();
        // Twice the same, and one that nobody has asked for, are nobody's.
        replies.push(reply(&asked[0], 99));
        replies.push(reply(&request(), 99));
        exchange.answer(&mut replies);
        assert_eq!(seqs(two.all(&exchange).await), [Some(8), Some(9)]);
        assert_eq!(seqs(one.all(&exchange).await), [Some(7)]);
        assert_eq!(locked(&exchange.0.asking).lines.unanswered(), 0);
        assert_eq!(seqs(exchange.ask(1, Vec::new()).unwrap().all(&exchange).await), []);
    });
}

#[test]
fn who_waits_in_vain_gets_what_there_is() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        tokio::spawn(exchange.clone().deliver());
        let answers = exchange.ask(1, vec![request(), request()]).unwrap();
        tokio::task::yield_now().await;
        let [Letter::Requests(asked)] = &*lane.take() else { panic!("no letter") };
        exchange.answer(&mut vec![reply(&asked[1], 5)]);
        assert_eq!(seqs(answers.all(&exchange).await), [None, Some(5)]);
        exchange.answer(&mut vec![reply(&asked[0], 6)]);
        tokio::task::yield_now().await;
        let asking = locked(&exchange.0.asking);
        assert!(asking.lines.unanswered() == 0 && asking.letters.is_empty());
    });
}

/// As many requests of an account as a batch may have.
fn batch_of(exchange: &Exchange, account: usize) -> Result<Answers, Full> {
    exchange.ask(account, vec![request(); limits::BATCH_MAX])
}

/// Takes what has come to the lane, by accounts.
fn at_lane(lane: &Letterbox, exchange: &Exchange) -> Vec<(usize, WebRequest)> {
    let letters = lane.take().into_iter();
    let requests = letters.flat_map(asked);
    let asking = locked(&exchange.0.asking);
    let requests =
        requests.map(|request| (asking.letters[&(request.number >> PLACE_BITS)].account, request));
    requests.collect()
}

#[test]
fn a_key_has_its_part_of_all_that_may_wait() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        let requests_max = limits::WEB_REQUESTS_MAX / 2;
        let many = requests_max / limits::BATCH_MAX;
        let answers: Vec<Answers> = (0..many).map(|_| batch_of(&exchange, 1).unwrap()).collect();
        let full = batch_of(&exchange, 1).unwrap_err();
        assert_eq!(full, Full { requests_max });
        // The other has its own.
        let other = batch_of(&exchange, 2).unwrap();
        // Nobody waits for ever for a lane that doesn't answer. What has never been there wasn't
        // done.
        let mut begun = 0;
        for answers in answers {
            for reply in answers.all(&exchange).await {
                let unavailable = Status::Unavailable.number();
                assert!(reply.as_ref().is_none_or(|reply| reply.result.status == unavailable));
                begun += usize::from(reply.is_none());
            }
        }
        assert!(other.all(&exchange).await.iter().all(Option::is_none));
        assert_eq!(locked(&exchange.0.asking).lines.unanswered(), 0);
        assert!(!locked(&exchange.0.asking).lines.are_waiting());
        let sent = sent(&lane);
        assert_eq!(sent, begun + limits::BATCH_MAX);
        batch_of(&exchange, 1).unwrap();
    });
}

/// How many requests have come to the lane.
fn sent(lane: &Letterbox) -> usize {
    let letters = lane.take().into_iter();
    letters.map(|letter| asked(letter).len()).sum()
}

/// The requests of a letter, which has nothing else.
fn asked(letter: Letter) -> Vec<WebRequest> {
    let Letter::Requests(requests) = letter else { panic!("{letter:?}") };
    requests
}

#[test]
fn one_that_asks_much_has_no_other_wait() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        tokio::spawn(exchange.clone().deliver());
        let floods: Vec<_> = (0..30).map(|_| batch_of(&exchange, 1).unwrap()).collect();
        tokio::task::yield_now().await;
        let first = at_lane(&lane, &exchange);
        assert_eq!(first.len(), limits::WEB_WINDOW_COST);
        // It is at the lane at once, whether or not the other's are answered.
        let one = exchange.ask(2, vec![request()]).unwrap();
        tokio::task::yield_now().await;
        let asked = at_lane(&lane, &exchange);
        assert_eq!(asked.iter().map(|(account, _)| *account).collect::<Vec<_>>(), [2]);
        exchange.answer(&mut vec![reply(&asked[0].1, 7)]);
        assert_eq!(seqs(one.all(&exchange).await), [Some(7)]);
        // Answers let others go in their turn: those who come together with them go together.
        let half = limits::WEB_WINDOW_COST / 2;
        let mut replies = first.iter().take(half).map(|(_, asked)| reply(asked, 1)).collect();
        exchange.answer(&mut replies);
        let _two = batch_of(&exchange, 2).unwrap();
        while lane.is_empty() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        let asked = at_lane(&lane, &exchange);
        let of_two = asked.iter().take(200).filter(|(account, _)| *account == 2).count();
        assert!((72..=128).contains(&of_two), "{of_two} of the first 200 are the other's");
        drop(floods);
    });
}

#[test]
fn pages_are_more_than_messages() {
    let page = |limit| {
        let body = Body::GetHistory(proto::c2g::GetHistory { limit, ..Default::default() });
        lines::cost(&WebRequest { body, ..request() })
    };
    let whole = 1 + limits::PAGE_MAX.div_ceil(limits::WEB_COST_ENTRIES);
    assert_eq!([page(0), page(1), page(u32::MAX)], [whole, 2, whole]);
    assert_eq!(lines::cost(&request()), 1);
    let (exchange, lane, _poll) = exchange();
    run(async {
        let get = Body::GetHistory(proto::c2g::GetHistory::default());
        let requests = vec![WebRequest { body: get, ..request() }; 100];
        exchange.ask(1, requests).unwrap();
        tokio::task::yield_now().await;
        assert_eq!(at_lane(&lane, &exchange).len(), limits::WEB_WINDOW_COST / whole);
    });
}
