//! What one thread of a process is to its cluster: it speaks with the boss, or hears of it from the
//! thread that does, and has links with the nodes of the table.
//!
//! It has no timers, and so isn't told the time.

use std::sync::Arc;

use link::machine::{LinkId, Outbox as Links, Peer};
use proto::b2n::{Call, Doors, NotNow};
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b::{BucketReport, Called, Door, Inspected, Propose};
use proto::table::{BucketTable, Place};
use proto::text::Foreign;

use super::boss::{BossClient, Broken};
use super::dials::{Dials, Met};
use super::{Faults, Health, Sample, Target};

/// A thread's part in its process's membership.
#[derive(Debug, Clone)]
pub struct Member {
    id: String,
    dials: Dials,
    /// On the thread that speaks with the boss.
    boss: Option<BossClient>,
}

/// What happens to a thread.
#[derive(Debug)]
pub enum Input<'a> {
    /// A link is up.
    LinkUp {
        /// Which.
        link: LinkId,
        /// Who is there.
        peer: Peer,
        /// Whom this end dialled; nobody: it was dialled.
        dialled: Option<&'a Target>,
        /// What the process has of buckets, for the boss.
        holds: &'a [BucketReport],
    },
    /// A link that was up is down.
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// A frame of the boss's link.
    Frame {
        /// Which.
        link: LinkId,
        /// Its envelope.
        frame: &'a [u8],
    },
    /// A dial has failed, and is tried again.
    Unreachable {
        /// Of whom.
        target: &'a Target,
        /// Whether nobody listens there.
        refused: bool,
        /// Why trying again can't help, if it can't.
        hopeless: Option<&'a Foreign>,
    },
    /// Another thread has heard this table.
    Table(&'a BucketTable),
    /// A home that the table doesn't have yet.
    Home(&'a Place),
    /// The answer to [`News::Inspect`].
    Inspected(Inspected),
    /// The answer to a call of the boss.
    Called(Called),
    /// The answer to [`News::TellAll`]: what the process has of buckets. From here on it acts upon
    /// no row of anybody else before it has heard the boss's next table.
    TellAll(&'a [BucketReport]),
    /// Of a gateway: where its clients come in, for reports from now on.
    Door(Door),
    /// What the boss's page shows.
    Report {
        /// Figures; those with labels stay here.
        samples: &'a [Sample],
        /// And how the process is.
        health: Health<'a>,
        /// What the process has of buckets, where that has changed.
        buckets: &'a [BucketReport],
        /// It has no space for copies.
        full: bool,
    },
    /// A primary wants its bucket's row changed. Its answer is a row, or [`News::NotNow`]; with
    /// neither it is open, and is to be said again when another boss's link is up.
    Propose(Propose),
}

/// What comes of it, beside what is said on links: each part has its own reader.
#[derive(Debug, Default)]
pub struct Outbox {
    /// For the role's machine.
    pub news: Vec<News>,
    /// For the wires.
    pub dials: Vec<Dial>,
    /// For the operator.
    pub notices: Vec<Notice>,
    /// What an operator asks of the process's HTTP, through the boss.
    pub calls: Vec<Call>,
}

/// What the role hears.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The process is in the roster.
    Registered {
        /// Its life.
        incarnation: u64,
        /// The cluster.
        cluster_id: u64,
    },
    /// A newer table.
    Table(Arc<BucketTable>),
    /// The cluster configuration.
    Config(Arc<ClusterConfig>),
    /// Which gateways have room for clients.
    Doors(Arc<Doors>),
    /// The page asks what is in a queue.
    Inspect {
        /// To be named in the answer.
        number: u64,
        /// Its name, not checked.
        queue: String,
    },
    /// A proposal is decided neither way: it is to be made again.
    NotNow(NotNow),
    /// The boss's store has lost steps: it asks for all that is known here.
    TellAll,
    /// A link is up with who should be there.
    LinkUp {
        /// Which.
        link: LinkId,
        /// Who is there.
        peer: Peer,
        /// Whether this end dialled.
        dialled: bool,
    },
    /// A link that wasn't the boss's is down.
    LinkDown {
        /// Which.
        link: LinkId,
    },
}

/// What the wires are to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dial {
    /// Say so in further handshakes.
    IntroduceAs {
        /// The process's life.
        incarnation: u64,
        /// The cluster.
        cluster_id: u64,
    },
    /// Keep a link to this one.
    Begin {
        /// Whom.
        target: Target,
        /// Where it listens.
        address: String,
    },
    /// Keep none any more.
    End(Target),
}

/// Why the boss doesn't serve this process. For good: its operator must do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It makes the process wait: another one may have its id.
    Waits(Foreign),
    /// It refuses the process.
    Refused {
        /// A sentence.
        reason: Foreign,
        /// Trying again can't help.
        for_good: bool,
    },
    /// There is no boss of this cluster where one should be. Once registered, a process goes on
    /// without it and waits for better days: whoever answers there has proven nothing.
    NoBoss {
        /// Why not.
        reason: Foreign,
        /// The process was never registered.
        for_good: bool,
    },
}

impl Member {
    /// The thread that speaks with the boss. `address` is where others find the process. `process`
    /// is drawn when it starts: by it the boss knows it again, also when it hasn't heard that it
    /// was registered.
    pub fn new(id: &str, role: Role, host: &str, address: &str, process: u64) -> Member {
        let boss = BossClient::new(id, role, host, address, process);
        Member { boss: Some(boss), ..Member::beside(id) }
    }

