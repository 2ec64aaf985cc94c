//! How the files that a process may open are shared out: whoever takes more than a share takes it
//! from the links, without which a gateway serves nobody.

use member::io::files::open_files_max;
use proto::limits;

/// Links, listeners, epolls, the kept connections of call-outs.
const OTHERS: usize = 256;
/// One in so many is for connections of back ends, one for call-outs under way.
const PART: usize = 16;

/// Who may have how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Files {
    /// Clients, over all lanes.
    pub(super) clients: usize,
    /// Connections of back ends and scrapers.
    pub(super) web: usize,
    /// Call-outs under way.
    pub(super) callouts: usize,
}

impl Files {
    /// The shares of this process, which wants so many clients.
    pub(super) fn share(clients: usize) -> Files {
        let limit = open_files_max();
        let files = Files::of(limit, clients);
        if let Some(limit) = limit
            && files.clients < clients
        {
            tracing::info!(
                "this process may open {limit} files: it takes {} client connections and refuses \
                 more; raise the limit (ulimit -n) or start more gateways",
                files.clients
            );
        }
        files
    }

    /// The shares of so many, or of as many as are wanted.
    fn of(limit: Option<usize>, clients: usize) -> Files {
        let part = limit.map_or(usize::MAX, |limit| (limit / PART).max(1));
        let web = limits::WEB_CONNECTIONS_MAX.min(part);
        let callouts = limits::CALLOUTS_MAX.min(part);
        let left = limit.map_or(usize::MAX, |limit| limit.saturating_sub(OTHERS + web + callouts));
        Files { clients: clients.min(left), web, callouts }
    }
}

#[cfg(test)]
mod tests;
