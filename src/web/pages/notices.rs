//! `/notices`: what somebody should know or do (通知), and marking it as read.

use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::notices::{NoticeCursor, NoticeFilter, NoticeItem};
use crate::id::NoticeId;
use crate::web::components::{Column, check, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

const COLUMNS: [Column; 5] = [
    text("notices.what"),
    text("notices.about"),
    text("notices.when"),
    text("notices.state"),
    text("notices.read"),
];
/// Notices on one page.
const PER_PAGE: u64 = 50;

/// Which notices.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    unread: String,
    #[serde(default)]
    after: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(in crate::web) struct ReadForm {
    #[serde(default)]
    notice: String,
    /// `all` for those before it, too.
    #[serde(default)]
    up_to: String,
}

/// `GET /notices`
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let lang = visit.lang;
    let title = lang.t("site.notices");
    let filter = NoticeFilter { is_unread: asked.unread == "true", ..NoticeFilter::default() };
    let after = asked.after.parse::<NoticeCursor>().ok();
    let found = visit.app.notices(&visit.viewer, filter, after, PER_PAGE).await?;
    let first = found.items.first().map(|item| item.notice.id);
    let rows = found.items.iter().map(|item| row(&visit, item)).collect();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("notices.text")) }
        p {
            @match filter.is_unread {
                true => a href="/notices" { (lang.t("notices.all")) },
                false => a href="/notices?unread=true" { (lang.t("notices.only-unread")) },
            }
            " · " a href="/notices/channels" { (lang.t("channels.title")) }
        }
        @if found.items.is_empty() { p { (lang.t("notices.none")) } } @else { (table(lang, title, &COLUMNS, rows)) }
        @if let (Some(id), Some(_)) = (first, &visit.signed) {
            form method="post" action="/notices" {
                input type="hidden" name="notice" value=(id);
                input type="hidden" name="up_to" value="all";
                button { (lang.t("notices.read-all")) }
            }
        }
        @if let Some(next) = found.next {
            p { a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("notices.more")) } }
        }
    };
    Ok(layout::page(&visit, title, body))
}

fn row(visit: &Visit, item: &NoticeItem) -> Vec<Markup> {
    let lang = visit.lang;
    let notice = &item.notice;
    let severity = lang.of("severity", &notice.severity).unwrap_or(&notice.severity);
    let went_up = item.to.iter().filter(|to| to.rung > 0).map(|to| to.at).max();
    let state = match (notice.done_at, notice.topic.is_some(), went_up) {
        (Some(_), ..) => check("good", lang.t("notices.done")),
        (None, _, Some(at)) => {
            let at = moment(visit.zone(), at);
            html! { (check("bad", lang.t("notices.went-up"))) " " (at) }
        }
        (None, true, None) => html! { (lang.t("notices.waits")) },
        (None, false, None) => html! {},
    };
    let shown = item.number.clone().unwrap_or_else(|| lang.t("notices.look").to_owned());
    vec![
        html! { (lang.pick(item.kind.zh, item.kind.en)) " · " (severity) },
        html! { a.nowrap href=(item.link()) { (shown) } },
        moment(visit.zone(), notice.at),
        state,
        read(visit, item),
    ]
}

/// When it was read, or the button that says so.
fn read(visit: &Visit, item: &NoticeItem) -> Markup {
    let lang = visit.lang;
    html! {
        @match (item.read_at, &visit.signed) {
            (Some(at), _) => (moment(visit.zone(), at)),
            (None, Some(_)) => {
                form method="post" action="/notices" {
                    input type="hidden" name="notice" value=(item.notice.id);
                    button { (lang.t("notices.mark")) }
                }
            }
            (None, None) => (lang.t("notices.unread")),
        }
    }
}

/// `POST /notices`: whoever has signed in has read one, or all up to it.
pub(in crate::web) async fn mark(visit: Visit, Form(form): Form<ReadForm>) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    let id: NoticeId = form.notice.parse().map_err(|_| Failure::NotFound)?;
    let found = match form.up_to.as_str() {
        "all" => visit.app.read_notices_up_to(&visit.viewer, id).await?.is_some(),
        _ => visit.app.read_notice(&visit.viewer, id).await?.is_some(),
    };
    if found {
        Ok((StatusCode::SEE_OTHER, [(LOCATION, "/notices")]).into_response())
    } else {
        Err(Failure::NotFound)
    }
}
