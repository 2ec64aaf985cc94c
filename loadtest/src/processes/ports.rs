//! Free ports on the loopback.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// So many of the ports given last are not given again: those of a cluster whose servers have yet
/// to listen, however large it is.
const REMEMBERED: usize = 1000;

static GIVEN: Mutex<VecDeque<u16>> = Mutex::new(VecDeque::new());

/// Different addresses that nobody listens on, and that this process hasn't given lately. Another
/// process may take one before it is used; the server then says so and the run fails.
pub(crate) fn free<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    // Held until all are known, so that the kernel doesn't offer one again and again.
    let mut held = Vec::with_capacity(N);
    for address in &mut addresses {
        *address = loop {
            let listener = TcpListener::bind(*address).context("looking for a free port")?;
            let found = listener.local_addr().context("looking for a free port")?;
            held.push(listener);
            if !given.contains(&found.port()) {
                break found;
            }
        };
        given.push_back(address.port());
    }
    let forgotten = given.len().saturating_sub(REMEMBERED);
    given.drain(..forgotten);
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_port_is_given_twice_though_nobody_listens_yet() {
        let given: Vec<_> = (0..REMEMBERED / 4).flat_map(|_| free::<2>().unwrap()).collect();
        assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), REMEMBERED / 2);
    }
}
