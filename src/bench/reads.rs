//! P6 and P8: what is read while half of the load of P1 comes in; the first page of the web interface.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use flate2::read::GzDecoder;
use tokio::time::Instant;

use super::bulk::{self, Pace};
use super::child::Server;
use super::client::Connection;
use super::spool::Windows;
use super::{Error, LOG};
use crate::clock::Timestamp;
use crate::id::ManifestId;
use crate::ledger::{Envelope, SigningKey, Typ};
use crate::scenario::city::{City, Random};

/// Seconds that a token is good.
const TOKEN_LIFE_S: i64 = 300;

/// What comes in while it is read.
pub(super) const HALF: &str = "half of the load of P1";

/// Somebody who reads: a token is good once, so each read has its own.
pub(super) struct Reader {
    key: SigningKey,
    at: Timestamp,
    label: String,
}

impl Reader {
    /// The office of a party, by the clock of the ledger.
    pub(super) fn office(city: &City, label: &str, at: Timestamp) -> Self {
        let role = city.world().party(label).map_or(crate::registry::Role::Officer, |party| party.office());
        Self { key: city.world().key(label, role), at, label: label.to_owned() }
    }

    /// The token of one read.
    pub(super) fn token(&self, n: usize) -> String {
        let iat = self.at.as_millis() / 1_000;
        let jti = format!("{}-{iat}-{n}", self.label);
        let claims = serde_json::json!({ "aud": LOG, "iat": iat, "exp": iat + TOKEN_LIFE_S, "jti": jti });
        Envelope::sign(Typ::Token, claims.to_string().as_bytes(), &self.key).into_compact()
    }
}

/// How long reads took, in milliseconds.
#[derive(Default)]
pub(super) struct Took {
    /// Chains of manifests, each for its consignor.
    pub(super) own_chains: Vec<f64>,
    /// The same for the bureau of the city.
    pub(super) chains: Vec<f64>,
    /// Open findings for the bureau of a county.
    pub(super) findings: Vec<f64>,
}

/// Send what is left at so many events a second, and read all the while. `at` is what the clock of the ledger shows before.
pub(super) async fn under_load(
    server: Server,
    city: &City,
    windows: &mut Windows,
    manifests: &[(ManifestId, String)],
    (at, rate): (Timestamp, f64),
) -> Result<(Server, Took), Error> {
    let (address, mut servers) = (server.address, vec![server]);
    let pace = Pace { most: Some(rate), shown_ms: AtomicI64::new(at.as_millis()) };
    let is_over = AtomicBool::new(false);
    let load = async {
        let driven = bulk::drive(&mut servers, windows, usize::MAX, &pace).await;
        is_over.store(true, Ordering::Relaxed);
        driven
    };
    let (driven, took) =
        futures::join!(load, read((address, city), manifests, &pace, |_| !is_over.load(Ordering::Relaxed)));
    driven?;
    Ok((servers.remove(0), took?))
}

/// Read a ledger so many times into which nothing comes.
pub(super) async fn at_rest(
    server: &Server,
    city: &City,
    manifests: &[(ManifestId, String)],
    (at, times): (Timestamp, usize),
) -> Result<Took, Error> {
    let pace = Pace { most: None, shown_ms: AtomicI64::new(at.as_millis()) };
    read((server.address, city), manifests, &pace, |n| n < times).await
}

async fn read(
    (address, city): (SocketAddr, &City),
    manifests: &[(ManifestId, String)],
    pace: &Pace,
    goes_on: impl Fn(usize) -> bool,
) -> Result<Took, Error> {
    let mut connection = Connection::open(address).await?;
    let bureau = city.world().authority().label.as_str();
    let county = city.world().parties().iter().filter(|party| party.is_authority()).nth(1);
    let county = county.map_or(bureau, |party| &party.label);
    let (mut random, mut took) = (Random::new(1), Took::default());
    for n in (0..).take_while(|n| goes_on(*n)) {
        let (manifest, consignor) =
            manifests.get(random.below(manifests.len().max(1))).ok_or("there is no manifest to read")?;
        let chain = format!("/api/v1/manifests/{manifest}/chain");
        for (label, path, of) in [
            (consignor.as_str(), chain.as_str(), &mut took.own_chains),
            (bureau, &chain, &mut took.chains),
            (county, "/api/v1/findings?state=open&limit=50", &mut took.findings),
        ] {
            let at = Timestamp::from_millis(pace.shown_ms.load(Ordering::Relaxed));
            let token = Reader::office(city, label, at).token(n);
            let started = Instant::now();
            let answer = connection.get(path, Some(&token)).await?;
            // The clock of the ledger went on between the two.
            if answer.status != 401 {
                answer.good()?;
                of.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
    Ok(took)
}

/// The first page, cold.
pub(super) struct Page {
    /// Heads and bodies of it and of all that it names, as they were sent.
    pub(super) bytes: usize,
    /// Until all of them were there, one after the other, in milliseconds.
    pub(super) took_ms: f64,
}

/// Fetch `/` and what its HTML names; refused where that lies on another host.
pub(super) async fn first_page(server: &Server) -> Result<Page, Error> {
    let mut connection = Connection::open(server.address).await?;
    let started = Instant::now();
    let answer = connection.get("/", None).await?.good()?;
    let mut bytes = answer.head_bytes + answer.body.len();
    let mut html = String::new();
    if answer.is_gzip {
        GzDecoder::new(&answer.body[..]).read_to_string(&mut html)?;
    } else {
        html.push_str(&String::from_utf8_lossy(&answer.body));
    }
    for path in named(&html)? {
        let answer = connection.get(&path, None).await?.good()?;
        bytes += answer.head_bytes + answer.body.len();
    }
    Ok(Page { bytes, took_ms: started.elapsed().as_secs_f64() * 1_000.0 })
}

/// What a browser fetches of its own accord: stylesheets, scripts, pictures.
fn named(html: &str) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    for tag in html.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag) {
        let attribute =
            |name: &str| tag.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        let is_fetched = tag.starts_with("link ")
            && ["stylesheet", "icon", "modulepreload"].iter().any(|rel| attribute("rel") == Some(rel));
        let path = if is_fetched {
            attribute("href")
        } else if tag.starts_with("script ") || tag.starts_with("img ") {
            attribute("src")
        } else {
            None
        };
        let Some(path) = path.filter(|path| !path.starts_with("data:")) else { continue };
        if path.contains("//") {
            return Err(format!("the first page asks another host for {path}").into());
        }
        paths.push(path.replace("&amp;", "&"));
    }
    Ok(paths)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::named;

    #[test]
    fn what_a_page_names_is_fetched_from_its_host_alone() {
        let html = "<link rel=\"stylesheet\" href=\"/a.css?v=1&amp;w\"><link rel=\"alternate\" href=\"/x\">\
            <script type=\"module\" src=\"/a.js\"></script><a href=\"https://else.example/\">b</a><img src=\"data:x\">";
        assert_eq!(named(html).unwrap(), ["/a.css?v=1&w", "/a.js"]);
        assert!(named("<script src=\"https://else.example/a.js\"></script>").is_err());
    }
}
