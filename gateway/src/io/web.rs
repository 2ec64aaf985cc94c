//! The back end's door: HTTP on a thread of its own, requests on lane 0.

use std::collections::BTreeMap;

use super::mail::Answer;
use crate::machine::{WebReply, WebRequest};

mod rpc;

pub(super) use rpc::routes;

/// Who waits for which answer.
#[derive(Debug, Default)]
pub(super) struct Asked {
    last: u64,
    waiting: BTreeMap<u64, Answer>,
}

impl Asked {
    /// Numbers a request, so that its answer finds back.
    pub(super) fn ask(&mut self, request: WebRequest, answer: Answer) -> WebRequest {
        self.last += 1;
        self.waiting.insert(self.last, answer);
        WebRequest { number: self.last, ..request }
    }

    /// Hands the answers to those who wait. Who has gone meanwhile goes without.
    pub(super) fn answer(&mut self, replies: &mut Vec<WebReply>) {
        for reply in replies.drain(..) {
            if let Some(waiting) = self.waiting.remove(&reply.number)
                && waiting.send(reply).is_err()
            {
                tracing::debug!("a request's asker has gone before its answer came");
            }
        }
    }
}
