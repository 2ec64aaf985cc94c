//! The ports at which processes of a configuration listen.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use proto::document::Document;

use super::finding::Finding;
use crate::config::File;

/// Where a section of the file is to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listen {
    option: &'static str,
    address: SocketAddr,
    /// Where the same process has its /metrics.
    http: SocketAddr,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Listens(Vec<Listen>);

impl Listens {
    /// Those of the sections that stand in the file: they are for processes of this machine.
    pub(super) fn of(file: &File, written: &str) -> Listens {
        let document = Document::new(written);
        let at = |given: Option<SocketAddr>, port: u16| {
            given.unwrap_or_else(|| ([127, 0, 0, 1], port).into())
        };
        let mut all = Vec::new();
        let mut add = |section: &str, http: SocketAddr, ports: &[(&'static str, SocketAddr)]| {
            if document.has(section) {
                let listens = ports.iter().map(|(option, address)| Listen {
                    option,
                    address: *address,
                    http,
                });
                all.extend(listens);
            }
        };
        let (boss, node, gateway) = (&file.boss, &file.queue_node, &file.gateway);
        let http = at(boss.listen_http, 7500);
        let link = at(boss.listen_link, 7501);
        add("boss", http, &[("boss.listen_link", link), ("boss.listen_http", http)]);
        let http = at(node.listen_http, 7690);
        let link = at(node.listen_link, 7600);
        add(
            "queue_node",
            http,
            &[("queue_node.listen_link", link), ("queue_node.listen_http", http)],
        );
        let rpc = at(gateway.listen_rpc, 7490);
        add(
            "gateway",
            rpc,
            &[
                ("gateway.listen_client", at(gateway.listen_client, 7400)),
                ("gateway.listen_http", at(gateway.listen_http, 7480)),
                ("gateway.listen_rpc", rpc),
            ],
        );
        Listens(all)
    }

    pub(super) fn ports(&self) -> Vec<u16> {
        self.0.iter().map(|listen| listen.address.port()).collect()
    }
}

/// Looks whether the ports can be had, or imq has them already.
pub(super) async fn look(listens: &Listens) -> Vec<Finding> {
    let mut findings = Vec::new();
    for listen in &listens.0 {
        let Listen { option, address, http } = listen;
        let finding = match TcpListener::bind(address) {
            Ok(_) => Finding::ok("port", format!("{address} is free, for {option}")),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                if is_imq(*http).await {
                    Finding::ok("port", format!("{address} is imq's already, by {option}"))
                } else {
                    let advice = "another program has it: `ss -ltnp` says which; end it, or listen \
                                  elsewhere";
                    Finding::fail("port", format!("{address} is in use, for {option}"), advice)
                }
            }
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                let advice = "this machine has no such address (`ip address`): listen at one that \
                              it has, or at 0.0.0.0";
                Finding::fail("port", format!("{address} for {option}: {error}"), advice)
            }
            Err(error) => {
                let advice = "listen at a port that this user may have: 1024 or higher";
                Finding::fail("port", format!("{address} for {option}: {error}"), advice)
            }
        };
        findings.push(finding);
    }
    findings
}

/// Whether a process of imq serves its metrics there.
async fn is_imq(http: SocketAddr) -> bool {
    let port = http.port();
    let host = match http.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        ip if ip.is_ipv6() => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    let request = reqwest::Client::new().get(format!("http://{host}:{port}/metrics"));
    match request.timeout(super::cluster::CONNECT_TIME_MAX).send().await {
        Ok(answer) => answer.text().await.is_ok_and(|text| text.contains("imq_build_info{")),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
