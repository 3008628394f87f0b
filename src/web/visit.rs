//! One visit of a page: who looks, in which language, at which address.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, Query};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::{HeaderMap, Uri, request::Parts};
use chrono::FixedOffset;
use maud::{Markup, html};

use super::acting::Acting;
use super::door;
use super::failure::Failure;
use super::i18n::Lang;
use super::shown::Shown;
use super::words::name_of;
use super::{Site, WebMode};
use crate::app::access::{AccessError, Door, PartyName, PartySeen, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::{Profile, Uscc};
use crate::custody::Subject;
use crate::ledger::Kid;
use crate::registry::standing::Founded;
use crate::registry::{KeyRecord, PartyKind, PartyRecord, Role};

/// Cookie and parameter that keep the language.
pub(super) const LANG: &str = "lang";
/// Cookie and parameter that keep as whom the demonstration is looked at: a code of a party.
pub(super) const VIEW: &str = "view";
/// Most parties the demonstration offers to look as.
const MAX_DEMO_PARTIES: u64 = 100;

/// The parties a demonstration can be looked at as, the authority first; none for whoever signed in, and looks as itself.
#[derive(Clone, Debug)]
pub(super) struct Demo {
    pub(super) parties: Vec<PartyName>,
}

/// Who has signed in.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    /// The party that the key speaks for.
    pub(super) party: PartyName,
    /// The role of the key.
    pub(super) role: Role,
}

impl Signed {
    /// Name and role in words.
    pub(super) fn shown(&self, lang: Lang) -> String {
        let role = lang.of("role", self.role.name()).unwrap_or(self.role.name());
        format!("{} · {role}", name_of(lang, &self.party))
    }
}

/// What has a page that a viewer may open.
pub(super) type Open = BTreeSet<Subject>;

/// What a page knows about its visitor.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) lang: Lang,
    pub(super) viewer: Viewer,
    /// `None` for whoever has not signed in.
    pub(super) signed: Option<Signed>,
    /// `None` outside the demonstration.
    pub(super) demo: Option<Demo>,
    /// What the ledger is called; empty when it could not be read.
    pub(super) ledger: String,
    /// For whom it acts.
    pub(super) acting: Acting,
    /// Which columns it sees of the list of manifests.
    pub(super) shown: Shown,
    /// How many notices it has not read.
    pub(super) unread: u64,
    /// Path without parameters.
    pub(super) path: String,
    /// Parameters as they came, empty when there are none.
    pub(super) query: String,
}

impl Visit {
    /// What is known without the database: for pages that tell of an error.
    pub(super) fn bare(site: &Site, uri: &Uri, headers: &HeaderMap) -> Self {
        Self {
            app: site.app.clone(),
            lang: lang_of(headers),
            viewer: Viewer::Public,
            signed: None,
            demo: None,
            ledger: String::new(),
            acting: Acting::default(),
            shown: Shown::of(headers),
            unread: 0,
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or("").to_owned(),
        }
    }

    /// Everything about a visit.
    pub(super) async fn of(site: &Site, uri: &Uri, headers: &HeaderMap) -> Result<Self, Fault> {
        let founded = site.founded().await?;
        let mut visit = Self { ledger: founded.name.to_string(), ..Self::bare(site, uri, headers) };
        if let Some(secret) = door::secret_of(headers) {
            visit.recognise(secret, headers).await?;
        }
        if site.mode == WebMode::Demo {
            match visit.signed {
                Some(_) => visit.demo = Some(Demo { parties: Vec::new() }),
                None => visit.demonstrate(founded, headers).await?,
            }
        }
        visit.unread = visit.app.unread_notices(&visit.viewer).await?;
        Ok(visit)
    }

    /// Look as whoever has signed in, unless that has ended.
    async fn recognise(&mut self, secret: &str, headers: &HeaderMap) -> Result<(), Fault> {
        let now = self.app.clock().callers_now();
        let viewer = match self.app.let_in(Door::Browser, secret, now).await {
            Ok(viewer) => viewer,
            Err(AccessError::Token(_) | AccessError::Busy { .. }) => return Ok(()),
            Err(AccessError::Fault(fault)) => return Err(fault),
        };
        let (Some(party), Some(role)) = (viewer.party(), viewer.role()) else { return Ok(()) };
        let Some(party) = self.app.party(&viewer, party).await? else { return Ok(()) };
        self.signed = Some(Signed { party: party.into_name(), role });
        (self.acting, self.viewer) = Acting::of(&self.app, viewer, headers).await?;
        Ok(())
    }

    /// Look as the founding authority, or as the party that was chosen.
    async fn demonstrate(&mut self, founded: &Founded, headers: &HeaderMap) -> Result<(), Fault> {
        let officer = |party| Viewer::Authority {
            party,
            division: founded.division,
            role: Role::Officer,
            kid: founded.key.kid(),
        };
        let mut records = self.app.parties(&officer(nobody()), None, MAX_DEMO_PARTIES).await?.items;
        // The first registered party is the founding authority.
        records.sort_by_key(|record| record.index);
        let wanted = cookie(headers, VIEW).and_then(|code| code.parse::<Uscc>().ok());
        let seen_as = records.iter().find(|record| Some(record.party) == wanted).or(records.first());
        self.viewer = match seen_as {
            Some(record) if record.kinds.contains(&PartyKind::Authority) => officer(record.party),
            Some(record) => {
                let kid = self.office_key(&officer(nobody()), record.party).await?;
                Viewer::Party { party: record.party, role: Role::Viewer, kid }
            }
            None => officer(nobody()),
        };
        self.demo = Some(Demo { parties: records.iter().map(PartyName::of).collect() });
        Ok(())
    }

