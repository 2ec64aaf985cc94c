//! TLS of links: one section for all roles, the same files on each.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use link::io::Hub;
use link::io::tls::{Files, Tls};
use serde::Deserialize;

/// Where the certificate of a node's links is, and who vouches for its peers.
#[derive(Debug, Default, Clone, Args, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsOptions {
    /// This node's certificate, PEM: with it, all links speak TLS [default: none, and they are
    /// plain].
    #[arg(long = "tls-certificate-file", env = "IMQ_TLS_CERTIFICATE_FILE", value_name = "FILE")]
    certificate_file: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long = "tls-key-file", env = "IMQ_TLS_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The certificates of those who sign nodes' certificates, PEM: who has none of them is no
    /// node.
    #[arg(long = "tls-authority-file", env = "IMQ_TLS_AUTHORITY_FILE", value_name = "FILE")]
    authority_file: Option<PathBuf>,
    /// The name that all nodes' certificates have [default: the host that is dialled].
    #[arg(long = "tls-name", env = "IMQ_TLS_NAME", value_name = "NAME")]
    name: Option<String>,
}

impl TlsOptions {
    /// Where the certificate is.
    pub(crate) fn certificate_file(&self) -> Option<&PathBuf> {
        self.certificate_file.as_ref()
    }

    /// The name that all nodes' certificates have.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The hub for links with these options, each from the file where it wasn't given itself.
    pub(crate) fn hub(&self, file: &TlsOptions) -> Result<Hub> {
        let all = TlsOptions {
            certificate_file: self.certificate_file.clone().or(file.certificate_file.clone()),
            key_file: self.key_file.clone().or(file.key_file.clone()),
            authority_file: self.authority_file.clone().or(file.authority_file.clone()),
            name: self.name.clone().or(file.name.clone()),
        };
        if all == TlsOptions::default() {
            return Ok(Hub::default());
        }
        let name = all.name;
        let (Some(certificate), Some(key), Some(authority)) =
            (all.certificate_file, all.key_file, all.authority_file)
        else {
            bail!("TLS of links takes a certificate, its key and an authority: not all are given");
        };
        let files = Files { certificate, key, authority: Some(authority), name };
        Ok(Hub::secured(Tls::load(files).context("TLS of links")?))
    }
}

#[cfg(test)]
mod tests;
