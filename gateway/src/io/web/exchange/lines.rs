//! The lines before the lane, one of each account.

use std::collections::VecDeque;
use std::ops::Range;

use prost::Message as _;
use proto::g2q::request::Body;
use proto::limits;

use super::super::shares::part;
use super::Full;
use crate::machine::WebRequest;

/// In its turn a line gives requests of so much cost: others wait no longer.
const TURN_COST: usize = 64;

/// The lines of all accounts.
#[derive(Debug)]
pub(super) struct Lines {
    accounts: Vec<Line>,
    /// Each may have so many requests in its line and at the lane.
    requests_max: usize,
    /// Whose line is first in the next round.
    first: usize,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<WebRequest>,
    /// In the line and at the lane.
    unanswered: usize,
    cost_at_lane: usize,
}

impl Lines {
    pub(super) fn new(accounts: usize) -> Lines {
        let keys = accounts.saturating_sub(1);
        Lines {
            accounts: std::iter::repeat_with(Line::default).take(accounts).collect(),
            requests_max: part(limits::WEB_REQUESTS_MAX, keys, limits::BATCH_MAX),
            first: 0,
            waiting: 0,
        }
    }

    /// Requests join the line of their account, all or none.
    pub(super) fn join(&mut self, account: usize, requests: Vec<WebRequest>) -> Result<(), Full> {
        let line = &mut self.accounts[account];
        if line.unanswered + requests.len() > self.requests_max {
            return Err(Full { requests_max: self.requests_max });
        }
        line.unanswered += requests.len();
        self.waiting += requests.len();
        line.waiting.extend(requests);
        Ok(())
    }

    /// Whether somebody is in a line.
    pub(super) fn are_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Those who go to the lane now, line by line in turn, as far as each account may be there.
    pub(super) fn release(&mut self) -> Vec<WebRequest> {
        let mut released = Vec::new();
        let count = self.accounts.len();
        self.first = (self.first + 1) % count;
        loop {
            let before = released.len();
            for at in 0..count {
                self.accounts[(self.first + at) % count].give(&mut released);
            }
            self.waiting -= released.len() - before;
            if released.len() == before {
                return released;
            }
        }
    }

    /// One of those at the lane has its answer.
    pub(super) fn answered(&mut self, account: usize, cost: usize) {
        let line = &mut self.accounts[account];
        line.unanswered -= 1;
        line.cost_at_lane -= cost;
    }

    /// So many requests without an answer are given up: those at the lane have this cost, those of
    /// these numbers may still be in the line.
    pub(super) fn leave(
        &mut self,
        account: usize,
        unanswered: usize,
        cost_at_lane: usize,
        numbers: &Range<u64>,
    ) {
        let line = &mut self.accounts[account];
        line.unanswered -= unanswered;
        line.cost_at_lane -= cost_at_lane;
        let before = line.waiting.len();
        line.waiting.retain(|request| !numbers.contains(&request.number));
        self.waiting -= before - line.waiting.len();
    }

    /// How many requests an account has under way.
    #[cfg(test)]
    pub(super) fn unanswered(&self) -> usize {
        self.accounts.iter().map(|line| line.unanswered).sum()
    }
}

impl Line {
    /// Gives what a turn may have.
    fn give(&mut self, released: &mut Vec<WebRequest>) {
        let mut given = 0;
        while given < TURN_COST
            && let Some(cost) = self.waiting.front().map(cost)
            && (self.cost_at_lane == 0 || self.cost_at_lane + cost <= limits::WEB_WINDOW_COST)
        {
            given += cost;
            self.cost_at_lane += cost;
            released.extend(self.waiting.pop_front());
        }
    }
}

/// What a request costs the lane and the queue's home, in simple requests.
pub(super) fn cost(request: &WebRequest) -> usize {
    let of_page = |limit: u32| {
        let entries = if limit == 0 { limits::PAGE_MAX } else { limit as usize };
        entries.min(limits::PAGE_MAX).div_ceil(limits::WEB_COST_ENTRIES)
    };
    let of_bytes = |bytes: usize| bytes / limits::WEB_COST_BYTES;
    1 + match &request.body {
        Body::SendMessage(one) => of_bytes(one.encoded_len()),
        Body::SendState(one) => of_bytes(one.encoded_len()),
        Body::GetState(one) => of_page(one.limit),
        Body::GetHistory(one) => of_page(one.limit),
        Body::ListMembers(one) => of_page(one.limit),
        Body::ListQueues(one) => of_page(one.limit),
        Body::CreateQueue(_)
        | Body::DeleteQueue(_)
        | Body::GetQueue(_)
        | Body::CreateMount(_)
        | Body::DeleteMount(_)
        | Body::JoinUser(_)
        | Body::RemoveUser(_)
        | Body::GetUser(_)
        | Body::DisconnectUser(_) => 0,
    }
}