    /// A key of the party's office: who acts for others is seen to do so. What is demonstrated can only be read with it.
    async fn office_key(&self, officer: &Viewer, party: Uscc) -> Result<Kid, Fault> {
        let keys = self.app.keys(officer, Some(party)).await?;
        let in_office = |key: &&KeyRecord| {
            matches!(key.role, Role::Administrator | Role::Operator) && key.revoked_index.is_none()
        };
        Ok(keys.iter().find(in_office).map_or_else(no_key, |key| key.kid))
    }

    /// The profile in force.
    pub(super) fn profile(&self) -> &'static Profile {
        self.app.rulebook().profile
    }

    /// What the clock of whoever signs in should show, in milliseconds since 1970.
    pub(super) fn callers_ms(&self) -> i64 {
        self.app.clock().callers_now().as_millis()
    }

    /// How far the ledger's clock is ahead of the machine's, in milliseconds: in a demonstration it shows another day.
    pub(super) fn ahead_ms(&self) -> i64 {
        self.app.clock().now().since(self.app.clock().callers_now())
    }

    /// The zone times are shown in.
    pub(super) fn zone(&self) -> FixedOffset {
        self.profile().offset()
    }

    /// Only for those who may see contents; the public is asked to sign in.
    pub(super) fn signed_in(&self) -> Result<(), Failure> {
        if self.viewer == Viewer::Public { Err(Failure::SignIn) } else { Ok(()) }
    }

    /// Which of these have a page for this viewer: a finding may concern a party that may not see the whole manifest or lot.
    pub(super) async fn open_among(
        &self,
        subjects: impl IntoIterator<Item = Subject>,
    ) -> Result<Open, Fault> {
        let mut open = Open::new();
        for subject in subjects.into_iter().collect::<BTreeSet<_>>() {
            let is_open = match subject {
                // The list of actions is the least there is to ask of a manifest.
                Subject::Manifest(id) => self.app.actions(&self.viewer, id).await?.is_some(),
                Subject::Lot(id) => self.app.lot(&self.viewer, id).await?.is_some(),
                Subject::Label(id) => self.app.label(&self.viewer, id).await?.is_some(),
                Subject::Site(id) => self.app.site(&self.viewer, id).await?.is_some(),
                Subject::Party(code) => {
                    let seen = self.app.party(&self.viewer, code).await?;
                    let is_own = self.viewer.party() == Some(code);
                    let supervises = |record: &PartyRecord| self.viewer.supervises(&[record.division]);
                    matches!(seen, Some(PartySeen::Full(record)) if is_own || supervises(&record))
                }
                Subject::Document(_) => false,
            };
            if is_open {
                open.insert(subject);
            }
        }
        Ok(open)
    }

    /// Says that the page tells what was known when the log had so many entries, and leads to what is known now.
    pub(super) fn known_then(&self, size: u64) -> Markup {
        html! {
            p role="note" {
                strong { (self.lang.fill("then.known", &[("size", &size.to_string())])) } " "
                a href=(self.here_without("as_of")) { (self.lang.t("then.now")) }
            }
        }
    }

    /// This page's address with one parameter set.
    pub(super) fn here_with(&self, name: &str, value: &str) -> String {
        let given = format!("{name}={value}");
        let pairs: Vec<&str> = self.others(name).chain([given.as_str()]).collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }

    /// This page's address without one parameter.
    pub(super) fn here_without(&self, name: &str) -> String {
        self.there_without(&self.path, name)
    }

    /// Another page's address with the parameters of this one, without one of them.
    pub(super) fn there_without(&self, path: &str, name: &str) -> String {
        let pairs: Vec<&str> = self.others(name).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// The other parameters of this page's address, for a form that sets one of them and leads back to it.
    pub(super) fn kept(&self, name: &str) -> Markup {
        let address = format!("/?{}", self.others(name).collect::<Vec<_>>().join("&")).parse::<Uri>().ok();
        let pairs = address.and_then(|address| Query::<Vec<(String, String)>>::try_from_uri(&address).ok());
        html! {
            @for (name, value) in pairs.iter().flat_map(|pairs| &pairs.0) { input type="hidden" name=(name) value=(value); }
        }
    }

    fn others<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.split('&').filter(move |pair| !pair.is_empty() && !is_named(pair, name))
    }
}

/// Asks for the list of parties before it is known who the authority is.
fn nobody() -> Uscc {
    Uscc::with_check("00000000000000000").expect("17 digits are the beginning of a code")
}

/// No key stands behind a party that never enrolled one.
fn no_key() -> Kid {
    Kid::from_bytes([0; 32])
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Failure> {
        Ok(Self::of(site, &parts.uri, &parts.headers).await?)
    }
}

/// The language chosen before, else the one the browser asks for, else Chinese.
fn lang_of(headers: &HeaderMap) -> Lang {
    let chosen = cookie(headers, LANG).and_then(Lang::named);
    let accepted =
        || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Lang::accepted);
    chosen.or_else(accepted).unwrap_or(Lang::Zh)
}

/// The value of a cookie (RFC 6265 §5.4); the first one counts.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// True when a pair of a query has this name.
pub(super) fn is_named(pair: &str, name: &str) -> bool {
    pair.split('=').next() == Some(name)
}
