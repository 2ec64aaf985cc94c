//! Free ports on the loopback.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};

/// Below those that the kernel gives to whoever connects, or listens anywhere
/// (`net.ipv4.ip_local_port_range`): it would give one away while the server that it was found for
/// hasn't begun to listen, or starts again.
const PORTS: Range<u16> = 10_000..20_000;

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
    // Processes that start together look at different ones first.
    let span = usize::from(PORTS.end - PORTS.start);
    let first = std::process::id() as usize * HELD_MAX % span;
    let mut ports = PORTS.cycle().skip(first).take(span);
    for address in &mut addresses {
        let found = ports.find_map(|port| {
            let found = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let socket = UdpSocket::bind(found).ok()?;
            TcpListener::bind(found).is_ok().then_some((found, socket))
        });
        let Some((found, socket)) = found else {
            bail!("no free port from {} to {}: end what listens there", PORTS.start, PORTS.end - 1)
        };
        held.push_back(socket);
        *address = found;
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
