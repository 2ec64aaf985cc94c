//! Deadlines of logins when another primary takes over.

use super::{Logins, Sweep};
use crate::machine::state::people::SessionKey;

/// When a session was detached, and what of it is to be swept.
pub(in crate::machine::state) type Deadlines = (SessionKey, Option<u64>, Option<Sweep>);

impl Logins {
    /// Graces and sweeps that run begin now.
    pub(in crate::machine::state) fn begin_anew(&mut self, now_ms: u64, grace_ms: u64) {
        for login in self.logins.values_mut().filter(|login| login.ending.is_none()) {
            login.detached_ms = login.detached_ms.map(|_| now_ms);
            if let Some(sweep) = &mut login.sweep {
                sweep.due_ms = now_ms + grace_ms;
            }
        }
    }

    /// The sessions that have a record, in the order of their places.
    pub(crate) fn in_order(&self) -> Vec<SessionKey> {
        let mut keys: Vec<SessionKey> = self.logins.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// For a planted bug: what may begin anew.
    pub(in crate::machine::state) fn deadlines(&self) -> Vec<Deadlines> {
        let logins = self.logins.iter();
        logins.map(|(key, login)| (*key, login.detached_ms, login.sweep)).collect()
    }

    /// A planted bug: either goes on as if nothing had begun anew.
    pub(in crate::machine::state) fn go_on(&mut self, taken: Vec<Deadlines>, is_of_graces: bool) {
        for (key, detached_ms, sweep) in taken {
            let Some(login) = self.logins.get_mut(&key) else { continue };
            match is_of_graces {
                true => login.detached_ms = detached_ms,
                false => login.sweep = sweep,
            }
        }
    }
}
