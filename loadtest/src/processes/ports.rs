//! Free ports on the loopback.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// So many of the ports given last are held: those of a cluster whose servers have yet to listen.
const HELD_MAX: usize = 64;

/// UDP sockets with the numbers of the ports that were given. Servers listen by TCP, so these are
/// in nobody's way, but neither this process nor another one like it gives the same port again.
static HELD: Mutex<VecDeque<UdpSocket>> = Mutex::new(VecDeque::new());

/// Different addresses that nobody listens on, and that nobody else was given lately. A process
/// that doesn't ask here may take one before it is used; the server then says so and the run fails.
pub(crate) fn free<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    // Kept until all are known, so that the kernel doesn't offer one again and again.
    let mut offered = Vec::with_capacity(N);
    for address in &mut addresses {
        *address = loop {
            let listener = TcpListener::bind(*address).context("looking for a free port")?;
            let found = listener.local_addr().context("looking for a free port")?;
            offered.push(listener);
            if let Ok(socket) = UdpSocket::bind(found) {
                held.push_back(socket);
                break found;
            }
        };
    }
    let let_go = held.len().saturating_sub(HELD_MAX);
    held.drain(..let_go);
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_port_that_was_given_is_given_to_nobody_else() {
        let given: Vec<_> = (0..HELD_MAX / 4).flat_map(|_| free::<2>().unwrap()).collect();
        assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), HELD_MAX / 2);
        // What another process would find.
        assert!(given.iter().all(|address| UdpSocket::bind(address).is_err()));
    }
}
