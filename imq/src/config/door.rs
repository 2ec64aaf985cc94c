//! The clients' door of a gateway: TLS, pages, proxies, limits per address, how long it bears
//! silence.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gateway::io::network::Network;
use gateway::io::origins::{NotAnOrigin, Origins, Pattern};
use gateway::machine::{AddressLimits, ClientUrl, NotAClientUrl};
use link::io::tls::{Files, Tls};
use proto::limits;

use super::GatewayOptions;

impl GatewayOptions {
    /// Who the gateway is for its clients, each option from the file where it wasn't given itself.
    pub(crate) fn clients_tls(&self, file: &GatewayOptions) -> Result<Option<Tls>> {
        let certificate = self.client_certificate_file.as_ref();
        let key = self.client_key_file.as_ref();
        let files = (
            certificate.or(file.client_certificate_file.as_ref()),
            key.or(file.client_key_file.as_ref()),
        );
        match files {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => {
                let (certificate, key) = (certificate.clone(), key.clone());
                let files = Files { certificate, key, authority: None, name: None };
                Ok(Some(Tls::load(files).context("TLS of clients")?))
            }
            (Some(_), None) | (None, Some(_)) => {
                bail!("TLS of clients takes a certificate and its key: only one is given")
            }
        }
    }

    /// Which pages may connect.
    pub(crate) fn origins_of_pages(&self, file: &GatewayOptions) -> Result<Origins> {
        let given = self.origins.as_ref().or(file.origins.as_ref());
        let patterns = given.into_iter().flatten().map(|text| text.parse());
        let patterns = patterns.collect::<Result<Vec<Pattern>, NotAnOrigin>>();
        Ok(Origins::new(patterns.context("--origins")?))
    }

    /// Where clients dial it.
    pub(crate) fn urls_for_clients(&self, file: &GatewayOptions) -> Result<Vec<ClientUrl>> {
        let given = self.advertise_clients.as_ref().or(file.advertise_clients.as_ref());
        let urls = given.into_iter().flatten().map(|text| text.parse());
        let urls = urls.collect::<Result<Vec<ClientUrl>, NotAClientUrl>>();
        let urls = urls.context("--advertise-clients")?;
        if has_two_of_one_port(&urls) {
            bail!("--advertise-clients {TWO_OF_ONE_PORT}")
        }
        Ok(urls)
    }

    /// Who brings clients of other addresses.
    pub(crate) fn networks_of_proxies(&self, file: &GatewayOptions) -> Result<Vec<Network>> {
        let given = self.proxies.as_ref().or(file.proxies.as_ref());
        let networks = given.into_iter().flatten().map(|text| text.parse());
        networks.collect::<Result<_, _>>().context("--proxies")
    }

    /// What one address may do. An option of 0 is no limit.
    pub(crate) fn address_limits(&self, file: &GatewayOptions) -> AddressLimits {
        let default = AddressLimits::default();
        let connections_max = self.address_connections_max.or(file.address_connections_max);
        let attempts_per_s = self.address_attempts_per_s.or(file.address_attempts_per_s);
        AddressLimits {
            connections_max: connections_max.map_or(default.connections_max, NonZeroU32::new),
            attempts_per_s: attempts_per_s.map_or(default.attempts_per_s, NonZeroU32::new),
        }
    }

    /// After how long a silent client is pinged.
    pub(crate) fn silence_ms(&self, file: &GatewayOptions) -> Result<u64> {
        let given = self.ping_every_ms.or(file.ping_every_ms).unwrap_or(limits::PING_EVERY_MS);
        if is_silence(given) { Ok(given) } else { bail!("--ping-every-ms is {SILENCE}") }
    }

    /// How long it goes on serving when it is told to end.
    pub(crate) fn drain_notice(&self, file: &GatewayOptions) -> Duration {
        let given = self.drain_notice_ms.or(file.drain_notice_ms);
        Duration::from_millis(given.unwrap_or_default().into())
    }

    /// What is wrong with these options of a file.
    pub(super) fn problems_at_the_door(&self) -> impl Iterator<Item = String> {
        let proxies = self.proxies.iter().flatten();
        let proxies = proxies.filter_map(|text| {
            let error = text.parse::<Network>().err()?;
            Some(format!("gateway.proxies: {error}"))
        });
        let origins = self.origins.iter().flatten();
        let origins = origins.filter_map(|text| {
            let error = text.parse::<Pattern>().err()?;
            Some(format!("gateway.origins: {error}"))
        });
        let silence = self.ping_every_ms.filter(|ms| !is_silence(*ms));
        let urls = self.advertise_clients.iter().flatten().map(|text| text.parse::<ClientUrl>());
        let (urls, wrong): (Vec<_>, Vec<_>) = urls.partition(Result::is_ok);
        let urls: Vec<ClientUrl> = urls.into_iter().flatten().collect();
        let wrong = wrong.into_iter().filter_map(Result::err);
        let wrong = wrong.map(|error| format!("gateway.advertise_clients: {error}"));
        let two = has_two_of_one_port(&urls);
        let two = two.then(|| format!("gateway.advertise_clients {TWO_OF_ONE_PORT}"));
        let wrong = wrong.chain(two);
        origins
            .chain(proxies)
            .chain(wrong)
            .chain(silence.map(|_| format!("gateway.ping_every_ms is {SILENCE}")))
    }
}

const TWO_OF_ONE_PORT: &str =
    "has one of tcp:// and tls://, and one of ws:// and wss://: clients come by one alone";

fn has_two_of_one_port(urls: &[ClientUrl]) -> bool {
    (1..urls.len()).any(|at| urls[..at].iter().any(|url| url.is_of_same_port(&urls[at])))
}

const SILENCE: &str = "1000 to 600000";

fn is_silence(ms: u64) -> bool {
    (limits::PING_EVERY_MS_MIN..=limits::PING_EVERY_MS_MAX).contains(&ms)
}

#[cfg(test)]
mod tests;
