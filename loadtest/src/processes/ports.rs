//! Free ports on the loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, Result};

/// Different addresses that nobody listens on. Another process may take one before it is used; the
/// server then says so and the run fails.
pub(crate) fn free<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    // Held until all are known, so that no two are the same.
    let mut held = Vec::with_capacity(N);
    for address in &mut addresses {
        let listener = TcpListener::bind(*address).context("looking for a free port")?;
        *address = listener.local_addr().context("looking for a free port")?;
        held.push(listener);
    }
    Ok(addresses)
}
