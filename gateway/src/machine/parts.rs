//! The parts of a lane that know others: [`Sessions`] know the desk, [`Application`] knows sessions
//! and desk, [`Web`] the desk. Each owns what it has and changes it alone.
//!
//! What a client or a home says concerns several of them. The functions that see to it stand in
//! `door` and `upstream`, take all parts, and go through the parts' methods.

use super::application::Application;
use super::desk::Desk;
use super::sessions::Sessions;
use super::web::Web;

/// All parts of a lane.
#[derive(Debug)]
pub(super) struct LaneParts {
    pub(super) desk: Desk,
    pub(super) sessions: Sessions,
    pub(super) application: Application,
    pub(super) web: Web,
}
