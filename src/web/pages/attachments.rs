//! `GET /attachments/{digest}`: a file to keep, the same bytes as the interface for machines gives; and links to files on other pages.

use std::collections::BTreeSet;

use axum::extract::{Path, Query};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::app::attachments::FILE_POLICY;
use crate::ledger::{Digest, EventId};
use crate::web::components::short;
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::visit::Visit;

/// By which event it is read.
#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    event: Option<String>,
}

/// One file.
pub(in crate::web) async fn fetch(
    visit: Visit,
    Path(digest): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let digest: Digest = digest.parse().map_err(|_| Failure::NotFound)?;
    let event: Option<EventId> =
        asked.event.map(|id| id.parse()).transpose().map_err(|_| Failure::NotFound)?;
    let file = visit.app.attachment(&visit.viewer, digest, event).await?.ok_or(Failure::NotFound)?;
    let plain = |text: &str| HeaderValue::from_str(text).expect("digests and endings are plain ASCII");
    let headers = [
        (CONTENT_TYPE, plain(file.media.name())),
        (CONTENT_DISPOSITION, plain(&file.disposition())),
        (CONTENT_SECURITY_POLICY, plain(FILE_POLICY)),
    ];
    Ok((headers, file.content).into_response())
}

/// Which of the files that records name are kept, by log index and digest.
pub(in crate::web) struct Enclosed(BTreeSet<(u64, Digest)>);

impl Enclosed {
    /// Look these records up, which the visitor may read.
    pub(in crate::web) async fn of(app: &App, indexes: &[u64]) -> Result<Self, Failure> {
        Ok(Self(app.attachments_kept(indexes).await?))
    }

    /// The files of one record, each with a link, or with the word that it has not come yet. Nothing where there are none.
    pub(in crate::web) fn list(
        &self,
        lang: Lang,
        index: u64,
        event: Option<EventId>,
        digests: &[Digest],
    ) -> Markup {
        html! {
            @if !digests.is_empty() {
                ul.files { @for digest in digests { li { (self.one(lang, index, event, *digest)) } } }
            }
        }
    }

    fn one(&self, lang: Lang, index: u64, event: Option<EventId>, digest: Digest) -> Markup {
        let name = short(&digest.to_string());
        let by = event.map_or_else(String::new, |event| format!("?event={event}"));
        html! {
            @if self.0.contains(&(index, digest)) {
                a.mono href={ "/attachments/" (digest) (by) } download { (lang.t("attachment.file")) " " (name) }
            } @else {
                span.mono title=(digest) { (name) } " " span.soft { (lang.t("attachment.missing")) }
            }
        }
    }
}
