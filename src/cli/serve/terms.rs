//! On which terms others are served, as arguments.

use std::path::{Path, PathBuf};

use axum::http::HeaderValue;

use crate::api::listen::{Terms, Tls};
use crate::api::rates::{CALLS_OF_A_KEY, CALLS_OF_AN_ADDRESS, FAILURES_OF_AN_ADDRESS, Limits, Rate};
use crate::app::webhooks::Network;
use crate::cli::Error;

/// Arguments.
#[derive(clap::Args)]
pub(in crate::cli) struct Conditions {
    /// Most calls of one key, such as 20/s, 1200/min or 5000/h.
    #[arg(long, default_value_t = CALLS_OF_A_KEY)]
    rate: Rate,
    /// Most calls from one address that are charged to no key: what is public, pages, uploads of events.
    #[arg(long, default_value_t = CALLS_OF_AN_ADDRESS)]
    address_rate: Rate,
    /// Most tokens, signatures and invitations from one address that are not good.
    #[arg(long, default_value_t = FAILURES_OF_AN_ADDRESS)]
    failure_rate: Rate,
    /// Network of a proxy of your own, such as 10.20.0.0/16, whose `X-Forwarded-For` is believed; nobody's is without it. May be repeated.
    #[arg(long)]
    proxy: Vec<Network>,
    /// Certificates in PEM, the server's own first: connections are encrypted.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, in PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Origin whose scripts may call the interface from a browser, such as https://erp.example; none without it. May be repeated.
    #[arg(long, value_parser = origin)]
    cors_origin: Vec<HeaderValue>,
}

impl Conditions {
    /// Whether connections are encrypted.
    pub(in crate::cli) fn is_encrypted(&self) -> bool {
        self.tls_cert.is_some()
    }

    pub(in crate::cli) fn terms(&self) -> Result<Terms, Error> {
        let limits = Limits {
            key: self.rate,
            address: self.address_rate,
            failures: self.failure_rate,
            proxies: self.proxy.clone(),
        };
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificates), Some(key)) => Some(tls(certificates, key)?),
            _ => None,
        };
        Ok(Terms { limits, tls, origins: self.cors_origin.clone(), ..Terms::default() })
    }
}

fn tls(certificates: &Path, key: &Path) -> Result<Tls, Error> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let shown = certificates.display();
    Ok(Tls::from_pem(&read(certificates)?, &read(key)?).map_err(|error| format!("{shown}: {error}"))?)
}

/// An origin as browsers send it: scheme, host and port, nothing behind them.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good =
        host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ', ',']));
    let wrong = || format!("{text} is not an origin such as https://erp.example:8443");
    if is_good { HeaderValue::from_str(text).map_err(|_| wrong()) } else { Err(wrong()) }
}
