//! The tests' HTTP client.

use std::sync::Once;

/// How to make a client. The program's own start chooses the cryptography of TLS; a test process has to do it too.
pub(crate) fn client_builder() -> reqwest::ClientBuilder {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    reqwest::Client::builder()
}
