//! Asking by HTTP: one request, one answer, in time.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, LOCATION};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::token::Secret;
use crate::error::io_message;
use crate::shown::Shown;

/// Asks servers. Nothing is kept between two requests: neither connections nor cookies. A redirect is an answer and not
/// followed, and proxies of the environment are not used, so that a secret goes nowhere else.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
}

/// A request.
pub struct Request<'r> {
    /// Where.
    pub url: &'r str,
    /// What to show the server.
    pub token: Option<&'r Secret>,
    /// The fields of a form; without any it is a GET.
    pub form: &'r [(&'r str, &'r str)],
    /// When to wait no longer.
    pub until: Instant,
    /// How many bytes of the answer are read.
    pub most: u64,
}

/// An answer.
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Where it redirects to.
    pub location: Option<String>,
    /// Its body, as far as it is read.
    pub body: Vec<u8>,
    /// Whether there is more.
    pub is_cut: bool,
}

impl Client {
    /// Makes a client; the certificates that the system trusts are read only where they are needed.
    pub fn new(needs_certificates: bool) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trusted = if needs_certificates { certificates() } else { Vec::new() };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&trusted))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .tls_config(tls)
            .user_agent(concat!("regal-inventory/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Client { agent }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ask(&self, request: &Request<'_>) -> Result<Reply, String> {
        let time = request.until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err("there was no time left to ask".to_string());
        }
        self.send(request, time).map_err(|error| fault(&error))
    }

    fn send(&self, request: &Request<'_>, time: Duration) -> Result<Reply, ureq::Error> {
        let mut response = if request.form.is_empty() {
            let mut asked = self.agent.get(request.url);
            if let Some(token) = request.token {
                asked = asked.header(AUTHORIZATION, token.bearer());
            }
            asked.config().timeout_global(Some(time)).build().call()?
        } else {
            let mut asked = self.agent.post(request.url);
            if let Some(token) = request.token {
                asked = asked.header(AUTHORIZATION, token.bearer());
            }
            asked.config().timeout_global(Some(time)).build().send_form(request.form.iter().copied())?
        };
        let location = response.headers().get(LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
        let mut body = Vec::new();
        response.body_mut().as_reader().take(request.most + 1).read_to_end(&mut body)?;
        let is_cut = body.len() as u64 > request.most;
        body.truncate(request.most as usize);
        Ok(Reply { status: response.status().as_u16(), location, body, is_cut })
    }
}

/// The certificates that the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others. Those that cannot be read are trusted by none.
fn certificates() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}

/// Why there is no answer, for people.
fn fault(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_string(),
        ureq::Error::HostNotFound => "there is no such host".to_string(),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "the connection is refused".to_string()
        }
        ureq::Error::Io(error) => io_message(error),
        ureq::Error::Rustls(error) => format!("TLS: {error}"),
        ureq::Error::Protocol(error) => format!("that is not HTTP as it should be: {}", Shown::new(&error.to_string())),
        error => Shown::new(&error.to_string()).to_string(),
    }
}

impl Reply {
    /// Returns its status as people call it, with where it leads.
    pub fn status_text(&self) -> String {
        let status = ureq::http::StatusCode::from_u16(self.status).ok();
        let reason =
            status.and_then(|status| status.canonical_reason()).map_or(String::new(), |name| format!(" {name}"));
        let to = self.location.as_ref().map(|to| format!(", which leads to {}", Shown::new(to))).unwrap_or_default();
        format!("HTTP {}{reason}{to}", self.status)
    }
}