    /// A thread of the same process that hears of the boss from the other.
    pub fn beside(id: &str) -> Member {
        Member { id: id.to_owned(), dials: Dials::default(), boss: None }
    }

    /// Plants bugs.
    pub fn plant(&mut self, faults: Faults) {
        if let Some(boss) = &mut self.boss {
            boss.plant(faults);
        }
    }

    /// Whether this is the link to the boss.
    #[inline]
    pub fn is_boss(&self, link: LinkId) -> bool {
        self.boss.as_ref().is_some_and(|boss| boss.link() == Some(link))
    }

    /// The link to the boss, if there is one.
    pub fn boss_link(&self) -> Option<LinkId> {
        self.boss.as_ref().and_then(BossClient::link)
    }

    /// The life the boss has given, 0 before.
    pub fn incarnation(&self) -> u64 {
        self.boss.as_ref().map_or(0, BossClient::incarnation)
    }

    /// Why the boss doesn't take this process, if it has said so and nothing else since.
    pub fn waits(&self) -> Option<&Foreign> {
        self.boss.as_ref()?.waits()
    }

    /// Takes what happened.
    pub fn handle(&mut self, input: Input<'_>, links: &mut Links, out: &mut Outbox) {
        match input {
            Input::LinkUp { link, peer, dialled: Some(Target::Boss(_)), holds } => {
                self.boss_up(link, &peer, holds, links);
            }
            Input::LinkUp { link, peer, dialled, holds: _ } => {
                self.link_up(link, peer, dialled, links, out);
            }
            Input::LinkDown { link } => self.link_down(link, links, out),
            Input::Frame { link, frame } => self.frame(link, frame, links, out),
            Input::Unreachable { target: Target::Boss(_), refused: _, hopeless } => {
                let for_good = self.incarnation() == 0;
                let no_boss =
                    |reason: &Foreign| Notice::NoBoss { reason: reason.clone(), for_good };
                out.notices.extend(hopeless.map(no_boss));
            }
            Input::Unreachable { target, refused, hopeless: _ } => {
                self.unreachable(target, refused, links);
            }
            Input::Table(table) => self.dials.follow(table, &self.id, &mut out.dials),
            Input::Home(place) => self.dials.add(place, &mut out.dials),
            Input::Inspected(inspected) => {
                if let Some(boss) = &self.boss {
                    boss.inspected(inspected, links);
                }
            }
            Input::Called(called) => {
                if let Some(boss) = &self.boss {
                    boss.called(called, links);
                }
            }
            Input::Door(door) => {
                if let Some(boss) = &mut self.boss {
                    boss.set_door(door);
                }
            }
            Input::Report { samples, health, buckets, full } => {
                if let Some(boss) = &self.boss {
                    boss.report(samples, health, (buckets, full), links);
                }
            }
            Input::TellAll(holds) => {
                if let Some(boss) = &self.boss {
                    boss.tell_all(holds, links);
                }
            }
            Input::Propose(proposal) => {
                if let Some(boss) = &self.boss {
                    boss.propose(proposal, links);
                }
            }
        }
    }

    fn boss_up(&mut self, link: LinkId, peer: &Peer, holds: &[BucketReport], links: &mut Links) {
        match &mut self.boss {
            Some(boss) if peer.role == Role::Boss => boss.up(link, holds, links),
            Some(_) | None => links.end(link, "it is not a boss"),
        }
    }

    fn link_up(
        &mut self,
        link: LinkId,
        peer: Peer,
        dialled: Option<&Target>,
        links: &mut Links,
        out: &mut Outbox,
    ) {
        if self.boss.as_ref().is_some_and(|boss| boss.incarnation() == 0) {
            // It comes again, and finds in the handshake who this is by then.
            return links.end(link, "this node is not registered yet");
        }
        if let Some(target) = dialled {
            let met = self.dials.meet(target, &peer);
            if met == Met::Another {
                self.unreachable(target, true, links);
            }
            if met != Met::Itself {
                return links.end(link, "it is not the node of the table");
            }
            if let Some(boss) = &mut self.boss {
                boss.peer_up(link, target, links);
            }
        }
        out.news.push(News::LinkUp { link, peer, dialled: dialled.is_some() });
    }

    fn link_down(&mut self, link: LinkId, links: &mut Links, out: &mut Outbox) {
        if let Some(boss) = &mut self.boss {
            if boss.link() == Some(link) {
                return boss.down();
            }
            boss.peer_down(link, links);
        }
        out.news.push(News::LinkDown { link });
    }

    fn unreachable(&mut self, target: &Target, refused: bool, links: &mut Links) {
        if let Some(boss) = &mut self.boss {
            boss.peer_unreachable(target, refused, links);
        }
    }

    fn frame(&mut self, link: LinkId, frame: &[u8], links: &mut Links, out: &mut Outbox) {
        let Some(boss) = self.boss.as_mut().filter(|boss| boss.link() == Some(link)) else {
            return;
        };
        match boss.hear(frame, out) {
            Ok(Some(table)) => self.dials.follow(&table, &self.id, &mut out.dials),
            Ok(None) => {}
            Err(Broken(reason)) => links.end(link, reason),
        }
    }
}

#[cfg(test)]
mod tests;
