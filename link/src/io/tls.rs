//! TLS: who this process is, from files that may change while it runs, and connections that are
//! read and written like plain ones.
//!
//! Links use it with an authority: both ends show a certificate of it. A door for clients uses it
//! without one: whoever comes is let in, and nobody can be dialled.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use proto::time::Time;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, version,
};

mod reason;
mod stream;

pub(super) use reason::is_tls;
pub use stream::Stream;

/// How often the files are looked at, when connections are made: often enough for an operator who
/// waits for it, seldom enough for a door at which thousands knock.
const LOOK_MS: u64 = 1000;

/// Where the files are, all of them PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// This process's certificate, with those between it and the authority behind it.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// The certificates of those who vouch for peers; nothing: every peer may come, unasked.
    pub authority: Option<PathBuf>,
    /// The name that stands in every peer's certificate; nothing: the host that is dialled.
    pub name: Option<String>,
}

/// Why TLS can't be had. The texts are for the operator.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum TlsError {
    #[error("{0}: {1}")]
    File(PathBuf, pem::Error),
    #[error("{0} has no certificate in it")]
    Empty(PathBuf),
    #[error("{0}: {1}")]
    Certificate(PathBuf, rustls::Error),
    #[error("{0}: it can't be used as an authority: {1}")]
    Authority(PathBuf, rustls::client::VerifierBuilderError),
    #[error("TLS can't be set up: {0}")]
    Provider(rustls::Error),
}

/// Who this process is. Clones are the same.
#[derive(Debug, Clone)]
pub struct Tls(Arc<Mutex<Identity>>);

#[derive(Debug)]
struct Identity {
    files: Files,
    loaded: Loaded,
    /// Of the files when they were read last.
    stamps: Vec<Option<Stamp>>,
    looked_ms: u64,
    /// What the files hold now can't be used.
    outdated: bool,
}

/// When a file was changed, and its length.
type Stamp = (SystemTime, u64);

#[derive(Debug, Clone)]
struct Loaded {
    accepting: Arc<ServerConfig>,
    dialling: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If one can't be read or they don't fit together.
    pub fn load(files: Files) -> Result<Tls, TlsError> {
        let (stamps, loaded) = (files.stamps(), files.load()?);
        Ok(Tls(Arc::new(Mutex::new(Identity {
            files,
            loaded,
            stamps,
            looked_ms: 0,
            outdated: false,
        }))))
    }

    /// TLS on a socket that somebody else dialled.
    ///
    /// # Errors
    /// If a connection can't be set up with this configuration.
    pub fn accept<S: Read + Write>(&self, now: Time, socket: S) -> io::Result<Stream<S>> {
        let connection = ServerConnection::new(self.loaded(now).accepting);
        Ok(Stream::new(socket, connection.map_err(io::Error::other)?.into()))
    }

    /// TLS on a socket that this end dials at `address`, a host and a port.
    ///
    /// # Errors
    /// If there is no authority, or the address has no host that a certificate could name.
    pub fn dial<S: Read + Write>(
        &self,
        now: Time,
        socket: S,
        address: &str,
    ) -> io::Result<Stream<S>> {
        let unfit = |reason| io::Error::new(io::ErrorKind::InvalidInput, reason);
        let dialling = self.loaded(now).dialling;
        let dialling =
            dialling.ok_or_else(|| unfit("no authority is configured to verify the peer"))?;
        let name = self.lock().files.name.clone();
        let name = name.as_deref().unwrap_or_else(|| host(address)).to_owned();
        let name = ServerName::try_from(name);
        let name = name.map_err(|_| unfit("a certificate can't name this address"))?;
        let connection = ClientConnection::new(dialling, name);
        Ok(Stream::new(socket, connection.map_err(io::Error::other)?.into()))
    }

    /// What new connections begin with. Files that have changed are read anew; if they can't be,
    /// what was read before goes on.
    fn loaded(&self, now: Time) -> Loaded {
        let mut identity = self.lock();
        if now.ms >= identity.looked_ms + LOOK_MS {
            identity.looked_ms = now.ms;
            let stamps = identity.files.stamps();
            if stamps != identity.stamps {
                identity.stamps = stamps;
                let loaded = identity.files.load();
                identity.outdated = loaded.is_err();
                match loaded {
                    Ok(loaded) => {
                        identity.loaded = loaded;
                        tracing::info!("the TLS files have changed and are in use from now on");
                    }
                    Err(error) => tracing::warn!(
                        "the TLS files have changed, but can't be used; the old ones stay in use: \
                         {error}"
                    ),
                }
            }
        }
        identity.loaded.clone()
    }

    /// For an alarm, long before the certificate that goes on ends: whether the files have changed
    /// and can't be used.
    pub fn has_unusable_files(&self, now: Time) -> bool {
        self.loaded(now);
        self.lock().outdated
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Identity> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    fn stamps(&self) -> Vec<Option<Stamp>> {
        let paths = [Some(&self.certificate), Some(&self.key), self.authority.as_ref()];
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        paths.into_iter().flatten().map(stamp).collect()
    }

    fn load(&self) -> Result<Loaded, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| TlsError::File(self.key.clone(), error))?;
        let unfit = |error| TlsError::Certificate(self.certificate.clone(), error);
        let Some(authority) = &self.authority else {
            let accepting = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(rustls::ALL_VERSIONS)
                .map_err(TlsError::Provider)?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(unfit)?;
            return Ok(Loaded { accepting: Arc::new(accepting), dialling: None });
        };
        let roots = Arc::new(roots(authority)?);
        let accepting = accepting(&provider, &roots, authority)?
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(unfit)?;
        let wrong = |error| TlsError::Authority(authority.clone(), error);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
        let dialling = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])
            .map_err(TlsError::Provider)?
            .with_webpki_verifier(verifier.build().map_err(wrong)?)
            .with_client_auth_cert(chain, key)
            .map_err(unfit)?;
        Ok(Loaded { accepting: Arc::new(accepting), dialling: Some(Arc::new(dialling)) })
    }
}

/// An acceptor that wants a certificate of this authority.
fn accepting(
    provider: &Arc<CryptoProvider>,
    roots: &Arc<RootCertStore>,
    authority: &Path,
) -> Result<rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>, TlsError> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
    let verifier = verifier.map_err(|error| TlsError::Authority(authority.to_owned(), error))?;
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(TlsError::Provider)?;
    Ok(builder.with_client_cert_verifier(verifier))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<_> =
        certificates.map_err(|error| TlsError::File(path.to_owned(), error))?;
    if certificates.is_empty() {
        return Err(TlsError::Empty(path.to_owned()));
    }
    Ok(certificates)
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| TlsError::Certificate(path.to_owned(), error))?;
    }
    Ok(roots)
}

/// The host of `host:port`; of an IPv6 address without its brackets.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
pub(super) mod tests;
