//! Certificates of a configuration: whether they can be read, fit their keys, are good now, and
//! name whom they are for.

mod dates;

use std::path::Path;

use link::io::clock;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use self::dates::validity;
use super::finding::Finding;
use crate::config::{File, GatewayOptions, TlsOptions};
use crate::show;

const CHECK: &str = "certificate";
/// A certificate that ends sooner is to be renewed now.
const RENEW_MS: u64 = 14 * 24 * 3600 * 1000;

/// Looks at the certificates of links and of clients, as far as there are any.
pub(super) fn look(file: &File, gateway: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(certificate) = file.tls.certificate_file() {
        let names: Vec<String> = match file.tls.name() {
            Some(name) => vec![name.to_owned()],
            None => host_of(file.queue_node.advertise.as_deref()).into_iter().collect(),
        };
        let loaded = TlsOptions::default().hub(&file.tls).map(drop);
        findings.push(one("links", certificate, loaded, &names));
    }
    if let Some(certificate) = &file.gateway.client_certificate_file {
        let loaded = GatewayOptions::default().clients_tls(&file.gateway).map(drop);
        let names: Vec<String> = host_of(gateway).into_iter().collect();
        findings.push(one("clients", certificate, loaded, &names));
    }
    findings
}

/// The host of an address, if it is a name.
fn host_of(address: Option<&str>) -> Option<String> {
    let (host, _) = address?.rsplit_once(':')?;
    Some(host.trim_matches(['[', ']']).to_owned())
}

fn one(of: &str, path: &Path, loaded: anyhow::Result<()>, names: &[String]) -> Finding {
    if let Err(error) = loaded {
        let advice = "let imq's user read the files, and let the key be the certificate's";
        return Finding::fail(CHECK, format!("{error:#}"), advice);
    }
    let place = format!("{}, for {of}", path.display());
    match CertificateDer::from_pem_file(path) {
        Ok(certificate) => judged(&place, &certificate, clock::now().unix_ms, names),
        Err(error) => Finding::fail(CHECK, format!("{place}: {error}"), "write it as PEM"),
    }
}

fn judged(place: &str, certificate: &CertificateDer<'_>, now_ms: u64, names: &[String]) -> Finding {
    let Some((from_ms, to_ms)) = validity(certificate) else {
        let advice = "make it with a usual tool, such as openssl or certbot";
        return Finding::fail(CHECK, format!("{place}: its dates can't be read"), advice);
    };
    if now_ms < from_ms {
        let said = format!("{place}: it is good only from {}", show::date(from_ms));
        return Finding::fail(CHECK, said, "is this machine's clock right?");
    }
    if now_ms >= to_ms {
        let said = format!("{place}: it has ended at {}", show::date(to_ms));
        return Finding::fail(CHECK, said, "renew it; imq reads the file again by itself");
    }
    for name in names {
        if !is_for(certificate, name) {
            let said = format!("{place}: it isn't for {name}, by which others ask for it");
            let advice = "make one with that name (subjectAltName), or give tls.name for links";
            return Finding::fail(CHECK, said, advice);
        }
    }
    let said = format!("{place}: good until {}", show::date(to_ms));
    if to_ms - now_ms < RENEW_MS {
        let advice = "renew it now; imq reads the file again by itself";
        return Finding::warn(CHECK, said, advice);
    }
    Finding::ok(CHECK, said)
}

fn is_for(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let Ok(name) = ServerName::try_from(name) else { return false };
    let parsed = ParsedCertificate::try_from(certificate);
    parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
}

#[cfg(test)]
mod tests;
