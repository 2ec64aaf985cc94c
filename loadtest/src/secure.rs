//! TLS of a cluster of its own: the certificate of the links' tests, which is good for the loopback
//! and for nothing else.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::processes::scratch::Scratch;

const CERTIFICATE: &str = include_str!("../../link/testdata/tls/node.pem");
const KEY: &str = include_str!("../../link/testdata/tls/node.key");
const AUTHORITY: &str = include_str!("../../link/testdata/tls/authority.pem");

/// What the certificate is for.
const NAME: &str = "localhost";

/// What speaks TLS in a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Secured {
    /// Nothing.
    #[default]
    Nothing,
    /// Gateways with their clients.
    Clients,
    /// Nodes with each other.
    Links,
}

impl Secured {
    /// The part of the nodes' configuration file, whose files are written.
    pub(crate) fn configuration(self, scratch: &Scratch) -> Result<String> {
        let written = |name: &str, text: &str| -> Result<PathBuf> {
            let path = scratch.path().join(name);
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            Ok(path)
        };
        if self == Self::Nothing {
            return Ok(String::new());
        }
        let certificate = written("certificate.pem", CERTIFICATE)?;
        let key = written("certificate.key", KEY)?;
        let authority = written("authority.pem", AUTHORITY)?;
        Ok(match self {
            Self::Nothing => String::new(),
            Self::Clients => format!(
                "[gateway]\nclient_certificate_file = {certificate:?}\nclient_key_file = {key:?}\n"
            ),
            Self::Links => format!(
                "[tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n\
                 authority_file = {authority:?}\n"
            ),
        })
    }
}

/// The clients' side.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    config: Arc<ClientConfig>,
}

impl Client {
    /// A side that believes this certificate's authority.
    pub(crate) fn new() -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(AUTHORITY.as_bytes()) {
            roots.add(certificate.context("reading the authority")?).context("the authority")?;
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// One connection.
    pub(crate) fn connection(&self) -> Result<ClientConnection, rustls::Error> {
        let name = ServerName::try_from(NAME).expect("a constant that is a name");
        ClientConnection::new(Arc::clone(&self.config), name)
    }
}
