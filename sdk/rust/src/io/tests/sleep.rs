//! A machine that has slept: rule 30 of SPEC.md. What comes of it is in the scripts of
//! `sdk/conformance`; here is that it is noticed.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Gateway, Said};
use crate::io::clock::SLEPT_MS;
use crate::{Client, Options};
use proto::g2c::{self, g2c::Body};

/// The machine of this test stands still for so long.
fn freeze(ms: u64) {
    SLEPT_MS.set(SLEPT_MS.get() + ms);
}

#[tokio::test]
async fn a_connection_outlives_a_sleep() {
    let gateway = Gateway::start().await;
    let server = async {
        let mut peer = gateway.welcome("s1").await;
        for seq in 1..=3 {
            let Some(Said::Ping(ping)) = peer.hear().await else { panic!("it isn't doubted") };
            peer.say(Body::Pong(g2c::Pong { nonce: ping.nonce })).await;
            let Some(Said::SendMessage(send)) = peer.hear().await else { panic!("no message") };
            peer.ok(send.op_id, seq).await;
        }
        assert!(matches!(peer.hear().await, Some(Said::Bye(_))));
    };
    let application = async {
        let client = Client::connect(gateway.options()).await.unwrap();
        for seq in 1..=3 {
            freeze(3_600_000);
            assert_eq!(client.send_message("/a", "chat", "hi").await, Ok(seq));
        }
        client.close().await;
    };
    tokio::join!(server, application);
}

#[tokio::test]
async fn a_dead_connection_is_given_up_soon_after_a_sleep() {
    let gateway = Gateway::start().await;
    let options = gateway.options();
    let (client, mut peer) = tokio::join!(Client::connect(options), gateway.welcome("s1"));
    let client = client.unwrap();
    let first = client.send_message("/a", "chat", "hi");
    let server = async {
        assert!(matches!(peer.hear().await, Some(Said::Ping(_))));
        assert!(matches!(peer.hear().await, Some(Said::SendMessage(_))));
        // This is no sleep: it makes the timer of the doubt due.
        freeze(1_600);
        let second = client.send_message("/a", "chat", "ho");
        let comes_back = async {
            let (_, connect) = gateway.accept().await;
            assert_eq!(connect.resume.map(|resume| resume.session_id), Some("s1".to_owned()));
        };
        tokio::select! {
            _ = second => panic!("nobody has answered"),
            () = comes_back => {}
        }
    };
    freeze(3_600_000);
    tokio::select! {
        _ = first => panic!("nobody has answered"),
        () = server => {}
    }
}

/// Of the second dial nothing would ever come.
#[tokio::test]
async fn a_dial_that_began_before_a_sleep_is_begun_anew() {
    let gateway = Gateway::start().await;
    let asked = AtomicU32::new(0);
    let (asks, mut is_asked) = tokio::sync::mpsc::channel(4);
    let tokens = crate::TokenSource::new(move || {
        let attempt = asked.fetch_add(1, Ordering::Relaxed) + 1;
        asks.try_send(attempt).unwrap();
        async move {
            if attempt == 2 {
                std::future::pending::<()>().await;
            }
            Ok(format!("t{attempt}"))
        }
    });
    let options = Options { user: String::new(), token_source: Some(tokens), ..gateway.options() };
    let (client, peer) = tokio::join!(Client::connect(options), gateway.welcome("s1"));
    let client = client.unwrap();
    drop(peer);
    while is_asked.recv().await != Some(2) {}
    freeze(3_600_000);
    let server = async {
        let (_, connect) = gateway.accept().await;
        assert_eq!(connect.token, "t3");
    };
    tokio::select! {
        _ = client.send_message("/a", "chat", "hi") => panic!("there is no connection"),
        () = server => {}
    }
}

/// Nobody asks for anything: the timer for the token's end comes late.
#[tokio::test]
async fn a_timer_that_comes_late_is_enough() {
    let gateway = Gateway::start().await;
    let tokens = crate::TokenSource::new(|| async { Ok("t".to_owned()) });
    let options = Options { user: String::new(), token_source: Some(tokens), ..gateway.options() };
    let server = async {
        let (mut peer, _) = gateway.accept().await;
        let (session_id, expires_in_ms) = ("s1".to_owned(), 1_000);
        let welcome = g2c::Welcome { session_id, expires_in_ms, ..g2c::Welcome::default() };
        peer.say(Body::Welcome(welcome)).await;
        peer
    };
    let (client, mut peer) = tokio::join!(Client::connect(options), server);
    freeze(3_600_000);
    assert!(matches!(peer.hear().await, Some(Said::Ping(_))), "the sleep isn't noticed");
    assert!(matches!(peer.hear().await, Some(Said::Refresh(_))), "the token isn't renewed");
    drop(client);
}
