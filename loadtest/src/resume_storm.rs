//! `imq loadtest resume-storm`: a gateway dies with all its clients on it, and they come back
//! through another, by resuming their sessions.
//!
//! Each room has its members on the gateway that dies and one more, who sends, on the one that
//! stays. So what a room is sent while its members are away is known, and whether they got it. A
//! web application decides who connects and who enters, and hears who comes and goes: of all this
//! it is to hear nothing.

mod configuration;
mod report;
mod storm;

pub use report::ResumeStormReport;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::application::Application;
use crate::interrupt::Interrupt;
use crate::processes::pin;
use crate::servers::cluster::{Cluster, Shape};
use crate::traffic::load::DRAIN_PATIENCE;
use storm::Storm;

/// The cluster: what dies, what stays, and two homes for rooms and users.
const SHAPE: Shape<'static> = Shape { gateways: 2, queue_nodes: 2, ..Shape::SMALLEST };

/// What `resume-storm` is to do.
#[derive(Clone, Debug)]
pub struct ResumeStormOptions {
    /// imq's program.
    pub binary: PathBuf,
    /// Sessions on the gateway that dies; a multiple of `room_size`.
    pub sessions: usize,
    /// How many of them share a room.
    pub room_size: usize,
    /// Messages a second into all rooms together.
    pub messages_per_s: f64,
    /// Bytes of a payload, at least 20.
    pub payload_bytes: usize,
    /// How long messages flow before the kill.
    pub calm: Duration,
    /// How long they flow after the last is back. What a late clean-up does to those who are back
    /// shows after the time of grace, and once more after twice that.
    pub after: Duration,
    /// How long they may take to come back.
    pub patience: Duration,
    /// How long the last deliveries may take once nobody sends, each time one came.
    pub drain: Duration,
}

impl ResumeStormOptions {
    /// 10,000 sessions in rooms of ten, 500 messages a second.
    pub fn new(binary: PathBuf) -> Self {
        Self {
            binary,
            sessions: 10_000,
            room_size: 10,
            messages_per_s: 500.0,
            payload_bytes: 100,
            calm: Duration::from_secs(3),
            after: Duration::from_secs(3),
            patience: Duration::from_secs(30),
            drain: DRAIN_PATIENCE,
        }
    }

    fn check(&self) -> Result<()> {
        if self.room_size == 0 || self.sessions == 0 {
            bail!("a storm needs at least one session and one in each room");
        }
        if !self.sessions.is_multiple_of(self.room_size) {
            bail!("{} sessions don't fill rooms of {}", self.sessions, self.room_size);
        }
        Ok(())
    }
}

/// Runs the storm in a cluster of its own.
///
/// # Errors
/// When the cluster doesn't start, or somebody is closed or refused before the gateway dies; when
/// interrupted. Who doesn't come back is no error but in the report.
pub fn run(options: &ResumeStormOptions) -> Result<ResumeStormReport> {
    options.check()?;
    let interrupt = Interrupt::watch()?;
    pin::generator()?;
    let application = Application::start(Some(Duration::ZERO))?;
    let text = configuration::text(application.address);
    let shape = Shape { configuration: Some(&text), ..SHAPE };
    let mut cluster = Cluster::start(&options.binary, shape, &interrupt)?;
    let report = storm(options, &mut cluster, &application, &interrupt);
    report.map_err(|error| error.context(cluster.tail()))
}

fn storm(
    options: &ResumeStormOptions,
    cluster: &mut Cluster,
    application: &Application,
    interrupt: &Interrupt,
) -> Result<ResumeStormReport> {
    let [dies, stays] = cluster.gateways() else {
        bail!("a storm needs two gateways");
    };
    let mut storm = Storm::new(options, dies.client, stays.client, interrupt)?;
    storm.open()?;
    storm.flow(options.calm)?;
    let before = application.requests();
    storm.began()?;
    cluster.gateway_server(0).kill()?;
    storm.until_back()?;
    storm.flow(options.after)?;
    storm.drain()?;
    Ok(storm.report(before, application.requests() - before))
}
