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
    (Exchange::new(lane.clone()), lane, poll)
}

fn request() -> WebRequest {
    WebRequest {
        number: 0,
        body: Body::GetQueue(GetQueue::default()),
        queue: "/a".to_owned(),
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
        let one = exchange.ask(vec![request()]).unwrap();
        let two = exchange.ask(vec![request(), request()]).unwrap();
        assert!(lane.take().is_empty(), "the turn has not ended");
        tokio::task::yield_now().await;
        let [Letter::Ask(asked)] = &*lane.take() else { panic!("no letter") };
        assert_eq!(asked.len(), 3);
        let mut replies: Vec<WebReply> = asked.iter().zip(7..).map(|(r, s)| reply(r, s)).collect();
        replies.reverse();
        // Twice the same, and one that nobody has asked for, are nobody's.
        replies.push(reply(&asked[0], 99));
        replies.push(reply(&request(), 99));
        exchange.answer(&mut replies);
        assert_eq!(seqs(two.all(&exchange).await), [Some(8), Some(9)]);
        assert_eq!(seqs(one.all(&exchange).await), [Some(7)]);
        assert_eq!(locked(&exchange.0.asking).unanswered, 0);
        assert_eq!(seqs(exchange.ask(Vec::new()).unwrap().all(&exchange).await), []);
    });
}

#[test]
fn who_waits_in_vain_gets_what_there_is() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        tokio::spawn(exchange.clone().deliver());
        let answers = exchange.ask(vec![request(), request()]).unwrap();
        tokio::task::yield_now().await;
        let [Letter::Ask(asked)] = &*lane.take() else { panic!("no letter") };
        exchange.answer(&mut vec![reply(&asked[1], 5)]);
        assert_eq!(seqs(answers.all(&exchange).await), [None, Some(5)]);
        exchange.answer(&mut vec![reply(&asked[0], 6)]);
        tokio::task::yield_now().await;
        let asking = locked(&exchange.0.asking);
        assert!(asking.unanswered == 0 && asking.letters.is_empty());
    });
}

#[test]
fn what_waits_is_bounded() {
    let (exchange, lane, _poll) = exchange();
    run(async {
        let many = limits::WEB_REQUESTS_MAX / limits::BATCH_MAX;
        let ask = || exchange.ask(vec![request(); limits::BATCH_MAX]);
        let answers: Vec<Answers> = (0..many).map(|_| ask().unwrap()).collect();
        assert!(ask().is_err());
        // Nobody waits for ever for a lane that doesn't answer.
        for answers in answers {
            assert!(answers.all(&exchange).await.iter().all(Option::is_none));
        }
        assert_eq!(locked(&exchange.0.asking).unanswered, 0);
        ask().unwrap();
        tokio::task::yield_now().await;
        assert_eq!(lane.take().len(), 2);
    });
}
